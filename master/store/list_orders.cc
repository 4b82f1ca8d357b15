#include "master/store/list_orders.h"

#include <algorithm>

namespace gale {
namespace {

constexpr OrderColumn kDag[] = {
    {"dag_id", "dag_id"},
    {"version", "version"},
    {"fileloc", "fileloc"},
    {"is_paused", "is_paused"},
    {"is_stale", "is_stale"},
    {"description", "description"},
    {"timetable_summary", "timetable_summary"},
    {"timetable_description", "timetable_description"},
    {"max_active_runs", "max_active_runs"},
    {"max_active_tasks", "max_active_tasks"},
    {"last_parsed", "last_parsed"},
    {"last_expired", "last_expired"},
    {"last_interval_start", "last_interval_start"},
    {"last_interval_end", "last_interval_end"},
    {"next_run_after", "next_run_after"},
    {"next_logical_date", "next_logical_date"},
    {"next_interval_start", "next_interval_start"},
    {"next_interval_end", "next_interval_end"},
};
constexpr OrderColumn kRun[] = {
    {"id", "run_key"},
    {"dag_id", "dag_id"},
    {"run_id", "run_id"},
    {"version", "version"},
    {"state", "state"},
    {"type", "type"},
    {"triggered_by", "triggered_by"},
    {"triggering_user", "triggering_user"},
    {"logical_date", "logical_date"},
    {"interval_start", "interval_start"},
    {"interval_end", "interval_end"},
    {"run_after", "run_after"},
    {"queued_at", "queued_at"},
    {"start_date", "start_date"},
    {"end_date", "end_date"},
    {"note", "note"},
    {"clear_number", "clear_number"},
    {"reason", "reason"},
};
constexpr OrderColumn kEvent[] = {
    {"id", "id"},         {"when", "logged_at"}, {"owner", "owner"},     {"event", "event"},
    {"dag_id", "dag_id"}, {"run_id", "run_id"},  {"task_id", "task_id"}, {"extra", "extra"},
};

}  // namespace

const std::span<const OrderColumn> kDagOrders = kDag, kRunOrders = kRun, kEventOrders = kEvent;

Result<std::string> OrderClause(const std::vector<std::string>& order_by,
                                std::span<const OrderColumn> allowed, std::string_view key) {
  std::string clause;
  for (const std::string& order : order_by) {
    const bool descending = order.starts_with('-');
    const std::string_view name = std::string_view(order).substr(descending ? 1 : 0);
    auto found = std::ranges::find(allowed, name, &OrderColumn::name);
    if (found == allowed.end()) {
      std::string names;
      for (const OrderColumn& column : allowed) {
        names += fmt::format("{}{}", names.empty() ? "" : ", ", column.name);
      }
      return InvalidArgument("can't order by '{}'; choose from {}", name, names);
    }
    clause += fmt::format("{}{}, ", found->column, descending ? " DESC" : "");
  }
  return clause.append(key);
}

}  // namespace gale
