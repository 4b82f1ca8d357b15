// The keeper's own life: workers come and go, and it may die itself.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "harness.h"
#include "worker/keeper/proc.h"

namespace gale::keeper {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST_F(KeeperTest, AStartWhereOneLivesChangesNothing) {
  Start();
  Listener keeper(Home());
  Start();  // does not take the client's place either
  auto list = keeper->List(kPatience);
  EXPECT_TRUE(list.ok()) << list.status().ToString();
  EXPECT_EQ(RunKeeper({.home = Home()}).code(), Code::kAlreadyExists);
}

TEST_F(KeeperTest, TheKeeperIsNobodysChildInASessionOfItsOwn) {
  Start();
  Listener keeper(Home());
  auto process = ReadProcess(keeper->keeper_pid());
  ASSERT_TRUE(process.has_value());
  EXPECT_NE(process->parent, getpid());
  EXPECT_EQ(process->session, keeper->keeper_pid());
}

TEST_F(KeeperTest, AKeeperThatCannotStartSaysWhy) {
  Status status = StartKeeper({.home = Home(), .argv = {"sh", "-c", "echo no disk >&2; exit 1"}});
  EXPECT_EQ(status.code(), Code::kFailedPrecondition);
  EXPECT_NE(status.message().find("no disk"), std::string::npos) << status.ToString();
  status = StartKeeper({.home = Home(), .argv = {"/no/such/gale"}});
  EXPECT_NE(status.message().find("/no/such/gale"), std::string::npos) << status.ToString();
}

TEST_F(KeeperTest, AKilledWorkersSuccessorFindsWhatRunsAndWhatEnded) {
  Start();
  pid_t worker = fork();
  if (worker == 0) {  // spawns two, hears of one's end, is killed
    Listener keeper(Home());
    (void)keeper->Spawn(Sh("runs", "echo ready; exec sleep 60"));
    (void)keeper->Spawn(Sh("ended", "exit 7"));
    keeper.AwaitExited("ended");
    keeper.AwaitStarted("runs");
    kill(getpid(), SIGKILL);
  }
  int status;
  ASSERT_EQ(waitpid(worker, &status, 0), worker);
  ASSERT_TRUE(WIFSIGNALED(status));
  Listener keeper(Home());
  auto list = keeper->List(kPatience);
  ASSERT_TRUE(list.ok()) << list.status().ToString();
  ASSERT_EQ(list->running.size(), 1u);
  EXPECT_EQ(list->running[0].key, "runs");
  EXPECT_TRUE(Alive(list->running[0].pid));
  ASSERT_EQ(list->exited.size(), 1u);
  EXPECT_EQ(list->exited[0].exit_code, 7);
  ASSERT_TRUE(keeper->Kill("runs", "test").ok());
  EXPECT_EQ(keeper.AwaitExited("runs").signal, SIGTERM);
}

TEST_F(KeeperTest, ANewerClientTakesOver) {
  Start();
  Listener older(Home());
  Listener newer(Home());
  older.AwaitClosed();
  EXPECT_EQ(older->Spawn(Sh("a", "true")).code(), Code::kUnavailable);
  ASSERT_TRUE(newer->Spawn(Sh("b", "true")).ok());
  EXPECT_EQ(newer.AwaitExited("b").exit_code, 0);
}

TEST_F(KeeperTest, ADeadWorkersTasksAreFencedAndTheKeeperEndsWithItsExitsOnDisk) {
  Start(milliseconds(500));  // enough for this test to connect
  auto keeper = std::make_unique<Listener>(Home());
  pid_t pid = (*keeper)->keeper_pid();
  ASSERT_TRUE((*keeper)->Fence(milliseconds(150)).ok());
  ASSERT_TRUE((*keeper)->Spawn(Sh("a", "sleep 60")).ok());
  keeper->AwaitStarted("a");
  keeper.reset();
  EXPECT_TRUE(AwaitDeath(pid));
  Start();
  Listener next(Home());
  auto list = next->List(kPatience);
  ASSERT_TRUE(list.ok());
  ASSERT_EQ(list->exited.size(), 1u);
  EXPECT_TRUE(list->exited[0].fenced);
  EXPECT_FALSE(list->exited[0].keeper_died);
}

TEST_F(KeeperTest, AKilledKeepersOrphansAreKilledAndReportedByTheNext) {
  Start();
  Listener keeper(Home());
  ASSERT_TRUE(keeper->Spawn(Sh("ended", "exit 8")).ok());
  keeper.AwaitExited("ended");
  ASSERT_TRUE(keeper
                  ->Spawn(Sh("a",
                             "trap '' TERM; setsid -f sh -c 'echo daemon $$; exec sleep 60';"
                             "sleep 60"))
                  .ok());
  ASSERT_TRUE(keeper->Spawn(Sh("b", "exec sleep 60")).ok());
  pid_t a = keeper.AwaitStarted("a").pid, b = keeper.AwaitStarted("b").pid;
  std::string log = AwaitFile(Log("a"), "daemon");
  pid_t daemon = std::stoi(log.substr(log.find(' ')));
  kill(keeper->keeper_pid(), SIGKILL);
  keeper.AwaitClosed();
  // Nobody fences them now. What they left behind lives until the next keeper.
  ASSERT_TRUE(AwaitDeath(a));
  ASSERT_TRUE(AwaitDeath(b));
  EXPECT_TRUE(Alive(daemon));

  Start();
  for (pid_t pid : {a, b, daemon}) EXPECT_FALSE(Alive(pid));
  Listener next(Home());
  auto list = next->List(kPatience);
  ASSERT_TRUE(list.ok());
  EXPECT_TRUE(list->running.empty());
  ASSERT_EQ(list->exited.size(), 3u);  // by key
  EXPECT_EQ(list->exited[0].key, "a");
  EXPECT_TRUE(list->exited[0].keeper_died);
  EXPECT_EQ(list->exited[0].signal, SIGKILL);
  EXPECT_EQ(list->exited[0].reason, "its keeper died; the next keeper killed it");
  EXPECT_TRUE(list->exited[1].keeper_died);
  EXPECT_EQ(list->exited[1].exit_code, -1);
  EXPECT_FALSE(list->exited[2].keeper_died);
  EXPECT_EQ(list->exited[2].exit_code, 8);
}

TEST_F(KeeperTest, AFamilyWhoseRecordIsDamagedIsFoundByItsMarker) {
  Start();
  Listener keeper(Home());
  ASSERT_TRUE(
      keeper->Spawn(Sh("a", "setsid -f sh -c 'echo daemon $$; exec sleep 60'; sleep 60")).ok());
  const pid_t a = keeper.AwaitStarted("a").pid;
  const std::string log = AwaitFile(Log("a"), "daemon");
  const pid_t daemon = std::stoi(log.substr(log.find(' ')));
  kill(keeper->keeper_pid(), SIGKILL);
  keeper.AwaitClosed();
  ASSERT_TRUE(AwaitDeath(a));
  ASSERT_TRUE(Alive(daemon));
  std::string records = ReadFile(Home() + "/records");
  for (size_t n = 2; n < records.size(); n += 10) records[n] ^= 1;
  std::ofstream(Home() + "/records") << records;

  Start();
  EXPECT_FALSE(Alive(daemon));
  Listener next(Home());
  auto list = next->List(kPatience);
  ASSERT_TRUE(list.ok());
  ASSERT_EQ(list->exited.size(), 1u);
  EXPECT_EQ(list->exited[0].key, "a");
  EXPECT_TRUE(list->exited[0].keeper_died);
}

TEST_F(KeeperTest, SigtermAndCtrlCDoNotEndAKeeperThatHasChildren) {
  Start();
  Listener keeper(Home());
  ASSERT_TRUE(keeper->Spawn(Sh("a", "sleep 60")).ok());
  keeper.AwaitStarted("a");
  pid_t pid = keeper->keeper_pid();
  kill(pid, SIGINT);
  kill(pid, SIGTERM);
  ASSERT_TRUE(keeper->List(kPatience).ok());
  EXPECT_EQ(keeper->Shutdown(false, kPatience).code(), Code::kFailedPrecondition);
  ASSERT_TRUE(keeper->Kill("a", "test").ok());
  keeper.AwaitExited("a");
  kill(pid, SIGTERM);
  EXPECT_TRUE(AwaitDeath(pid));
}

TEST_F(KeeperTest, AForcedShutdownKillsAllAndKeepsTheirExits) {
  Start();
  Listener keeper(Home());
  pid_t pid = keeper->keeper_pid();
  ASSERT_TRUE(keeper->Spawn(Sh("a", "trap '' TERM; sleep 60")).ok());
  keeper.AwaitStarted("a");
  Status status = keeper->Shutdown(true, kPatience);
  EXPECT_TRUE(status.ok()) << status.ToString();
  EXPECT_TRUE(AwaitDeath(pid));
  EXPECT_TRUE(keeper.AwaitExited("a").killed);
  Start();
  Listener next(Home());
  EXPECT_EQ(next->List(kPatience)->exited.size(), 1u);
}

}  // namespace
}  // namespace gale::keeper
