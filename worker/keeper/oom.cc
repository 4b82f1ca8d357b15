#include "worker/keeper/oom.h"

#include <unistd.h>

#include <sstream>

#include "common/base/files.h"

namespace gale::keeper {
namespace {

// The file with the line "oom_kill N" that is nearest to us.
std::string CounterPath() {
  // Lines "id:controllers:path".
  std::istringstream groups(Files::Real().Read("/proc/self/cgroup").value_or(""));
  std::string unified, memory;
  for (std::string line; std::getline(groups, line);) {
    size_t first = line.find(':'), second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    std::string controllers = line.substr(first + 1, second - first - 1);
    std::string path = line.substr(second + 1);
    if (path == "/") path.clear();
    if (controllers.empty()) unified = "/sys/fs/cgroup" + path + "/memory.events";
    if (controllers == "memory") memory = "/sys/fs/cgroup/memory" + path + "/memory.oom_control";
  }
  for (const std::string& path : {unified, memory}) {
    if (!path.empty() && access(path.c_str(), R_OK) == 0) return path;
  }
  return "/proc/vmstat";
}

}  // namespace

OomWatch::OomWatch() : path_(CounterPath()) { last_ = Count(); }

int64_t OomWatch::Count() const {
  std::istringstream file(Files::Real().Read(path_).value_or(""));
  std::string name;
  for (int64_t value; file >> name >> value;) {
    if (name == "oom_kill") return value;
  }
  return 0;
}

bool OomWatch::Rose() {
  int64_t before = last_;
  last_ = Count();
  return last_ > before;
}

}  // namespace gale::keeper
