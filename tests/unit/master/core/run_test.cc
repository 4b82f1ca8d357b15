// A run's data: the counters follow every change, and the rows bring it back.
#include "master/core/run.h"

#include <gtest/gtest.h>

#include "tests/unit/master/core/dags.h"

namespace gale::core::testing {
namespace {

constexpr TaskIndex kA(0), kB(1), kC(2);

// Counts everything anew.
void ExpectCountersRight(const Run& run) {
  uint32_t unfinished = 0;
  std::array<uint32_t, kTiStates> counts{};
  for (uint32_t i = 0; i < run.size(); ++i) {
    const Ti& ti = run.ti(TaskIndex(i));
    ++counts[static_cast<size_t>(ti.state)];
    unfinished += !IsFinished(ti.state);
    UpstreamCounts up;
    for (TaskIndex u : run.dag().upstream(TaskIndex(i))) {
      up.success += run.ti(u).state == TiState::kSuccess;
      up.skipped += run.ti(u).state == TiState::kSkipped;
      up.failed += run.ti(u).state == TiState::kFailed;
      up.upstream_failed += run.ti(u).state == TiState::kUpstreamFailed;
    }
    ASSERT_EQ(run.upstreams(TaskIndex(i)).success, up.success);
    ASSERT_EQ(run.upstreams(TaskIndex(i)).skipped, up.skipped);
    ASSERT_EQ(run.upstreams(TaskIndex(i)).failed, up.failed);
    ASSERT_EQ(run.upstreams(TaskIndex(i)).upstream_failed, up.upstream_failed);
    ASSERT_EQ(ti.live, run.live(TaskIndex(i)) != nullptr);
  }
  for (size_t s = 0; s < kTiStates; ++s) ASSERT_EQ(run.count(static_cast<TiState>(s)), counts[s]);
  ASSERT_EQ(run.unfinished(), unfinished);
  ASSERT_EQ(run.anything_moving(), unfinished > counts[0]);
}

std::vector<TiRow> Rows(const Run& run) {
  std::vector<TiRow> rows;
  for (uint32_t i = 0; i < run.size(); ++i) rows.push_back(run.ToRow(TaskIndex(i)));
  return rows;
}

TEST(Run, ATaskInstanceIsSmall) { EXPECT_EQ(sizeof(Ti), 48u); }

TEST(Run, AFreshRunHasItsTasksRetriesAndNothingElse) {
  auto a = Bash("a", {"b"});
  a.retries = 3;
  core::Run run(Head(), MakeDag({a, Bash("b")}));
  EXPECT_EQ(run.ti(kA).max_tries, 3u);
  EXPECT_EQ(run.ti(kA).try_number, 0u);
  EXPECT_EQ(run.count(TiState::kNone), 2u);
  EXPECT_FALSE(run.anything_moving());
  EXPECT_FALSE(run.at_rest());
  EXPECT_EQ(run.attempt(kB), (AttemptId{RunId(1), kB, kUnmapped, 0}));
  EXPECT_EQ(run.past.known, Past::Known::kNotYet);
}

TEST(Run, AChangeIsSeenDownstreamAndTakenBack) {
  core::Run run(Head(), MakeDag({Bash("a", {"b", "c"}), Bash("b", {"c"}), Bash("c")}));
  run.Apply(kA, TiState::kFailed);
  EXPECT_EQ(run.upstreams(kB).failed, 1u);
  EXPECT_EQ(run.upstreams(kC).failed, 1u);
  EXPECT_EQ(run.verdict(kB), Verdict::kUpstreamFailed);
  run.Apply(kA, TiState::kSuccess);
  EXPECT_EQ(run.upstreams(kB).failed, 0u);
  EXPECT_EQ(run.verdict(kB), Verdict::kRun);
  run.Apply(kA, TiState::kNone);
  EXPECT_EQ(run.upstreams(kC).done(), 0u);
  EXPECT_EQ(run.verdict(kB), Verdict::kWait);
  ExpectCountersRight(run);
}

TEST(RunDeathTest, WhatTheTableForbidsIsABug) {
  core::Run run(Head(), MakeDag({Bash("a")}));
  EXPECT_DEATH(run.Apply(kA, TiState::kRunning), "running may not follow none");
}

TEST(RunDeathTest, ARowOfAnotherRunIsABug) {
  TiRow row;
  row.run = RunId(2);
  EXPECT_DEATH(core::Run(Head(1), MakeDag({Bash("a")}), {row}), "row of another run: 2");
}

TEST(Run, ALiveAttemptIsKnownUntilItIsGone) {
  core::Run run(Head(), MakeDag({Bash("a"), Bash("b")}));
  run.SetPid(kA, 7);  // nobody there: nothing happens
  EXPECT_EQ(run.live(kA), nullptr);
  run.SetLive(kA, {"w1", 0});
  run.SetPid(kA, 7);
  ASSERT_NE(run.live(kA), nullptr);
  EXPECT_EQ(run.live(kA)->worker, "w1");
  EXPECT_EQ(run.ToRow(kA).pid, 7);
  run.head.state = RunState::kSuccess;
  EXPECT_FALSE(run.at_rest()) << "its process may still run";
  run.ClearLive(kA);
  EXPECT_TRUE(run.at_rest());
  EXPECT_EQ(run.ToRow(kA).worker, "");
}

TEST(Run, SetupsAreCountedForTheRuleThatAsks) {
  auto up = Bash("a", {"c"}), work = Bash("b", {"c"}), down = Bash("c");
  up.is_setup = true;
  down.trigger_rule = "all_done_setup_success";
  core::Run run(Head(), MakeDag({up, work, down}));
  run.Apply(kA, TiState::kSkipped);
  run.Apply(kB, TiState::kSuccess);
  EXPECT_EQ(run.setups(kC).total, 1u);
  EXPECT_EQ(run.setups(kC).skipped, 1u);
  EXPECT_EQ(run.setups(kB).total, 0u);
  EXPECT_EQ(run.verdict(kC), Verdict::kSkip);
}

TEST(Run, TimeZeroIsNoTime) {
  EXPECT_EQ(OptionalTime(0), std::nullopt);
  EXPECT_EQ(OptionalTime(5), FromMicros(5));
  EXPECT_EQ(Micros(FromMicros(-9)), -9);
}

// At random, along the table: the counters are right after every step, and the rows bring back the
// run.
TEST(Run, CountersAreRightAndRowsComeBackAfterAnything) {
  for (uint64_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937_64 random(seed);
    auto upto = [&](uint32_t n) { return static_cast<uint32_t>(random() % n); };
    core::Run run(Head(), RandomDag(random, "d", false));
    for (int step = 0; step < 100; ++step) {
      const TaskIndex t(upto(static_cast<uint32_t>(run.size())));
      const auto to = static_cast<TiState>(upto(kTiStates));
      if (MayFollow(run.ti(t).state, to)) run.Apply(t, to);
      Ti& ti = run.edit(t);
      ti.try_number += upto(2);
      ti.max_tries += upto(2);
      ti.lost_tries += upto(2);
      ti.queued_at = upto(1000);
      ti.start = upto(1000);
      ti.end = upto(1000);
      ti.next_at = upto(1000);
      upto(3) ? run.ClearLive(t) : run.SetLive(t, {"w" + std::to_string(upto(3)), upto(100)});
      ExpectCountersRight(run);
      if (HasFatalFailure()) return;
    }
    core::Run back(run.head, run.dag_ptr(), Rows(run));
    ExpectCountersRight(back);
    if (HasFatalFailure()) return;
    ASSERT_EQ(back.live().size(), run.live().size());
    for (uint32_t i = 0; i < run.size(); ++i) {
      const TaskIndex t(i);
      const Ti &was = run.ti(t), &is = back.ti(t);
      ASSERT_EQ(is.state, was.state);
      ASSERT_EQ(std::tie(is.try_number, is.max_tries, is.lost_tries, is.live),
                std::tie(was.try_number, was.max_tries, was.lost_tries, was.live));
      ASSERT_EQ(std::tie(is.queued_at, is.start, is.end, is.next_at),
                std::tie(was.queued_at, was.start, was.end, was.next_at));
      if (!is.live) continue;
      ASSERT_EQ(back.live(t)->worker, run.live(t)->worker);
      ASSERT_EQ(back.live(t)->pid, run.live(t)->pid);
    }
  }
}

}  // namespace
}  // namespace gale::core::testing
