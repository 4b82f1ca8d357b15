// The contract's half for what pages read of many runs at once.
#include <algorithm>

#include "tests/contract/sample_rows.h"
#include "tests/contract/store_contract.h"

namespace gale {

using namespace testing_rows;  // NOLINT

// a: r1 (ended), r3, r2 by run_after; b: r4 (running), r6; c: none; gone: r5, and it is stale.
void StoreViews::SetUp() {
  StoreContract::SetUp();
  CommitBatch batch;
  for (const char* id : {"a", "b", "c", "gone"}) batch.dags.push_back(SparseDag(id));
  batch.dags.back().is_stale = true;
  batch.runs = {SparseRun(1, "a", "r1", RunState::kSuccess),
                SparseRun(2, "a", "r2", RunState::kFailed),
                SparseRun(3, "a", "r3"),
                SparseRun(4, "b", "r4"),
                SparseRun(5, "gone", "r5", RunState::kSuccess),
                SparseRun(6, "b", "r6", RunState::kQueued)};
  batch.runs[2].run_after = At(1, 5);  // between r1 and r2
  batch.runs[5].run_after = At(4);     // as r4: the later one counts
  batch.runs[0].start_date = At(3);
  batch.runs[0].end_date = At(7);
  batch.runs[4].end_date = At(8);
  MustCommit(batch);
}

namespace {

// "run/task/map:state[len](start-end) ", sorted.
std::string Shown(const Result<std::vector<TiCell>>& cells) {
  if (!cells.ok()) return cells.status().ToString();
  std::vector<std::string> texts;
  for (const TiCell& cell : *cells) {
    std::string text = fmt::format("{}/{}/{}:{}", cell.run.value, cell.task.value, cell.map_index,
                                   Name(cell.state));
    if (cell.block_length) text += fmt::format("[{}]", *cell.block_length);
    if (cell.start_date) text += fmt::format("({}", (*cell.start_date - At(0)).count());
    if (cell.end_date) text += fmt::format("-{})", (*cell.end_date - At(0)).count());
    texts.push_back(text + " ");
  }
  std::ranges::sort(texts);
  std::string out;
  for (const std::string& text : texts) out += text;
  return out;
}

TEST_P(StoreContract, CellsOfManyRunsWithWhatColoursThem) {
  CommitBatch batch;
  for (int64_t run : {1, 2, 3}) batch.runs.push_back(SparseRun(run, "d", fmt::format("r{}", run)));
  TiRow ended = SparseTi(1, 0, TiState::kSuccess);
  ended.start_date = At(0, 5);
  ended.end_date = At(0, 9);
  TiRow block = SparseTi(2, 1, TiState::kScheduled);
  block.block_length = 4;
  TiRow element = SparseTi(2, 1, TiState::kFailed);
  element.map_index = 3;
  batch.tis = {ended, SparseTi(1, 1), block, element, SparseTi(3, 0)};
  MustCommit(batch);

  CellQuery query;
  query.runs = {RunId(1), RunId(2)};
  query.limit = 10;
  EXPECT_EQ(Shown(store_->reads().ListCells(query)),
            "1/0/-1:success 1/1/-1:running 2/1/-1:scheduled[4] 2/1/3:failed ");
  query.with_times = true;
  query.states = {TiState::kSuccess, TiState::kFailed};
  EXPECT_EQ(Shown(store_->reads().ListCells(query)), "1/0/-1:success(5-9) 2/1/3:failed ");
  query.limit = 2;
  EXPECT_EQ(Shown(store_->reads().ListCells(query)), "1/0/-1:success(5-9) 2/1/3:failed ");
  query.limit = 1;
  EXPECT_EQ(store_->reads().ListCells(query).status().code(), Code::kResourceExhausted);
  query.runs.clear();
  EXPECT_EQ(Shown(store_->reads().ListCells(query)), "") << "of no runs: none, not all";
}

std::string Ids(const Result<std::vector<RunBrief>>& runs) {
  if (!runs.ok()) return runs.status().ToString();
  std::string ids;
  for (const RunBrief& run : *runs) ids += run.run_id + " ";
  return ids;
}

TEST_P(StoreViews, TheLatestRunOfEachDag) {
  const auto runs = store_->reads().LatestRuns();
  EXPECT_EQ(Ids(runs), "r2 r6 ");
  EXPECT_EQ((*runs)[0].dag_id, "a");
  EXPECT_EQ((*runs)[0].state, RunState::kFailed);
  EXPECT_EQ((*runs)[0].run_after, At(2));
}

TEST_P(StoreViews, LastRunsOfSomeDagsTheNewestFirst) {
  const auto runs = store_->reads().LastRuns({"b", "a", "c", "none", "gone"}, 2);
  EXPECT_EQ(Ids(runs), "r2 r3 r6 r4 r5 ");
  EXPECT_EQ(Ids(store_->reads().LastRuns({"a"}, 10)), "r2 r3 r1 ");
  const RunBrief first = store_->reads().LastRuns({"a"}, 10)->back();
  EXPECT_EQ(first.start_date, At(3));
  EXPECT_EQ(first.end_date, At(7));
  EXPECT_EQ(Ids(store_->reads().LastRuns({}, 2)), "");
}

TEST_P(StoreViews, RunsThatAreNotEndedAreCountedByDag) {
  const auto counts = store_->reads().CountUnfinished().value();
  std::string text;
  for (const DagRunsInState& one : counts) {
    text += fmt::format("{} {} {}, ", one.dag_id, Name(one.state), one.runs);
  }
  EXPECT_EQ(text, "a running 1, b queued 1, b running 1, ");
}

TEST_P(StoreViews, RunsOfATime) {
  EXPECT_EQ(Ids(store_->reads().RunsBetween({"", At(1, 5), At(5), 10})), "r6 r4 r2 r3 ");
  EXPECT_EQ(Ids(store_->reads().RunsBetween({"a", At(0), At(2), 10})), "r3 r1 ");
  EXPECT_EQ(Ids(store_->reads().RunsBetween({"", At(0), At(9), 2})), "r5 r6 ");
  const auto times = store_->reads().RunTimes({"a", At(0), At(9), 3}).value();
  EXPECT_EQ(times.size(), 3u);
  EXPECT_EQ(store_->reads().RunTimes({"a", At(0), At(9), 2}).status().code(),
            Code::kResourceExhausted);
}

TEST_P(StoreViews, TriesOfManyInstances) {
  CommitBatch batch;
  for (uint32_t task : {0u, 1u, 2u}) {
    for (uint32_t number : {2u, 1u}) {
      AttemptRow row;
      row.id = {RunId(1), TaskIndex(task), kUnmapped, number};
      row.state = TiState::kFailed;
      batch.attempts.push_back(row);
    }
  }
  MustCommit(batch);
  const auto rows = store_->reads().ListAttempts(RunId(1), {TaskIndex(2), TaskIndex(0)}, 10);
  std::string text;
  for (const AttemptRow& row : *rows) {
    text += fmt::format("{}/{} ", row.id.task.value, row.id.try_number);
  }
  EXPECT_EQ(text, "0/1 0/2 2/1 2/2 ");
  EXPECT_EQ(store_->reads().ListAttempts(RunId(1), {TaskIndex(2), TaskIndex(0)}, 3)->size(), 3u);
  EXPECT_TRUE(store_->reads().ListAttempts(RunId(1), {}, 3)->empty());
}

}  // namespace
}  // namespace gale
