// What a running task asks of a master: on a real engine and ledger, without gRPC.
#include "master/api/task_calls.h"

#include <gmock/gmock.h>

#include "common/base/files.h"
#include "common/base/text_limits.h"
#include "common/rpc/convert.h"
#include "master/secrets/secrets.h"
#include "tests/unit/master/api/server_for_test.h"

namespace gale {
namespace {

using testing::HasSubstr;

class TaskCallsTest : public testing::Test {
 protected:
  TaskCallsTest() : calls_(*server_.control, *server_.engine, *server_.store) {
    EXPECT_TRUE(calls_.Prepare().ok());
    server_.AddDag("etl", {"a", "b"});
    run_ = Trigger("r1", 1);
    link_ = server_.Connect();
    link_->WaitFor([&] { return link_->grants.size() == 1; });
    attempt_ = link_->grants[0].attempt;
  }

  RunView Trigger(const std::string& run_id, int day) {
    TriggerRequest request;
    request.dag_id = "etl";
    request.run_id = run_id;
    request.logical_date =
        TimePoint(std::chrono::seconds(1'600'000'000) + day * std::chrono::hours(24));
    return server_.control->Trigger(request, server_.actor).value();
  }
  v1::TaskQuestion Question(const std::string& body) const {
    v1::TaskQuestion question;
    *question.mutable_attempt() = ToProto(attempt_);
    question.set_token(calls_.tokens().Of(attempt_));
    question.set_worker("w1");
    question.set_body_json(body);
    return question;
  }
  // The answer's body, or the name of the error and its detail.
  std::string Ask(const std::string& body) {
    const Result<v1::TaskAnswer> answer = calls_.Answer(Question(body));
    if (!answer.ok()) return answer.status().ToString();
    if (answer->error().empty()) return answer->body_json();
    return answer->error() + " " + answer->detail_json();
  }
  // A question of task a of run r1.
  std::string AskOfA(const std::string& type, const std::string& more) {
    return Ask(
        fmt::format(R"({{"type": "{}", "dag_id": "etl", "run_id": "r1", "task_id": "a"{}{}}})",
                    type, more.empty() ? "" : ", ", more));
  }
  void PutXComs(int32_t first, int32_t end) {
    for (int32_t i = first; i < end; ++i) {
      ASSERT_EQ(AskOfA("SetXCom", fmt::format(R"("key": "k", "map_index": {}, "value": {})", i, i)),
                R"({"type": "OKResponse", "ok": true})");
    }
  }

  ServerForTest server_;
  TaskCalls calls_;
  RunView run_;
  std::shared_ptr<RecordingLink> link_;
  AttemptId attempt_;
};

TEST_F(TaskCallsTest, AnXComIsReadAsItWasSetAndIsGoneOnceItIsDeleted) {
  const std::string none = R"({"type": "XComResult", "key": "k", "value": null})";
  EXPECT_EQ(AskOfA("GetXCom", R"("key": "k")"), none);
  // As it is: numbers that no double holds, an escape, an order.
  const std::string value = R"({"z": 123456789012345678901234567890, "a": [1.50, "\u00fc", null]})";
  EXPECT_EQ(AskOfA("SetXCom", R"("key": "k", "map_index": -1, "value": )" + value),
            R"({"type": "OKResponse", "ok": true})");
  EXPECT_EQ(AskOfA("GetXCom", R"("key": "k")"),
            R"({"type": "XComResult", "key": "k", "value": )" + value + "}");
  EXPECT_EQ(AskOfA("GetXCom", R"("key": "k", "map_index": 3)"), none);
  // Of any task of the run.
  EXPECT_THAT(Ask(R"({"type": "GetXCom", "dag_id": "etl", "run_id": "r1", "task_id": null,
                      "key": "k"})"),
              HasSubstr(value));
  EXPECT_EQ(AskOfA("DeleteXCom", R"("key": "k")"), R"({"type": "OKResponse", "ok": true})");
  EXPECT_EQ(AskOfA("GetXCom", R"("key": "k")"), none);
}

TEST_F(TaskCallsTest, ASequenceIsReadByPlaceAndSliceAsPythonDoes) {
  PutXComs(0, 7);
  auto slice = [&](const std::string& more) {
    const std::string answer = AskOfA("GetXComSequenceSlice", R"("key": "k", )" + more);
    const size_t from = answer.find("\"root\": ");
    return from == std::string::npos ? answer : answer.substr(from + 8, answer.size() - from - 9);
  };
  EXPECT_EQ(AskOfA("GetXComCount", R"("key": "k")"), R"({"type": "XComCountResponse", "len": 7})");
  EXPECT_EQ(slice(R"("start": null, "stop": null, "step": null)"), "[0, 1, 2, 3, 4, 5, 6]");
  EXPECT_EQ(slice(R"("start": 1, "stop": -1, "step": 2)"), "[1, 3, 5]");
  EXPECT_EQ(slice(R"("start": -2)"), "[5, 6]");
  EXPECT_EQ(slice(R"("start": -100, "stop": 100, "step": 3)"), "[0, 3, 6]");
  EXPECT_EQ(slice(R"("step": -1)"), "[6, 5, 4, 3, 2, 1, 0]");
  EXPECT_EQ(slice(R"("start": 5, "stop": 1, "step": -3)"), "[5, 2]");
  EXPECT_EQ(slice(R"("start": -100, "step": -1)"), "[]");
  EXPECT_EQ(slice(R"("start": 5, "stop": 2)"), "[]");
  EXPECT_THAT(slice(R"("step": 0)"), HasSubstr("step: 0 is none"));
  EXPECT_THAT(AskOfA("GetXComSequenceItem", R"("key": "k", "offset": 2)"),
              HasSubstr("\"root\": 2"));
  EXPECT_THAT(AskOfA("GetXComSequenceItem", R"("key": "k", "offset": -1)"),
              HasSubstr("\"root\": 6"));
  EXPECT_THAT(AskOfA("GetXComSequenceItem", R"("key": "k", "offset": 7)"),
              HasSubstr("XCOM_NOT_FOUND"));
  EXPECT_THAT(AskOfA("GetXComSequenceItem", R"("key": "k", "offset": -8)"),
              HasSubstr("XCOM_NOT_FOUND"));
}

TEST_F(TaskCallsTest, AnXComOfAnEarlierDateIsFoundIfThatIsAskedFor) {
  ASSERT_EQ(AskOfA("SetXCom", R"("key": "k", "value": "old")"),
            R"({"type": "OKResponse", "ok": true})");
  Trigger("r2", 2);
  auto ask = [&](const char* prior) {
    return Ask(fmt::format(R"({{"type": "GetXCom", "dag_id": "etl", "run_id": "r2", "key": "k",
                               "task_id": "a", "include_prior_dates": {}}})",
                           prior));
  };
  EXPECT_THAT(ask("false"), HasSubstr("\"value\": null"));
  EXPECT_THAT(ask("true"), HasSubstr("\"value\": \"old\""));
}

