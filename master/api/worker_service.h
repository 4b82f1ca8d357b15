// gale.v1.Worker over gRPC: workers' sessions, and the logs they ship.
#pragma once

#include "gale/v1/worker.grpc.pb.h"
#include "master/api/access.h"
#include "master/api/control.h"
#include "master/api/grants.h"
#include "master/api/holders.h"
#include "master/api/stream.h"
#include "master/api/thread_pool.h"
#include "master/engine/engine.h"

namespace gale {

class WorkerService final : public v1::Worker::CallbackService {
 public:
  // All must outlive it. `log_pool` writes logs to the disk, `read_pool` reads the ledger.
  WorkerService(Engine& engine, Control& control, RpcAccess& access, ThreadPool& log_pool,
                ThreadPool& read_pool, StreamRegister& streams, bool serves_queue)
      : engine_(engine),
        control_(control),
        access_(access),
        log_pool_(log_pool),
        read_pool_(read_pool),
        streams_(streams),
        serves_queue_(serves_queue) {}

  grpc::ServerBidiReactor<v1::WorkerMessage, v1::MasterMessage>* Session(
      grpc::CallbackServerContext* context) override;
  grpc::ServerBidiReactor<v1::LogChunk, v1::LogAck>* PushLogs(
      grpc::CallbackServerContext* context) override;
  grpc::ServerWriteReactor<v1::BundleChunk>* GetBundle(grpc::CallbackServerContext* context,
                                                       const v1::BundleRequest* request) override;

 private:
  Engine& engine_;
  Control& control_;
  RpcAccess& access_;
  ThreadPool& log_pool_;
  ThreadPool& read_pool_;
  StreamRegister& streams_;
  const bool serves_queue_;
  std::shared_ptr<const GrantWriter> grants_ =
      std::make_shared<const GrantWriter>(control_.base_url());
  const std::shared_ptr<Holders> holders_ = std::make_shared<Holders>();
};

}  // namespace gale
