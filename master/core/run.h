// A live DAG run: the states of its task instances and the counters that make every decision
// O(out-degree). Pure data with one way to change it, Apply; running and recovery both use it.
//
// A task that isn't mapped has one instance. A mapped one has a single one, too, until it is
// expanded; then its elements are one block, laid out at once, and that single one is gone.
#pragma once

#include <array>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "common/model/dag.h"
#include "master/core/admission.h"
#include "master/core/instance.h"
#include "master/core/records.h"
#include "master/core/rules.h"
#include "master/core/skips.h"

namespace gale::core {

// A live task instance, kept small: a run of 100,000 has 4.8 MB of them. Times are microseconds
// since 1970, 0 for none.
struct Ti {
  TiState state = TiState::kNone;
  // Granted to a worker, and its end isn't known: its process may run, whatever the state says (a
  // running task that was marked failed by hand is being killed, but isn't gone).
  bool live : 1 = false;
  bool waits_for_past : 1 = false;  // its rule lets it run, depends_on_past doesn't
  bool has_value : 1 = false;       // it returned something that others may be mapped over
  uint16_t lost_tries = 0;          // stays at its largest
  uint32_t try_number = 0;
  uint32_t max_tries = 0;
  // How long it was scheduled before it was queued, in seconds; below 0: not known. Seven digits of
  // it are enough, and an instant would be one more for each instance.
  float waited = -1;
  int64_t queued_at = 0;  // while it is scheduled: since when it is that
  int64_t start = 0;
  int64_t end = 0;
  int64_t next_at = 0;

  void ForgetTimes() {
    waited = -1;
    queued_at = start = end = next_at = 0;
  }
  // It was scheduled, and is queued now.
  void Queue(int64_t now);
  // When its try became scheduled; nullopt: not known, or it was not.
  std::optional<TimePoint> scheduled_at() const;
};
static_assert(sizeof(Ti) <= 48);

// Of a live attempt only.
struct LiveAttempt {
  std::string worker;
  int64_t pid = 0;
};

// Of a task instance that came again (up_for_reschedule): TiRow's.
struct Looks {
  uint32_t all = 0;
  uint32_t of_try = 0;
  int64_t first_start = 0;
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
  using Counts = std::array<uint32_t, kTiStates>;
  using Live = std::unordered_map<Inst, LiveAttempt, InstHash>;

  // A run to which nothing has happened.
  Run(RunRow head, DagPtr dag);
  // As the ledger has it: `rows` are of this run.
  Run(RunRow head, DagPtr dag, const std::vector<TiRow>& rows);

  RunId id() const { return head.id; }
  const Dag& dag() const { return *dag_; }
  const DagPtr& dag_ptr() const { return dag_; }
  size_t size() const { return tis_.size(); }  // tasks

  // Instances.
  bool expanded(TaskIndex t) const { return FindBlock(t) != nullptr; }
  // How many instances it has: 1 if it isn't expanded; else all elements, removed ones too.
  uint32_t width(TaskIndex t) const;
  // The i-th of its instances.
  Inst instance(TaskIndex t, uint32_t i) const {
    return {t, expanded(t) ? static_cast<int32_t>(i) : kUnmapped};
  }
  bool has(Inst i) const;
  template <class F>
  void ForEachOf(TaskIndex t, F visit) const {
    const uint32_t n = width(t);
    const bool block = expanded(t);
    for (uint32_t i = 0; i < n; ++i) visit(Inst(t, block ? static_cast<int32_t>(i) : kUnmapped));
  }
  template <class F>
  void ForEach(F visit) const {
    for (uint32_t t = 0; t < size(); ++t) ForEachOf(TaskIndex(t), visit);
  }
  const Ti& ti(Inst i) const { return const_cast<Run*>(this)->At(i); }
  // It has no instance of the task: no row, nothing waits for it. In memory its state is removed.
  bool absent(TaskIndex t) const { return !absent_.empty() && absent_[t.value]; }
  bool absent(Inst i) const { return absent(i.task); }
  // For the fields but `state` and `up`, which only Apply may touch.
  Ti& edit(Inst i) { return At(i); }

  // Moves a task instance to `to`, which the transition table must allow, and keeps every counter
  // that hangs on it.
  void Apply(Inst i, TiState to);
  // The task has `length` elements from now on (1 or more), none of which anything has happened to;
  // of one that is expanded already: at least `length`, what is new stands behind.
  void Expand(TaskIndex t, uint32_t length);
  // Nothing has happened to any of its elements since it was expanded.
  bool fresh(TaskIndex t) const;
  // In which state its elements without a row are; nullopt: it isn't expanded.
  std::optional<TiState> rest(TaskIndex t) const;
  // All elements of a fresh one are scheduled for their first try.
  void ScheduleBlock(TaskIndex t, int64_t at);
  // Its process started / is known to be gone.
  void SetLive(Inst i, LiveAttempt attempt);
  void ClearLive(Inst i);
  void SetPid(Inst i, int64_t pid);
  // nullptr if it isn't live.
  const LiveAttempt* live(Inst i) const;
  const Live& live() const { return live_; }

