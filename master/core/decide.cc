#include "master/core/decide.h"

#include <algorithm>

#include "common/base/limits.h"
#include "common/model/retry.h"
#include "master/core/decider.h"

namespace gale::core {

void Decider::Move(Inst t, TiState to, std::string reason) {
  const TiState from = run_.ti(t).state;
  run_.Apply(t, to);
  out_.changed.push_back({t, std::move(reason)});
  if (IsFinished(to) && to != from) {  // also from one end to another, by hand
    LookBelow(t);
  }
}

void Decider::Finish(Inst t, TiState to, std::string reason, std::optional<TimePoint> at) {
  Ti& ti = run_.edit(t);
  ti.end = Micros(at.value_or(now_));
  ti.next_at = 0;
  if (ti.start == 0) ti.start = ti.end;
  Move(t, to, std::move(reason));
}

bool Decider::PastAllows(TaskIndex t) const {
  const TaskSpec& task = dag().task(t);
  if (!task.depends_on_past && !task.wait_for_downstream) return true;
  switch (run_.past.known) {
    case Past::Known::kNotYet: return false;
    case Past::Known::kNone: return true;
    case Past::Known::kYes: return run_.past.ok[t.value];
  }
  return false;
}

void Decider::Schedule(Inst t) {
  run_.BeginTry(t);
  Begin(t);
}

void Decider::Begin(Inst t) {
  Ti& ti = run_.edit(t);
  if (ti.try_number > 0) out_.effects.push_back(DropXComs{t});
  run_.SetValue(t, std::nullopt);
  run_.SetSkips(t, {});
  ++ti.try_number;
  ti.ForgetTimes();
  if (dag().is_empty(t.task)) return Finish(t, TiState::kSuccess, "");
  ti.queued_at = Micros(now_);
  Move(t, TiState::kScheduled);
  out_.effects.push_back(Ready{t});
}

void Decider::Settle() {
  if (run_.head.state != RunState::kRunning) return;
  while (!work_.empty()) {
    Inst t = work_.back();
    work_.pop_back();
    Evaluate(t);
  }
  if (run_.unfinished() == 0) {
    auto bad = [&](TaskIndex t) {
      return run_.count(t, TiState::kFailed) + run_.count(t, TiState::kUpstreamFailed) > 0;
    };
    if (!run_.head.reason.empty()) return EndRun(RunState::kFailed, run_.head.reason);  // Doom
    auto leaves = dag().leaves();
    return EndRun(
        std::any_of(leaves.begin(), leaves.end(), bad) ? RunState::kFailed : RunState::kSuccess,
        "");
  }
  // Nothing under way, nothing decidable, and nothing outside that could change that: a deadlock. A
  // run that waits for the run before it is not (airflow.md E7).
  if (!run_.anything_moving() && !dag().depends_on_past()) {
    EndRun(RunState::kFailed, "all_tasks_deadlocked");
  }
}

// A running run with a reason ends as failed with it, whatever its leaves say: they may all be
// skipped.
void Decider::Doom(std::string reason) {
  if (run_.head.reason == reason) return;
  run_.head.reason = std::move(reason);
  out_.run_changed = true;
}

void Decider::EndRun(RunState state, std::string reason) {
  run_.head.state = state;
  run_.head.end_date = now_;
  run_.head.reason = std::move(reason);
  out_.run_changed = true;
  out_.effects.push_back(RunEnded{});
}

void Decider::Reopen() {
  if (!IsFinished(run_.head.state)) return;
  run_.head.state = RunState::kQueued;
  run_.head.queued_at = now_;
  run_.head.start_date.reset();
  run_.head.end_date.reset();
  run_.head.reason.clear();
  ++run_.head.clear_number;
  out_.run_changed = true;
  out_.effects.push_back(RunReopened{});
}

void Decider::operator()(const StartRun&) {
  if (run_.head.state != RunState::kQueued) return;
  run_.head.state = RunState::kRunning;
  run_.head.start_date = now_;
  out_.run_changed = true;
  out_.effects.push_back(RunStarted{});
  // What is mapped over literals has all its instances from the start, as in Airflow.
  for (uint32_t i = 0; dag().has_mapped() && i < run_.size(); ++i) {
    const TaskIndex t(i);
    if (!dag().is_mapped(t) || run_.expanded(t) || run_.absent(t)) continue;
    if (run_.ti(t).state != TiState::kNone || run_.ti(t).try_number > 0) continue;
    const auto length = run_.MapLength(t);
    if (length && *length > 0 && *length <= limits::kMapElementsMax) {
      ExpandTo(t, static_cast<uint32_t>(*length));
    }
  }
  (*this)(Recheck{});
}

void Decider::operator()(const Admit& e) {
  if (!run_.has(e.inst) || run_.ti(e.inst).state != TiState::kScheduled) return;
  run_.edit(e.inst).Queue(Micros(now_));
  Move(e.inst, TiState::kQueued);
}

void Decider::operator()(const Claim& e) {
  if (!IsCurrent(e.attempt)) {
    out_.refusal = "superseded by a later try";
    return;
  }
  const TiState state = run_.ti(InstOf(e.attempt)).state;
  if (state != TiState::kQueued || run_.head.state != RunState::kRunning) {
    out_.refusal = fmt::format("it is {}, its run {}", Name(state), Name(run_.head.state));
    return;
  }
  run_.edit(InstOf(e.attempt)).start = Micros(now_);
  run_.SetLive(InstOf(e.attempt), {e.worker, 0});
  Move(InstOf(e.attempt), TiState::kRunning);
  out_.granted = true;
}

void Decider::operator()(const AttemptStarted& e) {
  // Kept in memory, written with the next change of the row: a pid is not worth a commit.
  if (IsCurrent(e.attempt)) run_.SetPid(InstOf(e.attempt), e.pid);
}

void Decider::operator()(const AttemptFinished& e) {
  const Inst t = InstOf(e.attempt);
  if (!IsCurrent(e.attempt) || !run_.ti(t).live) return;  // a duplicate
  const LiveAttempt live = *run_.live(t);
  run_.ClearLive(t);
  out_.effects.push_back(SlotFreed{t});
  // What the worker says of its times is taken for what can be: after the grant, before now. (Its
  // clock, or this master's, may have been set meanwhile.)
  const TimePoint granted = FromMicros(run_.ti(t).start), latest = std::max(granted, now_);
  const TimePoint ended_at = std::clamp(e.ended_at.value_or(now_), granted, latest);
  const TimePoint started_at = std::clamp(e.started_at.value_or(granted), granted, ended_at);
  run_.edit(t).start = Micros(started_at);
  const int64_t queued = run_.ti(t).queued_at;
  const std::optional<TimePoint> scheduled = run_.ti(t).scheduled_at();
  const size_t at = out_.effects.size();
  const TiState before = run_.ti(t).state;
  TiState ended_as = TiState::kFailed;
  if (before == TiState::kRunning) {
    switch (e.outcome) {
      case Outcome::kSuccess:
        if (dag().is_map_source(t.task)) run_.SetValue(t, e.value_length);
        Finish(t, ended_as = TiState::kSuccess, e.reason, ended_at);
        PassBy(t, e.skips);
        break;
      case Outcome::kSkipped:
        Finish(t, ended_as = TiState::kSkipped, e.reason, ended_at);
        PassBy(t, e.skips);
        break;
      case Outcome::kRescheduled: ComeAgain(t, e, ended_at); break;
      case Outcome::kFailed:
      case Outcome::kFailedNoRetry:
      case Outcome::kLost:
      case Outcome::kUnstarted: Failed(t, e, ended_at); break;
    }
  } else if (before == TiState::kRestarting) {
    Clear(t);
  } else {
    ended_as = before;  // marked by hand, or timed out, while it ran
    out_.changed.push_back({t, e.reason});
  }
  AttemptEnded ended;
  ended.row.id = e.attempt;
  ended.row.state = ended_as;
  ended.row.scheduled_at = scheduled;
  ended.row.queued_at = OptionalTime(queued);
  ended.row.start_date = started_at;
  ended.row.end_date = ended_at;
  ended.row.worker = live.worker;
  ended.row.pid = live.pid;
  ended.row.exit_code = e.exit_code;
  ended.row.signal = e.signal;
  ended.row.reason = e.reason;
  ended.row.log_bytes = e.log_bytes;
  ended.row.usage = e.usage;
  ended.row.reschedules = run_.looks(t).all;
  ended.row.looks = run_.looks(t).of_try;
  ended.goes_on = run_.ti(t).state == TiState::kUpForReschedule;
  out_.effects.insert(out_.effects.begin() + static_cast<ptrdiff_t>(at), std::move(ended));
}

void Decider::Failed(Inst t, const AttemptFinished& e, TimePoint ended) {
  Ti& ti = run_.edit(t);
  const TaskSpec& task = dag().task(t.task);
  const uint32_t tries = ti.try_number - run_.looks(t).all;
  const bool last = tries >= limits::kTriesMax;
  // Nothing of it ran. A worker that hands back takes no work for a while, which bounds how often.
  if (e.outcome == Outcome::kUnstarted && !last) {
    if (run_.looks(t).of_try > 0) return Reschedule(t, e.reason, ended, ended);
    ++ti.max_tries;
    return Retry(t, e.reason, ended, Duration(0));
  }
  const bool again = e.outcome != Outcome::kFailedNoRetry && ti.try_number <= ti.max_tries;
  const bool elsewhere = e.outcome == Outcome::kLost && ti.lost_tries < task.lost_retries;
  if (elsewhere && !last) {
    if (ti.lost_tries < UINT16_MAX) ++ti.lost_tries;
    ++ti.max_tries;
    return Retry(t, e.reason, ended, Duration(0));
  }
  if (again && !last) {
    return Retry(t, e.reason, ended, RetryDelay(task, tries, dag().id(), run_.head.run_id));
  }
  const std::string why =
      again || elsewhere
          ? fmt::format("{}; no try follows: {} are the most (kTriesMax)", e.reason, tries)
          : e.reason;
  Finish(t, TiState::kFailed, why, ended);
  if (dag().spec().fail_fast && !task.is_teardown) StopTheRest(t.task);
}

void Decider::Retry(Inst t, const std::string& reason, TimePoint ended, Duration delay) {
  Ti& ti = run_.edit(t);
  ti.end = Micros(ended);
  ti.next_at = Micros(ended + delay);
  Move(t, TiState::kUpForRetry, reason);
}

void Decider::ComeAgain(Inst t, const AttemptFinished& e, TimePoint ended) {
  const uint32_t looks = run_.looks(t).of_try;
  if (looks < limits::kLooksMax) {
    return Reschedule(t, e.reason, ended, std::max(e.next_at.value_or(ended), ended));
  }
  AttemptFinished failed;
  failed.attempt = e.attempt;
  failed.reason = fmt::format("it came again {} times, the most that it may (kLooksMax)", looks);
  Failed(t, failed, ended);
}

void Decider::Reschedule(Inst t, const std::string& reason, TimePoint ended, TimePoint next) {
  run_.NoteFirstStart(t);
  Ti& ti = run_.edit(t);
  ti.end = Micros(ended);
  ti.next_at = Micros(next);
  Move(t, TiState::kUpForReschedule, reason);
}

void Decider::LookAgain(Inst t) {
  run_.GoOnWithTry(t);
  Begin(t);
}

// fail_fast: the first failure ends the run; what runs fails, what waits is skipped; teardowns go
// on.
void Decider::StopTheRest(TaskIndex failed) {
  const std::string reason = fmt::format("fail_fast: task '{}' failed", dag().task(failed).task_id);
  Doom(reason);
  run_.ForEach([&](Inst t) {
    if (IsFinished(run_.ti(t).state) || dag().task(t.task).is_teardown) return;
    const bool runs = run_.ti(t).live;
    Withdraw(t);
    if (runs) Cancel(t, reason);
    Finish(t, runs ? TiState::kFailed : TiState::kSkipped, reason);
  });
}

void Decider::operator()(const RetryDue& e) {
  if (run_.head.state != RunState::kRunning || !IsCurrent(e.after)) return;
  const Inst t = InstOf(e.after);
  if (run_.ti(t).state == TiState::kUpForRetry) Schedule(t);
  if (run_.ti(t).state == TiState::kUpForReschedule) LookAgain(t);
}

void Decider::Withdraw(Inst t) {
  if (run_.ti(t).state == TiState::kScheduled) {
    run_.edit(t).queued_at = 0;  // it never was
    out_.effects.push_back(NotReady{t});
  }
  if (run_.ti(t).state == TiState::kQueued) {
    out_.effects.push_back(Dequeue{run_.attempt(t)});
    out_.effects.push_back(SlotFreed{t});
  }
}

void Decider::Cancel(Inst t, std::string reason) {
  if (const LiveAttempt* live = run_.live(t)) {
    out_.effects.push_back(CancelAttempt{run_.attempt(t), live->worker, std::move(reason)});
  }
}

void Decider::operator()(const RunTimedOut&) {
  if (run_.head.state != RunState::kRunning) return;
  run_.ForEach([&](Inst t) {
    if (IsFinished(run_.ti(t).state)) return;
    Withdraw(t);
    Cancel(t, "dagrun_timeout");
    Finish(t, TiState::kSkipped, "the run timed out (dagrun_timeout)");
  });
  work_.clear();
  EndRun(RunState::kFailed, "dagrun_timeout");
}

void Decider::operator()(const PastKnown& e) {
  run_.past.known = e.exists ? Past::Known::kYes : Past::Known::kNone;
  run_.past.run = e.run;
  run_.past.ok = e.ok;
  run_.ForEach([&](Inst t) {
    if (run_.ti(t).waits_for_past) work_.push_back(t);
  });
}

void Decider::operator()(const PastChanged& e) {
  if (run_.past.known != Past::Known::kYes) return;
  run_.past.ok[e.task.value] = e.ok;
  if (e.ok && (run_.expanded(e.task) || run_.ti(e.task).waits_for_past)) work_.push_back(e.task);
}

void Decider::operator()(const Recheck&) {
  // Backwards, because the last one in is looked at first.
  auto order = dag().topological();
  work_.assign(order.rbegin(), order.rend());
}

// To none, with all of its retries again. A task whose process lives waits for its end.
void Decider::Clear(Inst t) {
  if (run_.absent(t)) return;
  Ti& ti = run_.edit(t);
  if (ti.live) {
    if (ti.state != TiState::kRestarting) {
      if (ti.state == TiState::kRunning) Cancel(t, "cleared");
      Move(t, TiState::kRestarting, "cleared while it ran");
    }
    return;
  }
  Withdraw(t);
  ti.max_tries = ti.try_number + std::min(dag().task(t.task).retries, limits::kTriesMax);
  ti.lost_tries = 0;
  ti.ForgetTimes();
  Move(t, TiState::kNone);
  work_.push_back(t);
}

void Decider::operator()(const ClearTasks& e) {
  if (e.tasks.empty()) return;
  for (Inst t : e.tasks) {
    if (run_.has(t)) Clear(t);
  }
  if (run_.head.state == RunState::kRunning) Doom("");
  Reopen();
}

// Tasks that only failed because of `of` get another chance (as Airflow does after "mark success").
void Decider::ResumeDownstream(const std::vector<Inst>& of) {
  bool any = false;
  std::vector<TaskIndex> tasks;
  for (Inst t : of) tasks.push_back(t.task);
  for (TaskIndex below : dag().Closure(tasks, /*downwards=*/true)) {
    run_.ForEachOf(below, [&](Inst t) {
      const TiState s = run_.ti(t).state;
      if (s != TiState::kUpstreamFailed && s != TiState::kFailed) return;
      Clear(t);
      any = true;
    });
  }
  if (any) Reopen();
}

void Decider::operator()(const SetTasks& e) {
  for (Inst t : e.tasks) {
    if (!run_.has(t) || run_.ti(t).state == e.state || run_.absent(t)) continue;
    const std::string reason = fmt::format("marked {} by hand", Name(e.state));
    Withdraw(t);
    Cancel(t, reason);
    if (run_.ti(t).state == TiState::kRestarting || IsFinished(run_.ti(t).state)) {
      run_.edit(t).end = Micros(now_);
    }
    Finish(t, e.state, reason);
  }
  if (e.state == TiState::kSuccess) ResumeDownstream(e.tasks);
}

void Decider::operator()(const SetRun& e) {
  if (e.state == RunState::kQueued) {  // start it over: what has not succeeded runs again
    std::vector<Inst> again;
    run_.ForEach([&](Inst t) {
      if (run_.ti(t).state != TiState::kSuccess) again.push_back(t);
    });
    if (IsFinished(run_.head.state)) {
      for (Inst t : again) Clear(t);
      Reopen();
    }
    return;
  }
  if (run_.head.state == e.state) return;
  const bool succeed = e.state == RunState::kSuccess;
  const std::string reason = fmt::format("its run was marked {} by hand", Name(e.state));
  bool teardown_pending = false;
  run_.ForEach([&](Inst t) {
    const TiState was = run_.ti(t).state;
    if (dag().task(t.task).is_teardown && !IsFinished(was)) {
      teardown_pending = true;
      return;
    }
    // In a run that is to be a success, what failed is too (as Airflow does).
    const bool kept =
        succeed ? was == TiState::kSuccess || was == TiState::kRemoved : IsFinished(was);
    if (kept) return;
    const bool runs = run_.ti(t).live;
    Withdraw(t);
    Cancel(t, reason);
    Finish(t, succeed ? TiState::kSuccess : runs ? TiState::kFailed : TiState::kSkipped, reason);
  });
  if (teardown_pending && run_.head.state == RunState::kRunning) {  // it ends with the teardown
    return Doom(succeed ? "" : kMarkedByHand);
  }
  work_.clear();
  if (run_.head.state == RunState::kQueued) run_.head.start_date = now_;
  EndRun(e.state, kMarkedByHand);
}

Decision Decide(Run& run, const Event& event, TimePoint now) {
  Decision out;
  Decider decider(run, now, out);
  std::visit(decider, event);
  decider.Settle();
  return out;
}

}  // namespace gale::core
