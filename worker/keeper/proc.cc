#include "worker/keeper/proc.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <charconv>
#include <cstring>

namespace gale::keeper {
namespace {

constexpr size_t kEnvironBytesMax = 8 << 20;
constexpr unsigned kExitingFlag = 0x4;  // PF_EXITING of linux/sched.h
constexpr int kAncestorsMax = 1024;     // a bound for walking up while processes come and go

// The whole file, or "" if it cannot be read (the process has gone, or is not ours).
std::string ReadFile(const char* path, size_t bytes_max) {
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return {};
  std::string out;
  char buffer[4096];
  while (out.size() < bytes_max) {
    ssize_t n = read(fd, buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    out.append(buffer, static_cast<size_t>(n));
  }
  close(fd);
  return out;
}

}  // namespace

std::optional<Process> ReadProcess(pid_t pid) {
  char path[32];
  snprintf(path, sizeof path, "/proc/%d/stat", pid);
  std::string text = ReadFile(path, 4096);
  size_t paren = text.rfind(')');  // the name before it may hold anything
  if (paren == std::string::npos || paren + 2 >= text.size()) return std::nullopt;
  Process p{.pid = pid};
  if (size_t open = text.find('('); open < paren) p.name = text.substr(open + 1, paren - open - 1);
  const char* at = text.c_str() + paren + 2;
  int group = 0;
  int used = 0;
  if (sscanf(at, "%c %d %d %d%n", &p.state, &p.parent, &group, &p.session, &used) != 4) {
    return std::nullopt;
  }
  // proc(5): the session is field 6, the flags field 9, the start time field 22; `at` is before
  // field 7.
  at += used;
  for (int field = 8; field <= 22 && at != nullptr; ++field) {
    at = strchr(at + 1, ' ');
    if (field == 9 && at != nullptr) p.exiting = (strtoul(at, nullptr, 10) & kExitingFlag) != 0;
  }
  if (at == nullptr) return std::nullopt;
  p.birthday = strtoull(at, nullptr, 10);
  return p;
}

std::string ReadMarker(pid_t pid) {
  char path[32];
  snprintf(path, sizeof path, "/proc/%d/environ", pid);
  std::string env = ReadFile(path, kEnvironBytesMax);
  std::string name = std::string(kMarkerName) + "=";
  for (size_t at = 0; at < env.size();) {
    size_t end = env.find('\0', at);
    if (end == std::string::npos) end = env.size();
    if (env.compare(at, name.size(), name) == 0) {
      return env.substr(at + name.size(), end - at - name.size());
    }
    at = end + 1;
  }
  return {};
}

bool Writes(pid_t pid, dev_t device, ino_t inode) {
  const std::string path = fmt::format("/proc/{}/fd", pid);
  DIR* dir = opendir(path.c_str());
  if (dir == nullptr) return false;
  bool found = false;
  while (dirent* entry = found ? nullptr : readdir(dir)) {
    struct stat file, link;  // the link's mode says how it is open
    found = entry->d_name[0] != '.' && fstatat(dirfd(dir), entry->d_name, &file, 0) == 0 &&
            file.st_dev == device && file.st_ino == inode &&
            fstatat(dirfd(dir), entry->d_name, &link, AT_SYMLINK_NOFOLLOW) == 0 &&
            (link.st_mode & S_IWUSR) != 0;
  }
  closedir(dir);
  return found;
}

int64_t OwnBytes(pid_t pid) {
  const std::string text = ReadFile(fmt::format("/proc/{}/smaps_rollup", pid).c_str(), 64 << 10);
  const size_t at = text.find("\nPss:");
  return at == std::string::npos ? 0 : strtoll(text.c_str() + at + 5, nullptr, 10) * 1024;
}

std::vector<Process> ReadAllProcesses() {
  std::vector<Process> out;
  DIR* dir = opendir("/proc");
  if (dir == nullptr) return out;
  while (dirent* entry = readdir(dir)) {
    pid_t pid = 0;
    const char* end = entry->d_name + strlen(entry->d_name);
    auto [stop, error] = std::from_chars(entry->d_name, end, pid);
    if (error != std::errc() || stop != end) continue;
    if (auto p = ReadProcess(pid)) out.push_back(*p);
  }
  closedir(dir);
  return out;
}

std::vector<pid_t> ReadOwnChildren() {
  static const pid_t self = getpid();
  std::vector<pid_t> out;
  std::string path = fmt::format("/proc/{}/task/{}/children", self, self);
  if (static const bool supported = access(path.c_str(), R_OK) == 0; !supported) {
    for (const Process& p : ReadAllProcesses()) {
      if (p.parent == self) out.push_back(p.pid);
    }
    return out;
  }
  std::string text = ReadFile(path.c_str(), 16 << 20);
  const char* at = text.data();
  const char* end = at + text.size();
  while (at < end) {
    pid_t pid = 0;
    auto [stop, error] = std::from_chars(at, end, pid);
    if (error != std::errc()) break;
    out.push_back(pid);
    at = stop + 1;
  }
  return out;
}

std::unordered_map<int, std::vector<pid_t>> Families(
    const std::vector<Process>& all, const std::function<int(const Process&)>& root) {
  struct Node {
    const Process* process;
    int family;
  };
  std::unordered_map<pid_t, Node> nodes;
  for (const Process& p : all) nodes.emplace(p.pid, Node{&p, root(p)});
  std::unordered_map<int, std::vector<pid_t>> out;
  for (const Process& p : all) {
    if (!p.alive()) continue;
    auto node = nodes.find(p.pid);
    for (int i = 0; i < kAncestorsMax && node != nodes.end() && node->second.family < 0; ++i) {
      node = nodes.find(node->second.process->parent);
    }
    if (node != nodes.end() && node->second.family >= 0) {
      out[node->second.family].push_back(p.pid);
    }
  }
  return out;
}

}  // namespace gale::keeper
