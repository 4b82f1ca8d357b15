#include "common/model/cron.h"

#include <gtest/gtest.h>

#include <random>

namespace gale {
namespace {

TimePoint T(std::string_view text) { return ParseTime(text).value(); }

Cron Make(std::string_view expression, std::string_view zone = "UTC") {
  auto cron = Cron::Parse(expression, zone);
  EXPECT_TRUE(cron.ok()) << cron.status().ToString();
  return std::move(cron).value();
}

// The next `count` ticks after `after`, in UTC.
std::vector<std::string> Ticks(const Cron& cron, std::string_view after, int count) {
  std::vector<std::string> out;
  TimePoint t = T(after);
  for (int i = 0; i < count; ++i) {
    t = cron.Next(t).value();
    out.push_back(FormatTime(t));
  }
  return out;
}

std::string Error(std::string_view expression, std::string_view zone = "UTC") {
  auto cron = Cron::Parse(expression, zone);
  return cron.ok() ? "" : std::string(cron.status().message());
}

using Times = std::vector<std::string>;

TEST(Cron, FiresEveryNightAtThree) {
  EXPECT_EQ(Ticks(Make("0 3 * * *"), "2026-02-27T03:00:00Z", 3),
            (Times{"2026-02-28T03:00:00Z", "2026-03-01T03:00:00Z", "2026-03-02T03:00:00Z"}));
}

TEST(Cron, NextIsAfterAndPrevIsBeforeEvenWithinASecond) {
  Cron cron = Make("* * * * *");
  EXPECT_EQ(cron.Next(T("2026-01-01T00:00:00Z")), T("2026-01-01T00:01:00Z"));
  EXPECT_EQ(cron.Next(T("2025-12-31T23:59:59.999999Z")), T("2026-01-01T00:00:00Z"));
  EXPECT_EQ(cron.Prev(T("2026-01-01T00:00:00Z")), T("2025-12-31T23:59:00Z"));
  EXPECT_EQ(cron.Prev(T("2026-01-01T00:00:00.000001Z")), T("2026-01-01T00:00:00Z"));
  EXPECT_EQ(cron.Floor(T("2026-01-01T00:00:00Z")), T("2026-01-01T00:00:00Z"));
  EXPECT_EQ(cron.Ceil(T("2026-01-01T00:00:00Z")), T("2026-01-01T00:00:00Z"));
}

TEST(Cron, TheSixthFieldIsSeconds) {
  EXPECT_EQ(Ticks(Make("* * * * * */20"), "2026-01-01T00:00:59Z", 3),
            (Times{"2026-01-01T00:01:00Z", "2026-01-01T00:01:20Z", "2026-01-01T00:01:40Z"}));
}

TEST(Cron, ListsRangesStepsAndNames) {
  EXPECT_EQ(Ticks(Make("5,10-12,50/5 0 * * *"), "2026-01-01T00:00:00Z", 6),
            (Times{"2026-01-01T00:05:00Z", "2026-01-01T00:10:00Z", "2026-01-01T00:11:00Z",
                   "2026-01-01T00:12:00Z", "2026-01-01T00:50:00Z", "2026-01-01T00:55:00Z"}));
  EXPECT_EQ(Ticks(Make("0 0 1 JAN,jul *"), "2026-01-01T00:00:00Z", 2),
            (Times{"2026-07-01T00:00:00Z", "2027-01-01T00:00:00Z"}));
  // 2026-11-23 is a Monday.
  EXPECT_EQ(Ticks(Make("0 9 * * mon-fri"), "2026-11-26T12:00:00Z", 3),
            (Times{"2026-11-27T09:00:00Z", "2026-11-30T09:00:00Z", "2026-12-01T09:00:00Z"}));
}

TEST(Cron, RangesMayWrapAndSevenIsSunday) {
  EXPECT_EQ(Ticks(Make("0 0 * * fri-mon"), "2026-11-23T12:00:00Z", 4),
            (Times{"2026-11-27T00:00:00Z", "2026-11-28T00:00:00Z", "2026-11-29T00:00:00Z",
                   "2026-11-30T00:00:00Z"}));
  EXPECT_EQ(Ticks(Make("0 22-2/2 * * *"), "2026-11-23T12:00:00Z", 3),
            (Times{"2026-11-23T22:00:00Z", "2026-11-24T00:00:00Z", "2026-11-24T02:00:00Z"}));
  for (auto sunday : {"0 0 * * 7", "0 0 * * 0", "0 0 * * sun", "0 0 ? * SUN"}) {
    EXPECT_EQ(Ticks(Make(sunday), "2026-11-23T12:00:00Z", 1), (Times{"2026-11-29T00:00:00Z"}));
  }
}

TEST(Cron, DaysOfMonthAndOfWeekAreOr) {
  EXPECT_EQ(Ticks(Make("0 0 24 * fri"), "2026-11-23T12:00:00Z", 3),
            (Times{"2026-11-24T00:00:00Z", "2026-11-27T00:00:00Z", "2026-12-04T00:00:00Z"}));
}

TEST(Cron, LastDaysAndNthWeekdays) {
  EXPECT_EQ(Ticks(Make("0 0 L * *"), "2028-01-31T12:00:00Z", 2),
            (Times{"2028-02-29T00:00:00Z", "2028-03-31T00:00:00Z"}));
  EXPECT_EQ(Ticks(Make("0 0 * * 1#2"), "2026-11-23T12:00:00Z", 1), (Times{"2026-12-14T00:00:00Z"}));
  for (auto last_friday : {"0 0 * * 5L", "0 0 * * L5", "0 0 * * friL"}) {
    EXPECT_EQ(Ticks(Make(last_friday), "2026-11-27T12:00:00Z", 1), (Times{"2026-12-25T00:00:00Z"}));
  }
}

TEST(Cron, FebruaryTheTwentyNinthComesBackAfterEightYearsToo) {
  EXPECT_EQ(Ticks(Make("0 0 29 2 *"), "2096-03-01T00:00:00Z", 1), (Times{"2104-02-29T00:00:00Z"}));
}

TEST(Cron, PresetsAreTheirFields) {
  EXPECT_EQ(Make("@hourly").expression(), "0 * * * *");
  EXPECT_EQ(Make("@daily").expression(), "0 0 * * *");
  EXPECT_EQ(Make("@midnight").expression(), "0 0 * * *");
  EXPECT_EQ(Make("@weekly").expression(), "0 0 * * 0");
  EXPECT_EQ(Make("@monthly").expression(), "0 0 1 * *");
  EXPECT_EQ(Make("@quarterly").expression(), "0 0 1 */3 *");
  EXPECT_EQ(Make("@yearly").expression(), "0 0 1 1 *");
  EXPECT_EQ(Make("@annually").expression(), "0 0 1 1 *");
}

TEST(Cron, WhatItCannotReadIsNamed) {
  EXPECT_EQ(Error("60 * * * *"),
            "cron '60 * * * *': minute: '60': no value of this field (expected 0-59)");
  EXPECT_EQ(Error("* 24 * * *"),
            "cron '* 24 * * *': hour: '24': no value of this field (expected 0-23)");
  EXPECT_NE(Error("* * 0 * *").find("day of month: '0'"), std::string::npos);
  EXPECT_NE(Error("* * * foo *").find("month: 'foo'"), std::string::npos);
  EXPECT_NE(Error("* * * * 8").find("day of week: '8'"), std::string::npos);
  EXPECT_NE(Error("* * * * * 61").find("second: '61'"), std::string::npos);
  EXPECT_NE(Error("*/0 * * * *").find("the step is no number above 0"), std::string::npos);
  EXPECT_NE(Error("1,,2 * * * *").find("minute: ''"), std::string::npos);
  EXPECT_NE(Error("-5 * * * *").find("minute: '-5'"), std::string::npos);
  EXPECT_NE(Error("99999999999 * * * *").find("minute"), std::string::npos);
  EXPECT_NE(Error("* * * * 1#6").find("day of week: '1#6'"), std::string::npos);
  EXPECT_NE(Error("* * * *").find("4 fields"), std::string::npos);
  EXPECT_NE(Error("").find("0 fields"), std::string::npos);
  EXPECT_NE(Error("@fortnightly").find("a preset as @daily"), std::string::npos);
  EXPECT_NE(Error("0 0 30 2 *").find("never happens"), std::string::npos);
  EXPECT_NE(Error("* * * * *", "Mars/Olympus").find("'Mars/Olympus' is unknown"),
            std::string::npos);
}

// The examples of reference airflow.md E11.
TEST(CronDst, ATimeThatTheClocksSkipFiresAtTheNextRealInstant) {
  EXPECT_EQ(Ticks(Make("0 2 * * *", "America/New_York"), "2024-03-09T00:00:00Z", 3),
            (Times{"2024-03-09T07:00:00Z", "2024-03-10T07:00:00Z", "2024-03-11T06:00:00Z"}));
  EXPECT_EQ(Ticks(Make("30 2 * * *", "America/New_York"), "2024-03-10T00:00:00Z", 2),
            (Times{"2024-03-10T07:30:00Z", "2024-03-11T06:30:00Z"}));
}

TEST(CronDst, ATimeThatComesTwiceFiresOnceAtTheSecond) {
  EXPECT_EQ(Ticks(Make("30 1 * * *", "America/New_York"), "2024-11-02T12:00:00Z", 2),
            (Times{"2024-11-03T06:30:00Z", "2024-11-04T06:30:00Z"}));
}

TEST(CronDst, AnExpressionForEveryHourRunsTheRepeatedHourTwiceAndSkipsNothing) {
  Cron cron = Make("0 * * * *", "America/New_York");
  EXPECT_EQ(Ticks(cron, "2024-11-03T04:30:00Z", 4),
            (Times{"2024-11-03T05:00:00Z", "2024-11-03T06:00:00Z", "2024-11-03T07:00:00Z",
                   "2024-11-03T08:00:00Z"}));
  EXPECT_EQ(Ticks(cron, "2024-03-10T05:30:00Z", 3),
            (Times{"2024-03-10T06:00:00Z", "2024-03-10T07:00:00Z", "2024-03-10T08:00:00Z"}));
  EXPECT_EQ(cron.Prev(T("2024-11-03T06:00:00Z")), T("2024-11-03T05:00:00Z"));
}

TEST(CronDst, HourListsKeepTheClockOnTheWall) {
  EXPECT_EQ(Ticks(Make("0 9-16 * * *", "Europe/Berlin"), "2026-03-28T14:30:00Z", 2),
            (Times{"2026-03-28T15:00:00Z", "2026-03-29T07:00:00Z"}));
}

TEST(CronDst, TimesThatTheJumpPutsOutOfOrderAreEachNamedOnceInOrder) {
  EXPECT_EQ(Ticks(Make("0,30 2,3 * * *", "America/New_York"), "2024-03-10T06:00:00Z", 3),
            (Times{"2024-03-10T07:00:00Z", "2024-03-10T07:30:00Z", "2024-03-11T06:00:00Z"}));
}

TEST(CronDst, TheRulesStillHoldInYearsAfterTheLastChangeOfLaw) {
  EXPECT_EQ(Ticks(Make("0 12 1 1,7 *", "America/New_York"), "2030-01-01T00:00:00Z", 2),
            (Times{"2030-01-01T17:00:00Z", "2030-07-01T16:00:00Z"}));
}

TEST(CronDst, FixedOffsetsAndUtcNeedNoTables) {
  EXPECT_EQ(Ticks(Make("0 0 * * *", "+05:30"), "2026-01-01T00:00:00Z", 1),
            (Times{"2026-01-01T18:30:00Z"}));
  EXPECT_EQ(Ticks(Make("0 0 * * *", ""), "2026-01-01T00:00:00Z", 1),
            (Times{"2026-01-02T00:00:00Z"}));
}

struct Place {
  const char* zone;
  const char* around;  // a jump of its clocks
};

// Whatever the expression and the jump: ticks ascend, Prev finds exactly the tick before, and no
// tick lies between a time and its Next.
TEST(CronDst, NextAndPrevAgreeAcrossEveryKindOfJump) {
  const Place places[] = {{"America/New_York", "2024-03-10T07:00:00Z"},
                          {"America/New_York", "2024-11-03T06:00:00Z"},
                          {"Europe/Berlin", "2026-10-25T01:00:00Z"},
                          {"Australia/Lord_Howe", "2024-10-05T15:30:00Z"},
                          {"Australia/Lord_Howe", "2024-04-06T15:00:00Z"},
                          {"Pacific/Apia", "2011-12-30T10:00:00Z"},
                          {"America/Sao_Paulo", "2018-11-04T03:00:00Z"}};
  const char* expressions[] = {"* * * * *",   "0 * * * *",    "*/30 * * * *",   "0 2 * * *",
                               "30 1 * * *",  "15 2,3 * * *", "*/20 0-4 * * *", "0 0 * * *",
                               "0 */2 * * *", "45 23 * * *",  "0 12 30 * *",    "5 1-3 * * 0"};
  std::mt19937_64 random(1);
  for (const Place& place : places) {
    for (const char* expression : expressions) {
      SCOPED_TRACE(std::string(expression) + " in " + place.zone);
      Cron cron = Make(expression, place.zone);
      TimePoint t = T(place.around) - std::chrono::hours(60);
      TimePoint end = T(place.around) + std::chrono::hours(60);
      while (t < end) {
        TimePoint next = cron.Next(t).value();
        ASSERT_GT(next, t);
        ASSERT_LE(cron.Prev(next).value(), t) << FormatTime(t);
        ASSERT_EQ(cron.Prev(next + Duration(1)).value(), next);
        ASSERT_EQ(cron.Floor(next).value(), next);
        ASSERT_EQ(cron.Ceil(next).value(), next);
        auto gap = static_cast<uint64_t>((next - t).count());
        TimePoint between = t + Duration(static_cast<int64_t>(random() % gap));
        ASSERT_EQ(cron.Next(between).value(), next) << FormatTime(between);
        t = next;
      }
    }
  }
}

TEST(CronDescribe, CommonSchedulesInWords) {
  EXPECT_EQ(Make("0 3 * * *").Describe(), "At 03:00");
  EXPECT_EQ(Make("*/5 * * * *").Describe(), "Every 5 minutes");
  EXPECT_EQ(Make("* * * * *").Describe(), "Every minute");
  EXPECT_EQ(Make("@hourly").Describe(), "Every hour");
  EXPECT_EQ(Make("@weekly").Describe(), "At 00:00, only on Sunday");
  EXPECT_EQ(Make("@monthly").Describe(), "At 00:00, on day 1 of the month");
  EXPECT_EQ(Make("@quarterly").Describe(), "At 00:00, on day 1 of the month, every 3 months");
  EXPECT_EQ(Make("@yearly").Describe(), "At 00:00, on day 1 of the month, only in January");
  EXPECT_EQ(Make("30 9 * * 1-5").Describe(), "At 09:30, only on Monday through Friday");
  EXPECT_EQ(Make("0 0 L * *").Describe(), "Cron 0 0 L * *");
}

}  // namespace
}  // namespace gale
