// Families end whole: by kill, timeout, fence, and when their leader ends.
#include <signal.h>

#include "harness.h"

namespace gale::keeper {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// The pid that a line "<name> <pid>" of the log says.
pid_t PidIn(const std::string& log, const std::string& name) {
  size_t at = log.find(name + " ");
  GALE_CHECK(at != std::string::npos, "no '{}' in: {}", name, log);
  return std::stoi(log.substr(at + name.size() + 1));
}

TEST_F(KeeperTest, AKillIsATermFirst) {
  Start();
  Listener keeper(Home());
  ASSERT_TRUE(
      keeper->Spawn(Sh("a", "trap 'echo bye; exit 9' TERM; echo ready; sleep 60 & wait")).ok());
  AwaitFile(Log("a"), "ready");
  ASSERT_TRUE(keeper->Kill("a", "marked failed by hand").ok());
  Exited exit = keeper.AwaitExited("a");
  EXPECT_EQ(exit.exit_code, 9);
  EXPECT_TRUE(exit.killed);
  EXPECT_EQ(exit.reason, "marked failed by hand");
  EXPECT_EQ(ReadFile(Log("a")), "ready\nbye\n");
}

TEST_F(KeeperTest, AKillReachesGrandchildrenThatIgnoreTermAndLeftTheSession) {
  Start();
  Listener keeper(Home());
  SpawnRequest r = Sh("a",
                      "trap '' TERM;"
                      "sh -c 'echo child $$; sleep 60' &"
                      "setsid sh -c 'echo session $$; sleep 60' &"
                      "(setsid setsid -f sh -c 'echo daemon $$; sleep 60');"
                      "sleep 60");
  r.kill_grace = milliseconds(50);
  ASSERT_TRUE(keeper->Spawn(r).ok());
  for (const char* who : {"child", "session", "daemon"}) AwaitFile(Log("a"), who);
  std::string log = ReadFile(Log("a"));
  ASSERT_TRUE(keeper->Kill("a", "test").ok());
  Exited exit = keeper.AwaitExited("a");
  EXPECT_EQ(exit.signal, SIGKILL);
  EXPECT_TRUE(exit.killed);
  for (const char* who : {"child", "session", "daemon"})
    EXPECT_FALSE(Alive(PidIn(log, who))) << who;
}

TEST_F(KeeperTest, WhatKeepsNoOutputOpenDoesNotOutliveItsTaskAndIsNamed) {
  Start();
  Listener keeper(Home());
  ASSERT_TRUE(keeper->Spawn(Sh("a", "sleep 60 >/dev/null 2>&1 & echo child $!; exit 0")).ok());
  Exited exit = keeper.AwaitExited("a");
  EXPECT_EQ(exit.exit_code, 0);
  EXPECT_FALSE(exit.killed);
  EXPECT_EQ(exit.reason, "1 background process kept no output open: ended with the task (sleep)");
  EXPECT_FALSE(Alive(PidIn(ReadFile(Log("a")), "child")));
}

TEST_F(KeeperTest, OneFamilysDaemonNeitherDelaysNorDiesWithAnother) {
  Start();
  Listener keeper(Home());
  ASSERT_TRUE(
      keeper->Spawn(Sh("a", "setsid -f sh -c 'echo daemon $$; exec sleep 60'; sleep 60")).ok());
  pid_t daemon = PidIn(AwaitFile(Log("a"), "daemon"), "daemon");
  ASSERT_TRUE(keeper->Spawn(Sh("b", "exit 0")).ok());
  EXPECT_EQ(keeper.AwaitExited("b").exit_code, 0);
  EXPECT_TRUE(Alive(daemon));
  ASSERT_TRUE(keeper->Kill("a", "test").ok());
  keeper.AwaitExited("a");
  EXPECT_FALSE(Alive(daemon));
}

TEST_F(KeeperTest, ATimeoutKillsAndSaysSo) {
  Start();
  Listener keeper(Home());
  SpawnRequest r = Sh("a", "trap '' TERM; sleep 60");
  r.timeout = milliseconds(60);
  r.kill_grace = milliseconds(40);
  ASSERT_TRUE(keeper->Spawn(r).ok());
  Exited exit = keeper.AwaitExited("a");
  EXPECT_TRUE(exit.timed_out);
  EXPECT_FALSE(exit.killed);
  EXPECT_EQ(exit.signal, SIGKILL);
  EXPECT_EQ(exit.reason, "timed out after 0.06 s of execution");
  EXPECT_GE(exit.ended_at - exit.started_at, milliseconds(100));
}

TEST_F(KeeperTest, ASilentClientIsFencedAndNothingStartsUntilTheNextLease) {
  Start();
  Listener keeper(Home());
  ASSERT_TRUE(keeper->Fence(seconds(60)).ok());
  ASSERT_TRUE(keeper->Spawn(Sh("a", "trap '' TERM; echo ready; sleep 60")).ok());
  AwaitFile(Log("a"), "ready");
  ASSERT_TRUE(keeper->Fence(milliseconds(50)).ok());
  Exited exit = keeper.AwaitExited("a");
  EXPECT_TRUE(exit.fenced);
  EXPECT_EQ(exit.signal, SIGKILL);
  ASSERT_TRUE(keeper->Spawn(Sh("b", "true")).ok());
  EXPECT_EQ(keeper.AwaitStartFailed("b").reason,
            "the fence has passed: the worker's lease is over");
  ASSERT_TRUE(keeper->Fence(seconds(60)).ok());
  ASSERT_TRUE(keeper->Spawn(Sh("b", "exit 6")).ok());
  EXPECT_EQ(keeper.AwaitExited("b").exit_code, 6);
}

TEST_F(KeeperTest, ARenewedFenceDoesNotKill) {
  Start();
  Listener keeper(Home());
  ASSERT_TRUE(keeper->Fence(milliseconds(300)).ok());
  SpawnRequest r = Sh("a", "exec sleep 60");
  r.timeout = milliseconds(500);  // it lives to see this, beyond the first fence
  ASSERT_TRUE(keeper->Spawn(r).ok());
  ASSERT_TRUE(keeper->Fence(seconds(60)).ok());
  Exited exit = keeper.AwaitExited("a");
  EXPECT_TRUE(exit.timed_out);
  EXPECT_FALSE(exit.fenced);
}

}  // namespace
}  // namespace gale::keeper
