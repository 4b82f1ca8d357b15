#include "master/api/leader_client.h"

#include "common/base/limits.h"
#include "common/rpc/status.h"

namespace gale {

std::shared_ptr<v1::Control::Stub> LeaderClient::StubOf(const std::string& address) {
  std::lock_guard lock(mutex_);
  if (stub_ == nullptr || address_ != address) {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);          // masters are near
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);  // a new channel connects anew
    arguments.SetMaxReceiveMessageSize(static_cast<int>(limits::kGrpcMessageBytesMax));
    stub_ = v1::Control::NewStub(grpc::CreateCustomChannel(address, credentials_, arguments));
    address_ = address;
  }
  return stub_;
}

Result<v1::RestAnswer> LeaderClient::Forward(const std::string& address,
                                             const v1::RestRequest& request) {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + kTimeout);
  context.AddMetadata("authorization", "Bearer " + join_token_);
  v1::RestAnswer answer;
  const grpc::Status status = StubOf(address)->ForwardRest(&context, request, &answer);
  if (status.ok()) return answer;
  if (status.error_code() == grpc::StatusCode::UNAVAILABLE) {
    // The next call asks at once: a leader that was restarted is there sooner than gRPC looks again.
    std::lock_guard lock(mutex_);
    stub_ = nullptr;
  }
  return FromGrpc(status);
}

}  // namespace gale
