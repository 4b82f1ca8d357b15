// What every TaskQueue promises (task_queue.h), as tests over a factory of empty queues:
//   INSTANTIATE_TEST_SUITE_P(Redis, QueueContract,
//                            testing::Values(QueueBackend{"redis", MakeQueue}), QueueBackendName);
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>

#include "common/queue/task_queue.h"
#include "tests/support/queue_entry.h"

namespace gale {

struct QueueBackend {
  std::string name;
  std::function<std::unique_ptr<TaskQueue>()> make;
};
inline void PrintTo(const QueueBackend& backend, std::ostream* out) { *out << backend.name; }
inline std::string QueueBackendName(const testing::TestParamInfo<QueueBackend>& info) {
  return info.param.name;
}

class QueueContract : public testing::TestWithParam<QueueBackend> {
 protected:
  void SetUp() override {
    queue_ = GetParam().make();
    ASSERT_NE(queue_, nullptr);
  }
  std::unique_ptr<TaskQueue> queue_;
};

// What a pop takes, by run: "1 2 3".
std::string PopRuns(TaskQueue& queue, std::vector<std::string> queues, size_t max);

}  // namespace gale
