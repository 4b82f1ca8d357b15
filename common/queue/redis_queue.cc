#include "common/queue/redis_queue.h"

#include <hiredis/hiredis.h>

#include <algorithm>
#include <unordered_map>

#include "common/base/log.h"
#include "common/queue/redis_keys.h"
#include "common/queue/redis_replies.h"
#include "common/queue/redis_scripts.h"

namespace gale {

using redis_scripts::kEntriesPerScript;

Result<std::unique_ptr<RedisQueue>> RedisQueue::Open(std::string_view url, RedisOptions options) {
  GALE_ASSIGN_OR_RETURN(RedisUrl parsed, RedisUrl::Parse(url));
  GALE_RETURN_IF_ERROR(CheckRedisNamespace(options.ns));
  return std::unique_ptr<RedisQueue>(new RedisQueue(std::move(parsed), std::move(options)));
}

RedisQueue::RedisQueue(RedisUrl url, RedisOptions options)
    : ns_(std::move(options.ns)), client_(std::move(url), options.limits) {}

RedisQueue::Batch RedisQueue::MakeBatch(const char* script, std::span<const QueueEntry> entries,
                                        bool with_scores) const {
  Batch batch;
  std::unordered_map<std::string_view, size_t> open;  // queue -> its command that has room
  for (size_t i = 0; i < entries.size(); ++i) {
    const QueueEntry& entry = entries[i];
    auto [at, is_new] = open.try_emplace(entry.queue, batch.commands.size());
    if (!is_new && batch.indices[at->second].size() == kEntriesPerScript) {
      at->second = batch.commands.size();
      is_new = true;
    }
    if (is_new) {
      batch.commands.push_back({"EVAL", script, "2", redis_keys::Queue(ns_, entry.queue),
                                redis_keys::Places(ns_, entry.queue)});
      batch.indices.emplace_back();
    }
    RedisCommand& command = batch.commands[at->second];
    batch.indices[at->second].push_back(i);
    command.push_back(entry.attempt.ToString());
    if (with_scores) command.push_back(fmt::format("{}", -static_cast<double>(entry.priority)));
  }
  return batch;
}

Status RedisQueue::Push(std::span<const QueueEntry> entries) {
  if (entries.empty()) return OkStatus();
  return client_.Run(MakeBatch(redis_scripts::kPush, entries, true).commands).status();
}

Result<std::vector<AttemptId>> RedisQueue::Pop(std::span<const std::string> queues, size_t max) {
  std::vector<AttemptId> taken;
  if (queues.empty()) return taken;
  while (taken.size() < max) {
    const size_t room = std::min<size_t>(max - taken.size(), redis_scripts::kPopMax);
    const RedisCommand pop = RedisPopCommand(ns_, queues, room);
    auto replies = client_.Run({&pop, 1});
    // What came before an error is out of Redis: it goes to the caller, who will meet the error
    // again.
    if (!replies.ok()) return taken.empty() ? replies.status() : Result(std::move(taken));
    if (AppendRedisAttempts(*(*replies)[0], taken) < room) break;
  }
  return taken;
}

Status RedisQueue::Remove(std::span<const QueueEntry> entries) {
  if (entries.empty()) return OkStatus();
  return client_.Run(MakeBatch(redis_scripts::kRemove, entries, false).commands).status();
}

Result<std::vector<QueueEntry>> RedisQueue::Missing(std::span<const QueueEntry> entries) {
  if (entries.empty()) return std::vector<QueueEntry>{};
  const Batch batch = MakeBatch(redis_scripts::kMissing, entries, false);
  GALE_ASSIGN_OR_RETURN(auto replies, client_.Run(batch.commands));
  std::vector<size_t> indices;
  for (size_t c = 0; c < replies.size(); ++c) {
    for (size_t i = 0; i < replies[c]->elements; ++i) {
      const auto number = static_cast<size_t>(replies[c]->element[i]->integer);
      if (number >= 1 && number <= batch.indices[c].size()) {
        indices.push_back(batch.indices[c][number - 1]);
      }
    }
  }
  std::sort(indices.begin(), indices.end());  // as they were asked for: ready to be pushed
  std::vector<QueueEntry> missing;
  missing.reserve(indices.size());
  for (size_t i : indices) missing.push_back(entries[i]);
  return missing;
}

Result<uint64_t> RedisQueue::Size(const std::string& queue) {
  const RedisCommand card = {"ZCARD", redis_keys::Queue(ns_, queue)};
  GALE_ASSIGN_OR_RETURN(auto replies, client_.Run({&card, 1}));
  return static_cast<uint64_t>(replies[0]->integer);
}

// Generation.

Result<std::string> RedisQueue::ServerId() {
  const RedisCommand info = {"INFO", "server"};
  auto replies = client_.Run({&info, 1});
  if (replies.status().code() == Code::kPermissionDenied) return std::string();
  if (!replies.ok()) return replies.status();
  const std::string_view text = RedisText(*(*replies)[0]);
  constexpr std::string_view kField = "run_id:";
  const size_t at = text.find(kField);
  if (at == std::string_view::npos) return std::string();
  const std::string_view rest = text.substr(at + kField.size());
  return std::string(rest.substr(0, rest.find('\r')));
}

Status RedisQueue::MarkGeneration(const std::string& owner) {
  GALE_ASSIGN_OR_RETURN(const std::string server, ServerId());
  const RedisCommand set = {"SET", redis_keys::Generation(ns_), server + " " + owner};
  return client_.Run({&set, 1}).status();
}

Result<bool> RedisQueue::GenerationLost(const std::string& owner) {
  GALE_ASSIGN_OR_RETURN(const std::string server, ServerId());
  const RedisCommand get = {"GET", redis_keys::Generation(ns_)};
  GALE_ASSIGN_OR_RETURN(auto replies, client_.Run({&get, 1}));
  return RedisText(*replies[0]) != server + " " + owner;
}

}  // namespace gale
