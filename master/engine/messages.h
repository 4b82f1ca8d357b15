// What the engine takes and gives, as plain data: requests of people, reports of DAG files, and the
// worker's side of a session.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/base/metrics.h"
#include "common/model/dag.h"
#include "master/core/check.h"
#include "master/core/event.h"
#include "master/core/run.h"
#include "master/engine/standing_info.h"
#include "master/engine/worker_lease.h"
#include "master/store/rows.h"

namespace gale {

// Who asks: stands in the audit trail.
struct Actor {
  std::string name;  // "admin"
  std::string via;   // "cli", "rest_api", "ui", "timetable"
  bool administers = false;
  bool named_token = false;  // asks with one, not as who has logged in
};

struct TriggerRequest {
  std::string dag_id;
  std::string run_id;  // empty: made from run_after
  // Unset: now, for DAG files of Airflow 1 and 2; none, for those of Airflow 3 (as Airflow does).
  std::optional<TimePoint> logical_date;
  bool no_logical_date = false;                           // none, whatever the file
  std::optional<TimePoint> interval_start, interval_end;  // both or neither
  std::optional<TimePoint> run_after;                     // unset: now
  std::optional<TimePoint> free_date = std::nullopt;      // CheckTrigger: no run has it
  bool numbered = false;                                  // CheckTrigger: the made name is taken
  std::string conf_json = "{}";                           // a JSON object; checked by the caller
  std::string note;
  std::optional<AttemptId> by = std::nullopt;  // a task's own: only while it runs
};

// The id of a run that was given none.
inline std::string MadeRunId(TimePoint run_after) {
  return "manual__" + FormatTimeOffset(run_after);
}

// One instance, as people name it.
struct TaskInstanceName {
  std::string task_id;
  int32_t map_index = kUnmapped;
};

struct ClearRequest {
  std::string dag_id;
  std::string run_id;
  std::vector<std::string> task_ids;  // with all their instances; both empty: all
  std::vector<TaskInstanceName> instances = {};
  bool only_failed = false;  // failed and upstream_failed
  bool only_running = false;
  bool include_upstream = false;
  bool include_downstream = false;
  bool dry_run = false;
  // The same tasks in the runs of earlier, of later logical dates, too: Control finds those in which
  // there is something to clear, the loop is given them.
  bool include_past = false, include_future = false;
  std::vector<std::string> other_runs = {};
};

struct SetTasksRequest {
  std::string dag_id;
  std::string run_id;
  std::vector<std::string> task_ids;                 // with all their instances
  std::optional<TiState> state = TiState::kSuccess;  // success, failed or skipped; unset: as it is
  bool include_upstream = false;                     // of the state
  bool include_downstream = false;
  std::vector<TaskInstanceName> instances = {};
  std::optional<std::string> note = {};  // empty: none any more
};

struct Explanation {
  std::string state;
  core::Why why;
  std::vector<std::string> reasons;  // the same, each a sentence
};

struct PoolInfo {
  PoolRow row;
  uint64_t held = 0;     // slots of queued and running task instances
  uint64_t running = 0;  // of those, with a process
  uint64_t waiting = 0;  // slots that scheduled ones want
};

// DAG files.

struct ParsedDag {
  DagSpec spec;
  std::string hash;   // of its meaning
  std::string bytes;  // the spec, serialised
};
// All that one file said.
struct FileReport {
  std::string fileloc;
  std::vector<ParsedDag> dags;
  // Not empty: something is wrong with the file; `dags` are those that are good.
  std::string error;
  // The digest of its text, a blob of the ledger; empty: it isn't kept.
  std::string source = {};
};

// Workers.

inline constexpr char kReturnValue[] = "return_value";  // the key of what a task returned

struct AttemptResult {
  core::AttemptFinished finished;
  struct Skip {
    std::string task_id;
    std::optional<int32_t> map_index;  // unset: all that it has
  };
  std::vector<Skip> skips;         // that its end passes by
  std::string rendered_json;       // what its template fields were: an object; empty: not known
  std::string rendered_map_index;  // what its element is called
  std::vector<std::pair<std::string, std::string>> xcoms;  // key, JSON
  bool value_is_mappable = false;  // what it returned is a list or an object
};

struct WorkerHello {
  std::string name;
  std::string host;
  int64_t pid = 0;
  std::string version;
  std::string incarnation;
  uint64_t number = 0;                       // of this incarnation's Hellos; 0: not counted
  std::string boot_id;                       // of its machine's last start
  std::optional<TimePoint> sent_at = {};     // by its clock
  std::optional<TimePoint> started_at = {};  // its process, by this master's clock
  std::vector<std::string> queues;
  uint32_t slots = 0;
  bool draining = false;
  std::vector<AttemptId> running;
  std::vector<AttemptResult> spooled;
};

// The run of the same DAG that succeeded last before another one, by logical date.
struct PreviousSuccess {
  TimePoint logical_date;
  std::optional<TimePoint> interval_start, interval_end, start_date, end_date;
};

// Everything a worker needs to run an attempt.
struct Grant {
  AttemptId attempt;
  Epoch epoch;
  DagPtr dag;
  RunRow run;
  uint32_t max_tries = 0;
  std::string bundle;  // of the DAG version's code; empty: it has none, or the folder is at hand
  std::optional<PreviousSuccess> previous_success;  // for work that needs it
  // Arguments of this instance, over those of its task: a JSON object; empty: none.
  std::string arguments_json = {};
  core::Looks looks = {};
  uint32_t shown_try() const { return attempt.try_number - looks.all; }
};

struct Welcome {
  Duration lease;
  Duration heartbeat;
  Epoch epoch;
  std::vector<AttemptId> adopted;
  std::vector<AttemptId> unwanted;
  bool drained = false;  // by an operator
};

struct WorkerInfo {
  std::string name;
  std::string host;
  int64_t pid = 0;
  std::string version;
  std::vector<std::string> queues;
  uint32_t slots = 0;
  uint32_t running = 0;
  bool connected = false;
  bool draining = false;  // it takes no more work
  TimePoint last_heard;
  std::string note;               // what is odd about it, for people
  bool stopped = false;           // it said goodbye
  std::vector<HolderInfo> tasks;  // that it runs, at most kHoldersDefault; `running` is how many
  std::optional<TimePoint> started_at;
  std::string drain_reason;
  std::optional<TimePoint> lease_ends;  // not connected, and runs something: that ends then
  std::optional<WorkerLoad> load;
};

// One connected worker, as the engine speaks to it: called on the engine's thread, after the commit
// that the message tells of (SendLease from any); must not block. Implemented by the gRPC session,
// and by the simulation.
class WorkerLink {
 public:
  // What its heartbeats say of it, for /metrics. Thread-safe.
  struct Health {
    Gauge spool_entries, spool_bytes, keeper_restarts;
  };

