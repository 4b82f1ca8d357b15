// Starts one process the fast way: it borrows the keeper's memory until exec (as vfork), so that no
// page table is copied, and a failed exec is known at once.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "common/base/status.h"

namespace gale::keeper {

struct ChildSpec {
  std::vector<std::string> argv;
  std::vector<std::string> env;
  std::string cwd;
  int stdout_fd = -1;  // for stdout and stderr; stdin is /dev/null
  int line_fd = -1;    // the child's descriptor 3; -1: it has none
  bool new_session = true;
  bool detached = false;  // double fork: the process is nobody's child
  bool reset_oom_score = false;
  // SIGKILL when the thread that starts it ends. Its own children live on, and so does a program
  // that changes its user (setuid).
  bool dies_with_parent = false;
};

// The pid of the running program (0 if detached): signals as in a fresh login, no descriptor but 0,
// 1, 2 and the line. A failure names the program, or the directory. Callable with threads running.
Result<pid_t> StartChild(const ChildSpec& spec);

}  // namespace gale::keeper
