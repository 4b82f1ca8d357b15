// What a part counts about itself, so that anybody may read it at any time: plain atomics, no lock
// and no library. A part has these as members and tells them to a MetricSink when it is asked;
// /metrics is such a sink (master/metrics).
//
// Names are Prometheus's kind: gale_<what>_<unit>, counters end in _total. Where Airflow has the
// same thing, its name is used (airflow_...), as its statsd exporter writes it.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/clock.h"

namespace gale {

class Counter {
 public:
  void Add(uint64_t n = 1) { value_.fetch_add(n, std::memory_order_relaxed); }
  uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<uint64_t> value_{0};
};

class Gauge {
 public:
  void Set(int64_t value) { value_.store(value, std::memory_order_relaxed); }
  void Add(int64_t n) { value_.fetch_add(n, std::memory_order_relaxed); }
  int64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<int64_t> value_{0};
};

// How long something took, in buckets from 0.1 ms to 5 min.
class DurationHistogram {
 public:
  static constexpr std::array<double, 20> kBoundsSeconds = {
      0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,
      0.25,   0.5,     1,      2.5,   5,      10,    30,   60,    120,  300};

  void Observe(Duration took) {
    const double seconds = std::max(0.0, Seconds(took));
    size_t bucket = 0;
    while (bucket < kBoundsSeconds.size() && seconds > kBoundsSeconds[bucket]) ++bucket;
    buckets_[bucket].Add();
    sum_us_.Add(static_cast<uint64_t>(seconds * 1e6));
  }
  // Of one bucket; the last has what is over all bounds.
  uint64_t bucket(size_t i) const { return buckets_[i].value(); }
  double sum_seconds() const { return static_cast<double>(sum_us_.value()) / 1e6; }

 private:
  std::array<Counter, kBoundsSeconds.size() + 1> buckets_;
  Counter sum_us_;
};

// Takes what parts tell. The same name may come several times, with other labels.
class MetricSink {
 public:
  using Labels = std::vector<std::pair<std::string, std::string>>;
  virtual ~MetricSink() = default;
  virtual void Count(std::string_view name, std::string_view help, uint64_t value,
                     Labels labels = {}) = 0;
  virtual void Level(std::string_view name, std::string_view help, double value,
                     Labels labels = {}) = 0;
  virtual void Durations(std::string_view name, std::string_view help,
                         const DurationHistogram& histogram, Labels labels = {}) = 0;
};

}  // namespace gale
