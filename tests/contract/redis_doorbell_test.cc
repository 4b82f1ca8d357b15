// The leader's doorbell on a real Redis: what it is told is there, or it says that all must be rung
// again, whatever happens to Redis.
#include "master/engine/doorbell.h"

#include <spdlog/spdlog.h>

#include <atomic>

#include "tests/contract/queue_contract.h"
#include "tests/support/redis_person.h"

namespace gale {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr auto kPatience = seconds(20);
// Waits that a test sits out are short; those that it must not reach are long.
const RedisLimits kShort = {.connect = milliseconds(200), .command = milliseconds(200)};
const RedisLimits kPatient = {.connect = seconds(20), .command = seconds(20)};

class RedisDoorbell : public testing::Test {
 protected:
  RedisDoorbell() { spdlog::set_level(spdlog::level::off); }
  ~RedisDoorbell() override { spdlog::set_level(spdlog::level::info); }

  std::unique_ptr<RedisQueue> Open(RedisLimits limits) const {
    return std::move(*RedisQueue::Open(server_.Url(), {.limits = limits}));
  }
  // It rings for a leader, and has said that all must be rung.
  void Start(RedisLimits limits = kPatient) {
    look_ = Open(kPatient);
    bell_ = std::make_unique<Doorbell>(Open(limits));
    bell_->OnLost([this] {
      std::lock_guard lock(mutex_);
      ++told_;
      changed_.notify_all();
    });
    ASSERT_TRUE(bell_->Start().ok());
    EXPECT_EQ(told_, 0) << "nobody leads yet";
    bell_->Lead("leader#1");
    ASSERT_TRUE(AwaitTold(1));
  }
  bool AwaitTold(int times, Duration patience = kPatience) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, patience, [&] { return told_ >= times; });
  }
  int told() {
    std::lock_guard lock(mutex_);
    return told_;
  }
  // Asks until it is so; every ask waits for an answer of Redis.
  template <class Ask>
  testing::AssertionResult Eventually(Ask ask) {
    const MonoTime deadline = Clock::Real().Mono() + kPatience;
    while (Clock::Real().Mono() < deadline) {
      if (ask()) return testing::AssertionSuccess();
    }
    return testing::AssertionFailure() << "not within the deadline";
  }
  bool Waiting(size_t entries) { return look_->Size("default").value_or(0) == entries; }
  // Once the mark has been looked at so many times more. One look is one GET.
  bool AwaitChecks(int more) {
    RedisPerson person(server_);
    auto gets = [&] {
      constexpr std::string_view kField = "cmdstat_get:calls=";
      const std::string text = person.Ask({"INFO", "commandstats"});
      const size_t at = text.find(kField);
      return at == text.npos ? 0 : std::stoi(text.substr(at + kField.size()));
    };
    const int before = gets();
    return Eventually([&] { return gets() >= before + more; });
  }
  void Push(std::vector<QueueEntry> entries) { ASSERT_TRUE(bell_->Push(entries).ok()); }

  RedisServer server_;
  std::unique_ptr<RedisQueue> look_;  // a worker's eyes
  std::mutex mutex_;
  std::condition_variable changed_;
  int told_ = 0;
  std::unique_ptr<Doorbell> bell_;  // ends first
};

TEST_F(RedisDoorbell, WhoBeginsToLeadIsToldOnceToRingEverything) {
  Start();
  Push({Entry(1), Entry(2, 5)});
  ASSERT_TRUE(Eventually([&] { return Waiting(2); }));
  EXPECT_EQ(PopRuns(*look_, {"default"}, 9), "2 1");
  ASSERT_TRUE(AwaitChecks(2));
  EXPECT_EQ(told(), 1);
  EXPECT_TRUE(bell_->health().ok());

  bell_->Lead("leader#2");
  EXPECT_TRUE(AwaitTold(2));
}

TEST_F(RedisDoorbell, WhatIsRemovedIsThereNoMore) {
  Start();
  Push({Entry(1), Entry(2), Entry(3)});
  const std::vector<QueueEntry> removed = {Entry(2)};
  ASSERT_TRUE(bell_->Remove(removed).ok());
  Push({Entry(4)});
  ASSERT_TRUE(Eventually([&] { return look_->Missing(std::vector{Entry(4)})->empty(); }));
  EXPECT_EQ(PopRuns(*look_, {"default"}, 9), "1 3 4");
}

