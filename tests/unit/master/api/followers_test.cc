#include "master/api/followers.h"

#include <gmock/gmock.h>

#include "tests/unit/master/api/server_for_test.h"

namespace gale {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// Counts wakes, and waits for the next one.
struct Bell {
  void Ring() {
    std::lock_guard lock(mutex);
    ++rung;
    changed.notify_all();
  }
  void Await() {
    std::unique_lock lock(mutex);
    ASSERT_TRUE(changed.wait_for(lock, std::chrono::seconds(30), [&] { return rung > heard; }));
    heard = rung;
  }
  int Rung() {
    std::lock_guard lock(mutex);
    return rung;
  }
  std::mutex mutex;
  std::condition_variable changed;
  int rung = 0, heard = 0;
};

class FollowersTest : public testing::Test {
 protected:
  Control& control() { return *server_.control; }
  std::function<void()> Wake() {
    return [bell = bell_] { bell->Ring(); };
  }
  // Until the follower has something to say.
  template <class F>
  auto Next(F& follower) {
    for (;;) {
      auto news = follower.Take();
      EXPECT_TRUE(news.ok()) << news.status().ToString();
      if (Says(*news)) return *news;
      if (!follower.more() && !follower.has_news()) bell_->Await();
    }
  }
  static bool Says(const std::vector<RunFollower::News>& news) { return !news.empty(); }
  static bool Says(const LogPage& page) { return page.complete || !page.data.empty(); }

