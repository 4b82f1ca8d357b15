#include "common/model/timetable.h"

#include <algorithm>

#include "common/model/cron.h"

namespace gale {
namespace {

using Kind = ScheduleSpec::Kind;
using std::chrono::days;

constexpr Duration kDeltaMax = days(366 * 100);
constexpr int32_t kDeltaMonthsMax = 12 * 100;

bool IsCron(Kind kind) { return kind == Kind::kCronTrigger || kind == Kind::kCronInterval; }
bool IsDelta(Kind kind) { return kind == Kind::kDeltaTrigger || kind == Kind::kDeltaInterval; }

// Calendar months on, in UTC; the day is cut to the month's last (31 January + 1 = 28 February).
TimePoint AddMonths(TimePoint t, int64_t months) {
  auto day = std::chrono::floor<days>(t);
  std::chrono::year_month_day date(day);
  auto month = date.year() / date.month() + std::chrono::months(months);
  auto last = (month / std::chrono::last).day();
  return std::chrono::sys_days(month / std::min(date.day(), last)) + (t - day);
}

// t + count deltas.
TimePoint AddDelta(TimePoint t, const ScheduleSpec& spec, int64_t count) {
  if (spec.delta_months != 0) t = AddMonths(t, count * spec.delta_months);
  return t + count * spec.delta;
}

// The latest of anchor, anchor + delta, ... that isn't after `limit`; the anchor if it is.
TimePoint LatestOnGrid(TimePoint anchor, const ScheduleSpec& spec, TimePoint limit) {
  if (anchor >= limit) return anchor;
  // A first guess that is not too far: no month is longer than 31 days.
  const Duration longest = spec.delta + days(31) * int64_t{spec.delta_months};
  int64_t count = (limit - anchor) / longest;
  while (AddDelta(anchor, spec, count + 1) <= limit) ++count;
  return AddDelta(anchor, spec, count);
}

PlannedRun At(TimePoint t) { return {t, t, {t, t}}; }
PlannedRun Over(TimePoint start, TimePoint end) { return {end, start, {start, end}}; }

using Last = std::optional<DataInterval>;
using When = std::optional<TimePoint>;

// Airflow's CronTriggerTimetable: without catchup, the latest tick that is past comes at once.
When CronTick(const Cron& cron, const Last& last, const Timetable::Bounds& bounds, TimePoint now) {
  When tick;
  if (last) {
    tick = cron.Next(last->end);
  } else {
    tick = bounds.earliest ? cron.Ceil(*bounds.earliest) : cron.Next(now);
  }
  if (!tick || bounds.catchup) return tick;
  tick = std::max(tick, cron.Floor(now));
  if (bounds.earliest) tick = std::max(tick, cron.Ceil(*bounds.earliest));
  return tick;
}

// Airflow's CronDataIntervalTimetable: without catchup, the latest interval that is complete.
When CronIntervalStart(const Cron& cron, const Last& last, const Timetable::Bounds& bounds,
                       TimePoint now) {
  When earliest = bounds.earliest ? cron.Ceil(*bounds.earliest) : std::nullopt;
  if (!bounds.catchup) {
    When boundary = cron.Floor(now);
    When latest_complete = boundary ? cron.Prev(*boundary) : std::nullopt;
    earliest = std::max(earliest, latest_complete);  // nullopt is less than any time
  }
  return last ? std::max(cron.Floor(last->end), earliest) : earliest;
}

// Where Airflow starts from `now` itself, this stays on the grid that the last run (or the start
// date) began, so that a scheduler that looks late doesn't shift all later runs.
When DeltaTick(const ScheduleSpec& spec, const Last& last, const Timetable::Bounds& bounds,
               TimePoint now) {
  if (!last && !bounds.earliest) return bounds.catchup ? When() : When(now);
  TimePoint tick = last ? AddDelta(last->end, spec, 1) : *bounds.earliest;
  if (last && bounds.earliest) tick = std::max(tick, *bounds.earliest);
  return bounds.catchup ? tick : LatestOnGrid(tick, spec, now);
}

// Airflow's DeltaDataIntervalTimetable. Without catchup, fixed deltas are counted from 1970, and
// months from the last run or the start date.
When DeltaIntervalStart(const ScheduleSpec& spec, const Last& last, const Timetable::Bounds& bounds,
                        TimePoint now) {
  When earliest = bounds.earliest;
  if (!bounds.catchup) {
    TimePoint latest_complete;
    if (spec.delta_months == 0) {
      auto into_delta = now.time_since_epoch() % spec.delta;
      if (into_delta < Duration(0)) into_delta += spec.delta;
      latest_complete = now - into_delta - spec.delta;
    } else {
      TimePoint anchor = last ? last->end : bounds.earliest.value_or(TimePoint());
      latest_complete = LatestOnGrid(anchor, spec, AddDelta(now, spec, -1));
    }
    earliest = std::max(earliest, When(latest_complete));
  }
  return last ? std::max(When(last->end), earliest) : earliest;
}

// As Python writes a timedelta: "1 day, 0:05:00", "0:00:00.500000".
std::string TimedeltaText(Duration d) {
  auto whole = std::chrono::floor<days>(d);
  std::chrono::hh_mm_ss hms(d - whole);
  std::string out;
  if (whole.count() != 0) {
    out = fmt::format("{} day{}, ", whole.count(), whole.count() == 1 ? "" : "s");
  }
  out += fmt::format("{}:{:02}:{:02}", hms.hours().count(), hms.minutes().count(),
                     hms.seconds().count());
  if (auto us = hms.subseconds().count(); us != 0) out += fmt::format(".{:06}", us);
  return out;
}

// As Python's dateutil writes a relativedelta: "relativedelta(years=+1, months=+2)".
std::string RelativedeltaText(int32_t months, Duration d) {
  auto whole = std::chrono::floor<days>(d);
  std::chrono::hh_mm_ss hms(d - whole);
  const std::pair<const char*, int64_t> parts[] = {{"years", months / 12},
                                                   {"months", months % 12},
                                                   {"days", whole.count()},
                                                   {"hours", hms.hours().count()},
                                                   {"minutes", hms.minutes().count()},
                                                   {"seconds", hms.seconds().count()},
                                                   {"microseconds", hms.subseconds().count()}};
  std::string out;
  for (auto [name, count] : parts) {
    if (count != 0) out += fmt::format("{}{}=+{}", out.empty() ? "" : ", ", name, count);
  }
  return "relativedelta(" + out + ")";
}

}  // namespace

Result<Timetable> Timetable::Make(const ScheduleSpec& spec) {
  Timetable timetable;
  timetable.spec_ = spec;
  if (IsCron(spec.kind)) {
    GALE_ASSIGN_OR_RETURN(auto cron, Cron::Parse(spec.cron, spec.timezone));
    timetable.cron_ = std::make_shared<const Cron>(std::move(cron));
    return timetable;
  }
  GALE_RETURN_IF_ERROR(Zone::Find(spec.timezone).status());
  if (IsDelta(spec.kind)) {
    if (spec.delta < Duration(0) || spec.delta_months < 0 ||
        (spec.delta == Duration(0) && spec.delta_months == 0)) {
      return InvalidArgument("delta: {} s and {} months: expected more than 0", Seconds(spec.delta),
                             spec.delta_months);
    }
    if (spec.delta > kDeltaMax || spec.delta_months > kDeltaMonthsMax) {
      return InvalidArgument("delta: {} s and {} months: at most 100 years", Seconds(spec.delta),
                             spec.delta_months);
    }
  }
  return timetable;
}

std::optional<PlannedRun> Timetable::Next(const std::optional<DataInterval>& last,
                                          const Bounds& bounds, TimePoint now) const {
  std::optional<PlannedRun> run;
  switch (spec_.kind) {
    case Kind::kNone: return std::nullopt;
    case Kind::kOnce:
      if (!last) run = At(bounds.earliest.value_or(now));
      break;
    case Kind::kContinuous:
      if (last || bounds.earliest) {
        TimePoint start = last ? last->end : *bounds.earliest;
        // Never of zero length: the next run starts where this ends, and needs another logical
        // date.
        run = Over(start, std::max(start + Duration(1), now));
      }
      break;
    case Kind::kCronTrigger:
      if (auto tick = CronTick(*cron_, last, bounds, now)) run = At(*tick);
      break;
    case Kind::kCronInterval:
      if (auto start = CronIntervalStart(*cron_, last, bounds, now)) {
        if (auto end = cron_->Next(*start)) run = Over(*start, *end);
      }
      break;
    case Kind::kDeltaTrigger:
      if (auto tick = DeltaTick(spec_, last, bounds, now)) run = At(*tick);
      break;
    case Kind::kDeltaInterval:
      if (auto start = DeltaIntervalStart(spec_, last, bounds, now)) {
        run = Over(*start, AddDelta(*start, spec_, 1));
      }
      break;
  }
  if (run && bounds.latest && run->logical_date > *bounds.latest) return std::nullopt;
  return run;
}

std::optional<TimePoint> Timetable::LogicalBefore(TimePoint logical_date) const {
  if (cron_) return cron_->Prev(logical_date);
  if (IsDelta(spec_.kind)) return AddDelta(logical_date, spec_, -1);
  return std::nullopt;
}

std::optional<TimePoint> Timetable::LogicalAfter(TimePoint logical_date) const {
  if (cron_) return cron_->Next(logical_date);
  if (IsDelta(spec_.kind)) return AddDelta(logical_date, spec_, 1);
  return std::nullopt;
}

DataInterval Timetable::ManualInterval(TimePoint run_after) const {
  if (spec_.kind == Kind::kCronInterval) {
    auto end = cron_->Floor(run_after);
    auto start = end ? cron_->Prev(*end) : std::nullopt;
    if (start) return {*start, *end};
  }
  if (spec_.kind == Kind::kDeltaInterval) return {AddDelta(run_after, spec_, -1), run_after};
  return {run_after, run_after};
}

std::string Timetable::Summary() const {
  switch (spec_.kind) {
    case Kind::kNone: return "None";
    case Kind::kOnce: return "@once";
    case Kind::kContinuous: return "@continuous";
    case Kind::kCronTrigger:
    case Kind::kCronInterval: return cron_->expression();
    case Kind::kDeltaTrigger:
    case Kind::kDeltaInterval:
      return spec_.delta_months == 0 ? TimedeltaText(spec_.delta)
                                     : RelativedeltaText(spec_.delta_months, spec_.delta);
  }
  return "";
}

std::string Timetable::Description() const {
  switch (spec_.kind) {
    case Kind::kNone: return "Never, external triggers only";
    case Kind::kOnce: return "Once, as soon as possible";
    case Kind::kContinuous: return "As often as possible, one run at a time";
    case Kind::kCronTrigger:
    case Kind::kCronInterval: return cron_->Describe();
    case Kind::kDeltaTrigger:
    case Kind::kDeltaInterval: return "Every " + Summary();
  }
  return "";
}

}  // namespace gale
