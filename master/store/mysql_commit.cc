// The write transaction, fenced by the epoch. All of it goes in one packet (several, if it is
// large): begin, fence, rows, commit. The server stops at the first statement that fails, so
// nothing after a failed fence is ever done, and a commit costs one round trip.
#include <algorithm>
#include <deque>
#include <functional>
#include <set>

#include "master/store/bounds.h"
#include "master/store/clean.h"
#include "master/store/mysql_store.h"
#include "master/store/row_columns.h"
#include "master/store/spec_codec.h"

namespace gale::mysql {
namespace {

constexpr size_t kStatementRowsMax = 1000;
constexpr size_t kStatementBytesMax = 1 << 20;  // beyond it a new statement begins
constexpr size_t kPacketBytesMax = 4 << 20;     // beyond it a new packet
constexpr size_t kPacketReserveBytes = 1024;    // of max_allowed_packet, for the protocol
const std::string kLongWait = fmt::format("SET SESSION wait_timeout = {}", kIdleSeconds);

// The rows of one table on their way into statements of many rows.
struct RowSet {
  BatchRow::List list;
  std::string_view table;
  std::string head, tail;
  std::function<void(std::string&, size_t)> append;  // "(1, 'a')": the row of that place
  std::function<std::string(size_t)> describe;
  bool names_runs = false;

  std::string Name(size_t at) const { return fmt::format("table {}: {}", table, describe(at)); }
};

struct Statement {
  std::string sql;
  const RowSet* of = nullptr;  // nullptr: no row is to blame if it fails
  size_t first = 0, count = 0;
  bool finds_cleaned = false;  // fails with kSubqueryRows if one of the batch's runs was cleaned
};

// " ON DUPLICATE KEY UPDATE c = VALUES(c)", for all columns but `kept`, each by `assign`.
std::string Tail(std::string_view columns, std::string_view kept,
                 std::string_view assign = "VALUES({})") {
  const std::string padded = fmt::format(", {},", kept);
  std::string sets;
  for (size_t at = 0; at < columns.size();) {
    const size_t end = std::min(columns.find(',', at), columns.size());
    std::string_view column = columns.substr(at, end - at);
    column.remove_prefix(column.find_first_not_of(' '));
    if (padded.find(fmt::format(" {},", column)) == std::string::npos) {
      const std::string name = QuoteName(column);
      sets += fmt::format("{}{} = {}", sets.empty() ? "" : ", ", name,
                          fmt::format(fmt::runtime(assign), name));
    }
    at = end + 1;
  }
  return " ON DUPLICATE KEY UPDATE " + sets;
}

std::string Head(std::string_view table, std::string_view columns) {
  return fmt::format("INSERT INTO {} ({}) VALUES ", table, QuoteNames(columns));
}

// A run's identity is written once. A row that would change another run's becomes NULL, which its
// column refuses.
std::string RunTail() {
  return Tail(
      kRunColumns, "run_key, dag_id, run_id, logical_date",
      "IF(run_key = VALUES(run_key) AND dag_id = VALUES(dag_id) AND run_id = VALUES(run_id),"
      " VALUES({}), NULL)");
}

// Nullable columns would take that NULL; the first that is assigned isn't one of them.
static_assert(std::string_view(kRunColumns).starts_with("run_key, dag_id, run_id, version, state"));

std::string RunKeys(const std::set<int64_t>& runs) {
  std::string list;
  for (int64_t run : runs) list += fmt::format("{}{}", list.empty() ? "" : ",", run);
  return list;
}

}  // namespace

// A batch as statements, in the order in which they must run.
class CommitPlan {
 public:
  explicit CommitPlan(const CommitBatch& batch) : batch_(batch) {}

  // INVALID_ARGUMENT: a spec is too large.
  Status Make(BatchRow& refused) {
    for (const DagVersionRow& row : batch_.dag_versions) {
      Result<std::vector<uint8_t>> blob = CompressSpec(row.spec);
      if (!blob.ok()) {
        refused = {BatchRow::List::kDagVersions, specs_.size()};
        return blob.status().WithContext(fmt::format("dag '{}'", row.dag_id));
      }
      specs_.push_back(std::move(*blob));
    }
    AddDags();
    AddTasks();
    AddXComs();
    AddLiveRuns();
    AddRest();
    return OkStatus();
  }
  const std::deque<Statement>& statements() const { return statements_; }
  const CommitBatch& batch() const { return batch_; }

 private:
  void Add(std::string sql) { statements_.push_back({std::move(sql)}); }

