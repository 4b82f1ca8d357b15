// A whole worker, with its keeper, real processes and a real gRPC stream, against a fake master.
#include "worker/worker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>

#include "tests/unit/worker/session/worker_fixture.h"
#include "worker/session.h"

namespace gale::worker {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;

AttemptId Attempt(int64_t run) { return {RunId(run), TaskIndex(0), kUnmapped, 1}; }

class WorkerTest : public WorkerWithMaster {
 protected:
  WorkerTest() {
    options.join_token = "j0in-s3cret";
    options.environ.push_back("TOKEN_COPY=j0in-s3cret");
  }
  // A task that runs until Release.
  std::string Held() { return "until [ -e " + home + "/go ]; do sleep 0.02; done; echo done"; }
  void Release() { std::ofstream(home + "/go") << ""; }
  bool Gone(const std::string& path) {  // waits for its deletion, at most 5 s
    MonoTime deadline = In(5s);
    while (std::filesystem::exists(path) && Clock::Real().Mono() < deadline)
      std::this_thread::yield();
    return !std::filesystem::exists(path);
  }

  const AttemptId a = Attempt(1), b = Attempt(2);
};

TEST_F(WorkerTest, RunsATaskReportsItShipsItsLogAndForgetsIt) {
  StartAndConnect();
  EXPECT_EQ(master->authorization(), "Bearer j0in-s3cret");
  master->Grant(a, "echo out; echo err >&2; echo $GALE_ATTEMPT");
  EXPECT_GT(master->WaitStarted(a).pid(), 0);
  v1::Finished finished = master->WaitFinished(a);
  EXPECT_EQ(finished.outcome(), v1::Finished::SUCCESS) << finished.reason();
  ASSERT_EQ(finished.xcoms_size(), 1);
  EXPECT_EQ(finished.xcoms(0).value_json(), "\"1.0.-1.1\"");
  std::string log = master->WaitLog(a);
  EXPECT_THAT(log, HasSubstr("Output:\nout\nerr\n1.0.-1.1\nCommand exited with return code 0\n"));
  EXPECT_EQ(log.size(), finished.log_bytes());
  EXPECT_TRUE(Gone(options.home + "/attempts/" + a.ToString() + ".log"));
  EXPECT_TRUE(Gone(options.home + "/attempts/" + a.ToString() + ".grant"));
  EXPECT_TRUE(Gone(options.home + "/spool/" + a.ToString() + ".result"));
}

TEST_F(WorkerTest, NoTaskSeesTheJoinToken) {
  StartAndConnect();
  master->Grant(a, "env");
  EXPECT_THAT(master->WaitLog(a), Not(HasSubstr("j0in-s3cret")));
}

TEST_F(WorkerTest, ShipsTheLogWhileTheTaskRuns) {
  StartAndConnect();
  master->Grant(a, "echo early; " + Held());
  MonoTime deadline = In(5s);
  std::string path = options.home + "/attempts/" + a.ToString() + ".log";
  master->WaitStarted(a);
  while (Clock::Real().Mono() < deadline &&
         master->LogSoFar(a).find("early") == std::string::npos) {
    std::this_thread::yield();
  }
  EXPECT_THAT(master->LogSoFar(a), HasSubstr("early"));
  Release();
  EXPECT_THAT(master->WaitLog(a), HasSubstr("done"));
}

TEST_F(WorkerTest, AResultThatWasNotAckedIsInTheNextHello) {
  master->acks = false;
  StartAndConnect();
  master->Grant(a, "exit 7");
  EXPECT_EQ(master->WaitFinished(a).exit_code(), 7);
  size_t before = master->heard();
  master->CutStream();
  v1::Hello hello = master->WaitHello(before);
  ASSERT_EQ(hello.spooled_size(), 1);
  EXPECT_EQ(hello.spooled(0).reason(), "exit code 7");
  EXPECT_EQ(hello.running_size(), 0);
}

TEST_F(WorkerTest, OutlivesAMasterAndReportsWhatEndedMeanwhile) {
  StartAndConnect();
  master->Grant(a, Held());
  master->WaitStarted(a);
  size_t before = master->heard();
  master->Shutdown();
  Release();
  std::string spooled = options.home + "/spool/" + a.ToString() + ".result";
  MonoTime deadline = In(5s);
  while (!std::filesystem::exists(spooled) && Clock::Real().Mono() < deadline) {
    std::this_thread::yield();
  }
  master->Listen();
  v1::Hello hello = master->WaitHello(before);
  ASSERT_EQ(hello.spooled_size(), 1);
  EXPECT_EQ(hello.spooled(0).outcome(), v1::Finished::SUCCESS);
  EXPECT_THAT(master->WaitLog(a), HasSubstr("done"));
}

TEST_F(WorkerTest, ARestartedWorkerTakesOverWhatRuns) {
  options.leave_running = true;
  StartAndConnect();
  master->Grant(a, Held());
  int64_t pid = master->WaitStarted(a).pid();
  worker->Stop(In(0s));
  worker.reset();
  options.leave_running = false;
  size_t before = master->heard();
  Start();
  v1::Hello hello = master->WaitHello(before);
  ASSERT_EQ(hello.running_size(), 1);
  EXPECT_EQ(FromProto(hello.running(0)), a);
  EXPECT_EQ(master->WaitFor([](auto& m) { return m.has_started(); }, before).started().pid(), pid);
  Release();
  v1::Finished finished = master->WaitFinished(a, before);
  EXPECT_EQ(finished.outcome(), v1::Finished::SUCCESS);
  EXPECT_EQ(finished.xcoms(0).value_json(), "\"done\"");
}

TEST_F(WorkerTest, ASecondWorkerInTheSameHomeIsRefused) {
  Start();
  WorkerNode second(options);
  Status refused = second.Start();
  EXPECT_EQ(refused.code(), Code::kFailedPrecondition);
  EXPECT_THAT(std::string(refused.message()), HasSubstr(options.home));
}

TEST_F(WorkerTest, CancelKills) {
  StartAndConnect();
  master->Grant(a, "sleep 600");
  master->WaitStarted(a);
  v1::MasterMessage cancel;
  *cancel.mutable_cancel()->mutable_attempt() = ToProto(a);
  cancel.mutable_cancel()->set_reason("cleared by ana");
  master->Say(cancel);
  v1::Finished finished = master->WaitFinished(a);
  EXPECT_EQ(finished.outcome(), v1::Finished::FAILED);
  EXPECT_EQ(finished.reason(), "cancelled: cleared by ana");
}

TEST_F(WorkerTest, ATaskPastItsExecutionTimeoutFailsWithThatReason) {
  StartAndConnect();
  v1::MasterMessage message;
  v1::Grant& grant = *message.mutable_grant();
  *grant.mutable_attempt() = ToProto(a);
  grant.mutable_bash()->set_command("sleep 600");
  grant.mutable_execution_timeout()->set_nanos(200'000'000);
  master->Say(message);
  EXPECT_EQ(master->WaitFinished(a).reason(), "timed out after 0.2s (execution_timeout)");
}

TEST_F(WorkerTest, ACwdThatIsNotThereFailsTheTaskAndNotTheWorker) {
  StartAndConnect();
  v1::MasterMessage message;
  *message.mutable_grant()->mutable_attempt() = ToProto(a);
  message.mutable_grant()->mutable_bash()->set_command("true");
  message.mutable_grant()->mutable_bash()->set_cwd("/no/such/place");
  master->Say(message);
  v1::Finished finished = master->WaitFinished(a);
  EXPECT_EQ(finished.outcome(), v1::Finished::FAILED);
  EXPECT_THAT(finished.reason(), HasSubstr("/no/such/place"));
  EXPECT_THAT(master->WaitLog(a), HasSubstr("/no/such/place"));
  master->Grant(b, "true");
  EXPECT_EQ(master->WaitFinished(b).outcome(), v1::Finished::SUCCESS);
}

TEST_F(WorkerTest, ALapsedLeaseKillsAndIsReportedAsLost) {
  master->lease = 1s;
  StartAndConnect();
  master->Grant(a, "sleep 600");
  master->WaitStarted(a);
  size_t before = master->heard();
  master->Shutdown();
  std::string spooled = options.home + "/spool/" + a.ToString() + ".result";
  MonoTime deadline = In(8s);
  while (!std::filesystem::exists(spooled) && Clock::Real().Mono() < deadline) {
    std::this_thread::yield();
  }
  master->Listen();
  v1::Hello hello = master->WaitHello(before);
  ASSERT_EQ(hello.spooled_size(), 1);
  EXPECT_EQ(hello.spooled(0).outcome(), v1::Finished::LOST);
}

TEST_F(WorkerTest, ADrainFinishesWhatRunsAndSaysGoodbye) {
  StartAndConnect();
  master->Grant(a, Held());
  master->WaitStarted(a);
  worker->Drain(30s);
  master->WaitFor([](auto& m) { return m.has_want() && m.want().room() == 0; });
  Release();
  EXPECT_EQ(master->WaitFinished(a).outcome(), v1::Finished::SUCCESS);
  EXPECT_TRUE(worker->WaitDrained(In(5s)));
  master->WaitFor([](auto& m) { return m.has_goodbye(); });
}

TEST_F(WorkerTest, StopKillsWhatIsLeftAndReportsItLost) {
  StartAndConnect();
  master->Grant(a, "sleep 600");
  master->WaitStarted(a);
  worker->Stop(In(2s));
  v1::Finished finished = master->WaitFinished(a);
  EXPECT_EQ(finished.outcome(), v1::Finished::LOST);
  EXPECT_EQ(finished.reason(), "worker drained");
}

TEST_F(WorkerTest, ManyTasksThroughFewSlots) {
  StartAndConnect();
  for (int i = 0; i < 60; ++i) master->Grant(Attempt(100 + i), "echo " + std::to_string(i));
  for (int i = 0; i < 60; ++i) {
    v1::Finished finished = master->WaitFinished(Attempt(100 + i));
    EXPECT_EQ(finished.outcome(), v1::Finished::SUCCESS) << finished.reason();
    EXPECT_EQ(finished.xcoms(0).value_json(), "\"" + std::to_string(i) + "\"");
  }
}

TEST_F(WorkerTest, FromGrantToFinishedTakesMilliseconds) {
  StartAndConnect();
  std::vector<double> started_ms, finished_ms;
  for (int i = 0; i < 50; ++i) {
    MonoTime begin = Clock::Real().Mono();
    master->Grant(Attempt(i + 10), "true");
    master->WaitStarted(Attempt(i + 10));
    started_ms.push_back(Seconds(Clock::Real().Mono() - begin) * 1e3);
    master->WaitFinished(Attempt(i + 10));
    finished_ms.push_back(Seconds(Clock::Real().Mono() - begin) * 1e3);
  }
  std::sort(started_ms.begin(), started_ms.end());
  std::sort(finished_ms.begin(), finished_ms.end());
  RecordProperty("started_ms_median", std::to_string(started_ms[25]));
  RecordProperty("finished_ms_median", std::to_string(finished_ms[25]));
  EXPECT_LT(finished_ms[25], 100) << "something waits for a timer";
}

TEST(SessionBackoff, DoublesUpToItsLimitAndIsSpreadByName) {
  for (uint32_t failures = 1; failures < 40; ++failures) {
    Duration wait = BackoffAfter(failures, "w1", failures);
    EXPECT_GE(wait, Session::kBackoffMin / 2);
    EXPECT_LE(wait, Session::kBackoffMax);
  }
  EXPECT_GE(BackoffAfter(39, "w1", 1), Session::kBackoffMax / 2);
  EXPECT_NE(BackoffAfter(9, "w1", 1), BackoffAfter(9, "w2", 1));
}

}  // namespace
}  // namespace gale::worker