TEST_F(TaskCallsTest, OnlyItsOwnTokenAndOnlyWhileItRuns) {
  v1::TaskQuestion question = Question(R"({"type": "GetDag", "dag_id": "etl"})");
  EXPECT_TRUE(calls_.Answer(question).ok());
  question.mutable_attempt()->set_try_number(2);
  EXPECT_EQ(calls_.Answer(question).status().code(), Code::kUnauthenticated);
  question = Question("{}");
  question.set_token("");
  EXPECT_EQ(calls_.Answer(question).status().code(), Code::kUnauthenticated);
  question = Question("{}");
  question.set_worker("w2");
  EXPECT_EQ(calls_.Answer(question).status().code(), Code::kFailedPrecondition);
  // Another start of this master knows it.
  TaskCalls other(*server_.control, *server_.engine, *server_.store);
  question = Question(R"({"type": "GetDag", "dag_id": "etl"})");
  EXPECT_EQ(other.Answer(question).status().code(), Code::kUnauthenticated) << "no secret yet";
  ASSERT_TRUE(other.Prepare().ok());
  EXPECT_TRUE(other.Answer(question).ok());

  server_.Finish(link_, attempt_, core::Outcome::kSuccess);
  EXPECT_EQ(calls_.Answer(question).status().code(), Code::kFailedPrecondition);
  EXPECT_EQ(server_.engine
                ->Call<Status>([&](Loop& loop) {
                  return loop.SetXCom(attempt_, {attempt_.run, attempt_.task, -1, "k", "1", {}});
                })
                .code(),
            Code::kFailedPrecondition);
}

