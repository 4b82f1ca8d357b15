// gale::Status on the wire. The codes are the same; only the class differs.
#pragma once

#include <grpcpp/support/status.h>

#include "common/base/status.h"

namespace gale {

grpc::Status ToGrpc(const Status& status);
// A code that gRPC doesn't define becomes kUnknown.
Status FromGrpc(const grpc::Status& status);

}  // namespace gale
