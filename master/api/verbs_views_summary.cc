// Verb: how everything stands, for the home page.
#include <algorithm>
#include <chrono>

#include "common/base/limits.h"
#include "common/base/limits_standing.h"
#include "common/rpc/convert.h"
#include "master/api/instances.h"
#include "master/api/summary.h"
#include "master/api/verbs.h"
#include "master/api/views.h"

namespace gale::verbs {
namespace {

constexpr uint32_t kHours = 3, kHoursMax = 72;
constexpr size_t kEndOfLogBytes = 8 << 10;
constexpr size_t kRunsBack = 5;  // of a DAG whose last run goes on, to find one that ended

Result<std::vector<RunBrief>> ReadFailed(Control& control, const std::vector<RunBrief>& latest) {
  std::vector<std::string> go_on;
  for (const RunBrief& run : latest) {
    const bool room = go_on.size() < limits::kPageRowsMax;
    if (!IsFinished(run.state) && room) go_on.push_back(run.dag_id);
  }
  GALE_ASSIGN_OR_RETURN(const std::vector<RunBrief> last,
                        control.reads().LastRuns(go_on, kRunsBack));
  return FailedLast(latest, last);
}

// The last line that tells why, if that log is on this master.
std::string LastLineOf(Control& control, const TaskInstanceView& ti) {
  const LogKey key{ti.run->row.dag_id, ti.run->row.run_id, ti.task().task_id, ti.row.map_index,
                   ti.row.try_number};
  const auto size = control.logs().Size(key);
  if (!size.ok() || *size == 0) return "";
  const uint64_t from = *size - std::min<uint64_t>(*size, kEndOfLogBytes);
  const auto end = control.logs().Read(key, from, kEndOfLogBytes);
  return end.ok() ? LastErrorLine(*end) : "";
}

v1::Need NeedOf(Control& control, const TaskInstanceView& ti) {
  v1::Need out;
  out.set_dag_id(ti.run->row.dag_id);
  out.set_run_id(ti.run->row.run_id);
  out.set_task_id(ti.task().task_id);
  out.set_map_index(ti.row.map_index);
  out.set_state(std::string(Name(ti.row.state)));
  out.set_try_number(ti.row.shown_try());
  out.set_max_tries(ti.row.shown_max_tries());
  if (ti.row.end_date) *out.mutable_end_date() = ToProto(*ti.row.end_date);
  if (ti.row.next_at) *out.mutable_next_retry_at() = ToProto(*ti.row.next_at);
  out.set_reason(ti.row.reason);
  if (ti.row.try_number > 0) out.set_last_line(LastLineOf(control, ti));
  return out;
}

// The instances in these states of these runs, the newest end first; kSummaryNeedsMax at most.
Result<std::vector<TiKey>> Newest(Control& control, std::vector<RunId> runs,
                                  std::vector<TiState> states) {
  CellQuery query;
  query.runs = std::move(runs);
  query.states = std::move(states);
  query.with_times = true;
  query.limit = limits::kListedInstancesMax;
  auto cells = control.reads().ListCells(query);
  while (cells.status().code() == Code::kResourceExhausted && query.runs.size() > 1) {
    query.runs.resize(query.runs.size() / 2);
    cells = control.reads().ListCells(query);
  }
  if (cells.status().code() == Code::kResourceExhausted) return std::vector<TiKey>();
  GALE_RETURN_IF_ERROR(cells.status());
  // What failed by itself explains what failed with it.
  std::vector<RunId> with_own;
  for (const TiCell& cell : *cells) {
    if (cell.state != TiState::kUpstreamFailed) with_own.push_back(cell.run);
  }
  std::ranges::sort(with_own);
  std::erase_if(*cells, [&](const TiCell& cell) {
    return cell.block_length || (cell.state == TiState::kUpstreamFailed &&
                                 std::ranges::binary_search(with_own, cell.run));
  });
  std::ranges::sort(*cells, [](const TiCell& a, const TiCell& b) {
    return std::tie(a.end_date, a.run, b.task, b.map_index) >
           std::tie(b.end_date, b.run, a.task, a.map_index);
  });
  if (cells->size() > limits::kSummaryNeedsMax) cells->resize(limits::kSummaryNeedsMax);
  std::vector<TiKey> keys;
  for (const TiCell& cell : *cells) keys.push_back({cell.run, cell.task, cell.map_index});
  return keys;
}

// One by one: of a mapped task the others may be many.
Result<std::vector<TaskInstanceView>> ViewsOf(Control& control, const std::vector<TiKey>& keys) {
  Instances instances(control.reads(), control.dags());
  GALE_RETURN_IF_ERROR(instances.LoadRuns(keys));
  std::vector<TaskInstanceView> views;
  for (const TiKey& key : keys) {
    const auto run = instances.Run(key.run);
    if (!run.ok()) continue;  // cleaned away meanwhile
    GALE_ASSIGN_OR_RETURN(std::optional<TiRow> row, control.reads().GetTi(key));
    if (row) views.push_back({*run, *std::move(row)});
  }
  return views;
}

Status AddNeeds(Control& control, const std::vector<RunBrief>& failed, const LiveRuns& live,
                v1::Summary& answer) {
  std::vector<RunId> runs;
  for (const RunBrief& run : failed) runs.push_back(run.id);
  GALE_ASSIGN_OR_RETURN(std::vector<TiKey> keys,
                        Newest(control, runs, {TiState::kFailed, TiState::kUpstreamFailed}));
  GALE_ASSIGN_OR_RETURN(const std::vector<TiKey> retrying,
                        Newest(control, live.retrying, {TiState::kUpForRetry}));
  keys.insert(keys.end(), retrying.begin(), retrying.end());
  GALE_ASSIGN_OR_RETURN(std::vector<TaskInstanceView> tis, ViewsOf(control, keys));
  std::ranges::stable_sort(tis, [](const TaskInstanceView& a, const TaskInstanceView& b) {
    return a.row.end_date > b.row.end_date;
  });
  if (tis.size() > limits::kSummaryNeedsMax) tis.resize(limits::kSummaryNeedsMax);
  for (const TaskInstanceView& ti : tis) *answer.add_needs_you() = NeedOf(control, ti);
  return OkStatus();
}

// Runs of the window, and what is planned in the next quarter of it.
Status AddTimeline(Control& control, const std::vector<DagRow>& dags, TimePoint now,
                   Duration window, v1::Summary& answer) {
  GALE_ASSIGN_OR_RETURN(
      const std::vector<RunBrief> runs,
      control.reads().RunsBetween({"", now - window, now + Duration(1), limits::kTimelineRunsMax}));
  std::map<std::string, v1::TimelineRow> rows = Timeline(runs);
  const TimePoint until = now + window / 4;
  for (const DagRow& dag : dags) {
    if (dag.is_paused || !dag.next_run_after || *dag.next_run_after >= until) continue;
    if (rows.size() >= limits::kTimelineRowsMax && !rows.contains(dag.dag_id)) continue;
    GALE_ASSIGN_OR_RETURN(const DagVersionPtr version, control.dags().Get(dag.dag_id, dag.version));
    v1::TimelineRow& row = rows[dag.dag_id];
    row.set_dag_id(dag.dag_id);
    for (const TimePoint time :
         PlannedRuns(dag, *version->dag, until, limits::kTimelineDagRunsMax)) {
      *row.add_next() = ToProto(time);
    }
  }
  for (auto& [dag_id, row] : rows) {
    if (answer.runs_size() == static_cast<int>(limits::kTimelineRowsMax)) break;
    *answer.add_runs() = std::move(row);
  }
  return OkStatus();
}

// What the engine counts.
Status AddStanding(Control& control, uint32_t hours, v1::Summary& answer) {
  GALE_ASSIGN_OR_RETURN(const StandingInfo standing, control.GetStanding(size_t{hours} * 60));
  answer.set_running_tasks(standing.running_tasks);
  answer.set_waiting_tasks(standing.waiting_tasks);
  answer.set_slots_used(standing.slots_used);
  answer.set_slots_total(standing.slots_total);
  for (const FinishedMinute& minute : standing.finished) {
    v1::FinishedMinute& out = *answer.add_finished();
    *out.mutable_minute() = ToProto(minute.minute);
    out.set_success(minute.success);
    out.set_failed(minute.failed);
  }
  answer.set_finished_today(standing.finished_today);
  *answer.mutable_finished_since() = ToProto(standing.finished_since);
  if (standing.queue_wait_p50) answer.set_queue_wait_p50(Seconds(*standing.queue_wait_p50));
  if (standing.queue_wait_p99) answer.set_queue_wait_p99(Seconds(*standing.queue_wait_p99));
  GALE_ASSIGN_OR_RETURN(const WaitsInfo waits, control.ListWaits(""));
  for (const WaitInfo& wait : waits.waits) *answer.add_waits() = ToProto(wait);
  return OkStatus();
}

}  // namespace

Result<v1::Summary> GetSummary(Control& control, const v1::GetSummaryRequest& request,
                               const Actor&) {
  v1::Summary answer;
  answer.set_at(control.feed().at().ToString());
  const TimePoint now = Clock::Real().Now();
  *answer.mutable_now() = ToProto(now);
  const uint32_t hours = std::clamp(request.has_hours() ? request.hours() : kHours, 1u, kHoursMax);
  GALE_ASSIGN_OR_RETURN(const LiveRuns live, control.CountLive());
  answer.set_active_runs(live.runs);
  GALE_RETURN_IF_ERROR(AddStanding(control, hours, answer));

  DagQuery all;
  all.limit = limits::kListedDagsMax;
  all.count = false;
  GALE_ASSIGN_OR_RETURN(const Page<DagRow> dags, control.reads().ListDags(all));
  answer.set_dags(dags.rows.size());
  ImportErrorQuery errors;
  errors.limit = 0;
  GALE_ASSIGN_OR_RETURN(const Page<ImportErrorRow> files, control.reads().ListImportErrors(errors));
  answer.set_import_errors(files.total);
  GALE_ASSIGN_OR_RETURN(const std::vector<RunBrief> latest, control.reads().LatestRuns());
  answer.set_failed_runs(
      static_cast<uint64_t>(std::ranges::count(latest, RunState::kFailed, &RunBrief::state)));

  GALE_ASSIGN_OR_RETURN(const std::vector<RunBrief> failed, ReadFailed(control, latest));
  GALE_RETURN_IF_ERROR(AddNeeds(control, failed, live, answer));
  GALE_RETURN_IF_ERROR(AddTimeline(control, dags.rows, now, std::chrono::hours(hours), answer));
  return answer;
}

}  // namespace gale::verbs
