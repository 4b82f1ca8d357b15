#include "tests/contract/queue_contract.h"

#include <atomic>
#include <mutex>
#include <set>
#include <thread>

namespace gale {

std::string PopRuns(TaskQueue& queue, std::vector<std::string> queues, size_t max) {
  auto popped = queue.Pop(queues, max);
  if (!popped.ok()) return popped.status().ToString();
  std::string runs;
  for (const AttemptId& id : *popped) {
    runs += (runs.empty() ? "" : " ") + std::to_string(id.run.value);
  }
  return runs;
}

namespace {

Status PushAll(TaskQueue& queue, std::vector<QueueEntry> entries) { return queue.Push(entries); }

TEST_P(QueueContract, AnEmptyQueueGivesNothingAndDoesNotWait) {
  EXPECT_EQ(PopRuns(*queue_, {"default"}, 10), "");
  EXPECT_EQ(PopRuns(*queue_, {}, 10), "");
  EXPECT_EQ(*queue_->Size("default"), 0u);
}

TEST_P(QueueContract, TheLargerPriorityComesFirstAndTiesInTheOrderOfPushing) {
  ASSERT_TRUE(PushAll(*queue_, {Entry(1), Entry(2, 5), Entry(3)}).ok());
  ASSERT_TRUE(PushAll(*queue_, {Entry(4, 5), Entry(5, -3), Entry(6, 1'000'000'000'000)}).ok());
  EXPECT_EQ(*queue_->Size("default"), 6u);
  EXPECT_EQ(PopRuns(*queue_, {"default"}, 4), "6 2 4 1");
  EXPECT_EQ(PopRuns(*queue_, {"default"}, 4), "3 5");
  EXPECT_EQ(PopRuns(*queue_, {"default"}, 4), "");
}

TEST_P(QueueContract, ManyTiesComeOutInTheOrderOfPushing) {
  std::vector<QueueEntry> entries;
  std::string expected;
  for (int64_t run = 1; run <= 1500; ++run) {  // past powers of ten, where a text order would slip
    entries.push_back(Entry(run));
    expected += (run == 1 ? "" : " ") + std::to_string(run);
  }
  ASSERT_TRUE(queue_->Push(entries).ok());
  EXPECT_EQ(PopRuns(*queue_, {"default"}, 2000), expected);
}

TEST_P(QueueContract, APushOfWhatIsThereChangesNothing) {
  ASSERT_TRUE(PushAll(*queue_, {Entry(1), Entry(2)}).ok());
  ASSERT_TRUE(PushAll(*queue_, {Entry(2, 9), Entry(1), Entry(1)}).ok());
  EXPECT_EQ(*queue_->Size("default"), 2u);
  EXPECT_EQ(PopRuns(*queue_, {"default"}, 9), "1 2") << "each stays where it was";
}

TEST_P(QueueContract, WhatWasPoppedCanBePushedAgain) {
  ASSERT_TRUE(PushAll(*queue_, {Entry(1)}).ok());
  EXPECT_EQ(PopRuns(*queue_, {"default"}, 1), "1");
  ASSERT_TRUE(PushAll(*queue_, {Entry(1)}).ok());
  EXPECT_EQ(PopRuns(*queue_, {"default"}, 1), "1");
}

TEST_P(QueueContract, TriesAndMappedInstancesOfOneTaskAreDifferent) {
  std::vector<QueueEntry> entries = {Entry(1), Entry(1), Entry(1), Entry(1)};
  entries[1].attempt.try_number = 2;
  entries[2].attempt.map_index = 0;
  entries[3].attempt.task = TaskIndex(4'294'967'295u);
  ASSERT_TRUE(queue_->Push(entries).ok());
  const std::vector<std::string> queues = {"default"};
  auto popped = queue_->Pop(queues, 9);
  ASSERT_EQ(popped->size(), 4u);
  for (size_t i = 0; i < 4; ++i) EXPECT_EQ((*popped)[i], entries[i].attempt);
}

TEST_P(QueueContract, QueuesAreApartAndAskedInTheOrderGiven) {
  ASSERT_TRUE(PushAll(*queue_, {Entry(1, 9), Entry(2, 0, "gpu"), Entry(3, 0, "größe \"x\"")}).ok());
  EXPECT_EQ(PopRuns(*queue_, {"other"}, 9), "");
  EXPECT_EQ(PopRuns(*queue_, {"größe \"x\""}, 9), "3");
  EXPECT_EQ(*queue_->Size("gpu"), 1u);
  EXPECT_EQ(PopRuns(*queue_, {"gpu", "default"}, 9), "2 1")
      << "the queue's order before the priority";
}

TEST_P(QueueContract, APopTakesNoMoreThanAskedFor) {
  ASSERT_TRUE(PushAll(*queue_, {Entry(1), Entry(2), Entry(3, 0, "gpu"), Entry(4, 0, "gpu")}).ok());
  EXPECT_EQ(PopRuns(*queue_, {"default", "gpu"}, 0), "");
  EXPECT_EQ(PopRuns(*queue_, {"default", "gpu"}, 3), "1 2 3");
  EXPECT_EQ(*queue_->Size("gpu"), 1u);
}

TEST_P(QueueContract, RemoveTakesOutWhatIsThere) {
  ASSERT_TRUE(PushAll(*queue_, {Entry(1), Entry(2, 5), Entry(3), Entry(4, 0, "gpu")}).ok());
  const std::vector<QueueEntry> gone = {Entry(2), Entry(9), Entry(3, 0, "gpu"),
                                        Entry(1, 0, "none")};
  ASSERT_TRUE(queue_->Remove(gone).ok()) << "with another priority, unknown, in another queue";
  EXPECT_EQ(PopRuns(*queue_, {"default"}, 9), "1 3");
  EXPECT_EQ(*queue_->Size("gpu"), 1u);
}

TEST_P(QueueContract, MissingAreThoseThatAreNotInTheirQueue) {
  ASSERT_TRUE(PushAll(*queue_, {Entry(1), Entry(2), Entry(3, 0, "gpu")}).ok());
  EXPECT_EQ(PopRuns(*queue_, {"default"}, 1), "1");
  const std::vector<QueueEntry> asked = {Entry(1, 7), Entry(2), Entry(3), Entry(3, 0, "gpu")};
  auto missing = queue_->Missing(asked);
  ASSERT_EQ(missing->size(), 2u);
  EXPECT_EQ((*missing)[0].attempt, asked[0].attempt);
  EXPECT_EQ((*missing)[0].priority, 7) << "ready to be pushed as it is";
  EXPECT_EQ((*missing)[1].queue, "default");
  ASSERT_TRUE(queue_->Push(*missing).ok());
  EXPECT_TRUE(queue_->Missing(asked)->empty());
}

TEST_P(QueueContract, ManyPoppersNeverGetTheSameAttempt) {
  constexpr int64_t kEntries = 2000;
  std::mutex mutex;
  std::multiset<int64_t> seen;
  std::atomic<bool> pushed{false};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      const std::vector<std::string> queues = {"gpu", "default"};
      for (;;) {
        const bool last = pushed;
        auto popped = queue_->Pop(queues, 7);
        ASSERT_TRUE(popped.ok());
        if (popped->empty() && last) return;
        std::lock_guard lock(mutex);
        for (const AttemptId& id : *popped) seen.insert(id.run.value);
      }
    });
  }
  for (int64_t run = 0; run < kEntries; ++run) {
    EXPECT_TRUE(PushAll(*queue_, {Entry(run, run % 3, run % 2 == 0 ? "gpu" : "default")}).ok());
  }
  pushed = true;
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(seen.size(), static_cast<size_t>(kEntries));
  EXPECT_EQ(std::set<int64_t>(seen.begin(), seen.end()).size(), static_cast<size_t>(kEntries));
}

}  // namespace
}  // namespace gale
