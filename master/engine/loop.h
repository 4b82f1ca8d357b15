// The engine's mind: owns all live runs, the calendar and the connected workers; turns messages
// into decisions, commits them, and only then lets their effects out (DESIGN §5).
//
// One turn:  BeginTurn(now) ; any number of the calls below ; EndTurn()
// EndTurn starts what may start, hands queued work to workers, writes everything that changed in
// one transaction, and then releases grants, acks, cancels and answers. Normal running and recovery
// are the same code: Recover() reads the ledger and is then simply the first turn.
//
// One thread, no clock, no waiting but for the commit: after Recover it reads nothing from the
// store by itself (ledger_need.h). The Engine (engine.h) drives it from its thread, the simulation
// from a loop of its own.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "common/model/json_elements.h"
#include "common/queue/task_queue.h"
#include "master/core/calendar.h"
#include "master/core/scheduler.h"
#include "master/engine/catalog.h"
#include "master/engine/feed.h"
#include "master/engine/ledger_waits.h"
#include "master/engine/loop_metrics.h"
#include "master/engine/messages.h"
#include "master/engine/standing_info.h"
#include "master/engine/throughput.h"
#include "master/store/store.h"

namespace gale {

struct LoopOptions {
  std::string owner = "master";               // who leads, in the ledger
  std::string instance;                       // of its home: LeaderRow
  Duration lease = std::chrono::seconds(10);  // a worker that isn't heard of for so long is lost
  Duration heartbeat = std::chrono::seconds(2);
  std::string version = {};                            // of gale; workers of another are noted
  Duration sweep_interval = std::chrono::seconds(30);  // queue entries compared with the ledger
  bool paused_at_creation = true;
  Duration publish{0};  // how often it says at most how things stand (LoopMetrics); 0: never
  std::optional<uint32_t> parallelism = {};  // attempts queued or running at once; nullopt: any
  int32_t default_pool_slots = 128;          // as a new ledger gets it
  uint32_t map_length_max = 1024;            // of what a task returned, to be mapped over
  // A commit survives a power cut only after Store::Sync. Then only what workers on this very
  // machine must hear (they would die with it) leaves at the commit; all else waits for Synced:
  // acks, answers, grants to other hosts.
  bool sync_later = false;
  // Between a stored spec and the model. Injected, so that the engine knows no wire format.
  std::function<Result<DagSpec>(const std::string&)> parse_spec;
};

class Loop {
 public:
  // All must outlive it. Nothing works before Recover. `served` is popped for the workers; null:
  // they pop by themselves.
  Loop(Store& store, QueueBell& bell, TaskQueue* served, LoopOptions options);

  // Takes the leadership and loads what is unfinished, forgetting all it knew: links are closed,
  // waiting answers get UNAVAILABLE. On an error nothing was loaded; call it again.
  // `seen`: the leader's row that it may replace; nullopt: whichever stands there. `longer`: what a
  // worker that isn't heard of gets beyond its lease, for a deposed leader may have promised it.
  Status Recover(TimePoint now, MonoTime mono, const std::optional<LeaderRow>& seen = std::nullopt,
                 Duration longer = Duration(0));

  // It will not go on: waiting answers get UNAVAILABLE, links are closed. Recover starts anew.
  void Abandon(const Status& why);

  void BeginTurn(TimePoint now, MonoTime mono);
  // Not OK: the commit failed, nothing was released, memory is ahead of the ledger. UNAVAILABLE: the
  // same batch may be tried again: RetryCommit. IsRefused: call TakeBack. Else: call Recover.
  Status EndTurn();
  Status RetryCommit();
  // What the turn did: everything that came, one message, or nothing but what the loop does by itself.
  enum class Took { kAll, kOne, kNothing };
  // `why` refused the turn's rows, and nothing was done. Memory becomes what the ledger says; links,
  // what workers hold, leases, and what waits for a flush stay. Whoever brought the row shows when
  // each message has a turn of its own (after one with none); then it is named in the answer.
  // True: take the same again. The part that is to blame won't be tried again: a result becomes its
  // attempt's failure, a DAG or an import error becomes an import error that says so; what the loop
  // did by itself is left undone: a due run isn't made, a run or a DAG is set aside.
  // UNAVAILABLE: the ledger can't be read; call again. INTERNAL: nothing that could be left undone.
  Result<bool> TakeBack(const Status& why, Took took);
  // The last turn that something waits for with sync_later; 0: nothing. Call Store::Sync (on any
  // thread), and then Synced with this.
  uint64_t unsynced() const { return held_.empty() ? 0 : held_.back().turn; }
  void Synced(uint64_t turn);
  // When the next turn is due although nobody asks; nullopt: never.
  std::optional<TimePoint> NextWake() const;
  // The same for what is measured on the monotonic clock (leases, the sweep).
  MonoTime NextMonoWake() const;

