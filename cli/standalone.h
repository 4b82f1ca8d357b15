// The long-running processes: a master, a worker, or both in one (standalone). Each runs in the
// foreground until SIGINT or SIGTERM, then stops in order. A second signal stops at once.
#pragma once

#include <string>
#include <vector>

#include "common/config/config.h"
#include "master/master.h"

namespace gale::cli {

struct WorkerFlags {
  std::vector<std::string> masters;  // "host:port" or "unix:/path"; empty: this home's socket
  std::string join_token_file;       // empty: <home>/join_token, if that is there
};

// Each returns the process's exit code, having said on stderr, in one line, what was wrong.
int RunStandalone(const Config& config);
int RunMaster(const Config& config, const Roles& roles);
int RunWorker(const Config& config, const WorkerFlags& flags);

}  // namespace gale::cli
