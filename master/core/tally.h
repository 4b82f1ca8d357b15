// How many wait at one place, and since when the first of them has: kept as they come and go. Times in
// whole seconds, so that it stays small however many there are. Pure.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>

#include "common/base/clock.h"

namespace gale::core {

inline int64_t WholeSeconds(TimePoint t) {
  return std::chrono::floor<std::chrono::seconds>(t).time_since_epoch().count();
}
inline TimePoint FromWholeSeconds(int64_t s) { return TimePoint(std::chrono::seconds(s)); }

class Tally {
 public:
  void Add(uint64_t many, int64_t since) {
    if (many == 0) return;
    count_ += many;
    since_[since] += many;
  }
  // They were added with this `since`.
  void Take(uint64_t many, int64_t since) {
    if (many == 0) return;
    auto it = since_.find(since);
    count_ -= many;
    if ((it->second -= many) == 0) since_.erase(it);
  }
  uint64_t count() const { return count_; }
  std::optional<int64_t> oldest() const {
    return since_.empty() ? std::nullopt : std::optional(since_.begin()->first);
  }

 private:
  uint64_t count_ = 0;
  std::map<int64_t, uint64_t> since_;
};

}  // namespace gale::core
