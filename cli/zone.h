// [core] default_timezone: the zone of times that name none.
#pragma once

#include <string>
#include <string_view>

#include "common/base/clock.h"
#include "common/config/config.h"

namespace gale::cli {

// Its IANA name; of "system" this host's. INVALID_ARGUMENT: nobody here knows it.
Result<std::string> DefaultZone(const Config& config);
// As ParseTime, with the default zone for one that names none.
Result<TimePoint> TimeOf(const Config& config, std::string_view text);

}  // namespace gale::cli
