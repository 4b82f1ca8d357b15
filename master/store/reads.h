// What API, CLI, UI and the engine's loader read of the ledger: a page at a time, or one thing by
// its key. Written once for every kind of database (sql_reads.h); the contract suite of the store
// covers it.
//
// A page by key costs what the page holds, however much the ledger holds: `after` names the last
// row that the caller has seen. An `offset` skips entries of an index. A `total` is counted in an
// index where there is one that fits the filter (docs/schema.md names them), and only if wanted.
//
// Thread-safe. Reads see everything that was committed before they began. UNAVAILABLE: all
// connections were busy for too long, or the database isn't reached. DEADLINE_EXCEEDED: it took
// longer than limits::kReadTimeMax; the database has stopped working on it. An `order_by` that the
// listing doesn't know (list_orders.h) is INVALID_ARGUMENT.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/base/status.h"
#include "master/store/rows.h"

namespace gale {

// A page of a listing. `order_by`: names of list_orders.h, "-" before one for descending. Empty
// values sort before all others; ties are broken by the key,
// which descends if the first order does (as in Airflow: an index can be read backwards, but not to and
// fro).
struct PageQuery {
  uint32_t limit = 50;
  uint32_t offset = 0;
  std::vector<std::string> order_by;
  bool count = true;  // false: the page's total is left 0
};
template <class Row>
struct Page {
  std::vector<Row> rows;
  uint64_t total = 0;  // of all rows that match, not of this page
};

// In each of them, `after` goes with the order of the key only: ascending, or for runs and events
// also descending ("-id"). It doesn't change the total.
struct DagQuery : PageQuery {
  std::string id_pattern;         // substring, any case; empty: all
  std::vector<std::string> tags;  // any of them; empty: all
  std::optional<bool> paused;
  bool include_stale = false;
  std::string after;  // dag_id
};
struct RunQuery : PageQuery {
  std::string dag_id;  // empty: of all DAGs
  std::string run_id;  // exact; empty: any
  std::vector<RunState> states;
  std::vector<RunType> types;
  std::optional<TimePoint> logical_date_gte, logical_date_lte, run_after_gte, run_after_lte;
  std::vector<RunId> ids;  // any of; empty: all
  std::optional<RunId> after;
  bool without_conf = false;  // leaves it {}: it may be long
};
struct EventQuery : PageQuery {
  std::optional<int64_t> after;
  std::optional<int64_t> id;
  struct Text {
    std::optional<std::string> is;
    std::string has;  // a part of it, any case; empty: any
  };
  Text dag_id, run_id, task_id, owner, event;
  std::vector<std::string> included, excluded;  // events: any of these, empty: all; none of those
  std::optional<TimePoint> since, until;
};
struct ImportErrorQuery : PageQuery {
  std::optional<int64_t> id;
  std::vector<std::string> filenames;  // any of; empty: all
  bool without_traces = false;         // leaves them empty: they may be long
};

// Which runs a listing of "~" is about.
struct RunScope {
  std::string dag_id;       // empty: of all DAGs
  std::string run_id;       // exact; empty: any
  bool unfinished = false;  // only those that aren't
};
// How many runs of one version there are.
struct VersionRuns {
  std::string dag_id;
  int64_t version = 0;
  uint64_t runs = 0;
  uint32_t tasks = 0;  // as DagVersionRow's
};
struct StateRuns {
  std::string dag_id;
  RunState state = RunState::kQueued;
  uint64_t runs = 0;
};
struct RunHead {
  RunId id;
  std::string dag_id;
  int64_t version = 0;
  RunType type = RunType::kManual;
  TimePoint run_after;
  std::optional<TimePoint> logical_date;
};

// A run as a bar of a chart.
struct RunBrief {
  RunId id;
  std::string dag_id, run_id;
  RunState state = RunState::kQueued;
  RunType type = RunType::kManual;
  TimePoint run_after;
  std::optional<TimePoint> start_date, end_date;
};
struct RunTime {
  TimePoint run_after;
  RunState state = RunState::kQueued;
};
// How many runs of one DAG are in a state.
struct DagRunsInState {
  std::string dag_id;
  RunState state = RunState::kQueued;
  uint64_t runs = 0;
};
// Runs whose run_after is in [from, until).
struct RunWindow {
  std::string dag_id;  // empty: of all DAGs
  TimePoint from, until;
  size_t limit = 0;
};

// The rows of the tasks first..last of a run.
struct TiRange {
  RunId run;
  TaskIndex first = TaskIndex(0);
  TaskIndex last = TaskIndex(UINT32_MAX);
};
// The same of some of their instances.
struct TaskNotesOf {
  RunId run;
  TaskIndex first = TaskIndex(0);
  TaskIndex last = TaskIndex(UINT32_MAX);
  int32_t first_index = kUnmapped;
  int32_t last_index = INT32_MAX;
};
// What task instances are sorted and filtered by.
struct TiBrief {
  RunId run;
  TaskIndex task;
  int32_t map_index = kUnmapped;
  TiState state = TiState::kNone;
  uint32_t try_number = 0;  // as people count them
  std::optional<TimePoint> queued_at, start_date, end_date;
  std::optional<uint32_t> block_length = {};  // as TiRow's
};
struct TiScan {
  RunScope runs;
  std::vector<TiState> states;  // any of; empty: all
  size_t limit = 0;             // rows
};

// What a page colours an instance by.
struct TiCell {
  RunId run;
  TaskIndex task;
  int32_t map_index = kUnmapped;
  TiState state = TiState::kNone;
  std::optional<uint32_t> block_length = {};  // as TiRow's
  std::optional<TimePoint> start_date, end_date;
};
struct CellQuery {
  std::vector<RunId> runs;
  std::vector<TiState> states;  // any of; empty: all
  bool with_times = false;      // else they are left empty
  size_t limit = 0;             // rows
};

// The XComs of one key of all instances of a task, in the order of their map index.
struct XComsOfTask {
  RunId run;
  TaskIndex task;
  std::string key;
  bool backwards = false;  // the last one first
  uint32_t offset = 0;
  uint32_t limit = 1;
};

struct XComQuery : PageQuery {
  RunScope runs;
  // Of these tasks only (a task's index differs from version to version); empty: all.
  struct Task {
    std::string dag_id;
    int64_t version = 0;
    TaskIndex task;
  };
  std::vector<Task> tasks;
  std::optional<int32_t> map_index;
  std::optional<std::string> key;
};
// An XCom without its value.
struct XComHead {
  RunId run;
  TaskIndex task;
  int32_t map_index = kUnmapped;
  std::string key;
  TimePoint timestamp;
};

class Reads {
 public:
  virtual ~Reads() = default;

