// The auditor: memory that breaks an invariant is noticed, counted, and built anew from the ledger.
#include "tests/unit/master/engine/engine_fixture.h"

namespace gale {
namespace {

class AuditorTest : public RunningEngineTest {
 protected:
  void Start(std::optional<LeadershipOptions> leadership = std::nullopt) {
    StartOn(store_, leadership);
  }
  // One turn, with its audit, if one is due: that is over when the turn after it has been.
  void Do(std::function<void(Loop&)> what) {
    for (const auto& turn : {std::move(what), std::function<void(Loop&)>([](Loop&) {})}) {
      if (!engine_->leads()) return;
      (void)Call(turn);
    }
  }
  // The task runs on its worker, says the ledger; the master's memory knows of no such process.
  void ForgetInMemoryThatTheTaskRuns(Loop& loop) {
    auto& scheduler = const_cast<core::Scheduler&>(loop.scheduler());
    scheduler.Find(run_.id)->ClearLive(TaskIndex(0));
  }
  // Its worker comes back with the task running, and then with its result.
  void ExpectTheRunToEndFromTheLedger() {
    auto back = std::make_shared<ToldLink>();
    WorkerHello hello = Hello("w");
    hello.running = link_->grants;
    Do([&](Loop& loop) { loop.OnHello(back, hello); });
    ASSERT_EQ(back->welcomes.size(), 1u);
    EXPECT_EQ(back->welcomes[0].adopted, link_->grants);
    Do([&](Loop& loop) { loop.OnFinished(back, Ended(link_->grants[0])); });
    EXPECT_EQ(back->acks, link_->grants);
    EXPECT_EQ(StateOf(run_.id), RunState::kSuccess);
    EXPECT_EQ(Ti(run_.id).try_number, 1);
  }
};

TEST_F(AuditorTest, MemoryThatDisagreesWithItselfIsBuiltAnewAndTheRunGoesOn) {
  Start();
  Do([&](Loop& loop) {
    ForgetInMemoryThatTheTaskRuns(loop);
    time_.Advance(Engine::kAuditInterval);
  });
  const Engine::Audits audits = engine_->audits();
  EXPECT_EQ(audits.broken, 1u);
  EXPECT_NE(audits.last.find("task 'a' (running, try 1)"), std::string::npos) << audits.last;
  EXPECT_TRUE(engine_->healthy());
  ASSERT_TRUE(link_->closed) << "whoever is connected must say anew what it has";
  EXPECT_EQ(link_->closed->code(), Code::kUnavailable) << "it connects again";
  ExpectTheRunToEndFromTheLedger();

  Do([&](Loop&) { time_.Advance(Engine::kAuditInterval); });
  EXPECT_GT(engine_->audits().done, audits.done);
  EXPECT_EQ(engine_->audits().broken, 1u);
}

TEST_F(AuditorTest, OneOfSeveralLetsGoOfTheLeadForItAndLeadsAnew) {
  LeadershipOptions leadership;
  leadership.poll = 5ms;
  leadership.outage = 24h;  // a clock that leaps costs no lead here
  Start(leadership);
  Do([&](Loop& loop) {
    ForgetInMemoryThatTheTaskRuns(loop);
    time_.Advance(Engine::kAuditInterval);
  });
  ASSERT_TRUE(AwaitTold({true, false, true}));
  EXPECT_EQ(engine_->audits().broken, 1u);
  ExpectTheRunToEndFromTheLedger();
}

TEST_F(AuditorTest, ItLooksOnceAnInterval) {
  Start();
  const uint64_t done = engine_->audits().done;
  Do([&](Loop&) { time_.Advance(Engine::kAuditInterval - 1ms); });
  EXPECT_EQ(engine_->audits().done, done);
  Do([&](Loop&) { time_.Advance(1ms); });
  EXPECT_EQ(engine_->audits().done, done + 1);
  EXPECT_EQ(engine_->audits().broken, 0u);
}

}  // namespace
}  // namespace gale
