// Why a run or a task instance is where it is, told from what decides it; and the audit of the
// books.
#include "master/core/scheduler.h"

namespace gale::core {
namespace {

std::string Wait(TimePoint until, TimePoint now) {
  return fmt::format("{} (in {:.0f} s)", FormatTime(until), Seconds(until - now));
}

// Names at most a handful: a task may have thousands of upstreams.
std::string OpenUpstreams(const Run& run, Inst t) {
  constexpr size_t kNamesMax = 5;
  std::string names;
  size_t open = 0;
  auto look = [&](Inst u) {
    if (IsFinished(run.ti(u).state) || ++open > kNamesMax) return;
    names += fmt::format("{}'{}'{} ({})", names.empty() ? "" : ", ", run.dag().task(u.task).task_id,
                         u.map_index < 0 ? "" : fmt::format(" [{}]", u.map_index),
                         Name(run.ti(u).state));
  };
  for (TaskIndex u : run.dag().upstream(t.task)) {
    if (!run.expanded(u) || !run.by_index(u, t.task)) {
      run.ForEachOf(u, look);
    } else if (t.map_index >= 0) {
      const Run::Range range = run.Matching(t, u);
      for (uint32_t k = range.begin; k < range.end; ++k) look({u, static_cast<int32_t>(k)});
    }
  }
  if (open > kNamesMax) names += fmt::format(" and {} more", open - kNamesMax);
  return names;
}

std::string OutOfDates(const Run& run, TaskIndex t) {
  const TaskSpec& task = run.dag().task(t);
  std::string text =
      "it has no instance in this run: the run's logical date is outside of the task's dates";
  if (task.start_date) text += fmt::format(", from {}", FormatTime(*task.start_date));
  if (task.end_date) text += fmt::format(", until {}", FormatTime(*task.end_date));
  return text;
}

std::string Undecided(const Run& run, Inst t) {
  if (run.ti(t).waits_for_past && run.verdict(t) == Verdict::kRun) {
    if (run.past.known == Past::Known::kNotYet) return "the previous run's state is being read";
    return "its task in the previous run has not succeeded (depends_on_past or "
           "wait_for_downstream)";
  }
  return fmt::format("its trigger rule {} waits for its upstream tasks {}",
                     Name(run.dag().rule(t.task)), OpenUpstreams(run, t));
}

}  // namespace

std::vector<std::string> Scheduler::ExplainRun(const Run& run, TimePoint now) const {
  std::vector<std::string> out;
  const auto it = dags_.find(run.head.dag_id);
  if (run.head.state == RunState::kQueued && it != dags_.end()) {
    const DagState& dag = it->second;
    if (dag.paused) out.push_back(fmt::format("DAG '{}' is paused", run.head.dag_id));
    if (run.head.run_after > now) {
      out.push_back("the run may not start before " + Wait(run.head.run_after, now));
    }
    const uint32_t max = dag.current->spec().max_active_runs;
    if (dag.running.size() >= max) {
      out.push_back(fmt::format("DAG '{}' has {} of at most {} runs running (max_active_runs)",
                                run.head.dag_id, dag.running.size(), max));
    }
  }
  if (IsFinished(run.head.state)) {
    out.push_back(fmt::format("the run is {}{}{}", Name(run.head.state),
                              run.head.reason.empty() ? "" : ": ", run.head.reason));
  }
  return out;
}

std::vector<std::string> Scheduler::Explain(const Run& run, Inst t, TimePoint now) const {
  std::vector<std::string> out = ExplainRun(run, now);
  const Ti& ti = run.ti(t);
  const TaskSpec& task = run.dag().task(t.task);
  const uint32_t shown = ti.try_number - run.looks(t).all;
  switch (ti.state) {
    case TiState::kNone:
      if (run.head.state == RunState::kRunning) out.push_back(Undecided(run, t));
      break;
    case TiState::kScheduled: out.push_back(admission_.Explain({run.id(), t})); break;
    case TiState::kQueued:
      out.push_back(
          fmt::format("it waits in queue '{}' for a worker with a free slot", task.queue));
      break;
    case TiState::kUpForRetry:
      out.push_back(fmt::format("try {} failed; the next starts at {}", shown,
                                Wait(FromMicros(ti.next_at), now)));
      break;
    case TiState::kRunning:
      out.push_back(fmt::format("try {} runs on worker '{}'", shown,
                                run.live(t) != nullptr ? run.live(t)->worker : "?"));
      break;
    case TiState::kRestarting:
      out.push_back(
          fmt::format("it was cleared; it starts again once its process on worker '{}' "
                      "is gone",
                      run.live(t) != nullptr ? run.live(t)->worker : "?"));
      break;
    case TiState::kUpForReschedule:
      out.push_back("it looks again at " + Wait(FromMicros(ti.next_at), now));
      break;
    case TiState::kDeferred: out.push_back("it waits for its trigger"); break;
    case TiState::kSuccess:
    case TiState::kFailed:
    case TiState::kSkipped:
    case TiState::kUpstreamFailed:
    case TiState::kRemoved:
      if (run.absent(t)) {
        out.push_back(OutOfDates(run, t.task));
        break;
      }
      out.push_back(fmt::format("it is {}, for good unless somebody clears it", Name(ti.state)));
      break;
  }
  return out;
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
  if (timers() != timers_needed) {
    return fmt::format("{} timers are set, {} states need one", timers(), timers_needed);
  }
  return "";
}

}  // namespace gale::core
