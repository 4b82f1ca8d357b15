#include "common/model/trigger_rule.h"

#include <array>

namespace gale {
namespace {
constexpr std::array<std::string_view, kTriggerRules> kNames = {"all_success",
                                                                "all_failed",
                                                                "all_done",
                                                                "one_success",
                                                                "one_failed",
                                                                "one_done",
                                                                "none_failed",
                                                                "none_failed_min_one_success",
                                                                "none_skipped",
                                                                "all_skipped",
                                                                "all_done_min_one_success",
                                                                "all_done_setup_success",
                                                                "always"};
}  // namespace

std::string_view Name(TriggerRule rule) { return kNames[static_cast<size_t>(rule)]; }

std::optional<TriggerRule> ParseTriggerRule(std::string_view name) {
  if (name == "dummy") return TriggerRule::kAlways;
  if (name == "none_failed_or_skipped") return TriggerRule::kNoneFailedMinOneSuccess;
  for (size_t i = 0; i < kNames.size(); ++i) {
    if (kNames[i] == name) return static_cast<TriggerRule>(i);
  }
  return std::nullopt;
}

}  // namespace gale