  void AddRows(size_t rows, RowSet set) {
    if (rows == 0) return;
    const RowSet& kept = sets_.emplace_back(std::move(set));
    Statement* last = nullptr;
    for (size_t i = 0; i < rows; ++i) {
      if (last == nullptr || last->count >= kStatementRowsMax ||
          last->sql.size() >= kStatementBytesMax) {
        if (last != nullptr) last->sql += kept.tail;
        last = &statements_.emplace_back(Statement{kept.head, &kept, i, 0});
      }
      if (last->count++ > 0) last->sql += ',';
      kept.append(last->sql, i);
    }
    last->sql += kept.tail;
  }
  template <class Row, class Describe>
  void Upsert(BatchRow::List list, std::string_view table, const char* columns,
              std::string_view keys, const std::vector<Row>& rows, Describe describe) {
    AddRows(rows.size(),
            {.list = list,
             .table = table,
             .head = Head(table, columns),
             .tail = Tail(columns, keys),
             .append = [&rows](std::string& out, size_t i) { AppendRow(out, Columns(rows[i])); },
             .describe = [&rows, describe](size_t i) { return describe(rows[i]); }});
  }
  void DeleteByName(std::string_view head, const std::vector<std::string>& names) {
    for (size_t from = 0; from < names.size(); from += kStatementRowsMax) {
      std::string list;
      for (size_t i = from; i < std::min(names.size(), from + kStatementRowsMax); ++i) {
        list += list.empty() ? "" : ",";
        AppendText(list, names[i]);
      }
      Add(fmt::format("{} IN ({})", head, list));
    }
  }

  void AddDags() {
    const auto& versions = batch_.dag_versions;
    AddRows(versions.size(),
            {.list = BatchRow::List::kDagVersions,
             .table = "dag_version",
             .head = Head("dag_version", "dag_id, version, hash, spec, created_at, tasks, source"),
             .tail = " ON DUPLICATE KEY UPDATE version = dag_version.version",  // left as it is
             .append =
                 [this](std::string& out, size_t i) {
                   const DagVersionRow& row = batch_.dag_versions[i];
                   AppendRow(out, std::tie(row.dag_id, row.version, row.hash, specs_[i],
                                           row.created_at, row.tasks, row.source));
                 },
             .describe =
                 [&versions](size_t i) {
                   return fmt::format("version {} of dag '{}'", versions[i].version,
                                      versions[i].dag_id);
                 }});
    if (batch_.bundle) {
      Add(
          Bind("INSERT INTO setting (`key`, value) VALUES (?, ?)"
               " ON DUPLICATE KEY UPDATE value = VALUES(value)",
               kBundleSetting, *batch_.bundle));
    }
    const auto& bundles = batch_.version_bundles;
    AddRows(bundles.size(), {.list = BatchRow::List::kVersionBundles,
                             .table = "version_bundle",
                             .head = Head("version_bundle", kVersionBundleColumns),
                             .tail = Tail(kVersionBundleColumns, "dag_id, version"),
                             .append =
                                 [&bundles](std::string& out, size_t i) {
                                   AppendRow(out, std::tie(bundles[i].dag_id, bundles[i].version,
                                                           bundles[i].bundle));
                                 },
                             .describe =
                                 [&bundles](size_t i) {
                                   return fmt::format("bundle of version {} of dag '{}'",
                                                      bundles[i].version, bundles[i].dag_id);
                                 }});
    Upsert(BatchRow::List::kDags, "dag", kDagColumns, "dag_id", batch_.dags,
           [](const DagRow& row) { return fmt::format("dag '{}'", row.dag_id); });
  }

  void AddTasks() {
    const auto& runs = batch_.runs;
    AddRows(runs.size(),
            {.list = BatchRow::List::kRuns,
             .table = "dag_run",
             .head = Head("dag_run", kRunColumns),
             .tail = RunTail(),
             .append = [&runs](std::string& out, size_t i) { AppendRow(out, Columns(runs[i])); },
             .describe =
                 [&runs](size_t i) {
                   return fmt::format("run '{}' of dag '{}'", runs[i].run_id, runs[i].dag_id);
                 },
             .names_runs = true});
    if (!runs.empty()) AddNotCleaned();
    Upsert(BatchRow::List::kTis, "task_instance", kTiColumns, "run_key, task_index, map_index",
           batch_.tis, [](const TiRow& row) {
             return fmt::format("task instance {}.{}.{}", row.run.value, row.task.value,
                                row.map_index);
           });
    Upsert(BatchRow::List::kAttempts, "task_attempt", kAttemptColumns,
           "run_key, task_index, map_index, try_number", batch_.attempts,
           [](const AttemptRow& row) { return "attempt " + row.id.ToString(); });
  }

