// A worker that waits in Redis: wakes at once, takes what is there, and can be stopped.
#include "common/queue/redis_popper.h"

#include <gtest/gtest.h>
#include <hiredis/hiredis.h>

#include <algorithm>
#include <atomic>
#include <future>
#include <thread>

#include "common/queue/redis_keys.h"
#include "common/queue/redis_replies.h"
#include "tests/contract/queue_contract.h"
#include "tests/support/redis_server.h"

namespace gale {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Popped = Result<std::vector<AttemptId>>;

const std::vector<std::string> kQueues = {"gpu", "default"};

std::string Runs(const Popped& popped) {
  if (!popped.ok()) return popped.status().ToString();
  std::string runs;
  for (const AttemptId& id : *popped) {
    runs += (runs.empty() ? "" : " ") + std::to_string(id.run.value);
  }
  return runs;
}

class RedisPopperTest : public testing::Test {
 protected:
  RedisPopperTest() {
    url_ = SharedRedis().Url();
    queue_ = std::move(*RedisQueue::Open(url_, {.ns = ns_}));
    popper_ = std::move(*RedisPopper::Open(url_, {.ns = ns_}));
  }
  // Returns once some client waits in BZPOPMIN on our keys.
  void AwaitBlocked() {
    RedisClient client(*RedisUrl::Parse(url_), {});
    const RedisCommand info = {"INFO", "clients"};
    const MonoTime deadline = Clock::Real().Mono() + seconds(20);
    for (;;) {
      ASSERT_LT(Clock::Real().Mono(), deadline);
      auto replies = client.Run({&info, 1});
      ASSERT_TRUE(replies.ok()) << replies.status().ToString();
      if (RedisText(*(*replies)[0]).find("blocked_clients:1") != std::string_view::npos) return;
    }
  }

