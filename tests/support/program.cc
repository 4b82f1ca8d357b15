#include "tests/support/program.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <sstream>
#include <stdexcept>

namespace gale {

std::string FindProgram(const std::string& name, const std::string& how) {
  const char* path = std::getenv("PATH");
  std::istringstream folders(name.find('/') != std::string::npos ? "" : path ? path : "/usr/bin");
  std::string folder;
  if (name.find('/') != std::string::npos && access(name.c_str(), X_OK) == 0) return name;
  while (std::getline(folders, folder, ':')) {
    const std::string file = folder + "/" + name;
    if (access(file.c_str(), X_OK) == 0) return file;
  }
  throw std::runtime_error(fmt::format("{} is missing: {}", name, how));
}

}  // namespace gale