  std::shared_ptr<Bell> bell_ = std::make_shared<Bell>();
  ServerForTest server_;
};

TEST_F(FollowersTest, ARunIsFollowedThroughEveryStateToItsEnd) {
  server_.AddDag("etl", {"a"});
  ASSERT_TRUE(control().SetDagPaused("etl", true, server_.actor).ok());
  server_.Trigger("etl", "r1");
  RunFollower run(control(), "etl", "r1", Wake());
  std::vector<RunState> states;
  auto note = [&](const std::vector<RunFollower::News>& news) {
    for (const auto& one : news) {
      if (states.empty() || states.back() != one.row.state) states.push_back(one.row.state);
    }
  };
  note(Next(run));
  EXPECT_THAT(run.Take().value(), IsEmpty()) << "nothing new";
  auto link = server_.Connect();
  ASSERT_TRUE(control().SetDagPaused("etl", false, server_.actor).ok());
  link->WaitFor([&] { return !link->grants.empty(); });
  note(Next(run));
  server_.Finish(link, link->grants[0].attempt, core::Outcome::kSuccess);
  std::optional<StateCounts> counts;
  while (!run.ended()) {
    const auto news = Next(run);
    counts = news.back().counts;
    note(news);
  }
  EXPECT_THAT(states, ElementsAre(RunState::kQueued, RunState::kRunning, RunState::kSuccess));
  ASSERT_TRUE(counts);
  EXPECT_EQ((*counts)[static_cast<size_t>(TiState::kSuccess)], 1u);
  EXPECT_EQ(RunFollower(control(), "etl", "none", Wake()).Take().status().code(), Code::kNotFound);
}

TEST_F(FollowersTest, WhatMayHaveBeenMissedIsReadAgainAndNothingOlderIsTold) {
  server_.AddDag("etl", {"a"});
  const RunView made = server_.Trigger("etl", "r1");
  RunFollower run(control(), "etl", "r1", Wake());
  Next(run);
  RunRow ended = made.row;
  ended.state = RunState::kSuccess;
  ended.conf_json.clear();
  RunRow older = ended;
  older.state = RunState::kRunning;
  // As a master that follows is told: by another's numbers, and perhaps behind what it reads.
  Feed& feed = control().feed();
  auto tell = [&](FeedCursor at, const RunRow& row) {
    auto turn = std::make_shared<FeedTurn>();
    turn->at = at;
    turn->changes.push_back(RunChanged{row, {}});
    feed.Publish(turn);
  };
  feed.Restart({1000, 0});
  EXPECT_EQ(Next(run).size(), 1u) << "read again";
  tell({1000, 1}, ended);
  tell({1000, 2}, older);
  const auto news = run.Take().value();
  ASSERT_EQ(news.size(), 1u);
  EXPECT_EQ(news[0].row.state, RunState::kSuccess);
  EXPECT_EQ(news[0].row.conf_json, "{}") << "known from the ledger";
  EXPECT_TRUE(run.ended());
}

TEST_F(FollowersTest, ALogIsFollowedFromBeforeItsStartToItsLastByte) {
  server_.AddDag("etl", {"a"});
  server_.Trigger("etl", "r1");
  LogFollower log(control(), {.dag_id = "etl", .run_id = "r1", .task_id = "a"}, Wake());
  auto first = log.Take();
  ASSERT_TRUE(first.ok());
  EXPECT_FALSE(Says(*first)) << "it has not started";
  auto link = server_.Connect();
  link->WaitFor([&] { return !link->grants.empty(); });
  const AttemptId attempt = link->grants[0].attempt;
  const LogKey key = control().NameAttempt(attempt).value();
  // Both before the follower has looked: it may find them at once, or be told.
  ASSERT_TRUE(control().AppendLog(attempt, key, 0, "hello ").ok());
  EXPECT_EQ(Next(log).data, "hello ");
  EXPECT_FALSE(log.look_again());
  server_.Finish(link, attempt, core::Outcome::kSuccess, {}, 14);
  // It is told of the end; what is on its way is waited for, though not for ever.
  LogPage page = log.Take().value();
  while (!log.look_again()) {
    if (!log.more() && !log.has_news()) bell_->Await();
    page = log.Take().value();
  }
  EXPECT_FALSE(page.complete) << "8 bytes are on their way";
  // It was 2 s: too little for a busy worker that has just lost its leader.
  EXPECT_GT(*log.look_again() - Clock::Real().Mono(), std::chrono::seconds(20));
  ASSERT_TRUE(control().AppendLog(attempt, key, 6, "airflow\n").ok());
  page = Next(log);
  EXPECT_EQ(page.data, "airflow\n");
  EXPECT_EQ(page.offset, 6u);
  EXPECT_TRUE(page.complete);
  EXPECT_EQ(page.try_number, 1u);
}

TEST_F(FollowersTest, WhenAnotherMasterLeadsALogIsReadAgainAndFollowedOn) {
  server_.AddDag("etl", {"a"});
  server_.Trigger("etl", "r1");
  auto link = server_.Connect();
  link->WaitFor([&] { return !link->grants.empty(); });
  const AttemptId attempt = link->grants[0].attempt;
  const LogKey key = control().NameAttempt(attempt).value();
  LogFollower log(control(), {.dag_id = "etl", .run_id = "r1", .task_id = "a"}, Wake());
  ASSERT_TRUE(control().AppendLog(attempt, key, 0, "one ").ok());
  EXPECT_EQ(Next(log).data, "one ");
  while (log.more() || log.has_news()) ASSERT_TRUE(log.Take().ok());
  // Written by the one who led, who was killed before it told.
  ASSERT_TRUE(control().logs().Append(key, 4, "two ").ok());
  EXPECT_FALSE(log.has_news());
  const int rung = bell_->Rung();
  control().feed().Restart({1000, 0});
  EXPECT_EQ(bell_->Rung(), rung + 1) << "it waits for nothing else";
  EXPECT_TRUE(log.has_news());
  EXPECT_EQ(Next(log).data, "two ");
  ASSERT_TRUE(control().AppendLog(attempt, key, 8, "three").ok());
  EXPECT_EQ(Next(log).data, "three");
}

TEST_F(FollowersTest, OfOtherRunsTheyAreToldNothing) {
  server_.AddDag("etl", {"a"});
  server_.Trigger("etl", "r1");
  auto link = server_.Connect();
  link->WaitFor([&] { return !link->grants.empty(); });
  server_.AddDag("other", {"a"});  // once it is answered, the grant's turn is told, too
  RunFollower run(control(), "etl", "r1", Wake());
  LogFollower log(control(), {.dag_id = "etl", .run_id = "r1", .task_id = "a"}, Wake());
  Next(run);
  while (run.more() || run.has_news()) ASSERT_TRUE(run.Take().ok());
  ASSERT_TRUE(log.Take().ok());
  while (log.more() || log.has_news()) ASSERT_TRUE(log.Take().ok());
  const int rung = bell_->Rung();
  server_.Trigger("other", "r1");
  EXPECT_EQ(bell_->Rung(), rung);
}

}  // namespace
}  // namespace gale
