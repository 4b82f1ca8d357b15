// What the scheduler looks at, one after the other, before a run or a task instance goes on: as data, and
// as a sentence for people. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/clock.h"

namespace gale::core {

enum class CheckKind : uint8_t {
  // Of a run that is queued; the first one, of a task instance that waits for a slot, too.
  kDagPaused,  // subject: the DAG
  kRunAfter,   // at
  kMaxActiveRuns,  // subject: the DAG; have runs of it run of limit; it is the position-th of those that wait
  // Of a task instance, in this order.
  kRunState,  // subject: the run's state; its tasks go on only while it is running
  kTriggerRule,  // subject: the rule; have of need upstream instances have ended; names: some that have not
  kPreviousRun,   // subject: the run before, if it is known
  kRetryAt,       // at; have: the try that failed, limit: how many it may have
  kRescheduleAt,  // at
  kTrigger,
  kRestarting,      // subject: the worker where its process is to end
  kMaxActiveTasks,  // subject: the DAG; have of its run's tasks are queued or running of limit
  kMaxActiveTis,  // subject: the task; have of limit; of: how many the limit counts in, 1: in its run
  kParallelism,   // have of limit, over all
  kPoolMissing,   // subject: the pool, as of these
  kPoolTooSmall,  // it needs slots, limit are there at all
  kPoolFull,  // have of limit slots are held, it needs some; it is the position-th of those in line
  kNoWorker,  // subject: the queue; names: workers that serve it and take work
  kQueue,     // subject: the queue; have free slots of limit; of: how many are queued there
};
inline constexpr size_t kCheckKinds = static_cast<size_t>(CheckKind::kQueue) + 1;

struct Check {
  CheckKind kind = CheckKind::kRunState;
  std::optional<bool> met;  // nullopt: not looked at yet
  std::string subject;      // empty: none, or not known
  std::optional<int64_t> have = {}, need = {}, limit = {}, position = {}, of = {};
  std::optional<TimePoint> at = {};
  std::vector<std::string> names = {};
  std::vector<std::string> states = {};  // of those names; for the sentence
  std::string note = {};                 // what else the sentence says
};

// Why something is where it is.
struct Why {
  std::vector<Check> checks;
  std::string otherwise;           // a sentence for what none of them tells; empty: they tell all
  std::optional<TimePoint> since;  // it is in its state
  std::optional<TimePoint> eta;    // by itself it goes on then, and not before
};

std::string_view Name(CheckKind kind);
// Of one that isn't met: what it waits for.
std::string Sentence(const Check& check, TimePoint now);
// All that they tell, as sentences.
std::vector<std::string> Sentences(const Why& why, TimePoint now);
// The first that isn't met; nullptr: none.
const Check* Unmet(const std::vector<Check>& checks);

}  // namespace gale::core
