#include "common/rpc/status.h"

#include <gtest/gtest.h>

namespace gale {
namespace {

TEST(RpcStatus, EveryCodeCrossesTheWireUnchanged) {
  for (int code = 1; code <= static_cast<int>(Code::kUnauthenticated); ++code) {
    Status status(static_cast<Code>(code), "why");
    Status back = FromGrpc(ToGrpc(status));
    EXPECT_EQ(back.code(), status.code());
    EXPECT_EQ(back.message(), "why");
  }
  EXPECT_TRUE(FromGrpc(ToGrpc(OkStatus())).ok());
  EXPECT_EQ(ToGrpc(NotFound("dag '{}'", "x")).error_code(), grpc::StatusCode::NOT_FOUND);
}

TEST(RpcStatus, ACodeThatNobodyDefinedIsUnknown) {
  // In the enum's range of values (C++ [dcl.enum]), or UBSan stops in gRPC's own header.
  EXPECT_EQ(FromGrpc(grpc::Status(static_cast<grpc::StatusCode>(20), "odd")).code(),
            Code::kUnknown);
}

}  // namespace
}  // namespace gale
