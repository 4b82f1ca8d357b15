#include "master/api/worker_service.h"

#include <atomic>
#include <unordered_map>
#include <variant>

#include "common/base/limits.h"
#include "common/base/log.h"
#include "common/base/text.h"
#include "common/base/text_limits.h"
#include "common/rpc/convert.h"
#include "common/rpc/status.h"
#include "master/api/leader_client.h"

namespace gale {
namespace {

constexpr size_t kAttemptsPerMessageMax = 100'000;

// One worker's session: what it says goes to the engine's mailbox, what the engine says is queued
// here. A grant is turned into its message only when its turn to be written comes.
using Outgoing = std::variant<v1::MasterMessage, Grant>;
using SessionStream = Stream<grpc::ServerBidiReactor<v1::WorkerMessage, v1::MasterMessage>,
                             Outgoing, v1::MasterMessage>;

class WorkerSession final : public SessionStream, public WorkerLink {
 public:
  WorkerSession(StreamRegister& streams, Engine& engine, std::shared_ptr<const GrantWriter> grants,
                std::shared_ptr<Holders> holders, bool serves_queue, bool on_this_host)
      : Stream(streams),
        engine_(engine),
        grants_(std::move(grants)),
        holders_(std::move(holders)),
        serves_queue_(serves_queue),
        on_this_host_(on_this_host) {}

  void Begin() { StartRead(&in_); }

  // From the engine.

  bool on_this_host() const override { return on_this_host_; }
  void SendWelcome(const Welcome& welcome) override {
    lease_length_ = welcome.lease;
    for (const AttemptId& attempt : welcome.adopted) holders_->Note(attempt, name_);
    v1::MasterMessage message;
    *message.mutable_welcome() = ToProto(welcome, serves_queue_);
    Enqueue(std::move(message));
  }
  void SendGrant(const Grant& grant) override {
    holders_->Note(grant.attempt, name_);
    Enqueue(grant);
  }
  void SendRefuse(const AttemptId& attempt, const std::string& reason) override {
    v1::MasterMessage message;
    *message.mutable_refuse()->mutable_attempt() = ToProto(attempt);
    message.mutable_refuse()->set_reason(reason);
    Enqueue(std::move(message));
  }
  void SendAck(const std::vector<AttemptId>& finished) override {
    v1::MasterMessage message;
    for (const AttemptId& id : finished) *message.mutable_ack()->add_finished() = ToProto(id);
    Enqueue(std::move(message));
  }
  void SendLease(Duration lease, uint64_t sequence) override {
    v1::MasterMessage message;
    *message.mutable_lease()->mutable_lease() = ToProto(lease);
    message.mutable_lease()->set_sequence(sequence);
    Enqueue(std::move(message));
  }
  void SendCancel(const AttemptId& attempt, const std::string& reason) override {
    v1::MasterMessage message;
    *message.mutable_cancel()->mutable_attempt() = ToProto(attempt);
    message.mutable_cancel()->set_reason(reason);
    Enqueue(std::move(message));
  }
  void SendDrain(bool over) override {
    v1::MasterMessage message;
    message.mutable_drain()->set_over(over);
    Enqueue(std::move(message));
  }
  void Close(const Status& status) override { Stream::Close(status); }

  // From gRPC.

  void OnReadDone(bool ok) override {
    if (!ok) {
      Leave();
      Close(OkStatus());
      return;
    }
    Status status = Handle(in_);
    if (!status.ok()) {
      Close(status);
      return;
    }
    StartRead(&in_);
  }
  void OnCancel() override { Close(Cancelled("the connection is lost")); }

 protected:
  v1::MasterMessage Convert(Outgoing item) override {
    if (auto* message = std::get_if<v1::MasterMessage>(&item)) return std::move(*message);
    v1::MasterMessage message;
    *message.mutable_grant() = grants_->ToProto(std::get<Grant>(item));
    return message;
  }
  void OnEnded() override { Leave(); }

