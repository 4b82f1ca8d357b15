// How things stand in the engine's memory, for pages.
#include <algorithm>

#include "master/api/control.h"
#include "master/core/scheduler.h"

namespace gale {

Result<LiveRuns> Control::CountLive() {
  return engine_.Call<Result<LiveRuns>>([](Loop& loop) -> Result<LiveRuns> {
    LiveRuns live;
    for (const auto& [id, run] : loop.scheduler().runs()) {
      if (IsFinished(run->head.state)) continue;
      ++live.runs;
      if (run->count(TiState::kUpForRetry) > 0) live.retrying.push_back(id);
    }
    std::ranges::sort(live.retrying, std::greater<>());
    if (live.retrying.size() > limits::kSummaryNeedsMax) {
      live.retrying.resize(limits::kSummaryNeedsMax);
    }
    return live;
  });
}

}  // namespace gale