  // After the runs: cleaning locks a run's row before its note, too.
  void AddNotCleaned() {
    std::set<int64_t> keys;
    for (const RunRow& run : batch_.runs) keys.insert(run.id.value);
    Statement find = {
        fmt::format("SELECT IF(COUNT(*) = 0, 0, (SELECT 1 UNION SELECT 2)) FROM cleaned_run"
                    " WHERE run_key IN ({}) AND state > 0 LOCK IN SHARE MODE",
                    RunKeys(keys))};
    find.finds_cleaned = true;
    statements_.push_back(std::move(find));
  }

  void AddXComs() {
    const auto& deletes = batch_.xcom_deletes;
    for (size_t from = 0; from < deletes.size(); from += kStatementRowsMax) {
      std::string list;
      for (size_t i = from; i < std::min(deletes.size(), from + kStatementRowsMax); ++i) {
        const TiKey& key = deletes[i];
        list += list.empty() ? "" : ",";
        AppendRow(list, std::tie(key.run, key.task, key.map_index));
      }
      Add(fmt::format("DELETE FROM xcom WHERE (run_key, task_index, map_index) IN ({})", list));
    }
    for (const XComName& name : batch_.xcom_name_deletes) {
      Add(
          Bind("DELETE FROM xcom WHERE run_key = ? AND task_index = ? AND map_index = ?"
               " AND `key` = ?",
               name.ti.run, name.ti.task, name.ti.map_index, name.key));
    }
    Upsert(BatchRow::List::kXComs, "xcom", kXComColumns, "run_key, task_index, map_index, key",
           batch_.xcoms, [](const XComRow& row) {
             return fmt::format("XCom '{}' of {}.{}.{}", row.key, row.run.value, row.task.value,
                                row.map_index);
           });
    Upsert(BatchRow::List::kRendered, "rendered_fields", kRenderedColumns,
           "run_key, task_index, map_index", batch_.rendered,
           [](const RenderedRow& row) { return Describe(row); });
    Upsert(BatchRow::List::kTaskNotes, "task_note", kTaskNoteColumns,
           "run_key, task_index, map_index", batch_.task_notes,
           [](const TaskNoteRow& row) { return Describe(row); });
  }

  // live_run holds every run that isn't finished or has a live task instance. It may hold a few
  // more (whose last process ended after the run): LoadLive looks, and a new leader tidies up.
  void AddLiveRuns() {
    std::set<int64_t> live, finished;
    for (const RunRow& run : batch_.runs) {
      (run.state < RunState::kSuccess ? live : finished).insert(run.id.value);
    }
    for (const TiRow& ti : batch_.tis) {
      if (ti.live) live.insert(ti.run.value);
    }
    if (!live.empty()) {
      std::string rows;
      for (int64_t run : live) rows += fmt::format("{}({})", rows.empty() ? "" : ",", run);
      Add("INSERT IGNORE INTO live_run (run_key) VALUES " + rows);
    }
    for (int64_t run : live) finished.erase(run);
    if (!finished.empty()) {
      Add(
          fmt::format("DELETE FROM live_run WHERE run_key IN ({}) AND NOT EXISTS (SELECT 1 FROM"
                      " task_instance t WHERE t.run_key = live_run.run_key AND t.live = 1)",
                      RunKeys(finished)));
    }
  }

