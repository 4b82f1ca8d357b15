// What /proc says: who lives, since when, and which process belongs to which family.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace gale::keeper {

// In a child's environment: "<key>@<keeper's home>". Finds what left its session and its parents.
inline constexpr std::string_view kMarkerName = "GALE_KEEPER_KEY";

struct Process {
  pid_t pid = 0;
  pid_t parent = 0;
  pid_t session = 0;
  char state = '?';
  uint64_t birthday = 0;  // clock ticks since boot; a pid with it names a process for good
  bool exiting = false;   // it runs no more of its program, and is a zombie soon
  std::string name;       // of its program, cut by the kernel
  bool alive() const { return state != 'Z' && state != 'X'; }
};

// Nothing if there is no such process. A zombie is still one.
std::optional<Process> ReadProcess(pid_t pid);
// The value of kMarkerName in a process's environment, if we may read that.
std::string ReadMarker(pid_t pid);
// Whether it has this file open for writing, if we may know that.
bool Writes(pid_t pid, dev_t device, ino_t inode);
// The memory that it has for itself, its part of what it shares included; 0 if it can't be known.
int64_t OwnBytes(pid_t pid);
// All processes, zombies too.
std::vector<Process> ReadAllProcesses();
// The direct children of this (single-threaded) process, zombies too.
std::vector<pid_t> ReadOwnChildren();

// Family by family (an index that `root` gives, or -1), the living members among `all`: those that
// `root` claims, and all their descendants that it does not claim for another family.
std::unordered_map<int, std::vector<pid_t>> Families(
    const std::vector<Process>& all, const std::function<int(const Process&)>& root);

}  // namespace gale::keeper
