// prev_..._success in templates: a grant that says which run succeeded before waits for the ledger's
// answer, and only such a one.
#include "tests/unit/master/engine/loop_fixture.h"

namespace gale {
namespace {

class Success : public LoopTest {
 protected:
  void SetUp() override {
    TaskSpec asks = Bash("asks", {"plain"});
    std::get<BashWork>(asks.work).needs_previous_success = true;
    Know({MakeDag("d", {asks, Bash("plain")})});
    link_ = Connect(Hello("w", 1));
  }
  RunRow TriggerAt(int hour) {
    return Trigger({.dag_id = "d",
                    .logical_date = start_ + hour * 3600s,
                    .interval_start = start_ + hour * 3600s,
                    .interval_end = start_ + (hour + 1) * 3600s})
        .value();
  }
  void End(core::Outcome outcome = core::Outcome::kSuccess) {
    clock_.Advance(1s);
    link_->OnHeartbeat(clock_.Mono(), 10s, 1);
    const AttemptId id = link_->grants.back();
    MustTurn([&](Loop& l) { l.OnFinished(link_, Ended(id, outcome)); });
  }
  // Both tasks of the run that is on; what the first one was told.
  std::optional<PreviousSuccess> RunOut(core::Outcome last = core::Outcome::kSuccess) {
    const size_t first = link_->grants.size() - 1;
    End();
    EXPECT_EQ(link_->successes.back(), std::nullopt) << "nobody asked";
    End(last);
    return link_->successes.at(first);
  }

