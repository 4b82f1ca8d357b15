// What can happen to one run, and what a decision asks of the world. Plain data; every event is
// decided at a time that comes with it.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "master/core/instance.h"
#include "master/core/records.h"
#include "master/core/skips.h"

namespace gale::core {

// RunRow::reason of a run whose state a person set.
inline constexpr char kMarkedByHand[] = "marked by hand";

// Events.

// max_active_runs has room for it: queued -> running.
struct StartRun {};
// The admission gave it its slots: scheduled -> queued.
struct Admit {
  Inst inst;
};
// A worker asks for it: queued -> running, once.
struct Claim {
  AttemptId attempt;
  std::string worker;
};
struct AttemptStarted {
  AttemptId attempt;
  int64_t pid = 0;
};

enum class Outcome : uint8_t {
  kSuccess,
  kFailed,
  kSkipped,
  kFailedNoRetry,
  kLost,
  kUnstarted,
  kRescheduled,  // the same try goes on at `next_at`, in a process of its own
};
struct AttemptFinished {
  AttemptId attempt;
  Outcome outcome = Outcome::kFailed;
  int32_t exit_code = 0;
  int32_t signal = 0;
  std::string reason;
  uint64_t log_bytes = 0;
  // When its process started and ended, by the clock of the master that was told; it may have been
  // a while ago. Unset: no process, or nobody knows.
  std::optional<TimePoint> started_at, ended_at;
  Usage usage;
  // What it returned is a list or an object of so many elements; 0, too, if it is neither. nullopt:
  // it returned nothing.
  std::optional<uint32_t> value_length;
  // Of a success or a skip: those of them that have not ended are skipped with it.
  std::vector<Skip> skips;
  std::optional<TimePoint> next_at;  // kRescheduled; unset: at once
};
// Of up_for_retry, and of up_for_reschedule.
struct RetryDue {
  AttemptId after;
};
struct RunTimedOut {};
// The run before this one, for depends_on_past: known at once, and then as it changes.
struct PastKnown {
  RunId run;
  bool exists = false;
  std::vector<bool> ok;
};
struct PastChanged {
  TaskIndex task;
  bool ok = false;
};
// After recovery: whatever is undecided is looked at again.
struct Recheck {};
// By a person.
struct ClearTasks {
  std::vector<Inst> tasks;
};
struct SetTasks {
  std::vector<Inst> tasks;
  TiState state = TiState::kSuccess;
};
struct SetRun {
  RunState state = RunState::kSuccess;
};

using Event =
    std::variant<StartRun, Admit, Claim, AttemptStarted, AttemptFinished, RetryDue, RunTimedOut,
                 PastKnown, PastChanged, Recheck, ClearTasks, SetTasks, SetRun>;

// Effects.

// For the admission: it may start / it may not any more / it no longer holds its slots.
struct Ready {
  Inst inst;
};
// All elements of a mapped task may start.
struct BlockReady {
  TaskIndex task;
};
struct NotReady {
  Inst inst;
};
struct SlotFreed {
  Inst inst;
};
// For the queue: take it out, nobody may claim it any more.
struct Dequeue {
  AttemptId attempt;
};
// For the worker that has it: end its process.
struct CancelAttempt {
  AttemptId attempt;
  std::string worker;
  std::string reason;
};
// For the ledger: a try's history row; what the last try left behind is deleted before the next.
struct AttemptEnded {
  AttemptRow row;
  bool goes_on = false;  // its try isn't over: no history
};
struct DropXComs {
  Inst inst;
};
// For the scheduler of runs.
struct RunStarted {};
struct RunEnded {};
struct RunReopened {};  // cleared: queued again

using Effect = std::variant<Ready, BlockReady, NotReady, SlotFreed, Dequeue, CancelAttempt,
                            AttemptEnded, DropXComs, RunStarted, RunEnded, RunReopened>;

// A task instance whose row changed, and why (for people; empty: nothing to say). Without an index,
// of an expanded task: its block.
struct Changed {
  Inst inst;
  std::string reason;
};

struct Decision {
  // In the order of the transitions; one task may stand more than once.
  std::vector<Changed> changed;
  bool run_changed = false;
  std::vector<Effect> effects;  // in the order they were decided
  // Of Claim: the grant stands. Else `refusal` says why not.
  bool granted = false;
  std::string refusal;
};

}  // namespace gale::core
