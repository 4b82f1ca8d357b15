// How one event of one run is decided; only for decide.h's own files.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "master/core/event.h"
#include "master/core/run.h"

namespace gale::core {

class Decider {
 public:
  Decider(Run& run, TimePoint now, Decision& out) : run_(run), now_(now), out_(out) {}

  void operator()(const StartRun&);
  void operator()(const Admit& e);
  void operator()(const Claim& e);
  void operator()(const AttemptStarted& e);
  void operator()(const AttemptFinished& e);
  void operator()(const RetryDue& e);
  void operator()(const RunTimedOut&);
  void operator()(const PastKnown& e);
  void operator()(const PastChanged& e);
  void operator()(const Recheck&);
  void operator()(const ClearTasks& e);
  void operator()(const SetTasks& e);
  void operator()(const SetRun& e);

  // Decides every task that may have become decidable, then the run itself.
  void Settle();

 private:
  const Dag& dag() const { return run_.dag(); }
  void Move(Inst t, TiState to, std::string reason = "");
  // `at`: when what ended it happened; by default now.
  void Finish(Inst t, TiState to, std::string reason, std::optional<TimePoint> at = {});
  void Schedule(Inst t);
  // Of Schedule and LookAgain: one more start.
  void Begin(Inst t);
  // What may have become decidable: an instance, or all that a task has.
  void Evaluate(Inst t);
  void EvaluateBlock(TaskIndex t);
  void EvaluateInstance(Inst t);
  // Its direct downstreams, as far as this instance matters to them.
  void LookBelow(Inst t);
  // What a mapped task becomes because a task that it is mapped over gave nothing.
  std::optional<TiState> LackOfSource(TaskIndex t) const;
  void ExpandTask(TaskIndex t);
  void ExpandTo(TaskIndex t, uint32_t length);
  // What it is mapped over may have another length than when it was expanded.
  void Revise(TaskIndex t);
  bool PastAllows(TaskIndex t) const;
  void Failed(Inst t, const AttemptFinished& e, TimePoint ended);
  void Retry(Inst t, const std::string& reason, TimePoint ended, Duration delay);
  // It comes again: the same try goes on.
  void ComeAgain(Inst t, const AttemptFinished& e, TimePoint ended);
  void Reschedule(Inst t, const std::string& reason, TimePoint ended, TimePoint next);
  void LookAgain(Inst t);
  // Its end skips others.
  void PassBy(Inst by, const std::vector<Skip>& skips);
  void StopTheRest(TaskIndex failed);
  // Takes it out of the admission or the queue, and lets go of its slots unless its process lives.
  void Withdraw(Inst t);
  void Cancel(Inst t, std::string reason);
  void Clear(Inst t);
  void ResumeDownstream(const std::vector<Inst>& of);
  void Reopen();
  void EndRun(RunState state, std::string reason);
  void Doom(std::string reason);
  bool IsCurrent(const AttemptId& a) const {
    return run_.has(InstOf(a)) && run_.ti(InstOf(a)).try_number == a.try_number;
  }

  Run& run_;
  const TimePoint now_;
  Decision& out_;
  std::vector<Inst> work_;       // undecided, to look at; without an index: all of the task
  std::set<TaskIndex> revised_;  // their lengths have been looked at
};

}  // namespace gale::core
