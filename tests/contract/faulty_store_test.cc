// The faults that the simulation injects are what they say.
#include "tests/support/faulty_store.h"

#include "tests/contract/sample_rows.h"
#include "tests/contract/store_contract.h"

namespace gale {
namespace {

using namespace testing_rows;  // NOLINT

TEST(FaultyStore, FailsBeforeOrAfterTheCommitAndIsRepeatable) {
  auto inner = std::move(*OpenSqliteStore({.path = ":memory:"}));
  Fault fault = Fault::kNone;
  FaultyStore store(
      *inner, [&](const CommitBatch& batch) { return batch.runs.empty() ? Fault::kNone : fault; });
  ASSERT_TRUE(store.Migrate().ok());
  const Epoch epoch = *store.AcquireLeadership({.owner = "me"});

  fault = Fault::kFailBefore;
  EXPECT_EQ(store.Commit(epoch, {.runs = {SparseRun(1, "d", "r")}}).code(), Code::kUnavailable);
  EXPECT_EQ(store.reads().GetRun("d", "r").status().code(), Code::kNotFound);
  fault = Fault::kFailAfter;
  EXPECT_EQ(store.Commit(epoch, {.runs = {SparseRun(1, "d", "r")}}).code(), Code::kUnavailable);
  EXPECT_TRUE(store.reads().GetRun("d", "r").ok());
  EXPECT_EQ(store.Commit(Epoch(9), {.runs = {SparseRun(1, "d", "r")}}).code(), Code::kAborted);
  fault = Fault::kNone;
  EXPECT_TRUE(store.Commit(epoch, {.runs = {SparseRun(1, "d", "r")}}).ok());
}

}  // namespace
}  // namespace gale
