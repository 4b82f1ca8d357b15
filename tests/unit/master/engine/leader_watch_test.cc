// When a follower may take the lead.
#include "master/engine/leader_watch.h"

#include <gtest/gtest.h>

namespace gale {
namespace {

using namespace std::chrono_literals;

constexpr Duration kLease = 2s;

class LeaderWatchTest : public ::testing::Test {
 protected:
  // A read that takes a moment. True: it may lead.
  bool Look(Duration later = 100ms) {
    now_ += later;
    const MonoTime asked = now_;
    now_ += 5ms;
    return watch_.See(row_, asked, now_);
  }
  bool LookFor(Duration time) {
    for (const MonoTime end = now_ + time; now_ < end;) {
      if (Look()) return true;
    }
    return false;
  }

  LeaderWatch watch_{kLease, "our home"};
  LeaderRow row_{Epoch(3), "other", "other's home", 7};
  MonoTime now_{1000s};
};

TEST_F(LeaderWatchTest, ALeaderThatBeatsIsFollowedForEver) {
  for (int i = 0; i < 100; ++i) {
    ++row_.beat;
    EXPECT_FALSE(LookFor(1900ms));
  }
}

TEST_F(LeaderWatchTest, OneThatIsSilentForALeaseIsReplaced) {
  const MonoTime from = now_;
  EXPECT_TRUE(LookFor(10s));
  EXPECT_GE(now_ - from, kLease);
  EXPECT_LE(now_ - from, kLease + 400ms);
  EXPECT_EQ(watch_.LongerWait(now_, 30s, false), 32s) << "it may only be cut off from the ledger";
}

TEST_F(LeaderWatchTest, WhoComesAnewWaitsAWholeLease) {
  EXPECT_FALSE(Look()) << "how old this beat is nobody can say";
  EXPECT_FALSE(LookFor(kLease - 300ms));
}

TEST_F(LeaderWatchTest, SilenceWhileTheLedgerWasAwayProvesNothing) {
  EXPECT_FALSE(LookFor(kLease / 2));
  EXPECT_FALSE(Look(60s)) << "no read arrived for a minute";
  EXPECT_FALSE(LookFor(kLease - 300ms)) << "a leader had no way to beat either";
  EXPECT_TRUE(LookFor(kLease));
}

TEST_F(LeaderWatchTest, WhatWasReleasedIsFreeAtOnce) {
  EXPECT_FALSE(Look());
  row_.owner = row_.instance = "";
  EXPECT_TRUE(Look());
  EXPECT_EQ(watch_.LongerWait(now_, 30s, true), 0s);
}

TEST_F(LeaderWatchTest, ARestartedMasterTakesItsOwnLeaseAtOnce) {
  row_ = {Epoch(3), "us", "our home", 7};
  EXPECT_TRUE(Look());
  EXPECT_EQ(watch_.LongerWait(now_, 30s, true), 0s) << "that process is dead: we hold its lock";
}

TEST_F(LeaderWatchTest, AnotherMasterOfOurNameIsAnother) {
  row_ = {Epoch(3), "us", "another home", 7};
  EXPECT_FALSE(Look());
  EXPECT_TRUE(LookFor(kLease + 400ms));
}

// A leader that is cut off from the ledger goes on renewing its workers' leases for a while, whoever
// leads meanwhile, and however often.
TEST_F(LeaderWatchTest, WhatADeposedLeaderPromisedIsWaitedForInLaterTermsToo) {
  ASSERT_TRUE(LookFor(kLease + 400ms));
  const Duration first = watch_.LongerWait(now_, 30s, false);
  EXPECT_EQ(first, 32s);
  watch_.Led(Epoch(4));
  row_ = {Epoch(4), "us", "our home", 9};
  ASSERT_TRUE(Look(10s)) << "our own term again, after a commit that failed";
  EXPECT_EQ(watch_.LongerWait(now_, 30s, false), first - 10s - 5ms);
  ASSERT_TRUE(Look(60s));
  EXPECT_EQ(watch_.LongerWait(now_, 30s, false), 0s);
  row_.epoch = Epoch(5);
  ASSERT_TRUE(Look());
  EXPECT_EQ(watch_.LongerWait(now_, 30s, false), 32s) << "a term that we don't remember";
  EXPECT_EQ(watch_.LongerWait(now_, 30s, true), 0s) << "there is nobody else";
}

TEST_F(LeaderWatchTest, AloneIsWhoSawNoOtherThatMayLeadForAnHour) {
  const TimePoint now(1'000'000s);
  const MasterRow us{"us", "our home", "h:1", "", "", now, now};
  const MasterRow other{"other", "other's home", "h:2", "", "", now, now - 59min};
  MasterRow old = other, webserver = other;
  old.seen_at = now - 61min;
  webserver.grpc = "";
  EXPECT_TRUE(watch_.IsAlone({us, old, webserver}, now));
  EXPECT_FALSE(watch_.IsAlone({us, other}, now));
}

TEST_F(LeaderWatchTest, ANewEpochStartsTheWatchAnew) {
  EXPECT_FALSE(LookFor(kLease - 300ms));
  row_.epoch = Epoch(4);
  EXPECT_FALSE(LookFor(kLease - 300ms));
  EXPECT_TRUE(LookFor(kLease));
}

}  // namespace
}  // namespace gale
