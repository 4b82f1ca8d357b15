// Every verb of a client, once: what gRPC (control_service.h) and REST (http/) both call. Writes go
// through the engine and are answered when they are committed; reads come from the store.
//
// Thread-safe. Verbs block (on the engine, the store, the disk): not for an event loop's thread.
// Errors name the thing; NOT_FOUND, ALREADY_EXISTS, INVALID_ARGUMENT and UNAVAILABLE mean what they
// say in common/base/status.h.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "common/base/limits.h"
#include "common/model/dag.h"
#include "master/api/usual_times.h"
#include "master/engine/catalog.h"
#include "master/engine/engine.h"
#include "master/engine/feed.h"
#include "master/engine/messages.h"
#include "master/logs/log_store.h"
#include "master/secrets/secrets.h"
#include "master/store/store.h"

namespace gale {

struct ServerVersion {
  std::string version;
  std::string git_version;
};

// One part of the system, for the health page.
struct PartHealth {
  bool healthy = false;
  std::optional<TimePoint> heartbeat;
};
struct Health {
  PartHealth metadatabase;
  PartHealth scheduler;
  std::optional<PartHealth> dag_processor;  // nullopt: this master has none
};

struct DagView {
  DagRow row;
  DagVersionPtr version;  // the current one
  bool has_import_errors = false;
};
struct RunView {
  RunRow row;
  DagVersionPtr version;
};
using RunViewPtr = std::shared_ptr<const RunView>;
// A task of a run, whether something happened to it yet or not.
struct TaskInstanceView {
  RunViewPtr run;
  TiRow row;              // of a task that nothing has happened to: state none, try 0
  std::string note = {};  // where it was asked for: Control::AddNotes
  const TaskSpec& task() const { return run->version->dag->task(row.task); }
  int64_t priority() const { return run->version->dag->priority(row.task); }
};

struct TaskInstanceQuery {
  std::string dag_id;                 // empty, or "~": all
  std::string run_id;                 // the same
  std::vector<std::string> task_ids;  // any of; empty: all
  std::vector<TiState> states;
  std::optional<int32_t> map_index;
  bool elements_only = false;  // of mapped tasks that were expanded
  std::vector<std::string> pools;
  std::vector<std::string> queues;
  // task_id, state, try_number, start_date, end_date, priority_weight, map_index, queued_when; "-"
  // before it: descending.
  std::vector<std::string> order_by;
  uint32_t limit = limits::kPageRowsDefault;
  uint32_t offset = 0;
};

struct XComListQuery : PageQuery {
  std::string dag_id, run_id, task_id;  // "~": all
  std::optional<int32_t> map_index;
  std::optional<std::string> key;
};
// An XCom without its value.
struct XComView {
  RunViewPtr run;
  XComHead head;
};

struct LogQuery {
  std::string dag_id;
  std::string run_id;
  std::string task_id;
  int32_t map_index = kUnmapped;
  uint32_t try_number = 0;  // 0: the latest
  uint64_t offset = 0;
  size_t max_bytes = 1 << 20;
  bool with_times = true;
  // Found by EndOfTry: the try's starts. Its log is theirs, one after the other.
  uint32_t first_start = 0, last_start = 0;
};
// A try's log, found by FindLog.
struct TryLog {
  LogQuery query;         // with the try's number and starts
  bool complete = false;  // the try has ended, and all of its output is here
  uint64_t size = 0;      // of what is here
};
struct LogPage {
  std::string data;
  uint64_t offset = 0;    // of data's first byte
  bool complete = false;  // the attempt has ended, and this is the last of its output
  uint32_t try_number = 0;
  std::vector<LogTime> times = {};  // when it came; the first may begin before `offset`
};

// Runs under way, as the engine knows them.
struct LiveRuns {
  uint64_t runs = 0;            // not ended
  std::vector<RunId> retrying;  // with task instances in up_for_retry, the newest first; some
};

// Of a server that the master stands on.
struct ServerHealth {
  std::string name;    // "MySQL at db1:3306/gale"
  Status status;       // of the last thing asked of it
  Duration latency{};  // of that; 0: not measured
};
struct ClusterInfo {
  struct Member {
    MasterRow row;
    bool leads = false;
    bool alive = false;  // heard of lately
  };
  LeaderRow leader;
  std::vector<Member> masters;
  ServerHealth database, queue;
  Engine::Audits audits;    // of the answering master
  std::string answered_by;  // the master's name
};

// A setting, as REST shows it.
struct ShownSetting {
  std::string section, key, value;
};

struct ControlOptions {
  ServerVersion version;
  std::string master_name;
  std::string base_url;                 // what people reach the API by
  std::string database;                 // as in ServerHealth
  std::function<ServerHealth()> queue;  // empty: unknown
  // The DAG processor's; empty: there is none.
  std::function<PartHealth()> dag_processor;
  // Variables and connections, which must outlive it. Null: this process has none.
  Secrets* secrets = nullptr;
  // The page /metrics and its content type; doesn't block. Empty: there is none.
  std::function<std::string()> metrics;
  // Without what is secret, a section's together; nullopt: they aren't shown.
  std::optional<std::vector<ShownSetting>> settings = {};
};

class Control {
 public:
  static constexpr Duration kMasterSilent = std::chrono::seconds(10);   // then it counts as dead
  static constexpr Duration kMasterForgotten = std::chrono::hours(24);  // then it isn't shown
  // A log's page in an answer: of text with full_content, of lines as JSON, and how many of those.
  static constexpr size_t kLogTextBytesMax = 16 << 20;
  static constexpr size_t kLogPageBytesMax = 4 << 20;
  static constexpr size_t kLogPageLinesMax = 20'000;
  static constexpr Duration kLogTailWait = std::chrono::seconds(2);

