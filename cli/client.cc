#include "cli/client.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <thread>
#include <utility>

#include "cli/text.h"
#include "common/base/files.h"
#include "common/base/limits.h"
#include "common/config/ini.h"
#include "common/rpc/tls_probe.h"
#include "master/api/control_service.h"

namespace gale::cli {
namespace {

constexpr int kKeepaliveMs = 20'000;

// gRPC's own messages for a peer that isn't there or went away; a master's UNAVAILABLE says other
// things.
bool IsTransport(const std::string& message) {
  for (const char* part : {"onnect", "Socket closed", "GOAWAY", "EOF", "Broken pipe", "DNS"}) {
    if (message.find(part) != std::string::npos) return true;
  }
  return message.empty();
}

}  // namespace

TlsFiles TlsFilesOf(const Config& config) {
  const TlsFiles files = {.cert = config.GetString(Key::kTlsCert),
                          .key = config.GetString(Key::kTlsKey),
                          .ca = config.GetString(Key::kTlsCa)};
  return files.Under(config.home());
}

Target Target::OfHome(const std::string& home) {
  const std::string path = home + "/run/gale.sock";
  return {.address = "unix:" + path,
          .socket_path = path,
          .token = "",
          .hint = "is `gale standalone` or `gale master` running with this home?"};
}

Result<Target> Target::OfServer(const std::string& server, std::string token,
                                const std::string& token_file) {
  if (server.starts_with("unix:")) {
    const std::string path = server.substr(5);
    return Target{server, path, "", "is a master running there?"};
  }
  std::vector<std::string> addresses;
  for (const std::string& address : SplitList(server)) {
    if (address.find(':') == std::string::npos) {
      return InvalidArgument(
          "--server '{}': expected host:port (of the master's gRPC), several of one cluster with "
          "commas between, or unix:/path",
          server);
    }
    addresses.push_back(address);
  }
  if (addresses.empty()) return InvalidArgument("--server '{}' names no address", server);
  if (!token_file.empty()) {
    Result<std::string> line = Files::Real().ReadLine(token_file);
    if (!line.ok()) return line.status().WithContext("--token-file");
    token = *std::move(line);
  }
  Target target{addresses.front(), "", std::move(token),
                "is a master listening there ([master] grpc_port)?"};
  target.others.assign(addresses.begin() + 1, addresses.end());
  return target;
}

Status ProbeSocket(const Target& target) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (target.socket_path.size() >= sizeof(address.sun_path)) {
    return InvalidArgument("'{}': a Unix socket's path has at most {} bytes; choose a shorter home",
                           target.socket_path, sizeof(address.sun_path) - 1);
  }
  std::memcpy(address.sun_path, target.socket_path.data(), target.socket_path.size());
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return Unavailable("no socket can be made: {}", std::strerror(errno));
  const int error =
      connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0 ? 0 : errno;
  close(fd);
  if (error == 0) return OkStatus();
  if (error == EACCES) {
    return PermissionDenied("{} belongs to another user: run as the one that runs the master",
                            target.socket_path);
  }
  return Unavailable("no master answers at {}: {}", target.socket_path, target.hint);
}

namespace {

bool Answers(grpc::Channel& channel) {
  const auto deadline = std::chrono::system_clock::now() + Client::kConnectTimeout;
  for (;;) {
    const grpc_connectivity_state state = channel.GetState(/*try_to_connect=*/true);
    if (state == GRPC_CHANNEL_READY) return true;
    if (state == GRPC_CHANNEL_TRANSIENT_FAILURE) return false;
    if (!channel.WaitForStateChange(state, deadline)) return false;
  }
}

// The first of the target's addresses where somebody answers.
Status ChooseAddress(Target& target, const std::shared_ptr<grpc::ChannelCredentials>& credentials) {
  std::vector<std::string> all = {target.address};
  all.insert(all.end(), target.others.begin(), target.others.end());
  for (const std::string& address : all) {
    if (Answers(*grpc::CreateChannel(address, credentials))) {
      target.address = address;
      return OkStatus();
    }
  }
  if (const Status tls = ProbeTls(target.address, target.tls); !tls.ok()) {
    return Unavailable("{}", tls.message());
  }
  return Unavailable("no master answers at {}: {}", Join(all, ", "), target.hint);
}

std::string TrailingMetadata(const grpc::ClientContext& context, const char* name) {
  const auto& metadata = context.GetServerTrailingMetadata();
  const auto found = metadata.find(name);
  return found == metadata.end() ? "" : std::string(found->second.data(), found->second.size());
}

}  // namespace

