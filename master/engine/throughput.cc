#include "master/engine/throughput.h"

#include <algorithm>
#include <cmath>

namespace gale {
namespace {

constexpr double kStep = 1.1;

int64_t MinuteOf(TimePoint t) {
  return std::chrono::floor<std::chrono::minutes>(t).time_since_epoch().count();
}
int64_t SecondOf(TimePoint t) {
  return std::chrono::floor<std::chrono::seconds>(t).time_since_epoch().count();
}

// The slot of a ring for this moment, emptied if it is of an earlier one.
template <class Ring>
auto& At(Ring& ring, int64_t minute) {
  auto& slot = ring[static_cast<size_t>(minute) % ring.size()];
  if (slot.minute != minute) {
    slot = {};
    slot.minute = minute;
  }
  return slot;
}

}  // namespace

void Throughput::Begin(TimePoint now) {
  *this = Throughput();
  since_ = now;
}

void Throughput::Finished(TimePoint now, bool success) {
  Minute& minute = At(minutes_, MinuteOf(now));
  ++(success ? minute.success : minute.failed);
}

void Throughput::Started(TimePoint now, const std::string& queue, Duration queued) {
  const double ms = std::max(1.0, Seconds(queued) * 1000);
  const double bucket = std::ceil(std::log(ms) / std::log(kStep));
  ++At(waits_, MinuteOf(now)).counts[std::min(static_cast<size_t>(bucket), kBuckets - 1)];
  auto of = starts_.find(queue);
  if (of == starts_.end()) {
    if (starts_.size() >= kQueuesMax) return;
    of = starts_.try_emplace(queue).first;
  }
  const int64_t second = SecondOf(now);
  const size_t slot = static_cast<size_t>(second) % 60;
  if (of->second.second[slot] != second) {
    of->second.second[slot] = second;
    of->second.count[slot] = 0;
  }
  ++of->second.count[slot];
}

std::vector<FinishedMinute> Throughput::Last(TimePoint now, size_t minutes) const {
  std::vector<FinishedMinute> out;
  const int64_t last = MinuteOf(now);
  const auto span = static_cast<int64_t>(std::min(minutes, kMinutes));
  for (int64_t m = std::max(last - span + 1, MinuteOf(since_)); m <= last; ++m) {
    const Minute& minute = minutes_[static_cast<size_t>(m) % kMinutes];
    FinishedMinute row{TimePoint(std::chrono::minutes(m))};
    if (minute.minute == m) row.success = minute.success, row.failed = minute.failed;
    out.push_back(row);
  }
  return out;
}

uint64_t Throughput::Today(TimePoint now) const {
  const int64_t last = MinuteOf(now);
  const auto of_day = static_cast<size_t>(last % static_cast<int64_t>(kMinutes));
  uint64_t sum = 0;
  for (const FinishedMinute& minute : Last(now, of_day + 1)) sum += minute.success + minute.failed;
  return sum;
}

std::optional<Duration> Throughput::QueueWait(TimePoint now, double part) const {
  std::array<uint64_t, kBuckets> sums{};
  uint64_t all = 0;
  const int64_t oldest = MinuteOf(now) - static_cast<int64_t>(kWaitMinutes) + 1;
  for (const Waits& waits : waits_) {
    if (waits.minute < oldest) continue;
    for (size_t i = 0; i < kBuckets; ++i) {
      sums[i] += waits.counts[i];
      all += waits.counts[i];
    }
  }
  if (all == 0) return std::nullopt;
  const auto rank = static_cast<uint64_t>(std::ceil(part * static_cast<double>(all)));
  uint64_t seen = 0;
  size_t bucket = 0;
  while (bucket + 1 < kBuckets && (seen += sums[bucket]) < rank) ++bucket;
  const double ms = std::pow(kStep, static_cast<double>(bucket));
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double, std::milli>(ms));
}

uint64_t Throughput::StartedPerMinute(TimePoint now, const std::string& queue) const {
  const auto of = starts_.find(queue);
  if (of == starts_.end()) return 0;
  uint64_t sum = 0;
  const int64_t second = SecondOf(now);
  for (size_t i = 0; i < 60; ++i) {
    if (of->second.second[i] > second - 60) sum += of->second.count[i];
  }
  return sum;
}

}  // namespace gale
