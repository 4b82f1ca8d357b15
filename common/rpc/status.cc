#include "common/rpc/status.h"

#include "common/base/limit_counts.h"

namespace gale {

grpc::Status ToGrpc(const Status& status) {
  if (status.ok()) return grpc::Status::OK;
  LimitCounts::Process().Note(status.message());
  return grpc::Status(static_cast<grpc::StatusCode>(status.code()), std::string(status.message()));
}

Status FromGrpc(const grpc::Status& status) {
  if (status.ok()) return OkStatus();
  const int code = status.error_code();
  const bool known = code > 0 && code <= static_cast<int>(Code::kUnauthenticated);
  return Status(known ? static_cast<Code>(code) : Code::kUnknown, status.error_message());
}

}  // namespace gale
