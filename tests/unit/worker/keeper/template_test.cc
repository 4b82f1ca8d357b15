// Tasks that are forked from templates, by a real Python and the SDK's gale.template_process.
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "harness.h"
#include "worker/keeper/proc.h"

namespace gale::keeper {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;

const std::string kTests = GALE_TESTS_DIR;
const std::string kPython = kTests + "/../build/venv/bin/python";

class TemplateTest : public KeeperTest {
 protected:
  void SetUp() override {
    KeeperTest::SetUp();
    std::filesystem::create_directory(home_ + "/code");
    Write("task.py", "import os, sys\ndef main():\n    exec(os.environ['DO'])\n");
    Write("dag.py", "import os\nmade = 'first'\n");
  }

  void Write(const std::string& name, const std::string& text) const {
    std::ofstream(home_ + "/code/" + name) << text;
  }

  TemplateSpec Template(const std::string& id, const std::string& file = "") const {
    TemplateSpec out{.id = id,
                     .argv = {kPython, "-m", "gale.template_process"},
                     .env = {"PATH=/usr/bin:/bin", "WHOSE=template",
                             "PYTHONPATH=" + kTests + "/../sdk/python:" + home_ + "/code"}};
    if (!file.empty()) {
      out.argv.insert(out.argv.end(),
                      {"--file", home_ + "/code/" + file, "--folder", home_ + "/code"});
    }
    return out;
  }

  // Runs the Python statements in a fork of the SDK's template. Without one it is a program that
  // says "fresh" and exits with 9.
  SpawnRequest Py(const std::string& key, const std::string& code) const {
    const std::string fresh = home_ + "/fresh";
    std::ofstream(fresh) << "#!/bin/sh\necho fresh\nexit 9\n";
    std::filesystem::permissions(fresh, std::filesystem::perms::owner_all);
    return {.key = key,
            .argv = {fresh, "-m", "task", "an argument"},
            .env = {"PATH=/usr/bin:/bin", "DO=" + code},
            .cwd = home_,
            .log_path = Log(key),
            .templates = {Template("sdk")}};
  }
  // The same of a file's template.
  SpawnRequest File(const std::string& key, const std::string& code,
                    const std::string& file = "dag.py") const {
    SpawnRequest out = Py(key, code);
    out.templates = {Template(file, file)};
    return out;
  }

