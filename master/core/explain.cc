// Why a run or a task instance is where it is, told from what decides it; and the audit of the
// books.
#include "common/base/limits.h"
#include "master/core/scheduler.h"

namespace gale::core {
namespace {

// Names at most a handful: a task may have thousands of upstreams.
void NameOpenUpstreams(const Run& run, Inst t, Check& check) {
  constexpr size_t kNamesMax = 5;
  auto look = [&](Inst u) {
    if (IsFinished(run.ti(u).state) || check.names.size() == kNamesMax) return;
    check.names.push_back(run.dag().task(u.task).task_id +
                          (u.map_index < 0 ? "" : fmt::format("[{}]", u.map_index)));
    check.states.emplace_back(Name(run.ti(u).state));
  };
  for (TaskIndex u : run.dag().upstream(t.task)) {
    if (!run.expanded(u) || !run.by_index(u, t.task)) {
      run.ForEachOf(u, look);
    } else if (t.map_index >= 0) {
      const Run::Range range = run.Matching(t, u);
      for (uint32_t k = range.begin; k < range.end; ++k) look({u, static_cast<int32_t>(k)});
    }
  }
}

std::string OutOfDates(const Run& run, TaskIndex t) {
  const TaskSpec& task = run.dag().task(t);
  std::string text =
      "it has no instance in this run: the run's logical date is outside of the task's dates";
  if (task.start_date) text += fmt::format(", from {}", FormatTime(*task.start_date));
  if (task.end_date) text += fmt::format(", until {}", FormatTime(*task.end_date));
  return text;
}

// What the queue of a task instance says: of one that is queued, of one that isn't yet (null), of
// one that was.
void AddQueue(const Run& run, Inst t, const QueueStanding* queue, std::vector<Check>& checks) {
  const std::string& name = run.dag().task(t.task).queue;
  const TiState state = run.ti(t).state;
  Check served{CheckKind::kNoWorker, std::nullopt, name},
      slot{CheckKind::kQueue, std::nullopt, name};
  if (queue != nullptr) {
    served.names = queue->workers;
    slot.have = static_cast<int64_t>(queue->slots - std::min(queue->slots, queue->busy));
    slot.limit = static_cast<int64_t>(queue->slots);
    slot.of = static_cast<int64_t>(queue->queued);
  }
  if (state == TiState::kRunning) served.met = slot.met = true;
  if (state == TiState::kQueued) {
    if (queue != nullptr) served.met = !queue->workers.empty();
    if (served.met != false) slot.met = false;
  }
  checks.push_back(std::move(served));
  checks.push_back(std::move(slot));
}

}  // namespace

std::optional<TimePoint> Scheduler::Since(const Run& run, Inst t) const {
  const Ti& ti = run.ti(t);
  switch (ti.state) {
    case TiState::kQueued: return OptionalTime(ti.queued_at);
    case TiState::kRunning: return OptionalTime(ti.start);
    case TiState::kScheduled: return ti.scheduled_at();
    case TiState::kNone:
    case TiState::kRestarting:
    case TiState::kRemoved: return std::nullopt;
    case TiState::kUpForRetry:
    case TiState::kUpForReschedule:
    case TiState::kDeferred:
    case TiState::kSuccess:
    case TiState::kFailed:
    case TiState::kSkipped:
    case TiState::kUpstreamFailed: return OptionalTime(ti.end);
  }
  return std::nullopt;
}

std::optional<int64_t> Scheduler::PlaceInLine(const DagState& dag, const Run& run) const {
  int64_t place = 1;
  for (const auto& [after, id] : dag.queued) {
    if (id == run.id()) return place;
    if (++place > static_cast<int64_t>(limits::kLineMax)) break;
  }
  return std::nullopt;
}

std::vector<Check> Scheduler::RunChecks(const Run& run, TimePoint now) const {
  std::vector<Check> out;
  const auto it = dags_.find(run.head.dag_id);
  const bool queued = run.head.state == RunState::kQueued;
  if (it != dags_.end() && !IsFinished(run.head.state)) {
    const DagState& dag = it->second;
    if (queued) out.push_back({CheckKind::kDagPaused, !dag.paused, run.head.dag_id});
    Check after{CheckKind::kRunAfter, !queued || run.head.run_after <= std::max(now, ticked_), ""};
    after.at = run.head.run_after;
    Check active{CheckKind::kMaxActiveRuns, true, run.head.dag_id};
    active.have = static_cast<int64_t>(dag.running.size());
    active.limit = dag.current->spec().max_active_runs;
    active.met = !queued || *active.have < *active.limit;
    if (queued) {
      active.position = PlaceInLine(dag, run);
      active.of = static_cast<int64_t>(dag.queued.size());
    }
    out.push_back(std::move(after));
    out.push_back(std::move(active));
  }
  Check state{CheckKind::kRunState, std::nullopt, std::string(Name(run.head.state))};
  if (!queued) state.met = run.head.state == RunState::kRunning;
  if (IsFinished(run.head.state)) state.note = run.head.reason;
  out.push_back(std::move(state));
  return out;
}

Check Scheduler::RuleCheck(const Run& run, Inst t) const {
  Check rule{CheckKind::kTriggerRule, true, std::string(Name(run.dag().rule(t.task)))};
  rule.have = run.upstreams(t).done();
  rule.need = run.upstreams_total(t);
  const Ti& ti = run.ti(t);
  if (ti.state != TiState::kNone) return rule;
  rule.met = ti.waits_for_past && run.verdict(t) == Verdict::kRun;
  if (rule.met == false) NameOpenUpstreams(run, t, rule);
  return rule;
}

std::optional<Check> Scheduler::PastCheck(const Run& run, Inst t) const {
  const TaskSpec& task = run.dag().task(t.task);
  if (!task.depends_on_past && !task.wait_for_downstream) return std::nullopt;
  Check past{CheckKind::kPreviousRun, !run.ti(t).waits_for_past};
  if (run.past.known == Past::Known::kNotYet) {
    past.note = "the previous run's state is being read";
  } else if (const Run* before = Find(run.past.run)) {
    past.subject = before->head.run_id;
  }
  return past;
}

// What a task instance waits for by its own state.
std::optional<Check> Scheduler::StateCheck(const Run& run, Inst t) {
  const Ti& ti = run.ti(t);
  Check check{CheckKind::kTrigger, false};
  switch (ti.state) {
    case TiState::kUpForRetry:
      check.kind = CheckKind::kRetryAt;
      check.have = ti.try_number - run.looks(t).all;
      check.limit = static_cast<int64_t>(ti.max_tries) + 1 - run.looks(t).all;
      check.at = FromMicros(ti.next_at);
      return check;
    case TiState::kUpForReschedule:
      check.kind = CheckKind::kRescheduleAt;
      check.at = FromMicros(ti.next_at);
      return check;
    case TiState::kDeferred: return check;
    case TiState::kRestarting:
      check.kind = CheckKind::kRestarting;
      check.subject = run.live(t) != nullptr ? run.live(t)->worker : "?";
      return check;
    case TiState::kNone:
    case TiState::kScheduled:
    case TiState::kQueued:
    case TiState::kRunning:
    case TiState::kSuccess:
    case TiState::kFailed:
    case TiState::kSkipped:
    case TiState::kUpstreamFailed:
    case TiState::kRemoved: return std::nullopt;
  }
  return std::nullopt;
}

Why Scheduler::ExplainRun(const Run& run, TimePoint now) const {
  Why why;
  why.checks = RunChecks(run, now);
  switch (run.head.state) {
    case RunState::kQueued: why.since = run.head.queued_at; break;
    case RunState::kRunning: why.since = run.head.start_date; break;
    case RunState::kSuccess:
    case RunState::kFailed: why.since = run.head.end_date; break;
  }
  const Check* unmet = Unmet(why.checks);
  if (unmet != nullptr && unmet->kind == CheckKind::kRunAfter) why.eta = unmet->at;
  return why;
}

Why Scheduler::Explain(const Run& run, Inst t, TimePoint now, const QueueStanding* queue) const {
  Why why;
  why.checks = RunChecks(run, now);
  const Ti& ti = run.ti(t);
  why.since = Since(run, t);
  if (IsFinished(ti.state)) {
    why.otherwise =
        run.absent(t) ? OutOfDates(run, t.task)
                      : fmt::format("it is {}, for good unless somebody clears it", Name(ti.state));
    return why;
  }
  const size_t own = why.checks.size();
  why.checks.push_back(RuleCheck(run, t));
  if (auto past = PastCheck(run, t)) why.checks.push_back(std::move(*past));
  if (auto state = StateCheck(run, t)) why.checks.push_back(std::move(*state));
  for (Check& check : admission_.Checks(RequestOf(run, t))) why.checks.push_back(std::move(check));
  AddQueue(run, t, queue, why.checks);
  // It is looked at only once all before it is met; a process ends, whatever its run is.
  bool looks = run.head.state == RunState::kRunning;
  for (size_t i = own; i < why.checks.size(); ++i) {
    Check& check = why.checks[i];
    if (!looks && check.kind != CheckKind::kRestarting) check.met.reset();
    looks = looks && check.met != false;
  }
  if (ti.state == TiState::kRunning) {
    why.otherwise = fmt::format("try {} runs on worker '{}'", ti.try_number - run.looks(t).all,
                                run.live(t) != nullptr ? run.live(t)->worker : "?");
  }
  const Check* unmet = Unmet(why.checks);
  if (ti.state == TiState::kScheduled && unmet == nullptr) {
    why.otherwise =
        fmt::format("it is about to be queued in pool '{}'", run.dag().task(t.task).pool);
  }
  if (unmet != nullptr) why.eta = unmet->at;
  return why;
}

std::string Scheduler::AuditInstance(const Run& run, Inst t) const {
  const Ti& ti = run.ti(t);
  auto broken = [&](std::string_view what) {
    return fmt::format("run {} task '{}'{} ({}, try {}): {}", run.id().value,
                       run.dag().task(t.task).task_id,
                       t.map_index < 0 ? "" : fmt::format(" [{}]", t.map_index), Name(ti.state),
                       ti.try_number, what);
  };
  const TiRef ref{run.id(), t};
  if (TiTimer(run, t).has_value() != ti_timers_.Find(ref).has_value()) {
    return broken("timer and state disagree");
  }
  if (ti.live != (run.live(t) != nullptr)) return broken("live flag and holder disagree");
  const bool holds = ti.live || ti.state == TiState::kQueued;
  if (holds != admission_.holds(ref)) return broken("slot and state disagree");
  if ((ti.state == TiState::kScheduled) != admission_.waits(ref)) {
    return broken("scheduled and admission disagree");
  }
  if ((ti.state == TiState::kRunning || ti.state == TiState::kRestarting) && !ti.live) {
    return broken("running without a worker");
  }
  if (run.head.state == RunState::kRunning && ti.state == TiState::kNone && !ti.waits_for_past &&
      run.verdict(t) != Verdict::kWait) {
    return broken("decidable but undecided");
  }
  return "";
}

std::string Scheduler::Audit() const {
  if (std::string bad = admission_.Audit(); !bad.empty()) return bad;
  size_t timers_needed = 0;
  std::map<WaitBook::Place, uint64_t> places;
  for (const auto& [id, run] : runs_) {
    size_t live = 0;
    if (RunTimer(*run).has_value() != run_timers_.Find(id).has_value()) {
      return fmt::format("run {} ({}): timer and state disagree", id.value, Name(run->head.state));
    }
    timers_needed += RunTimer(*run).has_value();
    std::string bad;
    run->ForEach([&](Inst t) {
      live += run->ti(t).live;
      timers_needed += TiTimer(*run, t).has_value();
      const WaitBook::Place place = PlaceOf(run->ti(t)).first;
      if (place != WaitBook::Place::kNowhere) ++places[place];
      if (bad.empty()) bad = AuditInstance(*run, t);
    });
    if (!bad.empty()) return bad;
    if (std::string sums = run->AuditSums(); !sums.empty()) return sums;
    if (live != run->live().size()) return fmt::format("run {}: live attempts", id.value);
    if (IsFinished(run->head.state) && run->head.reason != "all_tasks_deadlocked" &&
        run->unfinished() > run->count(TiState::kRestarting) + run->count(TiState::kNone)) {
      return fmt::format("run {} is {} with unfinished tasks", id.value, Name(run->head.state));
    }
  }
  if (book_.Counts() != places) return "who waits at which place is miscounted";
  for (const auto& [name, dag] : dags_) {
    size_t later = 0;
    for (const auto& [after, id] : dag.queued) later += run_timers_.Find(id).has_value();
    if (later != dag.later.size()) return fmt::format("DAG '{}': its runs that aren't due", name);
  }
  if (timers() != timers_needed) {
    return fmt::format("{} timers are set, {} states need one", timers(), timers_needed);
  }
  return "";
}

}  // namespace gale::core
