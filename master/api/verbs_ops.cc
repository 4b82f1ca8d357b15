// Verbs: the cluster, pools, workers, events.
#include <algorithm>

#include "common/rpc/convert.h"
#include "master/api/pages.h"
#include "master/api/verbs.h"
#include "master/api/views.h"
#include "master/store/list_orders.h"

namespace gale::verbs {

Result<v1::GetVersionResponse> GetVersion(Control& control, const v1::GetVersionRequest&,
                                          const Actor&) {
  v1::GetVersionResponse answer;
  answer.set_version(control.version().version);
  answer.set_git_version(control.version().git_version);
  return answer;
}

Result<v1::GetHealthResponse> GetHealth(Control& control, const v1::GetHealthRequest&,
                                        const Actor&) {
  return ToProto(control.GetHealth());
}

Result<v1::Cluster> GetCluster(Control& control, const v1::GetClusterRequest&, const Actor&) {
  return ToProto(control.GetCluster());
}

Result<v1::Settings> GetConfig(Control& control, const v1::GetConfigRequest& request,
                               const Actor&) {
  const auto& settings = control.settings();
  if (!settings) {
    return PermissionDenied(
        "Your Airflow administrator chose not to expose the configuration, most likely for "
        "security reasons: [api] expose_config is False");
  }
  v1::Settings answer;
  bool section = request.section().empty();
  for (const ShownSetting& setting : *settings) {
    if (!request.section().empty() && setting.section != request.section()) continue;
    section = true;
    if (!request.option().empty() && setting.key != request.option()) continue;
    const int last = answer.sections_size() - 1;
    v1::Settings::Section& out = last >= 0 && answer.sections(last).name() == setting.section
                                     ? *answer.mutable_sections(last)
                                     : *answer.add_sections();
    out.set_name(setting.section);
    v1::Settings::Option& option = *out.add_options();
    option.set_key(setting.key);
    option.set_value(setting.value);
  }
  if (!section) return NotFound("Section {} not found.", request.section());
  if (answer.sections_size() > 0) return answer;
  return NotFound("Option [{}/{}] not found.", request.section(), request.option());
}

// Pools.

Result<v1::ListPoolsResponse> ListPools(Control& control, const v1::ListPoolsRequest& request,
                                        const Actor&) {
  PageQuery query;
  ReadPage(request, query, kVerbRowsMax);
  GALE_ASSIGN_OR_RETURN(const std::vector<Order> orders, ParseOrders(query.order_by, kPoolOrders));
  GALE_ASSIGN_OR_RETURN(auto pools, control.ListPools());
  if (!orders.empty() && orders[0].descending) std::ranges::reverse(pools);
  v1::ListPoolsResponse answer;
  answer.set_total_entries(pools.size());
  const size_t end = std::min<size_t>(pools.size(), size_t{query.offset} + query.limit);
  for (size_t i = query.offset; i < end; ++i) *answer.add_pools() = ToProto(pools[i]);
  return answer;
}

Result<v1::Pool> GetPool(Control& control, const v1::GetPoolRequest& request, const Actor&) {
  GALE_ASSIGN_OR_RETURN(PoolInfo pool, control.GetPool(request.name()));
  return ToProto(pool);
}

Result<v1::Pool> CreatePool(Control& control, const v1::SetPoolRequest& request,
                            const Actor& actor) {
  if (control.GetPool(request.name()).ok()) {
    return AlreadyExists("there is already a pool '{}'", request.name());
  }
  return SetPool(control, request, actor);
}

Result<v1::Pool> SetPool(Control& control, const v1::SetPoolRequest& request, const Actor& actor) {
  GALE_ASSIGN_OR_RETURN(PoolInfo pool,
                        control.SetPool({request.name(), request.slots(), request.description(),
                                         request.include_deferred()},
                                        actor));
  return ToProto(pool);
}

Result<v1::Pool> PatchPool(Control& control, const v1::PatchPoolRequest& request,
                           const Actor& actor) {
  GALE_ASSIGN_OR_RETURN(PoolInfo pool, control.GetPool(request.name()));
  if (request.has_slots()) pool.row.slots = request.slots();
  if (request.has_description()) pool.row.description = request.description();
  if (request.has_include_deferred()) pool.row.include_deferred = request.include_deferred();
  GALE_ASSIGN_OR_RETURN(pool, control.SetPool(pool.row, actor));
  return ToProto(pool);
}

Result<v1::DeletePoolResponse> DeletePool(Control& control, const v1::DeletePoolRequest& request,
                                          const Actor& actor) {
  GALE_RETURN_IF_ERROR(control.DeletePool(request.name(), actor));
  return v1::DeletePoolResponse();
}

// Workers and events.

Result<v1::ListWorkersResponse> ListWorkers(Control& control, const v1::ListWorkersRequest&,
                                            const Actor&) {
  GALE_ASSIGN_OR_RETURN(auto workers, control.ListWorkers());
  v1::ListWorkersResponse answer;
  for (const WorkerInfo& worker : workers) *answer.add_workers() = ToProto(worker);
  answer.set_total_entries(workers.size());
  return answer;
}

Result<v1::DrainWorkerResponse> DrainWorker(Control& control, const v1::DrainWorkerRequest& request,
                                            const Actor& actor) {
  const bool drained = !request.undrain();
  GALE_RETURN_IF_ERROR(control.DrainWorker(request.name(), drained, request.reason(), actor));
  v1::DrainWorkerResponse answer;
  answer.set_name(request.name());
  answer.set_drained(drained);
  return answer;
}

Result<v1::ForgetWorkerResponse> ForgetWorker(Control& control,
                                              const v1::ForgetWorkerRequest& request,
                                              const Actor& actor) {
  GALE_RETURN_IF_ERROR(control.ForgetWorker(request.name(), actor));
  return v1::ForgetWorkerResponse();
}

Result<v1::ListEventsResponse> ListEvents(Control& control, const v1::ListEventsRequest& request,
                                          const Actor&) {
  EventQuery query;
  ReadPage(request, query);
#define GALE_TEXT_FILTER(name)                              \
  if (request.has_##name()) query.name.is = request.name(); \
  query.name.has = request.name##_pattern()
  GALE_TEXT_FILTER(dag_id);
  GALE_TEXT_FILTER(run_id);
  GALE_TEXT_FILTER(task_id);
  GALE_TEXT_FILTER(owner);
  GALE_TEXT_FILTER(event);
#undef GALE_TEXT_FILTER
  query.included.assign(request.included_events().begin(), request.included_events().end());
  query.excluded.assign(request.excluded_events().begin(), request.excluded_events().end());
  if (request.has_after()) query.since = FromProto(request.after());
  if (request.has_before()) query.until = FromProto(request.before());
  GALE_ASSIGN_OR_RETURN(auto page, control.ListEvents(query));
  v1::ListEventsResponse answer;
  for (const EventRow& event : page.rows) *answer.add_event_logs() = ToProto(event);
  answer.set_total_entries(page.total);
  return answer;
}

Result<v1::Event> GetEvent(Control& control, const v1::GetEventRequest& request, const Actor&) {
  EventQuery query;
  query.id = request.id();
  query.count = false;
  GALE_ASSIGN_OR_RETURN(const auto page, control.ListEvents(query));
  if (!page.rows.empty()) return ToProto(page.rows.front());
  return NotFound("The Event Log with id: `{}` not found", request.id());
}

}  // namespace gale::verbs
