#include "common/rpc/convert.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "common/model/dag.h"

namespace gale {
namespace {

using testing::HasSubstr;

// Every field differs from its default.
DagSpec FullSpec() {
  TaskSpec task;
  task.task_id = "load";
  task.operator_name = "MyBashOperator";
  task.downstream_task_ids = {"done"};
  task.owner = "ana";
  task.doc_md = "# doc";
  task.trigger_rule = "all_done";
  task.retries = 3;
  task.retry_delay = std::chrono::milliseconds(1500);
  task.retry_backoff = 2.5;
  task.max_retry_delay = std::chrono::hours(1);
  task.lost_retries = 4;
  task.execution_timeout = std::chrono::minutes(7);
  task.pool = "gpu";
  task.pool_slots = 2;
  task.priority_weight = -5;
  task.weight_rule = "absolute";
  task.queue = "fast";
  task.depends_on_past = true;
  task.wait_for_downstream = true;
  task.ignore_first_depends_on_past = false;
  task.start_date = ParseTime("1969-07-20T20:17:40.5Z").value();
  task.end_date = ParseTime("2030-01-01").value();
  task.max_active_tis_per_dag = 0;
  task.max_active_tis_per_dagrun = 9;
  task.do_xcom_push = false;
  task.is_setup = true;
  task.is_teardown = true;
  task.on_failure_fail_dagrun = true;
  task.work = BashWork{.command = "echo $A",
                       .env = {{"A", "1"}, {"B", "2"}},
                       .append_env = true,
                       .has_env = true,
                       .cwd = "/tmp",
                       .skip_on_exit_code = {1, 2},
                       .templated = true,
                       .as_is = {"env.A"},
                       .output_json = true,
                       .needs_previous_success = true};
  ExpandSource literal{.json = "[1, 2]"};
  ExpandSource xcom{.kind = ExpandSource::Kind::kXCom, .task_id = "list", .key = "k"};
  ExpandSource mapped{.kind = ExpandSource::Kind::kMap, .function = "double", .parts = {xcom}};
  ExpandSource zip{.kind = ExpandSource::Kind::kZip,
                   .json = "null",
                   .has_fill = true,
                   .parts = {mapped, literal}};
  task.task_group_id = "g";
  task.expand = ExpandSpec{
      .arguments = {{"bash_command", literal},
                    {"env", {.kind = ExpandSource::Kind::kConcat, .parts = {zip, xcom}}}}};
  task.map_index_template = "{{ task.env }}";
  task.arguments_json = R"({"cwd": "x"})";
  task.edge_labels = {{"done", "loaded"}};
  task.display_name = "Load it";
  DagSpec spec;
  spec.dag_id = "etl";
  spec.groups = {{"g", "", ExpandSpec{{{"", literal}}, /*is_kwargs=*/true}, "all", "The group"}};
  spec.description = "words";
  spec.doc_md = "more words";
  spec.schedule = {.kind = ScheduleSpec::Kind::kDeltaInterval,
                   .cron = "@daily",
                   .delta = std::chrono::seconds(90),
                   .delta_months = 2,
                   .timezone = "Europe/Berlin"};
  spec.start_date = ParseTime("2026-01-01").value();
  spec.end_date = ParseTime("2027-01-01").value();
  spec.catchup = true;
  spec.max_active_runs = 0;
  spec.max_active_tasks = 5;
  spec.max_consecutive_failed_dag_runs = 6;
  spec.dagrun_timeout = std::chrono::hours(2);
  spec.fail_fast = true;
  spec.is_paused_upon_creation = false;
  spec.tags = {"x", "y"};
  spec.params_json = R"({"n": 1})";
  spec.profile = "1.10";
  spec.fileloc = "/dags/etl.py";
  spec.param_order = {"n"};
  spec.display_name = "ETL";
  spec.owner_links = {{"ana", "mailto:ana@example.com"}};
  spec.warnings = {"sla is not done"};
  spec.tasks = {task, TaskSpec{.task_id = "done"}};
  return spec;
}

TEST(Convert, ASpecComesBackAsItWas) {
  DagSpec spec = FullSpec();
  EXPECT_EQ(FromProto(ToProto(spec)).value(), spec);
  EXPECT_EQ(ParseSpec(SerializeSpec(spec)).value(), spec);
  EXPECT_EQ(DagSpecFromJson(DagSpecToJson(spec)).value(), spec);
}

TEST(Convert, NoExitCodeThatSkipsComesBackAsNone) {
  DagSpec spec = FullSpec();
  std::get<BashWork>(spec.tasks[0].work).skip_on_exit_code = {};
  EXPECT_EQ(FromProto(ToProto(spec)).value(), spec);
}

TEST(Convert, WhatIsAbsentHasItsDefault) {
  v1::DagSpec message;
  message.set_dag_id("etl");
  message.add_tasks()->set_task_id("a");
  v1::TaskSpec& bash = *message.add_tasks();
  bash.set_task_id("b");
  bash.mutable_bash()->set_command("true");
  DagSpec spec = FromProto(message).value();

  DagSpec expected;
  expected.dag_id = "etl";
  TaskSpec b{.task_id = "b", .operator_name = "BashOperator", .work = BashWork{.command = "true"}};
  expected.tasks = {TaskSpec{.task_id = "a"}, b};
  EXPECT_EQ(spec, expected);
  EXPECT_EQ(spec.max_active_runs, 16u);
  EXPECT_EQ(spec.tasks[0].retry_delay, std::chrono::seconds(300));
  EXPECT_EQ(std::get<BashWork>(spec.tasks[1].work).skip_on_exit_code, std::vector<int32_t>{99});
}

// What files can say since then makes no versions of those that don't say it, and spoils nothing
// that ledgers hold: JSON and hash are a former version's, of labels, names and orders it knew none.
TEST(Convert, ASpecThatAFormerVersionWroteIsReadAndHasItsHash) {
  constexpr std::string_view kJson = R"({"dag_id":"old","params_json":"{\"n\":1}","profile":"3",
    "task_groups":[{"group_id":"g"}],"tasks":[
    {"bash":{"command":"true"},"downstream_task_ids":["b"],"operator_name":"BashOperator",
     "owner":"airflow","retry_delay":"300s","task_group_id":"g","task_id":"g.a"},
    {"empty":{},"operator_name":"EmptyOperator","owner":"airflow","retry_delay":"300s",
     "task_id":"b"}]})";
  const DagSpec spec = DagSpecFromJson(kJson).value();
  EXPECT_TRUE(Dag::Make(spec, 1).ok());
  EXPECT_TRUE(spec.param_order.empty() && spec.owner_links.empty() && spec.display_name.empty());
  EXPECT_TRUE(spec.tasks[0].edge_labels.empty() && spec.groups[0].tooltip.empty());
  EXPECT_EQ(SpecHash(spec), "2f3cb8d661e6d79c306beef5764b33b71953e895c634cd2bf05cabaa8e72df8a");
}

// Each of them is seen by people, so each makes a version; where the file stands is none of it.
TEST(Convert, WhatPeopleSeeIsPartOfTheHash) {
  const DagSpec spec = FullSpec();
  const auto hash_with = [&](auto change) {
    DagSpec changed = spec;
    change(changed);
    return SpecHash(changed);
  };
  const std::set<std::string> hashes = {
      SpecHash(spec),
      hash_with([](DagSpec& s) { s.tasks[0].edge_labels["done"] = "other"; }),
      hash_with([](DagSpec& s) { s.groups[0].tooltip = "other"; }),
      hash_with([](DagSpec& s) {
        s.param_order = {"m", "n"};
      }),
      hash_with([](DagSpec& s) { s.display_name = "other"; }),
      hash_with([](DagSpec& s) { s.owner_links["bo"] = "https://bo"; })};
  EXPECT_EQ(hashes.size(), 6u);
  EXPECT_EQ(SpecHash(spec), hash_with([](DagSpec& s) { s.fileloc = "/elsewhere.py"; }));
}

TEST(Convert, AZeroThatWasGivenIsNoDefault) {
  v1::DagSpec message;
  message.set_max_active_runs(0);
  v1::TaskSpec& task = *message.add_tasks();
  task.set_priority_weight(0);
  task.mutable_retry_delay();
  task.set_pool_slots(0);
  DagSpec spec = FromProto(message).value();
  EXPECT_EQ(spec.max_active_runs, 0u);
  EXPECT_EQ(spec.tasks[0].priority_weight, 0);
  EXPECT_EQ(spec.tasks[0].retry_delay, Duration(0));
  EXPECT_EQ(spec.tasks[0].pool_slots, 0u);
}

TEST(Convert, AScheduleOfTheFutureIsRefused) {
  v1::DagSpec message;
  message.set_dag_id("etl");
  message.mutable_schedule()->set_kind(static_cast<v1::Schedule::Kind>(77));
  EXPECT_THAT(FromProto(message).status().ToString(), HasSubstr("dag 'etl': schedule.kind: 77"));
}

TEST(Convert, TimesKeepTheirMicrosecondsOnBothSidesOf1970) {
  for (auto text : {"2026-11-23T10:00:00.000123Z", "1969-12-31T23:59:59.999999Z", "1970-01-01"}) {
    TimePoint t = ParseTime(text).value();
    EXPECT_EQ(FromProto(ToProto(t)), t);
    EXPECT_GE(ToProto(t).nanos(), 0);
  }
  for (int64_t us : {0L, 1L, -1L, 1'500'000L, -1'500'000L}) {
    EXPECT_EQ(FromProto(ToProto(Duration(us))), Duration(us));
  }
}

TEST(Convert, TimesOutOfRangeAreCutAndDoNotOverflow) {
  google::protobuf::Timestamp t;
  t.set_seconds(std::numeric_limits<int64_t>::max());
  EXPECT_EQ(FormatTime(FromProto(t)), "9999-12-31T23:59:59Z");
  google::protobuf::Duration d;
  d.set_seconds(std::numeric_limits<int64_t>::min());
  EXPECT_EQ(FromProto(d), -std::chrono::seconds(315'576'000'000));
}

TEST(Convert, AttemptsComeBackAsTheyWere) {
  AttemptId id{RunId(1L << 40), TaskIndex(7), kUnmapped, 3};
  EXPECT_EQ(FromProto(ToProto(id)), id);
}

TEST(Json, IsReadWithItsDefaultsAndBecomesADag) {
  auto spec = DagSpecFromJson(R"({
    "dag_id": "etl", "start_date": "2026-01-01T00:00:00Z",
    "schedule": {"kind": "CRON_TRIGGER", "cron": "0 3 * * *"},
    "tasks": [{"task_id": "a", "bash": {"command": "true"}, "retry_delay": "60s",
               "downstream_task_ids": ["b"]},
              {"task_id": "b", "empty": {}}]})");
  ASSERT_TRUE(spec.ok()) << spec.status().ToString();
  EXPECT_EQ(spec->tasks[0].retry_delay, std::chrono::seconds(60));
  EXPECT_EQ(Dag::Make(*spec).value()->timetable().Summary(), "0 3 * * *");
}

TEST(Json, AnUnknownFieldIsRefusedWithItsName) {
  auto error = [](std::string_view json) { return DagSpecFromJson(json).status().ToString(); };
  EXPECT_THAT(error(R"({"dag_id": "etl", "tasks": [{"task_id": "a", "retriez": 3}]})"),
              HasSubstr("retriez"));
  EXPECT_THAT(error(R"({"dag_id": "etl", "catchup": "perhaps"})"), HasSubstr("catchup"));
  EXPECT_THAT(error(R"({"dag_id": )"), HasSubstr("INVALID_ARGUMENT: DAG as JSON"));
  EXPECT_THAT(error(R"({"schedule": {"kind": "HOURLY"}})"), HasSubstr("HOURLY"));
}

TEST(StoredSpec, DamageIsSeen) {
  std::string bytes = SerializeSpec(FullSpec());
  bytes.resize(bytes.size() - 3);
  EXPECT_EQ(ParseSpec(bytes).status().code(), Code::kInternal);
}

TEST(SpecHash, IgnoresWhereTheFileStands) {
  DagSpec moved = FullSpec();
  moved.fileloc = "/elsewhere.py";
  EXPECT_EQ(SpecHash(moved), SpecHash(FullSpec()));
  EXPECT_EQ(SpecHash(moved).size(), 64u);
}

TEST(SpecHash, IsTheSameForTheSameEnvironmentHoweverItWasWritten) {
  DagSpec forwards = FullSpec(), backwards = FullSpec();
  auto& a = std::get<BashWork>(forwards.tasks[0].work).env;
  auto& b = std::get<BashWork>(backwards.tasks[0].work).env;
  for (int i = 0; i < 50; ++i) a[std::to_string(i)] = "x";
  for (int i = 49; i >= 0; --i) b[std::to_string(i)] = "x";
  EXPECT_EQ(SpecHash(forwards), SpecHash(backwards));
}

TEST(SpecHash, ChangesWithTheMeaning) {
  const std::string before = SpecHash(FullSpec());
  auto changed = [&](auto change) {
    DagSpec spec = FullSpec();
    change(spec);
    return SpecHash(spec) != before;
  };
  EXPECT_TRUE(changed([](DagSpec& s) { s.catchup = false; }));
  EXPECT_TRUE(changed([](DagSpec& s) { s.schedule.timezone = "UTC"; }));
  EXPECT_TRUE(changed([](DagSpec& s) { s.is_paused_upon_creation.reset(); }));
  EXPECT_TRUE(changed([](DagSpec& s) { s.tasks[0].downstream_task_ids.clear(); }));
  EXPECT_TRUE(changed([](DagSpec& s) { std::get<BashWork>(s.tasks[0].work).command = "false"; }));
  EXPECT_TRUE(changed([](DagSpec& s) { std::get<BashWork>(s.tasks[0].work).env["A"] = "3"; }));
}

}  // namespace
}  // namespace gale
