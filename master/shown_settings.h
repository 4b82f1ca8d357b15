// What REST shows of the settings.
#pragma once

#include <optional>
#include <vector>

#include "common/config/config.h"
#include "master/api/control.h"

namespace gale {

// nullopt unless [api] expose_config allows it. Of what may hold a password only that it is hidden, in
// Airflow's words.
std::optional<std::vector<ShownSetting>> ShownSettings(const Config& config);

}  // namespace gale