  virtual Result<Page<DagRow>> ListDags(const DagQuery& query) = 0;
  // Of all DAGs that aren't stale, each once, in no order.
  virtual Result<std::vector<std::string>> ListTags() = 0;
  virtual Result<DagRow> GetDag(const std::string& dag_id) = 0;  // NOT_FOUND
  virtual Result<Page<DagVersionHead>> ListDagVersions(const std::string& dag_id,
                                                       const PageQuery& query) = 0;
  virtual Result<DagVersionRow> GetDagVersion(const std::string& dag_id, int64_t version) = 0;
  virtual Result<Page<ImportErrorRow>> ListImportErrors(const ImportErrorQuery& query) = 0;

  virtual Result<Page<RunRow>> ListRuns(const RunQuery& query) = 0;
  virtual Result<RunRow> GetRun(const std::string& dag_id, const std::string& run_id) = 0;
  virtual Result<RunRow> GetRunById(RunId id) = 0;  // NOT_FOUND
  // The DAG's run with the largest logical date before `before` (any type, not queued, never
  // `except`).
  virtual Result<std::optional<RunRow>> PreviousRun(const std::string& dag_id, TimePoint before,
                                                    RunId except) = 0;
  // The runs in scope, counted by version; and the next ones after `after` by key.
  virtual Result<std::vector<VersionRuns>> CountRuns(const RunScope& scope) = 0;
  // How many there are by DAG and state; of these DAGs, or of all.
  virtual Result<std::vector<StateRuns>> CountStates(const std::vector<std::string>& dag_ids) = 0;
  virtual Result<std::vector<RunHead>> WalkRuns(const RunScope& scope, RunId after,
                                                size_t limit) = 0;

