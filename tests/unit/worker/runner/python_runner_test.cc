// Python tasks: what is spawned for a grant, and what the master is told of what they told.
#include "worker/runner/python_runner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include <nlohmann/json.hpp>

#include "common/base/limits.h"
#include "common/rpc/convert.h"
#include "worker/runner/json_parts.h"
#include "worker/runner/said.h"

namespace gale::worker {
namespace {

using namespace std::chrono_literals;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(JsonParts, PartsStandAsTheyStood) {
  EXPECT_THAT(*JsonItems(R"( [1, "a]\"", [2,{"x":"}"}] , 12345678901234567890123] )"),
              ElementsAre("1", R"("a]\"")", R"([2,{"x":"}"}])", "12345678901234567890123"));
  EXPECT_TRUE(JsonItems("[]")->empty());
  EXPECT_TRUE(JsonFields(" { } ")->empty());
  const auto fields = JsonFields(R"({"a\u0062": "t", "n":-1e400,"o":{"a":[]}})");
  ASSERT_TRUE(fields);
  EXPECT_EQ(TextField(*fields, "ab"), "t");
  EXPECT_EQ(fields->at("n"), "-1e400");
  EXPECT_EQ(fields->at("o"), R"({"a":[]})");
  for (const char* bad : {"", "[", "[1", "[1,", "[1,]", "[1 2]", "[1]x", "{}", "[\"a]", "[{]"}) {
    EXPECT_FALSE(JsonItems(bad)) << bad;
  }
  for (const char* bad :
       {"", "{", "{1:2}", "{\"a\"}", "{\"a\":}", "{\"a\":1", "[]", "{\"a\":1}}"}) {
    EXPECT_FALSE(JsonFields(bad)) << bad;
  }
}

