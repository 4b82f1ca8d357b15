// gale.v1.Worker over gRPC: workers' sessions, and the logs they ship.
#pragma once

#include "gale/v1/worker.grpc.pb.h"
#include "master/api/access.h"
#include "master/api/control.h"
#include "master/api/grants.h"
#include "master/api/holders.h"
#include "master/api/stream.h"
#include "master/api/task_calls.h"
#include "master/api/thread_pool.h"
#include "master/engine/engine.h"

namespace gale {

class WorkerService final : public v1::Worker::CallbackService {
 public:
  // Asks the master that leads, if it isn't us; UNAVAILABLE else.
  using AskLeader = std::function<Result<v1::TaskAnswer>(const v1::TaskQuestion&)>;

  // All must outlive it. `log_pool` writes logs to the disk, `read_pool` reads the ledger,
  // `ask_pool` answers tasks.
  WorkerService(Engine& engine, Control& control, TaskCalls& calls, RpcAccess& access,
                ThreadPool& log_pool, ThreadPool& read_pool, ThreadPool& ask_pool,
                StreamRegister& streams, bool serves_queue, AskLeader ask_leader)
      : engine_(engine),
        control_(control),
        calls_(calls),
        access_(access),
        log_pool_(log_pool),
        read_pool_(read_pool),
        ask_pool_(ask_pool),
        streams_(streams),
        serves_queue_(serves_queue),
        ask_leader_(std::move(ask_leader)) {}

  grpc::ServerBidiReactor<v1::WorkerMessage, v1::MasterMessage>* Session(
      grpc::CallbackServerContext* context) override;
  grpc::ServerBidiReactor<v1::LogChunk, v1::LogAck>* PushLogs(
      grpc::CallbackServerContext* context) override;
  grpc::ServerWriteReactor<v1::BundleChunk>* GetBundle(grpc::CallbackServerContext* context,
                                                       const v1::BundleRequest* request) override;
  grpc::ServerUnaryReactor* Ask(grpc::CallbackServerContext* context,
                                const v1::TaskQuestion* request, v1::TaskAnswer* response) override;

 private:
  Engine& engine_;
  Control& control_;
  TaskCalls& calls_;
  RpcAccess& access_;
  ThreadPool& log_pool_;
  ThreadPool& read_pool_;
  ThreadPool& ask_pool_;
  StreamRegister& streams_;
  const bool serves_queue_;
  const AskLeader ask_leader_;
  std::shared_ptr<const GrantWriter> grants_ =
      std::make_shared<const GrantWriter>(control_.base_url(), &calls_.tokens());
  const std::shared_ptr<Holders> holders_ = std::make_shared<Holders>();
};

}  // namespace gale
