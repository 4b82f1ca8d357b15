#include "common/queue/redis_replies.h"

#include <hiredis/hiredis.h>

#include "common/base/log.h"
#include "common/queue/redis_keys.h"
#include "common/queue/redis_scripts.h"

namespace gale {
namespace {
constexpr size_t kNamespaceBytesMax = 100;
}  // namespace

Status CheckRedisNamespace(std::string_view ns) {
  constexpr std::string_view kAllowed =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
  if (!ns.empty() && ns.size() <= kNamespaceBytesMax &&
      ns.find_first_not_of(kAllowed) == std::string_view::npos) {
    return OkStatus();
  }
  return InvalidArgument("Redis namespace '{}': 1 to {} letters, digits, '-', '_' or '.'", ns,
                         kNamespaceBytesMax);
}

RedisCommand RedisPopCommand(std::string_view ns, std::span<const std::string> queues, size_t max) {
  RedisCommand command = {"EVAL", redis_scripts::kPop, std::to_string(2 * queues.size())};
  for (const std::string& queue : queues) {
    command.push_back(redis_keys::Queue(ns, queue));
    command.push_back(redis_keys::Places(ns, queue));
  }
  command.push_back(std::to_string(max));
  return command;
}

void AppendRedisAttempt(std::string_view member, std::vector<AttemptId>& attempts) {
  auto id = AttemptId::Parse(redis_keys::AttemptOfMember(member));
  if (id.ok()) {
    attempts.push_back(*id);
  } else {
    GALE_WARN("Redis: a queue held '{}', which Gale did not put there; dropped", member);
  }
}

size_t AppendRedisAttempts(const redisReply& reply, std::vector<AttemptId>& attempts) {
  if (reply.type != REDIS_REPLY_ARRAY) return 0;
  for (size_t i = 0; i < reply.elements; ++i) {
    AppendRedisAttempt(RedisText(*reply.element[i]), attempts);
  }
  return reply.elements;
}

std::string_view RedisText(const redisReply& reply) {
  return reply.type == REDIS_REPLY_STRING || reply.type == REDIS_REPLY_STATUS
             ? std::string_view(reply.str, reply.len)
             : std::string_view();
}

}  // namespace gale
