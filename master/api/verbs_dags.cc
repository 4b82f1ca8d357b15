// Verbs: DAGs, their tasks and versions, import errors.
#include <algorithm>

#include "common/rpc/convert.h"
#include "master/api/json.h"
#include "master/api/pages.h"
#include "master/api/verbs.h"
#include "master/api/views.h"
#include "master/store/list_orders.h"

namespace gale::verbs {
namespace {

Json ObjectOf(const std::string& text) {
  auto json = text.empty() ? Result<Json>(Json::object()) : ParseJson("params", text);
  return json.ok() && json->is_object() ? *std::move(json) : Json::object();
}

// As Airflow: each param with its default, description and schema, in the author's order.
std::string ParamsOf(const DagSpec& spec) {
  Json params = Json::object();
  const Json defaults = ObjectOf(spec.params_json), schemas = ObjectOf(spec.param_schemas_json);
  for (const std::string& name : spec.param_order) {
    if (defaults.contains(name) || schemas.contains(name)) params[name] = Json::object();
  }
  for (const auto& [name, value] : defaults.items()) {
    params[name] = {{"value", value}, {"description", nullptr}, {"schema", Json::object()}};
  }
  for (const auto& [name, param] : schemas.items()) {
    if (!defaults.contains(name)) params[name]["value"] = nullptr;
    params[name]["description"] = param.value("description", Json());
    params[name]["schema"] = param.value("schema", Json::object());
  }
  return WriteJson(params);
}

v1::DagTask TaskOf(const Dag& dag, TaskIndex index) {
  const TaskSpec& task = dag.task(index);
  v1::DagTask out;
  *out.mutable_spec() = ToProto(task);
  if (const auto start = task.start_date ? task.start_date : dag.spec().start_date)
    *out.mutable_start_date() = ToProto(*start);
  if (const auto end = task.end_date ? task.end_date : dag.spec().end_date)
    *out.mutable_end_date() = ToProto(*end);
  out.set_is_mapped(task.expand.has_value());
  out.set_display_name(task.display_name.empty() ? task.task_id : task.display_name);
  if (std::holds_alternative<BashWork>(task.work)) {
    for (const char* field : {"bash_command", "env", "cwd"}) out.add_template_fields(field);
  }
  return out;
}

}  // namespace

Result<v1::DagInfo> SubmitDag(Control& control, const v1::SubmitDagRequest& request,
                              const Actor& actor) {
  GALE_ASSIGN_OR_RETURN(DagSpec spec, FromProto(request.dag()));
  GALE_ASSIGN_OR_RETURN(DagView dag, control.SubmitDag(std::move(spec), actor));
  return ToProto(dag);
}

Result<v1::ListDagsResponse> ListDags(Control& control, const v1::ListDagsRequest& request,
                                      const Actor&) {
  DagQuery query;
  ReadPage(request, query);
  if (request.dag_id_pattern() != "~") query.id_pattern = request.dag_id_pattern();
  query.tags.assign(request.tags().begin(), request.tags().end());
  if (request.has_paused()) query.paused = request.paused();
  query.include_stale = request.include_stale();
  GALE_ASSIGN_OR_RETURN(auto page, control.ListDags(query));
  v1::ListDagsResponse answer;
  for (const DagView& dag : page.rows) *answer.add_dags() = ToProto(dag);
  answer.set_total_entries(page.total);
  return answer;
}

Result<v1::GetDagResponse> GetDag(Control& control, const v1::GetDagRequest& request,
                                  const Actor& actor) {
  GALE_ASSIGN_OR_RETURN(DagView dag, control.GetDag(request.dag_id()));
  v1::GetDagResponse answer;
  *answer.mutable_info() = ToProto(dag);
  *answer.mutable_spec() = ToProto(dag.version->dag->spec());
  *answer.mutable_latest_dag_version() = ToProto(*dag.version);
  answer.set_params_json(ParamsOf(dag.version->dag->spec()));
  GALE_ASSIGN_OR_RETURN(const auto favorites, control.store().reads().ListFavorites(actor.name));
  answer.set_is_favorite(std::ranges::binary_search(favorites, request.dag_id()));
  return answer;
}

Result<v1::DagInfo> GetDagInfo(Control& control, const v1::GetDagRequest& request, const Actor&) {
  GALE_ASSIGN_OR_RETURN(DagView dag, control.GetDag(request.dag_id()));
  return ToProto(dag);
}

Result<v1::DagInfo> SetDagPaused(Control& control, const v1::SetDagPausedRequest& request,
                                 const Actor& actor) {
  GALE_ASSIGN_OR_RETURN(DagView dag,
                        control.SetDagPaused(request.dag_id(), request.is_paused(), actor));
  return ToProto(dag);
}

Result<v1::ListDagVersionsResponse> ListDagVersions(Control& control,
                                                    const v1::ListDagVersionsRequest& request,
                                                    const Actor&) {
  PageQuery query;
  ReadPage(request, query);
  GALE_ASSIGN_OR_RETURN(auto page, control.ListDagVersions(request.dag_id(), query));
  v1::ListDagVersionsResponse answer;
  for (const DagVersionHead& version : page.rows) *answer.add_dag_versions() = ToProto(version);
  answer.set_total_entries(page.total);
  return answer;
}

Result<v1::DagVersion> GetDagVersion(Control& control, const v1::GetDagVersionRequest& request,
                                     const Actor&) {
  GALE_ASSIGN_OR_RETURN(DagVersionPtr version,
                        control.GetDagVersion(request.dag_id(), request.version_number()));
  return ToProto(*version);
}

Result<v1::ListTasksResponse> ListTasks(Control& control, const v1::ListTasksRequest& request,
                                        const Actor&) {
  GALE_ASSIGN_OR_RETURN(
      const std::vector<Order> orders,
      ParseOrders({request.order_by().begin(), request.order_by().end()}, kTaskOrders));
  GALE_ASSIGN_OR_RETURN(DagView dag, control.GetDag(request.dag_id()));
  const Dag& model = *dag.version->dag;
  std::vector<TaskIndex> tasks;
  for (uint32_t t = 0; t < model.size(); ++t) tasks.push_back(TaskIndex(t));
  std::ranges::sort(tasks, {},
                    [&](TaskIndex t) { return std::string_view(model.task(t).task_id); });
  if (!orders.empty() && orders[0].descending) std::ranges::reverse(tasks);
  v1::ListTasksResponse answer;
  for (TaskIndex task : tasks) *answer.add_tasks() = TaskOf(model, task);
  answer.set_total_entries(tasks.size());
  return answer;
}

Result<v1::DagTask> GetTask(Control& control, const v1::GetTaskRequest& request, const Actor&) {
  GALE_ASSIGN_OR_RETURN(DagView dag, control.GetDag(request.dag_id()));
  const auto task = dag.version->dag->Find(request.task_id());
  if (!task) return NotFound("DAG '{}' has no task '{}'", request.dag_id(), request.task_id());
  return TaskOf(*dag.version->dag, *task);
}

Result<v1::ListImportErrorsResponse> ListImportErrors(Control& control,
                                                      const v1::ListImportErrorsRequest& request,
                                                      const Actor&) {
  ImportErrorQuery query;
  ReadPage(request, query, kVerbRowsMax);
  GALE_ASSIGN_OR_RETURN(auto page, control.ListImportErrors(query));
  v1::ListImportErrorsResponse answer;
  for (const ImportErrorRow& error : page.rows) *answer.add_import_errors() = ToProto(error);
  answer.set_total_entries(page.total);
  return answer;
}

Result<v1::ImportError> GetImportError(Control& control, const v1::GetImportErrorRequest& request,
                                       const Actor&) {
  GALE_ASSIGN_OR_RETURN(ImportErrorRow error, control.GetImportError(request.id()));
  return ToProto(error);
}

}  // namespace gale::verbs
