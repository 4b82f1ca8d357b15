// gale.v1.Feed over gRPC: the leader's feed, for masters that follow.
#pragma once

#include "gale/v1/feed.grpc.pb.h"
#include "master/api/access.h"
#include "master/api/stream.h"
#include "master/api/thread_pool.h"
#include "master/engine/engine.h"

namespace gale {

class FeedService final : public v1::Feed::CallbackService {
 public:
  // All must outlive it.
  FeedService(Engine& engine, RpcAccess& access, ThreadPool& pool, StreamRegister& streams)
      : engine_(engine), access_(access), pool_(pool), streams_(streams) {}

  grpc::ServerBidiReactor<v1::FeedRequest, v1::FeedPart>* Follow(
      grpc::CallbackServerContext* context) override;

 private:
  Engine& engine_;
  RpcAccess& access_;
  ThreadPool& pool_;
  StreamRegister& streams_;
};

}  // namespace gale
