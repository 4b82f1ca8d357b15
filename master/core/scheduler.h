// All live runs: which run starts, which task instance is queued, what waits for which instant.
// Joins the decisions of single runs (decide.h) with what they share: pools, limits, and the run
// before.
//
// Pure: no I/O, no clock. One thread. The engine calls it, commits what Output says changed, and
// then lets the effects out.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "master/core/admission.h"
#include "master/core/decide.h"
#include "master/core/timers.h"

namespace gale::core {

// An attempt that is in the queue, or is to be put there.
struct QueuedAttempt {
  AttemptId attempt;
  std::string queue;
  int64_t priority = 0;
};

// What turns have produced since it was last taken.
struct Output {
  std::vector<std::pair<RunId, Changed>> tis;  // rows to write; may name one more than once
  std::set<RunId> runs;                        // rows to write
  std::vector<AttemptRow> attempts;            // history to write
  std::vector<AttemptRow> looks;               // ended, and their tries go on: no history
  std::vector<TiRef> xcom_drops;
  std::vector<QueuedAttempt> pushes;
  std::vector<QueuedAttempt> removes;
  std::vector<CancelAttempt> cancels;
  std::vector<RunId> needs_past;  // answer with PastKnown
  std::vector<RunId> ended;       // reached success or failed
};

// Of a queue, as the engine knows it.
struct QueueStanding {
  std::vector<std::string> workers = {};  // that serve it and take work
  uint64_t slots = 0, busy = 0;           // of those
  uint64_t queued = 0;                    // in it
};

class Scheduler {
 public:
  // How much later than its own timer a task is cancelled by the master, and then again. The
  // keeper's timer is the first; this one is for a keeper that hangs.
  static constexpr Duration kExecutionTimeoutMargin = std::chrono::seconds(30);

  // A DAG's current version; new runs and max_active_runs follow it.
  void SetDag(DagPtr dag, bool paused);
  void SetPaused(const std::string& dag_id, bool paused);
  // nullptr if there is none.
  DagPtr FindDag(const std::string& dag_id) const;
  Admission& admission() { return admission_; }
  const Admission& admission() const { return admission_; }

  // Takes a new run (state queued; it needs its row written) or one as the ledger has it. Its DAG
  // must be set.
  Run& AddRun(RunRow head, DagPtr dag);
  Run& LoadRun(RunRow head, DagPtr dag, const std::vector<TiRow>& rows, TimePoint now);
  Run* Find(RunId id);
  const Run* Find(RunId id) const;
  Run* Find(const std::string& dag_id, const std::string& run_id);
  // The live run of this logical date; of several (older ledgers have them) the one made last.
  const Run* FindByDate(const std::string& dag_id, TimePoint logical_date) const;
  // Live runs of a DAG, queued and running.
  size_t UnfinishedRuns(const std::string& dag_id) const;
  // The live run with the largest logical date before `run`'s, for depends_on_past.
  const Run* LivePrevious(const Run& run) const;

  // One event of one run. The answer matters for Claim only.
  Decision Handle(RunId run, const Event& event, TimePoint now);
  // Fires every timer that is due.
  void Tick(TimePoint now);
  // Starts runs and queues tasks until nothing more may. Call after events, before taking the
  // output.
  void Flow(TimePoint now);
  Output TakeOutput();
  // The next instant at which Tick has something to do.
  std::optional<TimePoint> NextWake() const;

  // Lets go of runs that are at rest. Call when their rows are committed.
  void UnloadAtRest(const std::vector<RunId>& runs);

  // Whether the run before lets `task` of `next` start: itself (and with wait_for_downstream its
  // direct downstreams) success or skipped there.
  static bool PastAllows(const Run& previous, const Dag& next, TaskIndex task);

  // Why a run or a task instance is where it is, from what decides it. Whatever waits has a check
  // that isn't met, but between an event and the next Flow. Of a run that isn't over only.
  Why ExplainRun(const Run& run, TimePoint now) const;
  // `queue`: who serves the task's; nullptr: not known.
  Why Explain(const Run& run, Inst inst, TimePoint now, const QueueStanding* queue = nullptr) const;

  // Since when it is in its state; nullopt: not known.
  std::optional<TimePoint> Since(const Run& run, Inst inst) const;

