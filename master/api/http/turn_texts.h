// What streams that watch the same are told, made once however many they are.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "common/base/clock.h"
#include "master/api/feed_codec.h"

namespace gale::http {

// What `turns` changed of what one of `filters` lets through, in its last state: a row that changed
// several times is there once, where it was changed last.
std::vector<Change> Coalesce(const std::vector<FeedTurnPtr>& turns,
                             const std::vector<FeedFilter>& filters);

// Streams come in rounds: who asks first says up to where, the others of that moment go as far and no
// farther, so that they find the text that the first one made, and stand together the next time, too.
// Thread-safe.
class TurnTexts {
 public:
  using Text = std::shared_ptr<const std::string>;

  // Up to where who knows all up to `from` is told now; `at`: the feed's end. A round ends after
  // `pause`, or when somebody who knows all of it asks.
  FeedCursor RoundTo(FeedCursor from, FeedCursor at, MonoTime now, Duration pause);
  // What was kept in this round for who watches `watched` and knows all up to `from`; nullptr:
  // nothing yet.
  Text Find(std::string_view watched, FeedCursor from) const;
  void Keep(std::string_view watched, FeedCursor from, FeedCursor to, Text text);
  // Texts kept so far.
  uint64_t made() const;

 private:
  static std::string Key(std::string_view watched, FeedCursor from);

  mutable std::mutex mutex_;  // guards what follows
  FeedCursor to_;             // the round's
  MonoTime ends_;
  std::unordered_map<std::string, Text> texts_;  // of the round
  size_t bytes_ = 0;
  uint64_t made_ = 0;
};

}  // namespace gale::http
