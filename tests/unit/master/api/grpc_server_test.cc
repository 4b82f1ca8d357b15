// gRPC over a Unix socket and TCP: who may call, sessions, logs, streams.
#include "master/api/grpc_server.h"

#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>

#include <map>
#include <tuple>

#include "common/rpc/convert.h"
#include "gale/v1/control.grpc.pb.h"
#include "gale/v1/worker.grpc.pb.h"
#include "tests/unit/master/api/server_for_test.h"

namespace gale {
namespace {

using testing::HasSubstr;

class GrpcServerTest : public testing::Test {
 protected:
  GrpcServerTest() {
    options_.unix_path = server_.home / "gale.sock";
    options_.port = 0;
    options_.join_token = "join-me";
    grpc_ =
        std::make_unique<GrpcServer>(*server_.control, *server_.engine, *server_.auth, options_);
    const Status status = grpc_->Start();
    EXPECT_TRUE(status.ok()) << status.ToString();
    local_ = grpc::CreateChannel("unix:" + options_.unix_path, grpc::InsecureChannelCredentials());
    remote_ = grpc::CreateChannel(fmt::format("127.0.0.1:{}", grpc_->port()),
                                  grpc::InsecureChannelCredentials());
  }
  ~GrpcServerTest() override { grpc_->Stop(Clock::Real().Mono() + std::chrono::seconds(10)); }

  static void Prepare(grpc::ClientContext& context, const std::string& token = "") {
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(30));
    if (!token.empty()) context.AddMetadata("authorization", "Bearer " + token);
  }
  grpc::Status Version(const std::shared_ptr<grpc::Channel>& channel,
                       const std::string& token = "") {
    grpc::ClientContext context;
    Prepare(context, token);
    v1::GetVersionResponse response;
    return v1::Control::NewStub(channel)->GetVersion(&context, {}, &response);
  }
  static v1::WorkerMessage Hello(const std::string& name = "w1") {
    v1::WorkerMessage message;
    message.mutable_hello()->set_name(name);
    message.mutable_hello()->set_slots(4);
    message.mutable_hello()->add_queues("default");
    return message;
  }

