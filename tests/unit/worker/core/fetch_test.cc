// Stories of an attempt whose code is not here yet.
#include "tests/unit/worker/core/harness.h"

namespace gale::worker {
namespace {

class FetchTest : public WorkerCoreTest {
 protected:
  Actions GrantToFetch(AttemptId id) { return Step(event::Granted{id, Epoch(1), true}); }
  // Ended without ever having been at the keeper.
  void ExpectEnded(AttemptId id, worker::End end) {
    EXPECT_EQ(The<SpoolWrite>().ending.attempt, id);
    EXPECT_EQ(The<SpoolWrite>().ending.end, end);
    EXPECT_FALSE(Has<KeeperSpawn>());
    EXPECT_FALSE(Has<KeeperKill>());
  }
};

TEST_F(FetchTest, ItIsFetchedFirstAndSpawnedThen) {
  Connect();
  GrantToFetch(a);
  EXPECT_EQ(The<FetchBundle>().attempt, a);
  EXPECT_FALSE(Has<KeeperSpawn>());
  Step(event::Fetched{a});
  EXPECT_EQ(The<KeeperSpawn>().attempt, a);
  Step(event::Started{a, 7});
  End(a);
  Step(event::Acked{{a}});
  EXPECT_TRUE(core.idle());
  EXPECT_EQ(core.room(), 2u);
}

TEST_F(FetchTest, ItCountsAsBusyAndIsSaidToTheMaster) {
  Connect();
  GrantToFetch(a);
  GrantToFetch(b);
  EXPECT_EQ(core.room(), 0u);
  Tick(kBeat);
  EXPECT_GT(The<SendHeartbeat>().sequence, 0u);
  Step(event::Disconnected{});
  Step(event::Opened{});
  EXPECT_EQ(The<SendHello>().running.size(), 2u);
}

TEST_F(FetchTest, ItTakesNoSlotOfTheKeeper) {
  Connect();
  GrantToFetch(a);
  Run(b);
  Step(event::Granted{c, Epoch(1)});  // one too many: the keeper has room all the same
  EXPECT_EQ(The<KeeperSpawn>().attempt, c);
  Step(event::Fetched{a});
  EXPECT_FALSE(Has<KeeperSpawn>());
  Step(event::Exited{b, {}});
  EXPECT_EQ(The<KeeperSpawn>().attempt, a);
}

TEST_F(FetchTest, ItKeepsThePlaceOfItsGrant) {
  Connect();
  Run(a);
  Run(b);
  GrantToFetch(c);
  const AttemptId d = Attempt(4);
  Step(event::Granted{d, Epoch(1)});
  Step(event::Fetched{c});
  Step(event::Exited{a, {}});
  EXPECT_EQ(The<KeeperSpawn>().attempt, c) << "it was granted before d";
}

TEST_F(FetchTest, CodeThatCannotBeHadFailsTheAttemptAndFreesItsRoom) {
  Connect();
  GrantToFetch(a);
  Step(event::Fetched{a, false, "bundle 12ab: not found"});
  ExpectEnded(a, worker::End::kStartFailed);
  EXPECT_EQ(The<SpoolWrite>().ending.reason, "bundle 12ab: not found");
  Step(event::Spooled{a, true});
  EXPECT_FALSE(Has<KeeperTake>());
  EXPECT_EQ(core.room(), 2u);
}

TEST_F(FetchTest, ADiskThatRefusesTheCodeIsTheHostsFaultAndNoWorkIsAskedForAWhile) {
  Connect();
  GrantToFetch(a);
  Step(event::Fetched{a, false, "disk full", true});
  ExpectEnded(a, worker::End::kHostFailed);
  Step(event::Spooled{a, true});
  EXPECT_EQ(core.room(), 0u);
  Tick(CoreOptions().host_check);
  Step(event::HostChecked{});
  EXPECT_EQ(core.room(), 2u);
}

TEST_F(FetchTest, ACancelEndsItAtOnceAndLateCodeIsIgnored) {
  Connect();
  GrantToFetch(a);
  Step(event::CancelRequested{a, "cleared"});
  ExpectEnded(a, worker::End::kCancelled);
  EXPECT_EQ(The<SpoolWrite>().ending.reason, "cleared");
  Step(event::Fetched{a});
  EXPECT_TRUE(last.empty());
  Step(event::Spooled{a, true});
  EXPECT_EQ(The<SendFinished>().ending.end, worker::End::kCancelled);
}

TEST_F(FetchTest, ACancelEndsItAtOnceEvenBehindOnesThatWait) {
  Connect();
  Run(a);
  Run(b);
  Step(event::Granted{c, Epoch(1)});
  const AttemptId d = Attempt(4);
  GrantToFetch(d);
  Step(event::CancelRequested{d, "cleared"});
  ExpectEnded(d, worker::End::kCancelled);
}

TEST_F(FetchTest, AnUnwantedOneIsForgottenAtOnce) {
  Connect();
  GrantToFetch(a);
  Step(event::Disconnected{});
  Connect({a});
  EXPECT_FALSE(Has<SpoolWrite>());
  EXPECT_EQ(The<SpoolDelete>().attempt, a);
  EXPECT_TRUE(core.idle());
  Step(event::Fetched{a});
  EXPECT_TRUE(last.empty());
}

TEST_F(FetchTest, TheEndOfADrainEndsWhatIsFetching) {
  Connect();
  GrantToFetch(a);
  Run(b);
  Step(event::DrainRequested{1s});
  EXPECT_FALSE(Has<SpoolWrite>()) << "it has its grace";
  Tick(1s);
  EXPECT_EQ(The<SpoolWrite>().ending.attempt, a);
  EXPECT_EQ(The<SpoolWrite>().ending.end, worker::End::kDrained);
  EXPECT_EQ(The<KeeperKill>().attempt, b);
  Step(event::Fetched{a});
  EXPECT_FALSE(Has<KeeperSpawn>());
}

TEST_F(FetchTest, AGrantAfterTheDrainsEndFetchesNothing) {
  Connect();
  Run(b);
  Step(event::DrainRequested{1s});
  Tick(1s);
  GrantToFetch(a);
  EXPECT_FALSE(Has<FetchBundle>());
  ExpectEnded(a, worker::End::kDrained);
}

TEST_F(FetchTest, CodeThatArrivesAfterTheFenceStartsNothing) {
  Connect();
  GrantToFetch(a);
  Step(event::Disconnected{});
  Tick(kLease);
  EXPECT_TRUE(last.empty()) << "it holds nothing that could overlap the next attempt";
  Step(event::Fetched{a});
  ExpectEnded(a, worker::End::kFenced);
}

TEST_F(FetchTest, ANewKeeperDoesNotMakeItLost) {
  Connect();
  GrantToFetch(a);
  Run(b);
  Step(event::KeeperListed{});
  ExpectEnded(b, worker::End::kKeeperDied);
  Step(event::Fetched{a});
  EXPECT_EQ(The<KeeperSpawn>().attempt, a);
}

TEST_F(FetchTest, AnExitThatCannotBeItsOwnIsTakenAndChangesNothing) {
  Connect();
  GrantToFetch(a);
  Step(event::Exited{a, {}});
  EXPECT_FALSE(Has<SpoolWrite>());
  EXPECT_EQ(The<KeeperTake>().attempt, a);
  Step(event::Fetched{a});
  EXPECT_EQ(The<KeeperSpawn>().attempt, a);
}

TEST_F(FetchTest, ADoubledGrantAndADoubledAnswerChangeNothing) {
  Connect();
  GrantToFetch(a);
  GrantToFetch(a);
  EXPECT_FALSE(Has<FetchBundle>());
  Step(event::Granted{a, Epoch(1), false});
  EXPECT_FALSE(Has<KeeperSpawn>());
  Step(event::Fetched{a});
  Step(event::Fetched{a});
  EXPECT_TRUE(last.empty());
  Step(event::Started{a, 7});
  Step(event::Fetched{a, false, "late"});
  EXPECT_TRUE(last.empty());
}

TEST_F(FetchTest, TheKeepersSlotsAreCountedRightAfterAnEndWhileFetching) {
  Connect();
  for (int i = 10; i < 20; ++i) {
    GrantToFetch(Attempt(i));
    Step(event::Fetched{Attempt(i), false, "no"});
    Step(event::Spooled{Attempt(i), true});
  }
  Run(a);
  Run(b);
  Step(event::Granted{c, Epoch(1)});
  EXPECT_FALSE(Has<KeeperSpawn>()) << "two slots, two running";
  Step(event::Exited{a, {}});
  EXPECT_EQ(The<KeeperSpawn>().attempt, c);
}

}  // namespace
}  // namespace gale::worker
