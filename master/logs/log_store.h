// The output of every attempt, on the master's disk, appended to as workers ship it: small ones in a
// pack a run, others in a file each (run_logs.h).
#pragma once

#include <filesystem>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/clock.h"
#include "common/base/ids.h"
#include "common/base/status.h"

namespace gale {

class Files;

// Whose output: by the names that users know, so that the tree on the disk can be read without
// Gale.
struct LogKey {
  std::string dag_id;
  std::string run_id;
  std::string task_id;
  int32_t map_index = kUnmapped;
  uint32_t try_number = 1;

  // "dag_id=D/run_id=R/task_id=T/attempt=N.log", with "map_index=M/" before the last if it is
  // mapped. Bytes that don't belong into a file name stand as %XX; a name that is too long ends in
  // a hash. The path never leaves the folder that it is put under.
  std::string Path() const;
  // Its parts: of the run's folder, and of the log in there.
  std::string RunFolder() const;
  std::string Name() const;
};

// From this byte on, it came at this time.
struct LogTime {
  uint64_t offset = 0;
  TimePoint time;
};

// Thread-safe. A write is on the disk's cache when Append returns: it survives the process, not the
// machine (the worker keeps its copy until the ack, and a lost tail is only text).
class LogStore {
 public:
  // Folders are made on demand; `base` has mode 0700. `writer`: nobody else who writes below `base`
  // has that name, and the next process has it again.
  explicit LogStore(std::filesystem::path base, std::string_view writer = "master",
                    Files* files = nullptr);
  ~LogStore();
  LogStore(const LogStore&) = delete;
  LogStore& operator=(const LogStore&) = delete;

  // Writes `data` at `offset`, and returns the log's size. What the log already has is skipped (a
  // chunk may come twice); OUT_OF_RANGE, naming the size, if bytes before `offset` are missing.
  Result<uint64_t> Append(const LogKey& key, uint64_t offset, std::string_view data,
                          TimePoint now = Clock::Real().Now());
  // 0 if there is none.
  Result<uint64_t> Size(const LogKey& key) const;
  // Up to `max` bytes from `offset` on; empty at the end, or if there is none.
  Result<std::string> Read(const LogKey& key, uint64_t offset, size_t max) const;
  // When these bytes came, by offset; the first may begin before them. Empty for what versions
  // without packs wrote.
  Result<std::vector<LogTime>> Times(const LogKey& key, uint64_t offset, size_t bytes) const;
  const std::filesystem::path& base() const { return base_; }
  size_t open_runs() const;

 private:
  struct Run;
  // Does it, for the run's logs and with the log's name among them.
  template <typename Do>
  auto With(const LogKey& key, Do do_it) const;
  std::shared_ptr<Run> Use(const std::string& folder) const;
  void LetGo() const;

  const std::filesystem::path base_;
  const std::string writer_;
  Files& files_;
  mutable std::mutex mutex_;                      // guards what follows
  mutable std::list<std::shared_ptr<Run>> open_;  // most recently used first
  mutable std::map<std::string, std::list<std::shared_ptr<Run>>::iterator> by_folder_;
};

}  // namespace gale
