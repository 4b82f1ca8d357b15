// A worker that has no DAGs folder: it fetches what a templated task needs.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/unit/worker/session/fake_master.h"
#include "worker/worker.h"

namespace gale::worker {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

MonoTime In(Duration d) { return Clock::Real().Mono() + d; }

class WorkerFetchTest : public ::testing::Test {
 protected:
  WorkerFetchTest() : home(testing::TempDir() + "gale-fetch-XXXXXX") {
    EXPECT_NE(::mkdtemp(home.data()), nullptr);
    master = std::make_unique<FakeMaster>(home + "/master.sock");
    options.home = home + "/worker";
    options.name = "w1";
    options.slots = 2;
    options.masters = {master->target()};
    options.environ = {"PATH=/usr/bin:/bin"};
    options.sdk = std::string(GALE_TESTS_DIR) + "/../sdk/python";
    options.kill_grace = 1s;
    bundle = master->bundles.Add({{"team/etl.py", kDagFile},
                                  {"team/hello.sh", "echo from the file of {{ dag.dag_id }}"},
                                  {"team/names.py", "NAME = 'ana'\n"}});
  }
  ~WorkerFetchTest() override {
    if (worker) worker->Stop(In(0s));
    master.reset();
    std::filesystem::remove_all(home);
  }
  void StartAndConnect() {
    worker = std::make_unique<WorkerNode>(options);
    Status started = worker->Start();
    ASSERT_TRUE(started.ok()) << started.ToString();
    master->WaitRoom();
  }
  void Grant(const AttemptId& id, const std::string& command, bool templated = true) {
    v1::MasterMessage message;
    v1::Grant& grant = *message.mutable_grant();
    *grant.mutable_attempt() = ToProto(id);
    grant.set_epoch(1);
    grant.set_bundle(bundle);
    grant.set_do_xcom_push(true);
    grant.mutable_bash()->set_command(command);
    grant.mutable_bash()->set_templated(templated);
    grant.mutable_context()->set_dag_id("etl");
    grant.mutable_context()->set_task_id("t");
    grant.mutable_context()->set_run_id("r");
    grant.mutable_context()->set_fileloc("/srv/dags/team/etl.py");
    master->Say(message);
  }
  // The XCom of a task that succeeded.
  std::string Printed(const AttemptId& id) {
    v1::Finished finished = master->WaitFinished(id);
    EXPECT_EQ(finished.outcome(), v1::Finished::SUCCESS) << finished.reason() << "\n"
                                                         << master->WaitLog(id);
    return finished.xcoms_size() == 1 ? finished.xcoms(0).value_json() : "";
  }

  static constexpr const char* kDagFile = R"(
from airflow import DAG
from airflow.operators.bash import BashOperator
from team import names

with DAG("etl", schedule=None, user_defined_macros={"who": names.NAME}):
    BashOperator(task_id="t", bash_command="echo {{ who }}")
)";
  std::string home, bundle;
  std::unique_ptr<FakeMaster> master;
  WorkerOptions options;
  std::unique_ptr<WorkerNode> worker;
  const AttemptId a{RunId(1), TaskIndex(0), kUnmapped, 1}, b{RunId(2), TaskIndex(0), kUnmapped, 1};
};

TEST_F(WorkerFetchTest, ATemplateGetsItsDagFileItsMacrosAndItsFilesFromTheBundle) {
  StartAndConnect();
  Grant(a, "echo {{ who }} in {{ dag.fileloc }}");
  EXPECT_EQ(Printed(a), "\"ana in " + options.home + "/bundles/" + bundle + "/team/etl.py\"");
  size_t calls = master->bundles.calls();
  Grant(b, "hello.sh");
  EXPECT_EQ(Printed(b), "\"from the file of etl\"");
  EXPECT_EQ(master->bundles.calls(), calls) << "the second one finds it here";
}

TEST_F(WorkerFetchTest, ATaskWithoutATemplateFetchesNothing) {
  StartAndConnect();
  Grant(a, "echo plain", false);
  EXPECT_EQ(Printed(a), "\"plain\"");
  EXPECT_EQ(master->bundles.calls(), 0u);
}

TEST_F(WorkerFetchTest, ABundleThatNobodyHasFailsTheTaskWithWordsInItsLog) {
  bundle = Sha256Hex("nobody has it");
  StartAndConnect();
  Grant(a, "echo {{ who }}");
  v1::Finished finished = master->WaitFinished(a);
  EXPECT_EQ(finished.outcome(), v1::Finished::FAILED);
  for (const std::string& says : {bundle, master->target(), std::string("clear the task")}) {
    EXPECT_THAT(finished.reason(), HasSubstr(says));
  }
  EXPECT_THAT(master->WaitLog(a), HasSubstr(bundle));
}

TEST_F(WorkerFetchTest, ACancelDoesNotWaitForTheFetch) {
  master->bundles.StallAfter(0);
  StartAndConnect();
  Grant(a, "echo {{ who }}");
  master->bundles.WaitStalled();
  v1::MasterMessage cancel;
  *cancel.mutable_cancel()->mutable_attempt() = ToProto(a);
  cancel.mutable_cancel()->set_reason("cleared by ana");
  master->Say(cancel);
  EXPECT_EQ(master->WaitFinished(a).reason(), "cancelled: cleared by ana");
}

TEST_F(WorkerFetchTest, AMasterThatDiesWhileItServesIsReplacedByTheNextConnection) {
  master->bundles.StallAfter(1);
  StartAndConnect();
  Grant(a, "echo {{ who }}");
  master->bundles.WaitStalled();
  size_t before = master->heard();
  master->Shutdown();
  master->Listen();
  v1::Hello hello = master->WaitHello(before);
  ASSERT_EQ(hello.running_size(), 1) << "it is granted, and not lost";
  EXPECT_EQ(Printed(a), "\"ana\"");
}

}  // namespace
}  // namespace gale::worker
