// What the processor says of a folder, to whom, and how often.
#include "master/dags/dag_processor.h"

#include <condition_variable>
#include <mutex>

#include "scripted_server.h"

namespace gale {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

// A file's text is its answer: a word a DAG, "!" before an error.
constexpr char kServer[] = R"py(
ready()
while True:
    head, path = request()
    if not path:
        continue
    try:
        with open(path) as file:
            words = file.read().split()
    except OSError:
        words = ["!missing"]
    if "hang" in words:
        continue
    answer(head["id"], *[dag(word) for word in words if word[0] not in "!#"],
           file_error=" ".join(word for word in words if word[0] == "!"))
)py";

// The engine as the processor sees it.
class FakeSink : public DagSink {
 public:
  bool Report(FileReport report) override {
    std::string text;
    for (const ParsedDag& dag : report.dags) text += dag.spec.dag_id + " ";
    return Say("report", report.fileloc, text + report.error);
  }
  bool Gone(const std::string& path) override { return Say("gone", path, "gone"); }
  bool KeepOnly(const std::string&, std::set<std::string> here) override {
    std::string text;
    for (const std::string& path : here) text += fs::path(path).filename().string() + " ";
    return Say("keep", "keep", text);
  }
  bool SetBundle(const std::string&, std::set<std::string>) override { return true; }

  void Refuse(const std::string& what, int times) {
    std::lock_guard lock(mutex_);
    refusals_[what] = times;
  }
  // Waits until the last word on a file is this.
  ::testing::AssertionResult Says(const std::string& path, const std::string& text) {
    std::unique_lock lock(mutex_);
    if (changed_.wait_for(lock, 60s, [&] { return said_[path] == text; })) {
      return ::testing::AssertionSuccess();
    }
    return ::testing::AssertionFailure() << path << ": '" << said_[path] << "'";
  }
  ::testing::AssertionResult Heard(const std::string& path, int times = 1) {
    std::unique_lock lock(mutex_);
    const bool heard = changed_.wait_for(lock, 60s, [&] { return times_[path] >= times; });
    return heard ? ::testing::AssertionSuccess() : ::testing::AssertionFailure() << path;
  }
  int Times(const std::string& path) {
    std::lock_guard lock(mutex_);
    return times_[path];
  }

 private:
  bool Say(const std::string& what, const std::string& path, std::string text) {
    std::lock_guard lock(mutex_);
    if (refusals_[what] > 0) {
      --refusals_[what];
      return false;
    }
    while (text.ends_with(' ')) text.pop_back();
    said_[path] = text;
    ++times_[path];
    changed_.notify_all();
    return true;
  }
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, std::string> said_;
  std::map<std::string, int> times_;
  std::map<std::string, int> refusals_;
};

class DagProcessorTest : public ::testing::Test {
 protected:
  DagProcessorTest() {
    fs::create_directories(home_.path("dags"));
    options_.dags_folder = home_.path("dags");
    options_.parser.dags_folder = options_.dags_folder;
    options_.parser.python = ScriptedServer(home_, kServer);
  }
  void Begin() {
    processor_.emplace(sink_, options_);
    ASSERT_TRUE(processor_->Start().ok());
  }
  std::string Write(const std::string& name, const std::string& text) {
    return home_.Write("dags/" + name, text);
  }

  TempFolder home_;
  FakeSink sink_;
  DagProcessorOptions options_;
  std::optional<DagProcessor> processor_;
};

TEST_F(DagProcessorTest, WhatIsThereComesAndGoesIsSaid) {
  const std::string first = Write("a.py", "one two");
  Write("not_python.txt", "three");
  Write(".hidden/b.py", "four");
  Begin();
  EXPECT_TRUE(sink_.Says(first, "one two"));
  EXPECT_TRUE(sink_.Says("keep", "a.py"));
  const std::string second = Write("deep/er/b.py", "five !bad");
  EXPECT_TRUE(sink_.Says(second, "five !bad"));
  Write("a.py", "one");
  EXPECT_TRUE(sink_.Says(first, "one"));
  fs::remove(second);
  EXPECT_TRUE(sink_.Says(second, "gone"));
  EXPECT_EQ(sink_.Times("keep"), 1);
}

// Found in review: a mailbox that was full at that moment, and its DAGs were scheduled for ever.
TEST_F(DagProcessorTest, AFileThatIsGoneIsSaidUntilItIsHeard) {
  const std::string path = Write("a.py", "one");
  Begin();
  EXPECT_TRUE(sink_.Says(path, "one"));
  sink_.Refuse("gone", 2);
  fs::remove(path);
  EXPECT_TRUE(sink_.Says(path, "gone"));
}

