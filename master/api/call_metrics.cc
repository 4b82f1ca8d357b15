#include "master/api/call_metrics.h"

#include <mutex>

namespace gale {
namespace {

constexpr size_t kMethodsMax = 256;  // the services have some 30: only those come here

constexpr std::string_view kCodeNames[] = {
    "OK",        "CANCELLED",      "UNKNOWN",           "INVALID_ARGUMENT",   "DEADLINE_EXCEEDED",
    "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION",
    "ABORTED",   "OUT_OF_RANGE",   "UNIMPLEMENTED",     "INTERNAL",           "UNAVAILABLE",
    "DATA_LOSS", "UNAUTHENTICATED"};

}  // namespace

// By name: "/gale.v1.Control/GetDag". Entries stay where they are.
struct CallMetrics::Methods {
  std::mutex mutex;
  std::map<std::string, Method, std::less<>> all;

  Method& Find(std::string_view name) {
    std::lock_guard lock(mutex);
    auto known = all.find(name);
    if (known != all.end()) return known->second;
    return all[all.size() < kMethodsMax ? std::string(name) : "(others)"];
  }
};

// One call. A peer that left before its end has CANCELLED.
class CallMetrics::Interceptor final : public grpc::experimental::Interceptor {
 public:
  Interceptor(std::shared_ptr<Methods> methods, Method& method)
      : methods_(std::move(methods)), method_(method) {
    method_.open.Add(1);
  }
  ~Interceptor() override {
    method_.open.Add(-1);
    method_.ended[std::min<size_t>(code_, kCodes - 1)].Add();
    method_.took.Observe(Clock::Real().Mono() - begun_);
  }
  void Intercept(grpc::experimental::InterceptorBatchMethods* methods) override {
    using grpc::experimental::InterceptionHookPoints;
    if (methods->QueryInterceptionHookPoint(InterceptionHookPoints::PRE_SEND_STATUS)) {
      code_ = static_cast<size_t>(methods->GetSendStatus().error_code());
    }
    methods->Proceed();
  }

 private:
  const std::shared_ptr<Methods> methods_;
  Method& method_;
  const MonoTime begun_ = Clock::Real().Mono();
  size_t code_ = static_cast<size_t>(grpc::StatusCode::CANCELLED);
};

class CallMetrics::Factory final : public grpc::experimental::ServerInterceptorFactoryInterface {
 public:
  explicit Factory(std::shared_ptr<Methods> methods) : methods_(std::move(methods)) {}
  grpc::experimental::Interceptor* CreateServerInterceptor(
      grpc::experimental::ServerRpcInfo* info) override {
    return new Interceptor(methods_, methods_->Find(info->method()));  // gRPC's, then
  }

 private:
  const std::shared_ptr<Methods> methods_;
};

CallMetrics::CallMetrics() : methods_(std::make_shared<Methods>()) {}
CallMetrics::~CallMetrics() = default;

std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface> CallMetrics::Interceptors()
    const {
  return std::make_unique<Factory>(methods_);
}

void CallMetrics::Report(MetricSink& sink) const {
  std::lock_guard lock(methods_->mutex);
  for (const auto& [name, method] : methods_->all) {
    sink.Level("gale_grpc_calls_open", "gRPC calls under way: streams, above all.",
               static_cast<double>(method.open.value()), {{"method", name}});
    sink.Durations("gale_grpc_call_seconds", "gRPC calls, from begin to end.", method.took,
                   {{"method", name}});
    for (size_t code = 0; code < kCodes; ++code) {
      if (const uint64_t n = method.ended[code].value(); n > 0) {
        sink.Count("gale_grpc_calls_total", "gRPC calls by method and how they ended.", n,
                   {{"method", name}, {"code", std::string(kCodeNames[code])}});
      }
    }
  }
}

}  // namespace gale
