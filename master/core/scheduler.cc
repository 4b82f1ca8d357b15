#include "master/core/scheduler.h"

namespace gale::core {

void Scheduler::SetDag(DagPtr dag, bool paused) {
  DagState& state = dags_[dag->id()];
  state.current = dag;
  SetPaused(dag->id(), paused);
}

void Scheduler::SetPaused(const std::string& dag_id, bool paused) {
  auto it = dags_.find(dag_id);
  if (it == dags_.end()) return;
  it->second.paused = paused;
  admission_.SetPaused(dag_id, paused);
  dags_to_start_.insert(dag_id);
}

DagPtr Scheduler::FindDag(const std::string& dag_id) const {
  auto it = dags_.find(dag_id);
  return it == dags_.end() ? nullptr : it->second.current;
}

Run& Scheduler::Insert(std::unique_ptr<Run> owned) {
  Run& run = *owned;
  GALE_CHECK(dags_.contains(run.head.dag_id), "run of an unknown DAG '{}'", run.head.dag_id);
  by_name_[{run.head.dag_id, run.head.run_id}] = run.id();
  runs_[run.id()] = std::move(owned);
  DagState& dag = StateOf(run);
  if (run.head.logical_date) dag.by_date.insert({*run.head.logical_date, run.id()});
  if (run.head.state == RunState::kQueued) {
    dag.queued.insert({run.head.run_after, run.id()});
    dags_to_start_.insert(run.head.dag_id);
  } else if (run.head.state == RunState::kRunning) {
    dag.running.insert(run.id());
  }
  SyncTimer(run);
  return run;
}

Run& Scheduler::AddRun(RunRow head, DagPtr dag) {
  out_.runs.insert(head.id);
  Run& run = Insert(std::make_unique<Run>(std::move(head), std::move(dag)));
  // It may have slipped in between a later run and what that took for its past.
  for (RunId id : StateOf(run).running) {
    const Run& later = *runs_.at(id);
    if (later.dag().depends_on_past() && later.head.logical_date > run.head.logical_date) {
      out_.needs_past.push_back(id);
    }
  }
  return run;
}

Run& Scheduler::LoadRun(RunRow head, DagPtr dag, const std::vector<TiRow>& rows, TimePoint now) {
  Run& run = Insert(std::make_unique<Run>(std::move(head), std::move(dag), rows));
  LoadInstances(run, now);
  if (run.head.state == RunState::kRunning) {
    OnRunStarted(run);
    Handle(run.id(), Recheck{}, now);
  }
  return run;
}

void Scheduler::LoadInstances(Run& run, TimePoint now) {
  for (uint32_t i = 0; i < run.size(); ++i) {
    const TaskIndex t(i);
    const bool block = run.expanded(t);
    if (block) LoadBlock(run, t, now);
    run.ForEachOf(t, [&](Inst at) {
      const Ti& ti = run.ti(at);
      if (ti.state == TiState::kScheduled && !block) {
        admission_.Add(NeedsOf(run, t), at, ti.scheduled_at().value_or(now));
      }
      if (ti.state == TiState::kQueued || ti.live) admission_.Hold(NeedsOf(run, t), at);
      if (ti.state == TiState::kQueued) out_.pushes.push_back(ToQueued(run, at));
      SyncTimer(run, at);
      SyncPlace(run, at);
    });
  }
}

// Its elements that wait are one entry.
void Scheduler::LoadBlock(Run& run, TaskIndex t, TimePoint now) {
  if (run.count(t, TiState::kScheduled) == 0) return;
  uint32_t first = run.width(t), end = 0;
  run.ForEachOf(t, [&](Inst i) {
    if (run.ti(i).state != TiState::kScheduled) return;
    const uint32_t at = static_cast<uint32_t>(i.map_index);
    first = std::min(first, at);
    end = at + 1;
  });
  std::set<uint32_t> holes;
  for (uint32_t i = first; i < end; ++i) {
    if (run.ti({t, static_cast<int32_t>(i)}).state != TiState::kScheduled) holes.insert(i);
  }
  const TimePoint since = run.ti({t, static_cast<int32_t>(first)}).scheduled_at().value_or(now);
  admission_.AddBlock(NeedsOf(run, t), t, first, end, std::move(holes), since);
}

Run* Scheduler::Find(RunId id) {
  auto it = runs_.find(id);
  return it == runs_.end() ? nullptr : it->second.get();
}

const Run* Scheduler::Find(RunId id) const { return const_cast<Scheduler*>(this)->Find(id); }

Run* Scheduler::Find(const std::string& dag_id, const std::string& run_id) {
  auto it = by_name_.find({dag_id, run_id});
  return it == by_name_.end() ? nullptr : Find(it->second);
}

size_t Scheduler::UnfinishedRuns(const std::string& dag_id) const {
  auto it = dags_.find(dag_id);
  return it == dags_.end() ? 0 : it->second.queued.size() + it->second.running.size();
}

const Run* Scheduler::LivePrevious(const Run& run) const {
  if (!run.head.logical_date) return nullptr;
  const auto& dates = dags_.at(run.head.dag_id).by_date;
  auto at = dates.lower_bound({*run.head.logical_date, RunId(0)});
  return at == dates.begin() ? nullptr : Find(std::prev(at)->second);
}

const Run* Scheduler::FindByDate(const std::string& dag_id, TimePoint logical_date) const {
  auto dag = dags_.find(dag_id);
  if (dag == dags_.end()) return nullptr;
  auto at = dag->second.by_date.upper_bound({logical_date, RunId(INT64_MAX)});
  if (at == dag->second.by_date.begin() || (--at)->first != logical_date) return nullptr;
  return Find(at->second);
}

Decision Scheduler::Handle(RunId id, const Event& event, TimePoint now) {
  Run* run = Find(id);
  if (run == nullptr) {
    Decision none;
    none.refusal = "its run is over";
    return none;
  }
  Decision decision = Step(*run, event, now);
  if (telling_) return decision;
  // One run's end lets the next one's tasks go on, and so forth through all of them: a list, for a
  // stack isn't as deep.
  telling_ = true;
  while (!news_.empty()) {
    const PastNews news = news_.front();
    news_.pop_front();
    TellSuccessors(news, now);
  }
  telling_ = false;
  return decision;
}

Decision Scheduler::Step(Run& run, const Event& event, TimePoint now) {
  if (const auto* past = std::get_if<PastKnown>(&event)) {
    LeavePast(run);
    if (past->exists) successors_[past->run].insert(run.id());
  }
  Decision decision = Decide(run, event, now);
  Absorb(run, decision, now);
  const bool followed = successors_.contains(run.id());
  for (const Changed& changed : decision.changed) {
    SyncTimer(run, changed.inst);
    SyncPlace(run, changed.inst);
    if (followed) news_.push_back({run.id(), changed.inst.task});
  }
  if (decision.run_changed) SyncTimer(run);
  return decision;
}

void Scheduler::LeavePast(const Run& run) {
  if (run.past.known != Past::Known::kYes) return;
  auto it = successors_.find(run.past.run);
  if (it == successors_.end()) return;
  it->second.erase(run.id());
  if (it->second.empty()) successors_.erase(it);
}

void Scheduler::Absorb(Run& run, Decision& decision, TimePoint now) {
  for (const Changed& changed : decision.changed) out_.tis.emplace_back(run.id(), changed);
  if (decision.run_changed) out_.runs.insert(run.id());
  for (Effect& effect : decision.effects) AbsorbEffect(run, effect, now);
}

void Scheduler::AbsorbEffect(Run& run, Effect& effect, TimePoint now) {
  struct Visitor {
    Scheduler& s;
    Run& run;
    TimePoint now;
    void operator()(Ready& e) { s.admission_.Add(s.NeedsOf(run, e.inst.task), e.inst, now); }
    void operator()(BlockReady& e) {
      s.admission_.AddBlock(s.NeedsOf(run, e.task), e.task, 0, run.width(e.task), {}, now);
    }
    void operator()(NotReady& e) { s.admission_.Remove({run.id(), e.inst}); }
    void operator()(SlotFreed& e) { s.admission_.Free({run.id(), e.inst}); }
    void operator()(Dequeue& e) {
      QueuedAttempt entry = s.ToQueued(run, {e.attempt.task, e.attempt.map_index});
      entry.attempt = e.attempt;
      s.out_.removes.push_back(std::move(entry));
    }
    void operator()(CancelAttempt& e) { s.out_.cancels.push_back(std::move(e)); }
    void operator()(AttemptEnded& e) {
      (e.goes_on ? s.out_.looks : s.out_.attempts).push_back(std::move(e.row));
    }
    void operator()(DropXComs& e) { s.out_.xcom_drops.push_back({run.id(), e.inst}); }
    void operator()(RunStarted&) {
      s.StateOf(run).queued.erase({run.head.run_after, run.id()});
      s.StateOf(run).running.insert(run.id());
      s.OnRunStarted(run);
    }
    void operator()(RunEnded&) {
      s.StateOf(run).queued.erase({run.head.run_after, run.id()});
      s.StateOf(run).running.erase(run.id());
      s.dags_to_start_.insert(run.head.dag_id);
      s.out_.ended.push_back(run.id());
    }
    void operator()(RunReopened&) {
      s.StateOf(run).queued.insert({run.head.run_after, run.id()});
      s.dags_to_start_.insert(run.head.dag_id);
    }
  };
  std::visit(Visitor{*this, run, now}, effect);
}

void Scheduler::OnRunStarted(Run& run) {
  if (run.dag().depends_on_past()) out_.needs_past.push_back(run.id());
}

bool Scheduler::PastAllows(const Run& previous, const Dag& next, TaskIndex task) {
  auto good = [&](TaskIndex t) {  // all of its instances
    return previous.count(t, TiState::kSuccess) + previous.count(t, TiState::kSkipped) ==
           previous.width(t);
  };
  auto then = previous.dag().Find(next.task(task).task_id);
  // The task is new, or that run was before its start_date. (Airflow, PrevDagrunDep.)
  if (!then || previous.absent(*then)) return next.task(task).ignore_first_depends_on_past;
  if (!good(*then)) return false;
  if (!next.task(task).wait_for_downstream) return true;
  for (TaskIndex d : previous.dag().downstream(*then)) {
    if (!good(d) && !previous.absent(d)) return false;
  }
  return true;
}

void Scheduler::TellSuccessors(const PastNews& news, TimePoint now) {
  const Run* run = Find(news.run);
  auto it = successors_.find(news.run);
  if (run == nullptr || it == successors_.end()) return;
  const std::set<RunId> successors = it->second;  // Handle below may change the map
  for (RunId next_id : successors) {
    Run* next = Find(next_id);
    if (next == nullptr) continue;
    auto tell = [&](TaskIndex changed) {
      auto same = next->dag().Find(run->dag().task(changed).task_id);
      if (same) Handle(next_id, PastChanged{*same, PastAllows(*run, next->dag(), *same)}, now);
    };
    tell(news.task);
    for (TaskIndex u : run->dag().upstream(news.task)) tell(u);  // they may wait_for_downstream
  }
}

std::optional<TimePoint> Scheduler::RunTimer(const Run& run) const {
  switch (run.head.state) {
    case RunState::kQueued:
      return run.head.run_after > ticked_ ? std::optional(run.head.run_after) : std::nullopt;
    case RunState::kRunning: {
      const auto& timeout = run.dag().spec().dagrun_timeout;
      if (!timeout || !run.head.start_date) return std::nullopt;
      return *run.head.start_date + *timeout;
    }
    case RunState::kSuccess:
    case RunState::kFailed: return std::nullopt;
  }
  return std::nullopt;
}

std::optional<TimePoint> Scheduler::TiTimer(const Run& run, Inst t) {
  const Ti& ti = run.ti(t);
  if (run.head.state != RunState::kRunning) return std::nullopt;
  if (ComesAgain(ti.state)) return FromMicros(ti.next_at);
  const auto& timeout = run.dag().task(t.task).execution_timeout;
  if (ti.state != TiState::kRunning || !ti.live || !timeout) return std::nullopt;
  return FromMicros(ti.start) + *timeout + kExecutionTimeoutMargin;
}

void Scheduler::Tick(TimePoint now) {
  ticked_ = std::max(ticked_, now);
  while (const auto id = run_timers_.TakeDue(now)) FireRun(*runs_.at(*id), now);
  while (const auto at = ti_timers_.TakeDue(now)) FireTi(*runs_.at(at->run), at->inst, now);
}

void Scheduler::SyncTimer(const Run& run) {
  const auto at = RunTimer(run);
  run_timers_.Set(run.id(), at);
  std::set<RunId>& later = StateOf(run).later;
  if (at && run.head.state == RunState::kQueued) {
    later.insert(run.id());
  } else {
    later.erase(run.id());
  }
}

void Scheduler::FireRun(Run& run, TimePoint now) {
  if (run.head.state == RunState::kQueued) {
    dags_to_start_.insert(run.head.dag_id);
    StateOf(run).later.erase(run.id());
  }
  if (run.head.state == RunState::kRunning) Handle(run.id(), RunTimedOut{}, now);
}

void Scheduler::FireTi(Run& run, Inst t, TimePoint now) {
  if (ComesAgain(run.ti(t).state)) {
    Handle(run.id(), RetryDue{run.attempt(t)}, now);
    return;
  }
  out_.cancels.push_back({run.attempt(t), run.live(t)->worker, "execution_timeout"});
  // Until it ends: the word may be lost with the connection.
  ti_timers_.Set({run.id(), t}, now + kExecutionTimeoutMargin);
}

void Scheduler::StartRuns(DagState& dag, TimePoint now) {
  // What was due stays due, though the clock be set back: its timer is spent.
  const TimePoint due = std::max(now, ticked_);
  while (!dag.paused && !dag.queued.empty() && dag.queued.begin()->first <= due &&
         dag.running.size() < dag.current->spec().max_active_runs) {
    Handle(dag.queued.begin()->second, StartRun{}, now);
  }
}

void Scheduler::Flow(TimePoint now) {
  while (!dags_to_start_.empty()) {
    auto node = dags_to_start_.extract(dags_to_start_.begin());
    StartRuns(dags_.at(node.value()), now);
  }
  for (const TiRef& ref : admission_.Admit()) {
    Run& run = *runs_.at(ref.run);
    Handle(ref.run, Admit{ref.inst}, now);
    out_.pushes.push_back(ToQueued(run, ref.inst));
  }
}

Output Scheduler::TakeOutput() { return std::exchange(out_, {}); }

std::optional<TimePoint> Scheduler::NextWake() const {
  const auto run = run_timers_.Next(), ti = ti_timers_.Next();
  if (!run) return ti;
  return ti ? std::min(*run, *ti) : run;
}

void Scheduler::UnloadAtRest(const std::vector<RunId>& ids) {
  for (RunId id : ids) {
    Run* run = Find(id);
    if (run == nullptr || !run->at_rest()) continue;
    admission_.ForgetRun(id);
    by_name_.erase({run->head.dag_id, run->head.run_id});
    if (run->head.logical_date) {
      StateOf(*run).by_date.erase({*run->head.logical_date, id});
    }
    LeavePast(*run);
    runs_.erase(id);
  }
}

Admission::Request Scheduler::RequestOf(const Run& run, Inst t) {
  const TaskSpec& task = run.dag().task(t.task);
  Admission::Request r;
  r.ref = {run.id(), t};
  r.dag_id = run.head.dag_id;
  r.task_id = task.task_id;
  r.pool = task.pool;
  r.slots = task.pool_slots;
  r.priority = run.dag().priority(t.task);
  r.date = Micros(run.head.logical_date.value_or(run.head.run_after));
  r.run_limit = run.dag().spec().max_active_tasks;
  r.per_dag_limit = task.max_active_tis_per_dag;
  r.per_run_limit = task.max_active_tis_per_dagrun;
  return r;
}

const Admission::Needs* Scheduler::NeedsOf(Run& run, TaskIndex t) {
  run.needs.resize(run.size());
  const Admission::Needs*& needs = run.needs[t.value];
  if (needs == nullptr) needs = admission_.Resolve(RequestOf(run, t));
  return needs;
}

QueuedAttempt Scheduler::ToQueued(const Run& run, Inst t) const {
  return {run.attempt(t), run.dag().task(t.task).queue, run.dag().priority(t.task)};
}

std::vector<QueuedAttempt> Scheduler::Queued() const {
  std::vector<QueuedAttempt> out;
  for (const auto& [id, run] : runs_) {
    if (run->count(TiState::kQueued) == 0) continue;
    run->ForEach([&](Inst t) {
      if (run->ti(t).state == TiState::kQueued) out.push_back(ToQueued(*run, t));
    });
  }
  return out;
}

}  // namespace gale::core
