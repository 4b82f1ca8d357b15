// The states of task instances and DAG runs, and THE table of what may follow what.
// The diagram in docs/architecture.md and the colours of the UI are made from these.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "common/base/status.h"

namespace gale {

// Airflow's states under Airflow's names (reference: airflow.md 1.4). The numbers are stored.
enum class TiState : uint8_t {
  kNone = 0,       // nothing decided yet: waits for its upstreams
  kScheduled = 1,  // its upstreams let it run; waits for a pool slot and the limits
  kQueued = 2,     // holds its slots; waits for a worker
  kRunning = 3,    // granted to a worker
  kSuccess = 4,
  kFailed = 5,
  kSkipped = 6,
  kUpstreamFailed = 7,
  kUpForRetry = 8,       // failed, and starts again at its retry date
  kUpForReschedule = 9,  // a sensor between two pokes
  kDeferred = 10,        // waits for a trigger, holds no slot
  kRestarting = 11,      // cleared while running: runs anew once its process is gone
  kRemoved = 12,         // no longer in the DAG
};
inline constexpr size_t kTiStates = 13;

enum class RunState : uint8_t { kQueued = 0, kRunning = 1, kSuccess = 2, kFailed = 3 };
inline constexpr size_t kRunStates = 4;

// "up_for_retry"; none is "none".
std::string_view Name(TiState state);
std::string_view Name(RunState state);
std::optional<TiState> ParseTiState(std::string_view name);
std::optional<RunState> ParseRunState(std::string_view name);

// success, failed, skipped, upstream_failed, removed: the run need not wait for it.
constexpr bool IsFinished(TiState s) {
  return s == TiState::kSuccess || s == TiState::kFailed || s == TiState::kSkipped ||
         s == TiState::kUpstreamFailed || s == TiState::kRemoved;
}
// It starts again at a time of its own.
constexpr bool ComesAgain(TiState s) {
  return s == TiState::kUpForRetry || s == TiState::kUpForReschedule;
}
constexpr bool IsFinished(RunState s) { return s == RunState::kSuccess || s == RunState::kFailed; }

// Whether the table has this edge. A state may always "change" to itself.
bool MayFollow(TiState from, TiState to);
bool MayFollow(RunState from, RunState to);

}  // namespace gale
