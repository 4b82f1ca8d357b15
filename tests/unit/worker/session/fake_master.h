// A master as far as a worker can tell: a real gRPC server in this process that keeps all it hears,
// and says what the test wants said.
#pragma once

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>

#include "common/rpc/convert.h"
#include "gale/v1/worker.grpc.pb.h"
#include "tests/unit/worker/session/fake_bundles.h"

namespace gale::worker {

class FakeMaster : public v1::Worker::Service {
 public:
  explicit FakeMaster(const std::string& socket) : target_("unix:" + socket) { Listen(); }
  ~FakeMaster() override { Shutdown(); }

  void Listen() {
    grpc::ServerBuilder builder;
    builder.AddListeningPort(target_, grpc::InsecureServerCredentials());
    builder.RegisterService(this);
    // gRPC's bandwidth probe: after much data it may hold Shutdown up for 10 s.
    builder.AddChannelArgument(GRPC_ARG_HTTP2_BDP_PROBE, 0);
    server_ = builder.BuildAndStart();
    ASSERT_NE(server_, nullptr);
  }
  void Shutdown() {
    if (server_) server_->Shutdown(std::chrono::system_clock::now());
    server_.reset();
  }
  const std::string& target() const { return target_; }

  // What it does by itself; set before the worker connects.

  std::function<void(const v1::Hello&, v1::Welcome*)> on_hello;
  bool acks = true;
  Duration lease = std::chrono::seconds(10);
  FakeBundles bundles;  // what GetBundle serves
  std::function<void(const AttemptId&, const v1::LogChunk&)> on_log;

  // What the test says.

  void Say(const v1::MasterMessage& message) {
    std::lock_guard lock(mutex_);
    ASSERT_NE(stream_, nullptr);
    stream_->Write(message);
  }
  void Grant(const AttemptId& id, const std::string& command) {
    v1::MasterMessage message;
    v1::Grant& grant = *message.mutable_grant();
    *grant.mutable_attempt() = ToProto(id);
    grant.set_epoch(1);
    grant.set_do_xcom_push(true);
    grant.mutable_bash()->set_command(command);
    Say(message);
  }
  // A Python task, which is fake_task.h's.
  void GrantPython(const AttemptId& id) {
    v1::MasterMessage message;
    v1::Grant& grant = *message.mutable_grant();
    *grant.mutable_attempt() = ToProto(id);
    grant.set_epoch(1);
    grant.set_task_token("token");
    grant.mutable_python()->set_interpreter("/proc/self/exe");  // the keeper's, which is us
    grant.mutable_python()->set_isolation("fresh");
    Say(message);
  }
  void CutStream() {
    std::lock_guard lock(mutex_);
    if (context_ != nullptr) context_->TryCancel();
  }

  // What it heard.

  // The first message, from the `from`-th on, that `wanted` likes.
  template <class F>
  v1::WorkerMessage WaitFor(F wanted, size_t from = 0) {
    std::unique_lock lock(mutex_);
    v1::WorkerMessage found;
    bool in_time = heard_changed_.wait_for(lock, std::chrono::seconds(10), [&] {
      for (size_t i = from; i < heard_.size(); ++i) {
        if (wanted(heard_[i])) return found = heard_[i], true;
      }
      return false;
    });
    EXPECT_TRUE(in_time) << "the worker did not say it within 10 s";
    return found;
  }
  template <class F>
  bool Heard(F wanted, size_t from) {
    std::lock_guard lock(mutex_);
    return std::any_of(heard_.begin() + static_cast<ptrdiff_t>(from), heard_.end(), wanted);
  }
  v1::Finished WaitFinished(const AttemptId& id, size_t from = 0) {
    return WaitFor(
               [&](auto& m) { return m.has_finished() && FromProto(m.finished().attempt()) == id; },
               from)
        .finished();
  }
  v1::Started WaitStarted(const AttemptId& id) {
    return WaitFor(
               [&](auto& m) { return m.has_started() && FromProto(m.started().attempt()) == id; })
        .started();
  }
  v1::Hello WaitHello(size_t from = 0) {
    return WaitFor([](auto& m) { return m.has_hello(); }, from).hello();
  }
  void WaitRoom() {
    WaitFor([](auto& m) { return m.has_want() && m.want().room() > 0; });
  }
  size_t heard() {
    std::lock_guard lock(mutex_);
    return heard_.size();
  }
  // The log, once it is whole.
  std::string WaitLog(const AttemptId& id) {
    std::unique_lock lock(mutex_);
    EXPECT_TRUE(
        heard_changed_.wait_for(lock, std::chrono::seconds(10), [&] { return whole_[id]; }));
    return logs_[id];
  }
  std::string LogSoFar(const AttemptId& id) {
    std::lock_guard lock(mutex_);
    return logs_[id];
  }
  std::string authorization() {
    std::lock_guard lock(mutex_);
    return authorization_;
  }

