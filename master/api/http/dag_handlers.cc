#include <algorithm>

#include "master/api/http/handlers.h"

namespace gale::http {
namespace {

Response ListDags(const Call& call) {
  QueryReader reader(call.request);
  DagQuery query;
  reader.Page(query, kDagOrders);
  if (const std::string* pattern = call.request.Param("dag_id_pattern");
      pattern && *pattern != "~") {
    query.id_pattern = *pattern;
  }
  query.tags = call.request.Params("tags");
  query.paused = reader.Bool("paused");
  // Airflow 3: exclude_stale, by default true.
  query.include_stale = !reader.Bool("exclude_stale").value_or(true);
  if (reader.error()) return *reader.error();
  auto page = call.control.ListDags(query);
  if (!page.ok()) return Failure(page.status());
  return ListAnswer("dags", page->rows, page->total, DagJson);
}

Response GetDag(const Call& call) {
  auto dag = call.control.GetDag(call.args[0]);
  return dag.ok() ? JsonAnswer(DagJson(*dag)) : Failure(dag.status());
}

Response GetDagDetails(const Call& call) {
  auto dag = call.control.GetDag(call.args[0]);
  return dag.ok() ? JsonAnswer(DagDetailsJson(*dag)) : Failure(dag.status());
}

Response PatchDag(const Call& call) {
  BodyReader body(call.request, {"is_paused"});
  body.Require("is_paused");
  const auto paused = body.Bool("is_paused");
  if (!body.error() && !paused)
    body.Wrong("is_paused", "Input should be a valid boolean", "bool_type");
  if (body.error()) return *body.error();
  const auto mask = call.request.Params("update_mask");
  if (std::ranges::any_of(mask, [](const std::string& m) { return m != "is_paused"; })) {
    return Failure(400, "Only `is_paused` field can be updated through the REST API");
  }
  auto dag = call.control.SetDagPaused(call.args[0], *paused, call.actor());
  return dag.ok() ? JsonAnswer(DagJson(*dag)) : Failure(dag.status());
}

Response ListTasks(const Call& call) {
  auto dag = call.control.GetDag(call.args[0]);
  if (!dag.ok()) return Failure(dag.status());
  const Dag& model = *dag->version->dag;
  std::vector<TaskIndex> tasks;
  for (uint32_t t = 0; t < model.size(); ++t) tasks.push_back(TaskIndex(t));
  const std::string* order = call.request.Param("order_by");
  if (order != nullptr && *order != "task_id" && *order != "-task_id") {
    return Failure(400, fmt::format("tasks can be ordered by task_id, not by '{}'", *order));
  }
  std::ranges::sort(tasks, [&](TaskIndex a, TaskIndex b) {
    return model.task(a).task_id < model.task(b).task_id;
  });
  if (order != nullptr && order->starts_with('-')) std::ranges::reverse(tasks);
  return ListAnswer("tasks", tasks, tasks.size(), [&](TaskIndex t) { return TaskJson(model, t); });
}

Response GetTask(const Call& call) {
  auto dag = call.control.GetDag(call.args[0]);
  if (!dag.ok()) return Failure(dag.status());
  const Dag& model = *dag->version->dag;
  auto task = model.Find(call.args[1]);
  if (!task)
    return Failure(404, fmt::format("DAG '{}' has no task '{}'", call.args[0], call.args[1]));
  return JsonAnswer(TaskJson(model, *task));
}

Response ListDagVersions(const Call& call) {
  QueryReader reader(call.request);
  PageQuery page;
  reader.Page(page, kVersionOrders);
  if (reader.error()) return *reader.error();
  auto versions = call.control.ListDagVersions(call.args[0], page);
  if (!versions.ok()) return Failure(versions.status());
  return ListAnswer("dag_versions", versions->rows, versions->total,
                    [](const DagVersionHead& version) { return DagVersionJson(version); });
}

Response GetDagVersion(const Call& call) {
  const auto number = WholeNumber(call.args[1]);
  if (!number) {
    return Invalid({"path", "version_number"}, "Input should be a valid integer", "int_parsing",
                   call.args[1]);
  }
  auto version = call.control.GetDagVersion(call.args[0], *number);
  return version.ok() ? JsonAnswer(DagVersionJson(**version)) : Failure(version.status());
}

Response ListImportErrors(const Call& call) {
  QueryReader reader(call.request);
  ImportErrorQuery query;
  reader.Page(query, kImportErrorOrders);
  if (reader.error()) return *reader.error();
  auto errors = call.control.ListImportErrors(query);
  if (!errors.ok()) return Failure(errors.status());
  return ListAnswer("import_errors", errors->rows, errors->total, ImportErrorJson);
}

Response GetImportError(const Call& call) {
  const auto id = WholeNumber(call.args[0]);
  if (!id) {
    return Invalid({"path", "import_error_id"}, "Input should be a valid integer", "int_parsing",
                   call.args[0]);
  }
  auto error = call.control.GetImportError(*id);
  return error.ok() ? JsonAnswer(ImportErrorJson(*error)) : Failure(error.status());
}

}  // namespace

void AddDagRoutes(Router& router) {
  router.Add({"GET", "/api/v2/dags", ListDags});
  router.Add({"GET", "/api/v2/dags/{}", GetDag});
  router.Add({"PATCH", "/api/v2/dags/{}", PatchDag, false, Permission::kRun});
  router.Add({"GET", "/api/v2/dags/{}/details", GetDagDetails});
  router.Add({"GET", "/api/v2/dags/{}/tasks", ListTasks});
  router.Add({"GET", "/api/v2/dags/{}/tasks/{}", GetTask});
  router.Add({"GET", "/api/v2/dags/{}/dagVersions", ListDagVersions});
  router.Add({"GET", "/api/v2/dags/{}/dagVersions/{}", GetDagVersion});
  router.Add({"GET", "/api/v2/importErrors", ListImportErrors});
  router.Add({"GET", "/api/v2/importErrors/{}", GetImportError});
}

}  // namespace gale::http