  // What it returned, for those who are mapped over it: how many elements that has.
  void SetValue(Inst i, std::optional<uint32_t> length);
  // How many elements the result of a task has, all of its instances together; nullopt: there is
  // none, or not all have ended.
  std::optional<uint64_t> ValueLength(TaskIndex t) const;
  // How many elements this task would be expanded to now; nullopt: not all is known. Not mapped: 1.
  std::optional<uint64_t> MapLength(TaskIndex t) const;

  // The next start of it is a new try / goes on with the try. First comes the end of the try's first
  // start.
  void BeginTry(Inst i);
  void NoteFirstStart(Inst i);
  void GoOnWithTry(Inst i);
  Looks looks(Inst i) const;

  // What its end passes by, of those that directly follow it.
  void SetSkips(Inst i, std::vector<Skip> skips);
  // Which of its direct upstreams passed it by.
  std::optional<TaskIndex> PassedBy(Inst i) const;
  // Whether one may have passed some instance of it by; false: none did.
  bool MayBePassedBy(TaskIndex t) const;

  uint32_t count(TiState s) const { return counts_[static_cast<size_t>(s)]; }
  uint32_t count(TaskIndex t, TiState s) const;
  // Task instances that the run waits for.
  uint32_t unfinished() const;
  // Whether something is under way by itself: without it, and nothing to decide, the run is stuck.
  bool anything_moving() const;
  // Nothing will ever change in it again unless somebody asks: it may leave memory.
  bool at_rest() const { return IsFinished(head.state) && live_.empty(); }

  AttemptId attempt(Inst i) const { return {head.id, i.task, i.map_index, ti(i).try_number}; }
  // How the instances that it waits for stand.
  UpstreamCounts upstreams(Inst i) const { return UpstreamsOf(i).counts; }
  uint32_t upstreams_total(Inst i) const { return UpstreamsOf(i).total; }
  SetupCounts setups(Inst i) const;
  Verdict verdict(Inst i) const;
  // Whether an instance of `reader` waits for some instances of its upstream only: those of its own
  // index in the mapped groups around both.
  bool by_index(TaskIndex upstream, TaskIndex reader) const;
  // With by_index: which elements of `to` (expanded) are those that element i belongs with.
  struct Range {
    uint32_t begin = 0, end = 0;
  };
  Range Matching(Inst i, TaskIndex to) const;
  // Which elements of `to` belong to element i alone; nullopt: no mapped group is around both, or
  // i is no element. None, if `to` isn't expanded.
  std::optional<Range> OfElement(Inst i, TaskIndex to) const;
  // Counts everything anew and compares. Empty if the sums are right; else what is wrong.
  std::string AuditSums() const;
  // The row to be kept, without `reason`. Without an index, of a task that is expanded: that of its
  // block.
  TiRow ToRow(Inst i) const;

  RunRow head;
  Past past;
  std::vector<const Admission::Needs*> needs;  // by task; empty or nullptr: not resolved yet

 private:
  struct Block {
    std::vector<Ti> tis;
    Counts counts{};
    TiState rest = TiState::kNone;  // of those without a row
    int64_t scheduled_at = 0;       // the same
    bool fresh = true;
  };
  // Of a task's upstreams, but for those by_index: the sums that all of its instances share.
  struct Up {
    UpstreamCounts counts;
    uint32_t total = 0;
  };

  Ti& At(Inst i);
  Block* FindBlock(TaskIndex t) const { return blocks_.empty() ? nullptr : blocks_[t.value].get(); }
  Ti Fresh(TaskIndex t) const;
  void SetState(Inst i, TiState to);
  void SetAbsent(TaskIndex t, bool absent);
  void AddToTotals(TaskIndex t, uint32_t more);
  void Load(const TiRow& row);
  // How the instances that `i` waits for stand, those of by_index included.
  Up UpstreamsOf(Inst i) const;

  DagPtr dag_;
  std::vector<Ti> tis_;  // by task: of those that aren't expanded
  std::vector<Up> up_;
  std::vector<std::unique_ptr<Block>> blocks_;  // by task; empty: nothing is expanded
  std::vector<bool> absent_;                    // empty: none is
  Counts counts_{};
  Live live_;
  std::unordered_map<Inst, Looks, InstHash> looks_;  // of those that came again
  std::map<Inst, std::vector<Skip>> skips_;          // of those that passed others by
  std::unordered_map<uint32_t, uint32_t> lengths_;   // of values of instances that aren't elements
};

inline int64_t Micros(TimePoint t) { return t.time_since_epoch().count(); }
inline TimePoint FromMicros(int64_t us) { return TimePoint(Duration(us)); }
inline std::optional<TimePoint> OptionalTime(int64_t us) {
  return us == 0 ? std::nullopt : std::optional(FromMicros(us));
}

}  // namespace gale::core
