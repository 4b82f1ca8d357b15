// A whole attempt's life (grant, spawn, output, exit, spool, report, take) on a disk that fails once,
// at each operation in turn: nothing is lost, nothing runs twice, and the worker goes on.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "tests/support/fault_control.h"
#include "tests/support/faulty_files.h"
#include "tests/unit/worker/session/worker_fixture.h"
#include "worker/keeper/records.h"
#include "worker/spool.h"

namespace gale::worker {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

class DiskTest : public WorkerWithMaster, public ::testing::WithParamInterface<int> {
 protected:
  static constexpr int kOperationsMax = 200;

  DiskTest()
      : worker_faults(FaultControl::Map(home + "/worker-faults")),
        keeper_faults(FaultControl::Map(home + "/keeper-faults")) {
    files.decide = [this](bool writes, const std::string&) { return worker_faults.Decide(writes); };
    options.files = &files;
    options.host_check = 20ms;
    ::setenv("GALE_KEEPER_FAULTS", (home + "/keeper-faults").c_str(), 1);
  }
  ~DiskTest() override {
    if (worker) worker->Stop(In(Duration(0)));
    worker.reset();  // before its files
    ::unsetenv("GALE_KEEPER_FAULTS");
  }

  std::string At(const std::string& name) { return options.home + "/" + name; }
  size_t Runs(const AttemptId& id) {
    const std::string text =
        Files::Real().Read(home + "/ran-" + id.ToString()).value_or(std::string());
    return static_cast<size_t>(std::ranges::count(text, '\n'));
  }
  // Nothing is kept of it any more; false after a moment, once something failed.
  bool AwaitGone(const AttemptId& id, const FaultControl& faults) {
    const std::string key = id.ToString();
    const MonoTime hopeless = In(10s), soon = In(150ms);
    for (;;) {
      bool there = false;
      for (const char* ending : {".log", ".grant", ".said", ".task"}) {
        there |= Files::Real().Exists(At("attempts/" + key + ending));
      }
      if (!there) return true;
      const MonoTime now = Clock::Real().Mono();
      if (now > hopeless || (faults.fired() && now > soon)) return false;
      std::this_thread::yield();
    }
  }

  // Lives with the n-th operation failing, until a life has no n-th one.
  void Sweep(FaultControl& faults, bool python = false) {
    int quiet = 0;
    for (int n = 1; n < kOperationsMax; ++n) {
      const AttemptId id{RunId(++runs), TaskIndex(0), kUnmapped, 1};
      const size_t from = master->heard();
      faults.Arm(n, GetParam());
      if (python) {
        master->GrantPython(id);
      } else {
        master->Grant(id, "echo out; echo ran >> " + home + "/ran-" + id.ToString());
      }
      const v1::Finished finished = master->WaitFinished(id, from);
      const bool gone = AwaitGone(id, faults);
      faults.Disarm();
      SCOPED_TRACE(fmt::format("operation {}: {} ({})", n,
                               v1::Finished::Outcome_Name(finished.outcome()), finished.reason()));
      const auto ill = [&](const v1::WorkerMessage& m) {
        return m.has_health() && m.health().ill().find(options.home) != std::string::npos;
      };
      const bool said_ill = master->Heard(ill, from);
      if (said_ill) {  // and takes work again by itself
        master->WaitFor([](auto& m) { return m.has_health() && m.health().ill().empty(); }, from);
      }
      if (finished.outcome() == v1::Finished::UNSTARTED) {
        ++handed_back;
        EXPECT_EQ(Runs(id), 0u);
        EXPECT_THAT(finished.reason(), HasSubstr(options.home)) << "it names the file";
        EXPECT_THAT(finished.reason(), HasSubstr(std::strerror(GetParam())));
        EXPECT_TRUE(said_ill);
      } else {
        EXPECT_EQ(finished.outcome(), v1::Finished::SUCCESS);
        EXPECT_EQ(Runs(id), 1u);
      }
      EXPECT_TRUE(gone || faults.fired()) << "without a fault nothing stays";
      quiet = faults.fired() ? 0 : quiet + 1;
      fired += faults.fired();
      if (quiet == 3) return;  // the keeper's last one may come after this look
      if (testing::Test::HasFailure()) return;
    }
    ADD_FAILURE() << "a life has no end of operations";
  }

  // What failed removals left is told again by the next worker, and then it goes.
  void NextWorkerCleansUp() {
    worker->Stop(In(5s));
    const size_t from = master->heard();
    Start();
    const v1::Hello hello = master->WaitHello(from);
    EXPECT_EQ(hello.running_size(), 0);
    master->WaitRoom();
    worker->Stop(In(5s));
    worker.reset();
    Spool spool(options.home);
    EXPECT_THAT(*spool.Load(), ::testing::IsEmpty());
    auto records = keeper::Records::Open(options.home);
    ASSERT_TRUE(records.ok()) << records.status().ToString();
    EXPECT_THAT(records->Running(), ::testing::IsEmpty());
    EXPECT_THAT(*records->Exits(), ::testing::IsEmpty());
  }

  FaultyFiles files;
  FaultControl& worker_faults;
  FaultControl& keeper_faults;
  int runs = 0, fired = 0, handed_back = 0;
};

TEST_P(DiskTest, TheWorkersFilesFailOneByOne) {
  StartAndConnect();
  ASSERT_NO_FATAL_FAILURE(Sweep(worker_faults));
  EXPECT_GE(fired, 5);
  EXPECT_GE(handed_back, 2) << "the log's header, the grant";
  NextWorkerCleansUp();
}

TEST_P(DiskTest, TheWorkersFilesFailOneByOneUnderAPythonTask) {
  options.environ.push_back("RAN_FOLDER=" + home);
  StartAndConnect();
  ASSERT_NO_FATAL_FAILURE(Sweep(worker_faults, /*python=*/true));
  EXPECT_GE(fired, 10);
  EXPECT_GE(handed_back, 3) << "the details, what it is to tell, the grant";
  NextWorkerCleansUp();
}

TEST_P(DiskTest, TheKeepersFilesFailOneByOne) {
  StartAndConnect();
  ASSERT_NO_FATAL_FAILURE(Sweep(keeper_faults));
  EXPECT_GE(fired, 4)
      << "the log, the start, its pid, the exit; that it was taken may come too late";
  EXPECT_GE(handed_back, 2) << "the log, the record";
  NextWorkerCleansUp();
}

INSTANTIATE_TEST_SUITE_P(Errors, DiskTest, ::testing::Values(ENOSPC, EIO), [](const auto& error) {
  return error.param == EIO ? "IoError" : "DiskFull";
});

}  // namespace
}  // namespace gale::worker
