// As ManualClock, but several threads may read it: for an engine and its beats.
#pragma once

#include <atomic>

#include "common/base/clock.h"

namespace gale {

class SharedClock : public Clock {
 public:
  TimePoint Now() const override {
    return TimePoint(std::chrono::seconds(1'700'000'000)) + Duration(passed_.load());
  }
  MonoTime Mono() const override { return MonoTime(Duration(passed_.load())); }
  void Advance(Duration by) { passed_ += by.count(); }

 private:
  std::atomic<int64_t> passed_{1};
};

}  // namespace gale
