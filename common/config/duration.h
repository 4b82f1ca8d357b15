// Times as settings and options write them.
#pragma once

#include <optional>
#include <string_view>

#include "common/base/clock.h"

namespace gale {

// "30" (seconds), "500ms", "5m", "2h", "90d"; nullopt: anything else.
std::optional<Duration> ParseDuration(std::string_view text);

}  // namespace gale
