// How one turn's mail is taken: all of it together; and once a row of that was refused, first what the
// loop does by itself, then each message alone, so that it shows who brought the row. Pure.
#pragma once

#include <cstddef>
#include <optional>

#include "master/engine/loop.h"

namespace gale {

class TurnPlan {
 public:
  explicit TurnPlan(size_t mail)
      : mail_(mail), took_(mail == 0 ? Loop::Took::kNothing : Loop::Took::kAll) {}

  struct Slice {
    Loop::Took took;
    size_t first, count;  // of the mail
  };
  // What the next turn takes; nullopt: nothing is left.
  std::optional<Slice> Next() const {
    if (done_) return std::nullopt;
    switch (took_) {
      case Loop::Took::kAll: return Slice{took_, 0, mail_};
      case Loop::Took::kNothing: return Slice{took_, 0, 0};
      case Loop::Took::kOne: break;
    }
    return Slice{took_, at_, 1};
  }
  void OnCommitted() { took_ == Loop::Took::kAll ? Finish() : Advance(); }
  // Loop::TakeBack was done, and said this.
  void OnTakenBack(bool again) {
    if (took_ == Loop::Took::kAll) {
      took_ = Loop::Took::kNothing;
    } else if (!again) {
      Advance();
    }
  }

 private:
  void Finish() { done_ = true; }
  void Advance() {
    if (took_ == Loop::Took::kOne) ++at_;
    took_ = Loop::Took::kOne;
    if (at_ >= mail_) Finish();
  }

  const size_t mail_;
  Loop::Took took_;
  size_t at_ = 0;
  bool done_ = false;
};

}  // namespace gale