class PythonRunnerTest : public ::testing::Test {
 protected:
  PythonRunnerTest() : files(Home()) {
    EXPECT_TRUE(files.Create().ok());
    *grant.mutable_attempt() = ToProto(id);
    grant.set_epoch(3);
    grant.set_bundle("12ab");
    grant.mutable_python()->set_callable(":f");
    v1::TaskContext& context = *grant.mutable_context();
    context.set_dag_id("etl");
    context.set_run_id("manual__1");
    context.set_task_id("load");
    context.set_fileloc("/srv/dags/team/etl.py");
    context.set_max_tries(2);
    context.set_try_number(2);
    context.set_conf_json(R"({"a": 1})");
    context.mutable_logical_date()->set_seconds(1'700'000'000);
    options.environ = {"PATH=/usr/bin", "JOIN=Bearer s3cret"};
    options.secrets = {"s3cret"};
    options.python = "/opt/python3";
    options.sdk = "/opt/sdk";
    options.task_socket = "/home/w/tasks.sock";
  }
  ~PythonRunnerTest() override { std::filesystem::remove_all(home); }

  std::string Home() {
    home = testing::TempDir() + "gale-python-XXXXXX";
    EXPECT_NE(::mkdtemp(home.data()), nullptr);
    return home;
  }
  keeper::SpawnRequest Prepared(const DagCode* code = nullptr) {
    auto spawn = Runners(files, options).Prepare(grant, code);
    EXPECT_TRUE(spawn.ok()) << spawn.status().ToString();
    return spawn.ok() ? *spawn : keeper::SpawnRequest{};
  }
  void Say(const std::string& message) {
    EXPECT_TRUE(files.AppendSaid(id, message, limits::kTaskSaidBytesMax).ok());
  }
  void SayEnd(const std::string& message) {
    const auto kept = EndToKeep(message);
    ASSERT_TRUE(kept) << message;
    Say(*kept);
  }
  v1::Finished Conclude(Exit exit = {}, End end = End::kExited, std::string reason = "") {
    keeper::Exited exited;
    exited.exit_code = exit.signal == 0 ? exit.code : -1;
    exited.signal = exit.signal;
    exited.timed_out = exit.timed_out;
    exited.started_at = TimePoint(10s);
    exited.ended_at = TimePoint(12s);
    return Runners(files, options).Conclude({id, end, exit, std::move(reason)}, &exited, {});
  }
  std::string Log() { return Files::Real().Read(files.LogPath(id)).value_or(""); }

  std::string home;
  const AttemptId id{RunId(12), TaskIndex(3), 5, 2};
  AttemptFiles files;
  RunnerOptions options;
  v1::Grant grant;
};

TEST_F(PythonRunnerTest, TheProcessIsTheSdksAndKnowsItsWorkerByAPathAKeyAndASecret) {
  const auto spawn = Prepared();
  EXPECT_EQ(spawn.key, id.ToString());
  EXPECT_THAT(spawn.argv, ElementsAre("/opt/python3", "-m", "gale.task_runner"));
  EXPECT_EQ(spawn.cwd, "") << "a fresh one";
  EXPECT_EQ(spawn.timeout, Duration(0));
  const auto stored = files.ReadGrant(id);
  ASSERT_TRUE(stored.ok());
  EXPECT_EQ(stored->secret.size(), 32u);
  EXPECT_THAT(spawn.env, Contains("GALE_TASK_SOCKET=/home/w/tasks.sock"));
  EXPECT_THAT(spawn.env, Contains("GALE_TASK_KEY=" + id.ToString()));
  EXPECT_THAT(spawn.env, Contains("GALE_TASK_SECRET=" + stored->secret));
  EXPECT_THAT(spawn.env, Contains("PYTHONPATH=/opt/sdk"));
  EXPECT_THAT(spawn.env, Contains("AIRFLOW_CTX_TASK_ID=load"));
  EXPECT_THAT(spawn.env, ::testing::Not(Contains(HasSubstr("s3cret"))));
  (void)Prepared();
  EXPECT_NE(files.ReadGrant(id)->secret, stored->secret) << "one a spawn";
  grant.mutable_python()->set_interpreter("/env/bin/python");
  EXPECT_EQ(Prepared().argv[0], "/env/bin/python");
}

TEST_F(PythonRunnerTest, ItIsToldWhatItIsAndWhereItsFileStandsHere) {
  const DagCode code{"/home/bundles/12ab", "/srv/dags"};
  const auto spawn = Prepared(&code);
  EXPECT_THAT(spawn.env, Contains("GALE_DAGS_FOLDER=/home/bundles/12ab"));
  EXPECT_TRUE(NeedsBundle(grant));
  const auto details = nlohmann::json::parse(files.ReadTask(id).value_or("{}"));
  EXPECT_EQ(details["type"], "StartupDetails");
  EXPECT_EQ(details["fileloc"], "/home/bundles/12ab/team/etl.py");
  EXPECT_EQ(details["dags_folder"], "/home/bundles/12ab");
  EXPECT_EQ(details["ti"]["map_index"], 5);
  EXPECT_EQ(details["ti"]["try_number"], 2);
  EXPECT_EQ(details["ti_context"]["should_retry"], true) << "try 2 of 3";
  EXPECT_EQ(details["ti_context"]["task_reschedule_count"], 0);
  EXPECT_EQ(details["ti_context"]["dag_run"]["conf"]["a"], 1);
  EXPECT_EQ(details["ti_context"]["dag_run"]["logical_date"], "2023-11-14T22:13:20+00:00");
  // A sensor's fourth start, and its third try.
  grant.mutable_attempt()->set_try_number(4);
  grant.mutable_context()->set_try_number(3);
  grant.mutable_context()->set_reschedule_count(1);
  const auto last = nlohmann::json::parse(StartupDetailsJson(grant, nullptr));
  EXPECT_EQ(last["ti"]["try_number"], 3);
  EXPECT_EQ(last["ti_context"]["task_reschedule_count"], 1);
  EXPECT_EQ(last["ti_context"]["should_retry"], false);
}

TEST_F(PythonRunnerTest, ItIsForkedFromWhatItsFileAndTheWorkersSettingSay) {
  const DagCode code{"/home/bundles/12ab", "/srv/dags"};
  const auto spawn = Prepared(&code);
  ASSERT_EQ(spawn.templates.size(), 2u) << "the file's, the SDK's";
  EXPECT_THAT(spawn.templates[0].argv, ElementsAre("/opt/python3", "-m", "gale.template_process",
                                                   "--file", "/home/bundles/12ab/team/etl.py",
                                                   "--folder", "/home/bundles/12ab", "--fixed"));
  for (const auto& each : spawn.templates) {
    EXPECT_THAT(each.env, ::testing::Not(Contains(HasSubstr("GALE_TASK_")))) << "no task's own";
    EXPECT_THAT(each.env, ::testing::Not(Contains(HasSubstr("AIRFLOW_CTX_"))));
  }
  options.templates.isolation = PythonIsolation::kSdk;
  EXPECT_EQ(Prepared(&code).templates.size(), 1u);
  grant.mutable_python()->set_isolation("fresh");
  EXPECT_EQ(Prepared(&code).templates.size(), 0u) << "the task's word is over the worker's";
  grant.mutable_python()->set_isolation("reuse");
  EXPECT_THAT(std::string(Runners(files, options).Prepare(grant).status().message()),
              HasSubstr("it is file, sdk or fresh"));
}

TEST_F(PythonRunnerTest, TheKeepersTimeoutIsLaterThanTheTasksOwn) {
  grant.mutable_execution_timeout()->set_seconds(7);
  EXPECT_EQ(Prepared().timeout, 7s + PythonRunner::kTimeoutGrace);
}

TEST_F(PythonRunnerTest, WhatWasToldGoesWithTheEndAsItStood) {
  Prepared();
  Say(R"({"type":"SetRenderedFields","rendered_fields":{"op_args":[1e400]}})");
  Say(R"({"type":"SetXCom","key":"return_value","value":1})");
  Say(R"({"type":"SetXCom","key":"return_value","value":{"big":1208925819614629174706176}})");
  Say(R"({"type":"SkipDownstreamTasks","tasks":["a",["b",4]]})");
  SayEnd(R"({"type":"SucceedTask","state":"success","rendered_map_index":"fünf"})");
  const v1::Finished out = Conclude();
  EXPECT_EQ(out.outcome(), v1::Finished::SUCCESS);
  EXPECT_EQ(out.reason(), "");
  ASSERT_EQ(out.xcoms_size(), 1) << "the last one counts";
  EXPECT_EQ(out.xcoms(0).value_json(), R"({"big":1208925819614629174706176})");
  EXPECT_EQ(out.rendered_fields_json(), R"({"op_args":[1e400]})");
  EXPECT_EQ(out.rendered_map_index(), "fünf");
  ASSERT_EQ(out.skips_size(), 2);
  EXPECT_EQ(out.skips(0).task_id(), "a");
  EXPECT_FALSE(out.skips(0).has_map_index());
  EXPECT_EQ(out.skips(1).map_index(), 4);
  EXPECT_EQ(Log(), "") << "what ended with a word of its own needs none of ours";
}

TEST_F(PythonRunnerTest, EachEndIsAnOutcome) {
  struct Case {
    std::string end;
    v1::Finished::Outcome outcome;
    std::string reason;
  };
  for (const Case& c : std::vector<Case>{
           {R"({"type":"RetryTask","state":"up_for_retry","reason":"ValueError: no"})",
            v1::Finished::FAILED, "ValueError: no"},
           {R"({"type":"TaskState","state":"failed"})", v1::Finished::FAILED_NO_RETRY,
            "the task failed"},
           {R"({"type":"TaskState","state":"skipped","reason":"not today"})", v1::Finished::SKIPPED,
            "not today"},
           {R"({"type":"RescheduleTask","reschedule_date":"2026-01-02T03:04:05+00:00"})",
            v1::Finished::RESCHEDULED, ""},
           {R"({"type":"RescheduleTask","reschedule_date":"soon"})", v1::Finished::FAILED,
            "it wants to come again at 'soon', which is no time"}}) {
    Prepared();
    Say(R"({"type":"SkipDownstreamTasks","tasks":["a"]})");
    SayEnd(c.end);
    SayEnd(R"({"type":"SucceedTask"})");  // told again, as something else: the first counts
    const v1::Finished out = Conclude();
    EXPECT_EQ(out.outcome(), c.outcome) << c.end;
    EXPECT_EQ(out.reason(), c.reason);
    EXPECT_EQ(out.skips_size(), 0) << "it came to no end";
    EXPECT_EQ(out.has_reschedule_at(), out.outcome() == v1::Finished::RESCHEDULED);
  }
}

TEST_F(PythonRunnerTest, AnEndThatStandsCountsWhateverBecameOfTheProcess) {
  Prepared();
  SayEnd(R"({"type":"SucceedTask"})");
  EXPECT_EQ(Conclude({.signal = SIGSEGV}).outcome(), v1::Finished::SUCCESS);
  EXPECT_THAT(Log(), HasSubstr("Note: after the task's end its process was ended by signal 11\n"));
  for (End end : {End::kCancelled, End::kFenced, End::kDrained, End::kKeeperDied}) {
    EXPECT_EQ(Conclude({.signal = SIGKILL}, end, "why").outcome(), v1::Finished::SUCCESS);
  }
}

TEST_F(PythonRunnerTest, WithoutAnEndTheProcesssOwnIsTold) {
  Prepared();
  EXPECT_EQ(Conclude({.signal = SIGSEGV}).reason(), "killed by SIGSEGV");
  EXPECT_THAT(Log(), ::testing::EndsWith("Task ended: killed by SIGSEGV\n"));
  EXPECT_EQ(Conclude({.signal = SIGKILL, .out_of_memory = true}).reason(),
            "killed by SIGKILL (out of memory)");
  const v1::Finished zero = Conclude({.code = 0});
  EXPECT_EQ(zero.outcome(), v1::Finished::FAILED);
  EXPECT_THAT(zero.reason(), HasSubstr("exit code 0: the process ended, and didn't say"));
  EXPECT_EQ(Conclude({.code = 99}).outcome(), v1::Finished::FAILED) << "99 is bash's";
  EXPECT_EQ(Conclude({.signal = SIGTERM}, End::kCancelled, "marked").reason(), "cancelled: marked");
  EXPECT_EQ(Conclude({.signal = SIGKILL}, End::kFenced).outcome(), v1::Finished::LOST);
}

TEST_F(PythonRunnerTest, TheKeepersTimeoutIsWhatAnEndIsNotThereFor) {
  grant.mutable_execution_timeout()->set_seconds(7);
  Prepared();
  EXPECT_EQ(Conclude({.signal = SIGTERM, .timed_out = true}).reason(),
            "timed out after 7s (execution_timeout)");
  SayEnd(R"({"type":"SucceedTask"})");
  EXPECT_EQ(Conclude({.signal = SIGTERM, .timed_out = true}).outcome(), v1::Finished::SUCCESS);
}

TEST_F(PythonRunnerTest, WhoseGrantIsGoneIsAPythonTaskAllTheSame) {
  Prepared();
  std::filesystem::remove(files.folder() + "/" + id.ToString() + ".grant");
  EXPECT_EQ(Conclude({.code = 0}).outcome(), v1::Finished::FAILED) << "it said no end";
  SayEnd(R"({"type":"SucceedTask"})");
  EXPECT_EQ(Conclude({.code = 0}).outcome(), v1::Finished::SUCCESS);
}

TEST_F(PythonRunnerTest, AWordThatWasTornCostsNoOther) {
  Prepared();
  Say(R"({"type":"SetXCom","key":"return_value","value":1})");
  const std::string path = files.folder() + "/" + id.ToString() + ".said";
  std::ofstream(path, std::ios::app | std::ios::binary) << "gJ1\n\x05";
  SayEnd(R"({"type":"SucceedTask"})");
  const v1::Finished out = Conclude();
  EXPECT_EQ(out.outcome(), v1::Finished::SUCCESS);
  EXPECT_EQ(out.xcoms_size(), 1);
}

TEST_F(PythonRunnerTest, MoreThanGoesWithAnEndIsRefusedAndTheEndIsNot) {
  Prepared();
  const std::string large(limits::kTaskSaidBytesMax, 'x');
  const Status refused = files.AppendSaid(id, large + "x", limits::kTaskSaidBytesMax);
  EXPECT_EQ(refused.code(), Code::kResourceExhausted);
  EXPECT_THAT(std::string(refused.message()), HasSubstr("kTaskSaidBytesMax"));
  const auto kept = EndToKeep(R"({"type":"RetryTask","reason":")" + large + R"("})");
  ASSERT_TRUE(kept);
  EXPECT_LE(kept->size(), limits::kTaskEndBytesMax);
}

}  // namespace
}  // namespace gale::worker
