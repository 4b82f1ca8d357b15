// When runs are made: catchup and not, full and paused DAGs, @once and @continuous.
#include "master/core/calendar.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/base/limits.h"
#include "tests/unit/master/core/dags.h"

namespace gale::core::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Kind = ScheduleSpec::Kind;

TimePoint T(std::string_view text) { return ParseTime(text).value(); }

DagPtr Scheduled(Kind kind, bool catchup, const std::string& id = "d") {
  return MakeDag({Bash("a")}, [&](DagSpec& spec) {
    spec.dag_id = id;
    spec.schedule.kind = kind;
    if (kind == Kind::kCronTrigger || kind == Kind::kCronInterval) spec.schedule.cron = "@daily";
    spec.start_date = T("2026-01-01");
    spec.catchup = catchup;
  });
}

class CalendarTest : public ::testing::Test {
 protected:
  // The logical dates of what is due.
  std::vector<std::string> Due(std::string_view now, size_t room = 100) {
    std::vector<std::string> out;
    for (const auto& due : calendar_.TakeDue(T(now), [&](const Dag&) { return room; })) {
      EXPECT_LE(due.run.run_after, T(now));
      out.push_back(due.dag->id() + " " + FormatTime(due.run.logical_date).substr(0, 10));
    }
    return out;
  }
  std::string Wake() {
    auto wake = calendar_.NextWake();
    return wake ? FormatTime(*wake).substr(0, 10) : "never";
  }
  Calendar calendar_;
};

TEST_F(CalendarTest, WithCatchupEveryTickIsMadeOnce) {
  calendar_.SetDag(Scheduled(Kind::kCronTrigger, true), false, {}, T("2026-01-03T12:00:00Z"));
  EXPECT_EQ(Wake(), "2026-01-01");
  EXPECT_THAT(Due("2026-01-03T12:00:00Z"),
              ElementsAre("d 2026-01-01", "d 2026-01-02", "d 2026-01-03"));
  EXPECT_THAT(Due("2026-01-03T12:00:00Z"), IsEmpty());
  EXPECT_EQ(Wake(), "2026-01-04");
  EXPECT_THAT(Due("2026-01-03T23:59:59Z"), IsEmpty());
  EXPECT_THAT(Due("2026-01-04"), ElementsAre("d 2026-01-04"));
}

TEST_F(CalendarTest, WithoutCatchupOnlyTheLatestIsMade) {
  calendar_.SetDag(Scheduled(Kind::kCronTrigger, false), false, {}, T("2026-03-01T12:00:00Z"));
  EXPECT_THAT(Due("2026-03-01T12:00:00Z"), ElementsAre("d 2026-03-01"));
  EXPECT_THAT(Due("2026-03-09T12:00:00Z"), ElementsAre("d 2026-03-09")) << "a master that was down";
  EXPECT_EQ(Wake(), "2026-03-10");
}

TEST_F(CalendarTest, AnIntervalIsDueAtItsEnd) {
  calendar_.SetDag(Scheduled(Kind::kCronInterval, true), false, {}, T("2026-01-01T12:00:00Z"));
  EXPECT_THAT(Due("2026-01-01T12:00:00Z"), IsEmpty());
  EXPECT_EQ(Wake(), "2026-01-02");
  EXPECT_THAT(Due("2026-01-02"), ElementsAre("d 2026-01-01"));
}

TEST_F(CalendarTest, GoesOnWhereTheLedgerLeftOff) {
  const DataInterval last{T("2026-01-05"), T("2026-01-05")};
  calendar_.SetDag(Scheduled(Kind::kCronTrigger, true), false, last, T("2026-01-06T12:00:00Z"));
  EXPECT_THAT(Due("2026-01-06T12:00:00Z"), ElementsAre("d 2026-01-06"));
  ASSERT_NE(calendar_.Find("d"), nullptr);
  EXPECT_EQ(calendar_.Find("d")->last->start, T("2026-01-06"));
  EXPECT_EQ(calendar_.Find("unknown"), nullptr);
}

TEST_F(CalendarTest, ANewVersionKeepsItsPlace) {
  const TimePoint now = T("2026-01-02T12:00:00Z");
  calendar_.SetDag(Scheduled(Kind::kCronTrigger, true), false, {}, now);
  EXPECT_THAT(Due("2026-01-02T12:00:00Z"), ElementsAre("d 2026-01-01", "d 2026-01-02"));
  calendar_.SetDag(Scheduled(Kind::kCronTrigger, true), false, {}, now);
  EXPECT_THAT(Due("2026-01-02T12:00:00Z"), IsEmpty()) << "nothing is made twice";
  EXPECT_THAT(Due("2026-01-03"), ElementsAre("d 2026-01-03")) << "and planned once";
  EXPECT_THAT(Due("2026-01-03"), IsEmpty());
}

TEST_F(CalendarTest, APausedDagMakesNothingAndCatchesUpAfterwards) {
  calendar_.SetDag(Scheduled(Kind::kCronTrigger, true), true, {}, T("2026-01-01"));
  EXPECT_EQ(Wake(), "never");
  EXPECT_THAT(Due("2026-01-02"), IsEmpty());
  calendar_.SetPaused("d", false, T("2026-01-02"));
  EXPECT_THAT(Due("2026-01-02"), ElementsAre("d 2026-01-01", "d 2026-01-02"));
  calendar_.SetPaused("d", true, T("2026-01-02"));
  EXPECT_EQ(Wake(), "never");
  calendar_.SetPaused("unknown", false, T("2026-01-02"));
}