  // Deletes come first, so that a name in both lists stays.
  void AddRest() {
    DeleteByName("DELETE FROM pool WHERE name", batch_.pool_deletes);
    Upsert(BatchRow::List::kPools, "pool", kPoolColumns, "name", batch_.pools,
           [](const PoolRow& row) { return fmt::format("pool '{}'", row.name); });
    Upsert(BatchRow::List::kWorkers, "worker", kWorkerColumns, "name", batch_.workers,
           [](const WorkerRow& row) { return fmt::format("worker '{}'", row.name); });
    DeleteByName("DELETE FROM worker WHERE name", batch_.worker_deletes);
    DeleteByName("DELETE FROM import_error WHERE filename", batch_.import_error_deletes);
    constexpr std::string_view kErrors = "filename, stack_trace, timestamp";
    const auto& errors = batch_.import_errors;
    AddRows(errors.size(), {.list = BatchRow::List::kImportErrors,
                            .table = "import_error",
                            .head = Head("import_error", kErrors),
                            .tail = Tail(kErrors, "filename"),
                            .append =
                                [&errors](std::string& out, size_t i) {
                                  AppendRow(out, std::tie(errors[i].filename, errors[i].stack_trace,
                                                          errors[i].timestamp));
                                },
                            .describe =
                                [&errors](size_t i) {
                                  return fmt::format("import error of '{}'", errors[i].filename);
                                }});
    const auto& events = batch_.events;
    AddRows(events.size(),
            {.list = BatchRow::List::kEvents,
             .table = "event_log",
             .head = Head("event_log", "logged_at, owner, event, dag_id, run_id, task_id, extra"),
             .tail = "",
             .append =
                 [&events](std::string& out, size_t i) {
                   const EventRow& row = events[i];
                   AppendRow(out, std::tie(row.when, row.owner, row.event, row.dag_id, row.run_id,
                                           row.task_id, row.extra));
                 },
             .describe =
                 [&events](size_t i) {
                   return fmt::format("event '{}' of '{}'", events[i].event, events[i].owner);
                 }});
  }

