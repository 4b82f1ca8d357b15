// Verbs: DAG runs, task instances, XComs.
#include "common/rpc/convert.h"
#include "master/api/json.h"
#include "master/api/pages.h"
#include "master/api/verbs.h"
#include "master/api/views.h"

namespace gale::verbs {
namespace {

std::optional<TimePoint> TimeOf(bool has, const google::protobuf::Timestamp& time) {
  if (!has) return std::nullopt;
  return FromProto(time);
}

Result<RunState> RunStateOf(const std::string& name) {
  if (auto state = ParseRunState(name)) return *state;
  return InvalidArgument("'{}' is no state of a run: use queued, running, success or failed", name);
}

template <class Request>
int32_t MapIndexOf(const Request& request) {
  return request.has_map_index() ? request.map_index() : kUnmapped;
}

v1::ListTaskInstancesResponse AnswerOf(const std::vector<TaskInstanceView>& tis, uint64_t total,
                                       bool detail) {
  v1::ListTaskInstancesResponse answer;
  for (const TaskInstanceView& ti : tis) *answer.add_task_instances() = ToProto(ti, detail);
  answer.set_total_entries(total);
  return answer;
}

// One ended try: the task instance of that time.
TaskInstanceView ThatTime(TaskInstanceView ti, const AttemptRow& attempt) {
  ti.row.state = attempt.state;
  ti.row.try_number = attempt.id.try_number;
  ti.row.reschedules = attempt.reschedules;
  ti.row.scheduled_at = attempt.scheduled_at;
  ti.row.queued_at = attempt.queued_at;
  ti.row.start_date = attempt.start_date;
  ti.row.end_date = attempt.end_date;
  ti.row.worker = attempt.worker;
  ti.row.pid = attempt.pid;
  ti.row.usage = attempt.usage;
  return ti;
}

}  // namespace

// Runs.

Result<v1::DagRun> TriggerDagRun(Control& control, const v1::TriggerDagRunRequest& request,
                                 const Actor& actor) {
  TriggerRequest trigger;
  trigger.dag_id = request.dag_id();
  trigger.run_id = request.run_id();
  trigger.logical_date = TimeOf(request.has_logical_date(), request.logical_date());
  trigger.no_logical_date = request.no_logical_date();
  trigger.interval_start = TimeOf(request.has_data_interval_start(), request.data_interval_start());
  trigger.interval_end = TimeOf(request.has_data_interval_end(), request.data_interval_end());
  trigger.run_after = TimeOf(request.has_run_after(), request.run_after());
  trigger.conf_json = request.conf_json();
  trigger.note = request.note();
  GALE_ASSIGN_OR_RETURN(RunView run, control.Trigger(std::move(trigger), actor));
  return ToProto(run);
}

Result<v1::DagRun> GetDagRun(Control& control, const v1::GetDagRunRequest& request, const Actor&) {
  GALE_ASSIGN_OR_RETURN(RunView run, control.GetRun(request.dag_id(), request.run_id()));
  return ToProto(run);
}

Result<v1::ListDagRunsResponse> ListDagRuns(Control& control, const v1::ListDagRunsRequest& request,
                                            const Actor&) {
  RunQuery query;
  ReadPage(request, query);
  if (query.order_by.empty()) query.order_by = {"-id"};  // the newest first
  query.dag_id = request.dag_id() == "~" ? "" : request.dag_id();
  for (const std::string& name : request.states()) {
    GALE_ASSIGN_OR_RETURN(RunState state, RunStateOf(name));
    query.states.push_back(state);
  }
  for (const std::string& name : request.run_types()) {
    const auto type = ParseRunType(name);
    if (!type) return InvalidArgument("'{}' is no type of a run", name);
    query.types.push_back(*type);
  }
  query.logical_date_gte = TimeOf(request.has_logical_date_gte(), request.logical_date_gte());
  query.logical_date_lte = TimeOf(request.has_logical_date_lte(), request.logical_date_lte());
  query.run_after_gte = TimeOf(request.has_run_after_gte(), request.run_after_gte());
  query.run_after_lte = TimeOf(request.has_run_after_lte(), request.run_after_lte());
  GALE_ASSIGN_OR_RETURN(auto page, control.ListRuns(query));
  v1::ListDagRunsResponse answer;
  for (const RunView& run : page.rows) *answer.add_dag_runs() = ToProto(run);
  answer.set_total_entries(page.total);
  return answer;
}

Result<v1::DagRun> SetDagRunState(Control& control, const v1::SetDagRunStateRequest& request,
                                  const Actor& actor) {
  GALE_ASSIGN_OR_RETURN(RunView run, control.GetRun(request.dag_id(), request.run_id()));
  if (!request.state().empty()) {
    GALE_ASSIGN_OR_RETURN(RunState state, RunStateOf(request.state()));
    GALE_ASSIGN_OR_RETURN(run,
                          control.SetRunState(request.dag_id(), request.run_id(), state, actor));
  }
  if (request.set_note()) {
    GALE_ASSIGN_OR_RETURN(
        run, control.SetRunNote(request.dag_id(), request.run_id(), request.note(), actor));
  }
  return ToProto(run);
}

// Task instances.

Result<v1::ListTaskInstancesResponse> ListTaskInstances(Control& control,
                                                        const v1::ListTaskInstancesRequest& request,
                                                        const Actor&) {
  PageQuery page;
  ReadPage(request, page, limits::kTasksPerDagMax);
  TaskInstanceQuery query;
  query.dag_id = request.dag_id();
  query.run_id = request.run_id();
  query.task_ids.assign(request.task_ids().begin(), request.task_ids().end());
  if (!request.task_id().empty()) query.task_ids.push_back(request.task_id());
  if (request.has_map_index()) query.map_index = request.map_index();
  query.elements_only = request.elements_only();
  query.pools.assign(request.pools().begin(), request.pools().end());
  query.queues.assign(request.queues().begin(), request.queues().end());
  for (const std::string& name : request.states()) {
    const auto state = name == "no_status" ? TiState::kNone : ParseTiState(name);
    if (!state) return InvalidArgument("'{}' is no state of a task instance", name);
    query.states.push_back(*state);
  }
  query.order_by = page.order_by;
  query.limit = page.limit;
  query.offset = page.offset;
  GALE_ASSIGN_OR_RETURN(auto tis, control.ListTaskInstances(query));
  GALE_RETURN_IF_ERROR(control.AddNotes(tis.rows));
  return AnswerOf(tis.rows, tis.total, request.detail());
}

Result<v1::TaskInstance> GetTaskInstance(Control& control,
                                         const v1::GetTaskInstanceRequest& request, const Actor&) {
  GALE_ASSIGN_OR_RETURN(TaskInstanceView ti,
                        control.GetTaskInstance(request.dag_id(), request.run_id(),
                                                request.task_id(), MapIndexOf(request)));
  std::vector<TaskInstanceView> one = {std::move(ti)};
  GALE_RETURN_IF_ERROR(control.AddNotes(one));
  v1::TaskInstance answer = ToProto(one[0], request.detail());
  if (!request.detail()) return answer;
  GALE_ASSIGN_OR_RETURN(const std::optional<RenderedRow> rendered, control.GetRendered(one[0]));
  if (rendered) answer.set_rendered_fields_json(rendered->fields_json);
  return answer;
}

Result<v1::ListTaskInstancesResponse> ListTries(Control& control,
                                                const v1::GetTaskInstanceRequest& request,
                                                const Actor&) {
  GALE_ASSIGN_OR_RETURN(TaskInstanceView ti,
                        control.GetTaskInstance(request.dag_id(), request.run_id(),
                                                request.task_id(), MapIndexOf(request)));
  GALE_ASSIGN_OR_RETURN(const std::vector<AttemptRow> tries, control.ListTries(ti));
  std::vector<TaskInstanceView> views;
  for (const AttemptRow& attempt : tries) views.push_back(ThatTime(ti, attempt));
  const bool latest_known = !tries.empty() && tries.back().id.try_number == ti.row.try_number;
  if (!latest_known && ti.row.try_number > 0) {  // it goes on, and has no history yet
    ti.row.usage = {};
    views.push_back(ti);
  }
  return AnswerOf(views, views.size(), request.detail());
}

Result<v1::ListTaskInstancesResponse> SetTaskInstanceState(
    Control& control, const v1::SetTaskInstanceStateRequest& request, const Actor& actor) {
  const auto state = ParseTiState(request.state());
  if (!state && !request.state().empty()) {
    return InvalidArgument(
        "'{}' is no state that a task instance can be set to: use success, failed "
        "or skipped",
        request.state());
  }
  SetTasksRequest set;
  set.dag_id = request.dag_id();
  set.run_id = request.run_id();
  if (request.has_map_index()) {
    set.instances = {{request.task_id(), request.map_index()}};
  } else {
    set.task_ids = {request.task_id()};
  }
  set.state = state;
  if (request.set_note()) set.note = request.note();
  set.include_upstream = request.include_upstream();
  set.include_downstream = request.include_downstream();
  GALE_ASSIGN_OR_RETURN(auto tis, control.SetTasks(set, actor));
  GALE_RETURN_IF_ERROR(control.AddNotes(tis));
  return AnswerOf(tis, tis.size(), request.detail());
}

Result<v1::ListTaskInstancesResponse> ClearTaskInstances(
    Control& control, const v1::ClearTaskInstancesRequest& request, const Actor& actor) {
  ClearRequest clear;
  clear.dag_id = request.dag_id();
  clear.run_id = request.run_id();
  clear.task_ids.assign(request.task_ids().begin(), request.task_ids().end());
  for (const v1::TaskInstanceName& name : request.instances()) {
    clear.instances.push_back({name.task_id(), name.map_index()});
  }
  clear.only_failed = request.only_failed();
  clear.only_running = request.only_running();
  clear.include_upstream = request.include_upstream();
  clear.include_downstream = request.include_downstream();
  clear.dry_run = request.dry_run();
  clear.include_past = request.include_past();
  clear.include_future = request.include_future();
  GALE_ASSIGN_OR_RETURN(auto tis, control.Clear(clear, actor));
  GALE_RETURN_IF_ERROR(control.AddNotes(tis));
  return AnswerOf(tis, tis.size(), request.detail());
}

Result<v1::ExplainTaskInstanceResponse> ExplainTaskInstance(
    Control& control, const v1::ExplainTaskInstanceRequest& request, const Actor&) {
  GALE_ASSIGN_OR_RETURN(Explanation why, control.Explain(request.dag_id(), request.run_id(),
                                                         request.task_id(), MapIndexOf(request)));
  return ToProto(why);
}

// XComs.

Result<v1::ListXComsResponse> ListXComs(Control& control, const v1::ListXComsRequest& request,
                                        const Actor&) {
  XComListQuery query;
  ReadPage(request, query);
  query.dag_id = request.dag_id();
  query.run_id = request.run_id();
  query.task_id = request.task_id();
  if (request.has_map_index()) query.map_index = request.map_index();
  if (request.has_key()) query.key = request.key();
  if (query.dag_id != "~" && query.run_id != "~" && query.task_id != "~") {
    GALE_RETURN_IF_ERROR(control.CheckTaskIds(query.dag_id, query.run_id, {query.task_id}));
  }
  GALE_ASSIGN_OR_RETURN(auto page, control.ListXComs(query));
  v1::ListXComsResponse answer;
  for (const XComView& xcom : page.rows) *answer.add_xcom_entries() = ToProto(xcom);
  answer.set_total_entries(page.total);
  return answer;
}

Result<v1::XComEntry> GetXCom(Control& control, const v1::GetXComRequest& request, const Actor&) {
  GALE_ASSIGN_OR_RETURN(TaskInstanceView ti,
                        control.GetTaskInstance(request.dag_id(), request.run_id(),
                                                request.task_id(), MapIndexOf(request)));
  GALE_ASSIGN_OR_RETURN(std::optional<XComRow> row, control.GetXCom(ti, request.key()));
  if (!row) {
    return NotFound("task '{}' of run '{}' has no XCom '{}'", request.task_id(), request.run_id(),
                    request.key());
  }
  v1::XComEntry answer =
      ToProto(XComView{ti.run, {row->run, row->task, row->map_index, row->key, row->timestamp}});
  const bool as_text = request.stringify() || !ParseJson("value", row->value_json).ok();
  answer.set_value_json(as_text ? WriteJson(Json(row->value_json)) : row->value_json);
  return answer;
}

}  // namespace gale::verbs
