// RedisQueue keeps the contract, and what only Redis can do to it: lose all, hold strangers'
// entries.
#include "common/queue/redis_queue.h"

#include "common/queue/redis_keys.h"
#include "tests/contract/queue_contract.h"
#include "tests/support/redis_person.h"

namespace gale {
namespace {

std::unique_ptr<RedisQueue> OpenAt(std::string url, std::string ns) {
  auto queue = RedisQueue::Open(url, {.ns = std::move(ns)});
  GALE_CHECK(queue.ok(), "{}", queue.status().ToString());
  return std::move(*queue);
}
std::unique_ptr<TaskQueue> OpenShared() { return OpenAt(SharedRedis().Url(), NewRedisNamespace()); }
std::unique_ptr<TaskQueue> OpenUnix() {
  return OpenAt("unix://" + SharedRedis().unix_path() + "?db=1", NewRedisNamespace());
}

INSTANTIATE_TEST_SUITE_P(Redis, QueueContract,
                         testing::Values(QueueBackend{"redis", OpenShared},
                                         QueueBackend{"redis_unix_socket", OpenUnix}),
                         QueueBackendName);

class RedisQueueTest : public testing::Test {
 protected:
  const std::string ns_ = NewRedisNamespace();
  const std::unique_ptr<RedisQueue> queue_ = OpenAt(SharedRedis().Url(), ns_);
  RedisPerson person_{SharedRedis()};

