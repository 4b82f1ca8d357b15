// The only door to the machine's clocks. Everything that decides gets its time as an input.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/status.h"

namespace gale {

using Duration = std::chrono::microseconds;
// Wall-clock time, UTC, microseconds since 1970.
using TimePoint = std::chrono::sys_time<Duration>;
// Time that only moves forward; says nothing about the date. Leases and timeouts are measured in
// it.
struct MonoClock {
  using duration = Duration;
  using rep = Duration::rep;
  using period = Duration::period;
  using time_point = std::chrono::time_point<MonoClock>;
  static constexpr bool is_steady = true;
};
using MonoTime = MonoClock::time_point;

class Clock {
 public:
  virtual ~Clock() = default;
  virtual TimePoint Now() const = 0;
  virtual MonoTime Mono() const = 0;

  // The machine's. Thread-safe, lives for ever.
  static Clock& Real();
};

// A clock that tests and the simulation move by hand. One thread.
class ManualClock : public Clock {
 public:
  explicit ManualClock(TimePoint start = TimePoint(std::chrono::seconds(1'700'000'000)))
      : now_(start) {}
  TimePoint Now() const override { return now_; }
  MonoTime Mono() const override { return mono_; }
  void Advance(Duration by) { now_ += by, mono_ += by; }

 private:
  TimePoint now_;
  MonoTime mono_{Duration(1)};
};

// "2026-11-23T10:00:00.000123Z"; whole seconds print without a fraction.
std::string FormatTime(TimePoint t);
// As Airflow writes it in run ids and templates: "2026-11-23T10:00:00.000123+00:00".
std::string FormatTimeOffset(TimePoint t);
// ISO 8601 with 'Z' or a numeric offset, or (read as UTC) with none; 'T' or a blank between; a date
// alone is midnight. `has_zone`, if not null, tells whether it names one.
Result<TimePoint> ParseTime(std::string_view text, bool* has_zone = nullptr);

// What to tell people about a host whose clock is ahead of ours by this; empty below kClockSkewMax.
// "its clock is 12 s behind this host's: ..."
inline constexpr Duration kClockSkewMax = std::chrono::seconds(5);
std::string ClockNote(Duration ahead, std::string_view whose, std::string_view ours);

inline double Seconds(Duration d) { return std::chrono::duration<double>(d).count(); }
inline Duration FromSeconds(double s) {
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(s));
}

}  // namespace gale
