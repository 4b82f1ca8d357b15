// Workers: grants, results, leases, and commits that fail.
#include "tests/unit/master/engine/loop_fixture.h"

namespace gale {
namespace {

class Workers : public LoopTest {
 protected:
  // One run of one task, granted to worker "w".
  void GrantOne() {
    Know({MakeDag("d")});
    run_ = MustTrigger("d");
    link_ = Connect(Hello("w"));
    ASSERT_EQ(link_->grants.size(), 1u);
    attempt_ = link_->grants[0];
  }
  RunRow run_;
  ToldLinkPtr link_;
  AttemptId attempt_;
};

// It waited for no event: the grant left, and `running` was committed a turn later. Found by
// seed 1.
TEST_F(Workers, AGrantToAWorkerThatJustCameIsCommittedBeforeItLeaves) {
  GrantOne();
  EXPECT_EQ(Ti(run_.id).state, TiState::kRunning);
  EXPECT_EQ(Ti(run_.id).worker, "w");
  EXPECT_TRUE(Ti(run_.id).live);
}

TEST_F(Workers, AResultIsAckedOnceItIsCommitted) {
  GrantOne();
  fault_ = Fault::kFailBefore;
  EXPECT_FALSE(Turn([&](Loop& l) { l.OnFinished(link_, Ended(attempt_)); }).ok());
  EXPECT_TRUE(link_->acks.empty());
  EXPECT_TRUE(loop_->RetryCommit().ok());
  EXPECT_EQ(link_->acks, std::vector{attempt_});
  EXPECT_EQ(StateOf(run_.id), RunState::kSuccess);
  // Told again, it is acked again and counts once.
  MustTurn([&](Loop& l) { l.OnFinished(link_, Ended(attempt_, core::Outcome::kFailed)); });
  EXPECT_EQ(link_->acks.size(), 2u);
  EXPECT_EQ(StateOf(run_.id), RunState::kSuccess);
}

TEST_F(Workers, AnAttemptThatStillRunsIsAdoptedByANewMaster) {
  GrantOne();
  Restart();
  WorkerHello hello = Hello("w");
  hello.running = {attempt_};
  auto link = Connect(hello);
  EXPECT_EQ(link->welcomes.at(0).adopted, std::vector{attempt_});
  EXPECT_TRUE(link->grants.empty());
  MustTurn([&](Loop& l) { l.OnFinished(link, Ended(attempt_)); });
  EXPECT_EQ(StateOf(run_.id), RunState::kSuccess);
}

TEST_F(Workers, AGrantThatNeverArrivedIsSentAgain) {
  GrantOne();
  MustTurn([&](Loop& l) { l.OnDisconnected(link_); });
  EXPECT_EQ(Connect(Hello("w"))->grants, std::vector{attempt_});
}

TEST_F(Workers, WhatItHadStartedAndComesBackWithoutIsLost) {
  GrantOne();
  MustTurn([&](Loop& l) { l.OnStarted(link_, attempt_, 77); });
  MustTurn([&](Loop& l) { l.OnDisconnected(link_); });
  EXPECT_TRUE(Connect(Hello("w"))->grants.empty());
  EXPECT_EQ(Ti(run_.id).state, TiState::kFailed);
  EXPECT_NE(Ti(run_.id).reason.find("came back without it"), std::string::npos);
}

TEST_F(Workers, WhatAnotherHasMeanwhileIsUnwanted) {
  GrantOne();
  clock_.Advance(options_.lease);
  MustTurn([](Loop&) {});
  EXPECT_EQ(Ti(run_.id).state, TiState::kFailed);
  WorkerHello hello = Hello("w");
  hello.running = {attempt_};
  EXPECT_EQ(Connect(hello)->welcomes.at(0).unwanted, std::vector{attempt_});
}

TEST_F(Workers, ALeaseEndsWhenNothingIsHeardAndNotBefore) {
  GrantOne();
  Pass(options_.lease - 1s);
  link_->OnHeartbeat(clock_.Mono(), options_.lease, 9);
  EXPECT_EQ(link_->leases, std::vector<uint64_t>{9});
  Pass(options_.lease - 1s);
  EXPECT_EQ(Ti(run_.id).state, TiState::kRunning);
  Pass(1s);
  EXPECT_EQ(Ti(run_.id).state, TiState::kFailed);
  ASSERT_TRUE(link_->closed);
  EXPECT_EQ(link_->closed->code(), Code::kUnavailable);
}

TEST_F(Workers, ANewMasterGivesAWorkerItHasNotHeardOfAWholeLease) {
  GrantOne();
  Restart();
  Pass(options_.lease - 1s);
  EXPECT_EQ(Ti(run_.id).state, TiState::kRunning);
  Pass(1s);
  EXPECT_EQ(Ti(run_.id).state, TiState::kFailed);
}

// It was not loaded, and lived in the ledger for ever. Found by seed 12.
TEST_F(Workers, ANewMasterEndsWhatAFinishedRunStillHasRunning) {
  GrantOne();
  MustTurn([&](Loop& l) {
    ASSERT_TRUE(l.SetRunState("d", run_.run_id, RunState::kFailed, actor_).ok());
  });
  EXPECT_EQ(link_->cancels, std::vector{attempt_});
  EXPECT_TRUE(Ti(run_.id).live);
  Restart();
  Pass(options_.lease);
  EXPECT_FALSE(Ti(run_.id).live);
  EXPECT_EQ(loop_->scheduler().Find(run_.id), nullptr);
}

TEST_F(Workers, ASecondWorkerOfANameIsRefusedAndTheSameOneReplacesItsStream) {
  GrantOne();
  WorkerHello other = Hello("w");
  other.incarnation = "w#2";
  auto second = Connect(other);
  ASSERT_TRUE(second->closed);
  EXPECT_EQ(second->closed->code(), Code::kAlreadyExists);
  WorkerHello same = Hello("w");
  same.running = {attempt_};
  auto again = Connect(same);
  EXPECT_FALSE(again->closed);
  EXPECT_EQ(link_->closed->code(), Code::kUnavailable);
}

TEST_F(Workers, OneThatCanStartNothingSaysWhyAndWhatItHandsBackCostsNoTry) {
  GrantOne();
  const uint32_t max_tries = Ti(run_.id).max_tries;
  AttemptResult back;
  back.finished.attempt = attempt_;
  back.finished.outcome = core::Outcome::kUnstarted;
  back.finished.reason = "could not start on this worker: the disk is full";
  MustTurn([&](Loop& l) {
    l.OnHealth(link_, "the disk is full");
    l.OnFinished(link_, back);
  });
  EXPECT_EQ(loop_->Workers().at(0).note, "takes no new work: the disk is full");
  EXPECT_EQ(Ti(run_.id).max_tries, max_tries + 1);
  EXPECT_NE(Ti(run_.id).state, TiState::kFailed);
  MustTurn([&](Loop& l) { l.OnHealth(link_, ""); });
  EXPECT_EQ(loop_->Workers().at(0).note, "");
}

// It knows nothing of what was granted since, and would have that run a second time.
TEST_F(Workers, AHelloThatALaterOneOvertookIsRefused) {
  GrantOne();
  WorkerHello late = Hello("w"), now = Hello("w");
  late.number = 1, now.number = 2;
  now.running = {attempt_};
  link_ = Connect(now);
  auto overtaken = Connect(late);
  ASSERT_TRUE(overtaken->closed);
  EXPECT_EQ(overtaken->closed->code(), Code::kUnavailable);
  EXPECT_FALSE(link_->closed);
  EXPECT_TRUE(Ti(run_.id).live);
}

TEST_F(Workers, ADrainedOneGetsNoMoreWorkWhoeverIsStartedAnewUntilItIsUndrained) {
  GrantOne();
  MustTurn([&](Loop& l) { EXPECT_TRUE(l.DrainWorker("w", true, "new fans", actor_).ok()); });
  EXPECT_EQ(link_->drains, "drain;");
  const RunRow next = MustTrigger("d");
  MustTurn([&](Loop& l) { l.OnWant(link_, 2); });
  EXPECT_EQ(link_->grants.size(), 1u);
  EXPECT_EQ(Ti(run_.id).state, TiState::kRunning) << "what it has goes on";
  EXPECT_TRUE(loop_->Workers().at(0).draining);
  EXPECT_EQ(loop_->Workers().at(0).drain_reason, "new fans");
  auto why = [&] {
    Result<Explanation> out = Internal("not asked");
    MustTurn([&](Loop& l) { out = l.Explain("d", next.run_id, "a"); });
    return fmt::format("{}", fmt::join(out->reasons, "; "));
  };
  EXPECT_NE(why().find("no worker that takes work serves queue 'default'"), std::string::npos)
      << why();

  Restart();
  WorkerHello fresh = Hello("w");
  fresh.incarnation = "w#2";
  fresh.running = {attempt_};
  auto again = Connect(fresh);
  EXPECT_TRUE(again->welcomes.at(0).drained);
  EXPECT_EQ(loop_->Workers().at(0).drain_reason, "new fans") << "also after a restart of both";
  EXPECT_TRUE(again->grants.empty());
  MustTurn([&](Loop& l) { EXPECT_TRUE(l.DrainWorker("w", false, "", actor_).ok()); });
  EXPECT_EQ(again->drains, "undrain;");
  ASSERT_EQ(again->grants.size(), 1u);
  EXPECT_EQ(again->grants[0].run, next.id);
  EXPECT_EQ(loop_->DrainWorker("nobody", true, "", actor_).code(), Code::kNotFound);
}

TEST_F(Workers, AClockOrAVersionThatIsNotOursIsSaidAndTheWorkerWorks) {
  options_.version = "2.0";
  Restart();
  auto note_of = [&](const std::string& version, Duration ahead) {
    WorkerHello hello = Hello("w");
    hello.version = version;
    hello.sent_at = clock_.Now() + ahead;
    EXPECT_FALSE(Connect(hello)->welcomes.empty());
    return loop_->Workers().at(0).note;
  };
  EXPECT_EQ(note_of("2.0", 4s), "");
  EXPECT_NE(note_of("2.0", 12s).find("its clock is 12 s ahead of this master's"),
            std::string::npos);
  EXPECT_NE(note_of("2.0", -60s).find("60 s behind"), std::string::npos);
  EXPECT_NE(note_of("1.9", 0s).find("it is gale 1.9, this master 2.0"), std::string::npos);
}

// Its machine may be another one under the same name, while the old one still runs what it was
// granted.
TEST_F(Workers, AnotherMachineUnderTheNameWaitsForTheOldOnesLease) {
  GrantOne();
  MustTurn([&](Loop& l) {
    l.OnStarted(link_, attempt_, 1);
    l.OnDisconnected(link_);
  });
  clock_.Advance(5s);
  WorkerHello other = Hello("w");
  other.incarnation = "w#2";
  other.boot_id = "another boot";
  auto early = Connect(other);
  ASSERT_TRUE(early->closed);
  EXPECT_EQ(early->closed->code(), Code::kUnavailable);
  EXPECT_EQ(Ti(run_.id).state, TiState::kRunning);
  Pass(5s);
  EXPECT_EQ(Ti(run_.id).state, TiState::kFailed);
  EXPECT_FALSE(Connect(other)->closed);
}

TEST_F(Workers, TheSweepRingsAgainForWhatTheQueueLost) {
  served_ = nullptr;
  Restart();
  Know({MakeDag("d")});
  MustTrigger("d");
  EXPECT_EQ(queue_.Size("default").value(), 1u);
  queue_.Clear();
  Pass(options_.sweep_interval);
  EXPECT_EQ(queue_.Size("default").value(), 1u);
}

TEST_F(Workers, AClaimIsGrantedOnce) {
  served_ = nullptr;
  Restart();
  Know({MakeDag("d")});
  const RunRow row = MustTrigger("d");
  auto a = Connect(Hello("a")), b = Connect(Hello("b"));
  const AttemptId id{row.id, TaskIndex(0), kUnmapped, 1};
  MustTurn([&](Loop& l) {
    l.OnClaim(a, {id});
    l.OnClaim(b, {id});
  });
  EXPECT_EQ(a->grants, std::vector{id});
  ASSERT_EQ(b->refusals.size(), 1u);
  EXPECT_NE(b->refusals[0].second.find("running"), std::string::npos);
}

TEST_F(Workers, ACommitThatIsOnlyReportedLostIsRecoveredFrom) {
  Know({MakeDag("d")});
  auto link = Connect(Hello("w"));
  std::vector<Status> answers;
  fault_ = Fault::kFailAfter;
  EXPECT_FALSE(Turn([&](Loop& l) {
                 ASSERT_TRUE(l.Trigger({.dag_id = "d"}, actor_).ok());
                 l.OnCommitted([&](const Status& s) { answers.push_back(s); });
               }).ok());
  EXPECT_TRUE(answers.empty());
  ASSERT_TRUE(loop_->Recover(clock_.Now(), clock_.Mono()).ok());
  ASSERT_EQ(answers.size(), 1u);
  EXPECT_EQ(answers[0].code(), Code::kUnavailable);
  EXPECT_EQ(link->closed->code(), Code::kUnavailable);
  EXPECT_EQ(loop_->scheduler().runs().size(), 1u) << "it was done, and is not lost";
  EXPECT_EQ(Connect(Hello("w"))->grants.size(), 1u);
}

// A turn that wrote nothing must not overtake what waits for the disk.
TEST_F(Workers, WithFlushesBesideTheTurnsNothingLeavesTheHostBeforeItsFlush) {
  options_.sync_later = true;
  Restart();
  Know({MakeDag("d")});
  MustTrigger("d");
  auto link = Connect(Hello("w"));
  MustTurn([](Loop&) {});
  EXPECT_TRUE(link->welcomes.empty());
  EXPECT_TRUE(link->grants.empty());
  bool answered = false;
  MustTurn([&](Loop& l) { l.OnCommitted([&](const Status&) { answered = true; }); });
  EXPECT_FALSE(answered);
  loop_->Synced(loop_->unsynced());
  EXPECT_EQ(link->grants.size(), 1u);
  EXPECT_TRUE(answered);
}

}  // namespace
}  // namespace gale
