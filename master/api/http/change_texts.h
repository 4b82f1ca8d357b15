// The feed's changes as JSON, made once however many streams tell them.
#pragma once

#include <list>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "master/api/feed_codec.h"

namespace gale::http {

// Thread-safe.
class ChangeTexts {
 public:
  explicit ChangeTexts(size_t bytes_max);
  ChangeTexts();  // with the bound of limits.h

  // The change number `index` of `turn` as ChangeJson writes it, appended to `out`.
  void Append(const FeedTurnPtr& turn, size_t index, std::string& out);
  // Texts made so far.
  uint64_t made() const;

 private:
  struct Kept {
    FeedTurnPtr turn;                // so that its address stays its own
    std::vector<std::string> texts;  // empty: not asked for yet
    size_t bytes = 0;
  };

  const size_t bytes_max_;
  mutable std::mutex mutex_;  // guards what follows
  std::list<Kept> kept_;      // the latest turn last
  std::unordered_map<const FeedTurn*, std::list<Kept>::iterator> by_turn_;
  size_t bytes_ = 0;
  uint64_t made_ = 0;
};

}  // namespace gale::http
