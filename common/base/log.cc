#include "common/base/log.h"

#include <spdlog/sinks/stdout_color_sinks.h>

namespace gale {

Status InitLog(std::string_view level) {
  spdlog::level::level_enum parsed;
  if (level == "debug" || level == "DEBUG") {
    parsed = spdlog::level::debug;
  } else if (level == "info" || level == "INFO") {
    parsed = spdlog::level::info;
  } else if (level == "warning" || level == "WARNING" || level == "warn") {
    parsed = spdlog::level::warn;
  } else if (level == "error" || level == "ERROR") {
    parsed = spdlog::level::err;
  } else {
    return InvalidArgument("log level '{}': expected debug, info, warning or error", level);
  }
  static auto logger = spdlog::stderr_color_mt("gale");
  spdlog::set_default_logger(logger);
  spdlog::set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %^%l%$ %v", spdlog::pattern_time_type::utc);
  spdlog::set_level(parsed);
  return OkStatus();
}

}  // namespace gale
