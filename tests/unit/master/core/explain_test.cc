// Why something waits: each kind of check, as it is told and as a sentence.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "master/core/scheduler.h"
#include "tests/unit/master/core/dags.h"

namespace gale::core::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using Check = core::Check;

constexpr TaskIndex kA(0), kB(1);
const TimePoint kNow(std::chrono::seconds(1'700'000'000));

class ExplainTest : public ::testing::Test {
 protected:
  void SetUp() override { s_.admission().SetPool("default_pool", 128); }
  core::Run& Add(DagPtr dag, int64_t id = 1, TimePoint run_after = kNow) {
    s_.SetDag(dag, paused_);
    RunRow head = Head(id, RunState::kQueued);
    head.run_after = run_after;
    head.queued_at = kNow;
    core::Run& run = s_.AddRun(head, dag);
    s_.Flow(kNow);
    return run;
  }
  // "kind ok|no|-" of each.
  std::vector<std::string> Told(const Why& why) {
    std::vector<std::string> out;
    for (const Check& check : why.checks) {
      const char* met = !check.met ? "-" : *check.met ? "ok" : "no";
      out.push_back(fmt::format("{} {}", core::Name(check.kind), met));
    }
    return out;
  }
  Why WhyOf(const core::Run& run, Inst t) { return s_.Explain(run, t, kNow, &queue_); }
  // The one that isn't met.
  Check First(const Why& why) {
    const Check* unmet = Unmet(why.checks);
    EXPECT_NE(unmet, nullptr);
    return unmet == nullptr ? Check{} : *unmet;
  }
  std::string Says(const Why& why) {
    return fmt::format("{}", fmt::join(Sentences(why, kNow), "; "));
  }
  void Fail(const AttemptId& id, Outcome outcome = Outcome::kFailed) {
    ASSERT_TRUE(s_.Handle(id.run, Claim{id, "w1"}, kNow).granted);
    AttemptFinished done;
    done.attempt = id;
    done.outcome = outcome;
    done.next_at = kNow + std::chrono::seconds(40);
    s_.Handle(id.run, done, kNow);
    s_.Flow(kNow);
  }

  Scheduler s_;
  bool paused_ = false;
  QueueStanding queue_{{"w1"}, 4, 4, 7};
};

TEST_F(ExplainTest, AQueuedRunSaysAllThatItWaitsForAndItsTasksToo) {
  paused_ = true;
  const TimePoint later = kNow + std::chrono::seconds(60);
  core::Run& run = Add(MakeDag({Bash("a")}), 1, later);
  const Why why = s_.ExplainRun(run, kNow);
  EXPECT_THAT(Told(why),
              ElementsAre("dag_paused no", "run_after no", "max_active_runs ok", "run_state -"));
  EXPECT_EQ(why.checks[0].subject, "d");
  EXPECT_EQ(why.checks[1].at, later);
  EXPECT_EQ(why.since, kNow);
  EXPECT_EQ(Says(why),
            "DAG 'd' is paused; the run may not start before " + FormatTime(later) + " (in 60 s)");
  EXPECT_THAT(Told(WhyOf(run, kA)),
              ElementsAre("dag_paused no", "run_after no", "max_active_runs ok", "run_state -",
                          "trigger_rule -", "dag_paused -", "max_active_tasks -", "pool_missing -",
                          "pool_too_small -", "pool_full -", "no_worker -", "queue -"));
  s_.SetPaused("d", false);
  EXPECT_EQ(s_.ExplainRun(run, kNow).eta, later);
}

TEST_F(ExplainTest, ARunInLineForMaxActiveRunsKnowsItsPlace) {
  auto dag = MakeDag({Bash("a")}, [](DagSpec& spec) { spec.max_active_runs = 1; });
  Add(dag, 1), Add(dag, 2);
  core::Run& third = Add(dag, 3);
  const Check check = First(s_.ExplainRun(third, kNow));
  EXPECT_EQ(check.kind, CheckKind::kMaxActiveRuns);
  EXPECT_EQ(std::tuple(check.have, check.limit, check.position, check.of), std::tuple(1, 1, 2, 2));
  EXPECT_THAT(Says(s_.ExplainRun(third, kNow)), HasSubstr("1 of at most 1 runs running"));
}

TEST_F(ExplainTest, AQueuedTaskHasPassedAllAndWaitsForASlot) {
  core::Run& run = Add(MakeDag({Bash("a")}));
  const Why why = WhyOf(run, kA);
  EXPECT_THAT(Told(why),
              ElementsAre("run_after ok", "max_active_runs ok", "run_state ok", "trigger_rule ok",
                          "dag_paused ok", "max_active_tasks ok", "pool_missing ok",
                          "pool_too_small ok", "pool_full ok", "no_worker ok", "queue no"));
  const Check queue = First(why);
  EXPECT_EQ(queue.subject, "default");
  EXPECT_EQ(std::tuple(queue.have, queue.limit, queue.of), std::tuple(0, 4, 7));
  EXPECT_EQ(why.since, kNow);
  queue_.workers.clear();
  EXPECT_THAT(Says(WhyOf(run, kA)), "no worker that takes work serves queue 'default'");
  s_.Handle(RunId(1), Claim{run.attempt(kA), "w1"}, kNow);
  EXPECT_EQ(Unmet(WhyOf(run, kA).checks), nullptr);
  EXPECT_EQ(Says(WhyOf(run, kA)), "try 1 runs on worker 'w1'");
}

TEST_F(ExplainTest, ATriggerRuleSaysWhomItWaitsForAndHowMany) {
  core::Run& run = Add(MakeDag({Bash("a", {"b"}), Bash("b")}));
  const Check check = First(WhyOf(run, kB));
  EXPECT_EQ(check.kind, CheckKind::kTriggerRule);
  EXPECT_EQ(check.subject, "all_success");
  EXPECT_EQ(std::tuple(check.have, check.need), std::tuple(0, 1));
  EXPECT_THAT(check.names, ElementsAre("a"));
  EXPECT_EQ(Says(WhyOf(run, kB)),
            "its trigger rule all_success waits for its upstream tasks 'a' (queued)");
}

TEST_F(ExplainTest, TheRunBeforeIsNamed) {
  auto a = Bash("a");
  a.depends_on_past = true;
  auto dag = MakeDag({a}, [](DagSpec& spec) { spec.max_active_runs = 2; });
  Add(dag, 1);
  core::Run& second = Add(dag, 2);
  EXPECT_THAT(Says(WhyOf(second, kA)), HasSubstr("is being read"));
  s_.Handle(RunId(2), PastKnown{RunId(1), true, {false}}, kNow);
  s_.Flow(kNow);
  const Check check = First(WhyOf(second, kA));
  EXPECT_EQ(check.kind, CheckKind::kPreviousRun);
  EXPECT_EQ(check.subject, "r1");
}

TEST_F(ExplainTest, ATryThatFailedAndOneThatLooksAgainSayWhenTheyGoOn) {
  auto a = Bash("a");
  a.retries = 2;
  core::Run& run = Add(MakeDag({a, Bash("b")}));
  Fail(run.attempt(kA));
  const Why retry = WhyOf(run, kA);
  EXPECT_EQ(First(retry).kind, CheckKind::kRetryAt);
  EXPECT_EQ(std::tuple(First(retry).have, First(retry).limit), std::tuple(1, 3));
  EXPECT_EQ(retry.eta, kNow + std::chrono::seconds(300));
  EXPECT_EQ(retry.since, kNow);
  EXPECT_THAT(Says(retry), StartsWith("try 1 failed; the next starts at"));
  Fail(run.attempt(kB), Outcome::kRescheduled);
  const Why look = WhyOf(run, kB);
  EXPECT_EQ(First(look).kind, CheckKind::kRescheduleAt);
  EXPECT_EQ(look.eta, kNow + std::chrono::seconds(40));
}

TEST_F(ExplainTest, AClearedOneThatRunsWaitsForItsProcess) {
  core::Run& run = Add(MakeDag({Bash("a")}));
  s_.Handle(RunId(1), Claim{run.attempt(kA), "w7"}, kNow);
  s_.Handle(RunId(1), ClearTasks{{kA}}, kNow);
  const Check check = First(WhyOf(run, kA));
  EXPECT_EQ(check.kind, CheckKind::kRestarting);
  EXPECT_EQ(check.subject, "w7");
}

TEST_F(ExplainTest, LimitsSayHowManyOfHowMany) {
  auto a = Bash("a");
  a.max_active_tis_per_dag = 1;
  auto dag = MakeDag({a}, [](DagSpec& spec) { spec.max_active_runs = 2; });
  Add(dag, 1);
  core::Run& second = Add(dag, 2);
  Check check = First(WhyOf(second, kA));
  EXPECT_EQ(check.kind, CheckKind::kMaxActiveTis);
  EXPECT_EQ(std::tuple(check.subject, check.have, check.limit, check.of),
            std::tuple("a", 1, 1, std::nullopt));
  s_.admission().SetParallelism(1);
  core::Run& other = Add(MakeDag({Bash("a"), Bash("b")}), 3);
  check = First(WhyOf(other, kA));
  EXPECT_EQ(check.kind, CheckKind::kParallelism);
  EXPECT_EQ(std::tuple(check.have, check.limit), std::tuple(1, 1));
}

TEST_F(ExplainTest, MaxActiveTasksIsOfTheRun) {
  core::Run& run =
      Add(MakeDag({Bash("a"), Bash("b")}, [](DagSpec& spec) { spec.max_active_tasks = 1; }));
  const Check check = First(WhyOf(run, kB));
  EXPECT_EQ(check.kind, CheckKind::kMaxActiveTasks);
  EXPECT_EQ(std::tuple(check.have, check.limit), std::tuple(1, 1));
  s_.SetPaused("d", true);
  EXPECT_EQ(First(WhyOf(run, kB)).kind, CheckKind::kDagPaused) << "looked at before it";
}

TEST_F(ExplainTest, APoolIsMissingOrTooSmallOrFull) {
  auto a = Bash("a"), b = Bash("b"), c = Bash("c");
  a.pool = b.pool = c.pool = "gpu";
  a.pool_slots = 3;
  core::Run& run = Add(MakeDag({a, b, c}));
  EXPECT_EQ(First(WhyOf(run, kA)).kind, CheckKind::kPoolMissing);
  s_.admission().SetPool("gpu", 1);
  s_.Flow(kNow);
  const Check small = First(WhyOf(run, kA));
  EXPECT_EQ(small.kind, CheckKind::kPoolTooSmall);
  EXPECT_EQ(std::tuple(small.subject, small.need, small.limit), std::tuple("gpu", 3, 1));
  const Check full = First(WhyOf(run, TaskIndex(2)));
  EXPECT_EQ(full.kind, CheckKind::kPoolFull);
  EXPECT_EQ(std::tuple(full.have, full.limit, full.need, full.position), std::tuple(1, 1, 1, 2));
  EXPECT_EQ(WhyOf(run, TaskIndex(2)).since, kNow);
}

TEST_F(ExplainTest, ATaskOfARunThatIsOverSaysSo) {
  core::Run& run = Add(MakeDag({Bash("a", {"b"}), Bash("b")}));
  s_.Handle(RunId(1), SetTasks{{kA, kB}, TiState::kSuccess}, kNow);
  EXPECT_EQ(Says(WhyOf(run, kA)),
            "the run is success; it is success, for good unless somebody clears it");
}

// Every kind has a name of its own and a sentence.
TEST(Check, EachKindHasItsNameAndSentence) {
  std::set<std::string> names, sentences;
  for (size_t i = 0; i < kCheckKinds; ++i) {
    Check check{static_cast<CheckKind>(i), false, "x"};
    names.insert(std::string(Name(check.kind)));
    sentences.insert(Sentence(check, kNow));
  }
  EXPECT_EQ(names.size(), kCheckKinds);
  EXPECT_EQ(sentences.size(), kCheckKinds);
  EXPECT_FALSE(names.contains("") || sentences.contains(""));
}

}  // namespace
}  // namespace gale::core::testing
