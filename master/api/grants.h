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
  static constexpr size_t kDagsMax = 256;

  // All that a worker needs to run the attempt.
  v1::Grant ToProto(const Grant& grant);

 private:
  std::string OwnersOf(const DagPtr& dag);

  struct Owners {
    std::weak_ptr<const Dag> dag;  // an address may be used again
    std::string text;
  };
  std::mutex mutex_;
  std::map<const Dag*, Owners> owners_;
};

// INVALID_ARGUMENT, naming the field, if it can't be a worker of ours.
Result<WorkerHello> FromProto(const v1::Hello& hello);
AttemptResult FromProto(const v1::Finished& finished);
v1::Welcome ToProto(const Welcome& welcome, bool serves_queue);

// What a task's templates know as `params`: the DAG's defaults, and over them what conf says.
std::string MergeParams(const std::string& params_json, const std::string& conf_json);

}  // namespace gale