  // `done` is called after the commit of this turn, or with the error if that fails.
  void OnCommitted(std::function<void(const Status&)> done) {
    release_.waiting.push_back(std::move(done));
  }

  // What must be read for it since this was last called, to be read after the turn's commit, beside
  // the loop; each is answered once, in a later turn. An answer to a loop that has started anew
  // meanwhile is ignored.
  std::vector<LedgerNeed> TakeNeeds();
  void Answer(LedgerAnswer answer);
  // Something waits for an answer.
  bool reads() const { return !waits_.empty(); }
  // Calls `then` when the run is in memory, where it stays for that turn: now, or in the turn of
  // the answer. Not OK: NOT_FOUND; it can't be read; too many wait already (UNAVAILABLE). Dropped
  // if the loop starts anew.
  using Then = LedgerWaits::Then;
  void WithRun(const std::string& dag_id, const std::string& run_id, Then then);
  // The same of several: all of them are in memory then. (A turn that is taken back meanwhile lets go
  // of them: UNAVAILABLE for who looks for one.)
  void WithRuns(const std::string& dag_id, std::vector<std::string> run_ids, Then then);

  // Requests of people: the answer holds once the turn is committed. Those that name a run are for
  // within WithRun: UNAVAILABLE, if it isn't in memory.

  // CheckTrigger comes first.
  Result<RunRow> Trigger(const TriggerRequest& request, const Actor& actor);
  Result<DagRow> SetPaused(const std::string& dag_id, bool paused, const Actor& actor);
  // queued (start it over: all that has not succeeded), success or failed.
  Result<RunRow> SetRunState(const std::string& dag_id, const std::string& run_id, RunState state,
                             const Actor& actor);
  Result<RunRow> SetRunNote(const std::string& dag_id, const std::string& run_id,
                            const std::string& note, const Actor& actor);
  // The task instances that were (or with dry_run: would be) cleared or set, as they are now; those
  // that got nothing but a note.
  Result<std::vector<TiRow>> Clear(const ClearRequest& request, const Actor& actor);
  Result<std::vector<TiRow>> SetTasks(const SetTasksRequest& request, const Actor& actor);
  Result<PoolRow> SetPool(const PoolRow& pool, const Actor& actor);
  Status DeletePool(const std::string& name, const Actor& actor);
  // Empty task_id: of the run.
  Result<Explanation> Explain(const std::string& dag_id, const std::string& run_id,
                              const std::string& task_id, int32_t map_index = kUnmapped);
  // What waits, of one DAG or (empty) of all; NOT_FOUND: there is no such DAG. And what each DAG waits
  // for most. Both cost by the DAGs, limits and causes that there are, not by how many wait.
  Result<WaitsInfo> Waits(const std::string& dag_id) const;
  std::map<std::string, DagWait> DagWaits() const;
  std::vector<QueueInfo> Queues() const;
  // `max` of those who hold slots, and of those next in line. NOT_FOUND: there is no such pool.
  Result<PoolHolders> Holders(const std::string& pool, size_t max) const;
  // `minutes` of what has ended, the current one last.
  StandingInfo Standing(size_t minutes) const;
  std::vector<PoolInfo> Pools() const;
  std::vector<WorkerInfo> Workers() const;
  // No more attempts for the worker of this name, whichever process it is, until it is undrained;
  // it goes on with what it has. NOT_FOUND: there never was one.
  Status DrainWorker(const std::string& name, bool drained, const std::string& reason,
                     const Actor& actor);
  // Of one that isn't connected and runs nothing; else FAILED_PRECONDITION.
  Status ForgetWorker(const std::string& name, const Actor& actor);

  // Of a task that runs. FAILED_PRECONDITION: it doesn't run any more, or in another attempt.
  Status CheckRuns(const AttemptId& attempt) const;
  Status SetXCom(const AttemptId& by, XComRow row);
  Status DeleteXCom(const AttemptId& by, const XComName& name);

  // DAG files.

  // Takes what a file said. A DAG that another file already has, or that doesn't hold up, becomes
  // the file's import error, and the others are taken all the same. The file's DAGs that it no
  // longer names become stale; if it has an error, they stay as they were.
  void ReportFile(const FileReport& report);
  void ReportFileGone(const std::string& fileloc);
  // The DAGs folder is this bundle now. What comes from a file of `unread` (not read yet as it is
  // in there) keeps the bundle that it had, until ReportFile names it: a version's
  // code is of the folder as it was when it had that version.
  void SetBundle(const std::string& digest, const std::set<std::string>& unread);
  // The files that some DAG came from, or that have an import error: to be forgotten if they are
  // gone.
  std::set<std::string> KnownFiles() const;

