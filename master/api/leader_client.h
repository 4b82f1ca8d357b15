// Hands a REST request, or a task's question, on to the master that leads.
#pragma once

#include <grpcpp/grpcpp.h>

#include <memory>
#include <mutex>
#include <string>

#include "common/base/status.h"
#include "gale/v1/control.grpc.pb.h"
#include "gale/v1/worker.grpc.pb.h"

namespace gale {

// Of what was handed on already.
inline constexpr char kHandedOnMetadata[] = "gale-handed-on";

class LeaderClient {
 public:
  static constexpr std::chrono::seconds kTimeout{20};  // longer than the engine's own

  LeaderClient(std::string join_token, std::shared_ptr<grpc::ChannelCredentials> credentials)
      : join_token_(std::move(join_token)), credentials_(std::move(credentials)) {}

  // Blocks. Thread-safe. An error: nobody answered there; what was asked may have been done.
  Result<v1::RestAnswer> Forward(const std::string& address, const v1::RestRequest& request);
  Result<v1::TaskAnswer> Ask(const std::string& address, const v1::TaskQuestion& question);

 private:
  std::shared_ptr<grpc::Channel> ChannelTo(const std::string& address);
  void Prepare(grpc::ClientContext& context) const;
  // After a call.
  void Note(const grpc::Status& status);

  const std::string join_token_;
  const std::shared_ptr<grpc::ChannelCredentials> credentials_;
  std::mutex mutex_;
  std::string address_;  // of the channel: there is one leader at a time
  std::shared_ptr<grpc::Channel> channel_;
};

}  // namespace gale
