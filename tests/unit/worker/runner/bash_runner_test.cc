// Bash tasks: what is spawned for a grant, and what the master is told of its end.
#include "worker/runner/bash_runner.h"
#include "worker/runner/arguments.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include <nlohmann/json.hpp>

#include "common/base/limits.h"
#include "common/rpc/convert.h"

namespace gale::worker {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class BashRunnerTest : public ::testing::Test {
 protected:
  BashRunnerTest() : files(Home()) {
    EXPECT_TRUE(files.Create().ok());
    *grant.mutable_attempt() = ToProto(id);
    grant.set_epoch(3);
    grant.set_do_xcom_push(true);
    v1::TaskContext& context = *grant.mutable_context();
    context.set_dag_id("etl");
    context.set_run_id("manual__1");
    context.set_task_id("load");
    context.set_owner("ana");
    context.set_idempotency_token("t0ken");
    context.mutable_logical_date()->set_seconds(1'700'000'000);
    grant.mutable_bash()->set_command("echo hi");
    options.environ = {"PATH=/usr/bin", "COLOR=red", "GALE_JOIN=Bearer s3cret"};
    options.secrets = {"s3cret"};
    options.python = "/opt/python3";
    options.sdk = "/opt/sdk";
  }
  ~BashRunnerTest() override { std::filesystem::remove_all(home); }

  std::string Home() {
    home = testing::TempDir() + "gale-runner-XXXXXX";
    EXPECT_NE(::mkdtemp(home.data()), nullptr);
    return home;
  }
  Runners Runner() { return Runners(files, options); }
  keeper::SpawnRequest Prepared() {
    auto spawn = Runner().Prepare(grant);
    EXPECT_TRUE(spawn.ok()) << spawn.status().ToString();
    return spawn.ok() ? *spawn : keeper::SpawnRequest{};
  }
  // As the keeper's child would.
  void Write(const std::string& text) {
    std::ofstream(files.LogPath(id), std::ios::app | std::ios::binary) << text;
  }
  std::string Log() { return files.files().Read(files.LogPath(id)).value_or(""); }
  v1::Finished Conclude(Exit exit, End end = End::kExited, std::string reason = "") {
    keeper::Exited exited;
    exited.exit_code = exit.code;
    exited.started_at = TimePoint(std::chrono::seconds(10));
    exited.ended_at = TimePoint(std::chrono::seconds(12));
    exited.user_time = std::chrono::milliseconds(1500);
    exited.max_rss_bytes = 4096;
    return Runner().Conclude({id, end, exit, std::move(reason)}, &exited, {});
  }
  // Runs with this output, exits 0.
  v1::Finished AfterOutput(const std::string& text) {
    Prepared();
    Write(text);
    return Conclude({});
  }

  std::string home;
  const AttemptId id{RunId(12), TaskIndex(3), kUnmapped, 2};
  AttemptFiles files;
  RunnerOptions options;
  v1::Grant grant;
};

TEST_F(BashRunnerTest, ATemplatedTasksDagFileIsTheOneThatWasFetched) {
  grant.mutable_bash()->set_templated(true);
  const DagCode code{"/home/bundles/12ab", "/srv/dags"};
  auto fileloc = [&](const std::string& on_the_master, const DagCode* where) {
    grant.mutable_context()->set_fileloc(on_the_master);
    auto spawn = Runner().Prepare(grant, where);
    EXPECT_TRUE(spawn.ok());
    std::string folder = "GALE_DAGS_FOLDER=/home/bundles/12ab";
    EXPECT_EQ(std::count(spawn->env.begin(), spawn->env.end(), folder), where ? 1 : 0);
    auto task = nlohmann::json::parse(files.files().Read(files.TaskPath(id)).value_or("{}"));
    EXPECT_FALSE(task["base_env"].contains("GALE_DAGS_FOLDER")) << "the command's own is as ever";
    return std::string(task["context"]["fileloc"]);
  };
  EXPECT_EQ(fileloc("/srv/dags/team/etl.py", &code), "/home/bundles/12ab/team/etl.py");
  EXPECT_EQ(fileloc("/srv/dags/team/etl.py", nullptr), "/srv/dags/team/etl.py");
  EXPECT_EQ(fileloc("/srv/dags2/etl.py", &code), "/srv/dags2/etl.py") << "not below the folder";
  EXPECT_EQ(fileloc("", &code), "");
  const DagCode slash{"/home/bundles/12ab", "/srv/dags/"};
  EXPECT_EQ(fileloc("/srv/dags/etl.py", &slash), "/home/bundles/12ab/etl.py");
}

TEST_F(BashRunnerTest, SpawnsBashWithTheCommandAndTheKeepersKeyIsTheAttempt) {
  grant.mutable_execution_timeout()->set_seconds(7);
  auto spawn = Prepared();
  EXPECT_EQ(spawn.argv, (std::vector<std::string>{"/bin/bash", "-c", "echo hi"}));
  EXPECT_EQ(spawn.key, id.ToString());
  EXPECT_EQ(spawn.timeout, std::chrono::seconds(7));
  EXPECT_EQ(spawn.log_path, files.LogPath(id));
  EXPECT_EQ(spawn.cwd, "");
  EXPECT_EQ(Log(), "Running command: ['/bin/bash', '-c', \"echo hi\"]\nOutput:\n");
}

TEST_F(BashRunnerTest, WithoutEnvTheTaskInheritsTheWorkersEnvironmentLessItsSecrets) {
  auto env = Prepared().env;
  EXPECT_THAT(env, Contains("COLOR=red"));
  EXPECT_THAT(env, Contains("AIRFLOW_CTX_DAG_ID=etl"));
  EXPECT_THAT(env, Contains("AIRFLOW_CTX_TASK_ID=load"));
  EXPECT_THAT(env, Contains("AIRFLOW_CTX_DAG_RUN_ID=manual__1"));
  EXPECT_THAT(env, Contains("AIRFLOW_CTX_TRY_NUMBER=2"));
  EXPECT_THAT(env, Contains("AIRFLOW_CTX_DAG_OWNER=ana"));
  EXPECT_THAT(env, Contains("AIRFLOW_CTX_EXECUTION_DATE=2023-11-14T22:13:20+00:00"));
  EXPECT_THAT(env, Contains("GALE_ATTEMPT=12.3.-1.2"));
  EXPECT_THAT(env, Contains("GALE_MAP_INDEX=-1"));
  EXPECT_THAT(env, Contains("GALE_IDEMPOTENCY_TOKEN=t0ken"));
  EXPECT_THAT(env, Not(Contains(HasSubstr("s3cret"))));
  EXPECT_THAT(env, Not(Contains(StartsWith("AIRFLOW_CTX_DAG_EMAIL"))));
}

TEST_F(BashRunnerTest, EnvReplacesTheEnvironmentUnlessAppended) {
  grant.mutable_bash()->set_has_env(true);
  (*grant.mutable_bash()->mutable_env())["SHAPE"] = "round";
  auto env = Prepared().env;
  EXPECT_THAT(env, Contains("SHAPE=round"));
  EXPECT_THAT(env, Contains("AIRFLOW_CTX_DAG_ID=etl"));
  EXPECT_THAT(env, Not(Contains(StartsWith("PATH="))));
  grant.mutable_bash()->set_append_env(true);
  (*grant.mutable_bash()->mutable_env())["COLOR"] = "blue";
  env = Prepared().env;
  EXPECT_THAT(env, Contains("PATH=/usr/bin"));
  EXPECT_THAT(env, Contains("COLOR=blue"));
}

TEST_F(BashRunnerTest, ARunWithoutALogicalDateHasNoExecutionDate) {
  grant.mutable_context()->clear_logical_date();
  EXPECT_THAT(Prepared().env, Not(Contains(StartsWith("AIRFLOW_CTX_EXECUTION_DATE"))));
}

TEST_F(BashRunnerTest, AMissingCwdFailsWithItsNameAndSoDoesAFile) {
  grant.mutable_bash()->set_cwd(home + "/nowhere");
  EXPECT_THAT(std::string(Runner().Prepare(grant).status().message()),
              HasSubstr(home + "/nowhere"));
  std::ofstream(home + "/file") << "x";
  grant.mutable_bash()->set_cwd(home + "/file");
  EXPECT_THAT(std::string(Runner().Prepare(grant).status().message()),
              HasSubstr("not a directory"));
  grant.mutable_bash()->set_cwd(home);
  EXPECT_EQ(Prepared().cwd, home);
}

TEST_F(BashRunnerTest, ATemplatedTaskRunsTheSdkOnAPrivateTaskFile) {
  v1::BashWork& bash = *grant.mutable_bash();
  bash.set_templated(true);
  bash.set_command("echo {{ ds }}");
  bash.set_has_env(true);
  (*bash.mutable_env())["DAY"] = "{{ ds }}";
  auto spawn = Prepared();
  EXPECT_EQ(spawn.argv, (std::vector<std::string>{"/opt/python3", "-m", "gale.bash_task"}));
  EXPECT_THAT(spawn.env, Contains("PYTHONPATH=/opt/sdk"));
  EXPECT_THAT(spawn.env, Contains("PATH=/usr/bin"));
  EXPECT_THAT(spawn.env, Contains("GALE_TASK_FILE=" + files.TaskPath(id)));
  struct stat st;
  ASSERT_EQ(::stat(files.TaskPath(id).c_str(), &st), 0);
  EXPECT_EQ(st.st_mode & 0777, 0600u);
  auto task = nlohmann::json::parse(*files.files().Read(files.TaskPath(id)));
  EXPECT_EQ(task["command"], "echo {{ ds }}");
  EXPECT_EQ(task["env"]["DAY"], "{{ ds }}");
  EXPECT_EQ(task["context"]["dag_id"], "etl");
  EXPECT_EQ(task["context"]["logical_date"], "2023-11-14T22:13:20+00:00");
  EXPECT_TRUE(task["context"]["data_interval_end"].is_null());
  EXPECT_FALSE(task["base_env"].contains("PATH")) << "env replaces";
  EXPECT_EQ(task["base_env"]["AIRFLOW_CTX_DAG_ID"], "etl");
  EXPECT_FALSE(task["context"].contains("previous_success")) << "its templates don't name it";
}

TEST_F(BashRunnerTest, ATemplateThatAsksIsToldWhichRunSucceededBefore) {
  v1::BashWork& bash = *grant.mutable_bash();
  bash.set_templated(true);
  bash.set_needs_previous_success(true);
  auto told = [&] {
    Prepared();
    auto task = nlohmann::json::parse(files.files().Read(files.TaskPath(id)).value_or("{}"));
    return task["context"]["previous_success"];
  };
  EXPECT_EQ(told()["start_date"], nullptr);
  auto& success = *grant.mutable_context()->mutable_previous_success();
  success.mutable_start_date()->set_seconds(1'700'000'001);
  success.mutable_data_interval_end()->set_seconds(1'700'000'000);
  EXPECT_EQ(told()["start_date"], "2023-11-14T22:13:21+00:00");
  EXPECT_EQ(told()["data_interval_end"], "2023-11-14T22:13:20+00:00");
  EXPECT_EQ(told()["end_date"], nullptr);
}

TEST_F(BashRunnerTest, TheLastLineIsTheXCom) {
  auto finished = AfterOutput("first\n{\"a\": 1}  \n");
  ASSERT_EQ(finished.xcoms_size(), 1);
  EXPECT_EQ(finished.xcoms(0).key(), "return_value");
  EXPECT_EQ(finished.xcoms(0).value_json(), R"("{\"a\": 1}")");
  EXPECT_THAT(Log(), HasSubstr("Command exited with return code 0\n"));
  EXPECT_EQ(finished.log_bytes(), Log().size());
}

TEST_F(BashRunnerTest, NoOutputIsAnEmptyXComAndNotTheWorkersOwnLine) {
  EXPECT_EQ(AfterOutput("").xcoms(0).value_json(), "\"\"");
}

TEST_F(BashRunnerTest, TheHeaderThatATemplatedTaskWritesItselfIsNoOutput) {
  grant.mutable_bash()->set_templated(true);
  const std::string header = "Running command: ['/bin/bash', '-c', \"a\\nb\"]\nOutput:\n";
  auto xcom = [&](const std::string& text) {
    std::filesystem::remove(files.LogPath(id));
    return AfterOutput(text).xcoms(0).value_json();
  };
  EXPECT_EQ(xcom(header), "\"\"");
  EXPECT_EQ(xcom("printed by the DAG file\n" + header), "\"\"");
  EXPECT_EQ(xcom(header + "first\nOutput:\n"), "\"Output:\"");
  EXPECT_EQ(xcom(header + header + "x\n"), "\"x\"");
  EXPECT_EQ(xcom("gale: it never got so far\n"), "\"gale: it never got so far\"");
}

TEST_F(BashRunnerTest, ALastLineWithoutANewlineIsOneToo) {
  EXPECT_EQ(AfterOutput("a\nb").xcoms(0).value_json(), "\"b\"");
  EXPECT_THAT(Log(), HasSubstr("b\nCommand exited"));
}

TEST_F(BashRunnerTest, BytesThatAreNoUtf8AreEscaped) {
  EXPECT_EQ(AfterOutput("caf\xE9 \xC3\xA9\n").xcoms(0).value_json(), "\"caf\\\\xe9 \xC3\xA9\"");
}

TEST_F(BashRunnerTest, ALineAtTheLimitIsAnXComAndOneOverIsNot) {
  std::string longest(limits::kXComBytesMax, 'x');
  EXPECT_EQ(AfterOutput("a\n" + longest + "\n").xcoms_size(), 1);
  EXPECT_EQ(AfterOutput("a\n" + longest + "y\n").xcoms_size(), 0);
  EXPECT_THAT(Log(), HasSubstr("No XCom"));
}

TEST_F(BashRunnerTest, WithoutDoXcomPushOrSuccessThereIsNoXCom) {
  Prepared();
  Write("x\n");
  EXPECT_EQ(Conclude({.code = 1}).xcoms_size(), 0);
  grant.set_do_xcom_push(false);
  EXPECT_EQ(AfterOutput("x\n").xcoms_size(), 0);
}

TEST_F(BashRunnerTest, AMappedInstanceRunsWithItsOwnArguments) {
  v1::BashWork& bash = *grant.mutable_bash();
  bash.clear_command();
  bash.add_as_is("env");
  grant.set_arguments_json(
      R"({"bash_command": "echo $N", "env": {"N": 7, "B": true, "NO": null}, "cwd": "/tmp",)"
      R"( "skip_on_exit_code": [3]})");
  const keeper::SpawnRequest spawn = Prepared();
  EXPECT_EQ(spawn.argv.back(), "echo $N");
  EXPECT_EQ(spawn.cwd, "/tmp");
  EXPECT_THAT(spawn.env, ::testing::IsSupersetOf({"N=7", "B=True"}));
  EXPECT_THAT(spawn.env, ::testing::Not(::testing::Contains("COLOR=red"))) << "env replaces it";
  EXPECT_EQ(Conclude({.code = 3}).outcome(), v1::Finished::SKIPPED) << "by its own codes";
  bash.set_templated(true);
  Prepared();
  auto task = nlohmann::json::parse(files.files().Read(files.TaskPath(id)).value_or("{}"));
  EXPECT_EQ(task["command"], "echo $N");
  EXPECT_EQ(task["as_is"], nlohmann::json::array({"env"}));
}

TEST_F(BashRunnerTest, AnArgumentThatCanNotBeIsRefusedByName) {
  auto refusal = [&](const std::string& arguments) {
    v1::BashWork shared;
    shared.set_cwd("/srv");
    const Status status = WithArguments(shared, arguments).status();
    EXPECT_EQ(status.code(), Code::kInvalidArgument) << arguments;
    return std::string(status.message());
  };
  EXPECT_EQ(refusal("[1]"), "expand_kwargs() wants a dict of arguments for each instance, not [1]");
  EXPECT_EQ(refusal("{}"), "bash_command is empty");
  EXPECT_EQ(refusal(R"({"bash_command": 5})"),
            "the mapped argument 'bash_command' must be a string, not 5");
  EXPECT_EQ(refusal(R"({"env": {"A": [1]}})"),
            "the mapped argument 'env.A' must be a string, not a list");
  EXPECT_EQ(refusal(R"({"cwd": "/tmp"})"),
            "the argument 'cwd' is mapped, and partial() gives it, too");
  EXPECT_EQ(refusal(R"({"pool": "x"})"), "BashOperator has no argument 'pool' that can be mapped");
  EXPECT_EQ(refusal(R"({"skip_on_exit_code": [256]})"),
            "the mapped argument 'skip_on_exit_code' must be exit codes (0 to 255), not a list");
}

TEST_F(BashRunnerTest, AnOutputThatIsJsonIsAnXComOfItsValueOrAFailure) {
  grant.mutable_bash()->set_output_json(true);
  EXPECT_EQ(AfterOutput("words\n[1, {\"a\": 2}]\n").xcoms(0).value_json(), "[1, {\"a\": 2}]");
  const v1::Finished failed = AfterOutput("words\n");
  EXPECT_EQ(failed.outcome(), v1::Finished::FAILED);
  EXPECT_EQ(failed.xcoms_size(), 0);
  EXPECT_THAT(Log(), HasSubstr("Task failed: its output's last line is no JSON"));
  EXPECT_EQ(failed.log_bytes(), Log().size());
}

TEST_F(BashRunnerTest, EveryEndHasItsOutcomeAndReason) {
  grant.mutable_execution_timeout()->set_seconds(5);
  Prepared();
  auto expect = [&](Exit exit, End end, v1::Finished::Outcome outcome, const std::string& reason) {
    auto finished = Conclude(exit, end, end == End::kExited ? "" : "because");
    EXPECT_EQ(finished.outcome(), outcome) << reason;
    EXPECT_EQ(finished.reason(), reason);
  };
  using F = v1::Finished;
  expect({}, End::kExited, F::SUCCESS, "");
  expect({.code = 1}, End::kExited, F::FAILED, "exit code 1");
  expect({.code = 99}, End::kExited, F::SKIPPED, "exit code 99: skipped");
  expect({.signal = 9}, End::kExited, F::FAILED, "killed by SIGKILL");
  expect({.signal = 9, .out_of_memory = true}, End::kExited, F::FAILED,
         "killed by SIGKILL (out of memory)");
  expect({.signal = 15, .timed_out = true}, End::kExited, F::FAILED,
         "timed out after 5s (execution_timeout)");
  expect({}, End::kStartFailed, F::FAILED, "could not start: because");
  expect({.signal = 15}, End::kCancelled, F::FAILED, "cancelled: because");
  expect({.signal = 9}, End::kDrained, F::LOST, "because");
  expect({.signal = 9, .fenced = true}, End::kFenced, F::LOST, "because");
  expect({.keeper_died = true}, End::kKeeperDied, F::LOST, "because");
}

TEST_F(BashRunnerTest, OwnSkipCodesReplaceTheDefault) {
  grant.mutable_bash()->add_skip_on_exit_code(7);
  Prepared();
  EXPECT_EQ(Conclude({.code = 7}).outcome(), v1::Finished::SKIPPED);
  EXPECT_EQ(Conclude({.code = 99}).outcome(), v1::Finished::FAILED);
}

TEST_F(BashRunnerTest, TheResultCarriesTimesAndUsage) {
  Prepared();
  auto finished = Conclude({});
  EXPECT_EQ(finished.started_at().seconds(), 10);
  EXPECT_EQ(finished.finished_at().seconds(), 12);
  EXPECT_EQ(finished.usage().user_time().nanos(), 500'000'000);
  EXPECT_EQ(finished.usage().rss_bytes_max(), 4096u);
}

TEST_F(BashRunnerTest, ANewProcessConcludesFromTheStoredGrant) {
  grant.mutable_bash()->add_skip_on_exit_code(7);
  Prepared();
  auto stored = files.ReadGrant(id);
  ASSERT_TRUE(stored.ok()) << stored.status().ToString();
  EXPECT_EQ(stored->grant.bash().command(), "") << "commands may hold secrets, and are large";
  EXPECT_EQ(stored->grant.epoch(), 3);
  EXPECT_GT(stored->output_offset, 0u);
  std::ofstream(home + "/attempts/" + id.ToString() + ".grant") << "rubbish";
  EXPECT_EQ(files.ReadGrant(id).status().code(), Code::kInternal);
}

}  // namespace
}  // namespace gale::worker
