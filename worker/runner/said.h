// What a Python task told its worker that goes with its end (the attempt's .said file), and what the
// master is told of it. The messages are those of Airflow's supervisor schema.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gale/v1/worker.pb.h"

namespace gale::worker {

inline constexpr std::string_view kReturnValueKey = "return_value";

// Whether messages of this type are an end: SucceedTask, TaskState, RetryTask, RescheduleTask.
bool IsEnd(std::string_view type);

// An end as it is kept: no longer than kTaskEndBytesMax. nullopt: it is none.
std::optional<std::string> EndToKeep(std::string_view message);

// Results, rendered fields and skips into `out`; the first end into outcome and reason. What makes
// no sense is left out. False: there is no end.
bool TakeSaid(const std::vector<std::string>& said, v1::Finished* out);

}  // namespace gale::worker
