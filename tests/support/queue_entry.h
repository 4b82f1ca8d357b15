// A queue entry for a test.
#pragma once

#include <string>

#include "common/queue/task_queue.h"

namespace gale {

// An entry for run `run`'s first try of task 0.
inline QueueEntry Entry(int64_t run, int64_t priority = 0, std::string queue = "default") {
  return {.queue = std::move(queue),
          .attempt = {RunId(run), TaskIndex(0), kUnmapped, 1},
          .priority = priority};
}

}  // namespace gale
