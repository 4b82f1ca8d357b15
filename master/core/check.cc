#include "master/core/check.h"

#include <fmt/format.h>

#include <algorithm>

namespace gale::core {
namespace {

std::string Wait(const Check& check, TimePoint now) {
  const TimePoint until = check.at.value_or(now);
  return fmt::format("{} (in {:.0f} s)", FormatTime(until), Seconds(until - now));
}

// Those that are named, of all that it waits for.
std::string Names(const Check& check) {
  std::string out;
  for (size_t i = 0; i < check.names.size(); ++i) {
    out += fmt::format("{}'{}'", i == 0 ? "" : ", ", check.names[i]);
    if (i < check.states.size()) out += fmt::format(" ({})", check.states[i]);
  }
  const int64_t more =
      check.need.value_or(0) - check.have.value_or(0) - static_cast<int64_t>(check.names.size());
  if (more > 0 && !check.names.empty()) out += fmt::format(" and {} more", more);
  return out;
}

int64_t Free(const Check& check) {
  return std::max<int64_t>(0, check.limit.value_or(0) - check.have.value_or(0));
}

}  // namespace

std::string_view Name(CheckKind kind) {
  switch (kind) {
    case CheckKind::kDagPaused: return "dag_paused";
    case CheckKind::kRunAfter: return "run_after";
    case CheckKind::kMaxActiveRuns: return "max_active_runs";
    case CheckKind::kRunState: return "run_state";
    case CheckKind::kTriggerRule: return "trigger_rule";
    case CheckKind::kPreviousRun: return "previous_run";
    case CheckKind::kRetryAt: return "retry_at";
    case CheckKind::kRescheduleAt: return "reschedule_at";
    case CheckKind::kTrigger: return "trigger";
    case CheckKind::kRestarting: return "restarting";
    case CheckKind::kMaxActiveTasks: return "max_active_tasks";
    case CheckKind::kMaxActiveTis: return "max_active_tis";
    case CheckKind::kParallelism: return "parallelism";
    case CheckKind::kPoolMissing: return "pool_missing";
    case CheckKind::kPoolTooSmall: return "pool_too_small";
    case CheckKind::kPoolFull: return "pool_full";
    case CheckKind::kNoWorker: return "no_worker";
    case CheckKind::kQueue: return "queue";
  }
  return "";
}

std::string Sentence(const Check& c, TimePoint now) {
  const int64_t have = c.have.value_or(0), need = c.need.value_or(0), limit = c.limit.value_or(0);
  switch (c.kind) {
    case CheckKind::kDagPaused: return fmt::format("DAG '{}' is paused", c.subject);
    case CheckKind::kRunAfter: return "the run may not start before " + Wait(c, now);
    case CheckKind::kMaxActiveRuns:
      return fmt::format("DAG '{}' has {} of at most {} runs running (max_active_runs)", c.subject,
                         have, limit);
    case CheckKind::kRunState:
      return fmt::format("the run is {}{}{}", c.subject, c.note.empty() ? "" : ": ", c.note);
    case CheckKind::kTriggerRule:
      return fmt::format("its trigger rule {} waits for its upstream tasks {}", c.subject,
                         Names(c));
    case CheckKind::kPreviousRun:
      if (!c.note.empty()) return c.note;
      return "its task in the previous run has not succeeded (depends_on_past or "
             "wait_for_downstream)";
    case CheckKind::kRetryAt:
      return fmt::format("try {} failed; the next starts at {}", have, Wait(c, now));
    case CheckKind::kRescheduleAt: return "it looks again at " + Wait(c, now);
    case CheckKind::kTrigger: return "it waits for its trigger";
    case CheckKind::kRestarting:
      return fmt::format("it was cleared; it starts again once its process on worker '{}' is gone",
                         c.subject);
    case CheckKind::kMaxActiveTasks:
      return fmt::format("its run has {} of at most {} tasks queued or running (max_active_tasks)",
                         have, limit);
    case CheckKind::kMaxActiveTis:
      return fmt::format(
          "task '{}' runs {} times of at most {} in {}", c.subject, have, limit,
          c.of == 1 ? "this run (max_active_tis_per_dagrun)" : "all runs (max_active_tis_per_dag)");
    case CheckKind::kParallelism:
      return fmt::format(
          "{} task instances are queued or running, at most {} may ([core] parallelism)", have,
          limit);
    case CheckKind::kPoolMissing:
      return fmt::format("pool '{}' does not exist: create it (gale pools set {} SLOTS \"\")",
                         c.subject, c.subject);
    case CheckKind::kPoolTooSmall:
      return fmt::format("it wants {} slots of pool '{}', which has only {} in all", need,
                         c.subject, limit);
    case CheckKind::kPoolFull:
      return fmt::format("pool '{}' has {} of {} slots free and it wants {}", c.subject, Free(c),
                         limit, need);
    case CheckKind::kNoWorker:
      return fmt::format("no worker that takes work serves queue '{}'", c.subject);
    case CheckKind::kQueue:
      return fmt::format("it waits in queue '{}' for a worker with a free slot", c.subject);
  }
  return "";
}

std::vector<std::string> Sentences(const Why& why, TimePoint now) {
  std::vector<std::string> out;
  for (const Check& check : why.checks) {
    if (check.met == false) out.push_back(Sentence(check, now));
  }
  if (!why.otherwise.empty()) out.push_back(why.otherwise);
  return out;
}

const Check* Unmet(const std::vector<Check>& checks) {
  auto at =
      std::find_if(checks.begin(), checks.end(), [](const Check& c) { return c.met == false; });
  return at == checks.end() ? nullptr : &*at;
}

}  // namespace gale::core
