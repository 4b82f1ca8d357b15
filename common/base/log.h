// Logging: spdlog to stderr, one line an event. GALE_LOG_* take fmt format strings.
#pragma once

#include <spdlog/spdlog.h>

#include <string_view>

#include "common/base/status.h"

namespace gale {

// Sets the level ("debug", "info", "warning", "error") and the pattern of the process's log.
Status InitLog(std::string_view level);

}  // namespace gale

#define GALE_DEBUG(...) ::spdlog::debug(__VA_ARGS__)
#define GALE_INFO(...) ::spdlog::info(__VA_ARGS__)
#define GALE_WARN(...) ::spdlog::warn(__VA_ARGS__)
#define GALE_ERROR(...) ::spdlog::error(__VA_ARGS__)
