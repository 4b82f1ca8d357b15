#include "common/model/cron.h"

#include <algorithm>
#include <charconv>
#include <vector>

namespace gale {
namespace {

using std::chrono::days;
using std::chrono::seconds;
using std::chrono::year_month_day;

enum Field : size_t { kMinute, kHour, kDay, kMonth, kWeekday, kSecond };

struct FieldRange {
  std::string_view name;
  int min;
  int max;
};
constexpr std::array<FieldRange, 6> kFields = {{{"minute", 0, 59},
                                                {"hour", 0, 23},
                                                {"day of month", 1, 31},
                                                {"month", 1, 12},
                                                {"day of week", 0, 7},
                                                {"second", 0, 59}}};
constexpr std::string_view kMonthNames = "janfebmaraprmayjunjulaugsepoctnovdec";
constexpr std::string_view kDayNames = "sunmontuewedthufrisat";
constexpr std::array<std::pair<std::string_view, std::string_view>, 8> kPresets = {
    {{"@hourly", "0 * * * *"},
     {"@daily", "0 0 * * *"},
     {"@midnight", "0 0 * * *"},
     {"@weekly", "0 0 * * 0"},
     {"@monthly", "0 0 1 * *"},
     {"@quarterly", "0 0 1 */3 *"},
     {"@yearly", "0 0 1 1 *"},
     {"@annually", "0 0 1 1 *"}}};
constexpr uint64_t kAllHours = (1u << 24) - 1;
constexpr int kDaySeconds = 24 * 3600;
// 29 February comes back within 8 years; what doesn't happen in this many days never does.
constexpr int kSearchDaysMax = 12 * 366;
constexpr Wall kFirstWall{std::chrono::local_days(std::chrono::year(1600) / 1 / 1)};
constexpr Wall kLastWall{std::chrono::local_days(std::chrono::year(9999) / 1 / 1)};

bool Has(uint64_t bits, int value) { return (bits >> value & 1) != 0; }

std::string Lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

std::vector<std::string_view> Split(std::string_view text, std::string_view separators) {
  std::vector<std::string_view> parts;
  for (size_t at = 0; at <= text.size();) {
    size_t end = std::min(text.find_first_of(separators, at), text.size());
    parts.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return parts;
}

std::optional<int> ParseNumber(std::string_view text) {
  int value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 0) return std::nullopt;
  return value;
}

// A number or a name, in the field's range.
std::optional<int> ParseValue(size_t field, std::string_view text) {
  if (text.size() == 3 && (field == kMonth || field == kWeekday)) {
    std::string_view names = field == kMonth ? kMonthNames : kDayNames;
    for (size_t i = 0; i < names.size(); i += 3) {
      if (names.substr(i, 3) == text) return static_cast<int>(i / 3) + kFields[field].min;
    }
  }
  auto value = ParseNumber(text);
  if (value && (*value < kFields[field].min || *value > kFields[field].max)) return std::nullopt;
  return value;
}

}  // namespace

Result<Cron> Cron::Parse(std::string_view expression, std::string_view timezone) {
  Cron cron;
  for (auto [preset, its_fields] : kPresets) {
    if (Lower(expression) == preset) return Parse(its_fields, timezone);
  }
  std::vector<std::string_view> fields = Split(expression, " \t\r\n");
  std::erase(fields, "");
  if (fields.size() != 5 && fields.size() != 6) {
    return InvalidArgument(
        "cron '{}': {} fields: expected 5 (minute, hour, day of month, month, day of week), 6 (and "
        "seconds), or a preset as @daily",
        expression, fields.size());
  }
  cron.bits_[kSecond] = 1;  // second 0
  for (size_t i = 0; i < fields.size(); ++i) {
    if (i == kSecond) cron.bits_[kSecond] = 0;
    if (Status status = cron.ParseField(i, Lower(fields[i])); !status.ok()) {
      return status.WithContext(fmt::format("cron '{}': {}", expression, kFields[i].name));
    }
    cron.expression_ += (i > 0 ? " " : "") + std::string(fields[i]);
  }
  cron.every_hour_ = cron.bits_[kHour] == kAllHours;
  GALE_ASSIGN_OR_RETURN(cron.zone_, Zone::Find(timezone));
  if (!cron.NextWall(Wall(seconds(0)))) {
    return InvalidArgument("cron '{}': never happens: no such day in such a month", expression);
  }
  return cron;
}

Status Cron::ParseField(size_t field, std::string_view text) {
  if (text == "*" || text == "?") {
    if (field == kDay) any_day_ = true;
    if (field == kWeekday) any_weekday_ = true;
  }
  for (std::string_view item : Split(text, ",")) GALE_RETURN_IF_ERROR(ParseItem(field, item));
  if (field == kWeekday && Has(bits_[field], 7)) bits_[field] = (bits_[field] & 0x7F) | 1;
  return OkStatus();
}

Status Cron::ParseItem(size_t field, std::string_view item) {
  const FieldRange& range = kFields[field];
  if (ParseSpecialDay(field, item)) return OkStatus();
  auto bad = [&](std::string_view what) {
    return InvalidArgument("'{}': {} (expected {}-{})", item, what, range.min, range.max);
  };
  const int max = field == kWeekday ? 6 : range.max;  // of '*' and of wrapping
  std::string_view values = item.substr(0, item.find('/'));
  int step = 1;
  const bool stepped = values.size() < item.size();
  if (stepped) {
    auto parsed = ParseNumber(item.substr(values.size() + 1));
    if (!parsed || *parsed == 0) return bad("the step is no number above 0");
    step = *parsed;
  }
  int from = range.min;
  int to = max;
  if (values != "*" && values != "?") {
    std::string_view first = values.substr(0, values.find('-'));
    auto low = ParseValue(field, first);
    if (!low) return bad("no value of this field");
    from = *low;
    if (first.size() < values.size()) {
      auto high = ParseValue(field, values.substr(first.size() + 1));
      if (!high) return bad("no value of this field");
      to = *high;
    } else if (!stepped) {
      to = from;
    }
  }
  // fri-mon and 22-2 go on past the end.
  const int last = to >= from ? to : to + (max - range.min + 1);
  for (int64_t value = from; value <= last; value += step) {
    int folded = static_cast<int>(value) > std::max(max, to)
                     ? static_cast<int>(value) - (max - range.min + 1)
                     : static_cast<int>(value);
    bits_[field] |= uint64_t{1} << folded;
  }
  return OkStatus();
}

// 'L', '5L', 'L5', '1#2'.
bool Cron::ParseSpecialDay(size_t field, std::string_view item) {
  if (field == kDay && item == "l") {
    last_day_ = true;
    return true;
  }
  if (field != kWeekday) return false;
  auto add = [&](std::string_view day, unsigned nth) {
    auto value = ParseValue(field, day);
    if (value) nth_weekday_[static_cast<size_t>(*value % 7)] |= uint8_t(1u << nth);
    return value.has_value();
  };
  if (size_t hash = item.find('#'); hash != std::string_view::npos) {
    std::string_view nth = item.substr(hash + 1);
    if (nth.size() != 1 || nth[0] < '1' || nth[0] > '5') return false;
    return add(item.substr(0, hash), static_cast<unsigned>(nth[0] - '0'));
  }
  if (item.size() < 2) return false;
  if (item.back() == 'l') return add(item.substr(0, item.size() - 1), 0);
  return item.front() == 'l' && add(item.substr(1), 0);
}

bool Cron::MatchesDay(year_month_day day) const {
  const int of_month = static_cast<int>(unsigned(day.day()));
  const int last = static_cast<int>(unsigned((day.year() / day.month() / std::chrono::last).day()));
  const bool day_fits = Has(bits_[kDay], of_month) || (last_day_ && of_month == last);
  const auto weekday = std::chrono::weekday(std::chrono::sys_days(day)).c_encoding();
  const int nth = (of_month - 1) / 7 + 1;
  const bool weekday_fits = Has(bits_[kWeekday], static_cast<int>(weekday)) ||
                            Has(nth_weekday_[weekday], nth) ||
                            (Has(nth_weekday_[weekday], 0) && of_month > last - 7);
  if (any_day_ || any_weekday_) return (any_day_ || day_fits) && (any_weekday_ || weekday_fits);
  return day_fits || weekday_fits;
}

// The first time of day at or after the given second.
std::optional<int> Cron::TimeFrom(int second_of_day) const {
  int hour = second_of_day / 3600, minute = second_of_day / 60 % 60, second = second_of_day % 60;
  for (; hour < 24; ++hour, minute = 0, second = 0) {
    if (!Has(bits_[kHour], hour)) continue;
    for (int m = minute, s = second; m < 60; ++m, s = 0) {
      if (!Has(bits_[kMinute], m)) continue;
      if (uint64_t left = bits_[kSecond] >> s; left != 0) {
        return hour * 3600 + m * 60 + s + __builtin_ctzll(left);
      }
    }
  }
  return std::nullopt;
}

// The last time of day at or before the given second.
std::optional<int> Cron::TimeUpTo(int second_of_day) const {
  int hour = second_of_day / 3600, minute = second_of_day / 60 % 60, second = second_of_day % 60;
  for (; hour >= 0; --hour, minute = 59, second = 59) {
    if (!Has(bits_[kHour], hour)) continue;
    for (int m = minute, s = second; m >= 0; --m, s = 59) {
      if (!Has(bits_[kMinute], m)) continue;
      if (uint64_t left = bits_[kSecond] << (63 - s); left != 0) {
        return hour * 3600 + m * 60 + s - __builtin_clzll(left);
      }
    }
  }
  return std::nullopt;
}

std::optional<Wall> Cron::NextWall(Wall after) const {
  const Wall from = std::max(after + seconds(1), kFirstWall);
  auto day = std::chrono::floor<days>(from);
  int time = static_cast<int>((from - day).count());
  for (int i = 0; i < kSearchDaysMax && day < kLastWall; ++i, day += days(1), time = 0) {
    year_month_day date(day);
    if (!Has(bits_[kMonth], static_cast<int>(unsigned(date.month()))) || !MatchesDay(date))
      continue;
    if (auto found = TimeFrom(time)) return day + seconds(*found);
  }
  return std::nullopt;
}

std::optional<Wall> Cron::PrevWall(Wall before) const {
  const Wall from = std::min(before - seconds(1), kLastWall);
  auto day = std::chrono::floor<days>(from);
  int time = static_cast<int>((from - day).count());
  for (int i = 0; i < kSearchDaysMax && day >= kFirstWall; ++i, day -= days(1)) {
    year_month_day date(day);
    if (Has(bits_[kMonth], static_cast<int>(unsigned(date.month()))) && MatchesDay(date)) {
      if (auto found = TimeUpTo(time)) return day + seconds(*found);
    }
    time = kDaySeconds - 1;
  }
  return std::nullopt;
}

// Every hour: the matching wall-clock times of each stretch between two jumps of the clock.
std::optional<Instant> Cron::NextMatching(Instant after) const {
  while (true) {
    const Zone::Span span = zone_.At(after + seconds(1));
    auto wall = NextWall(Wall(after.time_since_epoch() + span.offset));
    if (!wall) return std::nullopt;
    Instant found(wall->time_since_epoch() - span.offset);
    if (found < span.end) return found;
    after = span.end - seconds(1);
  }
}

std::optional<Instant> Cron::PrevMatching(Instant before) const {
  while (true) {
    const Zone::Span span = zone_.At(before - seconds(1));
    auto wall = PrevWall(Wall(before.time_since_epoch() + span.offset));
    if (!wall) return std::nullopt;
    Instant found(wall->time_since_epoch() - span.offset);
    if (found >= span.begin) return found;
    before = span.begin;
  }
}

// Wall-clock order and the order of instants differ near a jump of the clocks: there the search
// starts earlier and goes on a little after the first find.
std::optional<TimePoint> Cron::Next(TimePoint after_exact) const {
  const Instant after = std::chrono::floor<seconds>(after_exact);
  if (every_hour_) return NextMatching(after);
  std::optional<Instant> best;
  Wall until{};
  auto wall = NextWall(zone_.ToWall(after) - zone_.JumpNear(after));
  for (; wall && (!best || *wall <= until); wall = NextWall(*wall)) {
    Instant t = zone_.ToInstant(*wall);
    if (t <= after || (best && t >= *best)) continue;
    best = t;
    until = zone_.ToWall(t);
  }
  return best;
}

std::optional<TimePoint> Cron::Prev(TimePoint before_exact) const {
  const Instant before = std::chrono::ceil<seconds>(before_exact);
  if (every_hour_) return PrevMatching(before);
  std::optional<Instant> best;
  Wall until{};
  auto wall = PrevWall(zone_.ToWall(before) + zone_.JumpNear(before));
  for (; wall && (!best || *wall >= until); wall = PrevWall(*wall)) {
    Instant t = zone_.ToInstant(*wall);
    if (t >= before || (best && t <= *best)) continue;
    best = t;
    until = zone_.ToWall(t) - zone_.JumpNear(t);
  }
  return best;
}

}  // namespace gale
