// A worker that has no DAGs folder: it fetches what a templated task needs.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/unit/worker/session/worker_fixture.h"
#include "worker/bundle_cache.h"

namespace gale::worker {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

class WorkerFetchTest : public WorkerWithMaster {
 protected:
  WorkerFetchTest() {
    options.sdk = std::string(GALE_TESTS_DIR) + "/../sdk/python";
    // The one that has Jinja, whatever stands first on PATH.
    options.python = std::string(GALE_TESTS_DIR) + "/../build/venv/bin/python";
    bundle = AddBundle("ana");
  }
  std::string AddBundle(const std::string& name) {
    return master->bundles.Add({{"team/etl.py", kDagFile},
                                {"team/hello.sh", "echo from the file of {{ dag.dag_id }}"},
                                {"team/names.py", "NAME = '" + name + "'\n"}});
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
    grant.mutable_bash()->set_needs_dag_file(templated);
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
  std::string bundle;
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

// It may import more of it at any time.
TEST_F(WorkerFetchTest, WhatRunsKeepsItsCodeThroughARestartOfTheWorkerHoweverMuchIsFetched) {
  options.leave_running = true;
  StartAndConnect();
  Grant(a, "until [ -e " + home + "/go ]; do sleep 0.02; done; echo {{ who }}");
  master->WaitStarted(a);
  const std::string tree = options.home + "/bundles/" + bundle;
  worker->Stop(In(0s));
  size_t before = master->heard();
  Start();
  ASSERT_EQ(master->WaitHello(before).running_size(), 1);
  for (size_t i = 0; i < BundleCache::kTreesMax + 1; ++i) {
    bundle = AddBundle("other" + std::to_string(i));
    const AttemptId id{RunId(100 + static_cast<int64_t>(i)), TaskIndex(0), kUnmapped, 1};
    Grant(id, "echo {{ who }}");
    EXPECT_EQ(Printed(id), "\"other" + std::to_string(i) + "\"");
  }
  EXPECT_TRUE(std::filesystem::exists(tree + "/team/names.py"));
  EXPECT_LE(static_cast<size_t>(
                std::distance(std::filesystem::directory_iterator(options.home + "/bundles"), {})),
            2 * (BundleCache::kTreesMax + 1) + 1)
      << "trees, their manifests, and the file 'boot'";
  std::ofstream(home + "/go") << "";
  EXPECT_EQ(Printed(a), "\"ana\"");
}

}  // namespace
}  // namespace gale::worker
