// On a master that follows: takes the leader's feed, and publishes it in its own, so that whoever
// follows runs and logs can do so here.
#pragma once

#include <grpcpp/grpcpp.h>

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>

#include "common/base/service.h"
#include "gale/v1/feed.grpc.pb.h"
#include "master/engine/feed.h"

namespace gale {

class FeedRelay : public Service {
 public:
  // Who leads, if it isn't us. Reads the ledger: asked before each try to connect only.
  using FindLeader = std::function<std::optional<MasterRow>()>;

  // Who leads as far as is known here. Reads nothing.
  using LeaderSeen = std::function<LeaderRow()>;

  // `feed` must outlive it. `join_token` and `credentials`: as LeaderClient's.
  FeedRelay(Feed& feed, FindLeader find_leader, LeaderSeen leader_seen, std::string join_token,
            std::shared_ptr<grpc::ChannelCredentials> credentials);
  ~FeedRelay() override;

  std::string_view name() const override { return "feed"; }
  Status Start() override;
  void Stop(MonoTime deadline) override;

  // While we lead there is nobody to follow; what is told then is our own. Called by the engine's
  // thread, doesn't block.
  void OnLeading(bool leads);

 private:
  using FeedReaderWriter = grpc::ClientReaderWriter<v1::FeedRequest, v1::FeedPart>;

  void Main();
  // One stream, from its beginning to its end. True: something came.
  bool Follow(const MasterRow& leader);
  // Until the stream is to end: tells the leader which logs are watched here.
  void TellWatched(FeedReaderWriter& stream, const MasterRow& leader);
  void Take(const v1::FeedPart& part);

  Feed& feed_;
  const FindLeader find_leader_;
  const LeaderSeen leader_seen_;
  const std::string join_token_;
  const std::shared_ptr<grpc::ChannelCredentials> credentials_;

  std::mutex mutex_;  // guards what follows
  std::condition_variable wake_;
  bool stopping_ = false;
  bool leads_ = false;
  bool logs_changed_ = false;
  bool ended_ = false;  // the stream's last Read
  std::thread thread_;
};

}  // namespace gale
