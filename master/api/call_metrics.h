// gRPC calls by method: how many, how they ended, how long they took. An interceptor of the server;
// a call costs it two atomics and a clock.
#pragma once

#include <grpcpp/support/server_interceptor.h>

#include <map>
#include <memory>
#include <string>

#include "common/base/metrics.h"

namespace gale {

class CallMetrics {
 public:
  CallMetrics();
  ~CallMetrics();
  // For the server's builder; what it makes may outlive this.
  std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface> Interceptors() const;
  // From any thread.
  void Report(MetricSink& sink) const;

 private:
  class Factory;
  class Interceptor;
  static constexpr size_t kCodes = 17;  // of gRPC
  struct Method {
    std::array<Counter, kCodes> ended;  // by code
    Gauge open;
    DurationHistogram took;
  };
  struct Methods;
  const std::shared_ptr<Methods> methods_;
};

}  // namespace gale
