// What pages read of many runs at once.
#include <algorithm>
#include <iterator>
#include <map>

#include "master/store/row_columns.h"
#include "master/store/sql_reads.h"

namespace gale {
namespace {

auto CellColumns(TiCell& r) {
  return std::tie(r.run, r.task, r.map_index, r.state, r.block_length, r.start_date, r.end_date);
}

constexpr std::string_view kBriefColumns =
    "run_key, dag_id, run_id, state, type, run_after, start_date, end_date";
auto BriefColumns(RunBrief& r) {
  return std::tie(r.id, r.dag_id, r.run_id, r.state, r.type, r.run_after, r.start_date, r.end_date);
}

constexpr size_t kTermsPerRead = 500;  // of one statement

}  // namespace

// The keys first, each by a look into an index: in one statement a server might go through all runs.
Result<std::vector<RunBrief>> SqlReads::LatestRuns() {
  const SqlQuery newest(
      "SELECT (SELECT r.run_key FROM dag_run r WHERE r.dag_id = d.dag_id"
      " ORDER BY r.run_after DESC, r.run_key DESC LIMIT 1) FROM dag d WHERE d.is_stale = 0");
  std::vector<RunBrief> runs;
  auto read = [&](Sql& sql) -> Status {
    std::vector<RunId> keys;
    GALE_RETURN_IF_ERROR(sql.Query(newest, [&](SqlRow& row) {
      if (!row.IsNull(0)) keys.emplace_back(row.Int(0));
    }));
    runs.clear();
    for (size_t from = 0; from < keys.size(); from += kTermsPerRead) {
      const size_t end = std::min(keys.size(), from + kTermsPerRead);
      SqlFilter filter;
      filter.AddAny("run_key", std::vector<RunId>(keys.begin() + static_cast<ptrdiff_t>(from),
                                                  keys.begin() + static_cast<ptrdiff_t>(end)));
      SqlQuery select(fmt::format("SELECT {} FROM dag_run", kBriefColumns));
      std::vector<RunBrief> some;
      GALE_RETURN_IF_ERROR(ReadRows(sql, select.Add(filter.where()), BriefColumns, some));
      runs.insert(runs.end(), std::make_move_iterator(some.begin()),
                  std::make_move_iterator(some.end()));
    }
    return OkStatus();
  };
  GALE_RETURN_IF_ERROR(source_->Read(read));
  std::ranges::sort(runs, {}, &RunBrief::dag_id);
  return runs;
}

Result<std::vector<RunBrief>> SqlReads::LastRuns(const std::vector<std::string>& dag_ids,
                                                 size_t each) {
  std::vector<RunBrief> runs;
  if (dag_ids.empty()) return runs;
  SqlQuery query;
  for (size_t i = 0; i < dag_ids.size(); ++i) {
    query.Add(fmt::format("{}SELECT * FROM (SELECT {} FROM dag_run WHERE dag_id = ?"
                          " ORDER BY run_after DESC, run_key DESC LIMIT {}) page{}",
                          i == 0 ? "" : " UNION ALL ", kBriefColumns, each, i),
              dag_ids[i]);
  }
  GALE_RETURN_IF_ERROR(
      source_->Read([&](Sql& sql) { return ReadRows(sql, query, BriefColumns, runs); }));
  std::ranges::sort(runs, [](const RunBrief& a, const RunBrief& b) {
    return std::tie(a.dag_id, b.run_after, b.id) < std::tie(b.dag_id, a.run_after, a.id);
  });
  return runs;
}

// Counted here: grouped, SQLite would go by DAG through all runs.
Result<std::vector<DagRunsInState>> SqlReads::CountUnfinished() {
  SqlFilter filter;
  filter.AddUnfinished("state", "run_key", source_->dialect());
  SqlQuery query("SELECT dag_id, state FROM dag_run");
  query.Add(filter.where());
  std::map<std::pair<std::string, RunState>, uint64_t> counts;
  GALE_RETURN_IF_ERROR(source_->Read([&](Sql& sql) {
    counts.clear();
    return sql.Query(query, [&](SqlRow& row) {
      std::pair<std::string, RunState> key;
      row.Read(key.first, key.second);
      ++counts[key];
    });
  }));
  std::vector<DagRunsInState> runs;
  for (const auto& [key, count] : counts) runs.push_back({key.first, key.second, count});
  return runs;
}

Result<std::vector<RunBrief>> SqlReads::RunsBetween(const RunWindow& window) {
  SqlFilter filter;
  if (!window.dag_id.empty()) filter.Add("dag_id = ?", window.dag_id);
  filter.Add("run_after >= ?", window.from);
  filter.Add("run_after < ?", window.until);
  SqlQuery query(fmt::format("SELECT {} FROM dag_run", kBriefColumns));
  query.Add(filter.where())
      .Add(fmt::format(" ORDER BY run_after DESC, run_key DESC LIMIT {}", window.limit));
  std::vector<RunBrief> runs;
  GALE_RETURN_IF_ERROR(
      source_->Read([&](Sql& sql) { return ReadRows(sql, query, BriefColumns, runs); }));
  return runs;
}

Result<std::vector<RunTime>> SqlReads::RunTimes(const RunWindow& window) {
  SqlFilter filter;
  if (!window.dag_id.empty()) filter.Add("dag_id = ?", window.dag_id);
  filter.Add("run_after >= ?", window.from);
  filter.Add("run_after < ?", window.until);
  SqlQuery query("SELECT run_after, state FROM dag_run");
  query.Add(filter.where()).Add(fmt::format(" LIMIT {}", window.limit + 1));
  std::vector<RunTime> times;
  auto columns = [](RunTime& r) { return std::tie(r.run_after, r.state); };
  GALE_RETURN_IF_ERROR(
      source_->Read([&](Sql& sql) { return ReadRows(sql, query, columns, times); }));
  if (times.size() <= window.limit) return times;
  return ResourceExhausted("more than {} runs are in that time: ask for fewer days", window.limit);
}

Result<std::vector<AttemptRow>> SqlReads::ListAttempts(RunId run,
                                                       const std::vector<TaskIndex>& tasks,
                                                       size_t limit) {
  std::vector<AttemptRow> rows;
  for (size_t from = 0; from < tasks.size() && rows.size() < limit; from += kTermsPerRead) {
    const size_t end = std::min(tasks.size(), from + kTermsPerRead);
    SqlFilter filter;
    filter.Add("run_key = ?", run);
    filter.AddAny("task_index",
                  std::vector<TaskIndex>(tasks.begin() + static_cast<ptrdiff_t>(from),
                                         tasks.begin() + static_cast<ptrdiff_t>(end)));
    filter.Add("map_index = ?", kUnmapped);
    SqlQuery query(fmt::format("SELECT {} FROM task_attempt", QuoteNames(kAttemptColumns)));
    query.Add(filter.where()).Add(fmt::format(" LIMIT {}", limit - rows.size()));
    std::vector<AttemptRow> some;
    GALE_RETURN_IF_ERROR(source_->Read([&](Sql& sql) {
      return ReadRows(
          sql, query, [](AttemptRow& row) { return Columns(row); }, some);
    }));
    rows.insert(rows.end(), some.begin(), some.end());
  }
  std::ranges::sort(rows, [](const AttemptRow& a, const AttemptRow& b) {
    return std::tie(a.id.task, a.id.try_number) < std::tie(b.id.task, b.id.try_number);
  });
  return rows;
}

Result<std::vector<TiCell>> SqlReads::ListCells(const CellQuery& query) {
  std::vector<TiCell> cells;
  if (query.runs.empty()) return cells;
  SqlFilter filter;
  filter.AddAny("run_key", query.runs);
  filter.AddAny("state", query.states);
  SqlQuery select("SELECT run_key, task_index, map_index, state, block_length, ");
  select.Add(query.with_times ? "start_date, end_date" : "NULL, NULL")
      .Add(" FROM task_instance")
      .Add(filter.where())
      .Add(fmt::format(" LIMIT {}", query.limit + 1));
  GALE_RETURN_IF_ERROR(
      source_->Read([&](Sql& sql) { return ReadRows(sql, select, CellColumns, cells); }));
  if (cells.size() <= query.limit) return cells;
  return ResourceExhausted("{} runs have more than {} task instances", query.runs.size(),
                           query.limit);
}

}  // namespace gale
