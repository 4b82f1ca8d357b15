#include "master/api/control.h"

#include <gmock/gmock.h>

#include <future>

#include "common/base/limits.h"
#include "common/base/text_limits.h"
#include "master/api/grants.h"
#include "master/api/json.h"
#include "tests/unit/master/api/server_for_test.h"

namespace gale {
namespace {

class ControlTest : public testing::Test {
 protected:
  Control& control() { return *server_.control; }
  ServerForTest server_;
};

TEST_F(ControlTest, ASubmittedDagIsThereAndTheSameSpecMakesNoNewVersion) {
  auto first = control().SubmitDag(ChainOf("etl", {"a", "b"}), server_.actor);
  ASSERT_TRUE(first.ok()) << first.status().ToString();
  EXPECT_EQ(first->row.version, 1);
  EXPECT_TRUE(first->row.is_paused);
  EXPECT_EQ(control().SubmitDag(ChainOf("etl", {"a", "b"}), server_.actor)->row.version, 1);
  EXPECT_EQ(control().SubmitDag(ChainOf("etl", {"a", "b", "c"}), server_.actor)->row.version, 2);
  EXPECT_EQ(control().ListDags({})->total, 1u);
}

TEST_F(ControlTest, ADagOfAFileCannotBeTakenByASubmission) {
  DagSpec spec = ChainOf("etl", {"a"});
  FileReport report;
  report.fileloc = "/dags/etl.py";
  report.dags.push_back({spec, SpecHash(spec), SerializeSpec(spec)});
  ASSERT_TRUE(server_.engine
                  ->Call<Status>([=](Loop& loop) {
                    loop.ReportFile(report);
                    return OkStatus();
                  })
                  .ok());
  auto refused = control().SubmitDag(spec, server_.actor);
  EXPECT_EQ(refused.status().code(), Code::kAlreadyExists);
  EXPECT_THAT(refused.status().ToString(), testing::HasSubstr("/dags/etl.py"));
}

TEST_F(ControlTest, MoreRunsThanOneClearMayTouchAreRefusedWhole) {
  server_.AddDag("etl", {"a"});
  const TimePoint first = *ParseTime("2024-01-01T00:00:00Z");
  const auto end = [&](size_t n) {
    TriggerRequest request;
    request.dag_id = "etl";
    request.run_id = fmt::format("r{}", n);
    request.logical_date = first + std::chrono::hours(n);
    ASSERT_TRUE(control().Trigger(request, server_.actor).ok());
    ASSERT_TRUE(
        control().SetRunState("etl", request.run_id, RunState::kFailed, server_.actor).ok());
  };
  for (size_t n = 0; n <= limits::kClearedRunsMax; ++n) end(n);
  ClearRequest clear{.dag_id = "etl", .run_id = "r0", .task_ids = {"a"}};
  clear.include_future = true;
  clear.dry_run = true;
  EXPECT_EQ(control().Clear(clear, server_.actor)->size(), limits::kClearedRunsMax + 1)
      << "the run that is named, and as many others as may be";
  end(limits::kClearedRunsMax + 1);
  clear.dry_run = false;
  const Status refused = control().Clear(clear, server_.actor).status();
  EXPECT_EQ(refused.code(), Code::kInvalidArgument);
  EXPECT_THAT(refused.ToString(), testing::HasSubstr("kClearedRunsMax"));
  EXPECT_EQ(control().GetRun("etl", "r0")->row.state, RunState::kFailed);
  EXPECT_EQ(control().GetRun("etl", "r9")->row.state, RunState::kFailed);
}

TEST_F(ControlTest, AllTasksOfARunAreListedEvenThoseNothingHasHappenedTo) {
  server_.AddDag("etl", {"a", "b", "c"});
  server_.Trigger("etl", "r1");
  auto tis = control().ListTaskInstances({.dag_id = "etl", .run_id = "r1"});
  ASSERT_TRUE(tis.ok());
  ASSERT_EQ(tis->total, 3u);
  EXPECT_EQ(tis->rows[0].task().task_id, "a");
  EXPECT_EQ(tis->rows[2].task().task_id, "c");
  EXPECT_EQ(tis->rows[2].row.state, TiState::kNone);
  EXPECT_EQ(tis->rows[2].row.try_number, 0u);

  TaskInstanceQuery query{.dag_id = "~", .run_id = "~"};
  query.order_by = {"-task_id"};
  query.limit = 1;
  query.offset = 1;
  auto page = control().ListTaskInstances(query);
  EXPECT_EQ(page->total, 3u);
  ASSERT_EQ(page->rows.size(), 1u);
  EXPECT_EQ(page->rows[0].task().task_id, "b");
  query.order_by = {"colour"};
  EXPECT_EQ(control().ListTaskInstances(query).status().code(), Code::kInvalidArgument);
}

TEST_F(ControlTest, UnknownNamesAreNotFoundAndNamed) {
  server_.AddDag("etl", {"a"});
  server_.Trigger("etl", "r1");
  auto says = [](const Status& status, const std::string& name) {
    EXPECT_EQ(status.code(), Code::kNotFound) << status.ToString();
    EXPECT_THAT(status.ToString(), testing::HasSubstr("'" + name + "'"));
  };
  says(control().GetDag("nowhere").status(), "nowhere");
  says(control().GetRun("nowhere", "r1").status(), "nowhere");
  says(control().GetRun("etl", "norun").status(), "norun");
  says(control().ListRuns({.dag_id = "nowhere"}).status(), "nowhere");
  says(control().GetTaskInstance("etl", "r1", "notask").status(), "notask");
  says(control()
           .Clear({.dag_id = "etl", .run_id = "r1", .task_ids = {"notask"}}, server_.actor)
           .status(),
       "notask");
  says(control().SetDagPaused("nowhere", true, server_.actor).status(), "nowhere");
  says(control().DeletePool("nopool", server_.actor), "nopool");
}

TEST_F(ControlTest, ABadConfIsRefusedAtTheDoor) {
  server_.AddDag("etl", {"a"});
  for (const char* conf : {"{no json", "[1]", "\"text\"", "1"}) {
    auto refused = control().Trigger({.dag_id = "etl", .conf_json = conf}, server_.actor);
    EXPECT_EQ(refused.status().code(), Code::kInvalidArgument) << conf;
    EXPECT_THAT(refused.status().ToString(), testing::HasSubstr("conf"));
  }
  const std::string deep = std::string(5000, '[') + std::string(5000, ']');
  EXPECT_EQ(control()
                .Trigger({.dag_id = "etl", .conf_json = "{\"a\":" + deep + "}"}, server_.actor)
                .status()
                .code(),
            Code::kInvalidArgument);
  EXPECT_EQ(control().ListRuns({.dag_id = "etl"})->total, 0u);
}

TEST_F(ControlTest, ALogIsReadWhole) {
  server_.AddDag("etl", {"a"});
  server_.Trigger("etl", "r1");
  auto link = server_.Connect();
  link->WaitFor([&] { return !link->grants.empty(); });
  const AttemptId attempt = link->grants[0].attempt;
  const LogKey key = control().NameAttempt(attempt).value();
  EXPECT_EQ(key.task_id, "a");
  ASSERT_TRUE(server_.logs->Append(key, 0, "hello ").ok());
  LogQuery query{.dag_id = "etl", .run_id = "r1", .task_id = "a"};
  auto page = control().ReadLog(query);
  ASSERT_TRUE(page.ok()) << page.status().ToString();
  EXPECT_EQ(page->data, "hello ");
  EXPECT_FALSE(page->complete);
  EXPECT_EQ(page->try_number, 1u);

  // Its end is known before its last bytes are here: a reader waits for them.
  server_.Finish(link, attempt, core::Outcome::kSuccess, {}, 14);
  auto reader = std::async(std::launch::async, [&] { return control().ReadLog(query).value(); });
  ASSERT_TRUE(control().AppendLog(attempt, key, 6, "airflow\n").ok());
  const LogPage whole = reader.get();
  EXPECT_EQ(whole.data, "hello airflow\n");
  EXPECT_TRUE(whole.complete);
  query.try_number = 2;
  EXPECT_EQ(control().ReadLog(query).status().code(), Code::kNotFound);
}

TEST_F(ControlTest, ATrysLogIsThatOfAllItsStarts) {
  server_.AddDag("etl", {"a"});
  server_.Trigger("etl", "r1");
  auto link = server_.Connect();
  size_t starts = 0;
  for (const std::string& line : {std::string("one\n"), std::string("two\n"), std::string("3\n")}) {
    ++starts;
    link->WaitFor([&] { return link->grants.size() == starts; });
    const AttemptId attempt = link->grants.back().attempt;
    ASSERT_TRUE(server_.logs->Append(control().NameAttempt(attempt).value(), 0, line).ok());
    const bool last = line == "3\n";
    server_.Finish(link, attempt, last ? core::Outcome::kFailed : core::Outcome::kRescheduled, {},
                   line.size());
  }
  LogQuery query{.dag_id = "etl", .run_id = "r1", .task_id = "a"};
  LogPage page = control().ReadLog(query).value();
  EXPECT_EQ(page.data, "one\ntwo\n3\n");
  EXPECT_TRUE(page.complete);
  EXPECT_EQ(page.try_number, 1u);
  ASSERT_EQ(page.times.size(), 3u);
  EXPECT_EQ(page.times[1].offset, 4u);
  EXPECT_EQ(page.times[2].offset, 8u);
  query.offset = 2;
  query.max_bytes = 4;
  page = control().ReadLog(query).value();
  EXPECT_EQ(page.data, "e\ntw");
  EXPECT_FALSE(page.complete);
  query.offset = 8;
  EXPECT_EQ(control().ReadLog(query)->data, "3\n");
  query.try_number = 2;
  EXPECT_THAT(control().ReadLog(query).status().ToString(),
              testing::HasSubstr("has no try 2: it has had 1"));
  // The next try has a log of its own.
  const ClearRequest again{.dag_id = "etl", .run_id = "r1", .task_ids = {"a"}};
  ASSERT_TRUE(control().Clear(again, server_.actor).ok());
  link->WaitFor([&] { return link->grants.size() == 4; });
  const AttemptId attempt = link->grants.back().attempt;
  ASSERT_TRUE(server_.logs->Append(control().NameAttempt(attempt).value(), 0, "new\n").ok());
  query = {.dag_id = "etl", .run_id = "r1", .task_id = "a"};
  page = control().ReadLog(query).value();
  EXPECT_EQ(page.data, "new\n");
  EXPECT_EQ(page.try_number, 2u);
  query.try_number = 1;
  EXPECT_EQ(control().ReadLog(query)->data, "one\ntwo\n3\n");
}

TEST_F(ControlTest, ATaskThatHasNotStartedSaysSoInsteadOfALog) {
  server_.AddDag("etl", {"a", "b"});
  server_.Trigger("etl", "r1");
  auto page = control().ReadLog({.dag_id = "etl", .run_id = "r1", .task_id = "b"});
  EXPECT_EQ(page.status().code(), Code::kNotFound);
  EXPECT_THAT(page.status().ToString(), testing::HasSubstr("has not started"));
}

TEST_F(ControlTest, AFailedTaskIsClearedAndRunsAgain) {
  server_.AddDag("etl", {"a"});
  server_.Trigger("etl", "r1");
  auto link = server_.Connect();
  link->WaitFor([&] { return link->grants.size() == 1; });
  server_.Finish(link, link->grants[0].attempt, core::Outcome::kFailed);
  ASSERT_EQ(control().GetRun("etl", "r1")->row.state, RunState::kFailed);
  ClearRequest clear{.dag_id = "etl", .run_id = "r1"};
  clear.dry_run = true;
  EXPECT_EQ(control().Clear(clear, server_.actor)->size(), 1u);
  EXPECT_EQ(control().GetRun("etl", "r1")->row.state, RunState::kFailed);
  clear.dry_run = false;
  ASSERT_TRUE(control().Clear(clear, server_.actor).ok());
  link->WaitFor([&] { return link->grants.size() == 2; });
  EXPECT_EQ(link->grants[1].attempt.try_number, 2u);
}

TEST(GrantTest, TheContextNamesTheAttemptAndConfGoesOverParams) {
  DagSpec spec = ChainOf("etl", {"a"});
  spec.params_json = R"({"x":1,"y":2})";
  spec.tasks[0].owner = "ann";
  Grant grant;
  grant.dag = Dag::Make(spec, 1).value();
  grant.attempt = {RunId(7), TaskIndex(0), kUnmapped, 3};
  grant.epoch = Epoch(5);
  grant.run.dag_id = "etl";
  grant.run.run_id = "r1";
  grant.run.conf_json = R"({"y":3})";
  const v1::Grant out = GrantWriter().ToProto(grant);
  EXPECT_EQ(out.context().idempotency_token(), "etl/r1/a/-1/3/5");
  EXPECT_EQ(out.context().params_json(), R"({"x":1,"y":3})");
  EXPECT_EQ(out.context().owner(), "ann");
  EXPECT_EQ(out.bash().command(), "true");
  EXPECT_FALSE(out.context().has_logical_date());
}

v1::Finished SuccessWith(const std::string& key, const std::string& value_json) {
  v1::Finished finished;
  finished.mutable_attempt()->set_run(7);
  finished.set_outcome(v1::Finished::SUCCESS);
  v1::XCom& xcom = *finished.add_xcoms();
  xcom.set_key(key);
  xcom.set_value_json(value_json);
  return finished;
}

// One with an empty key ended every master that it was told, for ever.
TEST(ResultTest, AnXComThatCannotBeKeptFailsItsAttemptAndSaysWhy) {
  const AttemptResult good = FromProto(SuccessWith("k", R"("\u0000 is escaped")"), {}, {});
  EXPECT_EQ(good.finished.outcome, core::Outcome::kSuccess);
  EXPECT_EQ(good.xcoms.size(), 1u);
  EXPECT_EQ(FromProto(SuccessWith(std::string(512, 'k'), "1"), {}, {}).xcoms.size(), 1u);
  for (const auto& [key, value, why] :
       std::vector<std::tuple<std::string, std::string, std::string>>{
           {"", "1", "key: empty"},
           {std::string(513, 'k'), "1", "key: has 513 bytes"},
           {std::string("\0", 1), "1", "key: byte 1 is a NUL"},
           {"k", "{not JSON", "is not valid JSON"},
           {"k", "\"donn\xe9\"", "not UTF-8"},
           {"k", '"' + std::string(7 * limits::kXComBytesMax, 'x') + '"', "value: has"}}) {
    const AttemptResult bad = FromProto(SuccessWith(key, value), {}, {});
    EXPECT_EQ(bad.finished.outcome, core::Outcome::kFailed) << why;
    EXPECT_NE(bad.finished.reason.find(why), std::string::npos) << bad.finished.reason;
    EXPECT_TRUE(bad.xcoms.empty());
  }
}

TEST(ResultTest, NumbersThatNoColumnHoldsAreBroughtIntoRange) {
  v1::Finished finished = SuccessWith("k", "1");
  finished.mutable_attempt()->set_map_index(-7);
  finished.set_log_bytes(UINT64_MAX);
  finished.set_reason(std::string(limits::kReasonBytesMax + 1, 'x'));
  const AttemptResult result = FromProto(finished, {}, {});
  EXPECT_EQ(result.finished.attempt.map_index, kUnmapped);
  EXPECT_EQ(result.finished.log_bytes, static_cast<uint64_t>(INT64_MAX));
  EXPECT_EQ(result.finished.reason.size(), limits::kReasonBytesMax);
}

TEST(ResultTest, AWorkersHostOfAnyLengthIsShortened) {
  v1::Hello hello;
  hello.set_name("w");
  hello.set_slots(1);
  hello.add_queues("default");
  hello.set_host(std::string(300, 'h'));
  hello.set_version(std::string(300, 'v'));
  hello.set_boot_id(std::string(300, 'b') + "1");
  const WorkerHello first = FromProto(hello, {}).value();
  EXPECT_EQ(first.host.size(), limits::kHostBytesMax);
  EXPECT_EQ(first.version.size(), limits::kBuildBytesMax);
  hello.set_boot_id(std::string(300, 'b') + "2");
  EXPECT_NE(FromProto(hello, {})->boot_id, first.boot_id) << "two boots stay two";
}

}  // namespace
}  // namespace gale
