// The ring, the places in it, and who is woken.
#include "master/engine/feed.h"

#include <gmock/gmock.h>

#include <atomic>
#include <thread>

#include "common/base/limits.h"
#include "master/engine/feed_turn.h"

namespace gale {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

Change RunIs(int64_t id, RunState state, const std::string& dag = "d") {
  RunRow row;
  row.id = RunId(id);
  row.dag_id = dag;
  row.state = state;
  return RunChanged{row, {}};
}
Change TaskIs(int64_t run, uint32_t task, const std::string& dag = "d") {
  TiRow row;
  row.run = RunId(run);
  row.task = TaskIndex(task);
  return TasksChanged{RunId(run), dag, "r", {{"t", row}}, false, {}};
}

class FeedTest : public testing::Test {
 protected:
  FeedTest() { feed_.Restart({1, 0}); }

  void Publish(std::vector<Change> changes) {
    auto turn = std::make_shared<FeedTurn>();
    turn->at = {1, ++turn_};
    turn->changes = std::move(changes);
    feed_.Publish(turn);
  }
  std::shared_ptr<FeedSubscription> Follow(FeedFilter filter,
                                           std::optional<FeedCursor> after = std::nullopt) {
    return feed_.Subscribe(filter, after, [this] { ++woken_; }).value();
  }
  static std::vector<uint64_t> Numbers(const FeedSubscription::News& news) {
    std::vector<uint64_t> numbers;
    for (const FeedTurnPtr& turn : news.turns) numbers.push_back(turn->at.turn);
    return numbers;
  }