  const CommitBatch& batch_;
  std::vector<std::vector<uint8_t>> specs_;
  std::deque<RowSet> sets_;  // statements point at them
  std::deque<Statement> statements_;
};

namespace {

// Which run stands in the way of `row`?
Status RunRefused(Connection& db, const RunRow& row) {
  GALE_ASSIGN_OR_RETURN(Rows rows, db.Query(Bind("SELECT dag_id, run_id FROM dag_run"
                                                 " WHERE run_key = ?",
                                                 row.id)));
  if (rows.Next()) {
    std::string dag_id, run_id;
    rows.Read(dag_id, run_id);
    if (dag_id != row.dag_id || run_id != row.run_id) {
      return AlreadyExists("'{}': run key {} is another run's, not '{}' of dag '{}'", db.name(),
                           row.id.value, row.run_id, row.dag_id);
    }
  }
  GALE_ASSIGN_OR_RETURN(Rows dated, db.Query(Bind("SELECT run_id FROM dag_run WHERE dag_id = ?"
                                                  " AND logical_date = ?",
                                                  row.dag_id, row.logical_date)));
  if (dated.Next()) {
    std::string holder;
    dated.Read(holder);
    if (holder != row.run_id) return LogicalDateTaken(row, holder);
  }
  return AlreadyExists("dag '{}' has a run '{}' already; choose another run id", row.dag_id,
                       row.run_id);
}

// The statement was refused for one of its rows: writes them one by one, in the transaction that
// will be undone, to say for which.
Status Blame(Connection& db, const Statement& statement, const CommitBatch& batch, Status refused,
             BatchRow& row) {
  if (statement.of == nullptr) return refused;
  for (size_t i = statement.first; i < statement.first + statement.count; ++i) {
    std::string sql = statement.of->head;
    statement.of->append(sql, i);
    Status status = db.Run(sql += statement.of->tail);
    if (status.ok()) continue;
    if (!IsRefused(status)) return status;
    row = {statement.of->list, i};
    if (statement.of->names_runs && db.last_error() == errors::kNull) {
      return RunRefused(db, batch.runs[i]);
    }
    return status.WithContext(statement.of->Name(i));
  }
  return refused;
}

Status WhichIsCleaned(Connection& db, const CommitBatch& batch, BatchRow& refused) {
  for (size_t i = 0; i < batch.runs.size(); ++i) {
    const RunRow& run = batch.runs[i];
    GALE_ASSIGN_OR_RETURN(
        Rows rows,
        db.Query(Bind("SELECT 1 FROM cleaned_run WHERE run_key = ? AND state > 0", run.id)));
    if (!rows.Next()) continue;
    refused = {BatchRow::List::kRuns, i};
    return RunWasCleaned(run);
  }
  return Internal("'{}': a run that was cleaned is not there any more", db.name());
}

Status WhoLeads(Connection& db, Epoch ours) {
  Epoch current;
  GALE_ASSIGN_OR_RETURN(Rows rows, db.Query("SELECT epoch FROM leader WHERE id = 1"));
  if (rows.Next()) rows.Read(current);
  return Aborted("'{}': another master leads (epoch {}, ours {})", db.name(), current.value,
                 ours.value);
}

// One row of the leader, with our epoch, locked until the end of the transaction; otherwise an
// error, at which the server stops. Epoch 0 is what a new database has: nobody's.
std::string Fence(Epoch epoch) {
  return Bind(
      "SELECT IF(COUNT(*) = 1, 0, (SELECT 1 UNION SELECT 2)) FROM leader"
      " WHERE id = 1 AND epoch = ? AND epoch > 0 LOCK IN SHARE MODE",
      epoch);
}

// Sends `all` in as few packets as it takes; `failed` is the place of the statement that did.
Status Send(Connection& db, std::vector<const std::string*> all, size_t& failed) {
  const size_t packet_max =
      std::min(kPacketBytesMax,
               db.packet_bytes_max() - std::min(kPacketReserveBytes, db.packet_bytes_max()));
  size_t bytes = 0;
  for (const std::string* sql : all) bytes += sql->size() + 1;
  if (bytes <= packet_max) return db.RunAll(all, failed);

  const std::string short_wait =
      fmt::format("SET SESSION wait_timeout = {}", kBetweenPacketsSeconds);
  GALE_RETURN_IF_ERROR(db.Run(short_wait));
  for (size_t first = 0; first < all.size();) {
    size_t count = 0, size = 0;
    while (first + count < all.size() &&
           (count == 0 || size + all[first + count]->size() < packet_max)) {
      size += all[first + count++]->size() + 1;
    }
    size_t place = 0;
    Status status = db.RunAll(std::span(all).subspan(first, count), place);
    failed = first + place;
    if (!status.ok()) return status;
    first += count;
  }
  (void)db.Run(kLongWait);  // the commit is done, whatever becomes of this
  return OkStatus();
}

}  // namespace

Status MySqlStore::Commit(Epoch epoch, const CommitBatch& batch, BatchRow* refused) {
  BatchRow unused;
  BatchRow& blamed = refused != nullptr ? *refused : unused;
  blamed = {};
  GALE_RETURN_IF_ERROR(CheckBatch(batch, blamed));
  CommitPlan plan(batch);
  GALE_RETURN_IF_ERROR(plan.Make(blamed));  // before the lock: a large one takes a while
  std::lock_guard lock(write_mutex_);
  for (int attempt = 1;; ++attempt) {
    bool repeat = false;
    Status status = TryCommit(epoch, plan, repeat, blamed);
    if (status.ok() || !repeat || attempt == kConflictTriesMax) return status;
  }
}

Status MySqlStore::TryCommit(Epoch epoch, const CommitPlan& plan, bool& repeat, BatchRow& refused) {
  GALE_ASSIGN_OR_RETURN(Connection * db, Writer());
  for (const Statement& statement : plan.statements()) {
    if (statement.sql.size() + kPacketReserveBytes <= db->packet_bytes_max()) continue;
    // All rows before its last one fit.
    const size_t last = statement.first + std::max<size_t>(statement.count, 1) - 1;
    if (statement.of != nullptr) refused = {statement.of->list, last};
    return InvalidArgument(
        "{}: takes {} bytes in one statement, and the server's max_allowed_packet is {}; raise it",
        statement.of ? statement.of->Name(last) : "the batch", statement.sql.size(),
        db->packet_bytes_max());
  }
  const std::string begin = "START TRANSACTION", commit = "COMMIT", fence = Fence(epoch);
  constexpr size_t kFence = 1, kFirst = 2;
  std::vector<const std::string*> all = {&begin, &fence};
  for (const Statement& statement : plan.statements()) all.push_back(&statement.sql);
  all.push_back(&commit);

  size_t failed = 0;
  Status status = Send(*db, std::move(all), failed);
  if (status.ok()) return OkStatus();
  const int error = db->last_error();
  if (db->lost()) {
    return status.WithContext("the connection was lost during a commit, whose fate is unknown");
  }
  repeat = IsConflict(error);
  if (failed == kFence && error == errors::kSubqueryRows) {
    status = WhoLeads(*db, epoch);
  } else if (failed >= kFirst && failed - kFirst < plan.statements().size()) {
    const Statement& statement = plan.statements()[failed - kFirst];
    if (statement.finds_cleaned && error == errors::kSubqueryRows) {
      status = WhichIsCleaned(*db, plan.batch(), refused);
    } else if (IsRefused(status)) {
      status = Blame(*db, statement, plan.batch(), std::move(status), refused);
    } else if (statement.of != nullptr && !repeat) {
      status = status.WithContext(statement.of->describe(statement.first) + " and those after it");
    }
  }
  if (!db->lost()) (void)db->Run("ROLLBACK");
  if (!db->lost()) (void)db->Run(kLongWait);
  return status;
}

}  // namespace gale::mysql