  Exited Run(Listener& keeper, const SpawnRequest& request) {
    EXPECT_TRUE(keeper->Spawn(request).ok());
    return keeper.AwaitExited(request.key);
  }
};

TEST_F(TemplateTest, ATaskIsForkedAndIsLikeAnyOther) {
  Start();
  Listener keeper(Home());
  Exited exit =
      Run(keeper, Py("a", "print('out', sys.argv[1:]); os.write(2, b'err\\n'); sys.exit(3)"));
  Started started = keeper.AwaitStarted("a");
  EXPECT_TRUE(started.forked);
  EXPECT_EQ(exit.pid, started.pid);
  EXPECT_EQ(exit.exit_code, 3);
  EXPECT_EQ(exit.signal, 0);
  EXPECT_EQ(exit.reason, "");
  EXPECT_GT(exit.max_rss_bytes, 0);
  EXPECT_EQ(ReadFile(Log("a")), "err\nout ['an argument']\n");  // stdout is flushed at the end
  // Once there is a template, what it costs is a fork: the import's 100s of ms aren't in it.
  EXPECT_EQ(Run(keeper, Py("b", "pass")).exit_code, 0);
  EXPECT_EQ(ReadFile(Home() + "/keeper.log").find("is ready"),
            ReadFile(Home() + "/keeper.log").rfind("is ready"));
}

TEST_F(TemplateTest, AForkStartsCleanAndWithItsOwnEnvironment) {
  Start();
  Listener keeper(Home());
  SpawnRequest r =
      Py("a",
         "print(sorted(os.listdir('/proc/self/fd'))[:3], len(os.listdir('/proc/self/fd')),"
         "os.getsid(0) == os.getpid() == os.getpgid(0), os.getcwd() != '/',"
         "os.environ.get('WHOSE'), sorted(os.environ))\n"
         "os.system('readlink /proc/self/fd/0; echo $DO | wc -l; ulimit -s')\n"
         "print(open('/proc/self/status').read())");
  r.cwd.clear();
  EXPECT_EQ(Run(keeper, r).exit_code, 0);
  const std::string log = ReadFile(Log("a"));
  EXPECT_THAT(log, HasSubstr("['0', '1', '2'] 4 True True None ['DO', 'GALE_KEEPER_KEY', 'PATH']"));
  EXPECT_THAT(log, HasSubstr("/dev/null\n"));
  EXPECT_THAT(log, HasSubstr("SigBlk:\t0000000000000000"));
  EXPECT_THAT(log, HasSubstr("PPid:\t" + std::to_string(keeper->keeper_pid())));
}

TEST_F(TemplateTest, ItsEndIsToldAsItWas) {
  Start();
  Listener keeper(Home());
  EXPECT_EQ(Run(keeper, Py("segv", "os.kill(os.getpid(), 11)")).signal, SIGSEGV);
  EXPECT_EQ(Run(keeper, Py("exit", "os._exit(7)")).exit_code, 7);
  EXPECT_EQ(Run(keeper, Py("raise", "1/0")).exit_code, 1);
  EXPECT_THAT(ReadFile(Log("raise")), HasSubstr("ZeroDivisionError: division by zero"));
  EXPECT_EQ(Run(keeper, Py("text", "sys.exit('it is over')")).exit_code, 1);
  EXPECT_EQ(ReadFile(Log("text")), "it is over\n");
  EXPECT_EQ(Run(keeper, Py("atexit",
                           "import atexit, threading\n"
                           "atexit.register(print, 'at the end')\n"
                           "def late():\n    import threading\n    "
                           "threading.main_thread().join()\n    print('from a thread')\n"
                           "threading.Thread(target=late).start()"))
                .exit_code,
            0);
  EXPECT_EQ(ReadFile(Log("atexit")), "from a thread\nat the end\n");
  const Exited killed = Run(keeper, Py("kill", "os.kill(os.getpid(), 9)"));
  EXPECT_EQ(killed.reason, "killed by SIGKILL, not by gale: perhaps out of memory");
}

TEST_F(TemplateTest, TimeoutKillAndFenceReachAForkedFamily) {
  Start();
  Listener keeper(Home());
  SpawnRequest late = Py("late", "import signal; signal.pause()");
  late.timeout = milliseconds(100);
  Exited exit = Run(keeper, late);
  EXPECT_TRUE(exit.timed_out);
  EXPECT_EQ(exit.signal, SIGTERM);

  // Grandchildren, one of them a daemon that has left by all the ways there are but exec.
  const std::string family =
      "import signal\n"
      "if os.fork() == 0:\n"
      "    os.setsid()\n"
      "    if os.fork() == 0:\n"
      "        print('daemon', os.getpid(), flush=True)\n"
      "        signal.pause()\n"
      "    os._exit(0)\n"
      "signal.pause()\n";
  ASSERT_TRUE(keeper->Spawn(Py("family", family)).ok());
  const std::string log = AwaitFile(Log("family"), "daemon");
  const pid_t daemon = std::stoi(log.substr(log.find("daemon ") + 7));
  ASSERT_TRUE(keeper->Kill("family", "test").ok());
  EXPECT_TRUE(keeper.AwaitExited("family").killed);
  EXPECT_FALSE(Alive(daemon));

  ASSERT_TRUE(
      keeper->Spawn(Py("fenced", "import signal; print('runs', flush=True); signal.pause()")).ok());
  AwaitFile(Log("fenced"), "runs");
  ASSERT_TRUE(keeper->Fence(milliseconds(10)).ok());
  EXPECT_TRUE(keeper.AwaitExited("fenced").fenced);
}

TEST_F(TemplateTest, AFileIsImportedOnceAndAgainWhenItOrWhatItReadsHasChanged) {
  Write("helper.py", "word = 'one'\n");
  Write("dag.py",
        "import os, helper, random\nprint('imported')\nhere = os.path.dirname(__file__)\n"
        "words = helper.word + open(here + '/data.txt').read()\nos.environ['FROM_FILE'] = words\n");
  Write("data.txt", " A");
  Start();
  Listener keeper(Home());
  const std::string say = "print(os.environ['FROM_FILE'])";
  Run(keeper, File("a", say));
  EXPECT_EQ(ReadFile(Log("a")), "imported\none A\n");
  Run(keeper, File("b", say));
  EXPECT_EQ(ReadFile(Log("b")), "one A\n");
  Write("helper.py", "word = 'another'\n");
  Run(keeper, File("c", say));
  EXPECT_EQ(ReadFile(Log("c")), "imported\nanother A\n");
  Write("data.txt", " with B");
  Run(keeper, File("d", say));
  EXPECT_EQ(ReadFile(Log("d")), "imported\nanother with B\n");
}

TEST_F(TemplateTest, WhatCantBeForkedFromSaysWhyOnceAndTheSdksTemplateForks) {
  Write("dag.py",
        "import threading\nthreading.Thread(target=threading.Event().wait, daemon=True, "
        "name='listener').start()\n");
  Write("socket_dag.py", "import socket\nkept = socket.socket()\n");
  Write("broken.py", "import no_such_module\n");
  Start();
  Listener keeper(Home());
  int n = 0;
  for (const char* file :
       {"dag.py", "dag.py", "dag.py", "socket_dag.py", "socket_dag.py", "broken.py", "broken.py"}) {
    SpawnRequest r = File("k" + std::to_string(++n), "print('runs')", file);
    r.templates.push_back(Template("sdk"));
    EXPECT_EQ(Run(keeper, r).exit_code, 0) << file;
    EXPECT_TRUE(keeper.AwaitStarted(r.key).forked);
  }
  const std::string log = ReadFile(Home() + "/keeper.log");
  const std::string why = "its import started 1 thread (listener)";
  EXPECT_THAT(log, HasSubstr(why));
  EXPECT_EQ(log.find(why), log.rfind(why));
  EXPECT_THAT(log, HasSubstr("its import opened a socket"));
  EXPECT_THAT(
      log, HasSubstr("its import failed: ModuleNotFoundError: No module named 'no_such_module'"));
}

TEST_F(TemplateTest, ATemplateThatHangsOrDiesInItsImportCostsNothingButItself) {
  Write("dag.py", "import signal\nsignal.pause()\n");
  Write("dies.py", "import os\nos.kill(os.getpid(), 11)\n");
  Start();
  Listener keeper(Home());
  SpawnRequest hangs = File("a", "pass");
  hangs.templates[0].import_max = milliseconds(300);
  EXPECT_EQ(Run(keeper, hangs).exit_code, 9);
  EXPECT_FALSE(keeper.AwaitStarted("a").forked);
  EXPECT_EQ(keeper.AwaitStarted("a").note, "it did not import in 0.3 s");
  EXPECT_EQ(Run(keeper, File("b", "pass", "dies.py")).exit_code, 9);
  SpawnRequest none = Py("c", "pass");
  none.templates[0].id = "none";
  none.templates[0].argv = {"/no/such/python"};
  EXPECT_EQ(Run(keeper, none).exit_code, 9);
  EXPECT_EQ(Run(keeper, Py("d", "pass")).exit_code, 0);
}

TEST_F(TemplateTest, OneThatDiesBetweenAskAndAnswerIsDoneWithout) {
  // It ends at the fork, before there is a child.
  Write("dag.py",
        "import os\nos.register_at_fork(before=lambda: armed and os._exit(1))\narmed = 0\n"
        "import gc\ngc.freeze = lambda: globals().update(armed=1)\n");
  Start();
  Listener keeper(Home());
  EXPECT_EQ(Run(keeper, File("a", "pass")).exit_code, 9);
  EXPECT_EQ(ReadFile(Log("a")), "fresh\n");
  // And here it is its child that ends before it says that it is here.
  Write("child.py", "import os\nos.setsid = lambda: os._exit(1)\n");
  EXPECT_EQ(Run(keeper, File("b", "pass", "child.py")).exit_code, 9);
  EXPECT_EQ(keeper.AwaitStarted("b").note, "its fork ended before it began");
}

TEST_F(TemplateTest, AStartIsKilledWhileItWaitsForItsFork) {
  Write("dag.py", "import signal\nprint('importing', flush=True)\nsignal.pause()\n");
  Start();
  Listener keeper(Home());
  ASSERT_TRUE(keeper->Spawn(File("a", "pass")).ok());
  ASSERT_TRUE(keeper->Spawn(File("b", "pass")).ok());
  AwaitFile(Log("a"), "importing");
  auto list = keeper->List(kPatience);
  ASSERT_EQ(list->running.size(), 2u);
  EXPECT_EQ(list->running[0].pid, 0);
  EXPECT_EQ(keeper->Shutdown(false, kPatience).code(), Code::kFailedPrecondition);
  ASSERT_TRUE(keeper->Kill("a", "not wanted").ok());
  const Exited a = keeper.AwaitExited("a");
  EXPECT_TRUE(a.killed);
  EXPECT_EQ(a.reason, "not wanted");
  EXPECT_EQ(a.pid, 0);
  ASSERT_TRUE(keeper->Fence(milliseconds(1)).ok());
  EXPECT_TRUE(keeper.AwaitExited("b").fenced);
  EXPECT_EQ(ReadFile(Log("b")), "");
}

TEST_F(TemplateTest, AKilledKeepersForksEndWithItAndAreReported) {
  Start();
  Listener keeper(Home());
  ASSERT_TRUE(
      keeper->Spawn(Py("a", "import signal; print('runs', flush=True); signal.pause()")).ok());
  AwaitFile(Log("a"), "runs");
  const pid_t a = keeper.AwaitStarted("a").pid;
  kill(keeper->keeper_pid(), SIGKILL);
  keeper.AwaitClosed();
  EXPECT_TRUE(AwaitDeath(a));
  Start();
  for (const Process& p : ReadAllProcesses()) {  // nor is a template left
    if (!ReadMarker(p.pid).ends_with("@" + Home())) continue;
    EXPECT_TRUE(AwaitDeath(p.pid)) << p.name;
  }
  Listener next(Home());
  auto list = next->List(kPatience);
  ASSERT_EQ(list->exited.size(), 1u);
  EXPECT_TRUE(list->exited[0].keeper_died);
  EXPECT_EQ(list->exited[0].pid, a);
}

TEST_F(TemplateTest, TwoHundredStartsAtOnce) {
  Start();
  Listener keeper(Home());
  for (int i = 0; i < 200; ++i) {
    ASSERT_TRUE(
        keeper->Spawn(Py("k" + std::to_string(i), "print(os.environ['GALE_KEEPER_KEY'])")).ok());
  }
  for (int i = 0; i < 200; ++i) {
    const std::string key = "k" + std::to_string(i);
    EXPECT_EQ(keeper.AwaitExited(key).exit_code, 0);
    EXPECT_EQ(ReadFile(Log(key)), key + "@" + Home() + "\n");
    EXPECT_TRUE(keeper.AwaitStarted(key).forked);
  }
}

TEST_F(TemplateTest, AForkInStoreThatIsKilledIsReplaced) {
  Start();
  Listener keeper(Home());
  EXPECT_EQ(Run(keeper, Py("a", "pass")).exit_code, 0);
  const auto forks = [&] {
    std::vector<pid_t> out;
    for (const Process& p : ReadAllProcesses()) {
      const bool ours = p.parent == keeper->keeper_pid() && p.alive();
      if (ours && ReadMarker(p.pid).ends_with("@" + Home())) out.push_back(p.pid);
    }
    return out;
  };
  EXPECT_EQ(Run(keeper, Py("b", "pass")).exit_code, 0);
  for (pid_t pid : forks()) {  // the template, and its spare if that is here already
    const bool oldest = pid == forks().front();
    if (oldest) continue;
    kill(pid, SIGKILL);
    AwaitDeath(pid);
  }
  EXPECT_EQ(Run(keeper, Py("c", "pass")).exit_code, 0);
  EXPECT_TRUE(keeper.AwaitStarted("c").forked);
}

TEST_F(TemplateTest, ALargeEnvironmentReachesTheFork) {
  Start();
  Listener keeper(Home());
  SpawnRequest r = Py("a", "print(len(os.environ['LARGE']))");
  r.env.push_back("LARGE=" + std::string(100'000, 'x'));
  EXPECT_EQ(Run(keeper, r).exit_code, 0);
  EXPECT_EQ(ReadFile(Log("a")), "100000\n");
}

TEST_F(TemplateTest, ForksDrawOtherNumbersUnlessTheFileSeeds) {
  Write("dag.py", "import random\n");
  Write("seeds.py", "import random\nrandom.seed(7)\n");
  Start();
  Listener keeper(Home());
  const std::string draw = "import random; print(random.random())";
  Run(keeper, File("a", draw)), Run(keeper, File("b", draw));
  EXPECT_NE(ReadFile(Log("a")), ReadFile(Log("b")));
  Run(keeper, File("c", draw, "seeds.py")), Run(keeper, File("d", draw, "seeds.py"));
  EXPECT_EQ(ReadFile(Log("c")), ReadFile(Log("d")));
}

}  // namespace
}  // namespace gale::keeper
