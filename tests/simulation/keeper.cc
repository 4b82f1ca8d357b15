#include "tests/simulation/keeper.h"

namespace gale::sim {

namespace {

AttemptId IdOf(const std::string& key) { return AttemptId::Parse(key).value(); }

}  // namespace

// As RunKeeper: what a predecessor left is dead, and gets its end.
Status Keeper::Connect() {
  if (dies_here()) return Unavailable("the worker dies");
  if (alive()) return OkStatus();
  GALE_ASSIGN_OR_RETURN(keeper::Records records, keeper::Records::Open("/" + worker_, files_));
  const std::vector<keeper::RunningRecord> left = records.Running();
  for (const keeper::RunningRecord& r : left) {
    const keeper::Exited exit{.key = r.key,
                              .pid = r.pid,
                              .signal = 9,
                              .keeper_died = true,
                              .started_at = r.started_at,
                              .ended_at = context_.wall()};
    if (Status s = records.Exit(exit); !s.ok()) context_.Trace("{}", s.ToString());
  }
  GALE_ASSIGN_OR_RETURN(const auto exits, records.Exits());
  for (const keeper::Exited& exit : exits) untaken_[exit.key] = exit;
  ++life_;
  fence_.reset();
  records_ = std::move(records);
  return OkStatus();
}

void Keeper::Die() {
  context_.Trace("{}'s keeper dies with {} processes", worker_, processes_.size());
  context_.Saw(Seen::kKeeperDeaths);
  for (const auto& [id, process] : processes_) {
    times_.at(id).end = context_.now();
    checkers_.OnProcessEnd(id, process.python && told_well(id));
  }
  processes_.clear();
  untaken_.clear();
  records_.reset();
}

Result<keeper::Listing> Keeper::List() {
  keeper::Listing listing;
  for (const auto& [id, p] : processes_) {
    listing.running.push_back({p.record.key, p.record.pid, p.record.started_at});
  }
  for (const auto& [key, exit] : untaken_) listing.exited.push_back(exit);
  return listing;
}

void Keeper::Later(Duration delay, std::function<void()> what) {
  last_heard_ = std::max(last_heard_, context_.now() + delay);
  context_.agenda.At(last_heard_, [this, life = life_, what = std::move(what)] {
    if (alive() && life == life_) what();
  });
}

Status Keeper::Spawn(const keeper::SpawnRequest& request) {
  if (dies_here() || !alive()) return Unavailable("the keeper is gone");
  Later(context_.dice.Ms(0, 30), [this, request] { Start(request); });
  return OkStatus();
}

Status Keeper::Record(const keeper::SpawnRequest& request, keeper::RunningRecord& record) {
  if (fenced()) return FailedPrecondition("the fence has passed");
  GALE_RETURN_IF_ERROR(files_.Open(request.log_path, Access::kAppend).status());
  record = {.key = request.key, .started_at = context_.wall()};
  return records_->Starting(record);
}

void Keeper::Start(const keeper::SpawnRequest& request) {
  const AttemptId attempt = IdOf(request.key);
  if (auto it = processes_.find(attempt); it != processes_.end()) {
    return tell(context_.dice.Ms(0, 10), keeper::Started{request.key, it->second.record.pid});
  }
  if (auto it = untaken_.find(request.key); it != untaken_.end()) {
    return tell(context_.dice.Ms(0, 10), it->second);
  }
  keeper::RunningRecord record;
  if (Status status = Record(request, record); !status.ok()) {
    context_.Trace("{} can't spawn {}: {}", worker_, request.key, status.ToString());
    return tell(Duration(0), keeper::StartFailed::Of(request.key, status));
  }
  record.pid = ++last_pid_;
  records_->Started(record);
  const Task& task = tasks_.at(attempt);
  Process& process = processes_[attempt];
  process.record = record;
  process.log_path = request.log_path;
  process.task = task;
  context_.last_spawn = context_.now();
  times_[attempt] = {context_.now(), std::nullopt};
  context_.Trace("{} spawns {} (pid {})", worker_, request.key, record.pid);
  checkers_.OnSpawn(attempt, task.epoch, task.spec, worker_, processes_.size(), slots_);
  auto still = [this, attempt, pid = record.pid] {
    auto it = processes_.find(attempt);
    return it != processes_.end() && it->second.record.pid == pid;
  };
  PlanEnd(attempt, request);
  if (request.timeout > Duration(0)) {
    context_.agenda.In(request.timeout, [this, attempt, still] {
      if (still()) Term(attempt, true);
    });
  }
  tell(context_.dice.Ms(0, 10), keeper::Started{request.key, record.pid, record.started_at});
}

void Keeper::PlanEnd(const AttemptId& attempt, const keeper::SpawnRequest& request) {
  Process& process = processes_.at(attempt);
  const Fate fate = scenario_.FateOf(attempt, process.task.spec);
  process.python = request.argv.back() == "gale.task_runner";
  if (process.python) return PlanPythonEnd(attempt, request, fate);
  if (fate.hangs) return;
  context_.agenda.In(fate.runs_for,
                     [this, attempt, pid = process.record.pid, code = fate.exit_code] {
                       auto it = processes_.find(attempt);
                       if (it != processes_.end() && it->second.record.pid == pid) {
                         Exit(attempt, code, 0);
                       }
                     });
}

// As the SDK's task_runner: it tells how it ended, and only then its process ends. Some die first, and
// some after it, of another's fault.
void Keeper::PlanPythonEnd(const AttemptId& attempt, const keeper::SpawnRequest& request,
                           Fate fate) {
  Process& process = processes_.at(attempt);
  constexpr std::string_view kSecret = "GALE_TASK_SECRET=";
  for (const std::string& each : request.env) {
    if (each.starts_with(kSecret)) process.secret = each.substr(kSecret.size());
  }
  if (const auto limit = process.task.spec.execution_timeout) {  // it keeps that by itself
    if (fate.hangs || fate.runs_for > *limit) fate.exit_code = 1;
    fate.runs_for = fate.hangs ? *limit : std::min(fate.runs_for, *limit);
  }
  const uint64_t hash = std::hash<AttemptId>()(attempt);
  process.end = fate.exit_code == 0    ? "SucceedTask"
                : fate.exit_code == 99 ? "TaskState"
                                       : "RetryTask";
  process.words = {R"({"type":"SetRenderedFields","rendered_fields":{}})",
                   R"({"type":"SetXCom","key":"return_value","value":"1","dag_id":"","run_id":"",)"
                   R"("task_id":""})",
                   fmt::format(R"({{"type":"{}","state":"skipped"}})", process.end)};
  if (fate.exit_code == 1 && hash % 2 == 0) process.words.clear(), process.code = 1;
  if (hash % 7 == 0) process.signal = 11;
  context_.agenda.In(fate.runs_for,
                     [this, attempt, pid = process.record.pid] { Tell(attempt, pid, 0); });
}

void Keeper::Tell(const AttemptId& attempt, int32_t pid, size_t word) {
  auto it = processes_.find(attempt);
  if (it == processes_.end() || it->second.record.pid != pid || it->second.ending) return;
  const Process& process = it->second;
  if (word == process.words.size()) return Exit(attempt, process.code, process.signal);
  const bool answered = tells(attempt, process.secret, process.words[word]);
  if (answered && word + 1 == process.words.size()) told_[attempt] = process.end;
  // By no dice: they decide elsewhere what they always did.
  const Duration wait = answered ? std::chrono::milliseconds(1) : std::chrono::milliseconds(200);
  context_.agenda.In(
      wait, [this, attempt, pid, next = word + (answered ? 1 : 0)] { Tell(attempt, pid, next); });
}

Status Keeper::Kill(const std::string& key, const std::string& reason) {
  if (dies_here()) return OkStatus();
  context_.Trace("{} kills {}: {}", worker_, key, reason);
  Later(context_.dice.Ms(0, 10), [this, id = IdOf(key)] { Term(id, false); });
  return OkStatus();
}

void Keeper::Term(const AttemptId& attempt, bool timed_out) {
  auto it = processes_.find(attempt);
  if (it == processes_.end() || it->second.ending) return;
  it->second.ending = true;
  it->second.exit.timed_out = timed_out;
  it->second.exit.killed = !timed_out;
  if (timed_out) context_.Saw(Seen::kTimeouts);
  const Fate fate = scenario_.FateOf(attempt, it->second.task.spec);
  context_.agenda.In(fate.dies_after_term, [this, attempt, pid = it->second.record.pid] {
    auto p = processes_.find(attempt);
    if (p != processes_.end() && p->second.record.pid == pid) Exit(attempt, -1, 15);
  });
}

void Keeper::Exit(const AttemptId& attempt, int code, int signal) {
  auto node = processes_.extract(attempt);
  Process& process = node.mapped();
  keeper::Exited& exit = process.exit;
  exit.key = process.record.key;
  exit.pid = process.record.pid;
  exit.exit_code = code;
  exit.signal = signal;
  exit.started_at = process.record.started_at;
  exit.ended_at = context_.wall();
  context_.Trace("{} {} ends: code {} signal {}{}{}", worker_, exit.key, code, signal,
                 exit.fenced ? " fenced" : "", exit.timed_out ? " timed out" : "");
  if (auto log = files_.Open(process.log_path, Access::kAppend); log.ok()) {
    (void)files_.WriteAll(*log, "1\n");
  }
  if (Status s = records_->Exit(exit); !s.ok()) context_.Trace("{}", s.ToString());
  untaken_[exit.key] = exit;
  times_.at(attempt).end = context_.now();
  checkers_.OnProcessEnd(
      attempt, process.python ? told_well(attempt) : code == 0 && signal == 0 && !exit.timed_out);
  tell(context_.dice.Ms(0, 10), exit);
}

Status Keeper::Fence(MonoTime at) {
  if (dies_here()) return OkStatus();
  // A new keeper is told the old one again: that renews nothing.
  if (at > renewed_) checkers_.OnFence(worker_, stream(), at);
  renewed_ = std::max(renewed_, at);
  fence_ = at;
  context_.agenda.At(at, [this] { CheckFence(); });
  return OkStatus();
}

void Keeper::CheckFence() {
  if (!fenced()) return;
  while (!processes_.empty()) {
    context_.Saw(Seen::kFencings);
    processes_.begin()->second.exit.fenced = true;
    Exit(AttemptId(processes_.begin()->first), -1, 9);
  }
}

Status Keeper::Take(const std::string& key) {
  if (!dies_here() && alive() && untaken_.erase(key) > 0) records_->Take(key);
  return OkStatus();
}

}  // namespace gale::sim
