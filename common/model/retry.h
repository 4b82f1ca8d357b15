// How long a failed try waits for the next. Pure: the jitter is a hash.
#pragma once

#include <cstdint>
#include <string_view>

#include "common/base/clock.h"
#include "common/model/dag_spec.h"

namespace gale {

// The delay after try number `failed_try` (from 1) of this task. Without backoff: retry_delay. With
// it: base = ceil(retry_delay * multiplier^(failed_try - 1)) seconds, plus a hash of
// (dag, task, run, try) modulo base; capped by max_retry_delay and by 24 h.
// Source: Airflow's next_retry_datetime (reference airflow.md E8).
Duration RetryDelay(const TaskSpec& task, uint32_t failed_try, std::string_view dag_id,
                    std::string_view run_id);

}  // namespace gale