  // All that waits, by cause; of one DAG, or (empty) of all. `served`: whether somebody takes work of
  // that queue. Costs by the DAGs, limits and causes that there are, not by how many wait.
  struct Waits {
    std::vector<WaitGroup> groups;     // the most first
    uint64_t instances = 0, runs = 0;  // in all of them; runs that aren't due yet are none
  };
  using Served = std::function<bool(const std::string& queue)>;
  Waits FindWaits(const std::string& dag_id, const Served& served) const;
  std::map<std::string, WaitBook::Queue> Queues() const { return book_.Queues(); }

  const std::unordered_map<RunId, std::unique_ptr<Run>>& runs() const { return runs_; }
  std::vector<QueuedAttempt> Queued() const;  // everything that the queue must hold
  QueuedAttempt ToQueued(const Run& run, Inst t) const;
  // Those that are set: of runs, of task instances.
  size_t timers() const { return run_timers_.size() + ti_timers_.size(); }
  // Empty if every invariant holds; else which one is broken, where.
  std::string Audit() const;

 private:
  struct DagState {
    DagPtr current;
    bool paused = true;
    std::set<std::pair<TimePoint, RunId>> queued;  // by run_after
    std::set<RunId> running;
    std::set<RunId> later;                          // of the queued ones: not due yet
    std::set<std::pair<TimePoint, RunId>> by_date;  // by logical date: those that have one
  };
  // What happened to a task that runs with depends_on_past may wait for.
  struct PastNews {
    RunId run;
    TaskIndex task;
  };

  Run& Insert(std::unique_ptr<Run> run);
  void Absorb(Run& run, Decision& decision, TimePoint now);
  void AbsorbEffect(Run& run, Effect& effect, TimePoint now);
  void OnRunStarted(Run& run);
  // It is no longer told of what changes in the run before it.
  void LeavePast(const Run& run);
  // Decides one event, and lets its changes and effects into the books.
  Decision Step(Run& run, const Event& event, TimePoint now);
  void TellSuccessors(const PastNews& news, TimePoint now);
  // The instant that a run or a task instance waits for by its state; nullopt: none. The timers are
  // always what these say.
  std::optional<TimePoint> RunTimer(const Run& run) const;
  static std::optional<TimePoint> TiTimer(const Run& run, Inst t);
  void SyncTimer(const Run& run);
  void SyncTimer(const Run& run, Inst t) { ti_timers_.Set({run.id(), t}, TiTimer(run, t)); }
  // Where the instance waits, as its state is now.
  static std::pair<WaitBook::Place, TimePoint> PlaceOf(const Ti& ti);
  void SyncPlace(const Run& run, Inst t);
  void AddRunWaits(const std::string& dag_id, const DagState& dag, WaitGroups& groups) const;
  void FireRun(Run& run, TimePoint now);
  void FireTi(Run& run, Inst t, TimePoint now);
  void StartRuns(DagState& dag, TimePoint now);
  // What an instance needs; and the same for all of its task, resolved once.
  static Admission::Request RequestOf(const Run& run, Inst t);
  const Admission::Needs* NeedsOf(Run& run, TaskIndex t);
  // The three parts of Explain, in order.
  std::vector<Check> RunChecks(const Run& run, TimePoint now) const;
  Check RuleCheck(const Run& run, Inst t) const;
  std::optional<Check> PastCheck(const Run& run, Inst t) const;
  static std::optional<Check> StateCheck(const Run& run, Inst t);
  std::optional<int64_t> PlaceInLine(const DagState& dag, const Run& run) const;
  std::string AuditInstance(const Run& run, Inst t) const;
  void LoadInstances(Run& run, TimePoint now);
  void LoadBlock(Run& run, TaskIndex t, TimePoint now);
  DagState& StateOf(const Run& run) { return dags_.at(run.head.dag_id); }

  std::unordered_map<std::string, DagState> dags_;
  std::unordered_map<RunId, std::unique_ptr<Run>> runs_;
  std::map<std::pair<std::string, std::string>, RunId> by_name_;
  // Live runs whose past is this one, which need not be live itself: it may be cleared later.
  std::unordered_map<RunId, std::set<RunId>> successors_;
  std::deque<PastNews> news_;  // to be told, in this order
  bool telling_ = false;
  Timers<RunId> run_timers_;
  Timers<TiRef> ti_timers_;
  TimePoint ticked_ = TimePoint::min();  // what was due then has been looked at
  std::set<std::string> dags_to_start_;  // may have a run to start
  Admission admission_;
  WaitBook book_;
  Output out_;
};

}  // namespace gale::core
