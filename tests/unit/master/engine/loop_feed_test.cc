// What the feed tells of a turn, and when: not before the ledger has it.
#include <gmock/gmock.h>

#include "common/base/limits.h"
#include "tests/unit/master/engine/engine_fixture.h"

namespace gale {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

class LoopFeedTest : public LoopTest {
 protected:
  std::shared_ptr<FeedSubscription> Follow(FeedFilter filter = {}) {
    return loop_->feed().Subscribe(filter, std::nullopt, nullptr).value();
  }
  template <class T>
  static std::vector<T> All(const FeedSubscription::News& news) {
    std::vector<T> found;
    for (const FeedTurnPtr& turn : news.turns) {
      for (const Change& change : turn->changes) {
        if (const auto* one = std::get_if<T>(&change)) found.push_back(*one);
      }
    }
    return found;
  }
};

TEST_F(LoopFeedTest, ARunIsToldFromItsStartToItsEnd) {
  Know({MakeDag("d", {Bash("a", {"b"}), Bash("b")})});
  auto link = Connect(Hello("w"));
  auto feed = Follow();
  TriggerRequest request{.dag_id = "d", .run_id = "r"};
  request.conf_json = R"({"secret": 1})";
  const RunRow run = Trigger(request).value();
  auto news = feed->Take();
  auto runs = All<RunChanged>(news);
  ASSERT_THAT(runs, SizeIs(1));
  EXPECT_EQ(runs[0].row.state, RunState::kRunning);
  EXPECT_EQ(runs[0].row.run_id, "r");
  EXPECT_EQ(runs[0].row.conf_json, "") << "it never changes";
  auto tasks = All<TasksChanged>(news);
  ASSERT_THAT(tasks, SizeIs(1));
  ASSERT_THAT(tasks[0].tasks, SizeIs(1));
  EXPECT_EQ(tasks[0].tasks[0].task_id, "a");
  EXPECT_EQ(tasks[0].tasks[0].row.state, TiState::kRunning);
  EXPECT_EQ((*tasks[0].counts)[static_cast<size_t>(TiState::kNone)], 1u);
  EXPECT_EQ((*tasks[0].counts)[static_cast<size_t>(TiState::kRunning)], 1u);

  MustTurn([&](Loop& l) { l.OnFinished(link, Ended(link->grants.at(0))); });
  MustTurn([&](Loop& l) { l.OnFinished(link, Ended(link->grants.at(1))); });
  news = feed->Take();
  ASSERT_THAT(news.turns, SizeIs(2));
  EXPECT_EQ(news.turns[1]->at.turn, news.turns[0]->at.turn + 1);
  runs = All<RunChanged>(news);
  ASSERT_THAT(runs, SizeIs(1));
  EXPECT_EQ(runs[0].row.state, RunState::kSuccess);
  EXPECT_EQ((*runs[0].counts)[static_cast<size_t>(TiState::kSuccess)], 2u);
  Pass(1s);
  EXPECT_TRUE(feed->Take().empty()) << "a turn that wrote nothing is no news";
}

TEST_F(LoopFeedTest, EachKindIsTold) {
  auto feed = Follow();
  Know({MakeDag("d")});
  MustTurn([&](Loop& l) {
    FileReport bad;
    bad.fileloc = "/dags/bad.py";
    bad.error = "no";
    l.ReportFile(bad);
    (void)l.SetPool({.name = "p", .slots = 3}, actor_);
  });
  Connect(Hello("w"));
  MustTurn([&](Loop& l) {
    l.ReportFileGone("/dags/bad.py");
    EXPECT_TRUE(l.DeletePool("p", actor_).ok());
  });
  const auto news = feed->Take();
  EXPECT_EQ(All<DagChanged>(news).at(0).row.dag_id, "d");
  const auto files = All<FileChanged>(news);
  ASSERT_THAT(files, SizeIs(2));
  EXPECT_TRUE(files[0].has_error);
  EXPECT_FALSE(files[1].has_error);
  const auto pools = All<PoolChanged>(news);
  ASSERT_THAT(pools, SizeIs(2));
  EXPECT_EQ(pools[0].row.slots, 3);
  EXPECT_TRUE(pools[1].gone);
  EXPECT_EQ(All<WorkerChanged>(news).at(0).row.name, "w");
}

TEST_F(LoopFeedTest, NothingIsToldBeforeItsCommit) {
  Know({MakeDag("d")});
  auto feed = Follow();
  for (Fault fault : {Fault::kFailBefore, Fault::kFailAfter}) {
    fault_ = fault;
    Status status = Turn([&](Loop& l) { (void)l.Trigger({.dag_id = "d"}, actor_); });
    ASSERT_EQ(status.code(), Code::kUnavailable);
    EXPECT_TRUE(feed->Take().empty()) << "also if the ledger has it, and only its answer was lost";
    ASSERT_TRUE(loop_->RetryCommit().ok());
    EXPECT_THAT(All<RunChanged>(feed->Take()), SizeIs(1)) << "once";
    Pass(1s);
    EXPECT_TRUE(feed->Take().empty());
  }
}

TEST_F(LoopFeedTest, WhatWasCommittedButReportedFailedIsReadAgainAfterRecovery) {
  Know({MakeDag("d")});
  auto feed = Follow();
  const FeedCursor before = loop_->feed().at();
  fault_ = Fault::kFailAfter;
  EXPECT_FALSE(Turn([&](Loop& l) { (void)l.Trigger({.dag_id = "d"}, actor_); }).ok());
  ASSERT_TRUE(loop_->Recover(clock_.Now(), clock_.Mono()).ok());
  const auto news = feed->Take();
  EXPECT_TRUE(news.too_old);
  EXPECT_GT(news.at.epoch, before.epoch);
  auto late = loop_->feed().Subscribe({}, before, nullptr).value();
  EXPECT_TRUE(late->Take().too_old) << "a cursor of the term before knows nothing of that run";
}

TEST_F(LoopFeedTest, WithFlushesBesideTheTurnsNothingIsToldBeforeItsFlush) {
  options_.sync_later = true;
  Restart();
  Know({MakeDag("d")});
  loop_->Synced(loop_->unsynced());
  auto feed = Follow();
  MustTrigger("d");
  EXPECT_TRUE(feed->Take().empty());
  MustTrigger("d");
  loop_->Synced(loop_->unsynced());
  const auto news = feed->Take();
  EXPECT_FALSE(news.too_old);
  EXPECT_THAT(news.turns, SizeIs(2));
}

TEST_F(LoopFeedTest, AWideTurnNamesTheRunAndItsCountsOnly) {
  std::vector<TaskSpec> wide;
  for (size_t i = 0; i <= limits::kFeedTasksPerRunMax; ++i) {
    wide.push_back(Bash(fmt::format("t{}", i)));
    wide.back().work = {};
  }
  DagSpec dag = MakeDag("d", std::move(wide));
  dag.max_active_tasks = 10'000;
  Know({dag});
  auto feed = Follow();
  MustTrigger("d");
  const auto tasks = All<TasksChanged>(feed->Take());
  ASSERT_THAT(tasks, SizeIs(1));
  EXPECT_TRUE(tasks[0].whole);
  EXPECT_THAT(tasks[0].tasks, IsEmpty());
  uint32_t all = 0;
  for (uint32_t n : *tasks[0].counts) all += n;
  EXPECT_EQ(all, limits::kFeedTasksPerRunMax + 1);
}

TEST_F(LoopFeedTest, EngineAndReadersShareOneObjectOfEachVersion) {
  Know({MakeDag("d")});
  Catalog& catalog = loop_->catalog();
  const RunRow run = MustTrigger("d");
  const DagPtr live = loop_->scheduler().Find(run.id)->dag_ptr();
  EXPECT_EQ(catalog.Get("d", 1).value()->dag, live);
  EXPECT_EQ(catalog.Get("d", 1).value()->hash, "1");
  Know({MakeDag("d", {Bash("a"), Bash("b")})}, "2");
  EXPECT_EQ(catalog.Get("d", 2).value()->dag, loop_->scheduler().FindDag("d"));
  EXPECT_EQ(catalog.Get("d", 1).value()->dag, live) << "a live run still holds it";
  Restart();
  EXPECT_EQ(loop_->catalog().Get("d", 1).value()->dag, loop_->scheduler().Find(run.id)->dag_ptr());
  EXPECT_EQ(loop_->catalog().Get("d", 3).status().code(), Code::kNotFound);
}

TEST_F(LoopFeedTest, AVersionThatNoRunNeedsLeavesTheEngineAndIsReadAgain) {
  Know({MakeDag("d")});
  std::weak_ptr<const Dag> first = loop_->scheduler().FindDag("d");
  Know({MakeDag("d", {Bash("a"), Bash("b")})}, "2");
  Pass(options_.sweep_interval);
  Pass(1s);
  EXPECT_TRUE(first.expired());
  EXPECT_EQ(loop_->catalog().Get("d", 1).value()->dag->size(), 1u);
  EXPECT_EQ(loop_->catalog().Get("d", 1).value()->dag, loop_->catalog().Get("d", 1).value()->dag)
      << "kept while it is used";
}

// A version's number is given anew if the commit failed: what was never committed must not be found.
TEST_F(LoopFeedTest, AVersionIsInTheCatalogueOnceItIsCommitted) {
  fault_ = Fault::kFailBefore;
  EXPECT_FALSE(Turn([&](Loop& l) { l.ReportFile(File("/dags/f.py", {MakeDag("d")})); }).ok());
  EXPECT_EQ(loop_->catalog().Get("d", 1).status().code(), Code::kNotFound);
  ASSERT_TRUE(loop_->Recover(clock_.Now(), clock_.Mono()).ok());
  Know({MakeDag("d", {Bash("x"), Bash("y")})}, "2");
  EXPECT_EQ(loop_->catalog().Get("d", 1).value()->dag->size(), 2u);
}

class EngineFeedTest : public RunningEngineTest {};

TEST_F(EngineFeedTest, WhoWaitsIsWokenByTheCommit) {
  StartOn(store_, std::nullopt);
  FeedFilter filter{FeedFilter::kRuns};
  filter.run = run_.id;
  auto feed = engine_->feed().Subscribe(filter, std::nullopt, nullptr).value();
  ASSERT_TRUE(Call([&](Loop& l) { l.OnFinished(link_, Ended(link_->grants[0])); }).ok());
  ASSERT_TRUE(feed->WaitUntil(Clock::Real().Mono() + 20s));
  const auto news = feed->Take();
  EXPECT_EQ(std::get<RunChanged>(news.turns.at(0)->changes.at(0)).row.state, RunState::kSuccess);
}

}  // namespace
}  // namespace gale
