#include <algorithm>

#include "common/base/limits.h"
#include "master/api/http/handlers.h"

namespace gale::http {
namespace {

std::optional<Response> ReadRunQuery(const Call& call, RunQuery& query) {
  QueryReader reader(call.request);
  reader.Page(query, kRunOrders);
  query.dag_id = call.args[0] == "~" ? "" : call.args[0];
  for (const std::string& name : call.request.Params("state")) {
    auto state = ParseRunState(name);
    if (!state) {
      return Failure(422,
                     fmt::format("Invalid value for state: '{}'. Valid values are queued, running, "
                                 "success, failed",
                                 name));
    }
    query.states.push_back(*state);
  }
  for (const std::string& name : call.request.Params("run_type")) {
    if (name == "manual")
      query.types.push_back(RunType::kManual);
    else if (name == "scheduled")
      query.types.push_back(RunType::kScheduled);
    else if (name == "backfill")
      query.types.push_back(RunType::kBackfill);
    else if (name == "asset_triggered")
      query.types.push_back(RunType::kAsset);
    else
      return Failure(422, fmt::format("Invalid value for run type: '{}'", name));
  }
  query.logical_date_gte = reader.Time("logical_date_gte");
  query.logical_date_lte = reader.Time("logical_date_lte");
  query.run_after_gte = reader.Time("run_after_gte");
  query.run_after_lte = reader.Time("run_after_lte");
  return reader.error();
}

Response ListRuns(const Call& call) {
  RunQuery query;
  if (auto wrong = ReadRunQuery(call, query)) return *wrong;
  auto page = call.control.ListRuns(query);
  if (!page.ok()) return Failure(page.status());
  return ListAnswer("dag_runs", page->rows, page->total, RunJson);
}

Response GetRun(const Call& call) {
  auto run = call.control.GetRun(call.args[0], call.args[1]);
  return run.ok() ? JsonAnswer(RunJson(*run)) : Failure(run.status());
}

Response TriggerRun(const Call& call) {
  BodyReader body(call.request,
                  {"dag_run_id", "logical_date", "data_interval_start", "data_interval_end",
                   "run_after", "conf", "note", "partition_key"});
  TriggerRequest request;
  request.dag_id = call.args[0];
  request.run_id = body.Text("dag_run_id").value_or("");
  request.logical_date = body.Time("logical_date");
  // null says that there is none; nothing at all leaves it to the DAG's profile.
  request.no_logical_date = body.Names("logical_date") && !request.logical_date;
  request.interval_start = body.Time("data_interval_start");
  request.interval_end = body.Time("data_interval_end");
  request.run_after = body.Time("run_after");
  if (auto conf = body.Object("conf")) request.conf_json = WriteJson(*conf);
  request.note = body.Text("note", limits::kNoteBytesMax).value_or("");
  if (body.Has("partition_key"))
    body.Wrong("partition_key", "partitioned runs aren't supported", "value_error");
  if (!body.error() && request.interval_start.has_value() != request.interval_end.has_value()) {
    body.Wrong("data_interval_end",
               "Either both data_interval_start and data_interval_end must be "
               "provided or both must be None",
               "value_error");
  }
  if (body.error()) return *body.error();
  auto run = call.control.Trigger(std::move(request), call.actor());
  return run.ok() ? JsonAnswer(RunJson(*run)) : Failure(run.status());
}

Response PatchRun(const Call& call) {
  BodyReader body(call.request, {"state", "note"});
  const auto state_name = body.Text("state");
  const auto note = body.Text("note", limits::kNoteBytesMax);
  std::optional<RunState> state;
  if (state_name) {
    state = ParseRunState(*state_name);
    if (!state || *state == RunState::kRunning) {
      body.Wrong("state", "Input should be 'queued', 'success' or 'failed'", "enum");
    }
  }
  if (body.error()) return *body.error();
  const auto mask = call.request.Params("update_mask");
  auto wanted = [&](const std::string& field) {
    return mask.empty() || std::ranges::find(mask, field) != mask.end();
  };
  auto run = call.control.GetRun(call.args[0], call.args[1]);
  if (run.ok() && state && wanted("state")) {
    run = call.control.SetRunState(call.args[0], call.args[1], *state, call.actor());
  }
  if (run.ok() && body.Names("note") && wanted("note")) {
    run = call.control.SetRunNote(call.args[0], call.args[1], note.value_or(""), call.actor());
  }
  return run.ok() ? JsonAnswer(RunJson(*run)) : Failure(run.status());
}

}  // namespace

void AddRunRoutes(Router& router) {
  router.Add({"GET", "/api/v2/dags/{}/dagRuns", ListRuns});
  router.Add({"POST", "/api/v2/dags/{}/dagRuns", TriggerRun, false, Permission::kRun});
  router.Add({"GET", "/api/v2/dags/{}/dagRuns/{}", GetRun});
  router.Add({"PATCH", "/api/v2/dags/{}/dagRuns/{}", PatchRun, false, Permission::kRun});
}

}  // namespace gale::http
