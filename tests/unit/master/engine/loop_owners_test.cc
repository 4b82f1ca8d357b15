// Names and dates of runs, and attempts: whose they are.
#include "tests/unit/master/engine/loop_fixture.h"

namespace gale {
namespace {

class Dates : public LoopTest {
 protected:
  static TaskSpec Empty(const std::string& id) {
    TaskSpec task;
    task.task_id = id;
    return task;
  }
  DagSpec Minutely(int minutes) {
    DagSpec dag = MakeDag("d", {Empty("a")});
    dag.schedule.kind = ScheduleSpec::Kind::kDeltaTrigger;
    dag.schedule.delta = 60s;
    dag.start_date = clock_.Now();
    dag.end_date = clock_.Now() + minutes * 60s;
    dag.catchup = true;
    dag.max_active_runs = 1;
    return dag;
  }
  std::map<std::string, std::optional<TimePoint>> Runs() {
    std::map<std::string, std::optional<TimePoint>> runs;
    const auto page = store_.reads().ListRuns({}).value();
    for (const RunRow& row : page.rows) runs[row.run_id] = row.logical_date;
    return runs;
  }
  std::string Refusal(TriggerRequest request, Code code) {
    const Status status = Trigger(std::move(request)).status();
    EXPECT_EQ(status.code(), code) << status.ToString();
    return std::string(status.message());
  }
  std::string Why(const RunRow& run) {
    Result<Explanation> why = Internal("not asked");
    MustTurn([&](Loop& l) { why = l.Explain(run.dag_id, run.run_id, ""); });
    return fmt::format("{}", fmt::join(why->reasons, "; "));
  }
  static std::string Scheduled(TimePoint at) { return "scheduled__" + FormatTimeOffset(at); }
};

TEST_F(Dates, ANameOfTheSchedulersIsRefusedToPeople) {
  Know({MakeDag("d")});
  const std::string id = Scheduled(clock_.Now());
  EXPECT_EQ(Refusal({.dag_id = "d", .run_id = id}, Code::kInvalidArgument),
            "run_id: '" + id +
                "': names that begin with 'scheduled__' are the scheduler's own; take another, as "
                "'manual__...'");
  Refusal({.dag_id = "d", .run_id = "backfill__x"}, Code::kInvalidArgument);
  EXPECT_TRUE(Trigger({.dag_id = "d", .run_id = "scheduled_by_me"}).ok());
}

// The DAG stood still after one run, and that interval never ran.
TEST_F(Dates, ADueRunWhoseNameAnOlderLedgerHasIsMadeUnderAnotherAndNoneIsLost) {
  const TimePoint start = clock_.Now() + 1us;  // Restart's
  Know({MakeDag("d", {Empty("a")})});
  const RunRow odd = MustTrigger("d");
  CommitBatch batch;
  batch.runs = {odd};
  batch.runs[0].id = RunId(1000);
  batch.runs[0].run_id = Scheduled(start + 120s);
  batch.runs[0].state = RunState::kSuccess;
  batch.runs[0].logical_date = start - 3600s;
  ASSERT_TRUE(inner_->Commit(loop_->epoch(), batch).ok());
  Restart();
  Know({Minutely(4)}, "2");
  for (int i = 0; i < 6; ++i) Pass(60s);
  std::set<TimePoint> made;
  for (const auto& [id, date] : Runs()) {
    if (date && *date >= start) made.insert(*date);
  }
  std::set<TimePoint> due;
  for (int i = 0; i <= 4; ++i) due.insert(start + i * 60s);
  EXPECT_EQ(made, due);
  EXPECT_EQ(Runs().at(Scheduled(start + 120s)), start - 3600s);
}

TEST_F(Dates, ADateHasOneRunBeItInMemoryOrNot) {
  const TimePoint date = clock_.Now() - 3600s;
  Know({MakeDag("d", {Empty("a")}), MakeDag("e")});
  for (const std::string dag :
       {"d", "e"}) {  // the first ends at once, the second waits for a worker
    ASSERT_TRUE(Trigger({.dag_id = dag, .run_id = "one", .logical_date = date}).ok());
    EXPECT_EQ(Refusal({.dag_id = dag, .run_id = "two", .logical_date = date}, Code::kAlreadyExists),
              fmt::format("DAG '{}' already has a run of the logical date {}: 'one'", dag,
                          FormatTime(date)));
    for (const std::string id : {"three", "four"}) {
      EXPECT_TRUE(Trigger({.dag_id = dag, .run_id = id, .no_logical_date = true}).ok());
    }
  }
}

TEST_F(Dates, RunsOfOneInstantThatNameNoDateHaveOneEach) {
  DagSpec old = MakeDag("old", {Empty("a")});
  old.profile = "2";
  Know({old});
  std::set<TimePoint> dates;
  for (int i = 0; i < 3; ++i) dates.insert(*MustTrigger("old").logical_date);
  EXPECT_EQ(dates.size(), 3u);
  EXPECT_EQ(*dates.begin(), clock_.Now());
  Pass(1s);
  EXPECT_EQ(MustTrigger("old").logical_date, clock_.Now());
}

TEST_F(Dates, TheSchedulerMakesNoRunOfADateThatHasOne) {
  const TimePoint start = clock_.Now();
  Know({Minutely(3)});
  ASSERT_TRUE(Trigger({.dag_id = "d", .run_id = "mine", .logical_date = start + 120s}).ok());
  for (int i = 0; i < 5; ++i) Pass(60s);
  const auto runs = Runs();
  EXPECT_EQ(runs.size(), 4u);
  EXPECT_FALSE(runs.contains(Scheduled(start + 120s)));
  EXPECT_TRUE(runs.contains(Scheduled(start + 180s)));
}

TEST_F(Dates, ARunOfALaterDateIsQueuedUntilThenAndSaysSo) {
  Know({MakeDag("d", {Empty("a")})});
  const TimePoint date = clock_.Now() + 3600s;
  const RunRow run = Trigger({.dag_id = "d", .run_id = "r", .logical_date = date}).value();
  Pass(3599s);
  EXPECT_EQ(StateOf(run.id), RunState::kQueued);
  EXPECT_NE(Why(run).find("may not start before " + FormatTime(date)), std::string::npos)
      << Why(run);
  Pass(1s);
  EXPECT_EQ(StateOf(run.id), RunState::kSuccess);
}

TEST_F(Dates, ADateAfterTheDagsEndIsRefused) {
  DagSpec dag = MakeDag("d");
  dag.end_date = clock_.Now() + 60s;
  Know({dag});
  const TimePoint late = clock_.Now() + 61s;
  EXPECT_EQ(Refusal({.dag_id = "d", .logical_date = late}, Code::kInvalidArgument),
            fmt::format("logical_date: {} is after the end_date of DAG 'd', {}", FormatTime(late),
                        FormatTime(*dag.end_date)));
  EXPECT_TRUE(Trigger({.dag_id = "d", .logical_date = dag.end_date}).ok());
}

class Holders : public LoopTest {};

// Any worker could end any attempt.
TEST_F(Holders, AWorkerEndsOnlyWhatItHolds) {
  Know({MakeDag("d")});
  const RunRow run = MustTrigger("d");
  auto holder = Connect(Hello("w")), other = Connect(Hello("x"));
  ASSERT_EQ(holder->grants.size(), 1u);
  const AttemptId id = holder->grants[0];
  MustTurn([&](Loop& l) { l.OnFinished(other, Ended(id, core::Outcome::kFailed)); });
  EXPECT_EQ(Ti(run.id).state, TiState::kRunning);
  EXPECT_EQ(other->acks, std::vector{id}) << "it shall not say so for ever";
  WorkerHello hello = Hello("y");
  hello.spooled = {Ended(id, core::Outcome::kFailed)};
  Connect(hello);
  EXPECT_EQ(Ti(run.id).state, TiState::kRunning);
  MustTurn([&](Loop& l) { l.OnFinished(holder, Ended(id)); });
  EXPECT_EQ(StateOf(run.id), RunState::kSuccess);
}

TEST_F(Holders, TheResultOfARunThatAnotherMasterMadeIsNotAcked) {
  Know({MakeDag("d")});
  auto link = Connect(Hello("w"));
  MustTurn([&](Loop& l) { l.OnFinished(link, Ended({RunId(7), TaskIndex(0), kUnmapped, 1})); });
  EXPECT_TRUE(link->acks.empty());
}

}  // namespace
}  // namespace gale
