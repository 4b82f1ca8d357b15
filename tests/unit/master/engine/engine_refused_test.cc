// A row that the ledger refuses: whoever brought it is told, nobody else notices, and it is not tried
// again.
#include <future>

#include "tests/unit/master/engine/engine_fixture.h"

namespace gale {
namespace {

constexpr auto kPatience = 20s;

class RefusedTest : public RunningEngineTest {
 protected:
  // The rows that hold this text are refused, without saying which; or by their place.
  static constexpr std::string_view kBad = "bad\x01";

  RefusedTest() {
    store_.refuse = [this](const CommitBatch& batch) { return Find(batch); };
  }
  ~RefusedTest() override { engine_.reset(); }

  void Start() {
    options_.lease = 24h;  // a clock that leaps loses nobody
    LeadershipOptions leadership;
    leadership.lease = 24h;
    StartOn(store_, leadership);
    epoch_ = inner_->GetLeader()->epoch;
  }
  // Nothing of the engine's state was lost.
  void ExpectStillLeading() {
    EXPECT_EQ(inner_->GetLeader()->epoch, epoch_);
    std::lock_guard lock(mutex_);
    EXPECT_EQ(told_, std::vector<bool>{true});
    EXPECT_FALSE(link_->closed);
  }
  // All of these in one turn.
  void InOneTurn(std::vector<std::function<void(Loop&)>> mail) {
    std::promise<void> go, inside;
    std::shared_future<void> gate = go.get_future().share();
    auto first = std::make_shared<std::atomic<bool>>(true);
    ASSERT_TRUE(engine_->Post([&inside, gate, first](Loop&) {
      if (first->exchange(false)) inside.set_value();
      gate.wait();
    }));
    inside.get_future().wait();
    for (auto& one : mail) ASSERT_TRUE(engine_->Post(std::move(one)));
    go.set_value();
    ASSERT_TRUE(Call([](Loop&) {}).ok());
    ASSERT_TRUE(Call([](Loop&) {}).ok());
  }
  template <class R>
  std::function<void(Loop&)> Asking(std::function<R(Loop&)> what, std::shared_ptr<Status> answer) {
    return [what, answer](Loop& loop) {
      const R result = what(loop);
      loop.OnCommitted([answer](const Status& status) { *answer = status; });
      EXPECT_TRUE(result.ok());
    };
  }
  std::function<void(Loop&)> SetPool(const std::string& name, std::shared_ptr<Status> answer) {
    return Asking<Result<PoolRow>>(
        [=, this](Loop& l) { return l.SetPool({.name = name, .slots = 1}, actor_); }, answer);
  }
  std::set<std::string> Pools() {
    std::set<std::string> names;
    const auto pools = store_.LoadLive()->pools;
    for (const PoolRow& pool : pools) names.insert(pool.name);
    return names;
  }

  FaultyStore::Refusal Find(const CommitBatch& batch) {
    using List = BatchRow::List;
    const auto bad = [](const std::string& text) { return text.find(kBad) != text.npos; };
    auto refuse = [&](List list, size_t at, const std::string& name) -> FaultyStore::Refusal {
      ++refusals_;
      return {InvalidArgument("table t: {}: has a bad byte", name),
              says_which_ ? BatchRow{list, at} : BatchRow{}};
    };
    for (size_t i = 0; i < batch.pools.size(); ++i) {
      if (bad(batch.pools[i].name)) return refuse(List::kPools, i, "pool");
    }
    for (size_t i = 0; i < batch.xcoms.size(); ++i) {
      if (bad(batch.xcoms[i].key)) return refuse(List::kXComs, i, "XCom");
    }
    for (size_t i = 0; i < batch.dag_versions.size(); ++i) {
      if (bad(batch.dag_versions[i].spec)) return refuse(List::kDagVersions, i, "version");
    }
    for (size_t i = 0; i < batch.import_errors.size(); ++i) {
      const ImportErrorRow& row = batch.import_errors[i];
      if (bad(row.stack_trace) || bad(row.filename)) return refuse(List::kImportErrors, i, "error");
    }
    for (size_t i = 0; i < batch.workers.size(); ++i) {
      if (bad(batch.workers[i].host)) return refuse(List::kWorkers, i, "worker");
    }
    for (size_t i = 0; i < batch.tis.size(); ++i) {
      if (batch.tis[i].run.value == bad_run_) return refuse(List::kTis, i, "task instance");
    }
    for (size_t i = 0; i < batch.runs.size(); ++i) {
      if (bad_runs_.contains(batch.runs[i].run_id)) return refuse(List::kRuns, i, "run");
    }
    return {};
  }