  ServerForTest server_;
  GrpcOptions options_;
  std::unique_ptr<GrpcServer> grpc_;
  std::shared_ptr<grpc::Channel> local_, remote_;
};

TEST_F(GrpcServerTest, TheSocketIsTrustedAndTcpNeedsAToken) {
  EXPECT_TRUE(Version(local_).ok());
  EXPECT_EQ(Version(remote_).error_code(), grpc::StatusCode::UNAUTHENTICATED);
  EXPECT_EQ(Version(remote_, "join-me").error_code(), grpc::StatusCode::UNAUTHENTICATED);
  ASSERT_TRUE(server_.auth->SetUser("eve", "x", Role::kViewer).ok());
  const std::string token = server_.auth->IssueToken({"eve", Role::kViewer});
  EXPECT_TRUE(Version(remote_, token).ok());
  grpc::ClientContext context;
  Prepare(context, token);
  v1::DagRun run;
  EXPECT_EQ(v1::Control::NewStub(remote_)->TriggerDagRun(&context, {}, &run).error_code(),
            grpc::StatusCode::PERMISSION_DENIED);
}

TEST_F(GrpcServerTest, APortInUseIsNamed) {
  GrpcOptions options;
  options.port = grpc_->port();
  GrpcServer second(*server_.control, *server_.engine, *server_.auth, options);
  const Status status = second.Start();
  EXPECT_EQ(status.code(), Code::kUnavailable);
  EXPECT_THAT(status.ToString(), HasSubstr(std::to_string(grpc_->port())));
}

TEST_F(GrpcServerTest, AWorkerWithoutTheTokenOrAHelloIsTurnedAway) {
  auto ends_with = [&](const std::string& token, const v1::WorkerMessage& first) {
    grpc::ClientContext context;
    Prepare(context, token);
    auto stream = v1::Worker::NewStub(remote_)->Session(&context);
    stream->Write(first);
    v1::MasterMessage message;
    while (stream->Read(&message)) {
    }
    return stream->Finish().error_code();
  };
  EXPECT_EQ(ends_with("wrong", Hello()), grpc::StatusCode::UNAUTHENTICATED);
  EXPECT_EQ(ends_with("", Hello()), grpc::StatusCode::UNAUTHENTICATED);
  EXPECT_EQ(ends_with("join-me", Hello("a/b")), grpc::StatusCode::INVALID_ARGUMENT);
  v1::WorkerMessage want;
  want.mutable_want()->set_room(1);
  EXPECT_EQ(ends_with("join-me", want), grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(GrpcServerTest, AWorkerRunsATaskAndItsLogIsTailedToTheEnd) {
  server_.AddDag("etl", {"a"});
  server_.Trigger("etl", "r1");
  grpc::ClientContext context;
  Prepare(context, "join-me");
  auto worker = v1::Worker::NewStub(remote_);
  auto session = worker->Session(&context);
  ASSERT_TRUE(session->Write(Hello()));
  v1::WorkerMessage want;
  want.mutable_want()->set_room(4);
  ASSERT_TRUE(session->Write(want));
  v1::MasterMessage message;
  ASSERT_TRUE(session->Read(&message));
  ASSERT_TRUE(message.has_welcome());
  EXPECT_TRUE(message.welcome().serves_queue());
  ASSERT_TRUE(session->Read(&message));
  ASSERT_TRUE(message.has_grant()) << message.ShortDebugString();
  const v1::AttemptRef attempt = message.grant().attempt();
  EXPECT_EQ(message.grant().context().run_id(), "r1");

  grpc::ClientContext tail_context;
  Prepare(tail_context);
  auto control = v1::Control::NewStub(local_);
  v1::TailLogRequest tail;
  tail.set_dag_id("etl");
  tail.set_run_id("r1");
  tail.set_task_id("a");
  tail.set_follow(true);
  auto tailing = control->TailLog(&tail_context, tail);
  grpc::ClientContext watch_context;
  Prepare(watch_context);
  v1::GetDagRunRequest watched;
  watched.set_dag_id("etl");
  watched.set_run_id("r1");
  auto watching = control->WatchDagRun(&watch_context, watched);

  grpc::ClientContext logs_context;
  Prepare(logs_context, "join-me");
  auto logs = worker->PushLogs(&logs_context);
  auto push = [&](uint64_t offset, const std::string& text) {
    v1::LogChunk chunk;
    *chunk.mutable_attempt() = attempt;
    chunk.set_offset(offset);
    chunk.set_data(text);
    EXPECT_TRUE(logs->Write(chunk));
    v1::LogAck ack;
    EXPECT_TRUE(logs->Read(&ack));
    EXPECT_EQ(ack.error(), "");
    return ack.size();
  };
  v1::LogChunk of_another;
  *of_another.mutable_attempt() = attempt;
  of_another.set_worker("w9");
  of_another.set_data("not mine");
  ASSERT_TRUE(logs->Write(of_another));
  v1::LogAck refused;
  ASSERT_TRUE(logs->Read(&refused));
  EXPECT_EQ(refused.error(), "worker 'w1' holds it, not 'w9'");
  EXPECT_EQ(push(0, "hello "), 6u);
  EXPECT_EQ(push(100, "too far"), 6u);  // a gap: the master says from where to go on
  v1::WorkerMessage finished;
  *finished.mutable_finished()->mutable_attempt() = attempt;
  finished.mutable_finished()->set_outcome(v1::Finished::SUCCESS);
  finished.mutable_finished()->set_log_bytes(14);
  ASSERT_TRUE(session->Write(finished));
  ASSERT_TRUE(session->Read(&message));
  EXPECT_TRUE(message.has_ack());
  EXPECT_EQ(push(6, "airflow\n"), 14u);

  std::string text;
  v1::TailLogResponse part;
  bool complete = false;
  while (tailing->Read(&part)) {
    text += part.data();
    complete = part.complete();
  }
  EXPECT_TRUE(tailing->Finish().ok());
  EXPECT_EQ(text, "hello airflow\n");
  EXPECT_TRUE(complete);
  grpc::ClientContext of_index_0;
  Prepare(of_index_0);
  tail.set_follow(false);
  tail.set_map_index(0);  // an index like any other: this task isn't mapped
  auto none = control->TailLog(&of_index_0, tail);
  EXPECT_FALSE(none->Read(&part));
  EXPECT_EQ(none->Finish().error_message(), "task 'a' of run 'r1' has no map index 0");
  v1::DagRun run;
  while (watching->Read(&run)) {
  }
  EXPECT_TRUE(watching->Finish().ok());
  EXPECT_EQ(run.state(), "success");

  v1::LogChunk stray;
  stray.mutable_attempt()->set_run(999);
  ASSERT_TRUE(logs->Write(stray));
  v1::LogAck ack;
  ASSERT_TRUE(logs->Read(&ack));
  EXPECT_NE(ack.error(), "");
}

TEST_F(GrpcServerTest, StopEndsOpenSessionsSoThatWorkersConnectAgain) {
  grpc::ClientContext context;
  Prepare(context);
  auto session = v1::Worker::NewStub(local_)->Session(&context);
  ASSERT_TRUE(session->Write(Hello()));
  v1::MasterMessage message;
  ASSERT_TRUE(session->Read(&message));
  grpc_->Stop(Clock::Real().Mono() + std::chrono::seconds(10));
  EXPECT_FALSE(session->Read(&message));
  EXPECT_EQ(session->Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
}

TEST_F(GrpcServerTest, ABundleIsHandedOutByDigestToWhoMayJoin) {
  const std::string large(200'000, 'x'), a(64, 'a'), b(64, 'b'), c(64, 'c');
  ASSERT_TRUE(server_.store->PutBlobs({{a, large, {}}, {b, "", {}}}).ok());
  auto stub = v1::Worker::NewStub(remote_);
  // The chunks of each, and how the call ended.
  auto get = [&](const std::vector<std::string>& digests, const std::string& token) {
    grpc::ClientContext context;
    Prepare(context, token);
    v1::BundleRequest request;
    for (const std::string& digest : digests) request.add_digests(digest);
    auto reader = stub->GetBundle(&context, request);
    std::map<std::string, std::string> contents;
    std::string ends;
    for (v1::BundleChunk chunk; reader->Read(&chunk);) {
      EXPECT_LE(chunk.data().size(), 64u << 10);
      contents[chunk.digest()] += chunk.data();
      if (chunk.last()) ends += chunk.digest().substr(0, 1);
    }
    return std::tuple(contents, ends, reader->Finish());
  };
  const auto [contents, ends, status] = get({b, a}, "join-me");
  EXPECT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(ends, "ba");
  EXPECT_TRUE(contents.at(a) == large);
  EXPECT_EQ(contents.at(b), "");

  const auto missing = std::get<2>(get({a, c}, "join-me"));
  EXPECT_EQ(missing.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_THAT(missing.error_message(), HasSubstr(c));
  EXPECT_EQ(std::get<2>(get({a}, "")).error_code(), grpc::StatusCode::UNAUTHENTICATED);
  EXPECT_EQ(std::get<2>(get(std::vector<std::string>(1001, a), "join-me")).error_code(),
            grpc::StatusCode::INVALID_ARGUMENT);
}

}  // namespace
}  // namespace gale
