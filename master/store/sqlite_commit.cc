// The one transaction that everything else waits for: upserts, prepared once, bound in loops.

#include <algorithm>

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

template <class Row, class Describe>
Status WriteRows(Database& db, const std::string& sql, const std::vector<Row>& rows,
                 Describe describe) {
  if (rows.empty()) return OkStatus();
  GALE_ASSIGN_OR_RETURN(Statement statement, db.Cached(sql));
  for (const Row& row : rows) {
    if (Status s = statement.BindRow(Columns(row)).Run(); !s.ok())
      return s.WithContext(describe(row));
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

Status WriteDags(Database& db, const CommitBatch& batch,
                 const std::vector<std::vector<uint8_t>>& specs) {
  if (!batch.dag_versions.empty()) {
    GALE_ASSIGN_OR_RETURN(
        Statement insert,
        db.Cached("INSERT INTO dag_version (dag_id, version, hash, spec, created_at)"
                  " VALUES (?, ?, ?, ?, ?) ON CONFLICT (dag_id, version) DO NOTHING"));
    for (size_t i = 0; i < specs.size(); ++i) {
      const DagVersionRow& row = batch.dag_versions[i];
      Status s = insert.Bind(row.dag_id, row.version, row.hash, specs[i], row.created_at).Run();
      if (!s.ok())
        return s.WithContext(fmt::format("version {} of dag '{}'", row.version, row.dag_id));
    }
  }
  if (batch.bundle) {
    GALE_ASSIGN_OR_RETURN(Statement set, db.Cached(Upsert("setting", "key, value", "key", "key")));
    GALE_RETURN_IF_ERROR(set.Bind(kBundleSetting, *batch.bundle).Run());
  }
  if (!batch.version_bundles.empty()) {
    GALE_ASSIGN_OR_RETURN(Statement pin, db.Cached(Upsert("version_bundle", kVersionBundleColumns,
                                                          "dag_id, version", "dag_id, version")));
    for (const CommitBatch::VersionBundle& row : batch.version_bundles) {
      Status s = pin.Bind(row.dag_id, row.version, row.bundle).Run();
      if (!s.ok())
        return s.WithContext(
            fmt::format("bundle of version {} of dag '{}'", row.version, row.dag_id));
    }
  }
  static const std::string upsert = Upsert("dag", kDagColumns, "dag_id", "dag_id");
  return WriteRows(db, upsert, batch.dags,
                   [](const DagRow& row) { return fmt::format("dag '{}'", row.dag_id); });
}

Status WriteRuns(Database& db, const std::vector<RunRow>& runs) {
  if (runs.empty()) return OkStatus();
  GALE_ASSIGN_OR_RETURN(Statement upsert, db.Cached(RunUpsert()));
  for (const RunRow& row : runs) {
    const Status written = upsert.BindRow(Columns(row)).Run();
    if (written.ok() && db.Changes() > 0) continue;
    if (written.ok()) {
      return AlreadyExists("'{}': run key {} is another run's, not '{}' of dag '{}'", db.path(),
                           row.id.value, row.run_id, row.dag_id);
    }
    if (written.code() == Code::kAlreadyExists) {
      return AlreadyExists("dag '{}' has a run '{}' already; choose another run id", row.dag_id,
                           row.run_id);
    }
    return written.WithContext(fmt::format("run '{}' of dag '{}'", row.run_id, row.dag_id));
  }
  return OkStatus();
}

Status WriteTasks(Database& db, const CommitBatch& batch) {
  static const std::string ti_upsert =
      Upsert("task_instance", kTiColumns, "run_key, task_index, map_index",
             "run_key, task_index, map_index");
  GALE_RETURN_IF_ERROR(WriteRows(db, ti_upsert, batch.tis, [](const TiRow& row) {
    return fmt::format("task instance {}.{}.{}", row.run.value, row.task.value, row.map_index);
  }));
  static const std::string attempt_upsert =
      Upsert("task_attempt", kAttemptColumns, "run_key, task_index, map_index, try_number",
             "run_key, task_index, map_index, try_number");
  return WriteRows(db, attempt_upsert, batch.attempts,
                   [](const AttemptRow& row) { return "attempt " + row.id.ToString(); });
}

Status WriteXComs(Database& db, const CommitBatch& batch) {
  if (!batch.xcom_deletes.empty()) {
    GALE_ASSIGN_OR_RETURN(
        Statement erase,
        db.Cached("DELETE FROM xcom WHERE run_key = ? AND task_index = ? AND map_index = ?"));
    for (const CommitBatch::TiKey& key : batch.xcom_deletes) {
      GALE_RETURN_IF_ERROR(erase.Bind(key.run, key.task, key.map_index).Run());
    }
  }
  static const std::string upsert =
      Upsert("xcom", kXComColumns, "run_key, task_index, map_index, key",
             "run_key, task_index, map_index, key");
  return WriteRows(db, upsert, batch.xcoms, [](const XComRow& row) {
    return fmt::format("XCom '{}' of {}.{}.{}", row.key, row.run.value, row.task.value,
                       row.map_index);
  });
}

// Deletes come first, so that a name in both lists stays.
Status WriteRest(Database& db, const CommitBatch& batch) {
  GALE_RETURN_IF_ERROR(DeleteByName(db, "DELETE FROM pool WHERE name = ?", batch.pool_deletes));
  static const std::string pool_upsert = Upsert("pool", kPoolColumns, "name", "name");
  GALE_RETURN_IF_ERROR(WriteRows(db, pool_upsert, batch.pools, [](const PoolRow& row) {
    return fmt::format("pool '{}'", row.name);
  }));
  static const std::string worker_upsert = Upsert("worker", kWorkerColumns, "name", "name");
  GALE_RETURN_IF_ERROR(WriteRows(db, worker_upsert, batch.workers, [](const WorkerRow& row) {
    return fmt::format("worker '{}'", row.name);
  }));
  GALE_RETURN_IF_ERROR(
      DeleteByName(db, "DELETE FROM import_error WHERE filename = ?", batch.import_error_deletes));
  if (!batch.import_errors.empty()) {
    static const std::string upsert =
        Upsert("import_error", "filename, stack_trace, timestamp", "filename", "filename");
    GALE_ASSIGN_OR_RETURN(Statement statement, db.Cached(upsert));
    for (const ImportErrorRow& row : batch.import_errors) {
      Status s = statement.Bind(row.filename, row.stack_trace, row.timestamp).Run();
      if (!s.ok()) return s.WithContext(fmt::format("import error of '{}'", row.filename));
    }
  }
  if (batch.events.empty()) return OkStatus();
  GALE_ASSIGN_OR_RETURN(
      Statement append,
      db.Cached("INSERT INTO event_log (logged_at, owner, event, dag_id, run_id, task_id, extra)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)"));
  for (const EventRow& row : batch.events) {
    Status s =
        append.Bind(row.when, row.owner, row.event, row.dag_id, row.run_id, row.task_id, row.extra)
            .Run();
    if (!s.ok()) return s.WithContext(fmt::format("event '{}' of '{}'", row.event, row.owner));
  }
  return OkStatus();
}

}  // namespace

Status SqliteStore::Commit(Epoch epoch, const CommitBatch& batch) {
  std::vector<std::vector<uint8_t>> specs;  // before the lock: a large one takes a while
  for (const DagVersionRow& row : batch.dag_versions) {
    Result<std::vector<uint8_t>> blob = CompressSpec(row.spec);
    if (!blob.ok()) return blob.status().WithContext(fmt::format("dag '{}'", row.dag_id));
    specs.push_back(std::move(*blob));
  }
  std::lock_guard lock(write_mutex_);
  Database& db = *writer_;
  Transaction transaction(db);
  GALE_RETURN_IF_ERROR(transaction.Begin(Transaction::Kind::kWrite));
  GALE_RETURN_IF_ERROR(CheckEpoch(db, epoch));
  GALE_RETURN_IF_ERROR(WriteDags(db, batch, specs));
  GALE_RETURN_IF_ERROR(WriteRuns(db, batch.runs));
  GALE_RETURN_IF_ERROR(WriteTasks(db, batch));
  GALE_RETURN_IF_ERROR(WriteXComs(db, batch));
  GALE_RETURN_IF_ERROR(WriteRest(db, batch));
  return transaction.Commit();
}

}  // namespace gale::sqlite
