#include "cli/zone.h"

#include <cstdlib>
#include <filesystem>

#include "common/config/ini.h"
#include "common/model/zone.h"

namespace gale::cli {
namespace {

// As TZ says, else where /etc/localtime points to; UTC if neither tells a name.
std::string SystemZone() {
  if (const char* said = std::getenv("TZ"); said != nullptr && *said != '\0') {
    return *said == ':' ? said + 1 : said;
  }
  constexpr std::string_view kZones = "zoneinfo/";
  std::error_code error;
  const std::string path = std::filesystem::read_symlink("/etc/localtime", error).string();
  const size_t at = path.find(kZones);
  return error || at == std::string::npos ? "UTC" : path.substr(at + kZones.size());
}

}  // namespace

Result<std::string> DefaultZone(const Config& config) {
  std::string name = config.GetString(Key::kDefaultTimezone);
  const std::string word = Lower(name);
  if (word == "system") name = SystemZone();
  if (name.empty() || word == "utc") name = "UTC";
  if (Status known = Zone::Find(name).status(); !known.ok()) {
    return known.WithContext(
        fmt::format("[core] default_timezone ({})", config.Get(Key::kDefaultTimezone).source));
  }
  return name;
}

Result<TimePoint> TimeOf(const Config& config, std::string_view text) {
  bool has_zone = false;
  GALE_ASSIGN_OR_RETURN(const TimePoint time, ParseTime(text, &has_zone));
  if (has_zone) return time;
  GALE_ASSIGN_OR_RETURN(const std::string name, DefaultZone(config));
  GALE_ASSIGN_OR_RETURN(const Zone zone, Zone::Find(name));
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  return TimePoint(zone.ToInstant(Wall(seconds.time_since_epoch()))) + (time - seconds);
}

}  // namespace gale::cli
