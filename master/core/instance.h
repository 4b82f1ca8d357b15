// A task instance within its run. Its name is the same everywhere: in memory, in the ledger and at
// the edges, so that nothing is numbered anew after a recovery (docs/decisions/0018).
#pragma once

#include <compare>
#include <cstdint>

#include "common/base/ids.h"

namespace gale::core {

struct Inst {
  TaskIndex task;
  // kUnmapped: of a task that isn't mapped, or of one that isn't expanded yet.
  int32_t map_index = kUnmapped;

  constexpr Inst() = default;
  constexpr Inst(TaskIndex t, int32_t index = kUnmapped) : task(t), map_index(index) {}
  friend constexpr auto operator<=>(const Inst&, const Inst&) = default;
};
static_assert(sizeof(Inst) == 8);

struct InstHash {
  size_t operator()(const Inst& i) const noexcept {
    const uint64_t both =
        (static_cast<uint64_t>(i.task.value) << 32) | static_cast<uint32_t>(i.map_index);
    return static_cast<size_t>(both * 0x9E3779B97F4A7C15ull >> 7);
  }
};

constexpr Inst InstOf(const AttemptId& id) { return {id.task, id.map_index}; }

// A task instance across runs.
struct TiRef {
  RunId run;
  Inst inst;
  friend constexpr auto operator<=>(const TiRef&, const TiRef&) = default;
};

struct TiRefHash {
  size_t operator()(const TiRef& r) const noexcept {
    return InstHash()(r.inst) ^ static_cast<size_t>(r.run.value * 0x9E3779B97F4A7C15ll);
  }
};

}  // namespace gale::core
