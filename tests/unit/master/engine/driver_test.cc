// What a master does next, told by what came of the last step.
#include "master/engine/driver.h"

#include <gtest/gtest.h>

#include "common/base/limits.h"

namespace gale {
namespace {

using namespace std::chrono_literals;
using Act = Driver::Act;
using Took = Loop::Took;

MonoTime At(Duration since) { return MonoTime(Duration(1'000'000)) + since; }

class DriverTest : public ::testing::Test {
 protected:
  static constexpr Duration kLease = 2s, kOutage = 30s;

  // One of two, that leads since At(0).
  void Lead() {
    EXPECT_EQ(one_of_two_.Begin().act, Act::kFollow);
    EXPECT_EQ(one_of_two_.OnFollowed(LeaderRow{}, At(0s), At(0s)).act, Act::kLead);
    EXPECT_EQ(one_of_two_.OnLed(Epoch(7), At(0s)).act, Act::kCollect);
    EXPECT_TRUE(standing_.leads());
  }
  static void ExpectTurn(const Driver::Step& step, Took took, size_t first, size_t count) {
    EXPECT_EQ(step.act, Act::kTurn);
    EXPECT_EQ(step.took, took);
    EXPECT_EQ(step.first, first);
    EXPECT_EQ(step.count, count);
  }

