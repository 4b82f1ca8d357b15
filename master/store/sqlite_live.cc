// Reads of all that is live, and of who leads.
#include "master/store/row_columns.h"
#include "master/store/spec_codec.h"
#include "master/store/sqlite_store.h"

namespace gale::sqlite {
namespace {

template <class Row>
Result<std::vector<Row>> ReadAll(Statement& statement) {
  std::vector<Row> rows;
  for (;;) {
    GALE_ASSIGN_OR_RETURN(bool more, statement.Step());
    if (!more) return rows;
    statement.ReadRow(Columns(rows.emplace_back()));
  }
}

// All rows of a fixed query.
template <class Row, class... Args>
Result<std::vector<Row>> Select(Database& db, const std::string& sql, const Args&... args) {
  GALE_ASSIGN_OR_RETURN(Statement statement, db.Cached(sql));
  statement.Bind(args...);
  return ReadAll<Row>(statement);
}

#define GALE_VERSIONS                                                                          \
  "SELECT v.dag_id, v.version, v.hash, v.spec, v.created_at, coalesce(b.bundle, ''), v.tasks," \
  " v.source"                                                                                  \
  " FROM dag_version v LEFT JOIN version_bundle b"                                             \
  " ON b.dag_id = v.dag_id AND b.version = v.version"

// The current row of GALE_VERSIONS.
Result<DagVersionRow> ReadVersionRow(Statement& statement) {
  DagVersionRow row;
  std::vector<uint8_t> blob;
  statement.Read(row.dag_id, row.version, row.hash, blob, row.created_at, row.bundle, row.tasks,
                 row.source);
  Result<std::string> spec = Decompress(blob);
  if (!spec.ok()) {
    return spec.status().WithContext(
        fmt::format("version {} of dag '{}'", row.version, row.dag_id));
  }
  row.spec = std::move(*spec);
  return row;
}

// Unfinished, or with a process that may live. The conditions are those of the indexes dag_run_live
// and task_instance_live.
#define GALE_LIVE_RUNS                                  \
  "(SELECT run_key FROM dag_run WHERE state < 2 UNION " \
  "SELECT run_key FROM task_instance WHERE live = 1)"

Result<std::vector<DagVersionRow>> LiveVersions(Database& db) {
  GALE_ASSIGN_OR_RETURN(
      Statement statement,
      db.Cached(GALE_VERSIONS
                " WHERE (v.dag_id, v.version) IN (SELECT dag_id, version FROM dag"
                "   UNION SELECT dag_id, version FROM dag_run WHERE run_key IN " GALE_LIVE_RUNS ")"
                " ORDER BY v.dag_id, v.version"));
  std::vector<DagVersionRow> rows;
  for (;;) {
    GALE_ASSIGN_OR_RETURN(bool more, statement.Step());
    if (!more) return rows;
    GALE_ASSIGN_OR_RETURN(DagVersionRow row, ReadVersionRow(statement));
    rows.push_back(std::move(row));
  }
}

}  // namespace

Result<LiveState> SqliteStore::LoadLive() {
  GALE_ASSIGN_OR_RETURN(Reader db, Read());
  Transaction snapshot(*db);
  GALE_RETURN_IF_ERROR(snapshot.Begin(Transaction::Kind::kRead));
  LiveState live;
  GALE_ASSIGN_OR_RETURN(
      live.dags,
      Select<DagRow>(*db, fmt::format("SELECT {} FROM dag ORDER BY dag_id", kDagColumns)));
  GALE_ASSIGN_OR_RETURN(live.versions, LiveVersions(*db));
  GALE_ASSIGN_OR_RETURN(
      live.runs,
      Select<RunRow>(*db, fmt::format("SELECT {} FROM dag_run WHERE run_key IN " GALE_LIVE_RUNS
                                      " ORDER BY run_key",
                                      kRunColumns)));
  GALE_ASSIGN_OR_RETURN(
      live.tis,
      Select<TiRow>(*db, fmt::format("SELECT {} FROM task_instance WHERE run_key IN " GALE_LIVE_RUNS
                                     " ORDER BY run_key, task_index, map_index",
                                     kTiColumns)));
  GALE_ASSIGN_OR_RETURN(
      live.values,
      Select<XComRow>(*db, fmt::format("SELECT {} FROM xcom"
                                       " JOIN task_instance USING (run_key, task_index, map_index)"
                                       " WHERE value_length IS NOT NULL AND key = 'return_value'"
                                       " AND run_key IN " GALE_LIVE_RUNS
                                       " ORDER BY run_key, task_index, map_index",
                                       kXComColumns)));
  GALE_ASSIGN_OR_RETURN(
      live.pools,
      Select<PoolRow>(*db, fmt::format("SELECT {} FROM pool ORDER BY name", kPoolColumns)));
  GALE_ASSIGN_OR_RETURN(
      live.workers,
      Select<WorkerRow>(*db, fmt::format("SELECT {} FROM worker ORDER BY name", kWorkerColumns)));
  {
    GALE_ASSIGN_OR_RETURN(Statement errors, db->Cached("SELECT filename FROM import_error"));
    for (;;) {
      GALE_ASSIGN_OR_RETURN(const bool more, errors.Step());
      if (!more) break;
      errors.Read(live.files_with_errors.emplace_back());
    }
  }
  {
    GALE_ASSIGN_OR_RETURN(Statement last,
                          db->Cached("SELECT coalesce(max(run_key), 0) FROM dag_run"));
    GALE_RETURN_IF_ERROR(last.Step().status());
    last.Read(live.last_run_id);
  }
  {
    GALE_ASSIGN_OR_RETURN(Statement bundle, db->Cached("SELECT value FROM setting WHERE key = ?"));
    GALE_ASSIGN_OR_RETURN(const bool set, bundle.Bind(kBundleSetting).Step());
    if (set) bundle.Read(live.bundle);
  }
  GALE_RETURN_IF_ERROR(snapshot.Commit());
  return live;
}

Result<LeaderRow> SqliteStore::GetLeader() {
  GALE_ASSIGN_OR_RETURN(Reader db, Read());
  GALE_ASSIGN_OR_RETURN(
      auto rows, Select<LeaderRow>(*db, fmt::format("SELECT {} FROM leader", kLeaderColumns)));
  if (rows.size() == 1) return std::move(rows.front());
  return DataLoss("'{}': the leader table is empty; restore a backup", options_.path);
}

}  // namespace gale::sqlite