  virtual ~WorkerLink() = default;
  WorkerLease& lease() { return lease_; }  // thread-safe
  Health& health() { return health_; }
  // Heard now: renews its lease, `length` long, and says so; or it has none, and is told nothing.
  // From any thread, beside the loop.
  void OnHeartbeat(MonoTime now, Duration length, uint64_t sequence) {
    if (lease_.Renew(now)) SendLease(length, sequence);
  }
  // It runs on the master's own machine and dies with it in a power cut: it may hear of commits
  // that only survive the death of processes.
  virtual bool on_this_host() const { return false; }
  virtual void SendWelcome(const Welcome& welcome) = 0;
  virtual void SendGrant(const Grant& grant) = 0;
  virtual void SendRefuse(const AttemptId& attempt, const std::string& reason) = 0;
  virtual void SendAck(const std::vector<AttemptId>& finished) = 0;
  virtual void SendLease(Duration lease, uint64_t sequence) = 0;
  virtual void SendCancel(const AttemptId& attempt, const std::string& reason) = 0;
  virtual void SendDrain(bool over) = 0;
  // The session is over (refused, replaced, or the engine starts anew): the worker shall connect
  // again if `status` is UNAVAILABLE, and give up else.
  virtual void Close(const Status& status) = 0;

 private:
  WorkerLease lease_;
  Health health_;
};
using WorkerLinkPtr = std::shared_ptr<WorkerLink>;

}  // namespace gale
