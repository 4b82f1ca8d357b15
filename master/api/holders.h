// Which worker was given which attempt by this master: who may ship its log. Of the last ones only;
// of an attempt that isn't known here (it ended under another leader) anybody is believed.
#pragma once

#include <deque>
#include <mutex>
#include <string>
#include <unordered_map>

#include "common/base/ids.h"

namespace gale {

// Thread-safe.
class Holders {
 public:
  static constexpr size_t kMax = 100'000;

  void Note(const AttemptId& attempt, const std::string& worker) {
    std::lock_guard lock(mutex_);
    const auto [it, is_new] = workers_.insert_or_assign(attempt, worker);
    if (is_new) order_.push_back(attempt);
    if (order_.size() <= kMax) return;
    workers_.erase(order_.front());
    order_.pop_front();
  }
  // Empty: unknown.
  std::string Find(const AttemptId& attempt) const {
    std::lock_guard lock(mutex_);
    const auto it = workers_.find(attempt);
    return it == workers_.end() ? "" : it->second;
  }

 private:
  mutable std::mutex mutex_;
  std::unordered_map<AttemptId, std::string> workers_;
  std::deque<AttemptId> order_;  // the oldest first
};

}  // namespace gale