TEST_F(CalendarTest, ALongPauseWithoutCatchupMakesOneRun) {
  calendar_.SetDag(Scheduled(Kind::kCronInterval, false), false, {}, T("2026-01-02"));
  EXPECT_THAT(Due("2026-01-02"), ElementsAre("d 2026-01-01"));
  calendar_.SetPaused("d", true, T("2026-01-02"));
  calendar_.SetPaused("d", false, T("2026-02-10T06:00:00Z"));
  EXPECT_THAT(Due("2026-02-10T06:00:00Z"), ElementsAre("d 2026-02-09"));
}

TEST_F(CalendarTest, AFullDagWaitsForARunToEnd) {
  calendar_.SetDag(Scheduled(Kind::kCronTrigger, true), false, {}, T("2026-01-05"));
  EXPECT_THAT(Due("2026-01-05", 2), ElementsAre("d 2026-01-01", "d 2026-01-02"));
  EXPECT_EQ(Wake(), "never") << "no busy waiting while it is full";
  EXPECT_THAT(Due("2026-01-05", 0), IsEmpty());
  calendar_.RunEnded("d");
  EXPECT_THAT(Due("2026-01-05", 1), ElementsAre("d 2026-01-03"));
  calendar_.RunEnded("unknown");
  // A new version, or a pause and its end, look anew as well.
  calendar_.SetPaused("d", true, T("2026-01-05"));
  calendar_.RunEnded("d");
  EXPECT_THAT(Due("2026-01-05"), IsEmpty());
  calendar_.SetPaused("d", false, T("2026-01-05"));
  EXPECT_THAT(Due("2026-01-05"), ElementsAre("d 2026-01-04", "d 2026-01-05"));
}

TEST_F(CalendarTest, AnEndWhileThereIsRoomChangesNothing) {
  calendar_.SetDag(Scheduled(Kind::kCronTrigger, true), false, {}, T("2026-01-01"));
  EXPECT_THAT(Due("2026-01-01"), ElementsAre("d 2026-01-01"));
  calendar_.RunEnded("d");
  EXPECT_EQ(Wake(), "2026-01-02");
  EXPECT_THAT(Due("2026-01-02"), ElementsAre("d 2026-01-02"));
}

TEST_F(CalendarTest, AYearOfCatchupComesInPortions) {
  calendar_.SetDag(Scheduled(Kind::kCronTrigger, true), false, {}, T("2026-12-31"));
  size_t made = 0;
  for (size_t part; (part = Due("2026-12-31", 1000).size()) > 0; made += part) {
    EXPECT_LE(part, limits::kScheduledRunsPerPass);
  }
  EXPECT_EQ(made, 365u);
}

TEST_F(CalendarTest, OnceIsOnce) {
  calendar_.SetDag(Scheduled(Kind::kOnce, false), false, {}, T("2026-05-01"));
  EXPECT_THAT(Due("2026-05-01"), ElementsAre("d 2026-01-01"));
  EXPECT_EQ(Wake(), "never");
  EXPECT_FALSE(calendar_.Find("d")->next.has_value());
  EXPECT_THAT(Due("2027-05-01"), IsEmpty());
}

TEST_F(CalendarTest, ContinuousFollowsTheEndOfTheRunBefore) {
  calendar_.SetDag(Scheduled(Kind::kContinuous, false), false, {}, T("2026-01-02"));
  EXPECT_EQ(Due("2026-01-02", 1).size(), 1u);
  EXPECT_THAT(Due("2026-01-02T01:00:00Z", 0), IsEmpty()) << "one at a time";
  EXPECT_EQ(Wake(), "never");
  calendar_.RunEnded("d");
  auto due = calendar_.TakeDue(T("2026-01-02T05:00:00Z"), [](const Dag&) { return size_t{1}; });
  ASSERT_EQ(due.size(), 1u);
  EXPECT_EQ(due[0].run.interval, (DataInterval{T("2026-01-02"), T("2026-01-02T05:00:00Z")}));
}

TEST_F(CalendarTest, WithoutAScheduleNothingIsEverDue) {
  calendar_.SetDag(Scheduled(Kind::kNone, true), false, {}, T("2026-01-02"));
  EXPECT_EQ(Wake(), "never");
  EXPECT_THAT(Due("2027-01-02"), IsEmpty());
}

TEST_F(CalendarTest, DagsAreIndependent) {
  calendar_.SetDag(Scheduled(Kind::kCronTrigger, true, "x"), false, {}, T("2026-01-01"));
  calendar_.SetDag(Scheduled(Kind::kCronTrigger, true, "y"), false, {}, T("2026-01-01"));
  calendar_.SetPaused("x", true, T("2026-01-01"));
  EXPECT_THAT(Due("2026-01-01"), ElementsAre("y 2026-01-01"));
  calendar_.SetPaused("x", false, T("2026-01-01"));
  EXPECT_THAT(Due("2026-01-01"), ElementsAre("x 2026-01-01"));
}

}  // namespace
}  // namespace gale::core::testing
