// `gale`, the program, as a function: what main() calls, and what tests call with their own
// streams.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/command.h"

namespace gale::cli {

// Exit codes, for scripts.
enum class Exit : int {
  kOk = 0,
  kFailed = 1,
  kUsage = 2,  // the command line or an argument is wrong
  kNotFound = 3,
  kConflict = 4,     // there already, or the state of things forbids it
  kUnreachable = 5,  // no master answers
  kNotPermitted = 6,
};
Exit ExitOf(Code code);

// `words` are argv without the program's name. Returns the exit code; a failure has put exactly one
// line on io.err ("gale: what, where, what to do").
int RunCli(const std::vector<std::string>& words, Io& io);

}  // namespace gale::cli
