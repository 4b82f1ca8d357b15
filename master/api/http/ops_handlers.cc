#include <algorithm>

#include "common/base/text_limits.h"
#include "master/api/http/handlers.h"

namespace gale::http {
namespace {

Response ListPools(const Call& call) {
  QueryReader reader(call.request);
  PageQuery page;
  reader.Page(page, kPoolOrders);
  if (reader.error()) return *reader.error();
  auto pools = call.control.ListPools();
  if (!pools.ok()) return Failure(pools.status());
  if (!page.order_by.empty() && page.order_by[0].starts_with('-')) std::ranges::reverse(*pools);
  const size_t total = pools->size();
  pools->erase(pools->begin(),
               pools->begin() + static_cast<ptrdiff_t>(std::min<size_t>(page.offset, total)));
  if (pools->size() > page.limit) pools->resize(page.limit);
  return ListAnswer("pools", *pools, total, PoolJson);
}

Response GetPool(const Call& call) {
  auto pool = call.control.GetPool(call.args[0]);
  return pool.ok() ? JsonAnswer(PoolJson(*pool)) : Failure(pool.status());
}

Response PostPool(const Call& call) {
  BodyReader body(call.request, {"name", "slots", "description", "include_deferred", "team_name"});
  body.Require("name");
  body.Require("slots");
  PoolRow row;
  row.name = body.Text("name", limits::kPoolNameBytesMax).value_or("");
  row.slots = static_cast<int32_t>(body.Int("slots", -1).value_or(0));
  row.description = body.Text("description", limits::kDescriptionBytesMax).value_or("");
  row.include_deferred = body.Bool("include_deferred").value_or(false);
  if (body.error()) return *body.error();
  if (call.control.GetPool(row.name).ok()) {
    return Failure(AlreadyExists("there is already a pool '{}'", row.name));
  }
  auto pool = call.control.SetPool(row, call.actor());
  return pool.ok() ? JsonAnswer(PoolJson(*pool), 201) : Failure(pool.status());
}

Response PatchPool(const Call& call) {
  BodyReader body(call.request,
                  {"name", "pool", "slots", "description", "include_deferred", "team_name"});
  auto pool = call.control.GetPool(call.args[0]);
  if (!pool.ok()) return Failure(pool.status());
  const auto mask = call.request.Params("update_mask");
  auto wanted = [&](const std::string& field) {
    return mask.empty() || std::ranges::find(mask, field) != mask.end();
  };
  PoolRow row = pool->row;
  const auto slots = body.Int("slots", -1);
  if (slots && wanted("slots")) row.slots = static_cast<int32_t>(*slots);
  if (body.Names("description") && wanted("description"))
    row.description = body.Text("description", limits::kDescriptionBytesMax).value_or("");
  const auto deferred = body.Bool("include_deferred");
  if (deferred && wanted("include_deferred")) row.include_deferred = *deferred;
  const auto name = body.Has("pool") ? body.Text("pool") : body.Text("name");
  if (name && *name != row.name) body.Wrong("name", "a pool can't be renamed", "value_error");
  if (body.error()) return *body.error();
  pool = call.control.SetPool(row, call.actor());
  return pool.ok() ? JsonAnswer(PoolJson(*pool)) : Failure(pool.status());
}

Response DeletePool(const Call& call) {
  Status status = call.control.DeletePool(call.args[0], call.actor());
  return status.ok() ? Response{204, "application/json", "", {}} : Failure(status);
}

Response ListEvents(const Call& call) {
  QueryReader reader(call.request);
  EventQuery page;
  reader.Page(page, kEventOrders);
  if (reader.error()) return *reader.error();
  auto events = call.control.ListEvents(page);
  if (!events.ok()) return Failure(events.status());
  return ListAnswer("event_logs", events->rows, events->total, EventJson);
}

Response ListWorkers(const Call& call) {
  auto workers = call.control.ListWorkers();
  if (!workers.ok()) return Failure(workers.status());
  return ListAnswer("workers", *workers, workers->size(), WorkerJson);
}

template <bool drained>
Response SetDrained(const Call& call) {
  Status status = call.control.DrainWorker(call.args[0], drained, call.actor());
  return status.ok() ? JsonAnswer({{"name", call.args[0]}, {"drained", drained}}) : Failure(status);
}

Response Explain(const Call& call) {
  const std::string task = call.args.size() > 2 ? call.args[2] : "";
  auto why = call.control.Explain(call.args[0], call.args[1], task);
  if (!why.ok()) return Failure(why.status());
  return JsonAnswer({{"state", why->state}, {"reasons", why->reasons}});
}

}  // namespace

Response GetCluster(const Call& call) { return JsonAnswer(ClusterJson(call.control.GetCluster())); }

void AddOpsRoutes(Router& router) {
  router.Add({"GET", "/api/gale/v1/cluster", GetCluster});
  router.Add({"GET", "/api/v2/pools", ListPools});
  router.Add({"POST", "/api/v2/pools", PostPool, false, Permission::kOperate});
  router.Add({"GET", "/api/v2/pools/{}", GetPool});
  router.Add({"PATCH", "/api/v2/pools/{}", PatchPool, false, Permission::kOperate});
  router.Add({"DELETE", "/api/v2/pools/{}", DeletePool, false, Permission::kOperate});
  router.Add({"GET", "/api/v2/eventLogs", ListEvents});
  router.Add({"GET", "/api/gale/v1/workers", ListWorkers});
  router.Add(
      {"POST", "/api/gale/v1/workers/{}/drain", SetDrained<true>, false, Permission::kOperate});
  router.Add(
      {"POST", "/api/gale/v1/workers/{}/undrain", SetDrained<false>, false, Permission::kOperate});
  router.Add({"GET", "/api/gale/v1/dags/{}/dagRuns/{}/explain", Explain});
  router.Add({"GET", "/api/gale/v1/dags/{}/dagRuns/{}/taskInstances/{}/explain", Explain});
}

}  // namespace gale::http