  const std::string ns_ = NewRedisNamespace();
  std::string url_;
  std::unique_ptr<RedisQueue> queue_;
  std::unique_ptr<RedisPopper> popper_;
};

TEST_F(RedisPopperTest, TakesWhatIsThereInOrderAndNoMoreThanAskedFor) {
  const std::vector<QueueEntry> entries = {Entry(1), Entry(2, 5), Entry(3, 0, "gpu"), Entry(4)};
  ASSERT_TRUE(queue_->Push(entries).ok());
  EXPECT_EQ(Runs(popper_->PopWait(kQueues, 3, seconds(20))), "3 2 1");
  EXPECT_EQ(Runs(popper_->PopWait(kQueues, 3, seconds(20))), "4");
  EXPECT_EQ(Runs(popper_->PopWait(kQueues, 0, seconds(20))), "");
  EXPECT_EQ(Runs(popper_->PopWait({}, 3, seconds(20))), "");
}

TEST_F(RedisPopperTest, AnswersWithNothingAtTheTimeout) {
  const MonoTime start = Clock::Real().Mono();
  EXPECT_EQ(Runs(popper_->PopWait(kQueues, 3, milliseconds(50))), "");
  EXPECT_GE(Clock::Real().Mono() - start, milliseconds(50));
  EXPECT_EQ(Runs(popper_->PopWait(kQueues, 3, milliseconds(0))), "") << "does not wait";
}

TEST_F(RedisPopperTest, APushWakesItAndItTakesTheWholeBatch) {
  auto popped =
      std::async(std::launch::async, [&] { return popper_->PopWait(kQueues, 9, seconds(20)); });
  AwaitBlocked();
  const std::vector<QueueEntry> entries = {Entry(3), Entry(1), Entry(2, 7)};
  ASSERT_TRUE(queue_->Push(entries).ok());
  EXPECT_EQ(Runs(popped.get()), "2 3 1");
  EXPECT_EQ(queue_->Missing(entries)->size(), 3u);
  ASSERT_TRUE(queue_->Push(entries).ok()) << "it left no place behind";
  EXPECT_EQ(PopRuns(*queue_, {"default"}, 9), "2 3 1");
}

TEST_F(RedisPopperTest, AWokenPopperLeavesNoPlaceBehind) {
  auto popped =
      std::async(std::launch::async, [&] { return popper_->PopWait(kQueues, 1, seconds(20)); });
  AwaitBlocked();
  const std::vector<QueueEntry> entries = {Entry(3), Entry(1)};
  ASSERT_TRUE(queue_->Push(entries).ok());
  EXPECT_EQ(Runs(popped.get()), "3");
  RedisClient client(*RedisUrl::Parse(url_), {});
  const RedisCommand places = {"HKEYS", redis_keys::Places(ns_, "default")};
  auto replies = client.Run({&places, 1});
  ASSERT_TRUE(replies.ok());
  EXPECT_EQ((*replies)[0]->elements, 2u) << "'next', and the one that still waits";
}

TEST_F(RedisPopperTest, StopEndsAWaitAtOnceAndAllLaterOnes) {
  auto popped =
      std::async(std::launch::async, [&] { return popper_->PopWait(kQueues, 9, seconds(600)); });
  AwaitBlocked();
  const MonoTime start = Clock::Real().Mono();
  popper_->Stop();
  EXPECT_EQ(popped.get().status().code(), Code::kCancelled);
  EXPECT_LT(Clock::Real().Mono() - start, seconds(5));
  EXPECT_EQ(popper_->PopWait(kQueues, 9, seconds(600)).status().code(), Code::kCancelled);
  const std::vector<QueueEntry> entries = {Entry(1)};
  ASSERT_TRUE(queue_->Push(entries).ok());
  EXPECT_EQ(PopRuns(*queue_, {"default"}, 9), "1") << "a stopped popper takes nothing";
}

TEST_F(RedisPopperTest, ManyPoppersShareAndNothingComesTwice) {
  constexpr int64_t kEntries = 400;
  std::atomic<int64_t> left{kEntries};
  std::vector<std::future<std::vector<int64_t>>> workers;
  std::vector<std::unique_ptr<RedisPopper>> poppers;
  for (int i = 0; i < 3; ++i) poppers.push_back(std::move(*RedisPopper::Open(url_, {.ns = ns_})));
  for (auto& popper : poppers) {
    workers.push_back(std::async(std::launch::async, [&] {
      std::vector<int64_t> mine;
      while (left > 0) {
        auto popped = popper->PopWait(kQueues, 5, milliseconds(100));
        EXPECT_TRUE(popped.ok()) << popped.status().ToString();
        if (!popped.ok()) break;
        for (const AttemptId& id : *popped) mine.push_back(id.run.value);
        left -= static_cast<int64_t>(popped->size());
      }
      return mine;
    }));
  }
  for (int64_t run = 0; run < kEntries; ++run) {
    const std::vector<QueueEntry> entries = {Entry(run, run % 3, kQueues[run % 2])};
    ASSERT_TRUE(queue_->Push(entries).ok());
  }
  std::vector<int64_t> all;
  for (auto& worker : workers) {
    for (int64_t run : worker.get()) all.push_back(run);
  }
  std::sort(all.begin(), all.end());
  ASSERT_EQ(all.size(), static_cast<size_t>(kEntries));
  for (int64_t run = 0; run < kEntries; ++run) EXPECT_EQ(all[run], run);
}

TEST_F(RedisPopperTest, WakesWithinAMillisecondOrSo) {
  constexpr int kRounds = 300;
  std::vector<Duration> times;
  auto answers = std::move(*RedisQueue::Open(url_, {.ns = ns_}));
  std::thread worker([&] {
    for (int i = 0; i < kRounds;) {
      auto popped = popper_->PopWait(kQueues, 9, seconds(20));
      ASSERT_TRUE(popped.ok());
      i += static_cast<int>(popped->size());
      const std::vector<QueueEntry> answer = {Entry(i, 0, "answers")};
      ASSERT_TRUE(answers->Push(answer).ok());
    }
  });
  auto back = std::move(*RedisPopper::Open(url_, {.ns = ns_}));
  const std::vector<std::string> replies = {"answers"};
  for (int i = 0; i < kRounds; ++i) {
    const std::vector<QueueEntry> entries = {Entry(i)};
    const MonoTime start = Clock::Real().Mono();
    ASSERT_TRUE(queue_->Push(entries).ok());
    ASSERT_EQ(back->PopWait(replies, 1, seconds(20))->size(), 1u);
    times.push_back(Clock::Real().Mono() - start);
  }
  worker.join();
  std::sort(times.begin(), times.end());
  fmt::print("push -> a blocked popper -> answers: p50 {} us, p99 {} us (a hop is half)\n",
             times[kRounds / 2].count(), times[kRounds * 99 / 100].count());
  EXPECT_LT(times[kRounds / 2], seconds(1)) << "woken, not polling";
}

}  // namespace
}  // namespace gale