  // Workers.

  void OnHello(const WorkerLinkPtr& link, const WorkerHello& hello);
  void OnClaim(const WorkerLinkPtr& link, const std::vector<AttemptId>& attempts);
  void OnStarted(const WorkerLinkPtr& link, const AttemptId& attempt, int64_t pid);
  void OnFinished(const WorkerLinkPtr& link, const AttemptResult& result);
  void OnWant(const WorkerLinkPtr& link, uint32_t room);
  // Why it takes no new work; empty: it does.
  void OnHealth(const WorkerLinkPtr& link, const std::string& ill);
  void OnLoad(const WorkerLinkPtr& link, WorkerLoad load);
  void OnGoodbye(const WorkerLinkPtr& link);
  void OnDisconnected(const WorkerLinkPtr& link);

  // The queue may have lost entries: all that is queued is rung again, this turn.
  void RingAgain() { next_sweep_ = mono_; }

  // What was committed (and flushed), turn by turn. For any thread.
  Feed& feed() { return feed_; }
  const Feed& feed() const { return feed_; }
  // The DAG versions. For any thread.
  Catalog& catalog() { return catalog_; }

  // From any thread.
  const LoopMetrics& metrics() const { return metrics_; }
  const core::Scheduler& scheduler() const { return *scheduler_; }
  Epoch epoch() const { return epoch_; }
  // Empty if every invariant holds (core's, and: whoever holds a live attempt is a known worker).
  std::string Audit() const;

 private:
  struct Worker {
    WorkerHello hello;
    WorkerLinkPtr link;           // nullptr: not connected
    bool accepts = true;          // its last Want was not 0
    MonoTime heard;               // as of its link's end; while it has one, the link's lease knows
    Duration longer{0};           // beyond the lease, see Recover
    std::set<AttemptId> held;     // live attempts granted to it
    std::set<AttemptId> started;  // of those, known to have a process
    std::set<AttemptId> ungranted;  // of those, not told to it: an answer of the ledger is missing
    std::string note;               // what was odd about its Hello
    std::string ill;                // why it takes no new work, by its own word
    std::optional<WorkerLoad> load = {};
    MonoTime load_told = {};  // to the feed
  };
  struct DagEntry {
    DagRow row;
    std::string hash;
  };
  // Of a DAG's runs: the last one that named no time, and the last date that was given to one that
  // named none.
  struct LastGiven {
    TimePoint trigger{}, date{};
  };
  using VersionKey = std::pair<std::string, int64_t>;
  struct Version {
    DagPtr dag;
    std::string bundle;  // empty: the current one
  };
  // What leaves when the turn is committed.
  struct Release {
    std::vector<std::pair<WorkerLinkPtr, Grant>> grants;
    std::vector<std::pair<WorkerLinkPtr, Welcome>> welcomes;
    std::vector<std::pair<WorkerLinkPtr, bool>> drains;  // over?
    std::vector<std::pair<WorkerLinkPtr, std::vector<AttemptId>>> acks;
    void Ack(const WorkerLinkPtr& link, const AttemptId& attempt) {
      if (acks.empty() || acks.back().first != link) acks.push_back({link, {}});
      acks.back().second.push_back(attempt);
    }
    std::vector<std::pair<WorkerLinkPtr, std::pair<AttemptId, std::string>>> refusals;
    std::vector<core::CancelAttempt> cancels;
    FeedTurnPtr turn;  // null: nothing that the feed tells of
    std::vector<RunId> ended;
    std::vector<std::function<void(const Status&)>> waiting;
    bool empty() const {
      return grants.empty() && welcomes.empty() && drains.empty() && acks.empty() &&
             refusals.empty() && cancels.empty() && turn == nullptr && waiting.empty();
    }
  };
  struct HeldRelease {
    uint64_t turn;
    Release release;
  };
  // Whose rows were refused in the turn that is done again, and why.
  struct Refused {
    std::map<AttemptId, std::string> results;
    std::map<std::string, std::string> dags;
    std::map<std::string, std::string> errors;  // of these files
    std::map<std::string, std::string> names;   // the names of these files, too
    std::map<std::pair<std::string, std::string>, std::string> due;  // runs: DAG and run id
  };
  // What the turn was about, to know whose a row is.
  struct About {
    std::vector<AttemptId> results;
    std::set<std::string> reported;  // DAGs, by their files
    std::set<RunId> due;             // made because it was time
  };

