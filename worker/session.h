// The worker's stream to the leader: connects, and connects again, to one master after the other
// until one takes it. It carries messages and decides nothing (worker/core does).
//
// Threads: Send, Drop from any. Callbacks come one at a time, in this order for each stream:
// on_opened, on_message*, on_closed; they must not block for long and must not call Stop.
#pragma once

#include <grpcpp/grpcpp.h>

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "common/base/service.h"
#include "gale/v1/worker.grpc.pb.h"

namespace gale::worker {

struct SessionOptions {
  std::string name;                  // the worker's; seeds the jitter
  std::vector<std::string> targets;  // "unix:/path" or "host:port"
  std::string join_token;
  std::shared_ptr<grpc::ChannelCredentials> credentials;  // null: plain text
  // Set: the master is in this process, and called without a socket; `targets` only name it.
  std::function<std::shared_ptr<grpc::Channel>()> in_process = nullptr;
};

struct SessionEvents {
  // Time for Hello. The number names the stream; Send takes it.
  std::function<void(uint64_t stream, std::shared_ptr<grpc::Channel> channel)> on_opened;
  std::function<void(uint64_t stream, v1::MasterMessage message)> on_message;
  std::function<void(uint64_t stream, const Status& why)> on_closed;
};

class Session : public Service {
 public:
  static constexpr Duration kBackoffMin = std::chrono::milliseconds(100);
  static constexpr Duration kBackoffMax = std::chrono::milliseconds(500);
  // Unsent messages; past it the peer is given up, and all that matters is said again.
  static constexpr size_t kSendQueueMax = 65'536;

  Session(SessionOptions options, SessionEvents events);
  ~Session() override;

  std::string_view name() const override { return "session"; }
  Status Start() override;
  // Sends what is queued and half-closes; at the deadline cuts.
  void Stop(MonoTime deadline) override;

  // Goes out at once. A stream that is gone takes nothing: what matters is in the next Hello.
  void Send(uint64_t stream, v1::WorkerMessage message);
  // Cuts this stream; on_closed follows, and a new one.
  void Drop(uint64_t stream, const std::string& reason);

 private:
  class Stream;

  void Run();
  // One stream, from connect to end. Whether a master spoke on it.
  bool RunStream(const std::string& target, uint64_t number);
  void TellEnd(const std::string& target, const Status& why);
  std::shared_ptr<grpc::Channel> ChannelTo(const std::string& target);
  // Waits before the next try; true: stopping.
  bool Backoff(uint32_t failures, uint64_t number);

  SessionOptions options_;
  SessionEvents events_;
  std::vector<std::shared_ptr<grpc::Channel>> channels_;  // by target, made when first used

  std::mutex mutex_;
  std::condition_variable changed_;
  std::shared_ptr<Stream> stream_;  // guarded by mutex_
  bool stopping_ = false;           // guarded by mutex_
  std::string refusal_;             // the thread's: what was said last
  bool quiet_ = false;              // the thread's: no master has taken us for a round of tries
  std::thread thread_;
};

// How long to wait after so many failures in a row (0: not at all): doubling, with jitter from a hash of the names.
Duration BackoffAfter(uint32_t failures, std::string_view name, uint64_t number);

}  // namespace gale::worker