  Standing alone_standing_, standing_{kLease, kOutage};
  Driver alone_{alone_standing_};
  Driver one_of_two_{standing_, kLease, "me", 100ms, true};
  const Status bad_ = InvalidArgument("table pool: no"), gone_ = Unavailable("gone");
};

TEST_F(DriverTest, MailIsTakenTogether) {
  EXPECT_EQ(alone_.Begin().act, Act::kRecover);
  EXPECT_EQ(alone_.OnRecovered(Epoch(1), At(0s)).act, Act::kCollect);
  ExpectTurn(alone_.OnMail(3, At(1s)), Took::kAll, 0, 3);
  EXPECT_EQ(alone_.OnCommit(OkStatus(), At(1s)).act, Act::kAudit);
  EXPECT_EQ(alone_.OnAudited(OkStatus()).act, Act::kCollect);
  ExpectTurn(alone_.OnMail(0, At(2s)), Took::kNothing, 0, 0);
  EXPECT_EQ(alone_.OnCommit(OkStatus(), At(2s)).act, Act::kAudit);
}

TEST_F(DriverTest, ARefusedRowsMailIsTakenOneByOneAfterWhatTheLoopDoesByItself) {
  Lead();
  ExpectTurn(one_of_two_.OnMail(2, At(1s)), Took::kAll, 0, 2);
  Driver::Step step = one_of_two_.OnCommit(bad_, At(1s));
  EXPECT_EQ(step.act, Act::kTakeBack);
  EXPECT_EQ(step.took, Took::kAll);
  EXPECT_EQ(step.why.message(), bad_.message());
  ExpectTurn(one_of_two_.OnTakenBack(false, At(1s)), Took::kNothing, 0, 0);
  ExpectTurn(one_of_two_.OnCommit(OkStatus(), At(1s)), Took::kOne, 0, 1);
  EXPECT_EQ(one_of_two_.OnCommit(bad_, At(1s)).act, Act::kTakeBack);
  ExpectTurn(one_of_two_.OnTakenBack(/*again=*/true, At(1s)), Took::kOne, 0, 1);
  EXPECT_EQ(one_of_two_.OnCommit(bad_, At(1s)).act, Act::kTakeBack);
  ExpectTurn(one_of_two_.OnTakenBack(/*again=*/false, At(1s)), Took::kOne, 1, 1);
  EXPECT_EQ(one_of_two_.OnCommit(OkStatus(), At(1s)).act, Act::kAudit);
  EXPECT_TRUE(standing_.leads());
}

TEST_F(DriverTest, WhatTheLoopDoesByItselfIsDoneAgainWithoutWhatWasRefused) {
  Lead();
  ExpectTurn(one_of_two_.OnMail(0, At(1s)), Took::kNothing, 0, 0);
  EXPECT_EQ(one_of_two_.OnCommit(bad_, At(1s)).act, Act::kTakeBack);
  ExpectTurn(one_of_two_.OnTakenBack(true, At(1s)), Took::kNothing, 0, 0);
  EXPECT_EQ(one_of_two_.OnCommit(bad_, At(1s)).act, Act::kTakeBack);
  EXPECT_EQ(one_of_two_.OnTakenBack(Internal("nothing to leave out"), At(1s)).act, Act::kStepDown);
}

TEST_F(DriverTest, ALedgerThatIsAwayIsTriedAgainEverMoreSlowly) {
  (void)alone_.OnRecovered(Epoch(1), At(0s));
  (void)alone_.OnMail(1, At(0s));
  Duration passed{0}, last{0};
  for (int tries = 0; passed < limits::kCommitRetryMax; ++tries) {
    const Driver::Step step = alone_.OnCommit(gone_, At(passed));
    ASSERT_EQ(step.act, Act::kCommit);
    EXPECT_GE(step.pause, last);
    EXPECT_LE(step.pause, Driver::kPauseMax);
    last = step.pause;
    passed += step.pause;
    ASSERT_LT(tries, 100);
  }
  EXPECT_EQ(alone_.OnCommit(gone_, At(passed)).act, Act::kRecover);
  EXPECT_EQ(alone_.OnRecovered(gone_, At(passed)).pause, Driver::kPauseMax);
  EXPECT_EQ(alone_.OnRecovered(Epoch(2), At(passed)).act, Act::kCollect);
}

TEST_F(DriverTest, AMemoryThatCanNotBeReadBackYetIsReadLater) {
  Lead();
  (void)one_of_two_.OnMail(1, At(0s));
  (void)one_of_two_.OnCommit(bad_, At(0s));
  const Driver::Step step = one_of_two_.OnTakenBack(gone_, At(0s));
  EXPECT_EQ(step.act, Act::kTakeBack);
  EXPECT_GT(step.pause, Duration(0));
  EXPECT_EQ(step.took, Took::kAll);
  EXPECT_EQ(step.why.message(), bad_.message()) << "for the answer";
}

TEST_F(DriverTest, OneOfSeveralTriesForAsLongAsNobodyElseCanLead) {
  Lead();
  (void)one_of_two_.OnMail(1, At(0s));
  EXPECT_EQ(one_of_two_.OnCommit(gone_, At(31s)).act, Act::kCommit);
  EXPECT_TRUE(standing_.MayRenewLeases(At(31s)));
  EXPECT_FALSE(standing_.MayRenewLeases(At(32s)));
  EXPECT_EQ(one_of_two_.OnCommit(gone_, At(32s)).act, Act::kStepDown);
  EXPECT_EQ(one_of_two_.OnSteppedDown(gone_).act, Act::kFollow);
}

TEST_F(DriverTest, ABeatThatSaysSoEndsTheLeadBeforeTheNextTurn) {
  Lead();
  standing_.OnBeat(Epoch(6), Aborted("another leads"), At(1s), At(1s));
  EXPECT_FALSE(standing_.IsBroken()) << "of a term before";
  standing_.OnBeat(Epoch(7), Aborted("another leads"), At(1s), At(1s));
  EXPECT_TRUE(standing_.IsBroken());
  EXPECT_EQ(one_of_two_.OnMail(1, At(1s)).act, Act::kStepDown);
}

TEST_F(DriverTest, OneThatIsAloneAndDeposedGivesUp) {
  (void)alone_.OnRecovered(Epoch(1), At(0s));
  (void)alone_.OnMail(1, At(0s));
  EXPECT_EQ(alone_.OnCommit(Aborted("another leads"), At(0s)).act, Act::kGiveUp);
}

// A second fdatasync would say that all went well.
TEST_F(DriverTest, AFlushThatFailedIsTheEnd) {
  (void)alone_.OnRecovered(Epoch(1), At(0s));
  alone_standing_.OnFlushFailed(Unavailable("gale.db-wal: Input/output error"));
  EXPECT_TRUE(alone_standing_.IsBroken());
  const Driver::Step step = alone_.OnMail(1, At(0s));
  EXPECT_EQ(step.act, Act::kGiveUp);
  EXPECT_EQ(step.why.message(), "gale.db-wal: Input/output error");
  EXPECT_EQ(alone_.OnCommit(gone_, At(0s)).act, Act::kGiveUp) << "in the midst of trying";
}

}  // namespace
}  // namespace gale