Status Client::Open(Target target) {
  // The socket is plain text: it leaves no machine.
  GALE_ASSIGN_OR_RETURN(
      const std::shared_ptr<grpc::ChannelCredentials> credentials,
      MakeChannelCredentials(target.socket_path.empty() ? target.tls : TlsFiles{}));
  if (!target.others.empty()) GALE_RETURN_IF_ERROR(ChooseAddress(target, credentials));
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(static_cast<int>(limits::kGrpcMessageBytesMax));
  // Who follows something for hours notices that the master's host has vanished.
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, kKeepaliveMs);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kKeepaliveMs / 2);
  stub_ = v1::Control::NewStub(grpc::CreateCustomChannel(target.address, credentials, arguments));
  target_ = std::move(target);
  return OkStatus();
}

Result<std::unique_ptr<Client>> Client::Connect(Target target) {
  if (!target.socket_path.empty()) GALE_RETURN_IF_ERROR(ProbeSocket(target));
  setenv("GRPC_VERBOSITY", "NONE", 0);  // what goes wrong is ours to say, in one line
  std::unique_ptr<Client> client(new Client);
  client->asked_ = target;
  GALE_RETURN_IF_ERROR(client->Open(std::move(target)));
  return client;
}

Status Client::Reconnect() {
  std::this_thread::sleep_for(kReconnectPause);
  follower_.reset();
  return Open(asked_);
}

bool Client::MoveOn(const grpc::ClientContext& context, const grpc::Status& status) {
  if (follower_) {
    const bool expired = status.error_code() == grpc::StatusCode::UNAUTHENTICATED;
    const bool gone = status.error_code() == grpc::StatusCode::UNAVAILABLE;
    if (!expired && !gone) return false;
    const bool back = Open(*std::exchange(follower_, std::nullopt)).ok();
    return back && expired;  // what a leader that is gone was asked, it may have done
  }
  if (status.error_code() != grpc::StatusCode::UNAVAILABLE) return false;
  const std::string leader = TrailingMetadata(context, kLeaderMetadata);
  if (leader.empty()) return false;
  Target there = target_;
  there.address = leader;
  there.socket_path.clear();
  there.others.clear();
  there.hint = "it leads, says the master that was asked; is it reachable from here?";
  if (std::string token = TrailingMetadata(context, kLeaderTokenMetadata); !token.empty()) {
    there.token = std::move(token);
  }
  Target here = target_;
  if (!Open(std::move(there)).ok()) return false;
  follower_ = std::move(here);
  return true;
}

void Client::Prepare(grpc::ClientContext& context) const {
  if (!target_.token.empty()) context.AddMetadata("authorization", "Bearer " + target_.token);
}

Status Client::Explain(const grpc::Status& status) const {
  const std::string& where = target_.socket_path.empty() ? target_.address : target_.socket_path;
  Status ours = FromGrpc(status);
  if (ours.code() == Code::kUnavailable && IsTransport(status.error_message())) {
    if (target_.socket_path.empty()) {
      const Status tls = ProbeTls(target_.address, target_.tls);
      if (!tls.ok()) return Unavailable("{}", tls.message());
    }
    return Unavailable("no master answers at {}: {}", where, target_.hint);
  }
  if (ours.code() == Code::kDeadlineExceeded) {
    return Unavailable("the master at {} took longer than {} s to answer", where,
                       kCallTimeout.count());
  }
  if (ours.code() == Code::kUnauthenticated && target_.socket_path.empty()) {
    return Unauthenticated(
        "{} ({}); give a token (`gale tokens create`, or POST /auth/token) in GALE_TOKEN or "
        "--token-file",
        ours.message(), where);
  }
  if (ours.code() == Code::kUnimplemented) {
    return Unimplemented("the master at {} doesn't know this call: is it of an older version?",
                         where);
  }
  return ours;
}

}  // namespace gale::cli
