// The auditor: memory that breaks an invariant is noticed, counted, and built anew from the ledger.
#include <spdlog/spdlog.h>

#include <condition_variable>

#include "master/engine/engine.h"
#include "tests/unit/master/engine/loop_fixture.h"
#include "tests/unit/master/engine/shared_clock.h"

namespace gale {
namespace {

class AuditorTest : public LoopTest {
 protected:
  AuditorTest() {
    spdlog::set_level(spdlog::level::off);
    // The engine has a loop of its own.
    GALE_CHECK(store_.ReleaseLeadership(loop_->epoch()).ok(), "release");
    loop_.reset();
  }
  void Start(std::optional<LeadershipOptions> leadership = std::nullopt) {
    engine_ = std::make_unique<Engine>(store_, queue_, &queue_, options_, time_, leadership);
    engine_->OnLeading([this](bool leads) {
      std::lock_guard lock(mutex_);
      told_.push_back(leads);
      changed_.notify_all();
    });
    ASSERT_TRUE(engine_->Start().ok());
    link_ = std::make_shared<ToldLink>();
    Do([&](Loop& loop) {
      loop.ReportFile(File("/dags/f.py", {MakeDag("d")}));
      run_ = loop.Trigger({.dag_id = "d"}, actor_).value();
      loop.OnHello(link_, Hello("w"));
    });
    ASSERT_EQ(link_->grants.size(), 1u);
  }
  // One turn, with its audit, if one is due: that is over when the turn after it has been.
  void Do(std::function<void(Loop&)> what) {
    for (const auto& turn : {std::move(what), std::function<void(Loop&)>([](Loop&) {})}) {
      if (!engine_->leads()) return;
      (void)engine_->Call<Status>([&](Loop& loop) {
        turn(loop);
        return OkStatus();
      });
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

  SharedClock time_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<bool> told_;  // what OnLeading said; behind mutex_
  RunRow run_;
  ToldLinkPtr link_;
  std::unique_ptr<Engine> engine_;  // ends first
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
  leadership.self = {"m", "m", "m:1", "", "", {}, {}};
  options_.owner = options_.instance = "m";
  Start(leadership);
  Do([&](Loop& loop) {
    ForgetInMemoryThatTheTaskRuns(loop);
    time_.Advance(Engine::kAuditInterval);
  });
  {
    std::unique_lock lock(mutex_);
    const std::vector<bool> expected = {true, false, true};
    ASSERT_TRUE(changed_.wait_for(lock, 20s, [&] { return told_ == expected; }));
  }
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
