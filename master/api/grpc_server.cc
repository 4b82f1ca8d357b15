#include "master/api/grpc_server.h"

#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/health_check_service_interface.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <cerrno>
#include <cstring>

#include "common/base/limits.h"
#include "common/base/log.h"
#include "master/api/call_metrics.h"
#include "master/api/control_service.h"
#include "master/api/feed_service.h"
#include "master/api/worker_service.h"

namespace gale {
namespace {

constexpr size_t kVerbThreads = 8;
constexpr size_t kFollowerThreads = 8;
constexpr size_t kLogThreads = 2;
constexpr size_t kBundleThreads = 2;
constexpr size_t kAskThreads = 8;
constexpr size_t kWaitingMax = 4096;
constexpr Duration kPeersCloseMax = std::chrono::seconds(2);
constexpr int kKeepaliveMs = 20'000;
constexpr int kPingIntervalMinMs = 5'000;  // clients that ping more often are cut off

}  // namespace

struct GrpcServer::Impl {
  Impl(Control& control, Engine& engine, Auth& auth, GrpcOptions o)
      : options(std::move(o)),
        access(auth, options.join_token),
        verbs("grpc verb", kVerbThreads, kWaitingMax),
        followers("grpc follower", kFollowerThreads, kWaitingMax),
        logs("log store", kLogThreads, kWaitingMax),
        bundles("bundle reader", kBundleThreads, kWaitingMax),
        asks("task call", kAskThreads, kWaitingMax),
        calls_of_tasks(control, engine, control.store()),
        control_service(control, access, verbs, followers, streams, options.rest),
        worker_service(engine, control, calls_of_tasks, access, logs, bundles, asks, streams,
                       options.serves_queue, options.ask_leader),
        feed_service(engine, access, followers, streams),
        feed(control.feed()) {
    if (options.more_calls) options.more_calls(calls_of_tasks);
  }

  Status Listen();

  const GrpcOptions options;
  RpcAccess access;
  StreamRegister streams;
  ThreadPool verbs, followers, logs, bundles, asks;
  TaskCalls calls_of_tasks;
  ControlService control_service;
  WorkerService worker_service;
  FeedService feed_service;
  Feed& feed;
  CallMetrics calls;
  std::unique_ptr<grpc::Server> server;
  int tcp_port = 0;
};

Status GrpcServer::Impl::Listen() {
  if (options.unix_path.size() >= sizeof(sockaddr_un::sun_path)) {
    return InvalidArgument(
        "the path of the socket {} is too long: at most {} bytes; choose a shorter "
        "home",
        options.unix_path, sizeof(sockaddr_un::sun_path) - 1);
  }
  GALE_ASSIGN_OR_RETURN(const std::shared_ptr<grpc::ServerCredentials> over_tcp,
                        MakeServerCredentials(options.tls, options.verify_clients));
  grpc::EnableDefaultHealthCheckService(true);
  grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  grpc::ServerBuilder builder;
  builder.SetMaxReceiveMessageSize(limits::kGrpcMessageBytesMax);
  builder.SetMaxSendMessageSize(limits::kGrpcMessageBytesMax);
  // Else a second master could listen on the same port, and half of the calls would go astray.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, kKeepaliveMs);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS,
                             kPingIntervalMinMs);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  const std::string tcp = options.port ? fmt::format("{}:{}", options.host, *options.port) : "";
  int unix_bound = 1;
  if (!options.unix_path.empty()) {
    builder.AddListeningPort("unix:" + options.unix_path, grpc::InsecureServerCredentials(),
                             &unix_bound);
  }
  if (options.port) builder.AddListeningPort(tcp, over_tcp, &tcp_port);
  std::vector<std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface>> interceptors;
  interceptors.push_back(calls.Interceptors());
  builder.experimental().SetInterceptorCreators(std::move(interceptors));
  builder.RegisterService(&control_service);
  builder.RegisterService(&worker_service);
  builder.RegisterService(&feed_service);
  server = builder.BuildAndStart();
  if (!server || unix_bound == 0 || (options.port && tcp_port == 0)) {
    server.reset();
    const std::string where = unix_bound == 0 || !options.port ? "unix:" + options.unix_path : tcp;
    return Unavailable(
        "gRPC can't listen on {}: another program has it, perhaps another gale "
        "(choose another with --grpc-port)",
        where);
  }
  if (!options.unix_path.empty() && ::chmod(options.unix_path.c_str(), 0600) != 0) {
    return Internal("chmod {}: {}", options.unix_path, std::strerror(errno));
  }
  return OkStatus();
}

GrpcServer::GrpcServer(Control& control, Engine& engine, Auth& auth, GrpcOptions options)
    : impl_(std::make_unique<Impl>(control, engine, auth, std::move(options))) {}

GrpcServer::~GrpcServer() { Stop(Clock::Real().Mono()); }

Status GrpcServer::Start() {
  GALE_RETURN_IF_ERROR(impl_->calls_of_tasks.Prepare());
  return impl_->Listen();
}

void GrpcServer::Stop(MonoTime deadline) {
  if (!impl_->server) return;
  impl_->streams.CloseAll();
  impl_->feed.Close();
  // A peer that hangs doesn't close its end: it is not waited for long.
  const Duration left =
      std::clamp<Duration>(deadline - Clock::Real().Mono(), Duration(0), kPeersCloseMax);
  impl_->server->Shutdown(std::chrono::system_clock::now() + left);
  // Verbs in flight hold their calls: they end first, then the server may go.
  impl_->verbs.Stop();
  impl_->followers.Stop();
  impl_->logs.Stop();
  impl_->bundles.Stop();
  impl_->asks.Stop();
  impl_->server->Wait();
  impl_->server.reset();
}

std::shared_ptr<grpc::Channel> GrpcServer::InProcessChannel() const {
  if (!impl_->server) return nullptr;
  grpc::ChannelArguments args;
  args.SetMaxReceiveMessageSize(static_cast<int>(limits::kGrpcMessageBytesMax));
  args.SetMaxSendMessageSize(static_cast<int>(limits::kGrpcMessageBytesMax));
  return impl_->server->InProcessChannel(args);
}

void GrpcServer::Report(MetricSink& sink) const { impl_->calls.Report(sink); }

uint16_t GrpcServer::port() const { return static_cast<uint16_t>(impl_->tcp_port); }

}  // namespace gale