  // Of each DAG that isn't stale, the run with the latest run_after, by DAG.
  virtual Result<std::vector<RunBrief>> LatestRuns() = 0;
  // Of each of these DAGs its `each` last ones by run_after, the newest first; DAG by DAG.
  virtual Result<std::vector<RunBrief>> LastRuns(const std::vector<std::string>& dag_ids,
                                                 size_t each) = 0;
  // Queued and running ones, by DAG.
  virtual Result<std::vector<DagRunsInState>> CountUnfinished() = 0;
  // The last ones first; `window.limit` at most.
  virtual Result<std::vector<RunBrief>> RunsBetween(const RunWindow& window) = 0;
  // The same in brief, in any order. RESOURCE_EXHAUSTED: more than window.limit match.
  virtual Result<std::vector<RunTime>> RunTimes(const RunWindow& window) = 0;

  // A task instance that nothing has happened to has no row. By run, task and map index.
  virtual Result<std::vector<TiRow>> ListTis(const std::vector<TiRange>& ranges) = 0;
  Result<std::vector<TiRow>> ListTis(RunId run) { return ListTis({TiRange{run}}); }
  virtual Result<std::optional<TiRow>> GetTi(const TiKey& ti) = 0;
  // RESOURCE_EXHAUSTED: more than scan.limit rows match. By run, task and map index.
  virtual Result<std::vector<TiBrief>> ScanTis(const TiScan& scan) = 0;
  // In any order. RESOURCE_EXHAUSTED: more than query.limit rows match.
  virtual Result<std::vector<TiCell>> ListCells(const CellQuery& query) = 0;
  // Ended tries, oldest first; with a number, that one only.
  virtual Result<std::vector<AttemptRow>> ListAttempts(
      const TiKey& ti, std::optional<uint32_t> try_number = std::nullopt) = 0;
  // The same of many tasks of a run, which aren't mapped, `limit` rows at most; by task and try.
  virtual Result<std::vector<AttemptRow>> ListAttempts(RunId run,
                                                       const std::vector<TaskIndex>& tasks,
                                                       size_t limit) = 0;
  virtual Result<Page<XComHead>> ListXComs(const XComQuery& query) = 0;
  virtual Result<std::optional<XComRow>> GetXCom(const TiKey& ti, const std::string& key) = 0;
  // `query.limit` of them; and how many there are in all.
  virtual Result<std::vector<XComRow>> TaskXComs(const XComsOfTask& query) = 0;
  // Of any task of a run, the one that was pushed last.
  virtual Result<std::optional<XComRow>> LatestXCom(RunId run, const std::string& key) = 0;
  virtual Result<uint64_t> CountTaskXComs(const XComsOfTask& query) = 0;

  virtual Result<std::optional<RenderedRow>> GetRendered(const TiKey& ti) = 0;
  // By run, task and map index; none that is empty.
  virtual Result<std::vector<TaskNoteRow>> ListTaskNotes(const std::vector<TaskNotesOf>& some) = 0;

  virtual Result<Page<EventRow>> ListEvents(const EventQuery& query) = 0;
  // The dag_ids that this user has marked, in their order. Some may be of DAGs that are gone.
  virtual Result<std::vector<std::string>> ListFavorites(const std::string& user) = 0;
};

}  // namespace gale
