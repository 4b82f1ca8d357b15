// What the worker keeps on disk about an attempt, under <home>/attempts:
//
//   <attempt>.log     what the task wrote (the keeper appends), between the worker's own few lines
//   <attempt>.grant   the grant, without the command: what the attempt's end needs to know, also in
//                     the next worker process
//   <attempt>.task    a templated task's JSON, for the SDK's process; a Python task's StartupDetails
//   <attempt>.said    of a Python task: what it told that goes with its end, and the end; a journal
//
// No fsync: these outlive the process, and with the host the attempt dies anyway.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/files.h"
#include "common/base/ids.h"
#include "common/base/status.h"
#include "gale/v1/worker.pb.h"

namespace gale::worker {

struct StoredGrant {
  v1::Grant grant;             // without command and env
  uint64_t output_offset = 0;  // where in the log the task's own output begins
  std::string secret;          // of a Python task: by it its process is known on the task socket
};

// Thread-safe: it holds a path and nothing else. What the disk refuses is kUnavailable, whatever the
// reason: another host may do better.
class AttemptFiles {
 public:
  explicit AttemptFiles(const std::string& home, Files& files = Files::Real())
      : files_(files), folder_(home + "/attempts") {}

  // Makes the folder (0700).
  Status Create() const;
  // Whether the disk takes what an attempt may need at once: writes and removes kRoomBytes.
  static constexpr size_t kRoomBytes = 256 << 10;
  Status TryRoom() const;

  Files& files() const { return files_; }
  const std::string& folder() const { return folder_; }
  std::string LogPath(const AttemptId& id) const { return folder_ + "/" + id.ToString() + ".log"; }
  std::string TaskPath(const AttemptId& id) const {
    return folder_ + "/" + id.ToString() + ".task";
  }

  Status WriteGrant(const AttemptId& id, const StoredGrant& stored) const;
  Result<StoredGrant> ReadGrant(const AttemptId& id) const;
  Status WriteTask(const AttemptId& id, std::string_view json) const;
  Result<std::string> ReadTask(const AttemptId& id) const;

  // What a Python task tells before its end: in the kernel's hands when it returns.
  // kResourceExhausted: with it there were more than `bytes_max`. What was told when the disk failed
  // may stand there in part; it is told again.
  Status CreateSaid(const AttemptId& id) const;
  Status AppendSaid(const AttemptId& id, std::string_view message, size_t bytes_max) const;
  bool HasSaid(const AttemptId& id) const { return files_.Exists(SaidPath(id)); }
  // In the order of telling. kNotFound: it is no Python task.
  Result<std::vector<std::string>> ReadSaid(const AttemptId& id) const;

  // Appends to the log, on a new line; returns the log's size after it.
  Result<uint64_t> AppendLog(const AttemptId& id, std::string_view text) const;
  // 0 if there is none.
  uint64_t LogSize(const AttemptId& id) const;
  // Behind the header that a templated task's process writes itself in [from, to), once it knows its
  // command: whatever comes before is not the command's. `from` if it never wrote it.
  uint64_t OutputStart(const AttemptId& id, uint64_t from, uint64_t to) const;
  // The last line in the log's bytes [from, to), its trailing whitespace stripped; absent if it is
  // longer than `bytes_max`. Empty if nothing was written.
  Result<std::optional<std::string>> LastLine(const AttemptId& id, uint64_t from, uint64_t to,
                                              size_t bytes_max) const;

  // All but the log, which the shipper deletes.
  void RemoveAllButLog(const AttemptId& id) const;

 private:
  std::string GrantPath(const AttemptId& id) const {
    return folder_ + "/" + id.ToString() + ".grant";
  }
  std::string SaidPath(const AttemptId& id) const {
    return folder_ + "/" + id.ToString() + ".said";
  }
  Files& files_;
  std::string folder_;
};

}  // namespace gale::worker
