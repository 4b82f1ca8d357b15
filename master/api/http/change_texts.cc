#include "master/api/http/change_texts.h"

#include "common/base/limits.h"

namespace gale::http {

ChangeTexts::ChangeTexts(size_t bytes_max) : bytes_max_(bytes_max) {}
ChangeTexts::ChangeTexts() : ChangeTexts(limits::kStreamTextsBytesMax) {}

void ChangeTexts::Append(const FeedTurnPtr& turn, size_t index, std::string& out) {
  std::lock_guard lock(mutex_);
  auto [found, fresh] = by_turn_.try_emplace(turn.get());
  if (fresh) {
    found->second = kept_.insert(kept_.end(), {turn, {}});
    found->second->texts.resize(turn->changes.size());
  }
  Kept& kept = *found->second;
  std::string& text = kept.texts[index];
  if (text.empty()) {
    text = WriteJson(ChangeJson(turn->changes[index]));
    ++made_;
    kept.bytes += text.size();
    bytes_ += text.size();
  }
  out += text;
  while (bytes_ > bytes_max_) {
    bytes_ -= kept_.front().bytes;
    by_turn_.erase(kept_.front().turn.get());
    kept_.pop_front();
  }
}

uint64_t ChangeTexts::made() const {
  std::lock_guard lock(mutex_);
  return made_;
}

}  // namespace gale::http