TEST_F(TaskCallsTest, WhatCannotBeAnsweredIsSaidInASentence) {
  EXPECT_EQ(Ask("{"),
            R"(GENERIC_ERROR {"message":"the question is not valid JSON: error at byte 2"})");
  EXPECT_EQ(Ask(R"({"type": "MakeCoffee"})"),
            R"(GENERIC_ERROR {"message":"there is no question 'MakeCoffee'"})");
  EXPECT_THAT(AskOfA("GetXCom", ""), HasSubstr("key: it is missing"));
  EXPECT_THAT(Ask(R"({"type": "SetXCom", "dag_id": "etl", "run_id": "r1", "task_id": "ghost",
                      "key": "k", "value": 1})"),
              HasSubstr("DAG 'etl' has no task 'ghost'"));
  EXPECT_THAT(AskOfA("SetXCom", R"("key": "k")"), HasSubstr("value: it is missing"));
  const std::string large = '"' + std::string(limits::kXComValueBytesMax, 'x') + '"';
  EXPECT_THAT(AskOfA("SetXCom", R"("key": "k", "value": )" + large), HasSubstr("value: has "));
  EXPECT_THAT(AskOfA("SetXCom", "\"key\": \"k\", \"value\": \"caf\xe9\""),
              HasSubstr("GENERIC_ERROR"));
}

TEST_F(TaskCallsTest, RunsAndTaskInstancesAreCountedAndNamed) {
  EXPECT_EQ(Ask(R"({"type": "GetDagRunState", "dag_id": "etl", "run_id": "r1"})"),
            R"({"type":"DagRunStateResult","state":"running"})");
  EXPECT_THAT(Ask(R"({"type": "GetDagRunState", "dag_id": "etl", "run_id": "r9"})"),
              HasSubstr("dag 'etl' has no run 'r9'"));
  EXPECT_EQ(Ask(R"({"type": "GetDRCount", "dag_id": "etl", "run_ids": ["r1", "r9"]})"),
            R"({"type":"DRCount","count":1})");
  EXPECT_EQ(Ask(R"({"type": "GetDRCount", "dag_id": "etl", "states": ["failed"]})"),
            R"({"type":"DRCount","count":0})");
  const std::string date = FormatTimeOffset(*run_.row.logical_date);
  EXPECT_EQ(Ask(R"({"type": "GetTICount", "dag_id": "etl", "logical_dates": [")" + date +
                R"("], "states": ["running"]})"),
            R"({"type":"TICount","count":1})");
  EXPECT_EQ(Ask(R"({"type": "GetTICount", "dag_id": "etl", "task_ids": ["b"],
                   "states": [null], "run_ids": ["r1"]})"),
            R"({"type":"TICount","count":1})");
  EXPECT_EQ(Ask(R"({"type": "GetTaskStates", "dag_id": "etl", "run_ids": ["r1"]})"),
            R"({"type":"TaskStatesResult","task_states":{"r1":{"a":"running","b":null}}})");
  EXPECT_THAT(Ask(R"({"type": "FindDagRuns", "dag_id": "etl", "run_type": "manual"})"),
              HasSubstr(R"("run_id":"r1")"));
  EXPECT_THAT(
      Ask(R"({"type": "GetPreviousDagRun", "dag_id": "etl", "logical_date": ")" + date + R"("})"),
      HasSubstr(R"("dag_run":null)"));
  EXPECT_THAT(Ask(R"({"type": "GetDag", "dag_id": "etl"})"), HasSubstr(R"("is_paused":false)"));
  EXPECT_THAT(Ask(R"({"type": "GetDag", "dag_id": "ghost"})"), HasSubstr(R"("dag_id":null)"));
}

