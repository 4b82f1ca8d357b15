// Children's starts: a program at once, or a fork of a template, which takes its time.
#include <signal.h>
#include <sys/stat.h>

#include "common/base/log.h"
#include "worker/keeper/child.h"
#include "worker/keeper/children.h"

namespace gale::keeper {
namespace {

Status CheckRequest(const SpawnRequest& r) {
  GALE_RETURN_IF_ERROR(CheckKey(r.key));
  if (r.kill_grace < Duration(0) || r.kill_grace > kKillGraceMax || r.timeout < Duration(0)) {
    return InvalidArgument("kill grace {} s, timeout {} s: out of range", Seconds(r.kill_grace),
                           Seconds(r.timeout));
  }
  std::vector<const std::vector<std::string>*> all = {&r.argv, &r.env};
  for (const TemplateSpec& t : r.templates) {
    if (t.import_max <= Duration(0)) {
      return InvalidArgument("template '{}': its import may take {} s: out of range", t.id,
                             Seconds(t.import_max));
    }
    all.push_back(&t.argv), all.push_back(&t.env);
  }
  for (const auto* strings : all) {
    for (const std::string& s : *strings) {
      if (s.find('\0') != std::string::npos) {
        return InvalidArgument("a zero byte is in an argument or the environment");
      }
    }
  }
  return OkStatus();
}

Result<File> OpenLog(Files& files, const std::string& path, struct stat* st) {
  auto opened = files.Open(path, Access::kAppend);
  if (!opened.ok()) return AsUnavailable(opened.status());
  File file = *std::move(opened);
  GALE_ASSIGN_OR_RETURN(*st, files.Look(file));
  if (S_ISREG(st->st_mode) || S_ISCHR(st->st_mode)) return file;
  return FailedPrecondition("the log '{}' is no file", path);
}

}  // namespace

void Children::Spawn(SpawnRequest&& request) {
  if (IdOfKey(request.key) >= 0) Reap();
  if (int id = IdOfKey(request.key); id >= 0) {
    const RunningRecord& r = children_[id]->record;
    return tell_(keeper::Started{r.key, r.pid, r.started_at});
  }
  if (auto it = untaken_.find(request.key); it != untaken_.end()) return tell_(it->second);
  if (starting_.contains(request.key)) return;  // it will be told
  const std::string key = request.key;
  Starting& start = starting_[key];
  start.child = std::make_unique<Child>();
  start.child->timer = timers_.end();
  start.child->request = std::move(request);
  if (Status ready = Prepare(start); !ready.ok()) return FailStart(key, ready);
  if (start.child->request.templates.empty()) return StartFresh(key, "");
  start.log = File();  // hundreds may wait: each has its log open when its turn comes
  templates_.Start(start.child->request);
}

Status Children::CheckOpen() const {
  if (closing_) return Unavailable("the keeper is shutting down");
  if (BootNowUs() < fence_boot_us_) return OkStatus();
  return Unavailable("the fence has passed: the worker's lease is over");
}

Status Children::CheckRoom() const {
  GALE_RETURN_IF_ERROR(CheckOpen());
  if (running() > kRunningMax || untaken_.size() >= kUntakenMax) {
    return Unavailable("the keeper holds {} running and {} untaken (at most {} and {})",
                       running() - 1, untaken_.size(), kRunningMax, kUntakenMax);
  }
  return OkStatus();
}

// Its record, its log, its directory and its environment: all but the process.
Status Children::Prepare(Starting& start) {
  Child& child = *start.child;
  SpawnRequest& request = child.request;
  GALE_RETURN_IF_ERROR(CheckRequest(request));
  GALE_RETURN_IF_ERROR(CheckRoom());
  struct stat st {};
  GALE_ASSIGN_OR_RETURN(start.log, OpenLog(records_.files(), request.log_path, &st));
  if (S_ISREG(st.st_mode)) child.log_device = st.st_dev, child.log_inode = st.st_ino;
  child.record = {.key = request.key, .started_at = Clock::Real().Now()};
  GALE_RETURN_IF_ERROR(AsUnavailable(records_.Starting(child.record)));
  const std::string marker = std::string(kMarkerName) + "=";
  std::erase_if(request.env, [&](const std::string& e) { return e.starts_with(marker); });
  request.env.push_back(marker + request.key + "@" + records_.home());
  if (!request.cwd.empty()) return OkStatus();
  auto folder = folders_.Take();
  if (!folder.ok()) return AsUnavailable(folder.status());
  child.work_folder = request.cwd = *folder;
  return OkStatus();
}

void Children::FailStart(const std::string& key, const Status& why) {
  auto start = starting_.extract(key);
  const std::string& folder = start.mapped().child->work_folder;
  records_.Forget(key);
  if (!folder.empty() && !folders_.GiveBack(folder)) (void)records_.files().Remove(folder);
  StartFailed failed = StartFailed::Of(key, why);
  failed.reason = CutReason(std::move(failed.reason));
  tell_(failed);
}

Result<File> Children::OpenLogOf(const std::string& key) {
  struct stat unused;
  return OpenLog(records_.files(), starting_.at(key).child->request.log_path, &unused);
}

// Runs the program.
void Children::StartFresh(const std::string& key, const std::string& why) {
  if (Status open = CheckOpen(); !open.ok()) return FailStart(key, open);
  Starting& start = starting_.at(key);
  if (!why.empty()) GALE_INFO("'{}' is not forked: {}", key, why);
  if (start.log.fd() < 0) {
    Result<File> log = OpenLogOf(key);
    if (!log.ok()) return FailStart(key, log.status());
    start.log = *std::move(log);
  }
  const SpawnRequest& request = start.child->request;
  Result<pid_t> pid = StartChild({.argv = request.argv,
                                  .env = request.env,
                                  .cwd = request.cwd,
                                  .stdout_fd = start.log.fd(),
                                  .reset_oom_score = reset_oom_score_,
                                  // Without us nobody fences them: they would outlive the lease.
                                  .dies_with_parent = true});
  if (!pid.ok()) return FailStart(key, pid.status());
  auto entry = starting_.extract(key);
  OwnedChild& child = entry.mapped().child;
  child->record.pid = *pid;
  tell_(keeper::Started{key, *pid, child->record.started_at, false, CutReason(why)});
  Begin(std::move(child));
}

bool Children::Forked(const std::string& key, pid_t pid) {
  if (Status open = CheckOpen(); !open.ok()) return FailStart(key, open), false;
  auto entry = starting_.extract(key);
  OwnedChild child = std::move(entry.mapped().child);
  orphan_owners_.erase(pid);
  child->record.pid = pid;
  const keeper::Started started{key, pid, child->record.started_at, true, ""};
  Begin(std::move(child));
  tell_(started);
  return true;
}

// It has a process, which is ours.
void Children::Begin(OwnedChild child) {
  // Its birthday is sure even if it has ended: only we reap it.
  if (auto process = ReadProcess(child->record.pid)) child->record.birthday = process->birthday;
  records_.Started(child->record);
  SpawnRequest& request = child->request;
  request.argv.clear();
  request.env.clear();
  request.templates.clear();
  child->id = ++last_id_;
  Child& c = *child;
  ids_by_key_[c.record.key] = c.id;
  ids_by_leader_[c.record.pid] = c.id;
  ids_by_session_[c.record.pid] = c.id;
  children_.emplace(c.id, std::move(child));
  if (c.request.timeout > Duration(0)) Arm(c, c.request.timeout);
}

// It is killed before there was a process: nothing of it has run, and nothing will.
void Children::NeverRan(const std::string& key, bool Exited::*by, const std::string& reason) {
  templates_.Drop(key);
  auto entry = starting_.extract(key);
  if (entry.empty()) return;
  Child& child = *entry.mapped().child;
  Exited& e = child.exit;
  e = {.key = key, .signal = SIGKILL, .reason = reason, .started_at = child.record.started_at};
  e.ended_at = Clock::Real().Now();
  e.*by = true;
  Finish(child);
}

void Children::NoneStarts(bool Exited::*by, const std::string& reason) {
  while (!starting_.empty()) NeverRan(starting_.begin()->first, by, reason);
}

}  // namespace gale::keeper