  Feed feed_{Feed::Bounds{.turns_max = 4, .bytes_max = 1 << 20, .subscribers_max = 3}};
  uint64_t turn_ = 0;
  int woken_ = 0;
};

TEST(FeedCursorTest, ReadsWhatItWrites) {
  EXPECT_EQ((FeedCursor{7, 1234}).ToString(), "7.1234");
  EXPECT_EQ(FeedCursor::Parse("7.1234").value(), (FeedCursor{7, 1234}));
  for (const char* bad : {"", "7", "7.", ".1", "7.1x", "-7.1", "7.-1", " 7.1", "a.b"}) {
    EXPECT_EQ(FeedCursor::Parse(bad).status().code(), Code::kInvalidArgument) << bad;
  }
}

TEST_F(FeedTest, WhoFollowsIsWokenOnceAndTakesAllThatCame) {
  auto all = Follow({});
  EXPECT_TRUE(all->Take().empty());
  Publish({RunIs(1, RunState::kQueued)});
  Publish({RunIs(1, RunState::kRunning)});
  EXPECT_EQ(woken_, 1);
  auto news = all->Take();
  EXPECT_FALSE(news.too_old);
  EXPECT_THAT(Numbers(news), ElementsAre(1, 2));
  EXPECT_EQ(news.at, (FeedCursor{1, 2}));
  EXPECT_TRUE(all->Take().empty());
  Publish({RunIs(1, RunState::kSuccess)});
  EXPECT_EQ(woken_, 2);
}

TEST_F(FeedTest, AFilterLetsThroughWhatItNames) {
  auto run = Follow({.kinds = FeedFilter::kRuns | FeedFilter::kTasks, .run = RunId(7)});
  auto task = Follow({.kinds = FeedFilter::kTasks, .run = RunId(7), .task = TaskIndex(3)});
  auto dag = Follow({.kinds = FeedFilter::kRuns | FeedFilter::kDags, .dag_id = "e"});
  Publish({RunIs(8, RunState::kRunning), PoolChanged{{.name = "p"}}});
  EXPECT_EQ(woken_, 0);
  Publish({RunIs(7, RunState::kRunning)});
  EXPECT_EQ(woken_, 1);
  Publish({TaskIs(7, 2)});
  Publish({TaskIs(7, 3), RunIs(9, RunState::kQueued, "e"), DagChanged{{.dag_id = "e"}}});
  EXPECT_THAT(Numbers(run->Take()), ElementsAre(2, 3, 4));
  EXPECT_THAT(Numbers(task->Take()), ElementsAre(4));
  EXPECT_THAT(Numbers(dag->Take()), ElementsAre(4));
  Publish({TasksChanged{RunId(7), "d", "r", {}, /*whole=*/true, {}}});
  EXPECT_THAT(Numbers(task->Take()), ElementsAre(5)) << "any of the run's tasks may be meant";
}

TEST_F(FeedTest, ATakerMayGoNoFartherThanOthers) {
  auto one = Follow({});
  for (int i = 0; i < 3; ++i) Publish({RunIs(1, RunState::kRunning)});
  auto news = one->Take(256, FeedCursor{1, 2});
  EXPECT_THAT(Numbers(news), ElementsAre(1, 2));
  EXPECT_EQ(news.at, (FeedCursor{1, 2}));
  EXPECT_FALSE(news.more) << "it isn't behind";
  EXPECT_TRUE(one->has_news());
  EXPECT_TRUE(one->Take(256, FeedCursor{1, 1}).turns.empty()) << "it is farther already";
  EXPECT_THAT(Numbers(one->Take(256, FeedCursor{0, 9})), ElementsAre(3)) << "another epoch's place";
}

TEST_F(FeedTest, WhatIsKnownFromElsewhereIsSkipped) {
  auto one = Follow({});
  for (int i = 0; i < 3; ++i) Publish({RunIs(1, RunState::kRunning)});
  EXPECT_TRUE(one->Skip({1, 2}));
  EXPECT_THAT(Numbers(one->Take()), ElementsAre(3));
  Publish({RunIs(1, RunState::kRunning)});
  EXPECT_FALSE(one->Skip({0, 4})) << "another epoch's";
  EXPECT_TRUE(one->Skip({1, 4}));
  EXPECT_FALSE(one->has_news());
  Publish({RunIs(1, RunState::kSuccess)});
  EXPECT_EQ(woken_, 3) << "once for each time that it had nothing";
  for (int i = 0; i < 5; ++i) Publish({RunIs(1, RunState::kRunning)});
  EXPECT_FALSE(one->Skip({1, 9})) << "what it lacks is gone";
  EXPECT_TRUE(one->Take().too_old);
  feed_.Restart({2, 0});
  EXPECT_FALSE(one->Skip({2, 0})) << "it has to be told that something may be missing";
}

TEST_F(FeedTest, ACursorGoesOnWhereItStood) {
  for (int i = 0; i < 3; ++i) Publish({RunIs(1, RunState::kRunning)});
  EXPECT_THAT(Numbers(Follow({}, FeedCursor{1, 1})->Take()), ElementsAre(2, 3));
  EXPECT_TRUE(Follow({}, FeedCursor{1, 3})->Take().empty());
  for (FeedCursor other : {FeedCursor{0, 3}, FeedCursor{1, 4}, FeedCursor{2, 1}}) {
    const auto news = Follow({}, other)->Take();
    EXPECT_TRUE(news.too_old) << other.ToString();
    EXPECT_THAT(news.turns, IsEmpty());
    EXPECT_EQ(news.at, (FeedCursor{1, 3})) << "where to go on from, after reading again";
  }
}

TEST_F(FeedTest, TheRingIsBoundedByTurnsAndTheSlowAreTold) {
  auto slow = Follow({});
  for (int i = 0; i < 5; ++i) Publish({RunIs(1, RunState::kRunning)});
  EXPECT_EQ(feed_.stats().ring_turns, 4u);
  EXPECT_TRUE(Follow({}, FeedCursor{1, 0})->Take().too_old);
  EXPECT_FALSE(Follow({}, FeedCursor{1, 1})->Take().too_old);
  auto news = slow->Take();
  EXPECT_TRUE(news.too_old) << "turn 1 is gone";
  EXPECT_THAT(Numbers(news), ElementsAre(2, 3, 4, 5));
  EXPECT_EQ(feed_.stats().too_old, 2u);
  Publish({RunIs(1, RunState::kSuccess)});
  EXPECT_FALSE(slow->Take().too_old) << "said once";
}

TEST_F(FeedTest, TheRingIsBoundedByBytes) {
  Feed feed({.turns_max = 1000, .bytes_max = 20'000, .subscribers_max = 1});
  auto slow = feed.Subscribe({}, std::nullopt, nullptr).value();
  RunRow row;
  row.note = std::string(1000, 'n');
  for (uint64_t i = 1; i <= 100; ++i) {
    auto turn = std::make_shared<FeedTurn>();
    turn->at = {1, i};
    turn->changes.push_back(RunChanged{row, {}});
    feed.Publish(turn);
    EXPECT_LE(feed.stats().ring_bytes, 20'000u);
  }
  EXPECT_LT(feed.stats().ring_turns, 20u);
  EXPECT_TRUE(slow->Take().too_old);
}

TEST_F(FeedTest, NothingThatMattersToItPassesAnIdleFollower) {
  auto idle = Follow({.run = RunId(7)});
  for (int i = 0; i < 100; ++i) Publish({RunIs(1, RunState::kRunning)});
  EXPECT_EQ(woken_, 0);
  EXPECT_FALSE(idle->Take().too_old) << "the ring has moved on, but over nothing of run 7";
  Publish({RunIs(7, RunState::kSuccess)});
  EXPECT_THAT(Numbers(idle->Take()), ElementsAre(101));
}

TEST_F(FeedTest, ManyTurnsAreTakenPageByPage) {
  auto all = Follow({});
  for (int i = 0; i < 4; ++i) Publish({RunIs(1, RunState::kRunning)});
  auto news = all->Take(3);
  EXPECT_THAT(Numbers(news), ElementsAre(1, 2, 3));
  EXPECT_TRUE(news.more);
  EXPECT_EQ(news.at, (FeedCursor{1, 3}));
  news = all->Take(3);
  EXPECT_THAT(Numbers(news), ElementsAre(4));
  EXPECT_FALSE(news.more);
}

TEST_F(FeedTest, AnotherLeaderIsAReasonToReadAgain) {
  auto all = Follow({});
  Publish({RunIs(1, RunState::kRunning)});
  feed_.Restart({2, 0});
  EXPECT_EQ(woken_, 1);
  auto news = all->Take();
  EXPECT_TRUE(news.too_old);
  EXPECT_THAT(news.turns, IsEmpty());
  EXPECT_EQ(news.at, (FeedCursor{2, 0}));
  Publish({RunIs(1, RunState::kSuccess)});  // of epoch 1, late
  feed_.Restart({1, 9});
  EXPECT_TRUE(all->Take().empty()) << "who led before has no say any more";
}

TEST_F(FeedTest, AGapRestartsTheFeedBeforeIt) {
  auto all = Follow({});
  Publish({RunIs(1, RunState::kQueued)});
  ++turn_;
  Publish({RunIs(1, RunState::kRunning)});
  auto news = all->Take();
  EXPECT_TRUE(news.too_old);
  EXPECT_THAT(Numbers(news), ElementsAre(3));
  Publish({RunIs(1, RunState::kSuccess)});
  EXPECT_THAT(Numbers(all->Take()), ElementsAre(4));
}

TEST_F(FeedTest, MoreFollowersThanTheBoundAreRefused) {
  auto a = Follow({}), b = Follow({}), c = Follow({});
  EXPECT_EQ(feed_.Subscribe({}, std::nullopt, nullptr).status().code(), Code::kResourceExhausted);
  c.reset();
  EXPECT_TRUE(feed_.Subscribe({}, std::nullopt, nullptr).ok());
}

TEST_F(FeedTest, ALogThatGrewIsToldToWhoWatchesIt) {
  const AttemptId a{RunId(1), TaskIndex(0), kUnmapped, 1}, b{RunId(1), TaskIndex(1), kUnmapped, 1};
  int changes = 0;
  feed_.OnWatchedLogs([&] { ++changes; });
  auto one = Follow({.kinds = FeedFilter::kNone});
  ASSERT_TRUE(one->WatchLog(a).ok());
  EXPECT_EQ(changes, 1);
  EXPECT_THAT(feed_.WatchedLogs(), ElementsAre(a));
  feed_.OnLogGrew(b, 10);
  EXPECT_EQ(woken_, 0);
  feed_.OnLogGrew(a, 10);
  feed_.OnLogGrew(a, 30);
  feed_.OnLogGrew(a, 20);
  EXPECT_EQ(woken_, 1);
  auto news = one->Take();
  ASSERT_EQ(news.logs.size(), 1u);
  EXPECT_EQ(news.logs[0].size, 30u);
  Publish({RunIs(1, RunState::kRunning)});
  EXPECT_TRUE(one->Take().empty()) << "it asked for no commits";
  feed_.Restart({2, 0});
  news = one->Take();
  ASSERT_EQ(news.logs.size(), 1u);
  EXPECT_EQ(news.logs[0].size, 0u) << "it may have grown";
  one.reset();
  EXPECT_THAT(feed_.WatchedLogs(), IsEmpty());
  EXPECT_EQ(changes, 2);
}

TEST_F(FeedTest, WhoWaitsWakesForNewsAndForTheEnd) {
  auto one = feed_.Subscribe({.run = RunId(7)}, std::nullopt, nullptr).value();
  EXPECT_FALSE(one->WaitUntil(Clock::Real().Mono()));
  std::thread publisher([&] { Publish({RunIs(7, RunState::kRunning)}); });
  EXPECT_TRUE(one->WaitUntil(Clock::Real().Mono() + 30s));
  publisher.join();
  one->Take();
  std::thread closer([&] { feed_.Close(); });
  EXPECT_FALSE(one->WaitUntil(Clock::Real().Mono() + 30s));
  closer.join();
}

// Found by the sanitizers, if at all: those who come and go while turns are published.
TEST(FeedThreadsTest, FollowersComeAndGoWhileTurnsArePublished) {
  constexpr int kFollowers = 2, kRounds = 300;
  Feed feed;
  feed.Restart({1, 0});
  std::atomic<int> done{0};
  std::vector<std::thread> followers;
  for (int n = 0; n < kFollowers; ++n) {
    followers.emplace_back([&] {
      for (int round = 0; round < kRounds; ++round) {
        auto woken = std::make_shared<std::atomic<int>>(0);
        auto one = feed.Subscribe({.run = RunId(1)}, std::nullopt, [woken] { ++*woken; });
        EXPECT_TRUE(one.ok());
        EXPECT_TRUE((*one)->WaitUntil(Clock::Real().Mono() + 30s)) << "turns go on";
        EXPECT_FALSE((*one)->Take().empty());
      }
      ++done;
    });
  }
  uint64_t turn = 0;
  while (done < kFollowers) {
    auto next = std::make_shared<FeedTurn>();
    next->at = {1, ++turn};
    next->changes = {RunIs(1, RunState::kRunning)};
    feed.Publish(next);
  }
  for (std::thread& thread : followers) thread.join();
  EXPECT_EQ(feed.stats().turns, turn);
  EXPECT_EQ(feed.stats().subscribers, 0u);
}

}  // namespace
}  // namespace gale
