#include "master/core/rules.h"

namespace gale::core {

Verdict Evaluate(TriggerRule rule, const UpstreamCounts& c, uint32_t n, const SetupCounts& setups,
                 int32_t map_index) {
  if (n == 0) return Verdict::kRun;
  const bool mapped = map_index >= 0;
  const uint32_t left = n - (mapped ? c.removed : 0);
  const bool all_done = c.done() >= n;
  const bool bad = c.failed + c.upstream_failed > 0;
  switch (rule) {
    case TriggerRule::kAllSuccess:
      if (bad) return Verdict::kUpstreamFailed;
      if (c.skipped > 0) return Verdict::kSkip;
      if (mapped && c.removed > 0 && c.success > 0 &&
          static_cast<uint32_t>(map_index) >= c.success) {
        return Verdict::kRemove;
      }
      return c.success >= left ? Verdict::kRun : Verdict::kWait;
    case TriggerRule::kAllFailed:
      if (c.success + c.skipped > 0) return Verdict::kSkip;
      return c.failed + c.upstream_failed >= left ? Verdict::kRun : Verdict::kWait;
    case TriggerRule::kAllDone: return all_done ? Verdict::kRun : Verdict::kWait;
    case TriggerRule::kOneSuccess:
      if (c.success > 0) return Verdict::kRun;
      if (!all_done) return Verdict::kWait;
      return c.skipped == n ? Verdict::kSkip : Verdict::kUpstreamFailed;
    case TriggerRule::kOneFailed:
      if (bad) return Verdict::kRun;
      return all_done ? Verdict::kSkip : Verdict::kWait;
    case TriggerRule::kOneDone:
      if (c.success + c.failed > 0) return Verdict::kRun;
      return all_done ? Verdict::kSkip : Verdict::kWait;
    case TriggerRule::kNoneFailed:
      if (bad) return Verdict::kUpstreamFailed;
      return c.success + c.skipped >= left ? Verdict::kRun : Verdict::kWait;
    case TriggerRule::kNoneFailedMinOneSuccess:
      if (bad) return Verdict::kUpstreamFailed;
      if (c.skipped == n) return Verdict::kSkip;
      return c.success + c.skipped >= left ? Verdict::kRun : Verdict::kWait;
    case TriggerRule::kNoneSkipped:
      if (c.skipped > 0) return Verdict::kSkip;
      return all_done ? Verdict::kRun : Verdict::kWait;
    case TriggerRule::kAllSkipped:
      if (c.success > 0 || bad) return Verdict::kSkip;
      return c.skipped == n ? Verdict::kRun : Verdict::kWait;
    case TriggerRule::kAllDoneMinOneSuccess:
      if (c.skipped > 0) return Verdict::kSkip;
      if (!all_done) return Verdict::kWait;
      return c.success > 0 ? Verdict::kRun : Verdict::kUpstreamFailed;
    case TriggerRule::kAllDoneSetupSuccess:
      if (!all_done) return Verdict::kWait;
      if (setups.total == 0 || setups.success > 0) return Verdict::kRun;
      return setups.skipped == setups.total ? Verdict::kSkip : Verdict::kUpstreamFailed;
    case TriggerRule::kAlways: return Verdict::kRun;
  }
  return Verdict::kWait;
}

}  // namespace gale::core
