#include "worker/keeper/children.h"

#include <signal.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/log.h"
#include "worker/keeper/child.h"

namespace gale::keeper {
namespace {

constexpr size_t kNamesShownMax = 5;
constexpr const char* kShutDown = "the keeper was shut down";
constexpr const char* kFencedWhy = "fenced: the worker's lease was not renewed in time";

// What was ended while it ran without its leader did not come to its end.
void EndedBy(int signal, Exited& exit) { exit.exit_code = -1, exit.signal = signal; }

Duration ToDuration(const timeval& t) {
  return std::chrono::seconds(t.tv_sec) + Duration(t.tv_usec);
}

}  // namespace

Children::Children(Records records, std::function<void(const Message&)> tell)
    : records_(std::move(records)),
      folders_(records_.files(), records_.home() + "/tmp"),
      tell_(std::move(tell)),
      // What protects the keeper is not for tasks.
      reset_oom_score_(
          Files::Real().Read("/proc/self/oom_score_adj").value_or("").starts_with('-')),
      templates_(
          records_.home(), reset_oom_score_,
          {.open_log = [this](const std::string& key) { return OpenLogOf(key); },
           .on_forked = [this](const std::string& key, pid_t pid) { return Forked(key, pid); },
           .on_fresh = [this](const std::string& key,
                              const std::string& why) { StartFresh(key, why); }}) {
  output_fd_ = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
}

Children::~Children() { close(output_fd_); }

Status Children::Load() {
  GALE_ASSIGN_OR_RETURN(null_, records_.files().Open("/dev/null", Access::kUpdate));
  GALE_ASSIGN_OR_RETURN(std::vector<Exited> exits, records_.Exits());
  for (Exited& e : exits) untaken_.insert_or_assign(e.key, std::move(e));
  const std::string folder = records_.home() + "/tmp/";
  for (const std::string& name : records_.files().List(folder).value_or({})) {
    Discard(folder + name, name);
  }
  return OkStatus();
}

int Children::IdOfKey(const std::string& key) const {
  auto it = ids_by_key_.find(key);
  return it == ids_by_key_.end() ? -1 : it->second;
}

void Children::Kill(const std::string& key, const std::string& reason) {
  Reap();  // one that ended before this word came ended by itself: its SIGCHLD may still wait
  if (starting_.contains(key)) return NeverRan(key, &Exited::killed, CutReason(reason));
  int id = IdOfKey(key);
  if (id < 0) return;
  Child& child = *children_[id];
  if (child.phase != Phase::kRunning) return;  // is on its way out already
  child.exit.killed = true;
  if (child.leader_ended) EndedBy(SIGTERM, child.exit);
  child.exit.reason = CutReason(reason);
  Terminate(child, child.request.kill_grace);
}

void Children::Take(const std::string& key) {
  if (untaken_.erase(key) > 0) records_.Take(key);
}

void Children::KillAll() {
  Reap();
  closing_ = true;
  NoneStarts(&Exited::killed, kShutDown);
  std::vector<Child*> all;
  for (auto& [id, child] : children_) {
    if (child->phase == Phase::kRunning) {
      child->exit.killed = true;
      child->exit.reason = kShutDown;
      if (child->leader_ended) EndedBy(SIGKILL, child->exit);
    }
    all.push_back(child.get());
  }
  KillNow(all);
}

void Children::List(uint32_t id, const std::function<void(const Message&)>& tell) {
  Reap();
  for (const auto& [unused, c] : children_) {
    tell(ListRunning{id, {c->record.key, c->record.pid, c->record.started_at}});
  }
  for (const auto& [key, s] : starting_) {
    tell(ListRunning{id, {key, 0, s.child->record.started_at}});
  }
  for (const auto& [key, exit] : untaken_) tell(ListExited{id, exit});
  tell(ListEnd{id});
}

// Time.

void Children::Arm(Child& child, Duration from_now) {
  Disarm(child);
  // Far timeouts must not overflow.
  int64_t us = std::min<int64_t>(from_now.count(), INT64_MAX / 4);
  child.timer = timers_.emplace(BootNowUs() + us, child.id);
}

void Children::Disarm(Child& child) {
  if (child.timer != timers_.end()) timers_.erase(child.timer);
  child.timer = timers_.end();
}

int64_t Children::next_boot_us() const {
  int64_t next = timers_.empty() ? INT64_MAX : timers_.begin()->first;
  next = std::min({next, look_at_boot_us_, templates_.next_boot_us()});
  return fenced_ ? next : std::min(next, fence_boot_us_);
}

void Children::OnTime(int64_t now_boot_us) {
  if (now_boot_us < next_boot_us()) return;
  Reap();  // what ended before its time was up ended by itself
  if (!fenced_ && now_boot_us >= fence_boot_us_) {
    fenced_ = true;
    if (running() > 0) GALE_WARN("the fence has passed: {} are killed", running());
    NoneStarts(&Exited::fenced, kFencedWhy);
    std::vector<Child*> all;
    for (auto& [id, child] : children_) {
      if (!child->leader_ended || child->phase == Phase::kRunning) {
        child->exit.fenced = true;
        child->exit.reason = kFencedWhy;
      }
      all.push_back(child.get());
    }
    KillNow(all);
  }
  if (now_boot_us >= look_at_boot_us_) FinishEnded(/*output_closed=*/true);
  while (!timers_.empty() && timers_.begin()->first <= now_boot_us) {
    OnTimer(*children_.at(timers_.begin()->second));
  }
  templates_.OnTime(now_boot_us);
}

void Children::OnTimer(Child& child) {
  switch (child.phase) {
    case Phase::kRunning:
      child.exit.timed_out = true;
      child.exit.reason =
          fmt::format("timed out after {} s of execution", Seconds(child.request.timeout));
      Terminate(child, child.request.kill_grace);
      return;
    case Phase::kTerminating:
    case Phase::kKilling: KillNow({&child}); return;
  }
}

// Killing.

void Children::Terminate(Child& child, Duration grace) {
  child.phase = Phase::kTerminating;
  Arm(child, grace);
  Signal({&child}, SIGTERM);
  Signal({&child}, SIGCONT);  // a stopped process must hear it, too
}

// Repeated until the family is gone: what forks fast may slip through one sweep.
void Children::KillNow(const std::vector<Child*>& children) {
  if (children.empty()) return;
  for (Child* child : children) {
    child->phase = Phase::kKilling;
    Arm(*child, child->sweep);
    child->sweep = std::min(child->sweep * 2, kSweepMax);
  }
  Signal(children, SIGKILL);
}

void Children::Signal(const std::vector<Child*>& children, int signal) {
  std::unordered_set<int> ids;
  for (Child* child : children) {
    ids.insert(child->id);
    // The group at once; its number is ours while we have not reaped the leader.
    if (!child->leader_ended) kill(-child->record.pid, signal);
  }
  for (const auto& [id, pids] : LivingFamilies()) {
    if (!ids.contains(id)) continue;
    const Child& child = *children_.at(id);
    for (pid_t pid : pids) {
      bool had_it = !child.leader_ended && getpgid(pid) == child.record.pid;
      if (!had_it) kill(pid, signal);
    }
  }
}

std::unordered_map<int, std::vector<pid_t>> Children::LivingFamilies() {
  const pid_t self = getpid();
  return Families(ReadAllProcesses(), [&](const Process& p) {
    if (p.pid == self) return -1;
    if (auto it = ids_by_session_.find(p.session); it != ids_by_session_.end()) return it->second;
    if (p.parent != self || helpers_.contains(p.pid) || templates_.Has(p.pid)) return -1;
    return OrphanOwner(p);
  });
}

// Reaping.

void Children::Reap() {
  int status;
  rusage usage;
  for (pid_t pid; (pid = wait4(-1, &status, WNOHANG, &usage)) > 0;) {
    auto it = ids_by_leader_.find(pid);
    if (it == ids_by_leader_.end()) {
      if (templates_.Reaped(pid)) continue;
      helpers_.erase(pid);
      orphan_owners_.erase(pid);
      continue;
    }
    int id = it->second;
    ids_by_leader_.erase(it);
    LeaderEnded(*children_.at(id), status, usage);
  }
  if (!ended_.empty()) FinishEnded(/*output_closed=*/false);
}

void Children::LeaderEnded(Child& child, int wait_status, const rusage& usage) {
  child.leader_ended = true;
  ended_.insert(child.id);
  Exited& e = child.exit;
  e.key = child.record.key;
  e.pid = child.record.pid;
  if (WIFEXITED(wait_status)) e.exit_code = WEXITSTATUS(wait_status);
  if (WIFSIGNALED(wait_status)) e.signal = WTERMSIG(wait_status);
  e.started_at = child.record.started_at;
  e.ended_at = Clock::Real().Now();
  e.user_time = ToDuration(usage.ru_utime);
  e.system_time = ToDuration(usage.ru_stime);
  e.max_rss_bytes = int64_t{usage.ru_maxrss} * 1024;
  if (child.phase == Phase::kRunning) ExplainUnexpectedKill(child);
}

// A shell says 137 when its child was killed.
void Children::ExplainUnexpectedKill(Child& child) {
  Exited& e = child.exit;
  if (e.signal != SIGKILL && e.exit_code != 128 + SIGKILL) return;
  e.oom = oom_.Rose();
  if (e.oom) {
    e.reason = "killed by the kernel: out of memory";
  } else if (e.signal == SIGKILL) {
    e.reason = "killed by SIGKILL, not by gale: perhaps out of memory";
  }
}

void Children::OnOutputClosed() {
  char events[4096];
  while (read(output_fd_, events, sizeof events) > 0) {
  }
  look_at_boot_us_ = std::max(BootNowUs(), looked_boot_us_ + kOutputLookEvery.count());
}

// Of the children whose leader has ended: tells those whose family is gone, looks at the others'.
void Children::FinishEnded(bool output_closed) {
  if (output_closed) look_at_boot_us_ = INT64_MAX, looked_boot_us_ = BootNowUs();
  std::unordered_set<int> with_orphans = IdsWithOrphans();
  std::vector<int> ids(ended_.begin(), ended_.end());
  for (int id : ids) {
    Child& child = *children_.at(id);
    if (!with_orphans.contains(id)) {
      Finish(child);
    } else if (child.phase == Phase::kRunning &&
               (output_closed || !child.lingers || !child.watched)) {
      LookWhoIsLeft(child);
    }
  }
}

// Its leader has ended. As long as somebody has its output open, all of them go on; then they are
// ended. What is on its way out by itself will say so (SIGCHLD). Of a leader that was killed nobody
// goes on: what it was waiting for, it can't use any more, and a next try must not wait for it.
void Children::LookWhoIsLeft(Child& child) {
  const std::string& key = child.record.key;
  if (child.exit.signal != 0) {
    return Terminate(child, std::min(child.request.kill_grace, kLeftoverGrace));
  }
  // Before the look, so that no close falls in between; told once, and then asked for anew.
  child.watched = output_fd_ >= 0 && child.log_inode != 0 &&
                  inotify_add_watch(output_fd_, child.request.log_path.c_str(),
                                    IN_CLOSE_WRITE | IN_ONESHOT) >= 0;
  std::string names;
  size_t left = 0;
  bool open = false;
  auto families = LivingFamilies();
  for (pid_t pid : families[child.id]) {
    std::optional<Process> p = ReadProcess(pid);
    if (!p || !p->alive() || p->exiting) continue;
    open |= child.log_inode != 0 && Writes(pid, child.log_device, child.log_inode);
    if (left++ < kNamesShownMax) names += fmt::format("{}{}", left > 1 ? ", " : "", p->name);
  }
  if (open) {
    if (!std::exchange(child.lingers, true)) {
      GALE_INFO("'{}': {} left by its first process hold its output ({}{})", key, left, names,
                child.watched ? "" : "; not watched, looked at when one of them ends");
    }
    return;
  }
  if (left == 0) return;
  // Programs close their output a moment before they end: let them.
  const int64_t now = BootNowUs();
  if (child.settled_boot_us == 0) child.settled_boot_us = now + kOutputSettle.count();
  if (now < child.settled_boot_us) {
    look_at_boot_us_ = std::min(look_at_boot_us_, child.settled_boot_us);
    return;
  }
  child.exit.reason = fmt::format(
      "{} background process{} kept no output open: ended with the task "
      "({}{})",
      left, left > 1 ? "es" : "", names, left > kNamesShownMax ? ", ..." : "");
  GALE_INFO("'{}': {}", key, child.exit.reason);
  Terminate(child, std::min(child.request.kill_grace, kLeftoverGrace));
}

// What a family leaves has a root that came to us, its subreaper: a direct child that is no leader.
std::unordered_set<int> Children::IdsWithOrphans() {
  std::unordered_set<int> out;
  for (pid_t pid : ReadOwnChildren()) {
    if (ids_by_leader_.contains(pid) || helpers_.contains(pid) || templates_.Has(pid)) continue;
    std::optional<Process> p = ReadProcess(pid);
    if (!p || !p->alive()) continue;  // its SIGCHLD is on its way
    if (int id = OrphanOwner(*p); id >= 0) out.insert(id);
  }
  return out;
}

int Children::OrphanOwner(const Process& orphan) {
  if (auto it = orphan_owners_.find(orphan.pid); it != orphan_owners_.end()) return it->second;
  int id = -1;
  if (auto it = ids_by_session_.find(orphan.session); it != ids_by_session_.end()) {
    id = it->second;
  } else if (std::string marker = ReadMarker(orphan.pid); marker.ends_with("@" + records_.home())) {
    id = IdOfKey(marker.substr(0, marker.find('@')));
  }
  return orphan_owners_[orphan.pid] = id;
}

void Children::Finish(Child& child) {
  Disarm(child);
  std::string key = child.record.key;
  if (child.lingers) child.exit.ended_at = Clock::Real().Now();
  if (Status s = records_.Exit(child.exit); !s.ok()) GALE_ERROR("'{}': {}", key, s.ToString());
  tell_(child.exit);
  untaken_.insert_or_assign(key, child.exit);
  if (const std::string& folder = child.work_folder;
      !folder.empty() && !folders_.GiveBack(folder)) {
    Discard(folder, key);
  }
  ids_by_key_.erase(key);
  // The number may be a newer child's by now.
  auto session = ids_by_session_.find(child.record.pid);
  if (session != ids_by_session_.end() && session->second == child.id) {
    ids_by_session_.erase(session);
  }
  ended_.erase(child.id);
  children_.erase(child.id);
}

// Removes a directory: at once if it is empty, else out of the way and by a process of its own.
void Children::Discard(const std::string& dir, const std::string& name) {
  Files& files = records_.files();
  Status removed = files.Remove(dir);
  if (removed.ok() || removed.code() == Code::kNotFound) return;
  std::string trash = fmt::format("{}/trash/{}.{}", records_.home(), BootNowUs(), name);
  if (Status moved = files.Move(dir, trash); !moved.ok()) {
    GALE_WARN("a working directory stays: {}", moved.ToString());
    return;
  }
  Result<pid_t> pid = StartChild(
      {.argv = {"rm", "-rf", "--", trash}, .env = {}, .cwd = "/", .stdout_fd = null_.fd()});
  if (pid.ok()) {
    helpers_.insert(*pid);
  } else {
    GALE_WARN("cannot remove '{}': {}", trash, pid.status().ToString());
  }
}

}  // namespace gale::keeper
