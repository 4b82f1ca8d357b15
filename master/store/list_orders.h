// What listings may be ordered by, for every kind of database: the one place where these names
// stand. They are those of Airflow's REST API, and our columns' own beside them.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/status.h"

namespace gale {

// A column that a listing may be ordered by: the name callers know, and the table's.
struct OrderColumn {
  std::string_view name;
  std::string_view column;
};

extern const std::span<const OrderColumn> kDagOrders, kVersionOrders, kImportErrorOrders,
    kRunOrders, kXComOrders, kEventOrders, kVariableOrders, kConnectionOrders;
// Of listings that are sorted in memory: the columns are theirs to understand.
extern const std::span<const OrderColumn> kTiOrders, kTaskOrders, kPoolOrders, kTagOrders;

// An order that a caller named.
struct Order {
  std::string_view column;
  bool descending = false;
};
// INVALID_ARGUMENT for a name that isn't allowed.
Result<std::vector<Order>> ParseOrders(const std::vector<std::string>& order_by,
                                       std::span<const OrderColumn> allowed);
// "a, b DESC, <key>"; "a DESC, b, <key> DESC".
Result<std::string> OrderClause(const std::vector<std::string>& order_by,
                                std::span<const OrderColumn> allowed, std::string_view key);

}  // namespace gale
