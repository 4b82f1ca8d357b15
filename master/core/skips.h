// What the end of a task passes by: a branch, a short circuit. Remembered of tasks that directly
// follow, for as long as that end stands: one of them that is cleared alone is skipped again.
// Source: Airflow, ti_deps/deps/not_previously_skipped_dep.py.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/ids.h"

namespace gale::core {

struct Skip {
  TaskIndex task;
  // Unset: all of its instances; in a mapped group around both, those that belong to the element
  // that ended.
  std::optional<int32_t> map_index;
  friend bool operator==(const Skip&, const Skip&) = default;
};

// "3,7,9:2", as the ledger has it.
std::string FormatSkips(const std::vector<Skip>& skips);
// Nothing of what isn't such a text.
std::vector<Skip> ParseSkips(std::string_view text);

}  // namespace gale::core
