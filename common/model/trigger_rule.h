// When a task may start, given the states of its direct upstreams. All 13 of Airflow's rules.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace gale {

enum class TriggerRule : uint8_t {
  kAllSuccess,
  kAllFailed,
  kAllDone,
  kOneSuccess,
  kOneFailed,
  kOneDone,
  kNoneFailed,
  kNoneFailedMinOneSuccess,
  kNoneSkipped,
  kAllSkipped,
  kAllDoneMinOneSuccess,
  kAllDoneSetupSuccess,
  kAlways,
};
inline constexpr size_t kTriggerRules = 13;

// "all_success".
std::string_view Name(TriggerRule rule);
// Also reads the old spellings: "dummy" (always), "none_failed_or_skipped"
// (none_failed_min_one_success).
std::optional<TriggerRule> ParseTriggerRule(std::string_view name);

}  // namespace gale
