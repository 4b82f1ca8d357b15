// Trigger rules as a pure function of counts. Source of the exact behaviour: reference
// airflow.md 1.5.
#pragma once

#include <cstdint>

#include "common/model/trigger_rule.h"

namespace gale::core {

// How many instances of a task's direct upstreams are in each finished state.
struct UpstreamCounts {
  uint32_t success = 0;
  uint32_t skipped = 0;
  uint32_t failed = 0;
  uint32_t upstream_failed = 0;
  uint32_t removed = 0;  // elements of a map that became shorter
  uint32_t done() const { return success + skipped + failed + upstream_failed + removed; }
  friend bool operator==(const UpstreamCounts&, const UpstreamCounts&) = default;
};

// The same for those upstreams that are setups; only all_done_setup_success asks.
struct SetupCounts {
  uint32_t total = 0;
  uint32_t success = 0;
  uint32_t skipped = 0;
};

enum class Verdict : uint8_t {
  kWait,
  kRun,
  kSkip,            // the task is marked skipped
  kUpstreamFailed,  // the task is marked upstream_failed
  kRemove,          // its element is gone upstream: the task is marked removed
};

// `upstreams` is how many instances its direct upstreams have. `map_index` is of the instance that
// asks: one of a mapped task does without those that were removed; another never starts. A verdict
// but kWait is final as soon as it is true, without waiting for the rest; failure wins over a skip
// seen in the same counts.
Verdict Evaluate(TriggerRule rule, const UpstreamCounts& counts, uint32_t upstreams,
                 const SetupCounts& setups = {}, int32_t map_index = -1);

}  // namespace gale::core
