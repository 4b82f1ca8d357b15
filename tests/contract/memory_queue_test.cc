#include "common/queue/memory_queue.h"

#include "tests/contract/queue_contract.h"

namespace gale {
namespace {

INSTANTIATE_TEST_SUITE_P(Memory, QueueContract,
                         testing::Values(QueueBackend{
                             "memory", [] { return std::make_unique<MemoryQueue>(); }}),
                         QueueBackendName);

TEST(MemoryQueue, ClearLosesEverythingAndTheSweepBringsItBack) {
  MemoryQueue queue;
  const std::vector<QueueEntry> entries = {Entry(1), Entry(2, 5, "gpu")};
  ASSERT_TRUE(queue.Push(entries).ok());
  queue.Clear();
  EXPECT_EQ(PopRuns(queue, {"default", "gpu"}, 9), "");
  auto missing = queue.Missing(entries);
  EXPECT_EQ(missing->size(), 2u);
  ASSERT_TRUE(queue.Push(*missing).ok());
  EXPECT_EQ(PopRuns(queue, {"default", "gpu"}, 9), "1 2");
}

}  // namespace
}  // namespace gale
