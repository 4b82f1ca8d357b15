// What listings may be ordered by, for every kind of database.
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

extern const std::span<const OrderColumn> kDagOrders, kRunOrders, kEventOrders;

// "a, b DESC, <key>". INVALID_ARGUMENT for a name that isn't allowed.
Result<std::string> OrderClause(const std::vector<std::string>& order_by,
                                std::span<const OrderColumn> allowed, std::string_view key);

}  // namespace gale
