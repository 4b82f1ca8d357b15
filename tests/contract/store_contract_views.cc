// The contract's half for what pages read of many runs at once.
#include <algorithm>

#include "tests/contract/sample_rows.h"
#include "tests/contract/store_contract.h"

namespace gale {
namespace {

using namespace testing_rows;  // NOLINT

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

}  // namespace
}  // namespace gale