  // All must outlive it.
  Control(Engine& engine, Store& store, LogStore& logs, ControlOptions options);

  const std::string& base_url() const { return options_.base_url; }
  const ServerVersion& version() const { return options_.version; }
  const std::string& master_name() const { return options_.master_name; }
  const std::optional<std::vector<ShownSetting>>& settings() const { return options_.settings; }
  // FAILED_PRECONDITION: this process has none.
  Result<Secrets*> secrets() const {
    if (options_.secrets != nullptr) return options_.secrets;
    return FailedPrecondition("this process has no variables and connections");
  }
  // What is known already: asks nobody, waits for nothing. From any thread, an I/O thread too.
  Health GetHealth() const;
  // In Prometheus's text form. Waits for nothing. NOT_FOUND: this process has no such page.
  Result<std::string> GetMetrics() const;
  ClusterInfo GetCluster();
  // The master that leads, if it isn't this one: what is asked of it here it can answer. nullopt:
  // we lead, or nobody is known to.
  std::optional<MasterRow> LeaderElsewhere();

  // DAGs.

  // Registers a DAG without a file. Idempotent.
  Result<DagView> SubmitDag(DagSpec spec, const Actor& actor);
  Result<Page<DagView>> ListDags(const DagQuery& query);
  Result<DagView> GetDag(const std::string& dag_id);
  Result<int64_t> CurrentVersion(const std::string& dag_id);
  Result<DagView> SetDagPaused(const std::string& dag_id, bool paused, const Actor& actor);
  Result<DagVersionPtr> GetDagVersion(const std::string& dag_id, int64_t version);
  Result<Page<DagVersionHead>> ListDagVersions(const std::string& dag_id, const PageQuery& query);
  Result<Page<ImportErrorRow>> ListImportErrors(const ImportErrorQuery& query);
  Result<ImportErrorRow> GetImportError(int64_t id);

  // Runs.

  Result<RunView> Trigger(TriggerRequest request, const Actor& actor);
  // query.dag_id empty: of all DAGs; else NOT_FOUND if there is no such DAG.
  Result<Page<RunView>> ListRuns(const RunQuery& query);
  Result<RunView> GetRun(const std::string& dag_id, const std::string& run_id);
  Result<RunView> GetRunById(RunId id);
  // queued, success or failed.
  Result<RunView> SetRunState(const std::string& dag_id, const std::string& run_id, RunState state,
                              const Actor& actor);
  Result<RunView> SetRunNote(const std::string& dag_id, const std::string& run_id,
                             const std::string& note, const Actor& actor);

  // Task instances.

