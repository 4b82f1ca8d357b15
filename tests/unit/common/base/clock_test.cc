#include "common/base/clock.h"

#include <gtest/gtest.h>

namespace gale {
namespace {

TEST(Time, IsWrittenInIso8601) {
  TimePoint t(std::chrono::seconds(1'700'000'000));
  EXPECT_EQ(FormatTime(t), "2023-11-14T22:13:20Z");
  EXPECT_EQ(FormatTime(t + Duration(123)), "2023-11-14T22:13:20.000123Z");
  EXPECT_EQ(FormatTimeOffset(t), "2023-11-14T22:13:20+00:00");
  EXPECT_EQ(FormatTime(TimePoint(Duration(-1))), "1969-12-31T23:59:59.999999Z");
}

TEST(Time, IsReadInAllItsSpellings) {
  TimePoint t(std::chrono::seconds(1'700'000'000));
  for (auto text :
       {"2023-11-14T22:13:20Z", "2023-11-14T22:13:20", "2023-11-14 22:13:20",
        "2023-11-14t22:13:20z", "2023-11-14T22:13:20.000+00:00", "2023-11-14T23:13:20+01:00",
        "2023-11-14T23:13:20+0100", "2023-11-14T23:13:20+01", "2023-11-14T17:43:20-04:30"}) {
    auto parsed = ParseTime(text);
    ASSERT_TRUE(parsed.ok()) << parsed.status().ToString();
    EXPECT_EQ(*parsed, t) << text;
  }
  EXPECT_EQ(FormatTime(ParseTime("2024-02-29").value()), "2024-02-29T00:00:00Z");
  EXPECT_EQ(FormatTime(ParseTime("2024-02-29T10:00").value()), "2024-02-29T10:00:00Z");
  EXPECT_EQ(FormatTime(ParseTime("2024-02-29T10:00:00.1234567Z").value()),
            "2024-02-29T10:00:00.123456Z");
}

TEST(Time, AnythingElseIsRefused) {
  for (auto text : {"", "now", "2023", "2023-13-01", "2023-02-29", "2023-11-14T",
                    "2023-11-14T24:00", "2023-11-14T10:60", "2023-11-14T10:00:60",
                    "2023-11-14T10:00:00.", "2023-11-14x", "2023-11-14T10:00:00Zx",
                    "2023-11-14T10:00:00+1", "23-11-14", "2023-1-1", "2023-11-14T-1:00"}) {
    EXPECT_EQ(ParseTime(text).status().code(), Code::kInvalidArgument) << text;
  }
}

TEST(Time, WhatIsWrittenIsReadBack) {
  for (int64_t us = -5'000'000'000'000'000; us < 9'000'000'000'000'000; us += 777'777'777'777'777) {
    TimePoint t{Duration(us)};
    EXPECT_EQ(ParseTime(FormatTime(t)).value(), t);
    EXPECT_EQ(ParseTime(FormatTimeOffset(t)).value(), t);
  }
}

TEST(ManualClock, MovesOnlyByHandAndBothFacesTogether) {
  ManualClock clock;
  TimePoint wall = clock.Now();
  MonoTime mono = clock.Mono();
  EXPECT_EQ(clock.Now(), wall);
  clock.Advance(std::chrono::seconds(5));
  EXPECT_EQ(clock.Now() - wall, std::chrono::seconds(5));
  EXPECT_EQ(clock.Mono() - mono, std::chrono::seconds(5));
}

TEST(RealClock, IsInThisCenturyAndNeverGoesBack) {
  EXPECT_GT(Clock::Real().Now(), ParseTime("2024-01-01").value());
  MonoTime before = Clock::Real().Mono();
  EXPECT_GE(Clock::Real().Mono(), before);
}

}  // namespace
}  // namespace gale