  void MustPush(std::vector<QueueEntry> entries) {
    const Status pushed = queue_->Push(entries);
    ASSERT_TRUE(pushed.ok()) << pushed.ToString();
  }
};

TEST_F(RedisQueueTest, TiesComeOutInTheOrderOfPushingWhateverTheirIds) {
  MustPush({Entry(30), Entry(4), Entry(100)});
  MustPush({Entry(5), Entry(1)});
  EXPECT_EQ(PopRuns(*queue_, {"default"}, 9), "30 4 100 5 1");
}

TEST_F(RedisQueueTest, ABatchOverManyQueuesKeepsTheOrderInEach) {
  std::vector<QueueEntry> entries;
  std::string expected;
  for (int run = 1; run <= 700; ++run) {
    entries.push_back(Entry(run, 0, "q" + std::to_string(run % 2)));
    if (run % 2 == 1) expected += (run == 1 ? "" : " ") + std::to_string(run);
  }
  MustPush(entries);
  EXPECT_EQ(PopRuns(*queue_, {"q1"}, 1000), expected);
  auto missing = queue_->Missing(entries);
  ASSERT_EQ(missing->size(), 350u);
  EXPECT_EQ(missing->front().attempt.run.value, 1);
  EXPECT_EQ(missing->back().attempt.run.value, 699);
}

TEST_F(RedisQueueTest, NamespacesAreApart) {
  auto other = OpenAt(SharedRedis().Url(), NewRedisNamespace());
  MustPush({Entry(1)});
  EXPECT_EQ(PopRuns(*other, {"default"}, 9), "");
  EXPECT_EQ(*queue_->Size("default"), 1u);
}

TEST_F(RedisQueueTest, AnEmptyQueueLeavesNothingInRedis) {
  MustPush({Entry(1), Entry(2)});
  EXPECT_EQ(PopRuns(*queue_, {"default"}, 9), "1 2");
  EXPECT_EQ(
      person_({"EXISTS", redis_keys::Queue(ns_, "default"), redis_keys::Places(ns_, "default")}),
      0);
}

TEST_F(RedisQueueTest, WhatSomebodyTookFromTheZsetAloneIsMissingAndCanBePushedAgain) {
  MustPush({Entry(1), Entry(2)});
  person_({"ZPOPMIN", redis_keys::Queue(ns_, "default")});
  const std::vector<QueueEntry> both = {Entry(1), Entry(2)};
  auto missing = queue_->Missing(both);
  ASSERT_EQ(missing->size(), 1u);
  MustPush(*missing);
  EXPECT_EQ(PopRuns(*queue_, {"default"}, 9), "2 1");
}

TEST_F(RedisQueueTest, LosingThePlacesAloneDoublesAtWorst) {
  MustPush({Entry(1)});
  person_({"DEL", redis_keys::Places(ns_, "default")});
  MustPush({Entry(1)});
  EXPECT_EQ(PopRuns(*queue_, {"default"}, 9), "1");
  EXPECT_EQ(*queue_->Size("default"), 0u) << "the sequence began anew, so it is the same member";
}

TEST_F(RedisQueueTest, AStrangersMemberIsDroppedAndStopsNobody) {
  MustPush({Entry(1)});
  person_({"ZADD", redis_keys::Queue(ns_, "default"), "-5", "not ours"});
  EXPECT_EQ(PopRuns(*queue_, {"default"}, 1), "1") << "it stood first";
  EXPECT_EQ(*queue_->Size("default"), 0u);
}

TEST_F(RedisQueueTest, AForeignKeyInOurPlaceIsAClearError) {
  person_({"SET", redis_keys::Queue(ns_, "default"), "x"});
  const std::vector<QueueEntry> entries = {Entry(1)};
  const Status pushed = queue_->Push(entries);
  EXPECT_EQ(pushed.code(), Code::kFailedPrecondition) << pushed.ToString();
  EXPECT_NE(pushed.message().find("another namespace"), std::string::npos) << pushed.ToString();
}

TEST_F(RedisQueueTest, NothingToDoAsksNobody) {
  auto nobody = OpenAt("redis://127.0.0.1:1", "x");
  EXPECT_TRUE(nobody->Push({}).ok());
  EXPECT_TRUE(nobody->Remove({}).ok());
  EXPECT_TRUE(nobody->Missing({}).ok());
  EXPECT_TRUE(nobody->Pop({}, 5).ok());
}

TEST_F(RedisQueueTest, HundredThousandInBatchesOf128) {
  constexpr int64_t kEntries = 100'000;
  constexpr size_t kBatch = 128;
  std::vector<QueueEntry> entries;
  for (int64_t run = 0; run < kEntries; ++run) entries.push_back(Entry(run));
  std::span<const QueueEntry> rest = entries;
  const MonoTime start = Clock::Real().Mono();
  while (!rest.empty()) {
    const size_t size = std::min(kBatch, rest.size());
    ASSERT_TRUE(queue_->Push(rest.first(size)).ok());
    rest = rest.subspan(size);
  }
  const MonoTime pushed = Clock::Real().Mono();
  ASSERT_EQ(*queue_->Size("default"), static_cast<uint64_t>(kEntries));
  const MonoTime sweeping = Clock::Real().Mono();
  EXPECT_TRUE(queue_->Missing(entries)->empty());
  const MonoTime swept = Clock::Real().Mono();
  const std::vector<std::string> queues = {"default"};
  int64_t next = 0;
  for (;;) {
    auto popped = queue_->Pop(queues, kBatch);
    ASSERT_TRUE(popped.ok());
    if (popped->empty()) break;
    for (const AttemptId& id : *popped) ASSERT_EQ(id.run.value, next++);
  }
  const MonoTime popped = Clock::Real().Mono();
  EXPECT_EQ(next, kEntries);
  const auto rate = [](Duration took) { return static_cast<int64_t>(kEntries / Seconds(took)); };
  fmt::print("100,000 entries, a second: push 128 {}, missing {}, pop 128 {}\n",
             rate(pushed - start), rate(swept - sweeping), rate(popped - swept));
}

// Generation: has Redis lost its memory?

TEST_F(RedisQueueTest, TheGenerationIsLostUntilMarkedAndBelongsToOneOwner) {
  EXPECT_TRUE(*queue_->GenerationLost("leader 1"));
  ASSERT_TRUE(queue_->MarkGeneration("leader 1").ok());
  EXPECT_FALSE(*queue_->GenerationLost("leader 1"));
  EXPECT_TRUE(*queue_->GenerationLost("leader 2"));
}

TEST(RedisGeneration, AFlushAndARestartLoseItAndTheSweepBringsEverythingBack) {
  RedisServer server;
  auto queue = OpenAt(server.Url(), "default");
  const std::vector<QueueEntry> entries = {Entry(1), Entry(2, 5, "gpu"), Entry(3)};
  const auto flush = [&] { RedisPerson{server}({"FLUSHALL"}); };
  for (const std::function<void()>& disaster :
       {std::function<void()>(flush), std::function<void()>([&] { server.Restart(); })}) {
    ASSERT_TRUE(queue->MarkGeneration("me").ok());
    ASSERT_TRUE(queue->Push(entries).ok());
    EXPECT_FALSE(*queue->GenerationLost("me"));
    disaster();
    auto lost = queue->GenerationLost("me");
    ASSERT_TRUE(lost.ok()) << "the dead connection is replaced: " << lost.status().ToString();
    EXPECT_TRUE(*lost);
    auto missing = queue->Missing(entries);
    ASSERT_EQ(missing->size(), 3u);
    ASSERT_TRUE(queue->Push(*missing).ok());
    EXPECT_EQ(PopRuns(*queue, {"gpu", "default"}, 9), "2 1 3");
  }
}

TEST(RedisGeneration, ARestartThatKeptTheKeysStillShows) {
  RedisServer server;
  auto queue = OpenAt(server.Url(), "default");
  ASSERT_TRUE(queue->MarkGeneration("me").ok());
  RedisPerson{server}({"SAVE"});  // a snapshot, which a restart loads, however old it is
  server.Restart();
  auto lost = queue->GenerationLost("me");
  ASSERT_TRUE(lost.ok()) << lost.status().ToString();
  EXPECT_TRUE(*lost);
}

}  // namespace
}  // namespace gale
