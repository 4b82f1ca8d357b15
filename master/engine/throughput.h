// What ended in each minute of the last day, and how long it was queued lately. In memory only, of a
// bounded size; time is an input.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "master/engine/standing_info.h"

namespace gale {

class Throughput {
 public:
  static constexpr size_t kMinutes = 24 * 60;
  static constexpr size_t kWaitMinutes = 5;  // that percentiles are of
  static constexpr size_t kQueuesMax = 1'000;

  // From now on; what was counted is forgotten.
  void Begin(TimePoint now);
  void Finished(TimePoint now, bool success);
  void Started(TimePoint now, const std::string& queue, Duration queued);

  TimePoint since() const { return since_; }
  // The last `minutes`, oldest first, the current one last; none before since().
  std::vector<FinishedMinute> Last(TimePoint now, size_t minutes) const;
  // Since midnight UTC.
  uint64_t Today(TimePoint now) const;
  // Which wait the share `part` of starts did not exceed, a tenth too much at most.
  std::optional<Duration> QueueWait(TimePoint now, double part) const;
  // Of the last whole 60 seconds.
  uint64_t StartedPerMinute(TimePoint now, const std::string& queue) const;

 private:
  static constexpr size_t kBuckets = 200;  // of a tenth more each, from 1 ms: two days
  struct Minute {
    int64_t minute = -1;  // since 1970
    uint64_t success = 0, failed = 0;
  };
  struct Waits {
    int64_t minute = -1;
    std::array<uint32_t, kBuckets> counts{};
  };
  struct Starts {
    std::array<int64_t, 60> second{};
    std::array<uint32_t, 60> count{};
  };
  TimePoint since_;
  std::vector<Minute> minutes_ = std::vector<Minute>(kMinutes);
  std::array<Waits, kWaitMinutes> waits_;
  std::map<std::string, Starts> starts_;  // by queue
};

}  // namespace gale
