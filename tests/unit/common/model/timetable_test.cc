#include "common/model/timetable.h"

#include <gtest/gtest.h>

namespace gale {
namespace {

using Kind = ScheduleSpec::Kind;

TimePoint T(std::string_view text) { return ParseTime(text).value(); }

Timetable Make(ScheduleSpec spec) {
  auto timetable = Timetable::Make(spec);
  EXPECT_TRUE(timetable.ok()) << timetable.status().ToString();
  return std::move(timetable).value();
}

PlannedRun Tick(std::string_view at) { return {T(at), T(at), {T(at), T(at)}}; }
PlannedRun Interval(std::string_view start, std::string_view end) {
  return {T(end), T(start), {T(start), T(end)}};
}

Timetable::Bounds From(std::string_view start, bool catchup) {
  return {T(start), std::nullopt, catchup};
}

const auto kDailyTrigger = ScheduleSpec{.kind = Kind::kCronTrigger, .cron = "@daily"};
const auto kDailyInterval = ScheduleSpec{.kind = Kind::kCronInterval, .cron = "@daily"};

// What templates call prev_ds and next_ds: of the schedule, not as far away as this interval is long.
TEST(Timetable, TheNeighboursOfALogicalDateAreTheSchedules) {
  for (auto kind : {Kind::kCronInterval, Kind::kCronTrigger}) {
    auto cron = [&](const char* expression) { return Make({.kind = kind, .cron = expression}); };
    EXPECT_EQ(cron("0 0 1 * *").LogicalBefore(T("2024-03-01")), T("2024-02-01"));
    EXPECT_EQ(cron("0 0 1 * *").LogicalAfter(T("2024-03-01")), T("2024-04-01"));
    EXPECT_EQ(cron("0 6 * * 1-5").LogicalBefore(T("2024-06-03T06:00:00Z")),
              T("2024-05-31T06:00:00Z"));
    EXPECT_EQ(cron("0 0 31 * *").LogicalBefore(T("2024-01-31")), T("2023-12-31"));
  }
  const Timetable months = Make({.kind = Kind::kDeltaInterval, .delta_months = 1});
  EXPECT_EQ(months.LogicalBefore(T("2024-03-01")), T("2024-02-01"));
  EXPECT_EQ(Make({.kind = Kind::kOnce}).LogicalBefore(T("2024-03-01")), std::nullopt);
}

TEST(Timetable, WithoutAScheduleThereAreNoRuns) {
  Timetable none;
  EXPECT_TRUE(none.is_none());
  EXPECT_EQ(none.Next({}, From("2026-01-01", true), T("2026-02-01")), std::nullopt);
  EXPECT_EQ(none.ManualInterval(T("2026-02-01")), (DataInterval{T("2026-02-01"), T("2026-02-01")}));
}

TEST(Timetable, OnceRunsAtTheStartDateWhateverCatchupSays) {
  Timetable once = Make({.kind = Kind::kOnce});
  for (bool catchup : {false, true}) {
    auto run = once.Next({}, From("2026-01-01", catchup), T("2026-02-01"));
    EXPECT_EQ(run, Tick("2026-01-01"));
    EXPECT_EQ(once.Next(run->interval, From("2026-01-01", catchup), T("2026-02-01")), std::nullopt);
  }
}

TEST(Timetable, ContinuousRunsFollowEachOtherWithoutAGap) {
  Timetable timetable = Make({.kind = Kind::kContinuous});
  auto bounds = From("2026-01-01", false);
  auto first = timetable.Next({}, bounds, T("2026-01-02"));
  EXPECT_EQ(first, Interval("2026-01-01", "2026-01-02"));
  EXPECT_EQ(timetable.Next(first->interval, bounds, T("2026-01-05")),
            Interval("2026-01-02", "2026-01-05"));
  auto at_once = timetable.Next(first->interval, bounds, T("2026-01-02"));
  EXPECT_LT(at_once->interval.start, at_once->interval.end);
}

TEST(Timetable, TriggerCronWithCatchupVisitsEveryTickFromTheStartDate) {
  Timetable daily = Make(kDailyTrigger);
  auto bounds = From("2026-01-01T12:00:00Z", true);
  auto run = daily.Next({}, bounds, T("2026-01-20"));
  EXPECT_EQ(run, Tick("2026-01-02"));
  EXPECT_EQ(daily.Next(run->interval, bounds, T("2026-01-20")), Tick("2026-01-03"));
}

TEST(Timetable, TriggerCronStartsOnAStartDateThatIsATick) {
  EXPECT_EQ(Make(kDailyTrigger).Next({}, From("2026-01-01", true), T("2026-01-20")),
            Tick("2026-01-01"));
}

TEST(Timetable, TriggerCronWithoutCatchupFiresTheMostRecentPastTickAtOnce) {
  Timetable daily = Make(kDailyTrigger);
  auto bounds = From("2026-01-01", false);
  auto run = daily.Next({}, bounds, T("2026-01-20T10:00:00Z"));
  EXPECT_EQ(run, Tick("2026-01-20"));
  EXPECT_EQ(daily.Next(run->interval, bounds, T("2026-01-20T10:00:00Z")), Tick("2026-01-21"));
  // A long pause gives one run, not many.
  EXPECT_EQ(daily.Next(run->interval, bounds, T("2026-03-01T10:00:00Z")), Tick("2026-03-01"));
  // But never one before the start date.
  EXPECT_EQ(daily.Next({}, From("2026-01-20T05:00:00Z", false), T("2026-01-20T10:00:00Z")),
            Tick("2026-01-21"));
}

TEST(Timetable, TriggerCronWithoutAStartDateWaitsForTheNextTick) {
  EXPECT_EQ(Make(kDailyTrigger).Next({}, {}, T("2026-01-20T10:00:00Z")), Tick("2026-01-21"));
}

TEST(Timetable, IntervalCronRunsAtTheEndOfItsIntervalUnderTheNameOfItsStart) {
  Timetable daily = Make(kDailyInterval);
  auto bounds = From("2026-01-01T12:00:00Z", true);
  auto run = daily.Next({}, bounds, T("2026-01-20"));
  EXPECT_EQ(run, Interval("2026-01-02", "2026-01-03"));
  EXPECT_EQ(daily.Next(run->interval, bounds, T("2026-01-20")),
            Interval("2026-01-03", "2026-01-04"));
}

TEST(Timetable, IntervalCronWithoutCatchupMakesOneRunForTheLatestCompleteInterval) {
  Timetable daily = Make(kDailyInterval);
  auto bounds = From("2026-01-01", false);
  EXPECT_EQ(daily.Next({}, bounds, T("2026-01-20T10:00:00Z")),
            Interval("2026-01-19", "2026-01-20"));
  // Now exactly on a boundary: the interval that ends now.
  EXPECT_EQ(daily.Next({}, bounds, T("2026-01-20")), Interval("2026-01-19", "2026-01-20"));
  // After a pause: one run.
  EXPECT_EQ(
      daily.Next(DataInterval{T("2026-01-02"), T("2026-01-03")}, bounds, T("2026-01-20T10:00:00Z")),
      Interval("2026-01-19", "2026-01-20"));
  // With nothing missed: the interval under way.
  EXPECT_EQ(
      daily.Next(DataInterval{T("2026-01-19"), T("2026-01-20")}, bounds, T("2026-01-20T10:00:00Z")),
      Interval("2026-01-20", "2026-01-21"));
}

TEST(Timetable, AfterAChangeOfScheduleTheFirstIntervalIsAlignedToTheNewOne) {
  Timetable daily = Make(kDailyInterval);
  EXPECT_EQ(daily.Next(DataInterval{T("2026-01-05T03:00:00Z"), T("2026-01-05T04:00:00Z")},
                       From("2026-01-01", true), T("2026-01-20")),
            Interval("2026-01-05", "2026-01-06"));
}

TEST(Timetable, NoRunAfterTheEndDate) {
  Timetable::Bounds bounds{T("2026-01-01"), T("2026-01-03"), true};
  auto after_last = DataInterval{T("2026-01-03"), T("2026-01-03")};
  auto before_last = DataInterval{T("2026-01-02"), T("2026-01-02")};
  EXPECT_EQ(Make(kDailyTrigger).Next(before_last, bounds, T("2026-02-01")), Tick("2026-01-03"));
  EXPECT_EQ(Make(kDailyTrigger).Next(after_last, bounds, T("2026-02-01")), std::nullopt);
  EXPECT_EQ(Make(kDailyInterval).Next(after_last, bounds, T("2026-02-01")),
            Interval("2026-01-03", "2026-01-04"));
}

TEST(Timetable, DeltasAreAbsoluteTime) {
  Timetable hourly = Make({.kind = Kind::kDeltaInterval, .delta = std::chrono::minutes(90)});
  auto bounds = From("2026-01-01T00:10:00Z", true);
  auto run = hourly.Next({}, bounds, T("2026-01-20"));
  EXPECT_EQ(run, Interval("2026-01-01T00:10:00Z", "2026-01-01T01:40:00Z"));
  EXPECT_EQ(hourly.Next(run->interval, bounds, T("2026-01-20")),
            Interval("2026-01-01T01:40:00Z", "2026-01-01T03:10:00Z"));
}

TEST(Timetable, DeltaIntervalWithoutCatchupIsCountedFrom1970) {
  Timetable hourly = Make({.kind = Kind::kDeltaInterval, .delta = std::chrono::hours(1)});
  EXPECT_EQ(hourly.Next({}, From("2026-01-01T00:10:00Z", false), T("2026-01-20T10:20:00Z")),
            Interval("2026-01-20T09:00:00Z", "2026-01-20T10:00:00Z"));
}

TEST(Timetable, DeltaTriggerStaysOnItsGridHoweverLateItIsAsked) {
  Timetable hourly = Make({.kind = Kind::kDeltaTrigger, .delta = std::chrono::hours(1)});
  auto bounds = From("2026-01-01T00:10:00Z", false);
  auto run = hourly.Next({}, bounds, T("2026-01-20T10:20:00Z"));
  EXPECT_EQ(run, Tick("2026-01-20T10:10:00Z"));
  EXPECT_EQ(hourly.Next(run->interval, bounds, T("2026-01-20T11:10:07Z")),
            Tick("2026-01-20T11:10:00Z"));
  EXPECT_EQ(hourly.Next(run->interval, From("2026-01-01T00:10:00Z", true), T("2026-02-20")),
            Tick("2026-01-20T11:10:00Z"));
}

TEST(Timetable, MonthsFollowTheCalendar) {
  Timetable monthly = Make({.kind = Kind::kDeltaInterval, .delta_months = 1});
  EXPECT_EQ(monthly.Next({}, From("2026-01-31", true), T("2026-06-01")),
            Interval("2026-01-31", "2026-02-28"));
  EXPECT_EQ(monthly.Next({}, From("2020-01-01", false), T("2026-06-10")),
            Interval("2026-05-01", "2026-06-01"));
}

TEST(Timetable, AManualRunGetsTheLastCompleteInterval) {
  EXPECT_EQ(Make(kDailyInterval).ManualInterval(T("2026-01-20T10:00:00Z")),
            (DataInterval{T("2026-01-19"), T("2026-01-20")}));
  EXPECT_EQ(Make(kDailyInterval).ManualInterval(T("2026-01-20")),
            (DataInterval{T("2026-01-19"), T("2026-01-20")}));
  EXPECT_EQ(Make(kDailyTrigger).ManualInterval(T("2026-01-20T10:00:00Z")),
            (DataInterval{T("2026-01-20T10:00:00Z"), T("2026-01-20T10:00:00Z")}));
  EXPECT_EQ(Make({.kind = Kind::kDeltaInterval, .delta = std::chrono::hours(2)})
                .ManualInterval(T("2026-01-20T10:00:00Z")),
            (DataInterval{T("2026-01-20T08:00:00Z"), T("2026-01-20T10:00:00Z")}));
}

TEST(Timetable, AManualIntervalIsNeverEmptyAtAJumpOfTheClocks) {
  ScheduleSpec spec{
      .kind = Kind::kCronInterval, .cron = "0 2 * * *", .timezone = "America/New_York"};
  auto interval = Make(spec).ManualInterval(T("2024-03-10T07:00:00Z"));
  EXPECT_EQ(interval, (DataInterval{T("2024-03-09T07:00:00Z"), T("2024-03-10T07:00:00Z")}));
}

TEST(Timetable, WrongSchedulesAreRefused) {
  auto error = [](ScheduleSpec spec) {
    auto timetable = Timetable::Make(spec);
    return timetable.ok() ? "" : std::string(timetable.status().message());
  };
  EXPECT_NE(error({.kind = Kind::kCronTrigger, .cron = "61 * * * *"}).find("minute"),
            std::string::npos);
  EXPECT_NE(error({.kind = Kind::kCronTrigger, .cron = "0 0 31 4 *"}).find("never happens"),
            std::string::npos);
  EXPECT_NE(error({.kind = Kind::kOnce, .timezone = "Nowhere"}).find("timezone: 'Nowhere'"),
            std::string::npos);
  EXPECT_NE(error({.kind = Kind::kDeltaTrigger}).find("delta: 0 s"), std::string::npos);
  EXPECT_NE(error({.kind = Kind::kDeltaInterval, .delta = Duration(-1)}).find("delta"),
            std::string::npos);
}

TEST(Timetable, SummariesAreAirflows) {
  EXPECT_EQ(Timetable().Summary(), "None");
  EXPECT_EQ(Timetable().Description(), "Never, external triggers only");
  EXPECT_EQ(Make({.kind = Kind::kOnce}).Summary(), "@once");
  EXPECT_EQ(Make({.kind = Kind::kContinuous}).Summary(), "@continuous");
  EXPECT_EQ(Make(kDailyTrigger).Summary(), "0 0 * * *");
  EXPECT_EQ(Make(kDailyTrigger).Description(), "At 00:00");
  EXPECT_EQ(Make({.kind = Kind::kDeltaTrigger, .delta = std::chrono::hours(24)}).Summary(),
            "1 day, 0:00:00");
  EXPECT_EQ(Make({.kind = Kind::kDeltaTrigger, .delta = std::chrono::minutes(5)}).Description(),
            "Every 0:05:00");
  EXPECT_EQ(Make({.kind = Kind::kDeltaTrigger, .delta_months = 13}).Summary(),
            "relativedelta(years=+1, months=+1)");
}

}  // namespace
}  // namespace gale
