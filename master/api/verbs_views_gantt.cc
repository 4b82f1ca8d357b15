// Verb: when the tasks of a run ran.
#include "common/base/limits.h"
#include "master/api/gantt.h"
#include "master/api/verbs.h"
#include "master/api/views.h"

namespace gale::verbs {
namespace {

constexpr size_t kRangesPerRead = 100;

// Of tasks that aren't mapped, neighbours together.
std::vector<TiRange> UnmappedOf(const RunView& run) {
  const Dag& dag = *run.version->dag;
  std::vector<TiRange> ranges;
  for (uint32_t t = 0; t < dag.size(); ++t) {
    if (dag.is_mapped(TaskIndex(t))) continue;
    if (!ranges.empty() && ranges.back().last.value + 1 == t) {
      ranges.back().last = TaskIndex(t);
    } else {
      ranges.push_back({run.row.id, TaskIndex(t), TaskIndex(t)});
    }
  }
  return ranges;
}

Status ReadRows(Control& control, const RunView& run, Gantt& gantt) {
  const std::vector<TiRange> ranges = UnmappedOf(run);
  for (size_t from = 0; from < ranges.size(); from += kRangesPerRead) {
    const auto begin = ranges.begin() + static_cast<ptrdiff_t>(from);
    const auto end =
        ranges.begin() + static_cast<ptrdiff_t>(std::min(ranges.size(), from + kRangesPerRead));
    GALE_ASSIGN_OR_RETURN(const std::vector<TiRow> rows,
                          control.reads().ListTis(std::vector(begin, end)));
    for (const TiRow& row : rows) gantt.Add(row);
  }
  if (run.version->dag->has_mapped()) {
    CellQuery query;
    query.runs = {run.row.id};
    query.with_times = true;
    query.limit = limits::kGridInstancesMax;
    GALE_ASSIGN_OR_RETURN(const std::vector<TiCell> cells, control.reads().ListCells(query));
    for (const TiCell& cell : cells) gantt.Add(cell);
  }
  GALE_ASSIGN_OR_RETURN(
      const std::vector<AttemptRow> tries,
      control.reads().ListAttempts(run.row.id, gantt.TriedBefore(), limits::kGanttTriesMax));
  for (const AttemptRow& row : tries) gantt.Add(row);
  return OkStatus();
}

}  // namespace

Result<v1::Gantt> GetDagGantt(Control& control, const v1::GetDagRunRequest& request, const Actor&) {
  v1::Gantt answer;
  answer.set_at(control.feed().at().ToString());
  GALE_ASSIGN_OR_RETURN(const RunView run, control.GetRun(request.dag_id(), request.run_id()));
  *answer.mutable_run() = ToProto(run);
  Gantt gantt(run);
  GALE_RETURN_IF_ERROR(ReadRows(control, run, gantt));
  GALE_ASSIGN_OR_RETURN(const UsualTimesPtr usual, control.usual_times().Get(request.dag_id()));
  gantt.Write(*usual, answer);
  return answer;
}

}  // namespace gale::verbs
