// What a child gets, and what is told of its end.
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "harness.h"

namespace gale::keeper {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST_F(KeeperTest, AChildsOutputGoesToItsLogAndItsExitIsTold) {
  Start();
  Listener keeper(Home());
  ASSERT_TRUE(keeper->Spawn(Sh("a", "echo out; echo err >&2; exit 3")).ok());
  Started started = keeper.AwaitStarted("a");
  Exited exit = keeper.AwaitExited("a");
  EXPECT_EQ(exit.pid, started.pid);
  EXPECT_EQ(exit.exit_code, 3);
  EXPECT_EQ(exit.signal, 0);
  EXPECT_EQ(exit.reason, "");
  EXPECT_FALSE(exit.killed || exit.timed_out || exit.fenced || exit.oom || exit.keeper_died);
  EXPECT_GE(exit.ended_at, exit.started_at);
  EXPECT_GT(exit.max_rss_bytes, 0);
  EXPECT_EQ(ReadFile(Log("a")), "out\nerr\n");
  struct stat st;
  ASSERT_EQ(stat(Log("a").c_str(), &st), 0);
  EXPECT_EQ(st.st_mode & 0777, 0600u);
}

TEST_F(KeeperTest, ALogIsAppendedTo) {
  Start();
  Listener keeper(Home());
  SpawnRequest first = Sh("a", "echo one"), second = Sh("b", "echo two");
  second.log_path = first.log_path;
  ASSERT_TRUE(keeper->Spawn(first).ok());
  keeper.AwaitExited("a");
  ASSERT_TRUE(keeper->Spawn(second).ok());
  keeper.AwaitExited("b");
  EXPECT_EQ(ReadFile(first.log_path), "one\ntwo\n");
}

TEST_F(KeeperTest, ASignalIsToldAndAKillThatWasNotOursIsExplained) {
  Start();
  Listener keeper(Home());
  ASSERT_TRUE(keeper->Spawn(Sh("segv", "kill -SEGV $$")).ok());
  ASSERT_TRUE(keeper->Spawn(Sh("kill", "kill -KILL $$")).ok());
  EXPECT_EQ(keeper.AwaitExited("segv").signal, SIGSEGV);
  EXPECT_EQ(keeper.AwaitExited("segv").exit_code, -1);
  Exited killed = keeper.AwaitExited("kill");
  EXPECT_EQ(killed.signal, SIGKILL);
  EXPECT_FALSE(killed.killed);
  EXPECT_EQ(killed.reason, "killed by SIGKILL, not by gale: perhaps out of memory");
}

TEST_F(KeeperTest, AChildStartsClean) {
  Start();
  Listener keeper(Home());
  // Its own session and group, nothing but 0, 1, 2 open, no signal blocked or ignored, no input.
  ASSERT_TRUE(keeper
                  ->Spawn(Sh("a",
                             "readlink /proc/self/fd/0; ls /proc/$$/fd;"
                             "cut -d' ' -f5,6 /proc/$$/stat; echo $$;"
                             "exec grep -E 'Sig(Blk|Ign)' /proc/self/status"))
                  .ok());
  std::string pid = std::to_string(keeper.AwaitStarted("a").pid);
  keeper.AwaitExited("a");
  std::string log = ReadFile(Log("a"));
  EXPECT_TRUE(log.starts_with("/dev/null\n0\n1\n2\n" + pid + " " + pid + "\n" + pid + "\n")) << log;
  EXPECT_NE(log.find("SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000"), std::string::npos)
      << log;
}

TEST_F(KeeperTest, AProgramThatIsNotThereIsAFailedStartThatNamesIt) {
  Start();
  Listener keeper(Home());
  SpawnRequest r = Sh("a", "");
  r.argv = {"no-such-program"};
  ASSERT_TRUE(keeper->Spawn(r).ok());
  EXPECT_EQ(keeper.AwaitStartFailed("a").reason,
            "cannot start 'no-such-program': no such program in PATH=/usr/bin:/bin");
  r.key = "b", r.argv = {"/etc/passwd"};
  ASSERT_TRUE(keeper->Spawn(r).ok());
  EXPECT_EQ(keeper.AwaitStartFailed("b").reason, "cannot start '/etc/passwd': Permission denied");
  r = Sh("c", "true"), r.cwd = "/no/such/dir";
  ASSERT_TRUE(keeper->Spawn(r).ok());
  EXPECT_NE(keeper.AwaitStartFailed("c").reason.find("/no/such/dir"), std::string::npos);
  r = Sh("d", "true"), r.log_path = "/no/such/dir/log";
  ASSERT_TRUE(keeper->Spawn(r).ok());
  EXPECT_NE(keeper.AwaitStartFailed("d").reason.find("/no/such/dir/log"), std::string::npos);
  r = Sh("e", "true"), r.argv = {};
  ASSERT_TRUE(keeper->Spawn(r).ok());
  keeper.AwaitStartFailed("e");
  auto list = keeper->List(kPatience);
  ASSERT_TRUE(list.ok());
  EXPECT_TRUE(list->running.empty());
  EXPECT_TRUE(list->exited.empty());
  EXPECT_EQ(Entries(Home() + "/tmp"), 0u);
  // The key is free: a start that failed may be tried again.
  ASSERT_TRUE(keeper->Spawn(Sh("a", "exit 4")).ok());
  EXPECT_EQ(keeper.AwaitExited("a").exit_code, 4);
}

TEST_F(KeeperTest, TheSameKeyNeverRunsTwiceUntilItIsTaken) {
  Start();
  Listener keeper(Home());
  SpawnRequest r = Sh("a", "echo ran; read x < " + Home() + "/gate");
  ASSERT_EQ(mkfifo((Home() + "/gate").c_str(), 0600), 0);
  ASSERT_TRUE(keeper->Spawn(r).ok());
  pid_t pid = keeper.AwaitStarted("a").pid;
  ASSERT_TRUE(keeper->Spawn(r).ok());
  ASSERT_TRUE(keeper->List(kPatience).ok());  // what was sent before it has been answered
  auto started = [](const KeeperEvent& e) { return std::holds_alternative<Started>(e); };
  EXPECT_EQ(keeper.Count(started), 2u);
  EXPECT_EQ(keeper.AwaitStarted("a").pid, pid);
  { std::ofstream(Home() + "/gate") << "go\n"; }
  keeper.AwaitExited("a");
  ASSERT_TRUE(keeper->Spawn(r).ok());
  ASSERT_TRUE(keeper->List(kPatience).ok());
  EXPECT_EQ(keeper.Count(started), 2u);
  EXPECT_EQ(keeper.Count([](const KeeperEvent& e) { return std::holds_alternative<Exited>(e); }),
            2u);
  EXPECT_EQ(ReadFile(Log("a")), "ran\n");
  ASSERT_TRUE(keeper->Take("a").ok());
  auto list = keeper->List(kPatience);
  ASSERT_TRUE(list.ok());
  EXPECT_TRUE(list->exited.empty());
}

TEST_F(KeeperTest, AHugeEnvironmentArrivesAndATooLargeOneFailsTheStart) {
  Start();
  Listener keeper(Home());
  SpawnRequest r = Sh("a", "env | wc -c");
  for (int i = 0; i < 20; ++i) r.env.push_back(fmt::format("V{}={}", i, std::string(100'000, 'x')));
  ASSERT_TRUE(keeper->Spawn(r).ok());
  EXPECT_EQ(keeper.AwaitExited("a").exit_code, 0);
  EXPECT_GT(std::stol(ReadFile(Log("a"))), 2'000'000);
  r.key = "b", r.env.push_back("W=" + std::string(200'000, 'x'));  // over the kernel's 128 KiB
  ASSERT_TRUE(keeper->Spawn(r).ok());
  EXPECT_NE(keeper.AwaitStartFailed("b").reason.find("larger than the kernel takes"),
            std::string::npos);
}

TEST_F(KeeperTest, AWorkingDirectoryIsEmptyAndOneThatIsLeftSoIsUsedAgain) {
  Start();
  Listener keeper(Home());
  auto run = [&](const std::string& key, const std::string& command) {
    SpawnRequest r = Sh(key, "pwd; ls -A | wc -l; stat -c %a .; " + command);
    r.cwd.clear();
    EXPECT_TRUE(keeper->Spawn(r).ok());
    keeper.AwaitExited(key);
    EXPECT_TRUE(keeper->List(kPatience).ok());  // the keeper tells first, then tidies
    std::istringstream said(ReadFile(Log(key)));
    std::string folder, files, mode;
    said >> folder >> files >> mode;
    EXPECT_EQ(files, "0");
    EXPECT_EQ(mode, "700");
    EXPECT_EQ(std::filesystem::path(folder).parent_path(), Home() + "/tmp");
    return folder;
  };
  const std::string first = run("empty", "true");
  EXPECT_TRUE(std::filesystem::is_empty(first));
  EXPECT_EQ(run("again", "true"), first);
  EXPECT_EQ(run("full", "mkdir d; echo x > d/f"), first);
  EXPECT_FALSE(std::filesystem::exists(first));
  EXPECT_EQ(run("hidden", "touch .x"), Home() + "/tmp/w2");
  EXPECT_EQ(run("mode", "chmod 755 ."), Home() + "/tmp/w3");
  EXPECT_EQ(run("another", "rmdir $PWD; mkdir -m 700 $PWD.; mv $PWD. $PWD"), Home() + "/tmp/w4");
  EXPECT_EQ(run("link", "rmdir $PWD; ln -s /tmp $PWD"), Home() + "/tmp/w5");
  EXPECT_EQ(run("last", "true"), Home() + "/tmp/w6");
  EXPECT_EQ(Entries(Home() + "/tmp"), 1u);
}

TEST_F(KeeperTest, TwoHundredAtOnceLeakNoDescriptor) {
  Start();
  Listener keeper(Home());
  std::string fds = fmt::format("/proc/{}/fd", keeper->keeper_pid());
  ASSERT_TRUE(keeper->Spawn(Sh("first", "true")).ok());
  keeper.AwaitExited("first");
  size_t before = Entries(fds), files = Entries(Home());
  for (int i = 0; i < 200; ++i) {
    ASSERT_TRUE(keeper->Spawn(Sh(fmt::format("k{}", i), "exit 5")).ok());
  }
  for (int i = 0; i < 200; ++i) {
    EXPECT_EQ(keeper.AwaitExited(fmt::format("k{}", i)).exit_code, 5);
    ASSERT_TRUE(keeper->Take(fmt::format("k{}", i)).ok());
  }
  ASSERT_TRUE(keeper->List(kPatience).ok());
  EXPECT_EQ(Entries(fds), before);
  EXPECT_EQ(Entries(Home()), files + 200) << "their logs, and nothing else";
}

}  // namespace
}  // namespace gale::keeper
