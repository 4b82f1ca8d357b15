// The CLI's side of gale.v1.Control: finds the master, calls it, and puts its errors in words.
#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/base/status.h"
#include "common/config/config.h"
#include "common/rpc/status.h"
#include "common/rpc/tls.h"
#include "gale/v1/control.grpc.pb.h"

namespace gale::cli {

// What [tls] says, with whole paths.
TlsFiles TlsFilesOf(const Config& config);

// Where a master is.
struct Target {
  std::string address;      // for gRPC: "unix:/home/u/.gale/run/gale.sock", "host:port"
  std::string socket_path;  // empty: over TCP
  std::string token;  // a JWT or a named token; empty: none (over the socket nobody needs one)
  std::string hint;   // what to check if nobody answers there
  TlsFiles tls = {};  // over TCP; none: plain text
  std::vector<std::string> others = {};  // of the same cluster, tried if `address` doesn't answer

  static Target OfHome(const std::string& home);
  // `server`: one address, or several of one cluster, separated by commas. `token_file`, if given,
  // before `token`. INVALID_ARGUMENT, NOT_FOUND.
  static Result<Target> OfServer(const std::string& server, std::string token,
                                 const std::string& token_file);
};

// Whether a process listens on the Unix socket: UNAVAILABLE if none does, PERMISSION_DENIED if we
// may not ask. Needs no gRPC.
Status ProbeSocket(const Target& target);

// One master; of several, the leader, once an answer said that only that can do what is asked. One
// thread, but that a stream may be cancelled from another.
class Client {
 public:
  static constexpr std::chrono::seconds kCallTimeout{30};
  static constexpr std::chrono::seconds kConnectTimeout{3};  // of each of several addresses

  // UNAVAILABLE at once if the socket is dead, or none of several addresses answers; over TCP with
  // one the first call finds out. The errors of MakeChannelCredentials.
  static Result<std::unique_ptr<Client>> Connect(Target target);

  // One answer: client.Call(&Control::GetDag, request).
  template <class Request, class Response>
  Result<Response> Call(grpc::Status (v1::Control::Stub::*method)(grpc::ClientContext*,
                                                                  const Request&, Response*),
                        const Request& request) {
    for (int moves = 0;; ++moves) {
      grpc::ClientContext context;
      context.set_deadline(std::chrono::system_clock::now() + kCallTimeout);
      Prepare(context);
      Response response;
      const grpc::Status status = (stub_.get()->*method)(&context, request, &response);
      if (status.ok()) return response;
      const Status explained = Explain(status);
      if (moves == kMovesMax || !MoveOn(context, status)) return explained;
    }
  }

  // After a stream that ended with UNAVAILABLE: waits a moment, and connects anew, to the first of the
  // addresses where somebody answers.
  Status Reconnect();
  // How often that is worth it, in a row: about a minute.
  static constexpr int kReconnectsMax = 60;

  // For streams: what every call carries.
  void Prepare(grpc::ClientContext& context) const;
  v1::Control::Stub& stub() { return *stub_; }
  // Ours, from gRPC's: no master, no or a wrong token, TLS on one side only or a certificate that
  // isn't taken (it asks the master again for that), in words that help.
  Status Explain(const grpc::Status& status) const;

 private:
  static constexpr std::chrono::seconds kReconnectPause{1};
  static constexpr int kMovesMax = 2;  // back from a former leader, and on to the next

  Client() = default;
  Status Open(Target target);
  // Where the call is to be asked again: at the leader that the answer names, or, when what a
  // follower gave us for it is used up, at that follower. False: nowhere.
  bool MoveOn(const grpc::ClientContext& context, const grpc::Status& status);

  Target target_;
  Target asked_;  // as Connect got it
  std::unique_ptr<v1::Control::Stub> stub_;
  std::optional<Target> follower_;  // that sent us here
};

using ControlStub = v1::Control::Stub;

}  // namespace gale::cli
