#include "common/model/dag.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "common/base/limits.h"

namespace gale {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

TaskSpec Task(std::string id, std::vector<std::string> downstream = {}) {
  TaskSpec task;
  task.task_id = std::move(id);
  task.downstream_task_ids = std::move(downstream);
  return task;
}

DagSpec Spec(std::vector<TaskSpec> tasks) {
  DagSpec spec;
  spec.dag_id = "etl";
  spec.tasks = std::move(tasks);
  return spec;
}

DagPtr Make(DagSpec spec) {
  auto dag = Dag::Make(std::move(spec));
  EXPECT_TRUE(dag.ok()) << dag.status().ToString();
  return std::move(dag).value();
}

std::string Error(DagSpec spec) { return Dag::Make(std::move(spec)).status().ToString(); }

// What Make says of a task changed by `change`.
template <class Change>
std::string ErrorOf(Change change) {
  TaskSpec task = Task("load");
  change(task);
  return Error(Spec({task}));
}

std::vector<std::string> Names(const Dag& dag, std::span<const TaskIndex> tasks) {
  std::vector<std::string> names;
  for (TaskIndex t : tasks) names.push_back(dag.task(t).task_id);
  return names;
}

TEST(Dag, LinksItsTasksBothWays) {
  auto dag = Make(Spec({Task("d"), Task("b", {"d"}), Task("a", {"b", "c"}), Task("c", {"d"})}));
  TaskIndex a = *dag->Find("a"), d = *dag->Find("d");
  EXPECT_THAT(Names(*dag, dag->downstream(a)), UnorderedElementsAre("b", "c"));
  EXPECT_THAT(Names(*dag, dag->upstream(d)), UnorderedElementsAre("b", "c"));
  EXPECT_THAT(Names(*dag, dag->upstream(a)), IsEmpty());
  EXPECT_EQ(dag->Find("e"), std::nullopt);
  EXPECT_EQ(Names(*dag, dag->topological()).front(), "a");
  EXPECT_EQ(Names(*dag, dag->topological()).back(), "d");
  EXPECT_TRUE(dag->is_empty(a));
}

TEST(Dag, MayBeEmpty) {
  auto dag = Make(Spec({}));
  EXPECT_EQ(dag->size(), 0u);
  EXPECT_TRUE(dag->leaves().empty());
}

TEST(Dag, AnEdgeNamedTwiceIsOneEdge) {
  auto dag = Make(Spec({Task("a", {"b", "b"}), Task("b")}));
  EXPECT_EQ(dag->downstream(TaskIndex(0)).size(), 1u);
  EXPECT_EQ(dag->upstream(TaskIndex(1)).size(), 1u);
  EXPECT_EQ(dag->priority(TaskIndex(0)), 2);
}

TEST(Dag, ALabelIsOfAnEdgeThatIsThere) {
  DagSpec spec = Spec({Task("a", {"b"}), Task("b"), Task("c")});
  spec.tasks[0].edge_labels = {{"b", "yes"}};
  EXPECT_EQ(Make(spec)->spec().tasks[0].edge_labels.at("b"), "yes");
  for (const char* other : {"c", "nobody"}) {
    spec.tasks[0].edge_labels = {{"b", "yes"}, {other, "no"}};
    EXPECT_THAT(Error(spec), HasSubstr(fmt::format("task 'a': edge_labels: '{}' is none of its "
                                                   "downstream_task_ids",
                                                   other)));
  }
}

TEST(Dag, ACycleIsPrintedAsAPath) {
  EXPECT_THAT(
      Error(Spec({Task("start", {"a"}), Task("a", {"b"}), Task("b", {"a", "end"}), Task("end")})),
      testing::AnyOf(HasSubstr("form a cycle: a -> b -> a"),
                     HasSubstr("form a cycle: b -> a -> b")));
  EXPECT_THAT(Error(Spec({Task("a", {"a"})})), HasSubstr("a -> a"));
}

TEST(Dag, ALongCycleIsCutShort) {
  std::vector<TaskSpec> tasks;
  for (int i = 0; i < 1000; ++i) {
    tasks.push_back(Task(fmt::format("t{}", i), {fmt::format("t{}", (i + 1) % 1000)}));
  }
  std::string error = Error(Spec(tasks));
  EXPECT_THAT(error, HasSubstr("more) -> t"));
  EXPECT_LT(error.size(), 500u);
}

TEST(Dag, ErrorsNameTheDagTheTaskAndTheField) {
  EXPECT_EQ(
      Error(Spec({Task("a", {"nowhere"})})),
      "INVALID_ARGUMENT: dag 'etl': task 'a': downstream_task_ids: 'nowhere' is no task of this "
      "DAG");
  EXPECT_EQ(
      ErrorOf([](TaskSpec& t) { t.trigger_rule = "sometimes"; }),
      "INVALID_ARGUMENT: dag 'etl': task 'load': trigger_rule: 'sometimes' is no trigger rule");
  EXPECT_THAT(ErrorOf([](TaskSpec& t) { t.weight_rule = "heavy"; }),
              HasSubstr("task 'load': weight_rule: 'heavy'"));
  EXPECT_THAT(ErrorOf([](TaskSpec& t) { t.pool_slots = 0; }), HasSubstr("pool_slots: 0"));
  EXPECT_THAT(ErrorOf([](TaskSpec& t) { t.pool = ""; }), HasSubstr("pool: empty"));
  EXPECT_THAT(ErrorOf([](TaskSpec& t) { t.queue = ""; }), HasSubstr("queue: empty"));
  EXPECT_THAT(ErrorOf([](TaskSpec& t) { t.retry_delay = Duration(-1); }), HasSubstr("retry_delay"));
  EXPECT_THAT(ErrorOf([](TaskSpec& t) { t.max_retry_delay = Duration(-1); }),
              HasSubstr("max_retry_delay"));
  EXPECT_THAT(ErrorOf([](TaskSpec& t) { t.retry_backoff = -2; }), HasSubstr("retry_backoff: -2"));
  EXPECT_THAT(ErrorOf([](TaskSpec& t) { t.execution_timeout = Duration(0); }),
              HasSubstr("execution_timeout"));
  EXPECT_THAT(Error(Spec({Task("a"), Task("a")})), HasSubstr("task 'a': task_id: used twice"));
}

TEST(Dag, IdsAreCheckedAsInAirflow) {
  EXPECT_TRUE(CheckId("dag_id", "A-z_0.9").ok());
  EXPECT_TRUE(CheckId("dag_id", "données").ok());
  EXPECT_TRUE(CheckId("run_id", "manual__2026-11-23T10:00:00+00:00", "+:~").ok());
  EXPECT_THAT(CheckId("dag_id", "a:b").ToString(), HasSubstr("dag_id: 'a:b' may not hold ':'"));
  EXPECT_THAT(CheckId("dag_id", "a/b").ToString(), HasSubstr("may not hold '/'"));
  EXPECT_THAT(CheckId("dag_id", "..").ToString(), HasSubstr("reserved"));
  EXPECT_THAT(CheckId("dag_id", "").ToString(), HasSubstr("dag_id: empty"));
  EXPECT_TRUE(CheckId("dag_id", std::string(250, 'x')).ok());
  EXPECT_THAT(CheckId("dag_id", std::string(251, 'x')).ToString(), HasSubstr("251 bytes"));
  EXPECT_THAT(Error(Spec({Task("a b")})), HasSubstr("task_id: 'a b' may not hold a space"));
  EXPECT_EQ(
      CheckId("run_id", "a\nb", "+ ").message(),
      "run_id: 'a\\x0ab' may not hold '\\x0a': expected letters, digits, '-', '_', '.', '+', a "
      "space");
  DagSpec spec = Spec({});
  spec.dag_id = "";
  EXPECT_THAT(Error(spec), HasSubstr("dag_id: empty"));
}

TEST(Dag, SizesAreBounded) {
  BashWork bash;
  bash.command = std::string(limits::kCommandBytesMax + 1, 'x');
  EXPECT_THAT(ErrorOf([&](TaskSpec& t) { t.work = bash; }),
              HasSubstr("RESOURCE_EXHAUSTED: dag 'etl': task 'load': command"));
  EXPECT_THAT(Error(Spec(std::vector<TaskSpec>(limits::kTasksPerDagMax + 1))),
              HasSubstr("kTasksPerDagMax"));
  TaskSpec wide = Task("wide", std::vector<std::string>(limits::kEdgesPerDagMax + 1, "b"));
  EXPECT_THAT(Error(Spec({wide, Task("b")})), HasSubstr("kEdgesPerDagMax"));
}

TEST(Dag, TheEarliestStartDateOfTheDagAndItsTasksCountsAndNoneIsNeeded) {
  DagSpec spec = Spec({Task("a"), Task("b")});
  spec.schedule = {.kind = ScheduleSpec::Kind::kCronTrigger, .cron = "@daily"};
  EXPECT_EQ(Make(spec)->bounds().earliest, std::nullopt);
  spec.tasks[1].start_date = ParseTime("2026-01-02").value();
  EXPECT_EQ(Make(spec)->bounds().earliest, ParseTime("2026-01-02").value());
  spec.start_date = ParseTime("2026-01-03").value();
  EXPECT_EQ(Make(spec)->bounds().earliest, ParseTime("2026-01-02").value());
  spec.schedule.cron = "61 * * * *";
  EXPECT_THAT(Error(spec), HasSubstr("dag 'etl': schedule: cron '61 * * * *': minute: '61'"));
}

TEST(Dag, TheLastEndDateOfItsTasksCountsOnlyIfAllHaveOne) {
  DagSpec spec = Spec({Task("a"), Task("b")});
  spec.end_date = ParseTime("2026-06-01").value();
  spec.tasks[0].end_date = ParseTime("2026-07-01").value();
  EXPECT_EQ(Make(spec)->bounds().latest, spec.end_date);
  spec.tasks[1].end_date = ParseTime("2026-08-01").value();
  EXPECT_EQ(Make(spec)->bounds().latest, ParseTime("2026-08-01").value());
}

TEST(Dag, KnowsWhetherItLooksAtThePast) {
  DagSpec spec = Spec({Task("a"), Task("b")});
  EXPECT_FALSE(Make(spec)->depends_on_past());
  spec.tasks[1].wait_for_downstream = true;
  EXPECT_TRUE(Make(spec)->depends_on_past());
}

TaskSpec Teardown(std::string id, bool fails_run, std::vector<std::string> downstream = {}) {
  TaskSpec task = Task(std::move(id), std::move(downstream));
  task.is_teardown = true;
  task.on_failure_fail_dagrun = fails_run;
  return task;
}

TEST(DagLeaves, AreTheTasksWithNothingAfterThem) {
  auto dag = Make(Spec({Task("a", {"b", "c"}), Task("b"), Task("c")}));
  EXPECT_THAT(Names(*dag, dag->leaves()), ElementsAre("b", "c"));
}

TEST(DagLeaves, ATeardownDoesNotCountAndWhatIsBeforeItDoes) {
  auto dag = Make(Spec({Task("work", {"clean"}), Teardown("clean", false)}));
  EXPECT_THAT(Names(*dag, dag->leaves()), ElementsAre("work"));
}

TEST(DagLeaves, ATeardownThatFailsTheRunCountsInsteadOfWhatIsBeforeIt) {
  auto dag = Make(Spec({Task("work", {"clean"}), Teardown("clean", true)}));
  EXPECT_THAT(Names(*dag, dag->leaves()), ElementsAre("clean"));
}

TEST(DagLeaves, WithNothingButTeardownsTheLastOnesCount) {
  auto dag = Make(Spec({Teardown("one", false, {"two"}), Teardown("two", false)}));
  EXPECT_THAT(Names(*dag, dag->leaves()), ElementsAre("two"));
}

TEST(DagWeights, FollowTheRuleOfEachTask) {
  DagSpec spec = Spec({Task("a", {"b", "c"}), Task("b", {"d"}), Task("c", {"d"}), Task("d")});
  for (int i = 0; i < 4; ++i) spec.tasks[size_t(i)].priority_weight = 1 << i;
  auto weights = [&](std::string rule) {
    for (TaskSpec& task : spec.tasks) task.weight_rule = rule;
    auto dag = Make(spec);
    std::vector<int64_t> out;
    for (uint32_t i = 0; i < 4; ++i) out.push_back(dag->priority(TaskIndex(i)));
    return out;
  };
  EXPECT_THAT(weights("downstream"), ElementsAre(15, 10, 12, 8));  // d counts once for a
  EXPECT_THAT(weights("upstream"), ElementsAre(1, 3, 5, 15));
  EXPECT_THAT(weights("absolute"), ElementsAre(1, 2, 4, 8));
}

TEST(DagWeights, AreCutToWhatAirflowStores) {
  DagSpec spec = Spec({Task("a", {"b"}), Task("b")});
  for (TaskSpec& task : spec.tasks) task.priority_weight = std::numeric_limits<int32_t>::max();
  EXPECT_EQ(Make(spec)->priority(TaskIndex(0)), std::numeric_limits<int32_t>::max());
}

TEST(DagWeights, OfRandomDagsAreTheSumsOfTheirClosures) {
  std::mt19937 random(7);
  for (int round = 0; round < 20; ++round) {
    const uint32_t n = 50 + random() % 600;  // more than one chunk of targets, often
    const uint32_t edges = random() % 4;
    DagSpec spec = Spec({});
    for (uint32_t i = 0; i < n; ++i) {
      TaskSpec task = Task(std::to_string(i));
      task.priority_weight = static_cast<int32_t>(random() % 100) - 20;
      task.weight_rule = random() % 2 ? "downstream" : "upstream";
      for (uint32_t e = 0; e < edges && i + 1 < n; ++e) {
        task.downstream_task_ids.push_back(std::to_string(i + 1 + random() % (n - i - 1)));
      }
      spec.tasks.push_back(task);
    }
    std::shuffle(spec.tasks.begin(), spec.tasks.end(), random);
    auto dag = Make(spec);
    for (uint32_t i = 0; i < n; ++i) {
      int64_t sum = 0;
      TaskIndex from[] = {TaskIndex(i)};
      for (TaskIndex t : dag->Closure(from, dag->task(from[0]).weight_rule == "downstream")) {
        sum += dag->task(t).priority_weight;
      }
      ASSERT_EQ(dag->priority(from[0]), sum) << "round " << round << " task " << i;
    }
  }
}

TEST(Dag, TheClosureHoldsWhereItBegins) {
  auto dag = Make(Spec({Task("a", {"b"}), Task("b", {"c"}), Task("c"), Task("x", {"c"})}));
  TaskIndex from[] = {*dag->Find("b"), *dag->Find("x")};
  EXPECT_THAT(Names(*dag, dag->Closure(from, true)), UnorderedElementsAre("b", "c", "x"));
  EXPECT_THAT(Names(*dag, dag->Closure(from, false)), UnorderedElementsAre("a", "b", "x"));
}

// The limits are real: DAGs of the full size are laid out in the time of one parse.
DagSpec Layers(uint32_t tasks, uint32_t width, uint32_t edges) {
  DagSpec spec = Spec({});
  spec.tasks.reserve(tasks);
  for (uint32_t i = 0; i < tasks; ++i) {
    spec.tasks.push_back(Task(std::to_string(i)));
    for (uint32_t e = 0; e < edges; ++e) {
      uint32_t to = (i / width + 1) * width + (i * 7 + e * 13) % width;
      if (to < tasks) spec.tasks.back().downstream_task_ids.push_back(std::to_string(to));
    }
  }
  return spec;
}

TEST(DagOf100000Tasks, InAChainIsLaidOut) {
  auto dag = Make(Layers(100'000, 1, 1));
  EXPECT_EQ(dag->priority(TaskIndex(0)), 100'000);
}

TEST(DagOf100000Tasks, SharingTheirDownstreamsIsLaidOut) {
  auto dag = Make(Layers(100'000, 100, 3));
  EXPECT_EQ(dag->leaves().size(), 100u);
  EXPECT_GT(dag->priority(TaskIndex(0)), 90'000);
}

}  // namespace
}  // namespace gale
