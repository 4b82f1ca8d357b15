// What the stories in tests/scenarios don't reach: look-ups, unloading, the reasons, and that no
// turn costs more than what changes in it.
#include "master/core/scheduler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/base/limits.h"
#include "tests/unit/master/core/dags.h"

namespace gale::core::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr TaskIndex kA(0), kB(1);
const TimePoint kNow(std::chrono::seconds(1'700'000'000));

class SchedulerTest : public ::testing::Test {
 protected:
  void SetUp() override { s_.admission().SetPool("default_pool", 128); }
  core::Run& Start(DagPtr dag, int64_t id = 1) {
    s_.SetDag(dag, false);
    RunRow head = Head(id, RunState::kQueued);
    head.run_after = kNow;
    core::Run& run = s_.AddRun(head, dag);
    s_.Flow(kNow);
    return run;
  }
  void Finish(const AttemptId& id, Outcome outcome = Outcome::kSuccess) {
    ASSERT_TRUE(s_.Handle(id.run, Claim{id, "w1"}, kNow).granted);
    AttemptFinished done;
    done.attempt = id;
    done.outcome = outcome;
    s_.Handle(id.run, done, kNow);
    s_.Flow(kNow);
  }
  std::string Why(const core::Run& run, TaskIndex t) {
    return fmt::format("{}", fmt::join(Sentences(s_.Explain(run, t, kNow), kNow), "; "));
  }
  Scheduler s_;
};

TEST_F(SchedulerTest, FindsRunsByIdAndByName) {
  core::Run& run = Start(MakeDag({Bash("a")}));
  EXPECT_EQ(s_.Find(RunId(1)), &run);
  EXPECT_EQ(s_.Find("d", "r1"), &run);
  EXPECT_EQ(s_.Find("d", "r2"), nullptr);
  EXPECT_EQ(s_.Find(RunId(2)), nullptr);
  EXPECT_EQ(s_.FindDag("d"), run.dag_ptr());
  EXPECT_EQ(s_.FindDag("e"), nullptr);
  EXPECT_EQ(s_.UnfinishedRuns("d"), 1u);
  EXPECT_EQ(s_.UnfinishedRuns("e"), 0u);
}

TEST_F(SchedulerTest, AnEventOfARunThatIsGoneIsRefused) {
  const Decision d = s_.Handle(RunId(9), Claim{{RunId(9), kA, kUnmapped, 1}, "w"}, kNow);
  EXPECT_FALSE(d.granted);
  EXPECT_EQ(d.refusal, "its run is over");
}

TEST_F(SchedulerTest, AClaimOfATaskThatDoesNotExistIsRefused) {
  Start(MakeDag({Bash("a")}));
  EXPECT_FALSE(
      s_.Handle(RunId(1), Claim{{RunId(1), TaskIndex(77), kUnmapped, 1}, "w"}, kNow).granted);
  AttemptFinished done;
  done.attempt = {RunId(1), TaskIndex(77), kUnmapped, 1};
  EXPECT_THAT(s_.Handle(RunId(1), done, kNow).changed, IsEmpty());
}

TEST_F(SchedulerTest, PausingAnUnknownDagIsNoError) { s_.SetPaused("nobody", true); }

TEST_F(SchedulerTest, ARunLeavesMemoryOnlyAtRest) {
  core::Run& run = Start(MakeDag({Bash("a"), Bash("b")}));
  s_.UnloadAtRest({RunId(1), RunId(5)});
  ASSERT_NE(s_.Find(RunId(1)), nullptr);
  ASSERT_TRUE(s_.Handle(RunId(1), Claim{run.attempt(kA), "w1"}, kNow).granted);
  s_.Handle(RunId(1), SetRun{RunState::kFailed}, kNow);
  s_.UnloadAtRest({RunId(1)});
  ASSERT_NE(s_.Find(RunId(1)), nullptr) << "a process of it may still run";
  AttemptFinished gone;
  gone.attempt = run.attempt(kA);
  s_.Handle(RunId(1), gone, kNow);
  s_.UnloadAtRest({RunId(1)});
  EXPECT_EQ(s_.Find(RunId(1)), nullptr);
  EXPECT_EQ(s_.Find("d", "r1"), nullptr);
  EXPECT_EQ(s_.Audit(), "");
}

TEST_F(SchedulerTest, TheAttemptKeepsWhatIsKnownOfIt) {
  auto dag = MakeDag({Bash("a")});
  core::Run& run = Start(dag);
  const AttemptId id = run.attempt(kA);
  s_.Handle(id.run, Claim{id, "w7"}, kNow + std::chrono::seconds(1));
  s_.Handle(id.run, AttemptStarted{id, 4711}, kNow + std::chrono::seconds(1));
  s_.TakeOutput();
  s_.Handle(id.run, AttemptFinished{id, Outcome::kFailed, 3, 9, "OOM killed", 77},
            kNow + std::chrono::seconds(5));
  Output out = s_.TakeOutput();
  ASSERT_EQ(out.attempts.size(), 1u);
  const AttemptRow& row = out.attempts[0];
  EXPECT_EQ(row.id, id);
  EXPECT_EQ(row.state, TiState::kFailed);
  EXPECT_EQ(row.queued_at, kNow);
  EXPECT_EQ(row.start_date, kNow + std::chrono::seconds(1));
  EXPECT_EQ(row.end_date, kNow + std::chrono::seconds(5));
  EXPECT_EQ(row.worker, "w7");
  EXPECT_EQ(std::tuple(row.pid, row.exit_code, row.signal, row.log_bytes),
            std::tuple(4711, 3, 9, 77u));
  EXPECT_EQ(row.reason, "OOM killed");
  EXPECT_EQ(out.tis.back().second.reason, "OOM killed");
}

TEST_F(SchedulerTest, ThePushSaysWhichQueueAndHowUrgent) {
  auto gpu = Bash("a");
  gpu.queue = "gpu";
  gpu.priority_weight = 7;
  Start(MakeDag({gpu}));
  Output out = s_.TakeOutput();
  ASSERT_EQ(out.pushes.size(), 1u);
  EXPECT_EQ(out.pushes[0].queue, "gpu");
  EXPECT_EQ(out.pushes[0].priority, 7);
  ASSERT_EQ(s_.Queued().size(), 1u);
  EXPECT_THAT(s_.TakeOutput().pushes, IsEmpty()) << "taken once";
}

TEST_F(SchedulerTest, LivePreviousIsTheLatestBefore) {
  auto dag = MakeDag({Bash("a")}, [](DagSpec& spec) { spec.max_active_runs = 9; });
  Start(dag, 1), Start(dag, 3);
  core::Run& five = Start(dag, 5);
  ASSERT_NE(s_.LivePrevious(five), nullptr);
  EXPECT_EQ(s_.LivePrevious(five)->id(), RunId(3));
  EXPECT_EQ(s_.LivePrevious(*s_.Find(RunId(1))), nullptr);
  five.head.logical_date.reset();
  EXPECT_EQ(s_.LivePrevious(five), nullptr);
}

TEST_F(SchedulerTest, EveryStateHasAReason) {
  auto a = Bash("a", {"b"});
  a.retries = 1;
  core::Run& run = Start(MakeDag({a, Bash("b")}));
  EXPECT_THAT(Why(run, kA), HasSubstr("waits in queue 'default' for a worker with a free slot"));
  EXPECT_THAT(Why(run, kB), HasSubstr("waits for its upstream tasks 'a' (queued)"));
  s_.Handle(RunId(1), Claim{run.attempt(kA), "w1"}, kNow);
  EXPECT_THAT(Why(run, kA), HasSubstr("try 1 runs on worker 'w1'"));
  s_.Handle(RunId(1), ClearTasks{{kA}}, kNow);
  EXPECT_THAT(Why(run, kA),
              HasSubstr("it was cleared; it starts again once its process on worker 'w1'"));
  AttemptFinished gone;
  gone.attempt = run.attempt(kA);
  s_.Handle(RunId(1), gone, kNow);
  EXPECT_THAT(Why(run, kA), HasSubstr("about to be queued"));
  s_.Flow(kNow);
  Finish(run.attempt(kA), Outcome::kFailed);
  EXPECT_THAT(Why(run, kA), HasSubstr("try 2 failed; the next starts at"));
  EXPECT_THAT(Why(run, kA), HasSubstr("(in 300 s)"));
  s_.Handle(RunId(1), SetTasks{{kA}, TiState::kSkipped}, kNow);
  EXPECT_THAT(Why(run, kA), HasSubstr("it is skipped, for good unless somebody clears it"));
  EXPECT_THAT(Why(run, kB), HasSubstr("the run is success"));
}

TEST_F(SchedulerTest, OfManyOpenUpstreamsOnlyAFewAreNamed) {
  std::vector<TaskSpec> tasks;
  for (int i = 0; i < 50; ++i) tasks.push_back(Bash("u" + std::to_string(i), {"join"}));
  tasks.push_back(Bash("join"));
  core::Run& run = Start(MakeDag(tasks));
  EXPECT_THAT(Why(run, TaskIndex(50)), HasSubstr("'u4' (queued) and 45 more"));
}

TEST_F(SchedulerTest, ARunWithDependsOnPastSaysThatItIsBeingRead) {
  auto a = Bash("a");
  a.depends_on_past = true;
  core::Run& run = Start(MakeDag({a}));
  EXPECT_THAT(s_.TakeOutput().needs_past, ::testing::ElementsAre(RunId(1)));
  EXPECT_THAT(Why(run, kA), HasSubstr("the previous run's state is being read"));
  s_.Handle(RunId(1), PastKnown{}, kNow);
  s_.Flow(kNow);
  EXPECT_EQ(run.ti(kA).state, TiState::kQueued);
}

// 30,000 tasks in a row and side by side: quadratic work would take minutes here, not a blink.
TEST_F(SchedulerTest, ALongChainAndAWideFanCostWhatTheyChange) {
  constexpr uint32_t kTasks = 30'000;
  std::vector<TaskSpec> chain, fan;
  for (uint32_t i = 0; i < kTasks; ++i) {
    chain.push_back(Bash(fmt::format("t{}", i)));
    if (i > 0) chain[i - 1].downstream_task_ids.push_back(chain[i].task_id);
    if (i > 0 && i + 1 < kTasks) fan.push_back(Bash(fmt::format("t{}", i), {"last"}));
  }
  TaskSpec first = Bash("first");
  for (const TaskSpec& task : fan) first.downstream_task_ids.push_back(task.task_id);
  fan.insert(fan.begin(), first);
  fan.push_back(Bash("last"));
  int64_t id = 0;
  for (auto* tasks : {&chain, &fan}) {
    core::Run& run = Start(MakeDag(*tasks, [&](DagSpec& spec) { spec.dag_id = "d"; }), ++id);
    size_t done = 0;
    for (Output out = s_.TakeOutput(); !out.pushes.empty(); out = s_.TakeOutput()) {
      for (const QueuedAttempt& q : out.pushes) Finish(q.attempt), ++done;
    }
    EXPECT_EQ(done, kTasks);
    EXPECT_EQ(run.head.state, RunState::kSuccess);
  }
  EXPECT_EQ(s_.Audit(), "");
}

// What the worker says of its attempt's times counts, not when the master came to hear of it.
TEST_F(SchedulerTest, AnAttemptEndsWhenItsProcessDid) {
  using std::chrono::minutes;
  TaskSpec task = Bash("a");
  task.retries = 1;
  task.retry_delay = minutes(5);
  core::Run& run = Start(MakeDag({task}));
  s_.Handle(RunId(1), Claim{run.attempt(kA), "w1"}, kNow);
  AttemptFinished done;
  done.attempt = run.attempt(kA);
  done.started_at = kNow + minutes(1);
  done.ended_at = kNow + minutes(2);
  done.usage = {minutes(1), Duration(5), 4096};
  s_.TakeOutput();
  s_.Handle(RunId(1), done, kNow + minutes(8));
  const AttemptRow row = s_.TakeOutput().attempts.at(0);
  EXPECT_EQ(row.start_date, kNow + minutes(1));
  EXPECT_EQ(row.end_date, kNow + minutes(2));
  EXPECT_EQ(row.usage.user_time, minutes(1));
  EXPECT_EQ(row.usage.rss_bytes_max, 4096u);
  EXPECT_EQ(run.ToRow(kA).start_date, kNow + minutes(1));
  EXPECT_EQ(run.ToRow(kA).end_date, kNow + minutes(2));
  EXPECT_EQ(run.ToRow(kA).next_at, kNow + minutes(7)) << "from its end";
  s_.Tick(kNow + minutes(8));
  s_.Flow(kNow + minutes(8));
  EXPECT_EQ(run.ti(kA).state, TiState::kQueued) << "which was a minute ago";
}

// As many as retries=4,000,000,000 asks for: the numbers end before.
TEST_F(SchedulerTest, TriesEndAtTheirLimitAndSaySo) {
  TaskSpec a = Bash("a");
  a.retries = UINT32_MAX;
  a.lost_retries = UINT32_MAX;
  int64_t id = 1;
  for (const Outcome outcome : {Outcome::kFailed, Outcome::kLost}) {
    core::Run& run = Start(MakeDag({a}), id++);
    run.edit(kA).try_number = limits::kTriesMax - 1;
    Finish(run.attempt(kA), outcome);
    EXPECT_EQ(run.ti(kA).state, TiState::kUpForRetry);
    run.edit(kA).next_at = 0;
    s_.Tick(kNow + std::chrono::hours(1));
    s_.Flow(kNow);
    ASSERT_EQ(run.attempt(kA).try_number, limits::kTriesMax);
    s_.TakeOutput();
    Finish(run.attempt(kA), outcome);
    EXPECT_EQ(run.ti(kA).state, TiState::kFailed);
    const Output output = s_.TakeOutput();
    EXPECT_TRUE(std::ranges::any_of(output.tis, [](const auto& told) {
      return told.second.reason.ends_with("no try follows: 1000000 are the most (kTriesMax)");
    }));
    s_.Handle(run.id(), ClearTasks{{kA}}, kNow);
    EXPECT_EQ(run.ti(kA).max_tries, 2 * limits::kTriesMax) << "no overflow";
  }
}

TEST_F(SchedulerTest, LooksAreNoTriesAndEndAtALimitOfTheirOwn) {
  TaskSpec a = Bash("a");
  a.retries = 1;
  core::Run& run = Start(MakeDag({a}));
  auto start_again = [&] {
    s_.Tick(FromMicros(run.ti(kA).next_at));
    s_.Flow(kNow);
    ASSERT_EQ(run.ti(kA).state, TiState::kQueued);
  };
  Finish(run.attempt(kA), Outcome::kRescheduled);
  start_again();
  for (uint32_t i = 1; i < limits::kLooksMax; ++i) run.GoOnWithTry(kA);
  run.edit(kA).try_number = limits::kLooksMax + 1;
  ASSERT_EQ(run.looks(kA).of_try, limits::kLooksMax);
  Finish(run.attempt(kA), Outcome::kRescheduled);
  EXPECT_EQ(run.ti(kA).state, TiState::kUpForRetry) << "its first try failed, and has a retry";
  const Output output = s_.TakeOutput();
  EXPECT_TRUE(std::ranges::any_of(output.tis, [](const auto& told) {
    return told.second.reason == "it came again 1000000 times, the most that it may (kLooksMax)";
  }));
  ASSERT_EQ(output.attempts.size(), 1u);
  EXPECT_EQ(output.attempts[0].shown_try(), 1u);
  EXPECT_EQ(output.attempts[0].looks, limits::kLooksMax);
  start_again();
  EXPECT_EQ(run.looks(kA).of_try, 0u);
  EXPECT_EQ(run.ToRow(kA).shown_try(), 2u);
  EXPECT_EQ(run.ToRow(kA).shown_max_tries(), 1u);
  Finish(run.attempt(kA), Outcome::kFailed);
  EXPECT_EQ(run.ti(kA).state, TiState::kFailed) << "no more tries";
}

TEST_F(SchedulerTest, TimesThatCannotBeAreTakenForTheNearestThatCan) {
  using std::chrono::hours;
  core::Run& run = Start(MakeDag({Bash("a"), Bash("b")}));
  AttemptFinished done;
  done.outcome = Outcome::kSuccess;
  done.started_at = kNow - hours(2);
  done.ended_at = kNow - hours(1);
  s_.Handle(RunId(1), Claim{run.attempt(kA), "w1"}, kNow);
  done.attempt = run.attempt(kA);
  s_.Handle(RunId(1), done, kNow + hours(1));
  EXPECT_EQ(run.ToRow(kA).start_date, kNow) << "not before its grant";
  EXPECT_EQ(run.ToRow(kA).end_date, kNow);
  s_.Handle(RunId(1), Claim{run.attempt(kB), "w1"}, kNow);
  done.attempt = run.attempt(kB);
  done.started_at = done.ended_at = kNow + hours(9);
  s_.Handle(RunId(1), done, kNow + hours(1));
  EXPECT_EQ(run.ToRow(kB).end_date, kNow + hours(1)) << "not after now";
}

// A task's own dates.

constexpr TaskIndex kC(2);

TEST_F(SchedulerTest, ATaskOutsideOfItsDatesIsNotThere) {
  const auto day = [](int64_t n) { return TimePoint(std::chrono::hours(24 * n)); };  // Head's dates
  TaskSpec from3 = Bash("from3", {"last"}), till2 = Bash("till2", {"last"}), last = Bash("last");
  from3.start_date = day(3);
  till2.end_date = day(2);
  const DagPtr dag = MakeDag({from3, till2, last});
  for (int64_t n = 2; n <= 3; ++n) {
    core::Run& run = Start(dag, n);
    const TaskIndex here = n == 2 ? kB : kA, gone = n == 2 ? kA : kB;
    EXPECT_EQ(run.ti(here).state, TiState::kQueued) << n;
    EXPECT_TRUE(run.absent(gone)) << n;
    EXPECT_THAT(Why(run, gone), HasSubstr("outside of the task's dates"));
    s_.Handle(run.id(), ClearTasks{{gone}}, kNow);
    s_.Handle(run.id(), SetTasks{{gone}, TiState::kFailed}, kNow);
    EXPECT_TRUE(run.absent(gone));
    for (const auto& [id, changed] : s_.TakeOutput().tis) {
      EXPECT_FALSE(id == run.id() && changed.inst.task == gone) << "a row";
    }
    Finish(run.attempt(here));
    EXPECT_EQ(run.ti(kC).state, TiState::kQueued) << "waits for nobody else";
    Finish(run.attempt(kC));
    EXPECT_EQ(run.head.state, RunState::kSuccess);
    EXPECT_EQ(s_.Audit(), "");
  }
}

TEST_F(SchedulerTest, ABackfillAndARunWithoutADateHaveEveryTask) {
  TaskSpec late = Bash("a");
  late.start_date = TimePoint(std::chrono::hours(24 * 9));
  const DagPtr dag = MakeDag({late});
  RunRow head = Head(1);
  EXPECT_TRUE(core::Run(head, dag).absent(kA));
  head.type = RunType::kBackfill;
  EXPECT_FALSE(core::Run(head, dag).absent(kA));
  head = Head(1);
  head.logical_date.reset();
  EXPECT_FALSE(core::Run(head, dag).absent(kA));
  // One that an older Gale made.
  TiRow row;
  row.run = RunId(1);
  row.state = TiState::kSuccess;
  EXPECT_EQ(core::Run(Head(1), dag, {row}).ti(kA).state, TiState::kSuccess);
}

TEST_F(SchedulerTest, AfterARunWithoutTheTaskItsFirstInstanceMayRunOrNot) {
  for (const bool ignore : {true, false}) {
    TaskSpec task = Bash("a");
    task.start_date = TimePoint(std::chrono::hours(24 * 2));
    task.depends_on_past = true;
    task.ignore_first_depends_on_past = ignore;
    const DagPtr dag = MakeDag({task});
    EXPECT_EQ(Scheduler::PastAllows(core::Run(Head(1), dag), *dag, kA), ignore);
  }
}

// Timers.

TaskSpec WithTimeout(TaskSpec task, Duration timeout) {
  task.execution_timeout = timeout;
  return task;
}

TEST_F(SchedulerTest, TasksThatEndLeaveNoTimer) {
  constexpr uint32_t kTasks = 100'000;
  std::vector<TaskSpec> tasks;
  for (uint32_t i = 0; i < kTasks; ++i) {
    tasks.push_back(WithTimeout(Bash(fmt::format("t{}", i)), std::chrono::hours(24)));
  }
  core::Run& run = Start(MakeDag(tasks, [](DagSpec& spec) { spec.max_active_tasks = 100; }));
  size_t most = 0;
  for (Output out = s_.TakeOutput(); !out.pushes.empty(); out = s_.TakeOutput()) {
    for (const QueuedAttempt& q : out.pushes) {
      ASSERT_TRUE(s_.Handle(q.attempt.run, Claim{q.attempt, "w1"}, kNow).granted);
    }
    most = std::max(most, s_.timers());
    for (const QueuedAttempt& q : out.pushes) {
      AttemptFinished done;
      done.attempt = q.attempt;
      done.outcome = Outcome::kSuccess;
      s_.Handle(q.attempt.run, done, kNow);
    }
    s_.Flow(kNow);
  }
  EXPECT_EQ(run.head.state, RunState::kSuccess);
  EXPECT_EQ(most, 100u) << "one for each that ran";
  EXPECT_EQ(s_.timers(), 0u);
  EXPECT_EQ(s_.NextWake(), std::nullopt);
}

TEST_F(SchedulerTest, ATimerGoesWithTheStateThatNeededIt) {
  TaskSpec retried = Bash("b");
  retried.retries = 1;
  core::Run& run = Start(MakeDag({WithTimeout(Bash("a"), std::chrono::hours(1)), retried},
                                 [](DagSpec& s) { s.dagrun_timeout = std::chrono::hours(9); }));
  s_.Tick(kNow);
  EXPECT_EQ(s_.timers(), 1u) << "the run's";
  s_.Handle(RunId(1), Claim{run.attempt(kA), "w1"}, kNow);
  Finish(run.attempt(kB), Outcome::kFailed);
  EXPECT_EQ(s_.timers(), 3u);
  s_.Handle(RunId(1), SetTasks{{kA, kB}, TiState::kFailed}, kNow);
  EXPECT_EQ(s_.timers(), 0u) << "marked by hand, though the process of one still runs";
  s_.Handle(RunId(1), ClearTasks{{kB}}, kNow);
  EXPECT_EQ(s_.Audit(), "");
  s_.Flow(kNow);
  EXPECT_EQ(s_.NextWake(), kNow + std::chrono::hours(9)) << "the new start's";
  EXPECT_EQ(s_.Audit(), "");
}

// The first word may be lost with the connection, and a keeper that hangs may come to.
TEST_F(SchedulerTest, ATaskOverItsTimeIsCancelledUntilItIsGone) {
  core::Run& run = Start(MakeDag({WithTimeout(Bash("a"), std::chrono::minutes(1))}));
  s_.Handle(RunId(1), Claim{run.attempt(kA), "w1"}, kNow);
  TimePoint at = kNow + std::chrono::minutes(1) + Scheduler::kExecutionTimeoutMargin;
  for (int i = 0; i < 3; ++i, at += Scheduler::kExecutionTimeoutMargin) {
    s_.TakeOutput();
    EXPECT_EQ(s_.NextWake(), at);
    s_.Tick(at);
    EXPECT_EQ(s_.TakeOutput().cancels.size(), 1u);
  }
}

TEST_F(SchedulerTest, AClockThatIsSetBackKeepsNoRunFromItsStart) {
  const DagPtr dag = MakeDag({Bash("a")});
  s_.SetDag(dag, true);
  RunRow head = Head(1, RunState::kQueued);
  head.run_after = kNow + std::chrono::seconds(5);
  const core::Run& run = s_.AddRun(head, dag);
  s_.Tick(kNow + std::chrono::seconds(6));
  s_.SetPaused("d", false);
  s_.Flow(kNow);
  EXPECT_EQ(run.head.state, RunState::kRunning);
  EXPECT_EQ(s_.Audit(), "");
}

// Each run's end lets the next one's task succeed, at once and by itself: on one stack that would
// be as deep as there are runs.
TEST_F(SchedulerTest, ManyRunsThatWaitForEachOtherEndInOneTurn) {
  constexpr int64_t kRuns = 20'000;
  TaskSpec empty = Bash("a");
  empty.work = EmptyWork{};
  empty.depends_on_past = true;
  const DagPtr dag = MakeDag({empty}, [](DagSpec& s) { s.max_active_runs = kRuns; });
  s_.SetDag(dag, false);
  for (int64_t id = 1; id <= kRuns; ++id) {
    RunRow head = Head(id, RunState::kQueued);
    head.run_after = kNow;
    s_.AddRun(head, dag);
  }
  s_.Flow(kNow);
  EXPECT_EQ(s_.TakeOutput().needs_past.size(), static_cast<size_t>(kRuns));
  for (int64_t id = kRuns; id > 1; --id) {
    s_.Handle(RunId(id), PastKnown{RunId(id - 1), true, {false}}, kNow);
  }
  s_.Handle(RunId(1), PastKnown{}, kNow);
  EXPECT_EQ(s_.TakeOutput().ended.size(), static_cast<size_t>(kRuns));
  EXPECT_EQ(s_.Find(RunId(kRuns))->head.state, RunState::kSuccess);
  EXPECT_EQ(s_.Audit(), "");
}

}  // namespace
}  // namespace gale::core::testing
