#include "common/model/zone.h"

#include <date/tz.h>

#include <algorithm>
#include <cstdlib>
#include <exception>
#include <optional>

namespace gale {
namespace {

using std::chrono::seconds;

// "+05:30", "-03:00".
std::optional<seconds> ParseOffset(std::string_view text) {
  auto digit = [&](size_t i) { return text[i] >= '0' && text[i] <= '9'; };
  if (text.size() != 6 || (text[0] != '+' && text[0] != '-') || text[3] != ':' || !digit(1) ||
      !digit(2) || !digit(4) || !digit(5)) {
    return std::nullopt;
  }
  auto two = [&](size_t i) { return (text[i] - '0') * 10 + (text[i + 1] - '0'); };
  if (two(1) > 23 || two(4) > 59) return std::nullopt;
  seconds offset = std::chrono::hours(two(1)) + std::chrono::minutes(two(4));
  return text[0] == '-' ? -offset : offset;
}

}  // namespace

Result<Zone> Zone::Find(std::string_view name) {
  Zone zone;
  if (name.empty() || name == "UTC" || name == "Etc/UTC" || name == "GMT" || name == "Z")
    return zone;
  if (auto offset = ParseOffset(name)) {
    zone.fixed_ = *offset;
    return zone;
  }
  try {
    zone.zone_ = date::locate_zone(std::string(name));
    return zone;
  } catch (const std::exception&) {
    return InvalidArgument(
        "timezone: '{}' is unknown here: expected an IANA name as 'Europe/Berlin' (and the package "
        "tzdata) or an offset as '+02:00'",
        name);
  }
}

Zone::Span Zone::At(Instant t) const {
  if (zone_ == nullptr) return {Instant::min(), Instant::max(), fixed_};
  date::sys_info info = zone_->get_info(t);
  return {info.begin, info.end, info.offset};
}

Instant Zone::ToInstant(Wall wall) const {
  const seconds since_epoch = wall.time_since_epoch();
  if (zone_ == nullptr) return Instant(since_epoch - fixed_);
  date::local_info info = zone_->get_info(date::local_seconds(since_epoch));
  switch (info.result) {
    case date::local_info::ambiguous: return Instant(since_epoch - info.second.offset);
    case date::local_info::nonexistent:  // by the old offset it lies behind the jump
    case date::local_info::unique: break;
  }
  return Instant(since_epoch - info.first.offset);
}

seconds Zone::JumpNear(Instant t) const {
  if (zone_ == nullptr) return seconds(0);
  // No clock ever jumped by more than a day (Samoa, over the date line).
  constexpr seconds kJumpMax = std::chrono::hours(26);
  const Span here = At(t);
  seconds jump(0);
  if (t - here.begin <= kJumpMax) {
    seconds size(std::abs((here.offset - At(here.begin - seconds(1)).offset).count()));
    if (t - here.begin <= size) jump = size;
  }
  if (here.end - t <= kJumpMax) {
    seconds size(std::abs((At(here.end).offset - here.offset).count()));
    if (here.end - t <= size) jump = std::max(jump, size);
  }
  return jump;
}

}  // namespace gale
