// Between the worker's messages on the wire (proto/gale/v1/worker.proto) and the engine's.
#pragma once

#include <string>

#include "gale/v1/worker.pb.h"
#include "master/api/task_tokens.h"
#include "master/engine/messages.h"

namespace gale {

// Builds grants.
class GrantWriter {
 public:
  // base_url: what people reach the API by. `tokens` of Python tasks, which must outlive it.
  explicit GrantWriter(std::string base_url = "", const TaskTokens* tokens = nullptr)
      : base_url_(std::move(base_url)), tokens_(tokens) {}

  // All that a worker needs to run the attempt.
  v1::Grant ToProto(const Grant& grant) const;

 private:
  std::string LogUrl(const Grant& grant, const TaskSpec& task) const;

  const std::string base_url_;
  const TaskTokens* const tokens_;
};

// INVALID_ARGUMENT, naming the field, if it can't be a worker of ours.
// `now`: when it was received, by the master's clock.
Result<WorkerHello> FromProto(const v1::Hello& hello, TimePoint now);
WorkerLoad FromProto(const v1::Load& load);
v1::Load ToProto(const WorkerLoad& load);
// `sent_at`: when it left, by the worker's clock. Times of the worker's become times of the master's
// by how long ago they were then; without it there are none.
AttemptResult FromProto(const v1::Finished& finished, std::optional<TimePoint> sent_at,
                        TimePoint now);
v1::Welcome ToProto(const Welcome& welcome, bool serves_queue);

}  // namespace gale
