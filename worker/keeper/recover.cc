#include "worker/keeper/recover.h"

#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>

#include "common/base/log.h"
#include "worker/keeper/proc.h"

namespace gale::keeper {
namespace {

// The living members, record by record. Nobody reaped for us, so the pid alone proves nothing: a
// leader needs its birthday; a session without its leader is still ours, for its number is not used
// again while it has members, unless a stranger holds that pid.
std::unordered_map<int, std::vector<pid_t>> Survivors(const std::vector<RunningRecord>& records,
                                                      const std::string& home) {
  std::vector<Process> all = ReadAllProcesses();
  std::unordered_map<pid_t, int> by_pid;
  std::unordered_map<std::string, int> by_marker;
  for (size_t i = 0; i < records.size(); ++i) {
    by_marker[records[i].key + "@" + home] = static_cast<int>(i);
    if (records[i].pid > 0) by_pid[records[i].pid] = static_cast<int>(i);
  }
  for (const Process& p : all) {
    auto it = by_pid.find(p.pid);
    if (it != by_pid.end() && p.birthday != records[it->second].birthday) by_pid.erase(it);
  }
  pid_t self = getpid();
  return Families(all, [&](const Process& p) {
    if (p.pid == self || p.pid == 1) return -1;
    if (auto it = by_pid.find(p.session); it != by_pid.end()) return it->second;
    auto it = by_marker.find(ReadMarker(p.pid));
    return it == by_marker.end() ? -1 : it->second;
  });
}

// Those that no record names any more, by their marker.
void AddUnknown(const Records& records, std::vector<RunningRecord>& left) {
  const std::string suffix = "@" + records.home();
  for (const Process& p : ReadAllProcesses()) {
    std::string marker = ReadMarker(p.pid);
    if (p.pid == getpid() || !marker.ends_with(suffix)) continue;
    marker.resize(marker.size() - suffix.size());
    if (!records.Has(marker) &&
        std::ranges::find(left, marker, &RunningRecord::key) == left.end()) {
      left.push_back({.key = std::move(marker), .started_at = TimePoint{}});
    }
  }
}

// Until the process has ended (a zombie counts), or `until`.
void AwaitEnd(pid_t pid, int64_t until_boot_us) {
  int fd = static_cast<int>(syscall(SYS_pidfd_open, pid, 0));
  if (fd < 0) return;  // gone
  pollfd poll_fd{.fd = fd, .events = POLLIN};
  int64_t left_ms = (until_boot_us - BootNowUs()) / 1000;
  if (left_ms > 0) poll(&poll_fd, 1, static_cast<int>(left_ms));
  close(fd);
}

}  // namespace

Status Recover(Records& records) {
  std::vector<RunningRecord> left = records.Running();
  if (records.damaged()) AddUnknown(records, left);
  if (left.empty()) return OkStatus();
  std::vector<size_t> killed(left.size());
  int64_t until = BootNowUs() + kRecoverWaitMax.count();
  auto survivors = Survivors(left, records.home());
  for (; !survivors.empty() && BootNowUs() < until; survivors = Survivors(left, records.home())) {
    for (const auto& [index, pids] : survivors) {
      killed[index] += pids.size();
      for (pid_t pid : pids) kill(pid, SIGKILL);
    }
    for (const auto& [index, pids] : survivors) {
      for (pid_t pid : pids) AwaitEnd(pid, until);
    }
  }
  for (size_t i = 0; i < left.size(); ++i) {
    const RunningRecord& r = left[i];
    bool alive = survivors.contains(static_cast<int>(i));
    GALE_WARN("'{}' (pid {}) was left by a keeper that died: {} processes killed{}", r.key, r.pid,
              killed[i], alive ? ", some still live" : "");
    Exited exit{.key = r.key,
                .pid = r.pid,
                .signal = killed[i] > 0 ? SIGKILL : 0,
                .keeper_died = true,
                .started_at = r.started_at,
                .ended_at = Clock::Real().Now()};
    exit.reason = "its keeper died; ";
    exit.reason += killed[i] == 0 ? "nothing of it ran any more, how it ended is not known"
                   : alive        ? "the next keeper killed it, but some of it does not end"
                                  : "the next keeper killed it";
    if (Status s = records.Exit(exit); !s.ok()) GALE_ERROR("'{}': {}", r.key, s.ToString());
  }
  return OkStatus();
}

}  // namespace gale::keeper
