// What several turns come to, for who is told of them at once.
#include "master/api/http/turn_texts.h"

#include <gmock/gmock.h>

namespace gale::http {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

FeedTurnPtr Turn(std::vector<Change> changes) {
  auto turn = std::make_shared<FeedTurn>();
  turn->changes = std::move(changes);
  return turn;
}
Change RunIs(RunState state, std::optional<StateCounts> counts = {}, const std::string& dag = "d") {
  RunRow row;
  row.dag_id = dag;
  row.run_id = "r";
  row.state = state;
  return RunChanged{row, counts};
}
Change TasksAre(std::vector<std::pair<uint32_t, TiState>> states, int32_t map_index = kUnmapped) {
  TasksChanged change{RunId(1), "d", "r"};
  for (const auto& [task, state] : states) {
    TiRow row;
    row.run = RunId(1);
    row.task = TaskIndex(task);
    row.map_index = map_index;
    row.state = state;
    change.tasks.push_back({"t", row});
  }
  return change;
}
Change WorkerIs(const std::string& name, std::optional<WorkerLoad> load) {
  WorkerRow row;
  row.name = name;
  return WorkerChanged{row, false, std::move(load)};
}
std::vector<std::tuple<uint32_t, int32_t, TiState>> StatesOf(const Change& change) {
  std::vector<std::tuple<uint32_t, int32_t, TiState>> states;
  for (const TaskChange& task : std::get<TasksChanged>(change).tasks) {
    states.emplace_back(task.row.task.value, task.row.map_index, task.row.state);
  }
  return states;
}

TEST(CoalesceTest, ARowIsThereOnceInItsLastState) {
  const std::vector<Change> told = Coalesce(
      {Turn({RunIs(RunState::kQueued), TasksAre({{0, TiState::kQueued}, {1, TiState::kQueued}})}),
       Turn({TasksAre({{0, TiState::kRunning}}), TasksAre({{0, TiState::kQueued}}, 3)}),
       Turn({TasksAre({{0, TiState::kSuccess}}), RunIs(RunState::kRunning)})},
      {FeedFilter()});
  ASSERT_EQ(told.size(), 2u);
  EXPECT_THAT(StatesOf(told[0]), ElementsAre(std::tuple(1u, kUnmapped, TiState::kQueued),
                                             std::tuple(0u, 3, TiState::kQueued),
                                             std::tuple(0u, kUnmapped, TiState::kSuccess)));
  EXPECT_EQ(std::get<RunChanged>(told[1]).row.state, RunState::kRunning);
}

TEST(CoalesceTest, WhatALaterChangeDoesNotSayIsSaidByTheOneBefore) {
  StateCounts counts = {};
  counts[0] = 7;
  TasksChanged whole{RunId(1), "d", "r"};
  whole.whole = true;
  whole.counts = counts;
  WorkerLoad load;
  load.cpu_count = 8;
  const std::vector<Change> told = Coalesce(
      {Turn({whole, RunIs(RunState::kRunning, counts), WorkerIs("w", load)}),
       Turn({TasksAre({{0, TiState::kQueued}}), RunIs(RunState::kSuccess), WorkerIs("w", {})})},
      {FeedFilter()});
  ASSERT_EQ(told.size(), 3u);
  EXPECT_TRUE(std::get<TasksChanged>(told[0]).whole) << "still to be read again";
  EXPECT_EQ(std::get<TasksChanged>(told[0]).counts, counts);
  EXPECT_EQ(std::get<RunChanged>(told[1]).counts, counts);
  EXPECT_EQ(std::get<WorkerChanged>(told[2]).load->cpu_count, 8);
}

TEST(CoalesceTest, WhatNobodyWatchesIsLeftOutAndOtherRowsStayApart) {
  const std::vector<FeedTurnPtr> turns = {
      Turn({RunIs(RunState::kRunning, {}, "a"), RunIs(RunState::kRunning, {}, "b")}),
      Turn({WorkerIs("v", {}), WorkerIs("w", {}), PoolChanged{{.name = "w"}}})};
  EXPECT_EQ(Coalesce(turns, {FeedFilter()}).size(), 5u);
  EXPECT_EQ(Coalesce(turns, {{.dag_id = "a"}, {.kinds = FeedFilter::kPools}}).size(), 2u);
  EXPECT_THAT(Coalesce(turns, {{.kinds = FeedFilter::kFiles}}), IsEmpty());
}

}  // namespace
}  // namespace gale::http
