#include <algorithm>

#include "common/base/limits.h"
#include "master/api/http/handlers.h"

namespace gale::http {
namespace {

constexpr std::string_view kRun = "/api/v2/dags/{}/dagRuns/{}";

std::optional<int32_t> MapIndex(QueryReader& reader) {
  const std::optional<int64_t> index = reader.Int("map_index", kUnmapped, INT32_MAX);
  if (!index) return std::nullopt;
  return static_cast<int32_t>(*index);
}

// The task instance that a path names; with a fourth part, of that map index.
Result<TaskInstanceView> TheTask(const Call& call, size_t map_arg = 0) {
  int32_t map_index = kUnmapped;
  if (map_arg != 0) {
    auto number = WholeNumber(call.args[map_arg]);
    if (!number || *number < kUnmapped || *number > INT32_MAX) {
      return NotFound("task '{}' has no map index '{}'", call.args[2], call.args[map_arg]);
    }
    map_index = static_cast<int32_t>(*number);
  }
  return call.control.GetTaskInstance(call.args[0], call.args[1], call.args[2], map_index);
}

// With `of`: of that task only, the elements that it was expanded to.
Response ListTaskInstances(const Call& call, const std::string* of = nullptr) {
  QueryReader reader(call.request);
  PageQuery page;
  reader.Page(page, kTiOrders);
  TaskInstanceQuery query;
  query.dag_id = call.args[0];
  query.run_id = call.args[1];
  query.order_by = page.order_by;
  query.limit = page.limit;
  query.offset = page.offset;
  query.pools = call.request.Params("pool");
  query.queues = call.request.Params("queue");
  query.task_ids = call.request.Params("task_id");
  for (const std::string& name : call.request.Params("state")) {
    auto state = name == "no_status" ? TiState::kNone : ParseTiState(name);
    if (!state) return Failure(422, fmt::format("Invalid value for state: '{}'", name));
    query.states.push_back(*state);
  }
  query.map_index = MapIndex(reader);
  if (of != nullptr) {
    query.task_ids = {*of};
    query.elements_only = true;
  }
  if (reader.error()) return *reader.error();
  auto tis = call.control.ListTaskInstances(query);
  if (!tis.ok()) return Failure(tis.status());
  return ListAnswer("task_instances", tis->rows, tis->total, TaskInstanceJson);
}

Response GetTaskInstance(const Call& call, size_t map_arg) {
  auto ti = TheTask(call, map_arg);
  return ti.ok() ? JsonAnswer(TaskInstanceJson(*ti)) : Failure(ti.status());
}

Response ListTries(const Call& call) {
  auto ti = TheTask(call);
  if (!ti.ok()) return Failure(ti.status());
  auto tries = call.control.ListTries(*ti);
  if (!tries.ok()) return Failure(tries.status());
  const bool latest_known = !tries->empty() && tries->back().id.try_number == ti->row.try_number;
  if (!latest_known && ti->row.try_number > 0) {  // it goes on, and has no history yet
    AttemptRow now;
    now.id = {ti->row.run, ti->row.task, ti->row.map_index, ti->row.try_number};
    now.state = ti->row.state;
    now.queued_at = ti->row.queued_at;
    now.start_date = ti->row.start_date;
    now.end_date = ti->row.end_date;
    now.worker = ti->row.worker;
    now.pid = ti->row.pid;
    tries->push_back(now);
  }
  return ListAnswer("task_instances", *tries, tries->size(),
                    [&](const AttemptRow& attempt) { return TryJson(*ti, attempt); });
}

Response PatchTaskInstance(const Call& call, bool by_index) {
  BodyReader body(call.request, {"new_state", "note", "include_upstream", "include_downstream",
                                 "include_future", "include_past"});
  const auto name = body.Text("new_state");
  SetTasksRequest request;
  request.dag_id = call.args[0];
  request.run_id = call.args[1];
  if (by_index) {
    const auto index = WholeNumber(call.args[3]);
    if (!index || *index < kUnmapped || *index > INT32_MAX) {
      return Failure(NotFound("task '{}' has no map index '{}'", call.args[2], call.args[3]));
    }
    request.instances = {{call.args[2], static_cast<int32_t>(*index)}};
  } else {
    request.task_ids = {call.args[2]};
  }
  request.include_upstream = body.Bool("include_upstream").value_or(false);
  request.include_downstream = body.Bool("include_downstream").value_or(false);
  const auto state = name ? ParseTiState(*name) : std::nullopt;
  if (!state ||
      (*state != TiState::kSuccess && *state != TiState::kFailed && *state != TiState::kSkipped)) {
    body.Wrong("new_state", "Input should be 'success', 'failed' or 'skipped'", "value_error");
  } else {
    request.state = *state;
  }
  for (const char* key : {"include_future", "include_past"}) {
    if (body.Bool(key).value_or(false))
      body.Wrong(key, "other runs can't be changed by this yet", "value_error");
  }
  if (body.Has("note")) body.Wrong("note", "task instances have no notes yet", "value_error");
  if (body.error()) return *body.error();
  auto tis = call.control.SetTasks(request, call.actor());
  if (!tis.ok()) return Failure(tis.status());
  return ListAnswer("task_instances", *tis, tis->size(), TaskInstanceJson);
}

Response ClearTaskInstances(const Call& call) {
  BodyReader body(call.request, {"dry_run", "start_date", "end_date", "only_failed", "only_running",
                                 "reset_dag_runs", "task_ids", "dag_run_id", "include_upstream",
                                 "include_downstream", "include_future", "include_past",
                                 "run_on_latest_version", "prevent_running_task"});
  ClearRequest request;
  request.dag_id = call.args[0];
  request.run_id = body.Text("dag_run_id").value_or("");
  request.task_ids = body.Texts("task_ids");
  for (auto& [task, index] : body.Pairs("task_ids")) {
    request.instances.push_back({std::move(task), index});
  }
  request.dry_run = body.Bool("dry_run").value_or(true);
  request.only_failed = body.Bool("only_failed").value_or(true);
  request.only_running = body.Bool("only_running").value_or(false);
  request.include_upstream = body.Bool("include_upstream").value_or(false);
  request.include_downstream = body.Bool("include_downstream").value_or(false);
  for (const char* key : {"include_future", "include_past", "run_on_latest_version"}) {
    if (body.Bool(key).value_or(false))
      body.Wrong(key, "only the named run can be cleared yet", "value_error");
  }
  if (!body.error() && request.run_id.empty()) {
    body.Wrong("dag_run_id", "name the run: clearing by dates isn't supported yet", "missing");
  }
  if (body.error()) return *body.error();
  auto tis = call.control.Clear(request, call.actor());
  if (!tis.ok()) return Failure(tis.status());
  return ListAnswer("task_instances", *tis, tis->size(), TaskInstanceJson);
}

// Logs.

// As much of a page as is told at once: whole lines, unless the page is the log's last.
void CutLines(LogPage& page) {
  size_t end = 0;
  for (size_t lines = 0; lines < Control::kLogPageLinesMax; ++lines) {
    const size_t next = page.data.find('\n', end);
    if (next == std::string::npos) break;
    end = next + 1;
  }
  const size_t rest = page.data.find('\n', end);
  if (rest == std::string::npos && page.complete) return;
  if (end == 0) return;  // a line that is longer than a page
  if (end < page.data.size()) page.complete = false;
  page.data.resize(end);
}

Json Lines(const std::string& data) {
  Json lines = Json::array();
  for (size_t begin = 0; begin < data.size();) {
    const size_t end = std::min(data.find('\n', begin), data.size());
    lines.push_back({{"event", data.substr(begin, end - begin)}});
    begin = end + 1;
  }
  return lines;
}

Response GetLog(const Call& call) {
  QueryReader reader(call.request);
  LogQuery query;
  query.dag_id = call.args[0];
  query.run_id = call.args[1];
  query.task_id = call.args[2];
  auto try_number = WholeNumber(call.args[3]);
  if (!try_number || *try_number < 0 || *try_number > limits::kTriesMax) {
    return Invalid({"path", "try_number"}, "Input should be a valid integer", "int_parsing",
                   call.args[3]);
  }
  query.try_number = static_cast<uint32_t>(*try_number);
  query.map_index = MapIndex(reader).value_or(kUnmapped);
  query.offset = static_cast<uint64_t>(reader.Int("token", 0).value_or(0));
  const bool full = reader.Bool("full_content").value_or(false);
  if (reader.error()) return *reader.error();
  const std::string_view accept = call.request.header("accept");
  const bool text = accept.starts_with("text/plain");
  // As bytes a page is what it is; as JSON it is many times that.
  if (full) query.max_bytes = text ? Control::kLogTextBytesMax : Control::kLogPageBytesMax;
  auto page = call.control.ReadLog(query);
  if (!page.ok()) return Failure(page.status());
  if (text) {
    const size_t whole_lines = page->data.rfind('\n');
    if (!page->complete && whole_lines != std::string::npos) page->data.resize(whole_lines + 1);
  } else {
    CutLines(*page);
  }
  const std::string next = std::to_string(page->offset + page->data.size());
  if (text) {
    Response response{200, "text/plain; charset=utf-8", std::move(page->data), {}};
    if (!page->complete) response.headers.emplace_back("Airflow-Continuation-Token", next);
    return response;
  }
  const Json lines = Lines(page->data);
  if (accept.starts_with("application/x-ndjson")) {
    std::string body;
    for (const Json& line : lines) body += WriteJson(line) + "\n";
    Response response{200, "application/x-ndjson", std::move(body), {}};
    if (!page->complete) response.headers.emplace_back("Airflow-Continuation-Token", next);
    return response;
  }
  return JsonAnswer(
      {{"content", lines}, {"continuation_token", page->complete ? Json(nullptr) : Json(next)}});
}

// XComs.

Response ListXComs(const Call& call) {
  QueryReader reader(call.request);
  XComListQuery query;
  reader.Page(query, kXComOrders);
  query.dag_id = call.args[0];
  query.run_id = call.args[1];
  query.task_id = call.args[2];
  query.map_index = MapIndex(reader);
  if (const std::string* key = call.request.Param("xcom_key")) query.key = *key;
  if (reader.error()) return *reader.error();
  if (query.dag_id != "~" && query.run_id != "~" && query.task_id != "~") {
    auto ti = TheTask(call);
    if (!ti.ok()) return Failure(ti.status());
  }
  auto xcoms = call.control.ListXComs(query);
  if (!xcoms.ok()) return Failure(xcoms.status());
  return ListAnswer("xcom_entries", xcoms->rows, xcoms->total, XComJson);
}

Response GetXCom(const Call& call) {
  QueryReader reader(call.request);
  const int32_t map_index = MapIndex(reader).value_or(kUnmapped);
  const bool stringify = reader.Bool("stringify").value_or(false);
  if (reader.error()) return *reader.error();
  auto ti = call.control.GetTaskInstance(call.args[0], call.args[1], call.args[2], map_index);
  if (!ti.ok()) return Failure(ti.status());
  auto xcom = call.control.GetXCom(*ti, call.args[3]);
  if (!xcom.ok()) return Failure(xcom.status());
  if (!*xcom) {
    return Failure(404, fmt::format("task '{}' of run '{}' has no XCom '{}'", call.args[2],
                                    call.args[1], call.args[3]));
  }
  const XComRow& row = **xcom;
  Json json = XComJson({ti->run, {row.run, row.task, row.map_index, row.key, row.timestamp}});
  auto value = ParseJson("value", row.value_json);
  json["value"] = stringify || !value.ok() ? Json(row.value_json) : *value;
  return JsonAnswer(json);
}

}  // namespace

void AddTaskRoutes(Router& router) {
  const std::string tis = std::string(kRun) + "/taskInstances";
  const std::string ti = tis + "/{}";
  router.Add({"GET", tis, [](const Call& call) { return ListTaskInstances(call); }});
  router.Add({"GET", ti, [](const Call& call) { return GetTaskInstance(call, 0); }});
  router.Add({"GET", ti + "/{}", [](const Call& call) { return GetTaskInstance(call, 3); }});
  router.Add({"GET", ti + "/listMapped",
              [](const Call& call) { return ListTaskInstances(call, &call.args[2]); }});
  auto patch = [&](const std::string& path, bool by_index) {
    router.Add({"PATCH", path,
                [by_index](const Call& call) { return PatchTaskInstance(call, by_index); }, false,
                Permission::kRun});
  };
  patch(ti, false);
  patch(ti + "/{}", true);
  router.Add({"GET", ti + "/tries", ListTries});
  router.Add({"GET", ti + "/logs/{}", GetLog});
  router.Add({"GET", ti + "/xcomEntries", ListXComs});
  router.Add({"GET", ti + "/xcomEntries/{}", GetXCom});
  router.Add(
      {"POST", "/api/v2/dags/{}/clearTaskInstances", ClearTaskInstances, false, Permission::kRun});
}

}  // namespace gale::http
