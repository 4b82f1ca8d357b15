// The queue of ready attempts: the doorbell. It carries ids and priorities only, and may lose,
// double or reorder them: whoever pops an id must still claim it from the leader (DESIGN §7).
// Implementations: MemoryQueue (one process), Redis (many hosts). One contract suite:
// tests/contract.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "common/base/ids.h"
#include "common/base/status.h"

namespace gale {

struct QueueEntry {
  std::string queue;  // "default", "gpu"
  AttemptId attempt;
  int64_t priority = 0;  // larger comes out first; ties in the order of pushing
};

// What who queues does with a queue: rings. Thread-safe. Every call has a deadline of its own in
// the implementation and returns UNAVAILABLE past it: the caller goes on without, and tries again
// later.
class QueueBell {
 public:
  virtual ~QueueBell() = default;

  // Idempotent: an attempt that is in its queue already stays where it is.
  virtual Status Push(std::span<const QueueEntry> entries) = 0;

  // Takes these out, wherever they wait; those that aren't there are no error.
  virtual Status Remove(std::span<const QueueEntry> entries) = 0;

  // Pushes those of `entries` that are not in their queue. How many they were, as far as is known.
  virtual Result<size_t> Restore(std::span<const QueueEntry> entries) = 0;
};

// The whole of a queue. As thread-safe, and as patient.
class TaskQueue : public QueueBell {
 public:
  // Takes up to `max` attempts out, from the first of `queues` that has any, then the next. Never
  // waits; an empty answer means that all are empty.
  virtual Result<std::vector<AttemptId>> Pop(std::span<const std::string> queues, size_t max) = 0;

  // Those of `entries` that are not in their queue: what the sweep must push again.
  virtual Result<std::vector<QueueEntry>> Missing(std::span<const QueueEntry> entries) = 0;

  Result<size_t> Restore(std::span<const QueueEntry> entries) override {
    GALE_ASSIGN_OR_RETURN(const std::vector<QueueEntry> missing, Missing(entries));
    GALE_RETURN_IF_ERROR(Push(missing));
    return missing.size();
  }

  // How many wait in `queue`.
  virtual Result<uint64_t> Size(const std::string& queue) = 0;
};

}  // namespace gale
