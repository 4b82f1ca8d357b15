#include <algorithm>

#include "master/api/http/handlers.h"

namespace gale::http {
namespace {

Response ListDags(const Call& call) {
  QueryReader reader(call.request);
  DagQuery query;
  reader.Page(query, {{"dag_id", "dag_id"},
                      {"dag_display_name", "dag_id"},
                      {"is_paused", "is_paused"},
                      {"next_dagrun", "next_logical_date"},
                      {"fileloc", "fileloc"},
                      {"last_parsed_time", "last_parsed"},
                      {"description", "description"},
                      {"next_dagrun_run_after", "next_run_after"}});
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

// The first that is left: cleaning removes the oldest ones. 1..`last`, which is there.
Result<int64_t> FirstVersion(Control& control, const std::string& dag_id, int64_t last) {
  int64_t low = 1, high = last;
  for (int64_t look = low; low < high; look = low + (high - low) / 2) {
    const Status found = control.GetDagVersion(dag_id, look).status();
    if (!found.ok() && found.code() != Code::kNotFound) return found;
    (found.ok() ? high : low) = found.ok() ? look : look + 1;
  }
  return low;
}

Response ListDagVersions(const Call& call) {
  auto dag = call.control.GetDag(call.args[0]);
  if (!dag.ok()) return Failure(dag.status());
  QueryReader reader(call.request);
  PageQuery page;
  reader.Page(page, {{"id", "id"}, {"version_number", "id"}, {"created_at", "id"}});
  if (reader.error()) return *reader.error();
  std::vector<DagVersionPtr> versions;
  const bool newest_first = !page.order_by.empty() && page.order_by[0].starts_with('-');
  const int64_t count = dag->row.version;
  auto first = FirstVersion(call.control, call.args[0], count);
  if (!first.ok()) return Failure(first.status());
  for (int64_t i = page.offset; i <= count - *first && versions.size() < page.limit; ++i) {
    auto version = call.control.GetDagVersion(call.args[0], newest_first ? count - i : *first + i);
    if (version.status().code() == Code::kNotFound) continue;  // cleaned at this moment
    if (!version.ok()) return Failure(version.status());
    versions.push_back(*version);
  }
  return ListAnswer("dag_versions", versions, static_cast<uint64_t>(count - *first + 1),
                    [](const DagVersionPtr& v) { return DagVersionJson(*v); });
}

Response GetDagVersion(const Call& call) {
  int64_t number = 0;
  try {
    number = std::stoll(call.args[1]);
  } catch (const std::exception&) {
    return Invalid({"path", "version_number"}, "Input should be a valid integer", "int_parsing",
                   call.args[1]);
  }
  auto version = call.control.GetDagVersion(call.args[0], number);
  return version.ok() ? JsonAnswer(DagVersionJson(**version)) : Failure(version.status());
}

Response ListImportErrors(const Call& call) {
  QueryReader reader(call.request);
  PageQuery query;
  reader.Page(query, {{"id", "id"},
                      {"import_error_id", "id"},
                      {"timestamp", "timestamp"},
                      {"filename", "filename"},
                      {"bundle_name", "id"},
                      {"stacktrace", "id"}});
  if (reader.error()) return *reader.error();
  auto errors = call.control.ListImportErrors();
  if (!errors.ok()) return Failure(errors.status());
  for (auto it = query.order_by.rbegin(); it != query.order_by.rend(); ++it) {
    const bool down = it->starts_with('-');
    const std::string name = it->substr(down ? 1 : 0);
    std::ranges::stable_sort(*errors, [&](const ImportErrorRow& a, const ImportErrorRow& b) {
      const ImportErrorRow& x = down ? b : a;
      const ImportErrorRow& y = down ? a : b;
      if (name == "timestamp") return x.timestamp < y.timestamp;
      if (name == "filename") return x.filename < y.filename;
      return x.id < y.id;
    });
  }
  const size_t total = errors->size();
  errors->erase(errors->begin(),
                errors->begin() + static_cast<ptrdiff_t>(std::min<size_t>(query.offset, total)));
  if (errors->size() > query.limit) errors->resize(query.limit);
  return ListAnswer("import_errors", *errors, total, ImportErrorJson);
}

Response GetImportError(const Call& call) {
  int64_t id = 0;
  try {
    id = std::stoll(call.args[0]);
  } catch (const std::exception&) {
    return Invalid({"path", "import_error_id"}, "Input should be a valid integer", "int_parsing",
                   call.args[0]);
  }
  auto error = call.control.GetImportError(id);
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
