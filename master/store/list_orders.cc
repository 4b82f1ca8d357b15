#include "master/store/list_orders.h"

#include <algorithm>

#include "master/store/sql.h"

namespace gale {
namespace {

constexpr OrderColumn kDag[] = {
    {"dag_id", "dag_id"},
    {"dag_display_name", "dag_id"},
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
    {"last_parsed_time", "last_parsed"},
    {"last_expired", "last_expired"},
    {"last_interval_start", "last_interval_start"},
    {"last_interval_end", "last_interval_end"},
    {"next_run_after", "next_run_after"},
    {"next_dagrun_run_after", "next_run_after"},
    {"next_logical_date", "next_logical_date"},
    {"next_dagrun", "next_logical_date"},
    {"next_interval_start", "next_interval_start"},
    {"next_interval_end", "next_interval_end"},
};
constexpr OrderColumn kVersion[] = {
    {"id", "version"},
    {"version_number", "version"},
    {"created_at", "version"},  // a later version is a later one
};
constexpr OrderColumn kImportError[] = {
    {"id", "id"},
    {"import_error_id", "id"},
    {"timestamp", "`timestamp`"},
    {"filename", "filename"},
    {"bundle_name", "id"},  // there is one only
    {"stacktrace", "id"},
};
constexpr OrderColumn kRun[] = {
    {"id", "run_key"},
    {"dag_id", "dag_id"},
    {"run_id", "run_id"},
    {"dag_run_id", "run_id"},
    {"version", "version"},
    {"state", "state"},
    {"type", "type"},
    {"run_type", "type"},
    {"triggered_by", "triggered_by"},
    {"triggering_user", "triggering_user"},
    {"logical_date", "logical_date"},
    {"interval_start", "interval_start"},
    {"data_interval_start", "interval_start"},
    {"interval_end", "interval_end"},
    {"data_interval_end", "interval_end"},
    {"run_after", "run_after"},
    {"queued_at", "queued_at"},
    {"start_date", "start_date"},
    {"end_date", "end_date"},
    {"note", "note"},
    {"clear_number", "clear_number"},
    {"reason", "reason"},
};
constexpr OrderColumn kXCom[] = {
    {"key", "x.`key`"},
    {"timestamp", "x.`timestamp`"},
    {"task_id", "x.task_index"},  // the place in the DAG
    {"map_index", "x.map_index"},
};
constexpr OrderColumn kEvent[] = {
    {"id", "id"},           {"event_log_id", "id"}, {"when", "logged_at"}, {"dttm", "logged_at"},
    {"owner", "owner"},     {"event", "event"},     {"dag_id", "dag_id"},  {"run_id", "run_id"},
    {"task_id", "task_id"}, {"extra", "extra"},
};
constexpr OrderColumn kTi[] = {
    {"id", "task_id"},
    {"task_id", "task_id"},
    {"task_display_name", "task_id"},
    {"state", "state"},
    {"try_number", "try_number"},
    {"map_index", "map_index"},
    {"queued_when", "queued_when"},
    {"start_date", "start_date"},
    {"end_date", "end_date"},
    {"run_after", "run_after"},
    {"logical_date", "logical_date"},
    {"priority_weight", "priority_weight"},
};
constexpr OrderColumn kTask[] = {{"task_id", "task_id"}};
constexpr OrderColumn kVariable[] = {
    {"id", "`key`"},
    {"key", "`key`"},
    {"description", "description"},
    {"is_encrypted", "`key`"},  // all are
};
constexpr OrderColumn kConnection[] = {
    {"id", "conn_id"},          {"conn_id", "conn_id"},         {"connection_id", "conn_id"},
    {"conn_type", "conn_type"}, {"description", "description"}, {"host", "host"},
    {"port", "port"},
};
constexpr OrderColumn kPool[] = {{"id", "name"}, {"name", "name"}};
constexpr OrderColumn kTag[] = {{"name", "name"}};

}  // namespace

const std::span<const OrderColumn> kDagOrders = kDag, kVersionOrders = kVersion,
                                   kImportErrorOrders = kImportError, kRunOrders = kRun,
                                   kXComOrders = kXCom, kEventOrders = kEvent, kTiOrders = kTi,
                                   kTaskOrders = kTask, kPoolOrders = kPool, kTagOrders = kTag,
                                   kVariableOrders = kVariable, kConnectionOrders = kConnection;

Result<std::vector<Order>> ParseOrders(const std::vector<std::string>& order_by,
                                       std::span<const OrderColumn> allowed) {
  std::vector<Order> orders;
  for (const std::string& order : order_by) {
    const bool descending = order.starts_with('-');
    const std::string_view name = std::string_view(order).substr(descending ? 1 : 0);
    auto found = std::ranges::find(allowed, name, &OrderColumn::name);
    if (found == allowed.end()) {
      std::string names;
      for (const OrderColumn& column : allowed) {
        names += fmt::format("{}{}", names.empty() ? "" : ", ", column.name);
      }
      // In Airflow's words, up to the colon.
      return InvalidArgument(
          "Ordering with '{}' is disallowed or the attribute does not exist on the model: choose "
          "from {}",
          name, names);
    }
    orders.push_back({found->column, descending});
  }
  return orders;
}

Result<std::string> OrderClause(const std::vector<std::string>& order_by,
                                std::span<const OrderColumn> allowed, std::string_view key) {
  GALE_ASSIGN_OR_RETURN(const std::vector<Order> orders, ParseOrders(order_by, allowed));
  std::string clause;
  bool has_key = false;
  for (const Order& order : orders) {
    clause += fmt::format("{}{}{}", clause.empty() ? "" : ", ", order.column,
                          order.descending ? " DESC" : "");
    has_key = has_key || order.column == key;
  }
  if (has_key) return clause;
  const bool down = !orders.empty() && orders.front().descending;
  for (const std::string_view column : SplitNames(key)) {
    clause += fmt::format("{}{}{}", clause.empty() ? "" : ", ", column, down ? " DESC" : "");
  }
  return clause;
}

}  // namespace gale
