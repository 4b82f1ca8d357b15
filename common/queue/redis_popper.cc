#include "common/queue/redis_popper.h"

#include <hiredis/hiredis.h>

#include <algorithm>

#include "common/queue/redis_keys.h"
#include "common/queue/redis_replies.h"
#include "common/queue/redis_scripts.h"

namespace gale {
namespace {

// 0 would mean for ever.
constexpr Duration kTimeoutMin = std::chrono::milliseconds(1);

}  // namespace

Result<std::unique_ptr<RedisPopper>> RedisPopper::Open(std::string_view url, RedisOptions options) {
  GALE_ASSIGN_OR_RETURN(RedisUrl parsed, RedisUrl::Parse(url));
  GALE_RETURN_IF_ERROR(CheckRedisNamespace(options.ns));
  return std::unique_ptr<RedisPopper>(new RedisPopper(std::move(parsed), std::move(options)));
}

RedisPopper::RedisPopper(RedisUrl url, RedisOptions options)
    : ns_(std::move(options.ns)), client_(std::move(url), options.limits, &interrupt_) {}

Result<RedisPopper::First> RedisPopper::Wait(std::span<const std::string> queues,
                                             Duration timeout) {
  using std::chrono::ceil;
  timeout = std::max(timeout, kTimeoutMin);
  if (whole_seconds_) timeout = ceil<std::chrono::seconds>(timeout);
  RedisCommand wait = {"BZPOPMIN"};
  for (const std::string& name : queues) wait.push_back(redis_keys::Queue(ns_, name));
  wait.push_back(whole_seconds_ ? std::to_string(timeout / std::chrono::seconds(1))
                                : fmt::format("{:.3f}", Seconds(timeout)));
  auto replies = client_.Run({&wait, 1}, timeout);
  if (!replies.ok()) {
    const std::string_view message = replies.status().message();
    if (whole_seconds_ || message.find("timeout is not an integer") == std::string_view::npos) {
      return replies.status();
    }
    whole_seconds_ = true;
    return Wait(queues, timeout);
  }
  const redisReply& reply = *(*replies)[0];
  First first;
  if (reply.type != REDIS_REPLY_ARRAY || reply.elements < 2) return first;
  const std::string_view key = RedisText(*reply.element[0]);
  for (const std::string& name : queues) {
    if (redis_keys::Queue(ns_, name) == key) first.places = redis_keys::Places(ns_, name);
  }
  first.member = RedisText(*reply.element[1]);
  return first;
}

Result<std::vector<AttemptId>> RedisPopper::PopWait(std::span<const std::string> queues, size_t max,
                                                    Duration timeout) {
  std::vector<AttemptId> taken;
  if (interrupt_.IsSet()) return Cancelled("{}: stopped", client_.name());
  if (queues.empty() || max == 0) return taken;
  max = std::min<size_t>(max, redis_scripts::kPopMax);
  // Under load something is there, and one round trip takes it all.
  const RedisCommand pop = RedisPopCommand(ns_, queues, max);
  GALE_ASSIGN_OR_RETURN(auto replies, client_.Run({&pop, 1}));
  AppendRedisAttempts(*replies[0], taken);
  if (!taken.empty() || timeout <= Duration(0)) return taken;

  GALE_ASSIGN_OR_RETURN(const First first, Wait(queues, timeout));
  if (first.member.empty()) return taken;
  AppendRedisAttempt(first.member, taken);
  // BZPOPMIN leaves the place behind, and takes one only: tidy up, and take what came with it.
  const std::string attempt(redis_keys::AttemptOfMember(first.member));
  const std::string sequence = first.member.substr(0, redis_keys::kSequenceDigits);
  std::vector<RedisCommand> rest = {
      {"EVAL", redis_scripts::kForget, "1", first.places, attempt, sequence}};
  if (max > 1) rest.push_back(RedisPopCommand(ns_, queues, max - 1));
  auto more = client_.Run(rest);
  if (more.ok() && max > 1) AppendRedisAttempts(*more->back(), taken);
  return taken;  // without more if that failed: the next call will say why
}

}  // namespace gale
