// What pages read of many runs at once.
#include "master/store/row_columns.h"
#include "master/store/sql_reads.h"

namespace gale {
namespace {

auto CellColumns(TiCell& r) {
  return std::tie(r.run, r.task, r.map_index, r.state, r.block_length, r.start_date, r.end_date);
}

}  // namespace

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
