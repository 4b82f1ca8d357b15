#include "worker/session.h"

#include <deque>

#include "common/base/limits.h"
#include "common/base/log.h"
#include "common/rpc/status.h"

namespace gale::worker {
namespace {

std::chrono::steady_clock::time_point ToSteady(MonoTime t) {
  return std::chrono::steady_clock::time_point(t.time_since_epoch());
}

}  // namespace

Duration BackoffAfter(uint32_t failures, std::string_view name, uint64_t number) {
  if (failures == 0) return Duration(0);
  Duration base = Session::kBackoffMin;
  for (uint32_t i = 1; i < failures && base < Session::kBackoffMax; ++i) base *= 2;
  base = std::min(base, Session::kBackoffMax);
  uint64_t h = (std::hash<std::string_view>()(name) ^ number) * 0x9E3779B97F4A7C15ull;
  return base / 2 +
         Duration(static_cast<int64_t>((h >> 33) % static_cast<uint64_t>(base.count() / 2 + 1)));
}

// One call. Lives until OnDone, by a reference to itself.
class Session::Stream : public grpc::ClientBidiReactor<v1::WorkerMessage, v1::MasterMessage>,
                        public std::enable_shared_from_this<Stream> {
 public:
  Stream(Session& session, std::shared_ptr<grpc::Channel> channel, uint64_t number)
      : session_(session), stub_(v1::Worker::NewStub(std::move(channel))), number_(number) {
    context_.AddMetadata("authorization", "Bearer " + session.options_.join_token);
  }

  void Begin() {
    self_ = shared_from_this();
    stub_->async()->Session(&context_, this);
    StartRead(&incoming_);
    AddHold();  // writes come from outside the reactions
    StartCall();
  }

  uint64_t number() const { return number_; }
  bool spoke() const { return spoke_; }
  // It was cut from our side: it had nothing to say.
  bool given_up() {
    std::lock_guard lock(mutex_);
    return !why_.empty();
  }

  void Send(v1::WorkerMessage message) {
    std::lock_guard lock(mutex_);
    if (closed_ || finishing_) return;
    if (queue_.size() >= kSendQueueMax) return CancelLocked("too many unsent messages");
    queue_.push_back(std::move(message));
    WriteNextLocked();
  }
  void Finish() {
    std::lock_guard lock(mutex_);
    finishing_ = true;
    WriteNextLocked();
  }
  void Cancel(const std::string& why) {
    std::lock_guard lock(mutex_);
    CancelLocked(why);
  }

  void OnReadDone(bool ok) override {
    if (!ok) {
      std::lock_guard lock(mutex_);
      return CloseLocked();
    }
    spoke_ = true;
    session_.events_.on_message(number_, std::move(incoming_));
    incoming_.Clear();
    StartRead(&incoming_);
  }
  void OnWriteDone(bool ok) override {
    std::lock_guard lock(mutex_);
    writing_ = false;
    queue_.pop_front();
    if (ok) {
      WriteNextLocked();
    } else {
      CloseLocked();
    }
  }
  void OnDone(const grpc::Status& status) override {
    std::shared_ptr<Stream> self = std::move(self_);
    std::lock_guard lock(session_.mutex_);
    status_ = !why_.empty() ? Cancelled("{}", why_) : FromGrpc(status);
    done_ = true;
    session_.changed_.notify_all();
  }

  // Guarded by the session's mutex.
  bool done_ = false;
  Status status_;

 private:
  void WriteNextLocked() {
    if (writing_ || closed_) return;
    if (!queue_.empty()) {
      writing_ = true;
      StartWrite(&queue_.front());  // a deque's front stays where it is
    } else if (finishing_ && !half_closed_) {
      half_closed_ = true;
      StartWritesDone();
      CloseLocked();
    }
  }
  void CloseLocked() {  // nothing is written any more; OnDone may come
    if (closed_) return;
    closed_ = true;
    RemoveHold();
  }
  void CancelLocked(const std::string& why) {
    if (why_.empty()) why_ = why;
    context_.TryCancel();
  }

  Session& session_;
  std::unique_ptr<v1::Worker::Stub> stub_;
  const uint64_t number_;
  grpc::ClientContext context_;
  v1::MasterMessage incoming_;
  std::atomic<bool> spoke_{false};
  std::shared_ptr<Stream> self_;

  std::mutex mutex_;
  std::deque<v1::WorkerMessage> queue_;  // its front is being written if writing_
  bool writing_ = false, closed_ = false, finishing_ = false, half_closed_ = false;
  std::string why_;
};

Session::Session(SessionOptions options, SessionEvents events)
    : options_(std::move(options)), events_(std::move(events)) {
  channels_.resize(options_.targets.size());
}

Session::~Session() { Stop(MonoTime()); }

Status Session::Start() {
  if (options_.targets.empty()) return InvalidArgument("session: no master to connect to");
  thread_ = NamedThread("session", [this] { Run(); });
  return OkStatus();
}

void Session::Stop(MonoTime deadline) {
  if (!thread_.joinable()) return;
  std::shared_ptr<Stream> stream;
  {
    std::unique_lock lock(mutex_);
    stopping_ = true;
    changed_.notify_all();
    stream = stream_;
  }
  if (stream) {
    stream->Finish();
    std::unique_lock lock(mutex_);
    if (!changed_.wait_until(lock, ToSteady(deadline), [&] { return stream->done_; })) {
      lock.unlock();
      stream->Cancel("stopped");
    }
  }
  thread_.join();
}

void Session::Send(uint64_t number, v1::WorkerMessage message) {
  std::shared_ptr<Stream> stream;
  {
    std::lock_guard lock(mutex_);
    stream = stream_;
  }
  if (stream && stream->number() == number) stream->Send(std::move(message));
}

void Session::Drop(uint64_t number, const std::string& reason) {
  std::shared_ptr<Stream> stream;
  {
    std::lock_guard lock(mutex_);
    stream = stream_;
  }
  if (stream && stream->number() == number) stream->Cancel(reason);
}

void Session::Run() {
  uint32_t failures = 0;
  size_t target = 0;
  for (uint64_t number = 1;; ++number) {
    const bool spoke = RunStream(options_.targets[target], number);
    quiet_ = !spoke && failures >= options_.targets.size();
    // A master that spoke was the leader, and is tried once more; one that didn't is passed over.
    failures = spoke ? 0 : failures + 1;
    if (!spoke) target = (target + 1) % options_.targets.size();
    // All are asked in one go; then they get time.
    const uint32_t rounds = failures / static_cast<uint32_t>(options_.targets.size());
    const bool round_over = spoke || failures % options_.targets.size() == 0;
    if (Backoff(round_over ? rounds + 1 : 0, number)) return;
  }
}

bool Session::RunStream(const std::string& target, uint64_t number) {
  std::shared_ptr<grpc::Channel> channel = ChannelTo(target);
  auto stream = std::make_shared<Stream>(*this, channel, number);
  stream->Begin();  // before anybody else can see it: a call that isn't begun can't be finished
  {
    std::lock_guard lock(mutex_);
    stream_ = stream;
    if (stopping_) stream->Cancel("stopped");
  }
  events_.on_opened(number, channel);
  Status why;
  {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return stream->done_; });
    stream_.reset();
    why = stream->status_;
  }
  TellEnd(target, why);
  events_.on_closed(number, why);
  return stream->spoke() && !stream->given_up();
}

