// A cron expression in a time zone: which instants it names. Pure.
//
// Five fields (minute, hour, day of month, month, day of week), a sixth at the END for seconds, or
// a preset (@hourly, @daily, @midnight, @weekly, @monthly, @quarterly, @yearly, @annually). A field
// is '*', '?', a value, a range, a step, or a list of these; months and weekdays have names; a range
// may wrap (fri-mon); 7 is Sunday. 'L' is the last day of the month; '5L' or 'L5' its last Friday;
// '1#2' its second Monday. Days of month and of week, both given, are OR.
//
// Daylight saving (reference airflow.md E11): an expression for every hour names every instant
// whose wall-clock time matches, so a repeated hour counts twice. Any other names wall-clock times,
// each of which happens once: see Zone::ToInstant.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/clock.h"
#include "common/base/status.h"
#include "common/model/zone.h"

namespace gale {

class Cron {
 public:
  // Refuses, naming the field and the value, what it can't read, and what never happens (30
  // February).
  static Result<Cron> Parse(std::string_view expression, std::string_view timezone = "UTC");

  // The first instant after `after`; nullopt only at the end of the calendar (year 9999).
  std::optional<TimePoint> Next(TimePoint after) const;
  // The last instant before `before`; nullopt only at its beginning (year 1600).
  std::optional<TimePoint> Prev(TimePoint before) const;
  // The last instant not after `t`, the first not before it.
  std::optional<TimePoint> Floor(TimePoint t) const { return Prev(t + Duration(1)); }
  std::optional<TimePoint> Ceil(TimePoint t) const { return Next(t - Duration(1)); }

  // The fields, presets replaced: "0 0 * * *".
  const std::string& expression() const { return expression_; }
  // In words: "At 03:00, only on Sunday". For what has no simple words: the expression.
  std::string Describe() const;

 private:
  Status ParseField(size_t field, std::string_view text);
  Status ParseItem(size_t field, std::string_view item);
  bool ParseSpecialDay(size_t field, std::string_view item);
  bool MatchesDay(std::chrono::year_month_day day) const;
  std::optional<int> TimeFrom(int second_of_day) const;
  std::optional<int> TimeUpTo(int second_of_day) const;
  std::optional<Wall> NextWall(Wall after) const;
  std::optional<Wall> PrevWall(Wall before) const;
  std::optional<Instant> NextMatching(Instant after) const;
  std::optional<Instant> PrevMatching(Instant before) const;

  std::string expression_;
  Zone zone_;
  std::array<uint64_t, 6> bits_{};  // per field, in the order of the expression
  bool every_hour_ = false;
  bool any_day_ = false;      // day of month is '*'
  bool any_weekday_ = false;  // day of week is '*'
  bool last_day_ = false;     // 'L'
  // Per weekday: bit k = its k-th in the month, bit 0 = its last.
  std::array<uint8_t, 7> nth_weekday_{};
};

}  // namespace gale