  // All tasks of the run's version of its DAG: instances.h.
  Result<Page<TaskInstanceView>> ListTaskInstances(const TaskInstanceQuery& query);
  Result<TaskInstanceView> GetTaskInstance(const std::string& dag_id, const std::string& run_id,
                                           const std::string& task_id,
                                           int32_t map_index = kUnmapped);
  // Ended tries, oldest first; with a number (as people count them), that one only.
  Result<std::vector<AttemptRow>> ListTries(const TaskInstanceView& ti,
                                            std::optional<uint32_t> try_number = std::nullopt);
  // NOT_FOUND, naming it, if the run's version has no such task.
  Status CheckTaskIds(const std::string& dag_id, const std::string& run_id,
                      const std::vector<std::string>& task_ids);
  Result<std::vector<TaskInstanceView>> SetTasks(const SetTasksRequest& request,
                                                 const Actor& actor);
  Result<std::vector<TaskInstanceView>> Clear(ClearRequest request, const Actor& actor);
  Status AddNotes(std::vector<TaskInstanceView>& tis);
  // Empty task_id: of the run.
  Result<Explanation> Explain(const std::string& dag_id, const std::string& run_id,
                              const std::string& task_id, int32_t map_index = kUnmapped);
  // Once the attempt has ended, the rest of its output is waited for, kLogTailWait at most. (Who
  // follows a log: LogFollower.)
  Result<LogPage> ReadLog(LogQuery query);
  // Where a try's log lies, and how much there is of it; waits as ReadLog does. NOT_FOUND: there is
  // no such try, or it never started. (What is made of it: log_pages.h.)
  Result<TryLog> FindLog(LogQuery query);
  // What the disk has of a log that was found, from query.offset on.
  Result<LogPage> PageOf(const LogQuery& query);
  static LogKey KeyOf(const LogQuery& query, uint32_t start);
  // What workers fetch: a bundle's manifest or one of its files. NOT_FOUND.
  Result<std::string> GetBlob(const std::string& digest) { return store_.GetBlob(digest); }
  // Whose log it is that a worker ships. NOT_FOUND if no such run or task was ever.
  Result<LogKey> NameAttempt(const AttemptId& attempt);
  Result<Page<XComView>> ListXComs(const XComListQuery& query);
  Result<std::optional<XComRow>> GetXCom(const TaskInstanceView& ti, const std::string& key);
  // What its template fields were, the last time that it ran.
  Result<std::optional<RenderedRow>> GetRendered(const TaskInstanceView& ti);
  // What a worker ships of it, as LogStore::Append; who follows the log is told.
  Result<uint64_t> AppendLog(const AttemptId& attempt, const LogKey& key, uint64_t offset,
                             std::string_view data);
  LogStore& logs() { return logs_; }
  Store& store() { return store_; }
  Reads& reads() { return reads_; }
  Catalog& dags() { return dags_; }
  UsualTimesOf& usual_times() { return usual_times_; }

  // What was committed, as it is told to who follows (followers.h).
  Feed& feed() { return engine_.feed(); }

  // The rest.

  Result<std::vector<PoolInfo>> ListPools();
  Result<PoolInfo> GetPool(const std::string& name);
  Result<PoolInfo> SetPool(const PoolRow& pool, const Actor& actor);
  Status DeletePool(const std::string& name, const Actor& actor);
  Result<std::vector<WorkerInfo>> ListWorkers();
  Result<LiveRuns> CountLive();
  // Of the leader only, as these: of what the engine counts, cheap at any size. Loop's of these names.
  Result<WaitsInfo> ListWaits(const std::string& dag_id);  // empty: of all DAGs
  Result<std::map<std::string, DagWait>> ListDagWaits();   // by DAG: those that wait for something
  Result<std::vector<QueueInfo>> ListQueues();
  Result<PoolHolders> ListHolders(const std::string& pool, size_t max);
  Result<StandingInfo> GetStanding(size_t minutes);
  Status DrainWorker(const std::string& name, bool drained, const std::string& reason,
                     const Actor& actor);
  Status ForgetWorker(const std::string& name, const Actor& actor);
  Result<Page<EventRow>> ListEvents(const EventQuery& query);

 private:
  friend class LogFollower;
  // In the rows' order.
  Result<std::vector<DagView>> ViewsOf(std::vector<DagRow> rows);
  Result<RunView> ViewOf(RunRow row);
  Result<std::vector<TaskInstanceView>> ViewsOf(const std::vector<TiRow>& rows);
  // Of a clear that names earlier or later runs: those of them with something to clear.
  Result<std::vector<std::string>> RunsToClear(const ClearRequest& request);
  Result<DagRow> GetDagRow(const std::string& dag_id);
  // "~", or empty: all. NOT_FOUND: there is no such DAG, and it is asked for runs of it.
  Result<RunScope> ScopeOf(const std::string& dag_id, const std::string& run_id);
  struct LogEnd {
    bool ended = false;
    uint64_t size = 0;     // of the whole log, once it has ended
    bool started = false;  // a process of its was asked for
    TiState state = TiState::kNone;
  };
  // Which try is asked for, which it notes in `query`, and what is known of it. An ended log's tail
  // is waited for.
  Result<LogEnd> FindTry(LogQuery& query);
  // Of query.try_number, whose starts it notes there.
  Result<LogEnd> EndOfTry(const TaskInstanceView& ti, LogQuery& query);
  static Status NoSuchTry(const LogQuery& query, const TaskInstanceView& ti);
  Result<uint64_t> SizeOf(const LogQuery& query) const;
  // Waits until the log has `size` bytes, kLogTailWait at most.
  Status AwaitTail(const LogQuery& query, const AttemptId& attempt, uint64_t size);

  Engine& engine_;
  Store& store_;
  Reads& reads_;
  LogStore& logs_;
  const ControlOptions options_;
  Catalog& dags_;
  UsualTimesOf usual_times_;
};

}  // namespace gale
