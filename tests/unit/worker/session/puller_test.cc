// Takes work out of a real Redis: as much as there is room for, and no more before that was
// counted.
#include "worker/puller.h"

#include <gtest/gtest.h>
#include <spdlog/spdlog.h>

#include "tests/support/queue_entry.h"
#include "tests/support/redis_person.h"

namespace gale::worker {
namespace {

constexpr auto kPatience = std::chrono::seconds(20);

class PullerTest : public testing::Test {
 protected:
  PullerTest() { spdlog::set_level(spdlog::level::off); }

  void Start() {
    queue_ = std::move(*RedisQueue::Open(server_.Url()));
    puller_ = std::make_unique<Puller>(
        std::move(*RedisPopper::Open(server_.Url())), std::vector<std::string>{"gpu", "default"},
        [this](std::vector<AttemptId> popped) {
          std::lock_guard lock(mutex_);
          std::string runs;
          for (const AttemptId& id : popped) {
            runs += (runs.empty() ? "" : " ") + std::to_string(id.run.value);
          }
          batches_.push_back(runs);
          changed_.notify_all();
        });
    puller_->Start();
  }
  void Push(std::vector<QueueEntry> entries) {
    const Status pushed = queue_->Push(entries);
    ASSERT_TRUE(pushed.ok()) << pushed.ToString();
  }
  // The n-th batch that it took, by run: "1 2".
  std::string Batch(size_t n) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, kPatience, [&] { return batches_.size() >= n; });
    return batches_.size() < n ? "nothing came" : batches_[n - 1];
  }
  // One that may not take anything would have, in the time of so many answers of Redis.
  void ExpectStillWaiting(uint64_t entries) {
    for (int i = 0; i < 100; ++i) ASSERT_EQ(*queue_->Size("default"), entries);
  }
  void AwaitThatItWaitsInRedis() {
    RedisPerson person(server_);
    const MonoTime deadline = Clock::Real().Mono() + kPatience;
    while (person.Ask({"INFO", "clients"}).find("blocked_clients:1") == std::string::npos) {
      ASSERT_LT(Clock::Real().Mono(), deadline);
    }
  }

  RedisServer server_;
  std::unique_ptr<RedisQueue> queue_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> batches_;
  std::unique_ptr<Puller> puller_;  // ends first
};

TEST_F(PullerTest, TakesNoMoreThanItsRoomAndNothingBeforeThatWasCounted) {
  Start();
  Push({Entry(1), Entry(2), Entry(3), Entry(4), Entry(5)});
  puller_->SetRoom(2);
  EXPECT_EQ(Batch(1), "1 2");
  puller_->SetRoom(2);  // what was known before they were counted
  ExpectStillWaiting(3);
  puller_->SetRoom(1);
  puller_->Took();
  EXPECT_EQ(Batch(2), "3");
  puller_->SetRoom(9);
  puller_->Took();
  EXPECT_EQ(Batch(3), "4 5");
}

TEST_F(PullerTest, WithoutRoomItTakesNothing) {
  Start();
  Push({Entry(1)});
  ExpectStillWaiting(1);
  puller_->SetRoom(3);
  EXPECT_EQ(Batch(1), "1");
  puller_->SetRoom(0);
  puller_->Took();
  Push({Entry(2)});
  ExpectStillWaiting(1);
}

TEST_F(PullerTest, WaitsInRedisForWhatComesAndServesItsQueuesInTheirOrder) {
  Start();
  puller_->SetRoom(1);
  AwaitThatItWaitsInRedis();
  Push({Entry(1)});
  EXPECT_EQ(Batch(1), "1");
  Push({Entry(2), Entry(3, 0, "gpu")});
  puller_->Took();
  EXPECT_EQ(Batch(2), "3");
}

TEST_F(PullerTest, ARedisThatIsNotThereYetOrDiesIsWaitedFor) {
  server_.Kill();
  Start();
  puller_->SetRoom(1);
  server_.Start();
  Push({Entry(1)});
  EXPECT_EQ(Batch(1), "1");
  puller_->Took();
  AwaitThatItWaitsInRedis();
  server_.Restart();
  Push({Entry(2)});
  EXPECT_EQ(Batch(2), "2");
}

TEST_F(PullerTest, StopsWhileItWaits) {
  Start();
  puller_->SetRoom(1);
  AwaitThatItWaitsInRedis();
  puller_->Stop();
  Push({Entry(1)});
  ExpectStillWaiting(1);
}

}  // namespace
}  // namespace gale::worker
