// A connection to Redis that makes and mends itself: commands in pipelines, each call with a
// deadline. What RedisQueue and RedisPopper stand on.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/clock.h"
#include "common/base/status.h"
#include "common/queue/redis_socket.h"
#include "common/queue/redis_url.h"

struct redisReply;  // hiredis

namespace gale {

struct FreeRedisReply {
  void operator()(redisReply* reply) const;
};
using RedisReply = std::unique_ptr<redisReply, FreeRedisReply>;
using RedisCommand = std::vector<std::string>;

struct RedisLimits {
  Duration connect = std::chrono::seconds(2);  // resolving, Sentinel, TLS and AUTH included
  Duration command =
      std::chrono::seconds(2);  // of a call, connecting and waiting for its turn included
  // After a connection could not be made, calls fail at once for so long; doubled each time.
  Duration backoff_min = std::chrono::milliseconds(50);
  Duration backoff_max = std::chrono::seconds(1);
};

inline constexpr size_t kRedisPipelineCommandsMax = 512;  // sent before their replies are read

// Thread-safe: calls take turns, none waits for its own longer than its deadline. No call before
// the first Run connects. Reconnects when the next call comes, and at once if the server had only
// closed an idle connection.
class RedisClient {
 public:
  // `interrupt` may be null, and outlives the client.
  RedisClient(RedisUrl url, RedisLimits limits, const RedisInterrupt* interrupt = nullptr);
  ~RedisClient();

  // A reply to each command, in their order. The first error in a reply is the call's
  // (redis_error.h); commands after it may have run. UNAVAILABLE past the deadline, which is
  // limits.command and `wait` from now; what was sent may have run then too. CANCELLED:
  // interrupted.
  Result<std::vector<RedisReply>> Run(std::span<const RedisCommand> commands,
                                      Duration wait = Duration(0));

  // As messages call it: "Redis at db1:6379".
  const std::string& name() const { return name_; }

 private:
  struct Connection;
  Status Ensure(MonoTime deadline);
  Result<std::unique_ptr<Connection>> Open(MonoTime deadline);
  Result<std::unique_ptr<Connection>> OpenAt(const RedisAddress& address, MonoTime deadline);
  Result<RedisAddress> AskSentinels(MonoTime deadline);
  Result<RedisAddress> AskSentinel(const RedisAddress& sentinel, MonoTime deadline);
  Result<std::unique_ptr<Connection>> Dial(const RedisAddress& address, const std::string& user,
                                           const std::string& password, MonoTime deadline);

  const RedisUrl url_;
  const RedisLimits limits_;
  const RedisInterrupt* const interrupt_;
  const std::string name_;

  std::timed_mutex mutex_;  // of all below
  std::unique_ptr<Connection> connection_;
  Status down_;  // why the last try to connect failed
  MonoTime next_try_{};
  Duration backoff_{};
};

}  // namespace gale
