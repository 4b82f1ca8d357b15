// Clearing task instances, in earlier and later runs too. Which of those have something to clear is
// read here; the engine gets them all into memory and clears in all or in none.
#include <algorithm>
#include <set>

#include "master/api/control.h"

namespace gale {
namespace {

// The tasks that the request means, by name; empty: all.
std::set<std::string> TasksOf(const ClearRequest& request, const Dag& dag) {
  std::vector<TaskIndex> named;
  auto add = [&](const std::string& id) {
    if (const auto task = dag.Find(id)) named.push_back(*task);
  };
  for (const std::string& id : request.task_ids) add(id);
  for (const TaskInstanceName& name : request.instances) add(name.task_id);
  std::set<std::string> ids;
  for (TaskIndex t : named) ids.insert(dag.task(t).task_id);
  for (const bool downwards : {false, true}) {
    if (named.empty() || !(downwards ? request.include_downstream : request.include_upstream)) {
      continue;
    }
    for (TaskIndex t : dag.Closure(named, downwards)) ids.insert(dag.task(t).task_id);
  }
  return ids;
}

// Those that it clears, as Loop::Clear looks at them.
std::vector<TiState> StatesOf(const ClearRequest& request) {
  std::vector<TiState> states;
  for (size_t s = 0; s < kTiStates; ++s) {
    const auto state = static_cast<TiState>(s);
    const bool failed = state == TiState::kFailed || state == TiState::kUpstreamFailed;
    if (state == TiState::kNone || (request.only_failed && !failed)) continue;
    if (request.only_running && state != TiState::kRunning) continue;
    states.push_back(state);
  }
  return states;
}

}  // namespace

Result<std::vector<std::string>> Control::RunsToClear(const ClearRequest& request) {
  GALE_ASSIGN_OR_RETURN(const RunView named, GetRun(request.dag_id, request.run_id));
  const std::optional<TimePoint> date = named.row.logical_date;
  if (!date) {
    return InvalidArgument(
        "run '{}' has no logical date: no run is earlier or later than it (include_past, "
        "include_future)",
        request.run_id);
  }
  const std::set<std::string> tasks = TasksOf(request, *named.version->dag);
  CellQuery cells;
  cells.states = StatesOf(request);
  if (cells.states.empty()) return std::vector<std::string>();
  cells.limit = limits::kListedInstancesMax;
  RunQuery query;
  query.dag_id = request.dag_id;
  query.without_conf = true;
  query.logical_date_gte = request.include_past ? TimePoint::min() : *date;
  if (!request.include_future) query.logical_date_lte = *date;
  const size_t width = std::max<size_t>(named.version->dag->size(), 1);
  query.limit = static_cast<uint32_t>(
      std::clamp<size_t>(limits::kListedInstancesMax / width, 1, limits::kClearedRunsMax));
  std::vector<std::string> found;
  for (;; query.count = false) {
    GALE_ASSIGN_OR_RETURN(const Page<RunRow> page, reads_.ListRuns(query));
    if (page.total > limits::kClearLookedRunsMax) {
      return InvalidArgument(
          "{} runs would be looked through, at most {} are (kClearLookedRunsMax): clear run by run",
          page.total, limits::kClearLookedRunsMax);
    }
    if (page.rows.empty()) return found;
    query.after = page.rows.back().id;
    cells.runs.clear();
    for (const RunRow& row : page.rows) cells.runs.push_back(row.id);
    GALE_ASSIGN_OR_RETURN(const std::vector<TiCell> touched, reads_.ListCells(cells));
    std::map<RunId, std::vector<TaskIndex>> by_run;
    for (const TiCell& cell : touched) by_run[cell.run].push_back(cell.task);
    for (const RunRow& row : page.rows) {
      const auto of = by_run.find(row.id);
      if (of == by_run.end() || row.run_id == request.run_id) continue;
      GALE_ASSIGN_OR_RETURN(const DagVersionPtr version, dags_.Get(row.dag_id, row.version));
      auto meant = [&](TaskIndex t) { return tasks.contains(version->dag->task(t).task_id); };
      if (tasks.empty() || std::ranges::any_of(of->second, meant)) found.push_back(row.run_id);
    }
    if (found.size() > limits::kClearedRunsMax) {
      return InvalidArgument(
          "tasks of more than {} runs would be cleared, the most that may at once "
          "(kClearedRunsMax): clear only failed ones, fewer tasks, or run by run",
          limits::kClearedRunsMax);
    }
  }
}

Result<std::vector<TaskInstanceView>> Control::Clear(ClearRequest request, const Actor& actor) {
  GALE_RETURN_IF_ERROR(CheckTaskIds(request.dag_id, request.run_id, request.task_ids));
  if (request.include_past || request.include_future) {
    GALE_ASSIGN_OR_RETURN(request.other_runs, RunsToClear(request));
  }
  std::vector<std::string> runs = request.other_runs;
  runs.push_back(request.run_id);
  GALE_ASSIGN_OR_RETURN(
      auto rows, engine_.CallOnRuns<Result<std::vector<TiRow>>>(
                     request.dag_id, runs, [=](Loop& loop) { return loop.Clear(request, actor); }));
  return ViewsOf(rows);
}

}  // namespace gale
