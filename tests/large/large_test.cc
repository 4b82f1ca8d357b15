// Large scenarios of the core: wide fans, thousands of runs, long timeouts. What small DAGs don't
// show: what is never given back, what grows faster than what it is for, what goes too deep.
#include <gtest/gtest.h>

#include "master/core/scheduler.h"
#include "tests/large/memory.h"
#include "tests/unit/master/core/dags.h"

namespace gale::core::testing {
namespace {

using large::HeapBytes;
using large::HeapBytesPeak;
using std::chrono::hours;
using std::chrono::seconds;

constexpr size_t kKiB = 1024, kMiB = 1024 * kKiB;

// A scheduler, and workers that do at once what they are given.
class Large : public ::testing::Test {
 protected:
  void SetUp() override { s_.admission().SetPool("default_pool", -1); }

  void Trigger(const DagPtr& dag) {
    RunRow head = Head(++runs_, RunState::kQueued);
    head.dag_id = dag->id();
    head.run_after = now_;
    s_.AddRun(std::move(head), dag);
  }
  // Everything that can, goes on: nothing waits when it returns but for a time or a worker.
  void Settle() {
    for (;;) {
      s_.Tick(now_);
      s_.Flow(now_);
      Output out = s_.TakeOutput();
      ended_ += out.ended.size();
      pushed_.insert(pushed_.end(), std::make_move_iterator(out.pushes.begin()),
                     std::make_move_iterator(out.pushes.end()));
      for (RunId id : out.needs_past) AnswerPast(id);
      s_.UnloadAtRest(out.ended);
      if (out.needs_past.empty()) return;
    }
  }
  void Claim() {
    for (const QueuedAttempt& q : pushed_) {
      if (s_.Handle(q.attempt.run, core::Claim{q.attempt, "w"}, now_).granted) {
        running_.push_back(q.attempt);
      }
    }
    pushed_ = {};
  }
  void Finish(Outcome outcome = Outcome::kSuccess) {
    for (const AttemptId& id : std::exchange(running_, {})) {
      AttemptFinished done;
      done.attempt = id;
      done.outcome = outcome;
      s_.Handle(id.run, done, now_);
      ++attempts_;
    }
  }
  void WorkOff() {
    for (Settle(); !pushed_.empty(); Settle()) {
      Claim();
      Finish();
    }
  }
  void AnswerPast(RunId id) {
    const core::Run& run = *s_.Find(id);
    PastKnown past;
    if (const core::Run* previous = s_.LivePrevious(run)) {
      past.exists = true;
      past.run = previous->id();
      for (uint32_t i = 0; i < run.size(); ++i) {
        past.ok.push_back(Scheduler::PastAllows(*previous, run.dag(), TaskIndex(i)));
      }
    }
    s_.Handle(id, past, now_);
  }

