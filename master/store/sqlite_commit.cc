// The one transaction that everything else waits for: upserts, prepared once, bound in loops.

#include <algorithm>

#include "master/store/bounds.h"
#include "master/store/clean.h"
#include "master/store/row_columns.h"
#include "master/store/spec_codec.h"
#include "master/store/sqlite_store.h"

namespace gale::sqlite {
namespace {

// "INSERT INTO table (a, b, c) VALUES (?, ?, ?) ON CONFLICT (keys) DO UPDATE SET c = excluded.c",
// where `kept` (a and b) are the columns that an existing row keeps.
std::string Upsert(std::string_view table, std::string_view columns, std::string_view keys,
                   std::string_view kept) {
  std::string marks, sets;
  for (size_t at = 0; at < columns.size();) {
    size_t end = std::min(columns.find(',', at), columns.size());
    std::string_view column = columns.substr(at, end - at);
    column.remove_prefix(column.find_first_not_of(' '));
    marks += marks.empty() ? "?" : ", ?";
    const std::string padded = fmt::format(", {},", kept);
    if (padded.find(fmt::format(" {},", column)) == std::string::npos) {
      sets += fmt::format("{}{} = excluded.{}", sets.empty() ? "" : ", ", column, column);
    }
    at = end + 1;
  }
  return fmt::format("INSERT INTO {} ({}) VALUES ({}) ON CONFLICT ({}) DO UPDATE SET {}", table,
                     columns, marks, keys, sets);
}

// A run's identity is written once; a run key that is another run's is refused (nothing is
// changed).
const std::string& RunUpsert() {
  static const std::string sql =
      Upsert("dag_run", kRunColumns, "run_key", "run_key, dag_id, run_id, logical_date") +
      " WHERE dag_run.dag_id = excluded.dag_id AND dag_run.run_id = excluded.run_id";
  return sql;
}

// The transaction, and which row it stumbled on.
struct Write {
  Database& db;
  BatchRow refused;

