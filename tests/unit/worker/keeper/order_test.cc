// A child's end, a message and a signal that come at the same moment: the keeper is stopped meanwhile,
// so that it finds all of them at once, the end last.
#include <gtest/gtest.h>
#include <signal.h>

#include <functional>

#include "tests/unit/worker/keeper/harness.h"

namespace gale::keeper {
namespace {

class OrderTest : public KeeperTest {
 protected:
  // The task 'a' ends after the keeper was stopped and `what` was said, and before it goes on.
  void EndAfter(Listener& keeper, const std::function<void()>& what) {
    const std::string until_told = "until [ -e " + Home() + "/go ]; do sleep 0.01; done";
    ASSERT_TRUE(keeper->Spawn(Sh("a", until_told)).ok());
    const Started started = keeper.AwaitStarted("a");
    pid = keeper->keeper_pid();
    ASSERT_EQ(kill(pid, SIGSTOP), 0);
    what();
    ASSERT_TRUE(Files::Real().Write(Home() + "/go", "").ok());
    ASSERT_TRUE(AwaitDeath(started.pid));
    ASSERT_EQ(kill(pid, SIGCONT), 0);
  }
  template <class T>
  size_t Told(Listener& keeper) {
    return keeper.Count([](const KeeperEvent& e) { return std::holds_alternative<T>(e); });
  }

  pid_t pid = 0;
};

TEST_F(OrderTest, ASpawnOfWhatHasEndedIsAnsweredWithItsEnd) {
  Start();
  Listener keeper(Home());
  EndAfter(keeper, [&] { ASSERT_TRUE(keeper->Spawn(Sh("a", "exit 7")).ok()); });
  EXPECT_EQ(keeper.AwaitExited("a").exit_code, 0);
  ASSERT_TRUE(keeper->List(kPatience).ok());  // all before it has been told
  EXPECT_EQ(Told<Started>(keeper), 1u) << "it does not run any more";
}

TEST_F(OrderTest, AKillOfWhatHasEndedIsNotItsReason) {
  Start();
  Listener keeper(Home());
  EndAfter(keeper, [&] { ASSERT_TRUE(keeper->Kill("a", "late").ok()); });
  const Exited exited = keeper.AwaitExited("a");
  EXPECT_FALSE(exited.killed);
  EXPECT_EQ(exited.exit_code, 0);
}

// It used to stay for its idle time: one still ran, it thought.
TEST_F(OrderTest, ATermFindsThatNothingRuns) {
  Start(/*idle_exit=*/kPatience * 10);
  Listener keeper(Home());
  EndAfter(keeper, [&] { ASSERT_EQ(kill(pid, SIGTERM), 0); });
  keeper.AwaitClosed();
}

}  // namespace
}  // namespace gale::keeper
