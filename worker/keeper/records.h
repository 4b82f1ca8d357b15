// What the keeper knows, on disk, so that its own death loses nothing:
//   <home>/running/<key>   one process family: written before it starts, moved to exits/ when it
//                          is gone
//   <home>/exits/<key>     one exit, until it is taken
//   <home>/tmp/<key>       the working directory of a family that asked for a fresh one
//   <home>/trash/          directories that are being removed
// Not synced: a keeper's death keeps them; after the machine's death nothing runs.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "common/base/files.h"
#include "worker/keeper/protocol.h"

namespace gale::keeper {

struct RunningRecord {
  std::string key;
  int32_t pid = 0;  // 0: the keeper died while it started it
  uint64_t birthday = 0;
  TimePoint started_at;
  bool own_cwd = false;  // <home>/tmp/<key> is its
};

class Records {
 public:
  // Makes the directories of `home`.
  static Result<Records> Open(const std::string& home, Files& files = Files::Real());

  // Before the start with pid 0, again when the pid is known: through the file that it returns.
  // (Never by truncation: ext4 would wait for the disk.)
  Result<File> Starting(const RunningRecord& record) const;
  void Started(const File& file, const RunningRecord& record) const;
  void Forget(const std::string& key) const;

  // Records the exit, and in the same step forgets that it ran.
  Status Exit(const Exited& exit) const;
  void Take(const std::string& key) const;

  Result<std::vector<RunningRecord>> LoadRunning() const;
  Result<std::vector<Exited>> LoadExits() const;  // without those that are cut off

  Files& files() const { return *files_; }
  const std::string& home() const { return home_; }
  std::string TempDir(const std::string& key) const { return home_ + "/tmp/" + key; }

 private:
  Records(std::string home, Files& files) : files_(&files), home_(std::move(home)) {}
  Files* files_;
  std::string home_;
};

}  // namespace gale::keeper
