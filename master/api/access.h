// Who is behind a gRPC call.
#pragma once

#include <grpcpp/server_context.h>

#include <string>

#include "master/api/caller.h"

namespace gale {

// Thread-safe.
class RpcAccess {
 public:
  static constexpr Duration kLeaderTokenLife = std::chrono::minutes(1);

  // Auth must outlive it. An empty join token: no worker may join over TCP.
  RpcAccess(Auth& auth, std::string join_token);

  // Who asks. UNAUTHENTICATED.
  Result<Caller> Identify(const grpc::ServerContextBase& context) const;
  // For who came over the Unix socket: lets him ask another master as admin, for a minute. Else
  // empty.
  std::string TokenForLocal(const grpc::ServerContextBase& context) const;
  // Whether it is a worker of ours.
  Status AuthorizeWorker(const grpc::ServerContextBase& context) const;

 private:
  Auth& auth_;
  const std::string join_token_;
  const std::string os_user_;
};

}  // namespace gale
