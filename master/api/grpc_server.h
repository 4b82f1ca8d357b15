// The gRPC side of a master: Control and Worker (proto/gale/v1), health and reflection, on a Unix
// socket and on TCP.
//
// Who calls: over the Unix socket, whoever may open it (mode 0600: the OS user that runs the
// master) and is Admin. Over TCP, who sends "authorization: Bearer <JWT>" in the metadata; Worker's
// calls need "authorization: Bearer <join token>". With TLS a caller over TCP first passes that;
// the Unix socket is plain text, for it leaves no machine.
#pragma once

#include <grpcpp/channel.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "common/base/metrics.h"
#include "common/base/service.h"
#include "common/rpc/tls.h"
#include "gale/v1/control.pb.h"
#include "master/api/auth.h"
#include "master/api/control.h"
#include "master/api/task_calls.h"
#include "master/engine/engine.h"

namespace gale {

struct GrpcOptions {
  std::string unix_path;  // empty: none. Its folder must be there.
  std::string host = "127.0.0.1";
  std::optional<uint16_t> port;  // 0: any free one; nullopt: no TCP
  TlsFiles tls;                  // of TCP; none: plain text
  bool verify_clients = false;   // who has no certificate signed by tls.ca is cut off
  std::string join_token;        // empty: no worker may join over TCP
  bool serves_queue = true;      // the engine hands out the work itself
  // Answers a REST request that another master hands on to this one, which leads.
  std::function<v1::RestAnswer(const v1::RestRequest&)> rest;
  // Asks the leader what a task asks, if it isn't us; UNAVAILABLE else. Empty: it is always us.
  std::function<Result<v1::TaskAnswer>(const v1::TaskQuestion&)> ask_leader;
  // Who answers what other tasks' questions: TaskCalls::Add.
  std::function<void(TaskCalls&)> more_calls;
};

class GrpcServer : public Service {
 public:
  // All must outlive it. The engine must be started.
  GrpcServer(Control& control, Engine& engine, Auth& auth, GrpcOptions options);
  ~GrpcServer() override;

  std::string_view name() const override { return "grpc"; }
  // The ledger's errors; UNAVAILABLE, naming the address, if it can't be listened on; MakeServerCredentials' errors.
  Status Start() override;
  // Ends every stream (workers and watchers connect again elsewhere), lets verbs finish until
  // `deadline`.
  void Stop(MonoTime deadline) override;

  // A channel of this process, without a socket. Null if it isn't started.
  std::shared_ptr<grpc::Channel> InProcessChannel() const;
  // Where TCP listens, once started; 0 if it doesn't.
  uint16_t port() const;
  // Calls by method. From any thread.
  void Report(MetricSink& sink) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace gale