 private:
  using Stream = grpc::ServerReaderWriter<v1::MasterMessage, v1::WorkerMessage>;

  grpc::Status Session(grpc::ServerContext* context, Stream* stream) override {
    {
      std::lock_guard lock(mutex_);
      stream_ = stream;
      context_ = context;
      auto it = context->client_metadata().find("authorization");
      if (it != context->client_metadata().end()) {
        authorization_ = std::string(it->second.data(), it->second.size());
      }
    }
    v1::WorkerMessage message;
    while (stream->Read(&message)) {
      std::lock_guard lock(mutex_);
      Answer(message);
      heard_.push_back(message);
      heard_changed_.notify_all();
    }
    std::lock_guard lock(mutex_);
    if (stream_ == stream) stream_ = nullptr, context_ = nullptr;
    return grpc::Status::OK;
  }

  void Answer(const v1::WorkerMessage& message) {
    v1::MasterMessage answer;
    v1::Ack acked;
    if (message.has_hello()) {
      v1::Welcome& welcome = *answer.mutable_welcome();
      *welcome.mutable_lease() = ToProto(lease);
      *welcome.mutable_heartbeat() = ToProto(lease / 5);
      welcome.set_serves_queue(true);
      *welcome.mutable_adopted() = message.hello().running();
      if (on_hello) on_hello(message.hello(), &welcome);
      stream_->Write(answer);
      for (const auto& f : message.hello().spooled()) *acked.add_finished() = f.attempt();
    }
    if (message.has_finished()) *acked.add_finished() = message.finished().attempt();
    if (message.has_heartbeat()) {
      answer.mutable_lease()->set_sequence(message.heartbeat().sequence());
      *answer.mutable_lease()->mutable_lease() = ToProto(lease);
      stream_->Write(answer);
    }
    if (acks && acked.finished_size() > 0) {
      *answer.mutable_ack() = acked;
      stream_->Write(answer);
    }
  }

  grpc::Status GetBundle(grpc::ServerContext* context, const v1::BundleRequest* request,
                         grpc::ServerWriter<v1::BundleChunk>* writer) override {
    return bundles.Serve(context, *request, writer);
  }

  grpc::Status Ask(grpc::ServerContext*, const v1::TaskQuestion* question,
                   v1::TaskAnswer* answer) override {
    answer->set_body_json(question->body_json());
    return question->token() == "token" ? grpc::Status::OK : grpc::Status::CANCELLED;
  }

  grpc::Status PushLogs(grpc::ServerContext*,
                        grpc::ServerReaderWriter<v1::LogAck, v1::LogChunk>* stream) override {
    v1::LogChunk chunk;
    while (stream->Read(&chunk)) {
      v1::LogAck ack;
      {
        std::lock_guard lock(mutex_);
        AttemptId id = FromProto(chunk.attempt());
        if (on_log) on_log(id, chunk);
        std::string& log = logs_[id];
        if (chunk.offset() <= log.size()) {
          log.resize(chunk.offset());
          log += chunk.data();
          whole_[id] = chunk.last();
        }
        *ack.mutable_attempt() = chunk.attempt();
        ack.set_size(log.size());
        heard_changed_.notify_all();
      }
      stream->Write(ack);
    }
    return grpc::Status::OK;
  }

  const std::string target_;
  std::unique_ptr<grpc::Server> server_;
  std::mutex mutex_;
  std::condition_variable heard_changed_;
  std::vector<v1::WorkerMessage> heard_;
  std::map<AttemptId, std::string> logs_;
  std::map<AttemptId, bool> whole_;
  Stream* stream_ = nullptr;
  grpc::ServerContext* context_ = nullptr;
  std::string authorization_;
};

}  // namespace gale::worker