// Once for an outage, not once a try.
void Session::TellEnd(const std::string& target, const Status& why) {
  const bool refused =
      why.code() == Code::kUnauthenticated || why.code() == Code::kPermissionDenied;
  const std::string text = why.ok() ? "the master closed it" : why.ToString();
  if (refused && text != refusal_) {
    GALE_ERROR("master {}: refuses this worker: {}; check the join token", target, text);
  } else if (refused || quiet_) {
    GALE_DEBUG("master {}: the stream ended: {}", target, text);
  } else {
    GALE_INFO("master {}: the stream ended: {}", target, text);
  }
  refusal_ = refused ? text : "";
}

std::shared_ptr<grpc::Channel> Session::ChannelTo(const std::string& target) {
  size_t i = 0;
  while (options_.targets[i] != target) ++i;
  if (channels_[i] == nullptr && options_.in_process) channels_[i] = options_.in_process();
  if (channels_[i] == nullptr) {
    grpc::ChannelArguments args;
    args.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
    args.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 100);
    args.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 1000);
    args.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);  // masters are near
    args.SetMaxReceiveMessageSize(static_cast<int>(limits::kGrpcMessageBytesMax));
    args.SetMaxSendMessageSize(static_cast<int>(limits::kGrpcMessageBytesMax));
    auto credentials =
        options_.credentials ? options_.credentials : grpc::InsecureChannelCredentials();
    channels_[i] = grpc::CreateCustomChannel(target, credentials, args);
  }
  return channels_[i];
}

bool Session::Backoff(uint32_t failures, uint64_t number) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, BackoffAfter(failures, options_.name, number),
                           [&] { return stopping_; });
}

}  // namespace gale::worker
