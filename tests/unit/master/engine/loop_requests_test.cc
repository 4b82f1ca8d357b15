// What people ask for and what DAG files say.
#include "tests/unit/master/engine/loop_fixture.h"

namespace gale {
namespace {

class Requests : public LoopTest {};

TEST_F(Requests, ARunIsNamedAfterItsTimeAndASecondOneAtThatTimeGetsItsNumber) {
  Know({MakeDag("d")});
  const RunRow first = MustTrigger("d"), second = MustTrigger("d");
  EXPECT_EQ(first.run_id, "manual__" + FormatTimeOffset(clock_.Now()));
  EXPECT_EQ(second.run_id, first.run_id + "_2");
  EXPECT_EQ(store_.reads().GetRunById(second.id)->run_id, second.run_id);
  EXPECT_EQ(first.triggering_user, "admin");
}

TEST_F(Requests, ARunIdIsTakenOnceAlsoIfItsRunHasLeftMemory) {
  TaskSpec empty;
  empty.task_id = "a";
  Know({MakeDag("d", {empty})});
  const RunRow row = Trigger({.dag_id = "d", .run_id = "mine"}).value();
  EXPECT_EQ(StateOf(row.id), RunState::kSuccess);
  EXPECT_EQ(loop_->scheduler().Find(row.id), nullptr);
  EXPECT_EQ(Trigger({.dag_id = "d", .run_id = "mine"}).status().code(), Code::kAlreadyExists);
}

// It used to be loaded under a number that this master had given to another run, for ever.
TEST_F(Requests, ARunOfTheMasterThatTookOverIsNotTakenForOurs) {
  Know({MakeDag("d")});
  Loop successor(*inner_, queue_, served_, options_);
  ASSERT_TRUE(successor.Recover(clock_.Now(), clock_.Mono()).ok());
  successor.BeginTurn(clock_.Now(), clock_.Mono());
  ASSERT_TRUE(successor.Trigger({.dag_id = "d", .run_id = "theirs"}, actor_).ok());
  ASSERT_TRUE(successor.EndTurn().ok());

  std::vector<Status> there;
  auto ask = [&] {
    loop_->WithRun("d", "theirs", [&](Loop&, const Status& s) { there.push_back(s); });
  };
  ASSERT_TRUE(OneTurn([&](Loop&) { ask(); }).ok());
  auto needs = loop_->TakeNeeds();
  ASSERT_EQ(needs.size(), 1u);
  ASSERT_TRUE(OneTurn([&](Loop& l) {
                l.Answer(Read(needs[0]));
                ask();
              }).ok());
  needs = loop_->TakeNeeds();
  ASSERT_EQ(needs.size(), 1u);
  loop_->BeginTurn(clock_.Now(), clock_.Mono());
  EXPECT_TRUE(loop_->Trigger({.dag_id = "d", .run_id = "ours"}, actor_).ok());
  loop_->Answer(Read(needs[0]));
  ASSERT_EQ(there.size(), 2u);
  for (const Status& status : there) EXPECT_EQ(status.code(), Code::kUnavailable);
  EXPECT_EQ(loop_->EndTurn().code(), Code::kAborted);
}

TEST_F(Requests, UnknownStaleAndOversizedAreRefusedByName) {
  EXPECT_EQ(Trigger({.dag_id = "none"}).status().code(), Code::kNotFound);
  Know({MakeDag("d")});
  TriggerRequest big{.dag_id = "d"};
  big.conf_json = std::string((1 << 20) + 1, ' ');
  EXPECT_EQ(Trigger(big).status().code(), Code::kInvalidArgument);
  EXPECT_EQ(Trigger({.dag_id = "d", .run_id = "a/b"}).status().code(), Code::kInvalidArgument);
  Know({});
  auto stale = Trigger({.dag_id = "d"});
  EXPECT_EQ(stale.status().code(), Code::kNotFound);
  EXPECT_NE(stale.status().message().find("/dags/f.py"), std::string::npos);
}

TEST_F(Requests, TheLogicalDateFollowsTheFilesGeneration) {
  DagSpec old = MakeDag("old");
  old.profile = "2";
  Know({old, MakeDag("new")});
  EXPECT_EQ(MustTrigger("old").logical_date, clock_.Now());
  EXPECT_EQ(MustTrigger("new").logical_date, std::nullopt);
  TriggerRequest none{.dag_id = "old", .run_id = "x"};
  none.no_logical_date = true;
  EXPECT_EQ(Trigger(none)->logical_date, std::nullopt);
}

TEST_F(Requests, ARunOfAPausedDagIsAcceptedAndWaits) {
  Know({MakeDag("d")});
  ASSERT_TRUE(Turn([&](Loop& l) { ASSERT_TRUE(l.SetPaused("d", true, actor_).ok()); }).ok());
  const RunRow row = MustTrigger("d");
  EXPECT_EQ(StateOf(row.id), RunState::kQueued);
  ASSERT_TRUE(Turn([&](Loop& l) { ASSERT_TRUE(l.SetPaused("d", false, actor_).ok()); }).ok());
  EXPECT_EQ(StateOf(row.id), RunState::kRunning);
}

TEST_F(Requests, AFinishedRunIsClearedFromTheLedger) {
  Know({MakeDag("d")});
  const RunRow row = MustTrigger("d");
  auto link = Connect(Hello("w"));
  ASSERT_EQ(link->grants.size(), 1u);
  MustTurn([&](Loop& l) { l.OnFinished(link, Ended(link->grants[0])); });
  EXPECT_EQ(StateOf(row.id), RunState::kSuccess);
  ClearRequest clear{.dag_id = "d", .run_id = row.run_id};
  auto cleared = OnRun<Result<std::vector<TiRow>>>("d", row.run_id,
                                                   [&](Loop& l) { return l.Clear(clear, actor_); });
  EXPECT_EQ(cleared->size(), 1u);
  EXPECT_EQ(StateOf(row.id), RunState::kRunning);
  ASSERT_EQ(link->grants.size(), 2u);
  EXPECT_EQ(link->grants[1].try_number, 2u);
}

TEST_F(Requests, PoolsAreCheckedAndTheDefaultOneStays) {
  MustTurn([&](Loop& l) {
    EXPECT_EQ(l.SetPool({.name = "p", .slots = -2}, actor_).status().code(),
              Code::kInvalidArgument);
    EXPECT_EQ(l.DeletePool("default_pool", actor_).code(), Code::kInvalidArgument);
    EXPECT_EQ(l.DeletePool("none", actor_).code(), Code::kNotFound);
    EXPECT_TRUE(l.SetPool({.name = "p", .slots = 3}, actor_).ok());
  });
  EXPECT_EQ(store_.LoadLive()->pools.size(), 2u);
}

class Files : public LoopTest {};

TEST_F(Files, AnotherHashIsAnotherVersionAndRunsKeepTheirs) {
  Know({MakeDag("d")});
  const RunRow old = MustTrigger("d");
  Know({MakeDag("d", {Bash("a"), Bash("b")})}, "2");
  Know({MakeDag("d", {Bash("a"), Bash("b")})}, "2");
  EXPECT_EQ(store_.reads().GetDag("d")->version, 2);
  EXPECT_EQ(MustTrigger("d").version, 2);
  EXPECT_EQ(loop_->scheduler().Find(old.id)->size(), 1u);
  Restart();
  EXPECT_EQ(loop_->scheduler().Find(old.id)->size(), 1u);
}

TEST_F(Files, ADagThatTwoFilesDefineStaysWithTheFirstAndIsTheSecondsError) {
  Know({MakeDag("d")});
  MustTurn([&](Loop& l) { l.ReportFile(File("/dags/g.py", {MakeDag("d"), MakeDag("e")})); });
  EXPECT_EQ(store_.reads().GetDag("d")->fileloc, "/dags/f.py");
  EXPECT_EQ(store_.reads().GetDag("e")->fileloc, "/dags/g.py");
  auto errors = store_.reads().ListImportErrors({}).value().rows;
  ASSERT_EQ(errors.size(), 1u);
  EXPECT_NE(errors[0].stack_trace.find("/dags/f.py"), std::string::npos);
  // The first file gives it up: the second has it.
  Know({});
  MustTurn([&](Loop& l) { l.ReportFile(File("/dags/g.py", {MakeDag("d"), MakeDag("e")})); });
  EXPECT_EQ(store_.reads().GetDag("d")->fileloc, "/dags/g.py");
  EXPECT_TRUE(store_.reads().ListImportErrors({})->rows.empty());
}

TEST_F(Files, ABadDagHidesNoGoodOneOfItsFileAndStaysAsItWas) {
  Know({MakeDag("bad"), MakeDag("good")});
  FileReport report = File("/dags/f.py", {MakeDag("good"), MakeDag("more")}, "2");
  report.error = "DAG 'bad': no such schedule";
  MustTurn([&](Loop& l) { l.ReportFile(report); });
  EXPECT_EQ(store_.reads().GetDag("good")->version, 2);
  EXPECT_FALSE(store_.reads().GetDag("more")->is_stale);
  EXPECT_FALSE(store_.reads().GetDag("bad")->is_stale);
  EXPECT_EQ(store_.reads().ListImportErrors({})->rows.at(0).stack_trace, report.error);
  Know({MakeDag("more")});
  EXPECT_TRUE(store_.reads().GetDag("bad")->is_stale);
  EXPECT_TRUE(store_.reads().ListImportErrors({})->rows.empty());
}

TEST_F(Files, ABrokenFileKeepsItsDagsAndItsErrorGoesWhenItHeals) {
  Know({MakeDag("d")});
  FileReport broken{.fileloc = "/dags/f.py", .error = "SyntaxError"};
  MustTurn([&](Loop& l) { l.ReportFile(broken); });
  EXPECT_FALSE(store_.reads().GetDag("d")->is_stale);
  EXPECT_EQ(store_.reads().ListImportErrors({})->rows.size(), 1u);
  Restart();
  Know({MakeDag("d")});
  EXPECT_TRUE(store_.reads().ListImportErrors({})->rows.empty());
  MustTurn([&](Loop& l) { l.ReportFileGone("/dags/f.py"); });
  EXPECT_TRUE(store_.reads().GetDag("d")->is_stale);
  EXPECT_TRUE(loop_->KnownFiles().empty());
}

// A build that can't read a stored version used to give its new one the number 1, over the old one.
TEST_F(Files, ADagWhoseStoredVersionCanNotBeReadGetsTheNextNumber) {
  Know({MakeDag("d")});
  Know({MakeDag("d")}, "2");
  specs_.clear();
  Restart();
  Know({MakeDag("d", {Bash("x"), Bash("y")})}, "3");
  EXPECT_EQ(store_.reads().GetDag("d")->version, 3);
  EXPECT_EQ(store_.reads().GetDagVersion("d", 3)->spec, "d#3");
}

class CalendarInTheLoop : public LoopTest {};

TEST_F(CalendarInTheLoop, RunsAreMadeWhenDueAndItsPlaceOutlivesTheMaster) {
  DagSpec dag = MakeDag("d");
  dag.schedule.kind = ScheduleSpec::Kind::kDeltaTrigger;
  dag.schedule.delta = 60s;
  dag.start_date = clock_.Now();
  dag.catchup = true;
  Know({dag});
  auto count = [&] { return store_.reads().ListRuns({})->total; };
  const uint64_t before = count();
  Pass(60s);
  EXPECT_EQ(count(), before + 1);
  Restart();
  EXPECT_EQ(count(), before + 1) << "not made again";
  Pass(60s);
  EXPECT_EQ(count(), before + 2);
  std::set<TimePoint> dates;
  const auto runs = store_.reads().ListRuns({}).value();
  for (const RunRow& row : runs.rows) {
    EXPECT_TRUE(dates.insert(*row.logical_date).second);
    EXPECT_EQ(row.run_id, "scheduled__" + FormatTimeOffset(row.run_after));
  }
}

TEST_F(LoopTest, APoolThatIsToHoldDeferredTasksIsRefused) {
  Status status;
  MustTurn([&](Loop& l) {
    status = l.SetPool({.name = "p", .slots = 1, .include_deferred = true}, actor_).status();
  });
  EXPECT_EQ(status.code(), Code::kInvalidArgument);
}

TEST_F(LoopTest, ADagThatIsGoneSaysSinceWhen) {
  Know({MakeDag("d")});
  MustTurn([](Loop& l) { l.ReportFileGone("/dags/f.py"); });
  EXPECT_EQ(store_.reads().GetDag("d")->last_expired, clock_.Now());
}

}  // namespace
}  // namespace gale