  Status Blame(Status status, BatchRow row, std::string_view table, std::string_view name) {
    refused = row;
    return status.WithContext(fmt::format("table {}: {}", table, name));
  }
};

template <class Row, class Describe>
Status WriteRows(Write& write, BatchRow::List list, std::string_view table, const std::string& sql,
                 const std::vector<Row>& rows, Describe describe) {
  if (rows.empty()) return OkStatus();
  GALE_ASSIGN_OR_RETURN(Statement statement, write.db.Cached(sql));
  for (size_t i = 0; i < rows.size(); ++i) {
    if (Status s = statement.BindRow(Columns(rows[i])).Run(); !s.ok()) {
      return write.Blame(std::move(s), {list, i}, table, describe(rows[i]));
    }
  }
  return OkStatus();
}

Status DeleteByName(Database& db, std::string_view sql, const std::vector<std::string>& names) {
  if (names.empty()) return OkStatus();
  GALE_ASSIGN_OR_RETURN(Statement statement, db.Cached(sql));
  for (const std::string& name : names) GALE_RETURN_IF_ERROR(statement.Bind(name).Run());
  return OkStatus();
}

Status CheckEpoch(Database& db, Epoch epoch) {
  GALE_ASSIGN_OR_RETURN(Statement leader, db.Cached("SELECT epoch FROM leader WHERE id = 1"));
  GALE_ASSIGN_OR_RETURN(bool row, leader.Step());
  Epoch current;
  if (row) leader.Read(current);
  if (current == epoch && epoch > Epoch{0}) return OkStatus();
  return Aborted("'{}': another master leads (epoch {}, ours {})", db.path(), current.value,
                 epoch.value);
}

Status WriteDags(Write& write, const CommitBatch& batch,
                 const std::vector<std::vector<uint8_t>>& specs) {
  Database& db = write.db;
  if (!batch.dag_versions.empty()) {
    GALE_ASSIGN_OR_RETURN(
        Statement insert,
        db.Cached(
            "INSERT INTO dag_version (dag_id, version, hash, spec, created_at, tasks,"
            " source) VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (dag_id, version) DO NOTHING"));
    for (size_t i = 0; i < specs.size(); ++i) {
      const DagVersionRow& row = batch.dag_versions[i];
      Status s = insert
                     .Bind(row.dag_id, row.version, row.hash, specs[i], row.created_at, row.tasks,
                           row.source)
                     .Run();
      if (!s.ok()) {
        return write.Blame(std::move(s), {BatchRow::List::kDagVersions, i}, "dag_version",
                           fmt::format("version {} of dag '{}'", row.version, row.dag_id));
      }
    }
  }
  if (batch.bundle) {
    GALE_ASSIGN_OR_RETURN(Statement set, db.Cached(Upsert("setting", "key, value", "key", "key")));
    GALE_RETURN_IF_ERROR(set.Bind(kBundleSetting, *batch.bundle).Run());
  }
  if (!batch.version_bundles.empty()) {
    GALE_ASSIGN_OR_RETURN(Statement pin, db.Cached(Upsert("version_bundle", kVersionBundleColumns,
                                                          "dag_id, version", "dag_id, version")));
    for (size_t i = 0; i < batch.version_bundles.size(); ++i) {
      const CommitBatch::VersionBundle& row = batch.version_bundles[i];
      Status s = pin.Bind(row.dag_id, row.version, row.bundle).Run();
      if (!s.ok()) {
        return write.Blame(
            std::move(s), {BatchRow::List::kVersionBundles, i}, "version_bundle",
            fmt::format("bundle of version {} of dag '{}'", row.version, row.dag_id));
      }
    }
  }
  static const std::string upsert = Upsert("dag", kDagColumns, "dag_id", "dag_id");
  return WriteRows(write, BatchRow::List::kDags, "dag", upsert, batch.dags,
                   [](const DagRow& row) { return fmt::format("dag '{}'", row.dag_id); });
}

Result<bool> IsCleaned(Database& db, RunId id) {
  GALE_ASSIGN_OR_RETURN(Statement find,
                        db.Cached("SELECT 1 FROM cleaned_run WHERE run_key = ? AND state > 0"));
  return find.Bind(id).Step();
}

Status WriteRuns(Write& write, const std::vector<RunRow>& runs) {
  if (runs.empty()) return OkStatus();
  Database& db = write.db;
  GALE_ASSIGN_OR_RETURN(Statement upsert, db.Cached(RunUpsert()));
  for (size_t i = 0; i < runs.size(); ++i) {
    const RunRow& row = runs[i];
    GALE_ASSIGN_OR_RETURN(const bool cleaned, IsCleaned(db, row.id));
    if (cleaned) {
      write.refused = {BatchRow::List::kRuns, i};
      return RunWasCleaned(row);
    }
    const Status written = upsert.BindRow(Columns(row)).Run();
    if (written.ok() && db.Changes() > 0) continue;
    write.refused = {BatchRow::List::kRuns, i};
    if (written.ok()) {
      return AlreadyExists("'{}': run key {} is another run's, not '{}' of dag '{}'", db.path(),
                           row.id.value, row.run_id, row.dag_id);
    }
    if (written.code() == Code::kAlreadyExists) {
      GALE_ASSIGN_OR_RETURN(
          Statement dated,
          db.Cached("SELECT run_id FROM dag_run WHERE dag_id = ? AND logical_date = ?"));
      GALE_ASSIGN_OR_RETURN(const bool has_date, dated.Bind(row.dag_id, row.logical_date).Step());
      std::string holder;
      if (has_date) dated.Read(holder);
      if (has_date && holder != row.run_id) return LogicalDateTaken(row, holder);
      return AlreadyExists("dag '{}' has a run '{}' already; choose another run id", row.dag_id,
                           row.run_id);
    }
    return written.WithContext(
        fmt::format("table dag_run: run '{}' of dag '{}'", row.run_id, row.dag_id));
  }
  return OkStatus();
}

Status WriteTasks(Write& write, const CommitBatch& batch) {
  static const std::string ti_upsert =
      Upsert("task_instance", kTiColumns, "run_key, task_index, map_index",
             "run_key, task_index, map_index");
  GALE_RETURN_IF_ERROR(WriteRows(
      write, BatchRow::List::kTis, "task_instance", ti_upsert, batch.tis, [](const TiRow& row) {
        return fmt::format("task instance {}.{}.{}", row.run.value, row.task.value, row.map_index);
      }));
  static const std::string attempt_upsert =
      Upsert("task_attempt", kAttemptColumns, "run_key, task_index, map_index, try_number",
             "run_key, task_index, map_index, try_number");
  return WriteRows(write, BatchRow::List::kAttempts, "task_attempt", attempt_upsert, batch.attempts,
                   [](const AttemptRow& row) { return "attempt " + row.id.ToString(); });
}

Status WriteXComs(Write& write, const CommitBatch& batch) {
  if (!batch.xcom_deletes.empty()) {
    GALE_ASSIGN_OR_RETURN(
        Statement erase,
        write.db.Cached("DELETE FROM xcom WHERE run_key = ? AND task_index = ? AND map_index = ?"));
    for (const TiKey& key : batch.xcom_deletes) {
      GALE_RETURN_IF_ERROR(erase.Bind(key.run, key.task, key.map_index).Run());
    }
  }
  if (!batch.xcom_name_deletes.empty()) {
    GALE_ASSIGN_OR_RETURN(Statement erase,
                          write.db.Cached("DELETE FROM xcom WHERE run_key = ? AND task_index = ?"
                                          " AND map_index = ? AND key = ?"));
    for (const XComName& name : batch.xcom_name_deletes) {
      GALE_RETURN_IF_ERROR(
          erase.Bind(name.ti.run, name.ti.task, name.ti.map_index, name.key).Run());
    }
  }
  static const std::string upsert =
      Upsert("xcom", kXComColumns, "run_key, task_index, map_index, key",
             "run_key, task_index, map_index, key");
  return WriteRows(write, BatchRow::List::kXComs, "xcom", upsert, batch.xcoms,
                   [](const XComRow& row) {
                     return fmt::format("XCom '{}' of {}.{}.{}", row.key, row.run.value,
                                        row.task.value, row.map_index);
                   });
}

Status WriteRendered(Write& write, const CommitBatch& batch) {
  static const std::string upsert =
      Upsert("rendered_fields", kRenderedColumns, "run_key, task_index, map_index",
             "run_key, task_index, map_index");
  return WriteRows(write, BatchRow::List::kRendered, "rendered_fields", upsert, batch.rendered,
                   [](const RenderedRow& row) { return Describe(row); });
}

Status WriteTaskNotes(Write& write, const CommitBatch& batch) {
  static const std::string upsert =
      Upsert("task_note", kTaskNoteColumns, "run_key, task_index, map_index",
             "run_key, task_index, map_index");
  return WriteRows(write, BatchRow::List::kTaskNotes, "task_note", upsert, batch.task_notes,
                   [](const TaskNoteRow& row) { return Describe(row); });
}

// Deletes come first, so that a name in both lists stays.
Status WriteRest(Write& write, const CommitBatch& batch) {
  Database& db = write.db;
  GALE_RETURN_IF_ERROR(DeleteByName(db, "DELETE FROM pool WHERE name = ?", batch.pool_deletes));
  static const std::string pool_upsert = Upsert("pool", kPoolColumns, "name", "name");
  GALE_RETURN_IF_ERROR(
      WriteRows(write, BatchRow::List::kPools, "pool", pool_upsert, batch.pools,
                [](const PoolRow& row) { return fmt::format("pool '{}'", row.name); }));
  static const std::string worker_upsert = Upsert("worker", kWorkerColumns, "name", "name");
  GALE_RETURN_IF_ERROR(
      WriteRows(write, BatchRow::List::kWorkers, "worker", worker_upsert, batch.workers,
                [](const WorkerRow& row) { return fmt::format("worker '{}'", row.name); }));
  GALE_RETURN_IF_ERROR(DeleteByName(db, "DELETE FROM worker WHERE name = ?", batch.worker_deletes));
  GALE_RETURN_IF_ERROR(
      DeleteByName(db, "DELETE FROM import_error WHERE filename = ?", batch.import_error_deletes));
  if (!batch.import_errors.empty()) {
    static const std::string upsert =
        Upsert("import_error", "filename, stack_trace, timestamp", "filename", "filename");
    GALE_ASSIGN_OR_RETURN(Statement statement, db.Cached(upsert));
    for (size_t i = 0; i < batch.import_errors.size(); ++i) {
      const ImportErrorRow& row = batch.import_errors[i];
      Status s = statement.Bind(row.filename, row.stack_trace, row.timestamp).Run();
      if (!s.ok()) {
        return write.Blame(std::move(s), {BatchRow::List::kImportErrors, i}, "import_error",
                           fmt::format("import error of '{}'", row.filename));
      }
    }
  }
  if (batch.events.empty()) return OkStatus();
  GALE_ASSIGN_OR_RETURN(
      Statement append,
      db.Cached("INSERT INTO event_log (logged_at, owner, event, dag_id, run_id, task_id, extra)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)"));
  for (size_t i = 0; i < batch.events.size(); ++i) {
    const EventRow& row = batch.events[i];
    Status s =
        append.Bind(row.when, row.owner, row.event, row.dag_id, row.run_id, row.task_id, row.extra)
            .Run();
    if (!s.ok()) {
      return write.Blame(std::move(s), {BatchRow::List::kEvents, i}, "event_log",
                         fmt::format("event '{}' of '{}'", row.event, row.owner));
    }
  }
  return OkStatus();
}

}  // namespace

Status SqliteStore::Commit(Epoch epoch, const CommitBatch& batch, BatchRow* refused) {
  BatchRow unused;
  BatchRow& blamed = refused != nullptr ? *refused : unused;
  blamed = {};
  GALE_RETURN_IF_ERROR(CheckBatch(batch, blamed));
  std::vector<std::vector<uint8_t>> specs;  // before the lock: a large one takes a while
  for (const DagVersionRow& row : batch.dag_versions) {
    Result<std::vector<uint8_t>> blob = CompressSpec(row.spec);
    if (!blob.ok()) {
      blamed = {BatchRow::List::kDagVersions, specs.size()};
      return blob.status().WithContext(fmt::format("dag '{}'", row.dag_id));
    }
    specs.push_back(std::move(*blob));
  }
  std::lock_guard lock(write_mutex_);
  Database& db = *writer_;
  Transaction transaction(db);
  GALE_RETURN_IF_ERROR(transaction.Begin(Transaction::Kind::kWrite));
  GALE_RETURN_IF_ERROR(CheckEpoch(db, epoch));
  Write write{db, {}};
  auto rows = [&]() -> Status {
    GALE_RETURN_IF_ERROR(WriteDags(write, batch, specs));
    GALE_RETURN_IF_ERROR(WriteRuns(write, batch.runs));
    GALE_RETURN_IF_ERROR(WriteTasks(write, batch));
    GALE_RETURN_IF_ERROR(WriteXComs(write, batch));
    GALE_RETURN_IF_ERROR(WriteRendered(write, batch));
    GALE_RETURN_IF_ERROR(WriteTaskNotes(write, batch));
    return WriteRest(write, batch);
  };
  const Status written = rows();
  blamed = write.refused;
  return written.ok() ? transaction.Commit() : written;
}

}  // namespace gale::sqlite
