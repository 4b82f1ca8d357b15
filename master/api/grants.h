// Between the worker's messages on the wire (proto/gale/v1/worker.proto) and the engine's.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "gale/v1/worker.pb.h"
#include "master/engine/messages.h"

namespace gale {

// Builds grants. Thread-safe; keeps what it computed of each DAG version while that is in use.
class GrantWriter {
 public:
  // base_url: what people reach the API by.
  explicit GrantWriter(std::string base_url = "") : base_url_(std::move(base_url)) {}

  static constexpr size_t kDagsMax = 256;

  // All that a worker needs to run the attempt.
  v1::Grant ToProto(const Grant& grant);

 private:
  std::string OwnersOf(const DagPtr& dag);
  std::string LogUrl(const Grant& grant, const TaskSpec& task) const;

  struct Owners {
    std::weak_ptr<const Dag> dag;  // an address may be used again
    std::string text;
  };
  const std::string base_url_;
  std::mutex mutex_;
  std::map<const Dag*, Owners> owners_;
};

// INVALID_ARGUMENT, naming the field, if it can't be a worker of ours.
Result<WorkerHello> FromProto(const v1::Hello& hello);
AttemptResult FromProto(const v1::Finished& finished);
v1::Welcome ToProto(const Welcome& welcome, bool serves_queue);

}  // namespace gale
