// Limits and switches that somebody sets: each has its effect, or is refused with a word.
#include <gmock/gmock.h>

#include <algorithm>

#include "tests/unit/master/engine/loop_fixture.h"

namespace gale {
namespace {

using ::testing::HasSubstr;

class LoopLimitsTest : public LoopTest {
 protected:
  void Run(const std::string& dag, core::Outcome outcome) {
    const RunRow run = MustTrigger(dag);
    const AttemptId attempt = link_->grants.back();
    ASSERT_EQ(attempt.run, run.id);
    MustTurn([&](Loop& l) { l.OnFinished(link_, Ended(attempt, outcome)); });
  }
  DagRow Dag(const std::string& id) {
    const LiveState live = store_.LoadLive().value();
    for (const DagRow& row : live.dags) {
      if (row.dag_id == id) return row;
    }
    return {};
  }
  size_t Pauses() {
    const auto events = store_.reads().ListEvents({{.limit = 100}, {}}).value();
    return static_cast<size_t>(
        std::ranges::count_if(events.rows, [](const EventRow& e) { return e.event == "pause"; }));
  }
  ToldLinkPtr link_ = Connect(Hello("w", 9));
};

TEST_F(LoopLimitsTest, SoManyFailedRunsInARowPauseTheDag) {
  DagSpec spec = MakeDag("d");
  spec.max_consecutive_failed_dag_runs = 2;
  Know({spec, MakeDag("free")});
  for (int i = 0; i < 3; ++i) Run("free", core::Outcome::kFailed);
  Run("d", core::Outcome::kFailed);
  Run("d", core::Outcome::kSuccess);
  Run("d", core::Outcome::kFailed);
  EXPECT_FALSE(Dag("d").is_paused) << "a success between";
  Restart();
  link_ = Connect(Hello("w", 9));
  Run("d", core::Outcome::kFailed);
  EXPECT_TRUE(Dag("d").is_paused) << "counted over a new start";
  EXPECT_FALSE(Dag("free").is_paused);
  EXPECT_EQ(Pauses(), 1u);
  MustTurn([&](Loop& l) { EXPECT_TRUE(l.SetPaused("d", false, actor_).ok()); });
  Run("d", core::Outcome::kFailed);
  EXPECT_TRUE(Dag("d").is_paused) << "and the next failure again";
}

TEST_F(LoopLimitsTest, ARunThatAPersonFailedPausesNothing) {
  DagSpec spec = MakeDag("d");
  spec.max_consecutive_failed_dag_runs = 1;
  Know({spec});
  const RunRow run = MustTrigger("d");
  MustTurn([&](Loop& l) {
    EXPECT_TRUE(l.SetRunState("d", run.run_id, RunState::kFailed, actor_).ok());
  });
  EXPECT_FALSE(Dag("d").is_paused);
}

TEST_F(LoopLimitsTest, ParallelismHoldsOverAllDags) {
  options_.parallelism = 2;
  Restart();
  link_ = Connect(Hello("w", 9));
  Know({MakeDag("a"), MakeDag("b"), MakeDag("c")});
  for (const char* dag : {"a", "b", "c"}) MustTrigger(dag);
  ASSERT_EQ(link_->grants.size(), 2u);
  MustTurn([&](Loop& l) { l.OnFinished(link_, Ended(link_->grants[0])); });
  EXPECT_EQ(link_->grants.size(), 3u);
}

TEST_F(LoopLimitsTest, ANewLedgersDefaultPoolHasTheSlotsThatAreSet) {
  auto slots = [&] { return loop_->Pools().at(0).row.slots; };
  EXPECT_EQ(slots(), 128);
  options_.default_pool_slots = 7;
  Restart();
  EXPECT_EQ(slots(), 128) << "it was made before";
  auto store = *OpenSqliteStore({.path = ":memory:"});
  ASSERT_TRUE(store->Migrate().ok());
  Loop fresh(*store, queue_, served_, options_);
  ASSERT_TRUE(fresh.Recover(clock_.Now(), clock_.Mono()).ok());
  fresh.BeginTurn(clock_.Now(), clock_.Mono());
  ASSERT_TRUE(fresh.EndTurn().ok());
  EXPECT_EQ(fresh.Pools().at(0).row.slots, 7);
  EXPECT_EQ(store->LoadLive()->pools.at(0).slots, 7);
}

TEST_F(LoopLimitsTest, APoolThatIsToHoldDeferredTasksIsRefused) {
  Status status;
  MustTurn([&](Loop& l) {
    status = l.SetPool({.name = "p", .slots = 1, .include_deferred = true}, actor_).status();
  });
  EXPECT_EQ(status.code(), Code::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("include_deferred"));
}

TEST_F(LoopLimitsTest, ADagThatIsGoneSaysSinceWhen) {
  Know({MakeDag("d")});
  EXPECT_EQ(Dag("d").last_expired, std::nullopt);
  MustTurn([](Loop& l) { l.ReportFileGone("/dags/f.py"); });
  EXPECT_EQ(Dag("d").last_expired, clock_.Now());
}

TEST_F(LoopLimitsTest, WhatARunHasNoInstanceOfCanBeNeitherClearedNorSet) {
  TaskSpec late = Bash("late");
  late.start_date = clock_.Now() + std::chrono::hours(24);
  Know({MakeDag("d", {Bash("a"), late})});
  TriggerRequest request{.dag_id = "d"};
  request.logical_date = clock_.Now();
  const RunRow run = Trigger(request).value();
  MustTurn([&](Loop& l) {
    EXPECT_TRUE(
        l.Clear({.dag_id = "d", .run_id = run.run_id, .task_ids = {"late"}}, actor_)->empty());
    EXPECT_EQ(l.SetTasks({.dag_id = "d", .run_id = run.run_id, .task_ids = {"late"}}, actor_)
                  .status()
                  .code(),
              Code::kFailedPrecondition);
  });
  EXPECT_EQ(store_.reads().ListTis(run.id)->size(), 1u) << "no row";
  MustTurn([&](Loop& l) { l.OnFinished(link_, Ended(link_->grants.back())); });
  EXPECT_EQ(StateOf(run.id), RunState::kSuccess);
}

}  // namespace
}  // namespace gale
