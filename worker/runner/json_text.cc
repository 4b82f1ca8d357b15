#include <limits>
#include <nlohmann/json.hpp>

#include "common/base/text.h"
#include "worker/runner/runner.h"

namespace gale::worker {

std::string ToJsonString(std::string_view text) {
  return nlohmann::json(RepairText(text, std::numeric_limits<size_t>::max())).dump();
}

}  // namespace gale::worker