 private:
  WorkerLinkPtr link() { return std::static_pointer_cast<WorkerSession>(shared_from_this()); }

  template <class Task>
  Status Post(Task task) {
    const bool posted =
        engine_.Post([link = link(), task = std::move(task)](Loop& loop) { task(loop, link); });
    // Whatever matters is said again after the next Hello.
    return posted ? OkStatus() : engine_.Refusal();
  }

  Status Handle(const v1::WorkerMessage& message);
  void Leave() {
    if (!greeted_ || left_.exchange(true)) return;
    // If the mailbox is full: the lease ends the same way, later.
    (void)Post([](Loop& loop, const WorkerLinkPtr& link) { loop.OnDisconnected(link); });
  }

  Engine& engine_;
  const std::shared_ptr<const GrantWriter> grants_;
  const std::shared_ptr<Holders> holders_;
  std::string name_;  // written before the engine hears of us
  const bool serves_queue_;
  const bool on_this_host_;
  v1::WorkerMessage in_;
  std::atomic<Duration> lease_length_{Duration(0)};
  std::atomic<bool> greeted_{false};
  std::atomic<bool> left_{false};
};

Status WorkerSession::Handle(const v1::WorkerMessage& message) {
  using M = v1::WorkerMessage;
  if (greeted_ == (message.kind_case() == M::kHello)) {
    return InvalidArgument("a session begins with Hello, and has one");
  }
  switch (message.kind_case()) {
    case M::kHello: {
      if (message.hello().running_size() + message.hello().spooled_size() >
          static_cast<int>(kAttemptsPerMessageMax)) {
        return InvalidArgument("Hello names more than {} attempts", kAttemptsPerMessageMax);
      }
      GALE_ASSIGN_OR_RETURN(WorkerHello hello, FromProto(message.hello(), Clock::Real().Now()));
      greeted_ = true;
      name_ = hello.name;
      return Post([hello = std::move(hello)](Loop& loop, const WorkerLinkPtr& link) {
        loop.OnHello(link, hello);
      });
    }
    case M::kWant:
      return Post([room = message.want().room()](Loop& loop, const WorkerLinkPtr& link) {
        loop.OnWant(link, room);
      });
    case M::kClaim: {
      std::vector<AttemptId> attempts;
      for (const v1::AttemptRef& ref : message.claim().attempts())
        attempts.push_back(FromProto(ref));
      return Post([attempts = std::move(attempts)](Loop& loop, const WorkerLinkPtr& link) {
        loop.OnClaim(link, attempts);
      });
    }
    case M::kStarted:
      return Post([id = FromProto(message.started().attempt()), pid = message.started().pid()](
                      Loop& loop, const WorkerLinkPtr& link) { loop.OnStarted(link, id, pid); });
    case M::kFinished: {
      // Now, and not when the engine comes to it: it may be waiting for the ledger.
      std::optional<TimePoint> sent_at;
      if (message.has_sent_at()) sent_at = FromProto(message.sent_at());
      return Post([result = FromProto(message.finished(), sent_at, Clock::Real().Now())](
                      Loop& loop, const WorkerLinkPtr& link) { loop.OnFinished(link, result); });
    }
    case M::kHeartbeat:
      health().spool_entries.Set(static_cast<int64_t>(message.heartbeat().spool_entries()));
      health().spool_bytes.Set(static_cast<int64_t>(message.heartbeat().spool_bytes()));
      health().keeper_restarts.Set(static_cast<int64_t>(message.heartbeat().keeper_restarts()));
      // Beside the engine, which may be waiting for the ledger: that must not fence a worker.
      if (engine_.MayRenewLeases()) {
        OnHeartbeat(Clock::Real().Mono(), lease_length_, message.heartbeat().sequence());
      }
      if (!message.heartbeat().has_load()) return OkStatus();
      return Post([load = FromProto(message.heartbeat().load())](
                      Loop& loop, const WorkerLinkPtr& link) { loop.OnLoad(link, load); });
    case M::kHealth:
      return Post([ill = RepairText(message.health().ill(), limits::kReasonBytesMax)](
                      Loop& loop, const WorkerLinkPtr& link) { loop.OnHealth(link, ill); });
    case M::kGoodbye:
      return Post([](Loop& loop, const WorkerLinkPtr& link) { loop.OnGoodbye(link); });
    case M::KIND_NOT_SET: break;
  }
  return OkStatus();  // of a newer worker: nothing that we must know
}

// One worker's logs. Chunks are taken one after the other; each is answered.
class LogStream final
    : public Stream<grpc::ServerBidiReactor<v1::LogChunk, v1::LogAck>, v1::LogAck, v1::LogAck> {
 public:
  LogStream(StreamRegister& streams, Control& control, ThreadPool& pool,
            std::shared_ptr<const Holders> holders)
      : Stream(streams), control_(control), pool_(pool), holders_(std::move(holders)) {}

  void Begin() { StartRead(&in_); }
  void OnReadDone(bool ok) override {
    if (!ok) return CloseWhenDrained(OkStatus());
    auto self = std::static_pointer_cast<LogStream>(shared_from_this());
    const bool posted = pool_.Post([self] { self->Take(); });
    if (!posted) Close(Unavailable("the master is overloaded or stopping: send again"));
  }
  void OnCancel() override { Close(Cancelled("the connection is lost")); }

 protected:
  v1::LogAck Convert(v1::LogAck ack) override { return ack; }

 private:
  static constexpr size_t kNamesMax = 4096;  // attempts whose names are remembered

  void Take() {
    v1::LogAck ack;
    *ack.mutable_attempt() = in_.attempt();
    Status status = Append(ack);
    if (!status.ok()) return Close(status);
    if (Enqueue(std::move(ack))) StartRead(&in_);
  }

  // What the worker can't heal by sending again stands in the ack; the rest ends the stream.
  Status Append(v1::LogAck& ack) {
    if (in_.data().size() > limits::kLogChunkBytesMax) {
      return InvalidArgument("a chunk of {} bytes; at most {} are taken (kLogChunkBytesMax)",
                             in_.data().size(), limits::kLogChunkBytesMax);
    }
    const AttemptId attempt = FromProto(in_.attempt());
    auto name = names_.find(attempt);
    if (name == names_.end()) {
      const std::string holder = holders_->Find(attempt);
      if (!in_.worker().empty() && !holder.empty() && holder != in_.worker()) {
        ack.set_error(fmt::format("worker '{}' holds it, not '{}'", holder, in_.worker()));
        return OkStatus();
      }
      auto key = control_.NameAttempt(attempt);
      if (key.status().code() == Code::kNotFound) {
        ack.set_error(std::string(key.status().message()));
        return OkStatus();
      }
      if (!key.ok()) return Unavailable("{}", key.status().ToString());
      if (names_.size() >= kNamesMax) names_.clear();
      name = names_.emplace(attempt, std::move(key).value()).first;
    }
    auto size = control_.AppendLog(attempt, name->second, in_.offset(), in_.data());
    if (size.status().code() == Code::kOutOfRange) size = control_.logs().Size(name->second);
    if (!size.ok()) {
      GALE_ERROR("{}", size.status().ToString());
      return Unavailable("{}", size.status().ToString());
    }
    ack.set_size(*size);
    return OkStatus();
  }

  Control& control_;
  ThreadPool& pool_;
  const std::shared_ptr<const Holders> holders_;
  v1::LogChunk in_;
  std::unordered_map<AttemptId, LogKey> names_;
};

// Contents by digest, one after the other: each is read on the pool when the last one is written.
class BundleStream final
    : public Stream<grpc::ServerWriteReactor<v1::BundleChunk>, v1::BundleChunk, v1::BundleChunk> {
 public:
  BundleStream(StreamRegister& streams, Control& control, ThreadPool& pool,
               const v1::BundleRequest& request)
      : Stream(streams),
        control_(control),
        pool_(pool),
        digests_(request.digests().begin(), request.digests().end()) {}

  void Begin() {
    if (digests_.size() <= kDigestsMax) return Next();
    Close(
        InvalidArgument("{} digests; at most {} are taken at once", digests_.size(), kDigestsMax));
  }
  void OnCancel() override { Close(Cancelled("the worker has left")); }

 protected:
  v1::BundleChunk Convert(v1::BundleChunk chunk) override { return chunk; }
  void OnDrained() override { Next(); }

 private:
  static constexpr size_t kDigestsMax = 1000;

  void Next() {
    if (at_ == digests_.size()) return Close(OkStatus());
    auto self = std::static_pointer_cast<BundleStream>(shared_from_this());
    if (!pool_.Post([self] { self->Step(); })) {
      Close(Unavailable("the master is overloaded or stopping; try again"));
    }
  }
  void Step() {
    const std::string& digest = digests_[at_++];
    const Result<std::string> data = control_.GetBlob(digest);
    if (!data.ok()) return Close(data.status());
    std::vector<v1::BundleChunk> chunks;
    size_t from = 0;
    do {
      v1::BundleChunk& chunk = chunks.emplace_back();
      chunk.set_digest(digest);
      chunk.set_data(data->substr(from, limits::kLogChunkBytesMax));
      from += limits::kLogChunkBytesMax;
      chunk.set_last(from >= data->size());
    } while (from < data->size());
    EnqueueAll(std::move(chunks));
  }

  Control& control_;
  ThreadPool& pool_;
  const std::vector<std::string> digests_;
  size_t at_ = 0;
};

// Opens a stream, and closes it at once if its peer may not have it.
template <class S>
S* Admit(std::shared_ptr<S> stream, const Status& allowed) {
  stream->Open();
  if (!allowed.ok()) {
    stream->Close(allowed);
  } else {
    stream->Begin();
  }
  return stream.get();
}

}  // namespace

grpc::ServerBidiReactor<v1::WorkerMessage, v1::MasterMessage>* WorkerService::Session(
    grpc::CallbackServerContext* context) {
  const bool over_tcp = context->peer().starts_with("ipv");  // else by a socket file, or in here
  return Admit(std::make_shared<WorkerSession>(streams_, engine_, grants_, holders_, serves_queue_,
                                               /*on_this_host=*/!over_tcp),
               access_.AuthorizeWorker(*context));
}

grpc::ServerBidiReactor<v1::LogChunk, v1::LogAck>* WorkerService::PushLogs(
    grpc::CallbackServerContext* context) {
  return Admit(std::make_shared<LogStream>(streams_, control_, log_pool_, holders_),
               access_.AuthorizeWorker(*context));
}

grpc::ServerWriteReactor<v1::BundleChunk>* WorkerService::GetBundle(
    grpc::CallbackServerContext* context, const v1::BundleRequest* request) {
  return Admit(std::make_shared<BundleStream>(streams_, control_, read_pool_, *request),
               access_.AuthorizeWorker(*context));
}

grpc::ServerUnaryReactor* WorkerService::Ask(grpc::CallbackServerContext* context,
                                             const v1::TaskQuestion* request,
                                             v1::TaskAnswer* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  const bool posted = ask_pool_.Post([=, this] {
    Status status = access_.AuthorizeWorker(*context);
    if (status.ok()) {
      // One that was handed on is answered here or not at all: masters may disagree who leads.
      const bool handed_on = context->client_metadata().contains(kHandedOnMetadata);
      const bool led = engine_.leads();
      Result<v1::TaskAnswer> answer = calls_.Answer(*request);
      if (answer.status().code() == Code::kUnavailable && !led && !handed_on && ask_leader_) {
        answer = ask_leader_(*request);
      }
      status = answer.status();
      if (answer.ok()) *response = *std::move(answer);
    }
    reactor->Finish(ToGrpc(status));
  });
  if (!posted) {
    reactor->Finish(ToGrpc(Unavailable("the master is overloaded or stopping; ask again")));
  }
  return reactor;
}

}  // namespace gale
