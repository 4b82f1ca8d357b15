// How often the limits of limits.h refused or cut something, for /metrics.
//
// A refusal names its limit (limits.h); where one leaves for whoever asked (an answer of REST or
// gRPC, a file's import error) it is passed through Note, which counts the limits that it names. The
// tables below have each limit once; tests/unit/common/base/limit_counts_test.cc holds them to
// limits.h.
#pragma once

#include <span>
#include <string_view>

#include "common/base/metrics.h"

namespace gale {

// Those that are counted by name: gale_limit_reached_total{limit="kTasksPerDagMax"}.
std::span<const std::string_view> CountedLimits();

// The others: another metric tells of it, or (empty) nobody notices, for this reason.
struct OtherLimit {
  std::string_view name, metric, why;
};
std::span<const OtherLimit> OtherLimits();

// Thread-safe.
class LimitCounts {
 public:
  // This process's.
  static LimitCounts& Process();
  // Of a refusal's text; only its beginning is looked at.
  void Note(std::string_view message);
  void Report(MetricSink& sink) const;
  uint64_t count(std::string_view limit) const;  // 0 for one that isn't counted

 private:
  static constexpr size_t kCounted = 25;
  friend std::span<const std::string_view> CountedLimits();
  std::array<Counter, kCounted> counts_;
};

}  // namespace gale
