// The results that no master has acked, one file each under <home>/spool.
//
// Written to a temporary file and renamed, so a file is whole or absent. Not fsynced while a master
// is connected: the page cache outlives this process, the ack follows in milliseconds, and a host
// that dies in between takes an attempt with it that the master then gives up by its lease and runs
// again, as if it had died a moment before its end. With no master in reach the result may wait for
// long, and nobody waits for us: then it is fsynced.
//
// One thread.
#pragma once

#include <string>
#include <vector>

#include "common/base/files.h"
#include "common/base/ids.h"
#include "common/base/limits.h"
#include "common/base/status.h"
#include "gale/v1/worker.pb.h"

namespace gale::worker {

class Spool {
 public:
  explicit Spool(const std::string& home, Files& files = Files::Real(),
                 size_t entries_max = limits::kSpoolEntriesMax)
      : files_(files), folder_(home + "/spool"), entries_max_(entries_max) {}

  // Makes the folder and reads what is in it. A damaged file is moved to <home>/spool/damaged, said
  // in the log, and not returned.
  Result<std::vector<v1::Finished>> Load();

  // kResourceExhausted: kSpoolEntriesMax. kUnavailable: the disk refuses.
  Status Write(const v1::Finished& finished, bool sync);
  // One that isn't there is no error.
  void Remove(const AttemptId& id);
  size_t size() const { return entries_; }

 private:
  std::string Path(const AttemptId& id) const { return folder_ + "/" + id.ToString() + ".result"; }
  void SetAside(const std::string& path, const Status& why);

  Files& files_;
  std::string folder_;
  size_t entries_max_;
  size_t entries_ = 0;
};

}  // namespace gale::worker
