// Where what Gale needs beside its binary is.
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "gale_version.h"
#include "master/master.h"

namespace gale {
namespace {

namespace fs = std::filesystem;

std::string EnvironmentOf(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

// <prefix>/share/gale/WHAT, if it was installed; else empty.
std::string Installed(const std::string& what) {
  std::error_code error;
  const fs::path binary = fs::read_symlink("/proc/self/exe", error);
  const fs::path folder = binary.parent_path().parent_path() / "share/gale" / what;
  return !error && fs::is_directory(folder, error) ? folder.string() : "";
}

}  // namespace

std::string FindPython() {
  if (std::string python = EnvironmentOf("GALE_PYTHON"); !python.empty()) return python;
  const std::string venv = GALE_SOURCE_DIR "/build/venv/bin/python";
  return access(venv.c_str(), X_OK) == 0 ? venv : "python3";
}

std::string FindSdk() {
  if (std::string sdk = EnvironmentOf("GALE_SDK"); !sdk.empty()) return sdk;
  const std::string installed = Installed("sdk");
  return installed.empty() ? GALE_SOURCE_DIR "/sdk/python" : installed;
}

std::string FindExamples() {
  const std::string installed = Installed("examples/dags");
  return installed.empty() ? GALE_SOURCE_DIR "/examples/dags" : installed;
}

}  // namespace gale
