#include "master/api/grid.h"

#include <gtest/gtest.h>

#include "master/api/usual_times.h"

namespace gale {
namespace {

DagVersionPtr VersionOf(int64_t number, const std::vector<std::string>& ids) {
  DagSpec spec;
  spec.dag_id = "d";
  for (size_t i = 0; i < ids.size(); ++i) {
    TaskSpec task;
    task.task_id = ids[i];
    if (i + 1 < ids.size()) task.downstream_task_ids = {ids[i + 1]};
    spec.tasks.push_back(task);
  }
  return std::make_shared<const DagVersion>(DagVersion{Dag::Make(spec, number).value(), "", {}});
}

RunView RunOf(int64_t id, DagVersionPtr version) {
  RunView run;
  run.row.id = RunId(id);
  run.row.run_id = "r" + std::to_string(id);
  run.row.version = version->dag->version();
  run.version = std::move(version);
  return run;
}

TiCell Cell(int64_t run, uint32_t task, TiState state, int32_t map_index = kUnmapped,
            std::optional<uint32_t> length = std::nullopt) {
  TiCell cell;
  cell.run = RunId(run);
  cell.task = TaskIndex(task);
  cell.map_index = map_index;
  cell.state = state;
  cell.block_length = length;
  return cell;
}

std::string Shown(const v1::DagGrid& grid) {
  std::string out;
  for (const std::string& id : grid.task_ids()) out += id + " ";
  for (const v1::GridRun& run : grid.runs()) {
    out += run.run_id() + "=" + run.cells() + " ";
    for (const v1::GridMapped& mapped : run.mapped()) {
      out += std::to_string(mapped.task()) + ":";
      const std::map<std::string, uint64_t> counts(mapped.counts().begin(), mapped.counts().end());
      for (const auto& [state, count] : counts) out += state + std::to_string(count) + ",";
      out += " ";
    }
  }
  return out;
}

TEST(GridTest, ALetterATaskAndTasksOfOlderVersionsAtTheEnd) {
  const DagVersionPtr first = VersionOf(1, {"gone", "a", "b"}), second = VersionOf(2, {"a", "new"});
  Grid grid(second, {RunOf(1, first), RunOf(2, second)});
  grid.Add(Cell(2, 1, TiState::kRunning));
  grid.Add(Cell(1, 0, TiState::kSuccess));
  grid.Add(Cell(1, 2, TiState::kFailed));
  grid.Add(Cell(9, 0, TiState::kFailed));  // of no run of the page
  const v1::DagGrid written = grid.Write();
  EXPECT_EQ(Shown(written), "a new gone b r1=a-ef r2=ad-- ");
  ASSERT_EQ(written.states().size(), int{kTiStates});
  EXPECT_EQ(written.states(0), "none");
  EXPECT_EQ(written.states('f' - 'a'), "failed");
}

TEST(GridTest, OfAMappedTaskTheElementsWithoutARowCountAsTheirBlock) {
  const DagVersionPtr version = VersionOf(1, {"a", "m"});
  Grid grid(version, {RunOf(1, version), RunOf(2, version), RunOf(3, version)});
  grid.Add(Cell(1, 1, TiState::kScheduled, kUnmapped, 5));
  grid.Add(Cell(1, 1, TiState::kSuccess, 0));
  grid.Add(Cell(1, 1, TiState::kRunning, 1));
  grid.Add(Cell(2, 1, TiState::kSkipped, kUnmapped, 0));  // expanded to nothing
  EXPECT_EQ(Shown(grid.Write()), "a m r1=ab 1:running1,scheduled3,success1, r2=ag 1: r3=aa ");
}

TEST(GridTest, AMappedTaskIsInTheStateThatAsksMostForAttention) {
  const DagVersionPtr version = VersionOf(1, {"m"});
  Grid grid(version, {RunOf(1, version), RunOf(2, version)});
  grid.Add(Cell(1, 0, TiState::kNone, kUnmapped, 3));
  grid.Add(Cell(1, 0, TiState::kRunning, 0));
  grid.Add(Cell(1, 0, TiState::kFailed, 1));
  grid.Add(Cell(2, 0, TiState::kNone, kUnmapped, 2));
  grid.Add(Cell(2, 0, TiState::kSuccess, 0));
  grid.Add(Cell(2, 0, TiState::kSkipped, 1));
  EXPECT_EQ(Shown(grid.Write()), "m r1=f 0:failed1,none1,running1, r2=e 0:skipped1,success1, ");
}

TEST(MedianTest, OfAnOddAndAnEvenNumber) {
  EXPECT_EQ(MedianOf({}), std::nullopt);
  EXPECT_EQ(MedianOf({7}), 7);
  EXPECT_EQ(MedianOf({9, 1, 4}), 4);
  EXPECT_EQ(MedianOf({9, 1, 4, 2}), 3);
}

}  // namespace
}  // namespace gale