TEST_F(TaskCallsTest, ARunIsMadeOnceThoughTheQuestionComesTwice) {
  server_.AddDag("other", {"x"});
  const std::string ask = R"({"type": "TriggerDagRun", "dag_id": "other", "run_id": "made",
                              "conf": {"a": 1}})";
  EXPECT_EQ(Ask(ask), R"({"type": "OKResponse", "ok": true})");
  EXPECT_EQ(Ask(ask), R"({"type": "OKResponse", "ok": true})") << "its own";
  const RunRow made = server_.store->reads().GetRun("other", "made").value();
  EXPECT_EQ(made.triggered_by, "operator");
  EXPECT_EQ(made.conf_json, R"({"a":1})");
  server_.Trigger("other", "by hand");
  EXPECT_THAT(Ask(R"({"type": "TriggerDagRun", "dag_id": "other", "run_id": "by hand"})"),
              HasSubstr("DAGRUN_ALREADY_EXISTS"));
  EXPECT_THAT(Ask(R"({"type": "TriggerDagRun", "dag_id": "ghost", "run_id": "r"})"),
              HasSubstr("DAG_NOT_FOUND"));
  EXPECT_EQ(Ask(R"({"type": "TriggerDagRun", "dag_id": "other", "run_id": "by hand",
                   "reset_dag_run": true})"),
            R"({"type": "OKResponse", "ok": true})");
  // Nobody could tell the second question from another one.
  EXPECT_THAT(Ask(R"({"type": "TriggerDagRun", "dag_id": "other"})"), HasSubstr("run_id"));
  EXPECT_THAT(Ask(R"({"type": "TriggerDagRun", "dag_id": "other", "run_id": ""})"),
              HasSubstr("run_id: it is empty"));
  EXPECT_EQ(server_.store->reads().ListRuns({.dag_id = "other"})->rows.size(), 2u);
}

TEST_F(TaskCallsTest, VariablesAndConnectionsAreAnsweredByTheirPart) {
  Secrets secrets(*server_.store, Files::Real(), Clock::Real(),
                  {.key_file = server_.home / "secrets.key", .sensitive_names = ""});
  AddSecretsCalls(calls_, secrets);
  EXPECT_THAT(Ask(R"({"type": "GetVariable", "key": "v"})"), HasSubstr("VARIABLE_NOT_FOUND {"));
  EXPECT_EQ(Ask(R"({"type": "PutVariable", "key": "v", "value": "1"})"),
            R"({"ok":true,"type":"OKResponse"})");
  EXPECT_THAT(Ask(R"({"type": "GetVariable", "key": "v"})"), HasSubstr(R"("value":"1")"));
  EXPECT_THAT(Ask(R"({"type": "GetConnection", "conn_id": "c"})"),
              HasSubstr("CONNECTION_NOT_FOUND {"));
  EXPECT_THAT(Ask(R"({"type": "GetVariable"})"), HasSubstr("GENERIC_ERROR"));
}

TEST_F(TaskCallsTest, WhenItBeganIsKeptThroughItsReschedules) {
  const std::string ask = R"({"type": "GetTaskRescheduleStartDate"})";
  EXPECT_EQ(Ask(ask), R"({"type":"TaskRescheduleStartDate","start_date":null})");
  const auto began =
      server_.store->reads().GetTi({attempt_.run, attempt_.task})->value().start_date;
  server_.Finish(link_, attempt_, core::Outcome::kRescheduled);
  link_->WaitFor([&] { return link_->grants.size() == 2; });
  attempt_ = link_->grants[1].attempt;
  EXPECT_EQ(attempt_.try_number, 2u);
  EXPECT_EQ(link_->grants[1].shown_try(), 1u);
  EXPECT_EQ(link_->grants[1].looks.of_try, 1u);
  EXPECT_THAT(Ask(ask), HasSubstr(FormatTimeOffset(*began)));
}

}  // namespace
}  // namespace gale
