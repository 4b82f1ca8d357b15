#include "common/queue/memory_queue.h"

namespace gale {

Status MemoryQueue::Push(std::span<const QueueEntry> entries) {
  std::lock_guard lock(mutex_);
  for (const QueueEntry& entry : entries) {
    Line& line = lines_[entry.queue];
    const Place place{entry.priority, next_sequence_};
    if (!line.places.emplace(entry.attempt, place).second) continue;
    line.waiting.emplace(place, entry.attempt);
    ++next_sequence_;
  }
  return OkStatus();
}

Result<std::vector<AttemptId>> MemoryQueue::Pop(std::span<const std::string> queues, size_t max) {
  std::vector<AttemptId> taken;
  if (max == 0) return taken;
  std::lock_guard lock(mutex_);
  for (const std::string& queue : queues) {
    auto found = lines_.find(queue);
    if (found == lines_.end()) continue;
    Line& line = found->second;
    while (taken.size() < max && !line.waiting.empty()) {
      auto first = line.waiting.begin();
      taken.push_back(first->second);
      line.places.erase(first->second);
      line.waiting.erase(first);
    }
    if (line.waiting.empty()) lines_.erase(found);
    if (taken.size() == max) break;
  }
  return taken;
}

Status MemoryQueue::Remove(std::span<const QueueEntry> entries) {
  std::lock_guard lock(mutex_);
  for (const QueueEntry& entry : entries) {
    auto found = lines_.find(entry.queue);
    if (found == lines_.end()) continue;
    Line& line = found->second;
    auto place = line.places.find(entry.attempt);
    if (place == line.places.end()) continue;
    line.waiting.erase(place->second);
    line.places.erase(place);
    if (line.waiting.empty()) lines_.erase(found);
  }
  return OkStatus();
}

Result<std::vector<QueueEntry>> MemoryQueue::Missing(std::span<const QueueEntry> entries) {
  std::vector<QueueEntry> missing;
  std::lock_guard lock(mutex_);
  for (const QueueEntry& entry : entries) {
    auto found = lines_.find(entry.queue);
    if (found == lines_.end() || !found->second.places.contains(entry.attempt)) {
      missing.push_back(entry);
    }
  }
  return missing;
}

Result<uint64_t> MemoryQueue::Size(const std::string& queue) {
  std::lock_guard lock(mutex_);
  auto found = lines_.find(queue);
  return found == lines_.end() ? uint64_t{0} : uint64_t{found->second.waiting.size()};
}

void MemoryQueue::Clear() {
  std::lock_guard lock(mutex_);
  lines_.clear();
}

}  // namespace gale
