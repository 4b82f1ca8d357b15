#include "master/api/leader_client.h"

#include "common/base/limits.h"
#include "common/rpc/status.h"

namespace gale {

std::shared_ptr<grpc::Channel> LeaderClient::ChannelTo(const std::string& address) {
  std::lock_guard lock(mutex_);
  if (channel_ == nullptr || address_ != address) {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);          // masters are near
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);  // a new channel connects anew
    arguments.SetMaxReceiveMessageSize(static_cast<int>(limits::kGrpcMessageBytesMax));
    channel_ = grpc::CreateCustomChannel(address, credentials_, arguments);
    address_ = address;
  }
  return channel_;
}

void LeaderClient::Prepare(grpc::ClientContext& context) const {
  context.set_deadline(std::chrono::system_clock::now() + kTimeout);
  context.AddMetadata("authorization", "Bearer " + join_token_);
  context.AddMetadata(kHandedOnMetadata, "1");
}

void LeaderClient::Note(const grpc::Status& status) {
  if (status.error_code() != grpc::StatusCode::UNAVAILABLE) return;
  // The next call asks at once: a leader that was restarted is there sooner than gRPC looks again.
  std::lock_guard lock(mutex_);
  channel_ = nullptr;
}

Result<v1::RestAnswer> LeaderClient::Forward(const std::string& address,
                                             const v1::RestRequest& request) {
  grpc::ClientContext context;
  Prepare(context);
  v1::RestAnswer answer;
  const grpc::Status status =
      v1::Control::NewStub(ChannelTo(address))->ForwardRest(&context, request, &answer);
  Note(status);
  return status.ok() ? Result<v1::RestAnswer>(std::move(answer)) : FromGrpc(status);
}

Result<v1::TaskAnswer> LeaderClient::Ask(const std::string& address,
                                         const v1::TaskQuestion& question) {
  grpc::ClientContext context;
  Prepare(context);
  v1::TaskAnswer answer;
  const grpc::Status status =
      v1::Worker::NewStub(ChannelTo(address))->Ask(&context, question, &answer);
  Note(status);
  return status.ok() ? Result<v1::TaskAnswer>(std::move(answer)) : FromGrpc(status);
}

}  // namespace gale