  // loop.cc: turns
  void Work();
  void ReapWorkers();
  void Sweep();
  // Whether it granted anything.
  bool ServeQueues();
  void Absorb(core::Output output);
  void BuildBatch();
  void WritePlace(DagRow& row) const;
  void ReleaseEffects(bool durable);
  void Send(Release& release);
  // Memory is what the ledger says; workers keep their links.
  void Load(LiveState live);
  void LoadRuns(const LiveState& live);

  // loop_refused.cc
  // Notes whose row it was: true if the turn may be done again without it.
  bool LeaveOut(const BatchRow& row, const std::string& why, bool own);
  bool LeaveOutOfRun(RunId run, std::optional<core::Inst> inst, const std::string& why, bool own);
  // The turn never was: whom it would have welcomed has not said Hello.
  void Answer(Release undone, const Status& why, bool guilty);
  bool Rests(const DagRow& row) const;

  // loop_observe.cc
  void Count(const core::Output& output);
  void CountGrant(const core::Run& run, core::Inst inst);
  void PublishStanding();
  void CountQueues();
  // Writes the rows of connected workers again, each once an hour: by its age a row tells who is gone.
  void NoteHeard();
  // loop_feed.cc
  void NoteCommitted();

  // loop_why.cc
  bool TakesWork(const std::string& name, const Worker& worker) const;
  core::QueueStanding StandingOf(const std::string& queue) const;
  std::set<std::string> ServedQueues() const;
  HolderInfo HolderOf(const core::Run& run, core::Inst inst) const;

  // loop_ledger.cc: what is read beside it
  void Unload(const std::vector<RunId>& ended);
  struct Gathering;
  void Gather(const std::shared_ptr<Gathering>& gathering);
  void EndGathering(const Gathering& gathering, const Status& status);
  Status TakeRun(LedgerAnswer& answer);
  DagPtr TakeVersion(const StoredRun& run);
  void NeedPast(RunId run);
  void AnswerPast(const LedgerAnswer& answer);
  void NeedSuccess(const core::Run& run);
  void AnswerSuccess(const LedgerAnswer& answer);
  void FindDueRuns();
  void MakeDueRuns(const LedgerAnswer& answer, const LedgerWaits::DueRuns& due);
  // nullptr: the DAG has none.
  const LedgerWaits::DueRuns* DueRunsOf(const std::string& dag_id) const;

  // loop_requests.cc
  RunRow& Insert(RunRow row, const DagPtr& dag);
  Result<DagEntry*> UsableDag(const std::string& dag_id);
  // Its name, if there is one.
  std::optional<std::string> RunOfDate(const std::string& dag_id, TimePoint date) const;
  Status SetDates(const TriggerRequest& request, LastGiven& last, RunRow& row) const;
  // The run, from memory.
  Result<core::Run*> FindRun(const std::string& dag_id, const std::string& run_id);
  Result<std::vector<core::Inst>> Select(const core::Run& run,
                                         const std::vector<std::string>& task_ids,
                                         const std::vector<TaskInstanceName>& instances,
                                         bool upstream, bool downstream) const;
  // loop_tasks.cc
  Result<std::vector<core::Inst>> Clearable(const core::Run& run, const ClearRequest& request,
                                            std::vector<core::Inst> tasks) const;
  // Whether these may have the note: Loop::SetTasks.
  Status CheckNote(const core::Run& run, const std::vector<core::Inst>& tasks,
                   const std::string& note) const;
  void Audit(const Actor& actor, std::string event, std::string dag_id, std::string run_id = "",
             std::string task_id = "", std::string extra = "");

  // loop_values.cc: what tasks returned that others are mapped over
  using ValueKey = std::pair<RunId, core::Inst>;
  // What has no length, or too much of it, fails the task that returned it, as in Airflow.
  // And the tasks that its end names must be the DAG's.
  core::AttemptFinished Judge(const Dag& dag, const AttemptResult& result) const;
  void KeepRendered(const AttemptResult& result);
  core::AttemptFinished JudgeValue(const Dag& dag, const AttemptResult& result) const;
  void KeepValue(const AttemptId& id, const std::string& json);
  void ForgetValues(RunId run);
  Result<std::string> ArgumentsOf(const core::Run& run, const AttemptId& attempt) const;

