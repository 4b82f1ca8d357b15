// How things stand in the engine's memory, for pages.
#include <algorithm>

#include "master/api/control.h"
#include "master/core/scheduler.h"

namespace gale {

Result<LiveCounts> Control::CountLive() {
  return engine_.Call<Result<LiveCounts>>([](Loop& loop) -> Result<LiveCounts> {
    LiveCounts live;
    for (const auto& [id, run] : loop.scheduler().runs()) {
      if (IsFinished(run->head.state)) continue;
      ++live.runs;
      live.running += run->count(TiState::kRunning) + run->count(TiState::kRestarting);
      live.waiting += run->count(TiState::kScheduled) + run->count(TiState::kQueued);
      if (run->count(TiState::kUpForRetry) > 0) live.retrying.push_back(id);
    }
    for (const WorkerInfo& worker : loop.Workers()) {
      if (!worker.connected) continue;
      live.slots_used += worker.running;
      live.slots_total += worker.slots;
    }
    std::ranges::sort(live.retrying, std::greater<>());
    if (live.retrying.size() > limits::kSummaryNeedsMax) {
      live.retrying.resize(limits::kSummaryNeedsMax);
    }
    return live;
  });
}

}  // namespace gale
