// A worker's end of the queue: waits in Redis until something is queued, on a connection of its
// own.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/clock.h"
#include "common/queue/redis_queue.h"

namespace gale {

// PopWait: one thread at a time. Stop: any thread.
class RedisPopper {
 public:
  // Doesn't connect; the first call does. INVALID_ARGUMENT: the URL, the namespace.
  static Result<std::unique_ptr<RedisPopper>> Open(std::string_view url, RedisOptions options = {});

  // Takes up to `max` attempts out, from the first of `queues` that has any, then the next. If all
  // are empty, waits up to `timeout` (Redis 5 counts it in whole seconds, rounded up), then answers
  // with none. UNAVAILABLE: no connection, or it broke, or no answer so long after the timeout;
  // comes at once while Redis is down, so the caller waits a little before the next call. CANCELLED
  // after Stop. What is taken out while an error cuts the call off is lost here, and found by the
  // sweep.
  Result<std::vector<AttemptId>> PopWait(std::span<const std::string> queues, size_t max,
                                         Duration timeout);

  // Ends the PopWait under way and all later ones, at once.
  void Stop() { interrupt_.Set(); }

 private:
  RedisPopper(RedisUrl url, RedisOptions options);
  struct First {
    std::string places;  // the key of its queue's places
    std::string member;  // empty: nothing came
  };
  Result<First> Wait(std::span<const std::string> queues, Duration timeout);

  const std::string ns_;
  RedisInterrupt interrupt_;
  RedisClient client_;
  bool whole_seconds_ = false;  // it is a Redis 5
};

}  // namespace gale
