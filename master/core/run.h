// A live DAG run: the states of its task instances and the counters that make every decision
// O(out-degree). Pure data with one way to change it, Apply; running and recovery both use it.
#pragma once

#include <array>
#include <string>
#include <unordered_map>
#include <vector>

#include "common/model/dag.h"
#include "master/core/records.h"
#include "master/core/rules.h"

namespace gale::core {

// A live task instance, kept small: a run of 100,000 tasks has 6.4 MB of them. Times are
// microseconds since 1970, 0 for none.
struct Ti {
  TiState state = TiState::kNone;
  // Granted to a worker, and its end isn't known: its process may run, whatever the state says (a
  // running task that was marked failed by hand is being killed, but isn't gone).
  bool live = false;
  bool waits_for_past = false;  // its rule lets it run, depends_on_past doesn't
  uint32_t try_number = 0;
  uint32_t max_tries = 0;
  uint32_t lost_tries = 0;
  UpstreamCounts up;
  int64_t queued_at = 0;
  int64_t start = 0;
  int64_t end = 0;
  int64_t next_at = 0;
};
static_assert(sizeof(Ti) <= 64);

// Of a live attempt only.
struct LiveAttempt {
  std::string worker;
  int64_t pid = 0;
};

// What is known of the run before this one, for depends_on_past.
struct Past {
  enum class Known { kNotYet, kNone, kYes };
  Known known = Known::kNotYet;
  RunId run;             // with kYes
  std::vector<bool> ok;  // by task: the previous run lets it start
};

// Whether a run has an instance of the task at all: not outside of the task's dates, unless it is a
// backfill's. Source: Airflow 3, models/dagrun.py, task_filter.
bool HasInstance(const Dag& dag, const RunRow& run, TaskIndex t);

class Run {
 public:
  // A run to which nothing has happened.
  Run(RunRow head, DagPtr dag);
  // As the ledger has it: `rows` are of this run.
  Run(RunRow head, DagPtr dag, const std::vector<TiRow>& rows);

  RunId id() const { return head.id; }
  const Dag& dag() const { return *dag_; }
  const DagPtr& dag_ptr() const { return dag_; }
  size_t size() const { return tis_.size(); }
  const Ti& ti(TaskIndex t) const { return tis_[t.value]; }
  // It has no instance of the task: no row, nothing waits for it. In memory its state is removed.
  bool absent(TaskIndex t) const { return !absent_.empty() && absent_[t.value]; }
  // For the fields but `state` and `up`, which only Apply may touch.
  Ti& edit(TaskIndex t) { return tis_[t.value]; }

  // Moves a task instance to `to`, which the transition table must allow, and keeps every counter
  // that hangs on it.
  void Apply(TaskIndex t, TiState to);
  // Its process started / is known to be gone.
  void SetLive(TaskIndex t, LiveAttempt attempt);
  void ClearLive(TaskIndex t);
  void SetPid(TaskIndex t, int64_t pid);
  // nullptr if it isn't live.
  const LiveAttempt* live(TaskIndex t) const;
  const std::unordered_map<uint32_t, LiveAttempt>& live() const { return live_; }

  uint32_t count(TiState s) const { return counts_[static_cast<size_t>(s)]; }
  // Task instances that the run waits for.
  uint32_t unfinished() const;
  // Whether something is under way by itself: without it, and nothing to decide, the run is stuck.
  bool anything_moving() const;
  // Nothing will ever change in it again unless somebody asks: it may leave memory.
  bool at_rest() const { return IsFinished(head.state) && live_.empty(); }

  AttemptId attempt(TaskIndex t) const { return {head.id, t, kUnmapped, tis_[t.value].try_number}; }
  SetupCounts setups(TaskIndex t) const;
  Verdict verdict(TaskIndex t) const;
  // The row to be kept, without `reason`.
  TiRow ToRow(TaskIndex t) const;

  RunRow head;
  Past past;

 private:
  void SetAbsent(TaskIndex t, bool absent);

  DagPtr dag_;
  std::vector<Ti> tis_;
  std::vector<bool> absent_;         // empty: none is
  std::vector<uint32_t> absent_up_;  // of each task's upstreams
  std::array<uint32_t, kTiStates> counts_{};
  std::unordered_map<uint32_t, LiveAttempt> live_;
};

inline int64_t Micros(TimePoint t) { return t.time_since_epoch().count(); }
inline TimePoint FromMicros(int64_t us) { return TimePoint(Duration(us)); }
inline std::optional<TimePoint> OptionalTime(int64_t us) {
  return us == 0 ? std::nullopt : std::optional(FromMicros(us));
}

}  // namespace gale::core
