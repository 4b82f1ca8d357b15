// The results that no master has acked, in one journal: <home>/spool/results.
//
// An entry is a result, or says of an earlier one that it was acked; when most is acked, the rest is
// written anew. Not fsynced while a master is connected: the page cache outlives this process, the
// ack follows in milliseconds, and a host that dies in between takes an attempt with it that the
// master then gives up by its lease and runs again, as if it had died a moment before its end. With
// no master in reach the result may wait for long, and nobody waits for us: then it is fsynced. An
// ack that is lost with the host costs a result that is sent twice.
//
// One thread.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/base/files.h"
#include "common/base/ids.h"
#include "common/base/journal.h"
#include "common/base/limits.h"
#include "common/base/status.h"
#include "gale/v1/worker.pb.h"

namespace gale::worker {

class Spool {
 public:
  explicit Spool(const std::string& home, Files& files = Files::Real(),
                 size_t entries_max = limits::kSpoolEntriesMax)
      : files_(files), folder_(home + "/spool"), entries_max_(entries_max) {}

  // First. Makes the folder and reads what is in it, also the files (one a result) of earlier
  // versions. What is damaged is set aside in there, said in the log, and not returned.
  Result<std::vector<v1::Finished>> Load();

  // kResourceExhausted: kSpoolEntriesMax. kUnavailable: the disk refuses.
  Status Write(const v1::Finished& finished, bool sync);
  // One that isn't there is no error.
  void Remove(const AttemptId& id);
  size_t size() const { return entries_.size(); }
  // That they take.
  uint64_t bytes() const { return bytes_; }

 private:
  struct Entry {
    uint64_t at = 0;  // in the journal
    size_t bytes = 0;
  };
  Status LoadFiles(std::map<AttemptId, v1::Finished>& results);
  Status Append(const v1::Finished& finished, bool sync);
  void Forget(const AttemptId& id);
  Status Compact();
  void SetAside(const std::string& path, const Status& why);

  Files& files_;
  std::string folder_;
  size_t entries_max_;
  std::optional<Journal> journal_;  // after Load
  std::map<AttemptId, Entry> entries_;
  uint64_t bytes_ = 0;  // of entries_
};

}  // namespace gale::worker