  std::atomic<bool> says_which_{true};
  std::atomic<int> refusals_{0};
  std::atomic<int64_t> bad_run_{-1};
  std::set<std::string> bad_runs_;  // before the engine starts, or on its thread
  Epoch epoch_;
};

// It used to answer all of the turn with UNAVAILABLE, close every worker's link, and lead anew.
TEST_F(RefusedTest, ARequestWhoseRowIsRefusedIsToldAndNobodyElseNotices) {
  Start();
  for (bool says_which : {true, false}) {
    says_which_ = says_which;
    auto a = std::make_shared<Status>(Internal("no answer")), b = std::make_shared<Status>(*a),
         c = std::make_shared<Status>(*a);
    refusals_ = 0;
    InOneTurn({SetPool("a", a), SetPool("b" + std::string(kBad), b), SetPool("c", c)});
    EXPECT_TRUE(a->ok()) << a->ToString();
    EXPECT_EQ(b->code(), Code::kInvalidArgument);
    EXPECT_NE(b->message().find("table t: pool: has a bad byte"), std::string::npos);
    EXPECT_TRUE(c->ok()) << c->ToString();
    EXPECT_EQ(refusals_, 2) << "once with the others, once alone";
    EXPECT_EQ(Pools(), (std::set<std::string>{"default_pool", "a", "c"}));
    ExpectStillLeading();
  }
  // What ran goes on.
  ASSERT_TRUE(Call([&](Loop& l) { l.OnFinished(link_, Ended(link_->grants[0])); }).ok());
  EXPECT_EQ(StateOf(run_.id), RunState::kSuccess);
}

TEST_F(RefusedTest, AMessageThatBringsNothingAndAsksNothingIsDroppedWithIt) {
  Start();
  auto a = std::make_shared<Status>(Internal("no answer"));
  InOneTurn({[&](Loop& l) { (void)l.SetPool({.name = std::string(kBad), .slots = 1}, actor_); },
             SetPool("a", a)});
  EXPECT_TRUE(a->ok());
  EXPECT_EQ(Pools(), (std::set<std::string>{"default_pool", "a"}));
  ExpectStillLeading();
}

TEST_F(RefusedTest, AResultThatIsRefusedIsItsAttemptsFailureAndAcked) {
  Start();
  AttemptResult result = Ended(link_->grants[0]);
  result.xcoms = {{"key" + std::string(kBad), "1"}};
  auto a = std::make_shared<Status>(Internal("no answer"));
  InOneTurn({SetPool("a", a), [&](Loop& l) { l.OnFinished(link_, result); }});
  EXPECT_TRUE(a->ok());
  EXPECT_EQ(link_->acks, link_->grants);
  EXPECT_EQ(Ti(run_.id).state, TiState::kFailed);
  const auto attempts = store_.reads().ListAttempts({run_.id, TaskIndex(0)}).value();
  ASSERT_EQ(attempts.size(), 1u);
  EXPECT_NE(attempts[0].reason.find("refused by the ledger: table t: XCom"), std::string::npos)
      << attempts[0].reason;
  ExpectStillLeading();
}

// It used to be in each of its worker's Hellos, and each stopped the master.
TEST_F(RefusedTest, ASpooledResultThatIsRefusedLeavesTheOthersOfItsHelloAlone) {
  Start();
  RunRow other;
  ASSERT_TRUE(Call([&](Loop& l) { other = l.Trigger({.dag_id = "d"}, actor_).value(); }).ok());
  ASSERT_TRUE(Call([](Loop&) {}).ok());
  ASSERT_EQ(link_->grants.size(), 2u);
  WorkerHello hello = Hello("w");
  hello.spooled = {Ended(link_->grants[0]), Ended(link_->grants[1])};
  hello.spooled[0].xcoms = {{std::string(kBad), "1"}};
  hello.spooled[1].xcoms = {{"k", "1"}};
  auto back = std::make_shared<ToldLink>();
  ASSERT_TRUE(Call([&](Loop& l) { l.OnHello(back, hello); }).ok());
  ASSERT_TRUE(Call([](Loop&) {}).ok());
  EXPECT_EQ(back->welcomes.size(), 1u);
  EXPECT_EQ(back->acks, link_->grants);
  EXPECT_EQ(Ti(run_.id).state, TiState::kFailed);
  EXPECT_EQ(Ti(other.id).state, TiState::kSuccess);
  EXPECT_FALSE(back->closed);
  EXPECT_EQ(inner_->GetLeader()->epoch, epoch_);
}

TEST_F(RefusedTest, AWorkerWhoseOwnRowIsRefusedIsToldSoAndGoes) {
  Start();
  WorkerHello hello = Hello("v");
  hello.host = kBad;
  auto link = std::make_shared<ToldLink>();
  auto a = std::make_shared<Status>(Internal("no answer"));
  InOneTurn({[&](Loop& l) { l.OnHello(link, hello); }, SetPool("a", a)});
  ASSERT_TRUE(link->closed);
  EXPECT_EQ(link->closed->code(), Code::kInvalidArgument);
  EXPECT_TRUE(link->welcomes.empty());
  EXPECT_TRUE(a->ok());
  ExpectStillLeading();
}

// Before its Hello is done again nothing is sent to it, whatever waits in the queue.
TEST_F(RefusedTest, AHelloBesideARefusedRowIsWelcomedBeforeItIsGranted) {
  served_ = &queue_;
  Start();
  ASSERT_TRUE(Call([&](Loop& l) {
                for (int i = 0; i < 3; ++i) (void)l.Trigger({.dag_id = "d"}, actor_);
              }).ok());
  struct Ordered : ToldLink {
    void SendGrant(const Grant& grant) override {
      EXPECT_EQ(welcomes.size(), 1u);
      ToldLink::SendGrant(grant);
    }
  };
  auto link = std::make_shared<Ordered>();
  InOneTurn({[&](Loop& l) { (void)l.SetPool({.name = std::string(kBad), .slots = 1}, actor_); },
             [&](Loop& l) { l.OnHello(link, Hello("v")); }});
  EXPECT_EQ(link->welcomes.size(), 1u);
  EXPECT_EQ(link->grants.size(), 2u);
  ExpectStillLeading();
}

TEST_F(RefusedTest, ASpecThatIsRefusedIsAnImportErrorOfItsFile) {
  Start();
  FileReport report = File("/dags/two.py", {MakeDag("good"), MakeDag("wrong")});
  report.dags[1].bytes += kBad;
  ASSERT_TRUE(Call([&](Loop& l) { l.ReportFile(report); }).ok());
  ASSERT_TRUE(Call([](Loop&) {}).ok());
  EXPECT_TRUE(store_.reads().GetDag("good").ok());
  EXPECT_FALSE(store_.reads().GetDag("wrong").ok());
  const auto errors = store_.reads().ListImportErrors({}).value().rows;
  ASSERT_EQ(errors.size(), 1u);
  EXPECT_EQ(errors[0].filename, "/dags/two.py");
  EXPECT_NE(errors[0].stack_trace.find("DAG 'wrong' stays as it was: table t: version"),
            std::string::npos);
  ExpectStillLeading();
}

// A leader led ten times a second for ever: what it read first was refused.
TEST_F(RefusedTest, AnImportErrorThatIsRefusedIsReplacedByOneThatSaysSo) {
  Start();
  ASSERT_TRUE(Call([&](Loop& l) {
                l.ReportFile({"/dags/x.py", {}, "donn" + std::string(kBad) + "es.csv"});
              }).ok());
  ASSERT_TRUE(Call([](Loop&) {}).ok());
  auto errors = store_.reads().ListImportErrors({}).value().rows;
  ASSERT_EQ(errors.size(), 1u);
  EXPECT_EQ(errors[0].filename, "/dags/x.py");
  EXPECT_NE(errors[0].stack_trace.find("donnbad\\x01es.csv"), std::string::npos);

  const std::string name = "/dags/" + std::string(kBad) + ".py";
  ASSERT_TRUE(Call([&](Loop& l) { l.ReportFile({name, {}, "broken"}); }).ok());
  ASSERT_TRUE(Call([](Loop&) {}).ok());
  errors = store_.reads().ListImportErrors({}).value().rows;
  ASSERT_EQ(errors.size(), 2u);
  EXPECT_EQ(errors[1].filename, "/dags/bad\\x01.py");
  ASSERT_TRUE(Call([&](Loop& l) { l.ReportFileGone(name); }).ok());
  ASSERT_TRUE(Call([](Loop&) {}).ok());
  EXPECT_EQ(store_.reads().ListImportErrors({})->rows.size(), 1u);
  ExpectStillLeading();
}

// What the loop does by itself.

TEST_F(RefusedTest, ADueRunThatIsRefusedIsNotMadeAndTheNextOneIs) {
  Start();
  DagSpec spec = MakeDag("hourly");
  spec.schedule.kind = ScheduleSpec::Kind::kCronTrigger;
  spec.schedule.cron = "0 * * * *";
  spec.start_date = time_.Now();
  spec.catchup = true;
  ASSERT_TRUE(Call([&](Loop& l) { l.ReportFile(File("/dags/h.py", {spec})); }).ok());
  ASSERT_TRUE(Call([&](Loop&) {
                // The first tick after 1,700,000,000, which is 22:13:20.
                bad_runs_.insert("scheduled__2023-11-15T00:00:00+00:00");
                time_.Advance(3h);
              }).ok());
  auto names = [&] {
    std::set<std::string> out;
    const auto page = store_.reads().ListRuns({{.limit = 100}, "hourly"}).value();
    for (const RunRow& run : page.rows) {
      out.insert(run.run_id);
    }
    return out;
  };
  // What the ledger has of them is read beside the engine.
  const auto until = std::chrono::steady_clock::now() + kPatience;
  while (!names().contains("scheduled__2023-11-15T01:00:00+00:00") &&
         std::chrono::steady_clock::now() < until) {
    ASSERT_TRUE(Call([](Loop&) {}).ok());
  }
  EXPECT_FALSE(names().contains("scheduled__2023-11-15T00:00:00+00:00"));
  EXPECT_TRUE(names().contains("scheduled__2023-11-15T01:00:00+00:00"));
  EXPECT_EQ(refusals_, 2) << "and never again";
  ExpectStillLeading();
}

TEST_F(RefusedTest, ARunWhoseRowsAreRefusedByItselfIsSetAsideAndSaysWhy) {
  Start();
  DagSpec spec = MakeDag("slow", {Bash("a")});
  spec.tasks[0].retries = 1;
  spec.tasks[0].retry_delay = 10s;
  RunRow run;
  ASSERT_TRUE(Call([&](Loop& l) {
                l.ReportFile(File("/dags/s.py", {spec}));
                run = l.Trigger({.dag_id = "slow"}, actor_).value();
              }).ok());
  ASSERT_TRUE(Call([](Loop&) {}).ok());
  ASSERT_EQ(link_->grants.size(), 2u);
  ASSERT_TRUE(Call([&](Loop& l) {
                l.OnFinished(link_, Ended(link_->grants[1], core::Outcome::kFailed));
              }).ok());
  ASSERT_TRUE(Call([&](Loop&) {}).ok());
  ASSERT_TRUE(Call([&](Loop&) {
                bad_run_ = run.id.value;  // its retry falls due in this turn
                time_.Advance(20s);
              }).ok());
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(Call([](Loop&) {}).ok());
  EXPECT_EQ(refusals_, 2);
  auto why = engine_->CallOnRun<Result<Explanation>>(
      "slow", run.run_id, [&](Loop& l) { return l.Explain("slow", run.run_id, ""); });
  EXPECT_EQ(why.status().code(), Code::kFailedPrecondition);
  EXPECT_NE(why.status().message().find("table t: task instance: has a bad byte"),
            std::string::npos)
      << why.status().ToString();
  ExpectStillLeading();
}

TEST_F(RefusedTest, OneThatIsAloneKeepsItsWorkersToo) {
  StartOn(store_, std::nullopt);
  epoch_ = inner_->GetLeader()->epoch;
  auto b = std::make_shared<Status>(Internal("no answer"));
  InOneTurn({SetPool(std::string(kBad), b)});
  EXPECT_EQ(b->code(), Code::kInvalidArgument);
  ExpectStillLeading();
}

}  // namespace
}  // namespace gale