TEST_F(DagProcessorTest, AReportAndTheFirstListAreSaidUntilTheyAreHeard) {
  const std::string path = Write("a.py", "one");
  sink_.Refuse("report", 2);
  sink_.Refuse("keep", 2);
  Begin();
  EXPECT_TRUE(sink_.Says(path, "one"));
  EXPECT_TRUE(sink_.Says("keep", "a.py"));
}

TEST_F(DagProcessorTest, WhoLeadsAnewHearsEverythingAnew) {
  const std::string path = Write("a.py", "one");
  Begin();
  EXPECT_TRUE(sink_.Says(path, "one"));
  processor_->SetActive(false);
  const std::string second = Write("b.py", "two");
  processor_->SetActive(true);
  EXPECT_TRUE(sink_.Says(second, "two"));
  EXPECT_TRUE(sink_.Says("keep", "a.py b.py"));
  EXPECT_TRUE(sink_.Heard(path, 2));
}

TEST_F(DagProcessorTest, AModuleThatChangesIsAReasonToReadAgain) {
  const std::string path = Write("a.py", "one"), module = Write("module.py", "#");
  Begin();
  EXPECT_TRUE(sink_.Says(path, "one"));
  EXPECT_TRUE(sink_.Says(module, ""));
  Write("module.py", "# changed");
  EXPECT_TRUE(sink_.Heard(path, 2));
}

TEST_F(DagProcessorTest, AModuleThatComesIsAReasonToReadWhatIsBroken) {
  const std::string good = Write("a.py", "one"), broken = Write("b.py", "!missing");
  Begin();
  EXPECT_TRUE(sink_.Heard(good));
  EXPECT_TRUE(sink_.Heard(broken));
  Write("module.py", "#");
  EXPECT_TRUE(sink_.Heard(broken, 2));
  EXPECT_EQ(sink_.Times(good), 1);
}

TEST_F(DagProcessorTest, AFileThatHasNotChangedIsReadAgainAfterTheInterval) {
  options_.rescan_interval = options_.reread_interval = 10ms;
  const std::string path = Write("a.py", "one"), broken = Write("b.py", "!down");
  const std::string module = Write("module.py", "#");
  Begin();
  EXPECT_TRUE(sink_.Heard(path, 3));
  EXPECT_TRUE(sink_.Heard(broken, 3));
  EXPECT_EQ(sink_.Times(module), 1) << "it holds no DAG";
}

TEST_F(DagProcessorTest, AnIgnoreFileTakesDagsAwayAndGivesThemBack) {
  const std::string path = Write("ign/a.py", "one"), other = Write("b.py", "two");
  Begin();
  EXPECT_TRUE(sink_.Says(path, "one"));
  Write(".airflowignore", "ign/");
  EXPECT_TRUE(sink_.Says(path, "gone"));
  Write("ign/a.py", "three");  // a module may change
  EXPECT_TRUE(sink_.Heard(other, 2));
  fs::remove(home_.path("dags/.airflowignore"));
  EXPECT_TRUE(sink_.Says(path, "three"));
}

TEST_F(DagProcessorTest, AFileThatChangesWhileItIsReadIsReadAgainAndOneThatGoesIsForgotten) {
  options_.parser.timeout = 1h;
  const std::string path = Write("a.py", "hang"), other = Write("b.py", "two");
  Begin();
  EXPECT_TRUE(sink_.Says(other, "two"));
  fs::remove(path);
  EXPECT_TRUE(sink_.Says(path, "gone"));
  Write("a.py", "one");
  EXPECT_TRUE(sink_.Says(path, "one"));
}

// Found in review: the thread stood in a write to the server, and the master's end with it.
TEST_F(DagProcessorTest, StopDoesNotWaitForTheServer) {
  options_.parser.python = ScriptedServer(home_, "ready()\nrequest()\nsignal.pause()");
  options_.parser.places.quick = 3000;
  Write("a.py", "one");
  for (int i = 0; i < 3000; ++i)
    Write(std::string(200, 'd') + "/" + std::to_string(i) + ".py", "x");
  Begin();
  EXPECT_TRUE(sink_.Heard("keep"));
  processor_->Stop(Clock::Real().Mono());
}

}  // namespace
}  // namespace gale
