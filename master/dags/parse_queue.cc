#include "master/dags/parse_queue.h"

#include <algorithm>

namespace gale {

using What = ParseQueue::Step::What;

void ParseQueue::Add(const std::string& path, int64_t mtime_ns, bool changed) {
  if (changed) were_slow_.erase(path);
  if (reading_.contains(path) || !waiting_.insert(path).second) return;
  if (were_slow_.contains(path)) {
    slow_.push_back(path);
  } else {
    fresh_.insert({-mtime_ns, ++added_, path});
  }
}

void ParseQueue::Remove(const std::string& path) {
  reading_.erase(path);
  if (waiting_.erase(path) == 0) return;
  std::erase(slow_, path);
  std::erase(suspects_, path);
  std::erase_if(fresh_, [&](const Fresh& fresh) { return std::get<2>(fresh) == path; });
}

size_t ParseQueue::CountReading(bool aside) const {
  return static_cast<size_t>(std::ranges::count_if(
      reading_, [&](const auto& entry) { return entry.second.aside == aside; }));
}

std::map<std::string, ParseQueue::Reading>::iterator ParseQueue::OldestQuick() {
  auto oldest = reading_.end();
  for (auto it = reading_.begin(); it != reading_.end(); ++it) {
    if (it->second.aside) continue;
    if (oldest == reading_.end() || it->second.since < oldest->second.since) oldest = it;
  }
  return oldest;
}

void ParseQueue::Start(const std::string& path, MonoTime now, bool aside, bool alone) {
  waiting_.erase(path);
  reading_[path] = {now, aside, alone};
}

std::vector<ParseQueue::Step> ParseQueue::Steps(MonoTime now) {
  std::vector<Step> steps;
  if (!suspects_.empty() ||
      std::ranges::any_of(reading_, [](const auto& entry) { return entry.second.alone; })) {
    if (!reading_.empty()) return steps;
    const std::string path = suspects_.front();
    suspects_.pop_front();
    Start(path, now, /*aside=*/false, /*alone=*/true);
    return {{What::kStart, path}};
  }
  while (!slow_.empty() && CountReading(/*aside=*/true) < places_.slow) {
    const std::string path = slow_.front();
    slow_.pop_front();
    Start(path, now, /*aside=*/true, /*alone=*/false);
    steps.push_back({What::kStartAside, path});
  }
  while (!fresh_.empty()) {
    if (CountReading(/*aside=*/false) >= places_.quick) {
      auto oldest = OldestQuick();
      if (oldest->second.since + places_.budget > now) break;
      const std::string path = oldest->first;
      were_slow_.insert(path);
      if (CountReading(/*aside=*/true) < places_.slow) {
        oldest->second.aside = true;
        steps.push_back({What::kMoveAside, path});
      } else {
        reading_.erase(oldest);
        slow_.push_back(path);
        waiting_.insert(path);
        steps.push_back({What::kEnd, path});
      }
    }
    const std::string path = std::get<2>(*fresh_.begin());
    fresh_.erase(fresh_.begin());
    Start(path, now, /*aside=*/false, /*alone=*/false);
    steps.push_back({What::kStart, path});
  }
  return steps;
}

std::optional<MonoTime> ParseQueue::wake_at() const {
  if (fresh_.empty() || !suspects_.empty()) return std::nullopt;
  std::optional<MonoTime> at;
  for (const auto& [path, reading] : reading_) {
    if (reading.alone) return std::nullopt;
    if (!reading.aside) at = std::min(at.value_or(MonoTime::max()), reading.since + places_.budget);
  }
  return at;
}

void ParseQueue::Done(const std::string& path, MonoTime now) {
  auto it = reading_.find(path);
  if (it == reading_.end()) return;
  if (now - it->second.since > places_.budget) {
    were_slow_.insert(path);
  } else {
    were_slow_.erase(path);
  }
  reading_.erase(it);
}

std::vector<std::string> ParseQueue::Died() {
  std::vector<std::string> guilty;
  for (const auto& [path, reading] : std::exchange(reading_, {})) {
    if (reading.alone) {
      guilty.push_back(path);
    } else if (waiting_.insert(path).second) {
      suspects_.push_back(path);
    }
  }
  return guilty;
}

std::vector<std::string> ParseQueue::TakeWaiting() {
  std::vector<std::string> paths(waiting_.begin(), waiting_.end());
  waiting_.clear();
  fresh_.clear();
  slow_.clear();
  suspects_.clear();
  return paths;
}

}  // namespace gale
