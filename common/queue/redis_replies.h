// What RedisQueue and RedisPopper share: the pop, and reading replies.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/ids.h"
#include "common/base/status.h"
#include "common/queue/redis_client.h"

namespace gale {

// INVALID_ARGUMENT unless it is 1 to 100 letters, digits, '-', '_' or '.'.
Status CheckRedisNamespace(std::string_view ns);

// Pops up to `max` (at most redis_scripts::kPopMax) from `queues`.
RedisCommand RedisPopCommand(std::string_view ns, std::span<const std::string> queues, size_t max);

// Appends the attempts in an array of members; what is none is logged and dropped, for whoever put
// it there isn't Gale. Returns how many members there were.
size_t AppendRedisAttempts(const redisReply& reply, std::vector<AttemptId>& attempts);
void AppendRedisAttempt(std::string_view member, std::vector<AttemptId>& attempts);

// Of a string; empty if it is none.
std::string_view RedisText(const redisReply& reply);

}  // namespace gale
