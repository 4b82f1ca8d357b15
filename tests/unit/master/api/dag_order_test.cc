#include "master/api/dag_order.h"

#include <gtest/gtest.h>

namespace gale {
namespace {

struct Node {
  const char* id;
  std::vector<std::string> downstream = {};
  const char* group = "";
};

// The tasks in order, then the groups.
std::string Ordered(const std::vector<Node>& nodes,
                    const std::vector<std::pair<std::string, std::string>>& groups = {}) {
  DagSpec spec;
  spec.dag_id = "d";
  for (const auto& [id, parent] : groups) spec.groups.push_back({id, parent, std::nullopt});
  for (const Node& node : nodes) {
    TaskSpec task;
    task.task_id = node.id;
    task.downstream_task_ids = node.downstream;
    task.task_group_id = node.group;
    spec.tasks.push_back(task);
  }
  const auto dag = Dag::Make(spec);
  if (!dag.ok()) return dag.status().ToString();
  const DagOrder order = OrderOf(**dag);
  std::string out;
  for (const TaskIndex task : order.tasks) out += (*dag)->task(task).task_id + " ";
  for (const uint32_t group : order.groups) out += "[" + spec.groups[group].group_id + "] ";
  return out;
}

TEST(DagOrderTest, TopologicalAndElseAsDefined) {
  EXPECT_EQ(Ordered({{"c"}, {"b", {"c"}}, {"a", {"b"}}}), "a b c ");
  EXPECT_EQ(Ordered({{"b"}, {"a"}, {"c"}}), "b a c ");
  // In the first pass a and then b, which was defined after it; x has to wait for the second one.
  EXPECT_EQ(Ordered({{"x"}, {"a", {"b", "x"}}, {"b"}}), "a b x ");
}

TEST(DagOrderTest, MembersOfAGroupStandTogetherAndTheGroupWaitsForWhatTheyWaitFor) {
  EXPECT_EQ(
      Ordered({{"g.in", {"g.out"}, "g"}, {"g.out", {"end"}, "g"}, {"end"}, {"start", {"g.in"}}},
              {{"g", ""}}),
      "start g.in g.out end [g] ");
  // o holds p: its tasks come where o does, in their own order.
  EXPECT_EQ(Ordered({{"o.b", {}, "o"}, {"z"}, {"o.p.a", {"o.b"}, "o.p"}, {"o.p.c", {}, "o.p"}},
                    {{"o", ""}, {"o.p", "o"}}),
            "o.p.a o.p.c o.b z [o] [o.p] ");
}

TEST(DagOrderTest, GroupsThatWaitForEachOtherAreTakenAsDefined) {
  EXPECT_EQ(Ordered({{"g.1", {"x"}, "g"}, {"x", {"g.2"}}, {"g.2", {}, "g"}}, {{"g", ""}}),
            "g.1 g.2 x [g] ");
}

TEST(DagOrderTest, ALongChainThatIsDefinedBackwardsIsTurnedRound) {
  DagSpec spec;
  spec.dag_id = "d";
  constexpr int kTasks = 20'000;
  for (int i = 0; i < kTasks; ++i) {
    TaskSpec task;
    task.task_id = std::to_string(i);
    if (i > 0) task.downstream_task_ids = {std::to_string(i - 1)};
    spec.tasks.push_back(task);
  }
  const DagPtr dag = Dag::Make(spec).value();
  const DagOrder order = OrderOf(*dag);
  ASSERT_EQ(order.tasks.size(), size_t{kTasks});
  EXPECT_EQ(order.tasks.front().value, uint32_t{kTasks - 1});
  EXPECT_EQ(order.tasks.back().value, 0u);
}

TEST(DagOrderTest, ALabelIsTheIdWithoutItsGroups) {
  EXPECT_EQ(LabelIn("etl", "etl.load"), "load");
  EXPECT_EQ(LabelIn("etl", "etl"), "etl");
  EXPECT_EQ(LabelIn("etl", "etlx.load"), "etlx.load");
  EXPECT_EQ(LabelIn("", "a.b"), "a.b") << "not in a group";
}

}  // namespace
}  // namespace gale
