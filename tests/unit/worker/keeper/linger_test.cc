// A task ends when its output's last holder has closed it, as a reader of a pipe sees it.
#include <signal.h>
#include <sys/stat.h>

#include <fstream>

#include "tests/unit/worker/keeper/harness.h"

namespace gale::keeper {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

pid_t PidIn(const std::string& text, const std::string& word) {
  return static_cast<pid_t>(std::stol(text.substr(text.find(word) + word.size())));
}

class LingerTest : public KeeperTest {
 protected:
  // The leader has ended, and a job that holds the output waits for its end by `line` of a FIFO.
  void SetUp() override {
    KeeperTest::SetUp();
    Start();
    keeper = std::make_unique<Listener>(Home());
    ASSERT_EQ(mkfifo((Home() + "/go").c_str(), 0600), 0);
  }
  void TearDown() override {
    keeper.reset();
    KeeperTest::TearDown();
  }
  std::string Wait() const { return "read x < " + Home() + "/go"; }
  void Spawn(const std::string& command, Duration timeout = Duration(0)) {
    SpawnRequest r = Sh("a", command);
    r.timeout = timeout;
    ASSERT_TRUE((*keeper)->Spawn(r).ok());
    pid = keeper->AwaitStarted("a").pid;
  }
  void Go() { std::ofstream(Home() + "/go") << "go\n"; }

  std::unique_ptr<Listener> keeper;
  pid_t pid = 0;
};

TEST_F(LingerTest, JobsOfAShellGoOnAndTheTaskEndsWithTheLast) {
  Spawn("for i in 1 2 3; do (sleep 0.$i; touch " + Home() + "/mk.$i) & done; exit 3");
  Exited exit = keeper->AwaitExited("a");
  EXPECT_EQ(exit.exit_code, 3) << "the leader's";
  EXPECT_EQ(exit.reason, "");
  for (int i = 1; i <= 3; ++i)
    EXPECT_TRUE(Files::Real().Exists(fmt::format("{}/mk.{}", Home(), i)));
  EXPECT_GE(exit.ended_at - exit.started_at, milliseconds(100)) << "the end is the last one's";
}

TEST_F(LingerTest, AProcessSubstitutionWritesToTheEnd) {
  SpawnRequest r = Sh("a", "");
  r.argv = {"bash", "-c", "exec > >(sleep 0.2; cat); echo one; echo two"};
  ASSERT_TRUE((*keeper)->Spawn(r).ok());
  EXPECT_EQ(keeper->AwaitExited("a").exit_code, 0);
  EXPECT_EQ(ReadFile(Log("a")), "one\ntwo\n");
}

// A daemon that closes its output is no job of the task's any more, though it lives.
TEST_F(LingerTest, TheEndIsTheCloseNotTheProcesssEnd) {
  Spawn("(" + Wait() + "; exec >/dev/null 2>&1; sleep 60) & echo child $!");
  ASSERT_TRUE(AwaitDeath(pid));
  const pid_t job = PidIn(AwaitFile(Log("a"), "child"), "child");
  EXPECT_TRUE(Alive(job));
  Go();
  Exited exit = keeper->AwaitExited("a");
  EXPECT_EQ(exit.exit_code, 0);
  EXPECT_NE(exit.reason.find("kept no output open: ended with the task"), std::string::npos)
      << exit.reason;
  EXPECT_FALSE(Alive(job));
}

TEST_F(LingerTest, ItIsStillBoundedByItsTimeout) {
  Spawn("sleep 60 & echo child $!", milliseconds(200));
  Exited exit = keeper->AwaitExited("a");
  EXPECT_TRUE(exit.timed_out);
  EXPECT_FALSE(Alive(PidIn(ReadFile(Log("a")), "child")));
}

TEST_F(LingerTest, AKillEndsItAndItDidNotSucceed) {
  Spawn("sleep 60 & echo child $!");
  ASSERT_TRUE(AwaitDeath(pid));
  ASSERT_TRUE((*keeper)->Kill("a", "cancelled").ok());
  Exited exit = keeper->AwaitExited("a");
  EXPECT_TRUE(exit.killed);
  EXPECT_EQ(exit.signal, SIGTERM);
  EXPECT_EQ(exit.reason, "cancelled");
  EXPECT_FALSE(Alive(PidIn(ReadFile(Log("a")), "child")));
}

// The chaos suite's find: its child held the output for an hour, and no next try came.
TEST_F(LingerTest, ALeaderThatIsKilledTakesItsJobsWithIt) {
  Spawn("sleep 60 & echo child $!; wait");
  AwaitFile(Log("a"), "child");
  ASSERT_EQ(kill(pid, SIGKILL), 0);
  Exited exit = keeper->AwaitExited("a");
  EXPECT_EQ(exit.signal, SIGKILL);
  EXPECT_FALSE(Alive(PidIn(ReadFile(Log("a")), "child")));
}

TEST_F(LingerTest, TheFenceEndsItToo) {
  Spawn("sleep 60 & echo child $!");
  ASSERT_TRUE(AwaitDeath(pid));
  ASSERT_TRUE((*keeper)->Fence(milliseconds(50)).ok());
  Exited exit = keeper->AwaitExited("a");
  EXPECT_TRUE(exit.fenced);
  EXPECT_FALSE(Alive(PidIn(ReadFile(Log("a")), "child")));
}

TEST_F(LingerTest, ANewWorkerFindsItRunning) {
  Spawn("(" + Wait() + ") & exit 0");
  ASSERT_TRUE(AwaitDeath(pid));
  keeper = std::make_unique<Listener>(Home());
  auto listing = (*keeper)->List(kPatience);
  ASSERT_TRUE(listing.ok());
  ASSERT_EQ(listing->running.size(), 1u);
  EXPECT_TRUE(listing->exited.empty());
  Go();
  EXPECT_EQ(keeper->AwaitExited("a").exit_code, 0);
}

TEST_F(LingerTest, AJobDoesNotHoldUpOthers) {
  Spawn("sleep 60 & exit 0");
  ASSERT_TRUE(AwaitDeath(pid));
  for (int i = 0; i < 20; ++i) {
    const std::string key = fmt::format("b{}", i);
    ASSERT_TRUE((*keeper)->Spawn(Sh(key, "exit 7")).ok());
    EXPECT_EQ(keeper->AwaitExited(key).exit_code, 7);
  }
  EXPECT_EQ(keeper->Count([](const KeeperEvent& e) {
    auto* exited = std::get_if<Exited>(&e);
    return exited != nullptr && exited->key == "a";
  }),
            0u);
  ASSERT_TRUE((*keeper)->Kill("a", "the test is over").ok());
  keeper->AwaitExited("a");
}

}  // namespace
}  // namespace gale::keeper