  const TimePoint start_ = clock_.Now() - 24 * 3600s;
  ToldLinkPtr link_;
};

TEST_F(Success, IsTheLatestSuccessfulRunOfAnEarlierDate) {
  TriggerAt(5);
  EXPECT_EQ(RunOut(), std::nullopt);
  TriggerAt(6);
  EXPECT_EQ(RunOut(core::Outcome::kFailed)->logical_date, start_ + 5 * 3600s);
  const RunRow third = TriggerAt(7);
  const std::optional<PreviousSuccess> told = RunOut();
  ASSERT_TRUE(told) << "the failed one doesn't count";
  EXPECT_EQ(told->logical_date, start_ + 5 * 3600s);
  EXPECT_EQ(told->interval_end, start_ + 6 * 3600s);
  EXPECT_TRUE(told->start_date && told->end_date && *told->start_date < *told->end_date);
  TriggerAt(5 - 1);
  EXPECT_EQ(RunOut(), std::nullopt) << "later dates don't count, whenever they ran";
  TriggerAt(8);
  EXPECT_EQ(RunOut()->logical_date, *third.logical_date);
  Trigger({.dag_id = "d", .no_logical_date = true}).value();
  EXPECT_EQ(RunOut(), std::nullopt) << "without a date there is none before";
}

TEST_F(Success, ItsGrantWaitsForTheAnswerAndIsSentOnce) {
  TriggerRequest request{.dag_id = "d", .logical_date = start_};
  EXPECT_TRUE(OneTurn([&](Loop& l) { l.Trigger(request, actor_).value(); }).ok());
  EXPECT_EQ(Ti(RunId(1)).state, TiState::kRunning);
  EXPECT_TRUE(link_->grants.empty());
  const std::vector<LedgerNeed> needs = loop_->TakeNeeds();
  ASSERT_EQ(needs.size(), 1u);
  LedgerAnswer unread = Read(needs[0]);
  unread.status = Unavailable("away");
  EXPECT_TRUE(OneTurn([&](Loop& l) { l.Answer(unread); }).ok());
  EXPECT_TRUE(link_->grants.empty());
  Pass(1s);
  EXPECT_EQ(link_->grants.size(), 1u);
  Pass(1s);
  EXPECT_EQ(link_->grants.size(), 1u);
}

TEST_F(Success, CancelledBeforeTheAnswerItEndsAndNobodyIsToldToRunIt) {
  TriggerRequest request{.dag_id = "d", .logical_date = start_};
  EXPECT_TRUE(OneTurn([&](Loop& l) { l.Trigger(request, actor_).value(); }).ok());
  const std::vector<LedgerNeed> needs = loop_->TakeNeeds();
  const LedgerAnswer answer = Read(needs.at(0));
  const std::string run_id = store_.reads().GetRunById(RunId(1))->run_id;
  EXPECT_TRUE(OneTurn([&](Loop& l) {
                l.Answer(answer);
                EXPECT_TRUE(l.SetRunState("d", run_id, RunState::kFailed, actor_).ok());
              }).ok());
  EXPECT_TRUE(link_->grants.empty());
  ASSERT_EQ(link_->refusals.size(), 1u) << "the worker keeps a slot for what it claimed";
  EXPECT_EQ(StateOf(RunId(1)), RunState::kFailed);
  EXPECT_FALSE(Ti(RunId(1)).live);
  TriggerAt(1);
  EXPECT_EQ(link_->grants.size(), 1u) << "its slot is free again";
}

TEST_F(Success, AWorkerThatComesBackIsToldAfterTheAnswer) {
  TriggerRequest request{.dag_id = "d", .logical_date = start_};
  EXPECT_TRUE(OneTurn([&](Loop& l) { l.Trigger(request, actor_).value(); }).ok());
  const std::vector<LedgerNeed> needs = loop_->TakeNeeds();
  EXPECT_TRUE(OneTurn([&](Loop& l) { l.OnDisconnected(link_); }).ok());
  EXPECT_TRUE(OneTurn([&](Loop& l) { l.Answer(Read(needs.at(0))); }).ok());
  link_ = Connect(Hello("w", 1));
  EXPECT_EQ(link_->grants.size(), 1u);
}

TEST_F(Success, AGrantToAConnectionThatIsReplacedInTheSameTurnIsSentAgain) {
  TriggerRequest request{.dag_id = "d", .logical_date = start_};
  EXPECT_TRUE(OneTurn([&](Loop& l) { l.Trigger(request, actor_).value(); }).ok());
  const std::vector<LedgerNeed> needs = loop_->TakeNeeds();
  auto second = std::make_shared<ToldLink>();
  MustTurn([&](Loop& l) {
    l.Answer(Read(needs.at(0)));
    l.OnHello(second, Hello("w", 1));
  });
  EXPECT_EQ(second->grants.size(), 1u);
}

TEST_F(Success, AMasterThatLeadsNoMoreLetsNoGrantOut) {
  TriggerRequest request{.dag_id = "d", .logical_date = start_};
  EXPECT_TRUE(OneTurn([&](Loop& l) { l.Trigger(request, actor_).value(); }).ok());
  const std::vector<LedgerNeed> needs = loop_->TakeNeeds();
  const LedgerAnswer answer = Read(needs.at(0));
  ASSERT_TRUE(store_.AcquireLeadership({.owner = "another"}).ok());
  EXPECT_EQ(OneTurn([&](Loop& l) { l.Answer(answer); }).code(), Code::kAborted);
  EXPECT_TRUE(link_->grants.empty());
}

TEST_F(Success, ATurnThatIsTakenBackLosesNoGrant) {
  TriggerRequest request{.dag_id = "d", .logical_date = start_};
  EXPECT_TRUE(OneTurn([&](Loop& l) { l.Trigger(request, actor_).value(); }).ok());
  const std::vector<LedgerNeed> needs = loop_->TakeNeeds();
  store_.refuse = [](const CommitBatch&) {
    return FaultyStore::Refusal{InvalidArgument("no such row"), {}};
  };
  loop_->BeginTurn(clock_.Now(), clock_.Mono());
  loop_->Answer(Read(needs.at(0)));
  loop_->SetPaused("d", true, actor_).value();
  const Status refused = loop_->EndTurn();
  ASSERT_FALSE(refused.ok());
  store_.refuse = nullptr;
  ASSERT_TRUE(loop_->TakeBack(refused, Loop::Took::kAll).ok());
  EXPECT_TRUE(link_->grants.empty());
  EXPECT_TRUE(OneTurn([&](Loop& l) { l.Answer(Read(needs.at(0))); }).ok());
  EXPECT_EQ(link_->grants.size(), 1u);
}

}  // namespace
}  // namespace gale