  Scheduler s_;
  TimePoint now_{seconds(1'700'000'000)};
  int64_t runs_ = 0;
  size_t ended_ = 0, attempts_ = 0;
  std::vector<QueuedAttempt> pushed_;
  std::vector<AttemptId> running_;
};

// Bug 4 of the review of November 2026: a timer stayed until it fired, which with a day's timeout
// and a thousand tasks a second were 86 million.
TEST_F(Large, TensOfThousandsOfShortTasksWithALongTimeoutHoldNothing) {
  TaskSpec task = Bash("a");
  task.execution_timeout = hours(24);
  const DagPtr dag = MakeDag({task}, [](DagSpec& s) { s.dagrun_timeout = hours(24 * 7); });
  s_.SetDag(dag, false);
  auto some = [&](int n) {
    for (int i = 0; i < n; ++i) {
      Trigger(dag);
      WorkOff();
      now_ += std::chrono::milliseconds(1);
    }
  };
  some(1000);
  const size_t before = HeapBytes();
  some(30'000);
  EXPECT_EQ(attempts_, 31'000u);
  EXPECT_EQ(ended_, 31'000u);
  EXPECT_EQ(s_.timers(), 0u);
  EXPECT_LE(HeapBytes(), before + 64 * kKiB);
  EXPECT_EQ(s_.Audit(), "");
}

TEST_F(Large, AWideFanCostsSoMuchATaskAndGivesItBack) {
  constexpr uint32_t kWidth = 20'000;
  std::vector<TaskSpec> tasks = {Bash("first"), Bash("last")};
  for (uint32_t i = 0; i < kWidth; ++i) {
    tasks.push_back(Bash(fmt::format("t{}", i), {"last"}));
    tasks.back().execution_timeout = hours(24);
    tasks[0].downstream_task_ids.push_back(tasks.back().task_id);
  }
  const DagPtr dag = MakeDag(std::move(tasks), [](DagSpec& s) { s.max_active_tasks = kWidth; });
  s_.SetDag(dag, false);
  size_t rounds = 0;
  auto round = [&](size_t keeps) {
    const size_t before = HeapBytes();
    Trigger(dag);
    Settle();
    Claim();
    Finish();  // the first: now the fan is open
    Settle();
    Claim();
    EXPECT_EQ(running_.size(), kWidth);
    EXPECT_EQ(s_.timers(), kWidth);
    // 64 for the instance; the rest are its places in admission, timers, among the live and in the
    // book of what waits and runs, by queue.
    EXPECT_LE(HeapBytes() - before, kWidth * 670);
    EXPECT_EQ(s_.Audit(), "");
    Finish();
    WorkOff();
    EXPECT_EQ(ended_, ++rounds);
    EXPECT_EQ(s_.timers(), 0u);
    running_ = {};
    pushed_ = {};
    EXPECT_LE(HeapBytes(), before + keeps);
  };
  round(kWidth * 100);  // tables keep the room that they once needed
  round(64 * kKiB);
}

TEST_F(Large, AMapOfAHundredThousandIsOneEntryThatWaits) {
  constexpr size_t kWidth = 100'000;
  TaskSpec mapped = Bash("m", {"last"});
  mapped.expand = ExpandSpec{{{"x", {.json = "[0"}}}};
  std::string& json = mapped.expand->arguments[0].source.json;
  for (size_t i = 1; i < kWidth; ++i) json += ",0";
  json += "]";
  const DagPtr dag = MakeDag({mapped, Bash("last")});
  s_.SetDag(dag, false);
  const size_t before = HeapBytes();
  Trigger(dag);
  Settle();
  EXPECT_EQ(pushed_.size(), dag->spec().max_active_tasks);
  EXPECT_EQ(s_.admission().Usage("default_pool").waiting, kWidth - pushed_.size());
  EXPECT_LE(HeapBytes() - before, kWidth * 64);
  EXPECT_EQ(s_.Audit(), "");
  WorkOff();
  EXPECT_EQ(attempts_, kWidth + 1);
  EXPECT_EQ(ended_, 1u);
  running_ = {};
  pushed_ = {};
  EXPECT_LE(HeapBytes(), before + 256 * kKiB);
}

TEST_F(Large, ThousandsOfRunsAtOnceCostSoMuchARunAndGiveItBack) {
  constexpr int kRuns = 5000;
  std::vector<TaskSpec> tasks = {Bash("a", {"b"}), Bash("b", {"c"}), Bash("c")};
  for (TaskSpec& task : tasks) {
    task.retries = 3;
    task.retry_delay = hours(1);
  }
  const DagPtr dag = MakeDag(std::move(tasks), [](DagSpec& s) {
    s.max_active_runs = kRuns;
    s.dagrun_timeout = hours(24 * 30);
  });
  s_.SetDag(dag, false);
  size_t rounds = 0;
  auto round = [&](size_t keeps) {
    const size_t before = HeapBytes();
    large::ResetPeak();
    for (int i = 0; i < kRuns; ++i) Trigger(dag);
    Settle();
    Claim();
    Finish(Outcome::kFailed);  // every one waits for its second try
    Settle();
    EXPECT_EQ(s_.timers(), 2u * kRuns) << "a retry and a dagrun_timeout each";
    EXPECT_LE(HeapBytes() - before, kRuns * 6 * kKiB);
    EXPECT_EQ(s_.Audit(), "");
    now_ += hours(1);
    WorkOff();
    EXPECT_EQ(ended_, kRuns * ++rounds);
    EXPECT_EQ(s_.timers(), 0u);
    running_ = {};
    pushed_ = {};
    EXPECT_LE(HeapBytes(), before + keeps);
    EXPECT_LE(HeapBytesPeak() - before, 64 * kMiB);
  };
  round(kRuns * 128);
  round(64 * kKiB);
}

// Bug 17: the last one's end would be as deep on the stack as there are runs.
TEST_F(Large, ThousandsOfRunsThatEachWaitForTheOneBefore) {
  constexpr int kRuns = 3000;
  TaskSpec gate = Bash("gate", {"after"}), after = Bash("after");
  gate.depends_on_past = true;
  after.work = EmptyWork{};
  after.depends_on_past = true;
  const DagPtr dag = MakeDag({gate, after}, [](DagSpec& s) { s.max_active_runs = kRuns; });
  s_.SetDag(dag, false);
  const size_t before = HeapBytes();
  for (int i = 0; i < kRuns; ++i) Trigger(dag);
  WorkOff();
  EXPECT_EQ(ended_, static_cast<size_t>(kRuns));
  EXPECT_TRUE(s_.runs().empty());
  running_ = {};
  pushed_ = {};
  EXPECT_LE(HeapBytes(), before + 256 * kKiB);
}

}  // namespace
}  // namespace gale::core::testing
