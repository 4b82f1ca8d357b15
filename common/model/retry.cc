#include "common/model/retry.h"

#include <algorithm>
#include <cmath>

namespace gale {
namespace {

constexpr double kDaySeconds = 24 * 3600;

// FNV-1a: stable across builds and machines, which std::hash is not.
uint64_t Hash(uint64_t h, std::string_view text) {
  for (unsigned char c : text) h = (h ^ c) * 0x100000001B3ull;
  return (h ^ 0xFF) * 0x100000001B3ull;
}

}  // namespace

Duration RetryDelay(const TaskSpec& task, uint32_t failed_try, std::string_view dag_id,
                    std::string_view run_id) {
  double cap = kDaySeconds;
  if (task.max_retry_delay) cap = std::min(cap, Seconds(*task.max_retry_delay));
  if (task.retry_backoff <= 0) {
    return task.max_retry_delay ? std::min(task.retry_delay, *task.max_retry_delay)
                                : task.retry_delay;
  }
  double exponent = failed_try > 0 ? failed_try - 1 : 0;
  double base = std::ceil(Seconds(task.retry_delay) * std::pow(task.retry_backoff, exponent));
  if (!(base < cap)) return FromSeconds(cap);  // also when the power overflowed
  uint64_t whole = std::max<uint64_t>(1, static_cast<uint64_t>(base));
  uint64_t h = Hash(Hash(Hash(0xCBF29CE484222325ull, dag_id), task.task_id), run_id);
  h = Hash(h, std::to_string(failed_try));
  return FromSeconds(std::min(cap, base + static_cast<double>(h % whole)));
}

}  // namespace gale
