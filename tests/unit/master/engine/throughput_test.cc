#include "master/engine/throughput.h"

#include <gtest/gtest.h>

namespace gale {
namespace {

using namespace std::chrono_literals;
// Noon of some day, UTC.
const TimePoint kNoon(std::chrono::hours(24 * 20'000 + 12));

TEST(Throughput, CountsByMinuteSinceItBegan) {
  Throughput t;
  t.Begin(kNoon);
  t.Finished(kNoon + 10s, true);
  t.Finished(kNoon + 20s, false);
  t.Finished(kNoon + 130s, true);
  const auto last = t.Last(kNoon + 130s, 10);
  ASSERT_EQ(last.size(), 3u) << "none before it began";
  EXPECT_EQ(last[0].minute, kNoon);
  EXPECT_EQ(std::tuple(last[0].success, last[0].failed), std::tuple(1u, 1u));
  EXPECT_EQ(last[1].success + last[1].failed, 0u);
  EXPECT_EQ(last[2].success, 1u);
  EXPECT_EQ(t.Last(kNoon + 130s, 2).size(), 2u);
  EXPECT_EQ(t.Today(kNoon + 130s), 3u);
}

TEST(Throughput, ADayLaterAMinuteIsAnothersAndTodayBeginsAtMidnight) {
  Throughput t;
  t.Begin(kNoon);
  t.Finished(kNoon, true);
  EXPECT_EQ(t.Today(kNoon + 12h), 0u);
  EXPECT_EQ(t.Last(kNoon + 24h, 1).at(0).success, 0u) << "the ring has come round";
  EXPECT_EQ(t.Last(kNoon + 48h, 1'000'000).size(), Throughput::kMinutes);
}

TEST(Throughput, PercentilesOfTheLastMinutesAreATenthTooMuchAtMost) {
  Throughput t;
  t.Begin(kNoon);
  EXPECT_FALSE(t.QueueWait(kNoon, 0.5));
  for (int i = 1; i <= 100; ++i) t.Started(kNoon, "q", i * 100ms);
  const Duration p50 = *t.QueueWait(kNoon, 0.5), p99 = *t.QueueWait(kNoon, 0.99);
  EXPECT_GE(p50, 5s);
  EXPECT_LE(p50, 5.6s);
  EXPECT_GE(p99, 9.9s);
  EXPECT_LE(p99, 11s);
  EXPECT_TRUE(t.QueueWait(kNoon + 4min, 0.5));
  EXPECT_FALSE(t.QueueWait(kNoon + 5min, 0.5)) << "that was too long ago";
  t.Started(kNoon, "q", 400h);
  EXPECT_GT(*t.QueueWait(kNoon, 1), 24h) << "the last bucket takes the rest";
}

TEST(Throughput, StartsOfAQueueInTheLastMinute) {
  Throughput t;
  t.Begin(kNoon);
  t.Started(kNoon, "q", 0s);
  t.Started(kNoon + 59s, "q", 0s);
  EXPECT_EQ(t.StartedPerMinute(kNoon + 59s, "q"), 2u);
  EXPECT_EQ(t.StartedPerMinute(kNoon + 60s, "q"), 1u);
  EXPECT_EQ(t.StartedPerMinute(kNoon + 60s, "other"), 0u);
}

}  // namespace
}  // namespace gale