  // loop_dags.cc
  void LoadDags(const LiveState& live);
  void RegisterDag(const FileReport& report, const ParsedDag& parsed, std::string& error);
  void UpdateCalendar(DagEntry& entry);
  void Pause(DagEntry& entry, bool paused, const Actor& actor, std::string why = "");
  void CountFailures(const core::Run& run);
  void MarkStale(DagEntry& entry);
  void SetVersionBundle(const VersionKey& key, const std::string& bundle);
  std::string BundleOf(const Dag& dag) const;
  void ForgetVersions();

  // loop_workers.cc
  Worker* WorkerOf(const WorkerLinkPtr& link);
  MonoTime HeardOf(const Worker& worker) const;
  MonoTime LeaseEnd(const Worker& worker) const;
  // The worker's link is its own no more.
  void Unlink(Worker& worker);
  void SweepSoon();
  bool IsDrained(const std::string& name) const;
  // What is odd about it, though it may work.
  // One that isn't connected is listed so long after it was last heard of, or while it is drained.
  static constexpr Duration kWorkerListed = std::chrono::hours(24);
  static constexpr Duration kTellLoad = std::chrono::seconds(5);
  static std::string Notes(const Worker& worker);
  WorkerInfo InfoOf(const std::string& name, const Worker& worker) const;
  std::optional<WorkerInfo> InfoOf(const WorkerRow& row) const;
  std::string NoteOn(const WorkerHello& hello) const;
  Worker& WorkerNamed(const std::string& name);
  bool ClaimFor(Worker& worker, const AttemptId& attempt, std::string& refusal);
  // Now, or once the ledger has said what goes with it.
  void QueueGrant(Worker& worker, const AttemptId& attempt);
  void ReleaseGrant(Worker& worker, const AttemptId& attempt,
                    const std::optional<PreviousSuccess>& success);
  // Cancelled before its worker heard of it: ended by nobody else. Whether there were such.
  bool EndUngranted();
  // After the commit.
  void ForgetGranted(const Release& release);
  // False: it isn't taken, and must be offered again.
  bool Finish(const AttemptResult& result);
  void PutImportError(const std::string& fileloc, const std::string& error);
  void Lose(const AttemptId& attempt, const std::string& reason);

  Store& store_;
  QueueBell& bell_;
  TaskQueue* const served_;
  const LoopOptions options_;
  Catalog catalog_;
  Feed feed_;
  std::unique_ptr<core::Scheduler> scheduler_;
  std::unique_ptr<core::Calendar> calendar_;
  std::map<std::string, DagEntry> dags_;
  std::map<std::string, DagRow> unreadable_;  // DAGs whose stored version this build can't read
  std::map<VersionKey, Version> versions_;    // those of live runs, and current ones
  std::string bundle_;                        // the current one's digest
  std::map<std::string, PoolRow> pools_;
  std::set<std::string> error_files_;
  std::map<std::string, Worker> workers_;
  std::unordered_map<WorkerLink*, std::string> links_;

  Epoch epoch_;
  RunId last_run_;
  TimePoint now_;
  MonoTime mono_;
  Duration longer_{0};  // Recover's, for the workers of the ledger
  MonoTime next_sweep_;
  CommitBatch batch_;
  BatchRow refused_row_;  // of the batch, by the last commit
  About about_;
  Refused refused_;
  // Left alone until the next Recover, for their rows are refused; and why.
  std::map<RunId, std::string> aside_runs_;
  std::map<std::string, std::string> aside_dags_;
  std::map<core::TiRef, TiRow> dirty_tis_;
  std::set<std::string> dirty_dags_;
  std::map<VersionKey, std::string> dirty_bundles_;
  std::set<RunId> dirty_runs_;
  std::map<core::TiRef, std::string> dirty_notes_;
  std::map<RunId, uint32_t> kept_runs_;  // in memory, for so many that wait for more of them
  std::map<std::string, WorkerRow> known_workers_;  // as of their last Hello
  std::set<std::string> loads_to_tell_;             // of these workers, with the turn
  Release release_;
  LoopMetrics metrics_;
  Throughput throughput_;
  MonoTime next_publish_, next_note_heard_;
  std::map<std::string, uint64_t> queued_by_queue_;  // for /metrics, at the last publishing
  bool publish_due_ = false;                         // something happened since
  uint64_t turn_ = 0;
  uint64_t feed_turn_ = 0;        // the last of this epoch that the feed has, or will
  std::deque<HeldRelease> held_;  // committed, and not yet synced

  std::map<ValueKey, std::shared_ptr<const JsonElements>> values_;  // of runs in memory
  std::map<AttemptId, std::string> map_index_texts_;  // of those that ended in this turn

  LedgerWaits waits_;
  std::map<std::string, LastGiven> last_given_;  // by DAG; more than the ledger says
};

}  // namespace gale
