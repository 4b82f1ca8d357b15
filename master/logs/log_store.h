// The output of every attempt, on the master's disk: one file a try, appended to as workers ship
// it.
#pragma once

#include <filesystem>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "common/base/clock.h"
#include "common/base/ids.h"
#include "common/base/status.h"

namespace gale {

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
};

// Thread-safe. A write is on the disk's cache when Append returns: it survives the process, not the
// machine (the worker keeps its copy until the ack, and a lost tail is only text).
class LogStore {
 public:
  static constexpr size_t kOpenFilesMax = 128;

  // Folders are made on demand; `base` has mode 0700.
  explicit LogStore(std::filesystem::path base) : base_(std::move(base)) {}
  ~LogStore();
  LogStore(const LogStore&) = delete;
  LogStore& operator=(const LogStore&) = delete;

  // Writes `data` at `offset`, and returns the file's size. What the file already has is skipped (a
  // chunk may come twice); OUT_OF_RANGE, naming the size, if bytes before `offset` are missing.
  Result<uint64_t> Append(const LogKey& key, uint64_t offset, std::string_view data);
  // 0 if there is no file.
  Result<uint64_t> Size(const LogKey& key) const;
  // Up to `max` bytes from `offset` on; empty at the end, or if there is no file.
  Result<std::string> Read(const LogKey& key, uint64_t offset, size_t max) const;
  const std::filesystem::path& base() const { return base_; }

 private:
  struct File {
    std::string path;
    int fd = -1;
    uint64_t size = 0;
    std::mutex mutex;  // appends to one file are in order; other files don't wait
    ~File();
  };
  // The file, opened for appending; the least recently used one is let go beyond kOpenFilesMax.
  Result<std::shared_ptr<File>> Open(const std::string& path);

  const std::filesystem::path base_;
  mutable std::mutex mutex_;               // guards what follows
  std::list<std::shared_ptr<File>> open_;  // most recently used first
  std::map<std::string, std::list<std::shared_ptr<File>>::iterator> by_path_;
};

}  // namespace gale
