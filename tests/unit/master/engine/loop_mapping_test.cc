// Mapped tasks through the loop: expansion by a result, arguments of elements, rows, recovery.
#include <gmock/gmock.h>

#include <map>

#include "tests/unit/master/engine/loop_fixture.h"

namespace gale {
namespace {

using testing::HasSubstr;

class Mapping : public LoopTest {
 protected:
  // list -> work, mapped over what list returned and over two literals.
  DagSpec Mapped(uint32_t at_once) {
    TaskSpec work = Bash("work");
    work.expand = ExpandSpec{{{"env", {.kind = ExpandSource::Kind::kXCom, .task_id = "list"}},
                              {"cwd", {.json = R"(["/a", "/b"])"}}}};
    DagSpec dag = MakeDag("d", {Bash("list", {"work"}), work});
    dag.max_active_tasks = at_once;
    return dag;
  }
  AttemptResult Returned(const AttemptId& id, const std::string& json, uint32_t length) {
    AttemptResult result = Ended(id);
    result.xcoms = {{kReturnValue, json}};
    result.finished.value_length = length;
    result.value_is_mappable = true;
    return result;
  }
  void Begin(uint32_t slots) {
    link_ = Connect(Hello("w", slots));
    Know({Mapped(slots)});
    run_ = MustTrigger("d");
    ASSERT_EQ(link_->grants.size(), 1u);
  }
  void Return(const std::string& json, uint32_t length) {
    MustTurn([&](Loop& l) { l.OnFinished(link_, Returned(link_->grants[0], json, length)); });
  }
  ToldLinkPtr link_;
  RunRow run_;
};

TEST_F(Mapping, ElementsGetTheirArgumentsWithTheirGrants) {
  Begin(9);
  Return(R"([{"A": "1"}, {"A": "2"}])", 2);
  ASSERT_EQ(link_->grants.size(), 5u);
  EXPECT_EQ(link_->grants[1], (AttemptId{run_.id, TaskIndex(1), 0, 1}));
  EXPECT_EQ(link_->arguments[1], R"({"cwd":"/a","env":{"A":"1"}})");
  EXPECT_EQ(link_->arguments[2], R"({"cwd":"/b","env":{"A":"1"}})") << "the last varies fastest";
  EXPECT_EQ(link_->arguments[4], R"({"cwd":"/b","env":{"A":"2"}})");
  for (int i = 1; i <= 4; ++i) {
    MustTurn([&](Loop& l) { l.OnFinished(link_, Ended(link_->grants[static_cast<size_t>(i)])); });
  }
  EXPECT_EQ(StateOf(run_.id), RunState::kSuccess);
}

TEST_F(Mapping, WhatWaitsHasNoRowsAndARecoveredMasterGoesOnWithIt) {
  Begin(1);
  Return("[{}, {}, {}]", 3);
  size_t elements = 0;
  const std::vector<TiRow> rows = store_.reads().ListTis(run_.id).value();
  for (const TiRow& row : rows) {
    if (row.task == TaskIndex(1) && row.map_index >= 0) ++elements;
    if (row.task == TaskIndex(1) && row.map_index < 0) {
      EXPECT_EQ(row.block_length, 6u);
      EXPECT_EQ(row.state, TiState::kScheduled);
    }
  }
  EXPECT_EQ(elements, 1u) << "the one that max_active_tasks let go on";
  Restart();
  link_ = Connect(Hello("w", 1));
  MustTurn([&](Loop& l) { l.OnFinished(link_, Ended({run_.id, TaskIndex(1), 0, 1})); });
  ASSERT_FALSE(link_->arguments.empty());
  EXPECT_EQ(link_->arguments.back(), R"({"cwd":"/b","env":{}})") << "the value was read again";
}

TEST_F(Mapping, WhatCannotBeMappedOverFailsWhoReturnedIt) {
  options_.map_length_max = 1;
  Restart();
  Begin(9);
  Return("[{}, {}]", 2);
  EXPECT_EQ(Ti(run_.id).state, TiState::kFailed);
  EXPECT_THAT(Ti(run_.id).reason, HasSubstr("2 elements to be mapped over, at most 1"));
  EXPECT_EQ(StateOf(run_.id), RunState::kFailed);
}

TEST_F(Mapping, OneElementIsClearedAndMarkedByItsIndex) {
  Begin(9);
  Return("[{}]", 1);
  OnRun<Result<std::vector<TiRow>>>("d", run_.run_id, [&](Loop& l) {
    SetTasksRequest set{"d", run_.run_id, {}, TiState::kFailed};
    set.instances = {{"work", 1}};
    return l.SetTasks(set, actor_);
  }).value();
  std::map<int32_t, TiState> states;
  const std::vector<TiRow> rows = store_.reads().ListTis(run_.id).value();
  for (const TiRow& row : rows) {
    states[row.map_index] = row.state;
  }
  EXPECT_EQ(states[0], TiState::kRunning);
  EXPECT_EQ(states[1], TiState::kFailed);
}

}  // namespace
}  // namespace gale
