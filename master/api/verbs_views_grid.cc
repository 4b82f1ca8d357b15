// Verb: the grid of a DAG.
#include <algorithm>

#include "common/rpc/convert.h"
#include "master/api/grid.h"
#include "master/api/verbs.h"
#include "master/api/views.h"

namespace gale::verbs {
namespace {

// The page's runs, the newest first, and one more if there is one.
Result<std::vector<RunView>> RunsOf(Control& control, const v1::GetDagGridRequest& request,
                                    uint32_t limit) {
  RunQuery query;
  query.dag_id = request.dag_id();
  query.order_by = {"-run_after"};
  query.limit = limit + 1;
  query.count = false;
  query.without_conf = true;
  if (request.has_before()) query.run_after_lte = FromProto(request.before()) - Duration(1);
  for (const std::string& name : request.run_types()) {
    const auto type = ParseRunType(name);
    if (!type) return InvalidArgument("'{}' is no type of a run", name);
    query.types.push_back(*type);
  }
  for (const std::string& name : request.states()) {
    const auto state = ParseRunState(name);
    if (!state) return InvalidArgument("'{}' is no state of a run", name);
    query.states.push_back(*state);
  }
  GALE_ASSIGN_OR_RETURN(Page<RunView> page, control.ListRuns(query));
  return std::move(page.rows);
}

}  // namespace

Result<v1::DagGrid> GetDagGrid(Control& control, const v1::GetDagGridRequest& request,
                               const Actor&) {
  const std::string at = control.feed().at().ToString();
  const uint32_t limit =
      std::min<uint32_t>(request.has_limit() ? request.limit() : 24, limits::kGridRunsMax);
  GALE_ASSIGN_OR_RETURN(const int64_t current, control.CurrentVersion(request.dag_id()));
  GALE_ASSIGN_OR_RETURN(DagVersionPtr latest, control.GetDagVersion(request.dag_id(), current));
  GALE_ASSIGN_OR_RETURN(std::vector<RunView> runs, RunsOf(control, request, limit));
  bool has_older = runs.size() > limit;
  if (has_older) runs.resize(limit);

  CellQuery cells;
  cells.limit = limits::kGridInstancesMax;
  size_t instances = 0;
  for (const RunView& run : runs) {
    instances += run.version->dag->size();
    if (instances > limits::kGridInstancesMax && !cells.runs.empty()) break;
    cells.runs.push_back(run.row.id);
  }
  auto read = control.reads().ListCells(cells);
  while (read.status().code() == Code::kResourceExhausted && cells.runs.size() > 1) {
    cells.runs.resize(cells.runs.size() / 2);  // mapped tasks have any number of instances
    read = control.reads().ListCells(cells);
  }
  GALE_RETURN_IF_ERROR(read.status());
  has_older = has_older || runs.size() > cells.runs.size();
  runs.resize(cells.runs.size());
  std::ranges::reverse(runs);

  Grid grid(std::move(latest), std::move(runs));
  for (const TiCell& cell : *read) grid.Add(cell);
  v1::DagGrid answer = grid.Write();
  answer.set_at(at);
  answer.set_has_older(has_older);
  GALE_ASSIGN_OR_RETURN(const UsualTimesPtr usual, control.usual_times().Get(request.dag_id()));
  if (usual->run_seconds) answer.set_median_seconds(*usual->run_seconds);
  return answer;
}

}  // namespace gale::verbs
