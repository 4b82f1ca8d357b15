// Stories of one worker: events in, actions out.
#include <algorithm>

#include "tests/unit/worker/core/harness.h"

namespace gale::worker {
namespace {

TEST_F(WorkerCoreTest, AnAttemptGoesFromGrantToAck) {
  Connect();
  EXPECT_EQ(The<SendWant>().room, 2u);
  Step(event::Granted{a, Epoch(7)});
  EXPECT_EQ(The<KeeperSpawn>().attempt, a);
  EXPECT_FALSE(Has<SendWant>()) << "the master counts its own grants";
  Step(event::Started{a, 4711});
  EXPECT_EQ(The<SendStarted>().pid, 4711);
  Step(event::Exited{a, {.code = 3}});
  EXPECT_EQ(The<SpoolWrite>().ending.exit.code, 3);
  EXPECT_FALSE(Has<SendFinished>()) << "it is not on disk yet";
  EXPECT_FALSE(Has<KeeperTake>());
  Step(event::Spooled{a, true});
  EXPECT_EQ(The<KeeperTake>().attempt, a);
  EXPECT_EQ(The<SendWant>().room, 2u);
  Step(event::Acked{{a}});
  EXPECT_EQ(The<SpoolDelete>().attempt, a);
  EXPECT_TRUE(core.idle());
}

TEST_F(WorkerCoreTest, FinishedGoesOutBeforeWant) {
  Connect();
  Run(a);
  End(a);
  ASSERT_GE(last.size(), 2u);
  EXPECT_TRUE(std::holds_alternative<SendFinished>(last.front()));
}

TEST_F(WorkerCoreTest, ADoubledGrantIsIgnoredInEveryPhase) {
  Connect();
  auto again = [&] {
    Step(event::Granted{a, Epoch(1)});
    EXPECT_FALSE(Has<KeeperSpawn>());
  };
  Step(event::Granted{a, Epoch(1)});
  again();
  Step(event::Started{a, 1});
  again();
  Step(event::Exited{a, {}});
  again();
  Step(event::Spooled{a, true});
  again();
  Step(event::Acked{{a}});
  again();
  EXPECT_TRUE(core.idle());
}

TEST_F(WorkerCoreTest, AGrantTooManyWaitsForASlot) {
  Connect();
  Run(a);
  Run(b);
  Step(event::Granted{c, Epoch(1)});
  EXPECT_FALSE(Has<KeeperSpawn>());
  EXPECT_EQ(core.room(), 0u);
  Step(event::Exited{a, {}});
  EXPECT_EQ(The<KeeperSpawn>().attempt, c);
}

TEST_F(WorkerCoreTest, AResultIsSaidInEveryHelloUntilAcked) {
  Connect();
  Run(a);
  Step(event::Disconnected{});
  End(a, {.code = 1});
  EXPECT_FALSE(Has<SendFinished>());
  for (int i = 0; i < 3; ++i) {
    Step(event::Opened{});
    ASSERT_EQ(The<SendHello>().spooled.size(), 1u);
    EXPECT_EQ(The<SendHello>().spooled[0].exit.code, 1);
    Step(event::Welcome{kLease, kBeat, Epoch(1), {}, {}, true});
    EXPECT_FALSE(Has<SendFinished>()) << "Hello said it";
    Step(event::Disconnected{});
  }
  Connect();
  Step(event::Acked{{a}});
  Connect();
  EXPECT_TRUE(The<SendHello>().spooled.empty());
}

TEST_F(WorkerCoreTest, WhatEndsBetweenHelloAndWelcomeIsSaidAfterWelcome) {
  Connect();
  Run(a);
  Step(event::Disconnected{});
  Step(event::Opened{});
  EXPECT_EQ(The<SendHello>().running, std::vector{a});
  End(a);
  Step(event::Welcome{kLease, kBeat, Epoch(1), {a}, {}, true});
  EXPECT_EQ(The<SendFinished>().ending.attempt, a);
}

TEST_F(WorkerCoreTest, AResultThatIsNotOnDiskYetCountsAsRunningInHello) {
  Connect();
  Run(a);
  Step(event::Exited{a, {}});
  Step(event::Opened{});
  EXPECT_EQ(The<SendHello>().running, std::vector{a});
  EXPECT_TRUE(The<SendHello>().spooled.empty());
}

TEST_F(WorkerCoreTest, ResultsBeyondOneHelloAreCalledRunningAndFollowAfterWelcome) {
  event::SpoolLoaded spool;
  for (size_t i = 0; i <= WorkerCore::kHelloResultsMax; ++i) {
    spool.endings.push_back({.attempt = Attempt(int64_t(i + 1))});
  }
  Step(spool);
  Connect();
  EXPECT_EQ(The<SendHello>().spooled.size(), WorkerCore::kHelloResultsMax);
  EXPECT_EQ(The<SendHello>().running.size(), 1u);
  EXPECT_EQ(All<SendFinished>().size(), 1u);
}

TEST_F(WorkerCoreTest, ADiskThatRefusesLeavesTheRecordInTheKeeperUntilTheAck) {
  Connect();
  Run(a);
  Step(event::Exited{a, {}});
  Step(event::Spooled{a, false});
  EXPECT_TRUE(Has<SendFinished>());
  EXPECT_FALSE(Has<KeeperTake>());
  Step(event::Acked{{a}});
  EXPECT_TRUE(Has<KeeperTake>());
}

TEST_F(WorkerCoreTest, UnwantedIsKilledAndNeverReported) {
  Connect();
  Run(a);
  Run(b);
  Step(event::Disconnected{});
  End(b);
  Connect({a, b});
  EXPECT_EQ(The<KeeperKill>().attempt, a);
  EXPECT_EQ(The<SpoolDelete>().attempt, b);
  EXPECT_EQ(core.room(), 1u) << "it holds its slot until it is dead";
  Step(event::Exited{a, {.signal = 15}});
  EXPECT_EQ(The<KeeperTake>().attempt, a);
  EXPECT_FALSE(Has<SpoolWrite>());
  EXPECT_EQ(The<SendWant>().room, 2u);
  EXPECT_TRUE(core.idle());
}

TEST_F(WorkerCoreTest, ACancelBeforeTheStartKillsAtOnceAndAtTheStart) {
  Connect();
  Step(event::Granted{a, Epoch(1)});
  Step(event::CancelRequested{a, "cleared"});
  EXPECT_EQ(The<KeeperKill>().reason, "cleared");
  Step(event::Started{a, 1});
  EXPECT_EQ(The<KeeperKill>().reason, "cleared");
  Step(event::Exited{a, {.signal = 15}});
  EXPECT_EQ(The<SpoolWrite>().ending.end, End::kCancelled);
}

TEST_F(WorkerCoreTest, WhatIsKilledBeforeItWasForkedEndsWithoutAStart) {
  Connect();
  Step(event::Granted{a, Epoch(1)});
  Step(event::CancelRequested{a, "cleared"});
  Step(event::Exited{a, {.signal = 9}});
  EXPECT_EQ(The<SpoolWrite>().ending.end, End::kCancelled);
}

TEST_F(WorkerCoreTest, ACancelOfOneThatWaitsEndsItWithoutAStart) {
  Connect();
  Run(a), Run(b);
  Step(event::Granted{c, Epoch(1)});
  Step(event::CancelRequested{c, "cleared"});
  EXPECT_EQ(The<SpoolWrite>().ending.end, End::kCancelled);
  EXPECT_FALSE(Has<KeeperSpawn>());
}

TEST_F(WorkerCoreTest, ATaskThatWasFasterThanItsCancelSucceeded) {
  Connect();
  Run(a);
  Step(event::CancelRequested{a, "cleared"});
  Step(event::Exited{a, {}});
  EXPECT_EQ(The<SpoolWrite>().ending.end, End::kExited);
}

TEST_F(WorkerCoreTest, AStartThatFailsIsAResult) {
  Connect();
  Step(event::Granted{a, Epoch(1)});
  Step(event::StartFailed{a, "no such directory"});
  EXPECT_EQ(The<SpoolWrite>().ending.end, End::kStartFailed);
  Step(event::Spooled{a, true});
  EXPECT_TRUE(Has<SendFinished>());
  EXPECT_FALSE(Has<KeeperTake>()) << "the keeper has no record of it";
}

TEST_F(WorkerCoreTest, TheFenceRunsFromWhenTheHeartbeatWasSent) {
  MonoTime hello = now;
  Connect();
  EXPECT_EQ(The<KeeperFence>().at, hello + 8s);
  EXPECT_EQ(*core.next_tick(), now + kBeat);
  Tick(kBeat);
  MonoTime sent = now;
  uint64_t sequence = The<SendHeartbeat>().sequence;
  now += 1s;
  Step(event::LeaseRenewed{sequence, kLease});
  EXPECT_EQ(The<KeeperFence>().at, sent + 8s);
  Step(event::LeaseRenewed{sequence, kLease});
  EXPECT_FALSE(Has<KeeperFence>()) << "a doubled answer renews nothing";
}

TEST_F(WorkerCoreTest, AShorterLeaseOfANewMasterReplacesTheLongerOne) {
  Step(event::Opened{});
  Step(event::Welcome{60s, kBeat, Epoch(1), {}, {}, true});
  now += 1s;
  Step(event::Opened{});
  Step(event::Welcome{5s, kBeat, Epoch(2), {}, {}, true});
  EXPECT_EQ(The<KeeperFence>().at, now + 4s);
}

TEST_F(WorkerCoreTest, FencedAttemptsAreReportedAsSuch) {
  Connect();
  Run(a);
  Step(event::Disconnected{});
  now += 9s;
  Step(event::Exited{a, {.signal = 9, .fenced = true}});
  EXPECT_EQ(The<SpoolWrite>().ending.end, End::kFenced);
}

TEST_F(WorkerCoreTest, NothingStartsPastTheFence) {
  Connect();
  now += 9s;
  Step(event::Granted{a, Epoch(1)});
  EXPECT_FALSE(Has<KeeperSpawn>());
  EXPECT_EQ(The<SpoolWrite>().ending.end, End::kFenced);
}

TEST_F(WorkerCoreTest, AMasterThatStaysSilentIsLeft) {
  Connect();
  // Long before the fence: another master may lead already, and takes the attempts over.
  for (int i = 0; i < 3; ++i) {
    Tick(kBeat);
    EXPECT_EQ(Has<DropConnection>(), i == 2) << i;
  }
  EXPECT_FALSE(core.next_tick());
  Step(event::Opened{});
  EXPECT_TRUE(Has<SendHello>());
  Tick(5s);
  EXPECT_TRUE(Has<DropConnection>()) << "no Welcome";
}

TEST_F(WorkerCoreTest, ADrainFinishesWhatRunsAndThenSaysGoodbye) {
  Connect();
  Run(a);
  Step(event::DrainRequested{30s});
  EXPECT_EQ(The<SendWant>().room, 0u);
  EXPECT_FALSE(Has<KeeperKill>());
  End(a);
  EXPECT_FALSE(Has<SendWant>());
  EXPECT_FALSE(Has<SendGoodbye>());
  Step(event::Acked{{a}});
  EXPECT_TRUE(Has<SendGoodbye>());
  EXPECT_TRUE(core.drained());
}

// Seed 1004215: the grants had used up the room that was told, so that a word of 0 seemed said; the
// master went on to grant, and the worker to hand back, twenty thousand times.
TEST_F(WorkerCoreTest, AFullWorkerThatClosesSaysSo) {
  for (const bool drained : {true, false}) {
    SCOPED_TRACE(drained);
    core = WorkerCore(CoreOptions{.slots = 2});
    Connect();
    Run(a);
    Run(b);
    EXPECT_FALSE(Has<SendWant>());
    if (drained) {
      Step(event::DrainRequested{30s});
    } else {
      Step(event::Granted{c, Epoch(1)});
      End(b);
      Step(event::StartFailed{c, "no more processes", /*host=*/true});
    }
    EXPECT_EQ(The<SendWant>().room, 0u);
  }
}

TEST_F(WorkerCoreTest, WhileAnOperatorLetsItTakeNoWorkItGoesOnWithWhatItHas) {
  Connect();
  Run(a);
  Step(event::TakeWork{false});
  EXPECT_EQ(The<SendWant>().room, 0u);
  EXPECT_FALSE(Has<KeeperKill>());
  End(a);
  Step(event::Acked{{a}});
  EXPECT_FALSE(Has<SendWant>());
  EXPECT_FALSE(Has<SendGoodbye>()) << "it stays, to be undrained";
  Step(event::TakeWork{true});
  EXPECT_GT(The<SendWant>().room, 0u);
}

TEST_F(WorkerCoreTest, AWelcomeSaysWhetherItMayTakeWork) {
  Step(event::TakeWork{false});
  Connect();  // to a master that knows better
  EXPECT_GT(The<SendWant>().room, 0u);
  Step(event::Disconnected{});
  Step(event::Opened{});
  event::Welcome welcome{.lease = 10s, .heartbeat = 1s, .epoch = Epoch(2)};
  welcome.drained = true;
  Step(welcome);
  EXPECT_EQ(The<SendWant>().room, 0u);
}

TEST_F(WorkerCoreTest, TheDrainsGraceEndsInAKill) {
  Connect();
  Run(a);
  Step(event::DrainRequested{3s});
  Tick(2s);
  EXPECT_FALSE(Has<KeeperKill>());
  Tick(1s);
  EXPECT_EQ(The<KeeperKill>().attempt, a);
  Step(event::Granted{b, Epoch(1)});  // crossed the Want of 0
  EXPECT_EQ(The<SpoolWrite>().ending.end, End::kDrained);
  Step(event::Exited{a, {.signal = 9}});
  EXPECT_EQ(The<SpoolWrite>().ending.end, End::kDrained);
}

TEST_F(WorkerCoreTest, ANewProcessTakesOverWhatTheKeeperHoldsAndTheSpool) {
  Step(event::SpoolLoaded{{{.attempt = a}}});
  Step(event::KeeperListed{{{b, Epoch(1), 77}}, {{a, Epoch(1), {}}, {c, Epoch(1), {.code = 4}}}});
  EXPECT_EQ(The<KeeperTake>().attempt, a) << "its predecessor died between spooling and taking";
  EXPECT_EQ(The<SpoolWrite>().ending.attempt, c);
  Step(event::Spooled{c, true});
  Connect();
  EXPECT_EQ(The<SendHello>().running, std::vector{b});
  EXPECT_EQ(The<SendHello>().spooled.size(), 2u);
  EXPECT_EQ(The<SendStarted>().pid, 77);
}

TEST_F(WorkerCoreTest, WhatANewKeeperDoesNotHoldIsLost) {
  Connect();
  Run(a);
  Step(event::Granted{b, Epoch(1)});
  Step(event::KeeperListed{{}, {{a, Epoch(1), {.signal = 9, .keeper_died = true}}}});
  auto lost = All<SpoolWrite>();
  ASSERT_EQ(lost.size(), 2u);
  EXPECT_EQ(lost[0].ending.end, End::kKeeperDied);
  EXPECT_EQ(lost[1].ending.end, End::kKeeperDied);
}

TEST_F(WorkerCoreTest, AFullSpoolAsksForNoWork) {
  WorkerCore small(CoreOptions{.slots = 8, .results_max = 2});
  small.Step({now, event::SpoolLoaded{{{.attempt = a}}}});
  EXPECT_EQ(small.room(), 1u);
  WorkerCore full(CoreOptions{.slots = 8, .results_max = 1});
  full.Step({now, event::SpoolLoaded{{{.attempt = a}}}});
  EXPECT_EQ(full.room(), 0u);
}

// One host with a full disk used to take every task there was, and fail it.
TEST_F(WorkerCoreTest, AHostThatCanStartNothingHandsBackAndAsksForNoWorkUntilItIsWell) {
  Connect();
  for (const AttemptId& id : {a, b, c}) Step(event::Granted{id, Epoch(1)});
  Step(event::StartFailed{a, "no space left on device", /*host=*/true});
  EXPECT_EQ(The<TellHealth>().ill, "no space left on device");
  ASSERT_EQ(All<SpoolWrite>().size(), 2u) << "and what waited for the slot, but not what spawns";
  for (const SpoolWrite& write : All<SpoolWrite>()) {
    EXPECT_EQ(write.ending.end, End::kHostFailed);
    EXPECT_EQ(write.ending.reason, "no space left on device");
  }
  Step(event::StartFailed{b, "no space left on device", /*host=*/true});
  EXPECT_FALSE(Has<TellHealth>()) << "said once";
  for (const AttemptId& id : {a, b, c}) Step(event::Spooled{id});
  EXPECT_EQ(core.room(), 0u);
  Tick(CoreOptions().host_check);
  EXPECT_TRUE(Has<CheckHost>());
  EXPECT_EQ(core.room(), 0u) << "not before the answer";
  Step(event::HostChecked{"still none"});
  Tick(CoreOptions().host_check);
  EXPECT_TRUE(Has<CheckHost>());
  Step(event::HostChecked{});
  EXPECT_EQ(The<TellHealth>().ill, "");
  EXPECT_EQ(core.room(), 2u);
}

TEST_F(WorkerCoreTest, ADiskThatTakesNoResultTakesNoWorkAndEachMasterIsTold) {
  Connect();
  Run(a);
  Step(event::Exited{a, {}});
  Step(event::Spooled{a, false, "disk full"});
  EXPECT_TRUE(Has<SendFinished>()) << "from memory";
  EXPECT_FALSE(Has<KeeperTake>());
  EXPECT_EQ(The<TellHealth>().ill, "disk full");
  EXPECT_EQ(core.room(), 0u);
  Step(event::Disconnected{});
  Connect();
  EXPECT_EQ(The<TellHealth>().ill, "disk full");
}

TEST_F(WorkerCoreTest, AWorkerThatServesItselfClaimsWhatItPops) {
  Step(event::Opened{});
  Step(event::Welcome{kLease, kBeat, Epoch(1), {}, {}, /*serves_queue=*/false});
  EXPECT_EQ(The<PopQueue>().room, 1u) << "its share";
  Step(event::Popped{{a, b}});
  EXPECT_EQ(The<SendClaim>().attempts, (std::vector{a, b}));
  EXPECT_EQ(core.room(), 0u);
  Step(event::Granted{a, Epoch(1)});
  EXPECT_TRUE(Has<KeeperSpawn>());
  Step(event::Refused{b});
  EXPECT_EQ(The<PopQueue>().room, 1u);
  Step(event::Popped{{a}});
  EXPECT_FALSE(Has<SendClaim>()) << "a stale ring of what runs here";
}

// The first of three workers took 16 of 30 tasks, and the last had one.
TEST_F(WorkerCoreTest, OfABurstItPopsAShareAndTheNextWhenTheFirstIsAnswered) {
  core = WorkerCore({.slots = 16});
  Step(event::SpoolLoaded{});
  Step(event::KeeperListed{});
  Step(event::Opened{});
  Step(event::Welcome{kLease, kBeat, Epoch(1), {}, {}, /*serves_queue=*/false});
  auto attempt = [](int64_t n) { return AttemptId{RunId(n), TaskIndex(0), -1, 1}; };
  int64_t taken = 0;
  for (uint32_t share : {4u, 3u, 3u, 2u}) {
    EXPECT_EQ(The<PopQueue>().room, share);
    event::Popped popped;
    for (uint32_t i = 0; i < share; ++i) popped.attempts.push_back(attempt(++taken));
    Step(popped);
    if (share > 2) {
      EXPECT_EQ(The<PopQueue>().room, 0u) << "the others' turn";
    }
    for (const AttemptId& id : popped.attempts) Step(event::Granted{id, Epoch(1)});
  }
  EXPECT_EQ(core.room(), 4u);
  // Nearly full it fills up, whatever is still unanswered: a task that ends is followed at once.
  Step(event::Popped{{attempt(13), attempt(14), attempt(15)}});
  EXPECT_EQ(The<PopQueue>().room, 1u);
}

// They are in the queue no more: nobody else would find them until a sweep.
TEST_F(WorkerCoreTest, WhatItPoppedIsClaimedFromTheNextMasterIfTheLastOneSaidNothing) {
  const event::Welcome welcome{kLease, kBeat, Epoch(1), {}, {}, /*serves_queue=*/false};
  Step(event::Opened{});
  Step(welcome);
  Step(event::Popped{{a}});
  EXPECT_TRUE(Has<SendClaim>());
  Step(event::Disconnected{});
  Step(event::Popped{{b}});  // of a wait that was under way
  EXPECT_FALSE(Has<SendClaim>());
  Step(event::Opened{});
  Step(welcome);
  EXPECT_EQ(The<SendClaim>().attempts, (std::vector{a, b}));
}

TEST_F(WorkerCoreTest, ACopyGoesItsOwnWay) {
  Connect();
  Run(a);
  WorkerCore fork = core;
  End(a);
  EXPECT_EQ(fork.live(), 1u);
  EXPECT_EQ(core.live(), 0u);
}

}  // namespace
}  // namespace gale::worker
