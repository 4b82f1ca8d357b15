// TaskQueue on Redis 5 and later, or Valkey: the queue of a cluster. Redis may lose all of it at
// any time; `GenerationLost` says so, and the engine rings again.
#pragma once

#include <string>
#include <vector>

#include "common/queue/redis_client.h"
#include "common/queue/task_queue.h"

namespace gale {

struct RedisOptions {
  std::string ns = "default";  // a Gale's own part of a Redis
  RedisLimits limits;
};

// Thread-safe; calls take turns on one connection. Every error is the client's (redis_error.h):
// while Redis is down calls fail fast. A push or pop that ended in an error may have happened all
// the same: a push is repeatable, and what a pop took away the sweep finds missing. FIFO among
// equal priorities is Redis's own order of pushing. Priorities beyond +-2^53 are rounded.
class RedisQueue : public TaskQueue {
 public:
  // Doesn't connect; the first call does. INVALID_ARGUMENT: the URL (redis_url.h), the namespace.
  static Result<std::unique_ptr<RedisQueue>> Open(std::string_view url, RedisOptions options = {});

  Status Push(std::span<const QueueEntry> entries) override;
  Result<std::vector<AttemptId>> Pop(std::span<const std::string> queues, size_t max) override;
  Status Remove(std::span<const QueueEntry> entries) override;
  Result<std::vector<QueueEntry>> Missing(std::span<const QueueEntry> entries) override;
  Result<uint64_t> Size(const std::string& queue) override;

  // Says in Redis that `owner` (a leader and its epoch: unique) has rung all that is queued, or is
  // about to: mark first, ring then, so that a loss in between shows.
  Status MarkGeneration(const std::string& owner);
  // True if Redis may have lost entries since `owner` marked it: the mark is gone or another's, or
  // the server is another process than then (restarted, or failed over; needs the right to INFO).
  // The caller marks it again and rings everything.
  Result<bool> GenerationLost(const std::string& owner);

  const std::string& name() const { return client_.name(); }

 private:
  RedisQueue(RedisUrl url, RedisOptions options);
  // Commands of `script`, up to kEntriesPerScript entries of one queue in each; `indices` says
  // which.
  struct Batch {
    std::vector<RedisCommand> commands;
    std::vector<std::vector<size_t>> indices;
  };
  Batch MakeBatch(const char* script, std::span<const QueueEntry> entries, bool with_scores) const;
  // The running server's id; empty if it doesn't tell us.
  Result<std::string> ServerId();

  const std::string ns_;
  RedisClient client_;
};

}  // namespace gale
