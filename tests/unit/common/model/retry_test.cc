#include "common/model/retry.h"

#include <gtest/gtest.h>

namespace gale {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

TaskSpec Task(Duration delay, double backoff = 0, std::optional<Duration> max = {}) {
  TaskSpec task;
  task.task_id = "load";
  task.retry_delay = delay;
  task.retry_backoff = backoff;
  task.max_retry_delay = max;
  return task;
}

Duration Delay(const TaskSpec& task, uint32_t failed_try, std::string_view run = "run") {
  return RetryDelay(task, failed_try, "etl", run);
}

TEST(Retry, WithoutBackoffEveryDelayIsTheSame) {
  EXPECT_EQ(Delay(Task(seconds(300)), 1), seconds(300));
  EXPECT_EQ(Delay(Task(seconds(300)), 9), seconds(300));
  EXPECT_EQ(Delay(Task(seconds(0)), 1), seconds(0));
  EXPECT_EQ(Delay(Task(seconds(300), 0, seconds(60)), 1), seconds(60));
}

TEST(Retry, WithBackoffTheDelayLiesBetweenTheBaseAndItsDouble) {
  for (uint32_t t = 1; t <= 6; ++t) {
    Duration base = seconds(10) * (1 << (t - 1));
    EXPECT_GE(Delay(Task(seconds(10), 2.0), t), base);
    EXPECT_LT(Delay(Task(seconds(10), 2.0), t), 2 * base);
  }
}

TEST(Retry, TheJitterIsTheSameEveryTimeAndDiffersBetweenRuns) {
  TaskSpec task = Task(seconds(1000), 2.0);
  EXPECT_EQ(Delay(task, 1, "a"), Delay(task, 1, "a"));
  EXPECT_NE(Delay(task, 1, "a"), Delay(task, 1, "b"));
}

TEST(Retry, NoDelayPassesTheMaximumOrADayHoweverManyTriesThereWere) {
  EXPECT_EQ(Delay(Task(seconds(10), 2.0, seconds(60)), 30), seconds(60));
  EXPECT_EQ(Delay(Task(seconds(10), 2.0), 100), hours(24));
  EXPECT_EQ(Delay(Task(seconds(10), 2.0), 1'000'000), hours(24));
  EXPECT_EQ(Delay(Task(seconds(10), 2.0, hours(48)), 1'000'000), hours(24));
}

}  // namespace
}  // namespace gale
