// At most one instant a key: when to look at it again. What is set anew or dropped leaves nothing
// behind, so there are as many timers as things that wait, however many have come and gone.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <utility>

#include "common/base/clock.h"

namespace gale::core {

template <class Key>
class Timers {
 public:
  // nullopt: none, as if it had never been set.
  void Set(const Key& key, std::optional<TimePoint> at) {
    auto it = at_.find(key);
    if (it != at_.end()) {
      if (it->second == at) return;
      due_.erase({it->second, key});
      if (!at) {
        at_.erase(it);
        return;
      }
      it->second = *at;
    } else {
      if (!at) return;
      at_.emplace(key, *at);
    }
    due_.insert({*at, key});
  }
  std::optional<TimePoint> Find(const Key& key) const {
    auto it = at_.find(key);
    return it == at_.end() ? std::nullopt : std::optional(it->second);
  }
  // The first that is due, which is then set no more; equals in the order of their keys.
  std::optional<Key> TakeDue(TimePoint now) {
    if (due_.empty() || due_.begin()->first > now) return std::nullopt;
    const Key key = due_.begin()->second;
    due_.erase(due_.begin());
    at_.erase(key);
    return key;
  }
  std::optional<TimePoint> Next() const {
    return due_.empty() ? std::nullopt : std::optional(due_.begin()->first);
  }
  size_t size() const { return at_.size(); }

 private:
  std::map<Key, TimePoint> at_;
  std::set<std::pair<TimePoint, Key>> due_;
};

}  // namespace gale::core
