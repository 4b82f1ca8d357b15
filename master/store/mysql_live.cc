// Reads of all that is live, and of the masters.
#include "master/store/mysql_store.h"
#include "master/store/row_columns.h"
#include "master/store/spec_codec.h"

namespace gale::mysql {
namespace {

template <class Row>
Result<std::vector<Row>> Select(Connection& db, const std::string& sql) {
  GALE_ASSIGN_OR_RETURN(Rows rows, db.Query(sql));
  std::vector<Row> all;
  while (rows.Next()) rows.ReadRow(Columns(all.emplace_back()));
  return all;
}

// "SELECT `a`, `b` FROM <rest>".
std::string SelectFrom(std::string_view columns, std::string_view rest) {
  return fmt::format("SELECT {} FROM {}", QuoteNames(columns), rest);
}

#define GALE_VERSION_COLUMNS \
  "v.dag_id, v.version, v.hash, v.spec, v.created_at, COALESCE(b.bundle, ''), v.tasks, v.source"
#define GALE_VERSION_BUNDLE \
  " LEFT JOIN version_bundle b ON b.dag_id = v.dag_id AND b.version = v.version"

// The current row of GALE_VERSION_COLUMNS.
Result<DagVersionRow> ReadVersionRow(Rows& rows) {
  DagVersionRow row;
  std::vector<uint8_t> blob;
  rows.Read(row.dag_id, row.version, row.hash, blob, row.created_at, row.bundle, row.tasks,
            row.source);
  Result<std::string> spec = Decompress(blob);
  if (!spec.ok()) {
    return spec.status().WithContext(
        fmt::format("version {} of dag '{}'", row.version, row.dag_id));
  }
  row.spec = std::move(*spec);
  return row;
}

// Unfinished, or with a process that may live: those of live_run that really are.
#define GALE_LIVE_RUNS                                                                      \
  "(SELECT l.run_key FROM live_run l LEFT JOIN dag_run r ON r.run_key = l.run_key"          \
  " WHERE r.state < 2 OR EXISTS (SELECT 1 FROM task_instance t WHERE t.run_key = l.run_key" \
  " AND t.live = 1)) live"

Result<std::vector<DagVersionRow>> LiveVersions(Connection& db) {
  GALE_ASSIGN_OR_RETURN(
      Rows rows,
      db.Query("SELECT " GALE_VERSION_COLUMNS " FROM"
               " (SELECT dag_id, version FROM dag UNION SELECT dag_id, version FROM dag_run"
               "  JOIN " GALE_LIVE_RUNS " USING (run_key)) wanted"
               " JOIN dag_version v ON v.dag_id = wanted.dag_id AND v.version = "
               "wanted.version" GALE_VERSION_BUNDLE " ORDER BY v.dag_id, v.version"));
  std::vector<DagVersionRow> versions;
  while (rows.Next()) {
    GALE_ASSIGN_OR_RETURN(DagVersionRow row, ReadVersionRow(rows));
    versions.push_back(std::move(row));
  }
  return versions;
}

Result<LiveState> ReadLive(Connection& db) {
  Transaction snapshot(db);
  GALE_RETURN_IF_ERROR(snapshot.BeginSnapshot());
  LiveState live;
  GALE_ASSIGN_OR_RETURN(live.dags,
                        Select<DagRow>(db, SelectFrom(kDagColumns, "dag ORDER BY dag_id")));
  GALE_ASSIGN_OR_RETURN(live.versions, LiveVersions(db));
  GALE_ASSIGN_OR_RETURN(
      live.runs, Select<RunRow>(db, SelectFrom(kRunColumns, "dag_run JOIN " GALE_LIVE_RUNS
                                                            " USING (run_key) ORDER BY run_key")));
  GALE_ASSIGN_OR_RETURN(
      live.tis,
      Select<TiRow>(
          db, SelectFrom(kTiColumns, "task_instance JOIN " GALE_LIVE_RUNS
                                     " USING (run_key) ORDER BY run_key, task_index, map_index")));
  GALE_ASSIGN_OR_RETURN(
      live.values,
      Select<XComRow>(
          db,
          SelectFrom(
              kXComColumns,
              "xcom JOIN task_instance USING (run_key, task_index, map_index) JOIN " GALE_LIVE_RUNS
              " USING (run_key) WHERE value_length IS NOT NULL AND `key` ="
              " 'return_value' ORDER BY run_key, task_index, map_index")));
  GALE_ASSIGN_OR_RETURN(live.pools,
                        Select<PoolRow>(db, SelectFrom(kPoolColumns, "pool ORDER BY name")));
  GALE_ASSIGN_OR_RETURN(live.workers,
                        Select<WorkerRow>(db, SelectFrom(kWorkerColumns, "worker ORDER BY name")));
  {
    GALE_ASSIGN_OR_RETURN(Rows errors, db.Query("SELECT filename FROM import_error"));
    while (errors.Next()) errors.Read(live.files_with_errors.emplace_back());
  }
  {
    GALE_ASSIGN_OR_RETURN(Rows last, db.Query("SELECT COALESCE(MAX(run_key), 0) FROM dag_run"));
    if (last.Next()) last.Read(live.last_run_id);
  }
  {
    GALE_ASSIGN_OR_RETURN(
        Rows bundle, db.Query(Bind("SELECT value FROM setting WHERE `key` = ?", kBundleSetting)));
    if (bundle.Next()) bundle.Read(live.bundle);
  }
  GALE_RETURN_IF_ERROR(snapshot.Commit());
  return live;
}

}  // namespace

Result<LiveState> MySqlStore::LoadLive() {
  return WithReader([](Connection& db) { return ReadLive(db); });
}

}  // namespace gale::mysql
