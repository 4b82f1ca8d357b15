#include "common/base/clock.h"

#include <charconv>

namespace gale {
namespace {

class RealClock : public Clock {
 public:
  TimePoint Now() const override {
    return std::chrono::floor<Duration>(std::chrono::system_clock::now());
  }
  MonoTime Mono() const override {
    return MonoTime(
        std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now().time_since_epoch()));
  }
};

std::string Format(TimePoint t, std::string_view zone) {
  auto day = std::chrono::floor<std::chrono::days>(t);
  std::chrono::year_month_day ymd(day);
  std::chrono::hh_mm_ss hms(t - day);
  std::string out = fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", int(ymd.year()),
                                unsigned(ymd.month()), unsigned(ymd.day()), hms.hours().count(),
                                hms.minutes().count(), hms.seconds().count());
  if (auto us = hms.subseconds().count(); us != 0) out += fmt::format(".{:06}", us);
  out += zone;
  return out;
}

// Reads digits off the front of `text`; false if there are fewer than `count`.
bool Digits(std::string_view& text, int count, int& out) {
  if (text.size() < static_cast<size_t>(count) || text.front() == '-') return false;
  auto [end, error] = std::from_chars(text.data(), text.data() + count, out);
  if (error != std::errc() || end != text.data() + count) return false;
  text.remove_prefix(count);
  return true;
}

bool Skip(std::string_view& text, std::string_view any_of) {
  if (text.empty() || any_of.find(text.front()) == std::string_view::npos) return false;
  text.remove_prefix(1);
  return true;
}

}  // namespace

Clock& Clock::Real() {
  static RealClock clock;
  return clock;
}

std::string FormatTime(TimePoint t) { return Format(t, "Z"); }
std::string FormatTimeOffset(TimePoint t) { return Format(t, "+00:00"); }

Result<TimePoint> ParseTime(std::string_view text, bool* has_zone) {
  if (has_zone != nullptr) *has_zone = false;
  auto bad = [&] {
    return InvalidArgument("'{}' is no time: expected ISO 8601, as 2026-11-23T10:00:00+00:00",
                           text);
  };
  std::string_view rest = text;
  int year, month, day, hour = 0, minute = 0, second = 0;
  if (!Digits(rest, 4, year) || !Skip(rest, "-") || !Digits(rest, 2, month) || !Skip(rest, "-") ||
      !Digits(rest, 2, day)) {
    return bad();
  }
  std::chrono::year_month_day ymd{std::chrono::year(year), std::chrono::month(month),
                                  std::chrono::day(day)};
  if (!ymd.ok()) return bad();
  Duration time{0};
  Duration offset{0};
  if (Skip(rest, "Tt ")) {
    if (!Digits(rest, 2, hour) || !Skip(rest, ":") || !Digits(rest, 2, minute)) return bad();
    if (Skip(rest, ":") && !Digits(rest, 2, second)) return bad();
    if (hour > 23 || minute > 59 || second > 59) return bad();
    if (Skip(rest, ".,")) {
      int64_t scale = 100'000;
      if (rest.empty() || rest.front() < '0' || rest.front() > '9') return bad();
      for (; !rest.empty() && rest.front() >= '0' && rest.front() <= '9'; rest.remove_prefix(1)) {
        time += Duration((rest.front() - '0') * scale);
        scale /= 10;
      }
    }
    bool negative = !rest.empty() && rest.front() == '-';
    if (Skip(rest, "+-")) {
      int oh, om = 0;
      if (!Digits(rest, 2, oh)) return bad();
      Skip(rest, ":");
      if (!rest.empty() && !Digits(rest, 2, om)) return bad();
      offset = std::chrono::hours(oh) + std::chrono::minutes(om);
      if (negative) offset = -offset;
      if (has_zone != nullptr) *has_zone = true;
    } else if (Skip(rest, "Zz") && has_zone != nullptr) {
      *has_zone = true;
    }
  }
  if (!rest.empty()) return bad();
  time += std::chrono::hours(hour) + std::chrono::minutes(minute) + std::chrono::seconds(second);
  return TimePoint(std::chrono::sys_days(ymd)) + time - offset;
}

std::string ClockNote(Duration ahead, std::string_view whose, std::string_view ours) {
  if (std::chrono::abs(ahead) <= kClockSkewMax) return "";
  return fmt::format(
      "{} clock is {:.0f} s {} {}: times and schedules are off by as much (leases are not); "
      "synchronise the clocks of all hosts (NTP)",
      whose, std::abs(Seconds(ahead)), ahead > Duration(0) ? "ahead of" : "behind", ours);
}

}  // namespace gale
