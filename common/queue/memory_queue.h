// The queue of one process: a TaskQueue in memory. Standalone's, and the fake of tests and
// simulation.
#pragma once

#include <map>
#include <mutex>
#include <unordered_map>

#include "common/queue/task_queue.h"

namespace gale {

// Thread-safe; no call waits or fails. Every operation is O(log n) an entry.
class MemoryQueue : public TaskQueue {
 public:
  Status Push(std::span<const QueueEntry> entries) override;
  Result<std::vector<AttemptId>> Pop(std::span<const std::string> queues, size_t max) override;
  Status Remove(std::span<const QueueEntry> entries) override;
  Result<std::vector<QueueEntry>> Missing(std::span<const QueueEntry> entries) override;
  Result<uint64_t> Size(const std::string& queue) override;

  // Loses everything, as a Redis without persistence does when it restarts.
  void Clear();

 private:
  struct Place {
    int64_t priority = 0;
    uint64_t sequence = 0;  // of the push
    bool operator<(const Place& other) const {
      return priority != other.priority ? priority > other.priority : sequence < other.sequence;
    }
  };
  struct Line {
    std::map<Place, AttemptId> waiting;  // in the order of coming out
    std::unordered_map<AttemptId, Place> places;
  };

  std::mutex mutex_;
  uint64_t next_sequence_ = 0;
  std::unordered_map<std::string, Line> lines_;  // none is empty
};

}  // namespace gale