TEST_F(RedisDoorbell, WhatIsRestoredIsRungIfItIsMissing) {
  Start();
  const std::vector<QueueEntry> entries = {Entry(1), Entry(2)};
  Push({Entry(2)});
  ASSERT_TRUE(bell_->Restore(entries).ok());
  ASSERT_TRUE(Eventually([&] { return Waiting(2); }));
  EXPECT_EQ(PopRuns(*look_, {"default"}, 9), "2 1");
}

TEST_F(RedisDoorbell, ALostMemoryAndAnothersMarkAreToldAtTheNextCheck) {
  Start();
  constexpr Duration kBusyMachine = seconds(3);
  RedisPerson{server_}({"FLUSHALL"});
  EXPECT_TRUE(AwaitTold(2, Doorbell::kCheck + kBusyMachine));
  ASSERT_TRUE(look_->MarkGeneration("another#7").ok());
  EXPECT_TRUE(AwaitTold(3, Doorbell::kCheck + kBusyMachine));
  EXPECT_FALSE(*look_->GenerationLost("leader#1")) << "the mark is its own again";
}

// Two that both mark would find each other's mark and ring everything, at every check.
TEST_F(RedisDoorbell, WhoLeadsNoMoreLeavesTheMarkToItsSuccessor) {
  Start();
  std::atomic<int> successor_told{0};
  Doorbell successor(Open(kPatient));
  successor.OnLost([&] { ++successor_told; });
  ASSERT_TRUE(successor.Start().ok());
  bell_->Lead("");
  successor.Lead("leader#2");
  ASSERT_TRUE(Eventually([&] { return !look_->GenerationLost("leader#2").value_or(true); }));
  ASSERT_TRUE(AwaitChecks(4));
  EXPECT_EQ(successor_told, 1);
  EXPECT_EQ(told(), 1);
}

TEST_F(RedisDoorbell, ADeadRedisDelaysNoCallAndAllIsToldWhenItIsBack) {
  Start();
  server_.Kill();
  Push({Entry(1)});
  ASSERT_TRUE(Eventually([&] { return !bell_->health().ok(); }));
  EXPECT_EQ(bell_->health().code(), Code::kUnavailable);
  Push({Entry(2)});
  EXPECT_EQ(told(), 1);
  server_.Start();
  ASSERT_TRUE(AwaitTold(2));
  Push({Entry(3)});
  EXPECT_TRUE(Eventually(
      [&] { return look_->Missing(std::vector{Entry(3)}).value_or({Entry(3)}).empty(); }));
  EXPECT_TRUE(Eventually([&] { return bell_->health().ok(); }));
}

// Its mark is still there then: nothing but the doorbell itself knows what did not arrive.
TEST_F(RedisDoorbell, WhatAHungRedisDidNotTakeIsToldWhenItWakes) {
  Start(kShort);
  server_.Pause();
  Push({Entry(1)});
  ASSERT_TRUE(Eventually([&] { return !bell_->health().ok(); }));
  EXPECT_EQ(told(), 1);
  server_.Resume();
  EXPECT_TRUE(AwaitTold(2));
  EXPECT_TRUE(Eventually([&] { return bell_->health().ok(); }));
}

TEST_F(RedisDoorbell, MoreThanItNotesIsDroppedAndToldWhenRedisAnswersAgain) {
  Start();
  server_.Pause();
  Push({Entry(1)});
  std::vector<QueueEntry> many;
  for (size_t i = 0; i <= Doorbell::kNotesMax; ++i)
    many.push_back(Entry(static_cast<int64_t>(i + 2)));
  ASSERT_TRUE(bell_->Push(many).ok());
  EXPECT_EQ(told(), 1);
  server_.Resume();
  EXPECT_TRUE(AwaitTold(2));
  EXPECT_EQ(*look_->Size("default"), 1u);
  Push({Entry(2)});
  EXPECT_TRUE(Eventually([&] { return Waiting(2); })) << "it goes on as before";
}

}  // namespace
}  // namespace gale
