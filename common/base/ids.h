// Strong ids: a run does not convert to a task, an integer to neither.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "common/base/status.h"

namespace gale {

// An integer that is only equal to its own kind.
template <class Tag, class Int>
struct StrongInt {
  Int value{};
  constexpr StrongInt() = default;
  constexpr explicit StrongInt(Int v) : value(v) {}
  friend constexpr auto operator<=>(StrongInt, StrongInt) = default;
};

// A DAG run, for good; assigned by the master in the order of acceptance, from 1. (The id that
// users see, "manual__2026-11-23T10:00:00+00:00", is unique only within a DAG.)
using RunId = StrongInt<struct RunIdTag, int64_t>;
// A task's place in its DAG version's flat arrays.
using TaskIndex = StrongInt<struct TaskIndexTag, uint32_t>;
// The leadership term that a commit belongs to.
using Epoch = StrongInt<struct EpochTag, int64_t>;

inline constexpr int32_t kUnmapped = -1;  // map index of a task that is not mapped

// One try of one task instance: the unit that is queued, claimed, leased and run.
struct AttemptId {
  RunId run;
  TaskIndex task;
  int32_t map_index = kUnmapped;
  uint32_t try_number = 0;  // from 1

  friend auto operator<=>(const AttemptId&, const AttemptId&) = default;

  // "<run>.<task>.<map>.<try>", as it stands in queues, file names and logs.
  std::string ToString() const;
  static Result<AttemptId> Parse(std::string_view text);
};

}  // namespace gale

template <class Tag, class Int>
struct std::hash<gale::StrongInt<Tag, Int>> {
  size_t operator()(gale::StrongInt<Tag, Int> id) const noexcept {
    return std::hash<Int>()(id.value);
  }
};

template <>
struct std::hash<gale::AttemptId> {
  size_t operator()(const gale::AttemptId& id) const noexcept {
    uint64_t h = static_cast<uint64_t>(id.run.value) * 0x9E3779B97F4A7C15ull;
    h ^= (static_cast<uint64_t>(id.task.value) << 32) ^ static_cast<uint32_t>(id.map_index);
    h *= 0xBF58476D1CE4E5B9ull;
    h ^= id.try_number;
    return static_cast<size_t>(h ^ (h >> 29));
  }
};
