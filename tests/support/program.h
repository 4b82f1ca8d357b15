// The programs that tests start.
#pragma once

#include <string>

namespace gale {

// Where `name` is, a path or one to look for on PATH. If it isn't there, the test that needs it
// fails, by an exception that says which and `how` to get it: a skipped test proves nothing.
std::string FindProgram(const std::string& name, const std::string& how);

}  // namespace gale
