#include "worker/keeper/template_pool.h"

#include <fmt/format.h>

#include <algorithm>

namespace gale::keeper {

TemplatePool::Steps TemplatePool::Want(const std::string& key, std::vector<Wanted> wanted,
                                       Bounds bounds, int64_t now) {
  Steps out;
  bounds_ = bounds;
  starts_[key].wanted = std::move(wanted);
  Route(key, now, out);
  return out;
}

void TemplatePool::Route(const std::string& key, int64_t now, Steps& out) {
  const std::vector<Wanted> wanted = starts_.at(key).wanted;
  for (size_t i = 0; i < wanted.size(); ++i) {
    const Wanted& w = wanted[i];
    const bool last = i + 1 == wanted.size();
    if (auto it = refused_.find(w.id); it != refused_.end() && now < it->second) continue;
    const bool seen = SeenBefore(w.id, now);
    Template* t = Find(w.id);
    if (t == nullptr && (last || seen)) t = Make(w, key, last, now, out);
    if (t != nullptr) return Enter(*t, key, now, out);
  }
  Fresh(key, "", out);
}

void TemplatePool::Enter(Template& t, const std::string& key, int64_t now, Steps& out) {
  starts_.at(key).serial = t.serial;
  t.used_at = now;
  t.waiting.push_back(key);
  Pump(t, now, out);
}

bool TemplatePool::SeenBefore(const std::string& id, int64_t now) {
  const int64_t since = now - kSecondStartWithin.count();
  if (seen_.size() >= kRememberedMax) {
    std::erase_if(seen_, [&](const auto& s) { return s.second < since; });
    if (seen_.size() >= kRememberedMax) seen_.clear();
  }
  auto [it, first] = seen_.try_emplace(id, now);
  return !first && std::exchange(it->second, now) >= since;
}

TemplatePool::Template* TemplatePool::Find(const std::string& id) {
  for (auto& [serial, t] : templates_) {
    if (t.id == id) return &t;
  }
  return nullptr;
}

TemplatePool::Template* TemplatePool::Make(const Wanted& wanted, const std::string& key, bool base,
                                           int64_t now, Steps& out) {
  while (templates_.size() >= bounds_.number_max) {
    if (!EndLeastUsed(out)) return nullptr;
  }
  const uint64_t serial = ++last_serial_;
  Template& t = templates_[serial];
  t.serial = serial;
  t.id = wanted.id;
  t.base = base;
  t.import_max = wanted.import_max;
  t.answer_by = now + std::min<int64_t>(wanted.import_max.count(), INT64_MAX / 4);
  out.push_back({Do::kStart, serial, wanted.id, key});
  return &t;
}

// Of those that owe nothing, the one that was used the longest ago; the base ones last.
bool TemplatePool::EndLeastUsed(Steps& out) {
  const Template* least = nullptr;
  for (const auto& [serial, t] : templates_) {
    if (!t.idle()) continue;
    if (least == nullptr || std::pair(t.base, t.used_at) < std::pair(least->base, least->used_at)) {
      least = &t;
    }
  }
  if (least != nullptr) End(least->serial, "", out);
  return least != nullptr;
}

void TemplatePool::Pump(Template& t, int64_t now, Steps& out) {
  if (!t.ready || t.closing) return;
  while (!t.waiting.empty() && t.asked.size() < kAskedAtOnce) {
    if (t.asked.empty()) t.answer_by = now + kAnswerMax.count();
    out.push_back({Do::kAsk, t.serial, t.id, t.waiting.front()});
    t.asked.insert(t.waiting.front());
    t.waiting.pop_front();
  }
  if (t.asked.empty()) t.answer_by = INT64_MAX;
}

void TemplatePool::Fresh(const std::string& key, const std::string& why, Steps& out) {
  starts_.erase(key);
  out.push_back({Do::kFresh, 0, {}, key, why});
}

void TemplatePool::Remove(const std::string& key, int64_t now, Steps& out) {
  auto start = starts_.find(key);
  if (start == starts_.end()) return;
  auto it = templates_.find(start->second.serial);
  starts_.erase(start);
  if (it == templates_.end()) return;
  Template& t = it->second;
  std::erase(t.waiting, key);
  if (t.asked.erase(key) > 0) t.answer_by = now + kAnswerMax.count();
  Pump(t, now, out);
}

TemplatePool::Steps TemplatePool::Forked(const std::string& key, int64_t now) {
  Steps out;
  if (auto start = starts_.find(key); start != starts_.end()) {
    if (auto t = templates_.find(start->second.serial); t != templates_.end()) {
      t->second.used_at = now;
    }
  }
  Remove(key, now, out);
  FitMemory(0, out);
  return out;
}

TemplatePool::Steps TemplatePool::NotForked(const std::string& key, const std::string& why,
                                            int64_t now) {
  Steps out;
  if (!starts_.contains(key)) return out;
  Remove(key, now, out);
  out.push_back({Do::kFresh, 0, {}, key, why});
  return out;
}

TemplatePool::Steps TemplatePool::Dropped(const std::string& key, int64_t now) {
  Steps out;
  Remove(key, now, out);
  return out;
}

// What a template says.

TemplatePool::Steps TemplatePool::Ready(uint64_t serial, int64_t bytes, int64_t now) {
  Steps out;
  auto it = templates_.find(serial);
  if (it == templates_.end() || it->second.ready) return out;
  Template& t = it->second;
  if (bytes > bounds_.bytes_max) {
    Fail(serial,
         fmt::format("it takes {} MiB, and all templates may take {}", bytes >> 20,
                     bounds_.bytes_max >> 20),
         true, now, out);
    return out;
  }
  t.ready = true;
  t.bytes = bytes;
  t.used_at = now;
  FitMemory(serial, out);
  Pump(t, now, out);
  return out;
}

// The least used go. One that is busy doesn't: it is looked at when it has forked.
void TemplatePool::FitMemory(uint64_t but, Steps& out) {
  int64_t bytes = 0;
  for (const auto& [serial, t] : templates_) bytes += t.bytes;
  while (bytes > bounds_.bytes_max) {
    Template* kept = but == 0 ? nullptr : &templates_.at(but);
    if (kept != nullptr) kept->ready = false;  // so that it isn't the one
    const size_t first = out.size();
    const bool ended = EndLeastUsed(out);
    if (kept != nullptr) kept->ready = true;
    if (!ended) return;
    bytes = 0;
    for (const auto& [serial, t] : templates_) bytes += t.bytes;
    out[first].why = "the templates took more memory than they may";
  }
}

TemplatePool::Steps TemplatePool::Unforkable(uint64_t serial, const std::string& why, int64_t now) {
  Steps out;
  auto it = templates_.find(serial);
  if (it == templates_.end()) return out;
  Refuse(it->second.id, now);
  for (const std::string& key : End(serial, "no task is forked from it: " + why, out)) {
    Route(key, now, out);
  }
  return out;
}

TemplatePool::Steps TemplatePool::Stale(uint64_t serial, int64_t now) {
  Steps out;
  if (!templates_.contains(serial)) return out;
  for (const std::string& key : End(serial, "", out)) {
    if (++starts_.at(key).stales >= kStaleMax) {
      Fresh(key, "the files of its template change all the time", out);
    } else {
      Route(key, now, out);
    }
  }
  return out;
}

TemplatePool::Steps TemplatePool::Gone(uint64_t serial, const std::string& why, int64_t now) {
  Steps out;
  auto it = templates_.find(serial);
  if (it == templates_.end()) return out;
  Fail(serial, why, /*refuse=*/!it->second.idle(), now, out);
  return out;
}

void TemplatePool::Closing(uint64_t serial) {
  if (auto it = templates_.find(serial); it != templates_.end()) it->second.closing = true;
}

void TemplatePool::Fail(uint64_t serial, const std::string& why, bool refuse, int64_t now,
                        Steps& out) {
  const std::string id = templates_.at(serial).id;
  if (refuse) Refuse(id, now);
  for (const std::string& key : End(serial, why, out)) Fresh(key, why, out);
}

// The starts that it owes.
std::vector<std::string> TemplatePool::End(uint64_t serial, const std::string& why, Steps& out) {
  auto it = templates_.find(serial);
  std::vector<std::string> owed(it->second.asked.begin(), it->second.asked.end());
  owed.insert(owed.end(), it->second.waiting.begin(), it->second.waiting.end());
  out.push_back({Do::kEnd, serial, it->second.id, {}, why});
  templates_.erase(it);
  return owed;
}

void TemplatePool::Refuse(const std::string& id, int64_t now) {
  if (refused_.size() >= kRememberedMax) {
    std::erase_if(refused_, [&](const auto& r) { return r.second <= now; });
    if (refused_.size() >= kRememberedMax) refused_.clear();
  }
  refused_[id] = now + kRefusedFor.count();
}

// Time.

TemplatePool::Steps TemplatePool::OnTime(int64_t now) {
  Steps out;
  std::vector<uint64_t> late, idle;
  size_t special = 0;
  for (const auto& [serial, t] : templates_) {
    if (now >= t.answer_by) late.push_back(serial);
    special += t.base ? 0 : 1;
  }
  for (uint64_t serial : late) {
    const Template& t = templates_.at(serial);
    special -= t.base ? 0 : 1;
    const std::string why = t.ready
                                ? fmt::format("it did not fork in {} s", Seconds(kAnswerMax))
                                : fmt::format("it did not import in {} s", Seconds(t.import_max));
    Fail(serial, why, true, now, out);
  }
  for (bool base : {false, true}) {
    if (base && special > 0) break;
    for (const auto& [serial, t] : templates_) {
      if (t.base == base && t.idle() && now >= t.used_at + kIdleMax.count()) idle.push_back(serial);
    }
    for (uint64_t serial : idle) {
      special -= base ? 0 : 1;
      End(serial, "", out);
    }
    idle.clear();
  }
  return out;
}

int64_t TemplatePool::next() const {
  int64_t next = INT64_MAX;
  const bool special =
      std::ranges::any_of(templates_, [](const auto& entry) { return !entry.second.base; });
  for (const auto& [serial, t] : templates_) {
    next = std::min(next, t.answer_by);
    if (t.idle() && !(t.base && special)) next = std::min(next, t.used_at + kIdleMax.count());
  }
  return next;
}

}  // namespace gale::keeper
