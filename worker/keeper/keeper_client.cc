#include "worker/keeper/keeper_client.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <condition_variable>
#include <cstring>
#include <deque>
#include <map>
#include <mutex>
#include <thread>

#include "common/base/log.h"

namespace gale::keeper {
namespace {

constexpr int kSendBufferBytes = 1 << 20;
constexpr int kWelcomeMs = 5'000;

Result<Welcome> Greet(int fd) {
  bool full;
  GALE_RETURN_IF_ERROR(SendPacket(fd, Encode(Hello{}), &full));
  pollfd p{.fd = fd, .events = POLLIN};
  if (poll(&p, 1, kWelcomeMs) <= 0) return Unavailable("the keeper does not answer");
  GALE_ASSIGN_OR_RETURN(Message message, ReceivePacket(fd));
  const Welcome* welcome = std::get_if<Welcome>(&message);
  if (welcome == nullptr) return Internal("the keeper answers Hello with {}", message.index());
  if (welcome->version != kProtocolVersion) {
    return FailedPrecondition(
        "the keeper (pid {}) speaks version {} of its protocol, this worker {}; "
        "let the old worker's tasks end first",
        welcome->pid, welcome->version, kProtocolVersion);
  }
  return *welcome;
}

}  // namespace

class KeeperClient::Impl {
 public:
  Impl(int fd, int32_t keeper_pid, KeeperEvents events)
      : fd_(fd),
        wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
        keeper_pid_(keeper_pid),
        events_(std::move(events)),
        reader_([this] { Read(); }) {}

  ~Impl() {
    GALE_CHECK(!InReader(), "a KeeperClient is destroyed by its own callback");
    {
      std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    Wake();
    reader_.join();
    close(fd_);
    close(wake_);
  }

  Status Send(const Message& message) {
    std::string bytes = Encode(message);
    if (bytes.size() > kMessageBytesMax) {
      return ResourceExhausted("keeper message of {} bytes: at most {} (kMessageBytesMax) go",
                               bytes.size(), kMessageBytesMax);
    }
    std::lock_guard lock(mutex_);
    if (!closed_.ok()) return closed_;
    if (queue_.empty()) {
      bool full;
      Status sent = SendPacket(fd_, bytes, &full);
      if (sent.ok() || !full) return sent;
    }
    if (queue_bytes_ + bytes.size() > kQueueBytesMax) {
      return Unavailable("the keeper (pid {}) takes nothing: {} bytes wait", keeper_pid_,
                         queue_bytes_);
    }
    queue_bytes_ += bytes.size();
    queue_.push_back(std::move(bytes));
    Wake();
    return OkStatus();
  }

  Result<Listing> GetList(Duration timeout) {
    if (InReader()) return FailedPrecondition("List is not for the keeper's callbacks");
    uint32_t id = Ask();
    Status sent = Send(keeper::List{id});
    std::unique_lock lock(mutex_);
    Question& q = questions_[id];
    bool in_time =
        changed_.wait_for(lock, timeout, [&] { return q.answered || !closed_.ok() || !sent.ok(); });
    Question answer = std::move(q);
    questions_.erase(id);
    if (answer.answered) return std::move(answer.listing);
    if (!sent.ok()) return sent;
    if (in_time) return closed_;
    return DeadlineExceeded("keeper list: no answer in {} s", Seconds(timeout));
  }

  Status End(bool force, Duration timeout) {
    if (InReader()) return FailedPrecondition("Shutdown is not for the keeper's callbacks");
    uint32_t id = Ask();
    Status sent = Send(keeper::Shutdown{id, force});
    std::unique_lock lock(mutex_);
    Question& q = questions_[id];
    bool in_time = changed_.wait_for(
        lock, timeout, [&] { return !q.refusal.empty() || !closed_.ok() || !sent.ok(); });
    Question answer = std::move(q);
    questions_.erase(id);
    if (!answer.refusal.empty()) return FailedPrecondition("keeper: {}", answer.refusal);
    if (!sent.ok()) return sent;
    if (in_time && answer.answered) return OkStatus();
    if (in_time) return closed_;
    return DeadlineExceeded("keeper shutdown: not gone in {} s", Seconds(timeout));
  }

  int32_t keeper_pid() const { return keeper_pid_; }

 private:
  struct Question {
    bool answered = false;
    std::string refusal;
    Listing listing;
  };

  bool InReader() const { return reading == this; }

  void Wake() {
    uint64_t one = 1;
    [[maybe_unused]] ssize_t n = write(wake_, &one, sizeof one);
  }

  uint32_t Ask() {
    std::lock_guard lock(mutex_);
    questions_[++last_id_];
    return last_id_;
  }

  // The reader thread.
  void Read() {
    reading = this;
    for (;;) {
      pollfd p[2] = {{.fd = fd_, .events = POLLIN}, {.fd = wake_, .events = POLLIN}};
      {
        std::lock_guard lock(mutex_);
        if (stopping_) return;
        if (!queue_.empty()) p[0].events |= POLLOUT;
      }
      if (poll(p, 2, -1) < 0) continue;
      if (p[1].revents != 0) {
        uint64_t count;
        [[maybe_unused]] ssize_t n = read(wake_, &count, sizeof count);
      }
      if (p[0].revents & POLLOUT) Flush();
      if (!(p[0].revents & (POLLIN | POLLHUP | POLLERR))) continue;
      if (Status gone = ReadAll(); !gone.ok()) return Closed(gone);
    }
  }

  void Flush() {
    std::lock_guard lock(mutex_);
    for (bool full = false; !queue_.empty() && !full;) {
      Status sent = SendPacket(fd_, queue_.front(), &full);
      if (full) return;
      if (!sent.ok()) GALE_WARN("{}", sent.ToString());  // the close itself is read
      queue_bytes_ -= queue_.front().size();
      queue_.pop_front();
    }
  }

  Status ReadAll() {
    for (;;) {
      Result<Message> message = ReceivePacket(fd_);
      if (message.ok()) {
        Dispatch(std::move(*message));
      } else if (message.status().code() == Code::kCancelled) {
        return OkStatus();
      } else if (message.status().code() == Code::kInvalidArgument) {
        GALE_ERROR("from the keeper: {}", message.status().ToString());
      } else {
        return message.status();
      }
    }
  }

  void Dispatch(Message&& message) {
    if (auto* m = std::get_if<Started>(&message)) return Tell(std::move(*m));
    if (auto* m = std::get_if<StartFailed>(&message)) return Tell(std::move(*m));
    if (auto* m = std::get_if<Exited>(&message)) return Tell(std::move(*m));
    if (auto* m = std::get_if<Refused>(&message)) {
      GALE_ERROR("the keeper refused a message: {}", m->reason);
      return;
    }
    std::lock_guard lock(mutex_);
    if (auto* m = std::get_if<ListRunning>(&message)) {
      if (Question* q = Find(m->id)) q->listing.running.push_back(std::move(m->running));
    } else if (auto* m = std::get_if<ListExited>(&message)) {
      if (Question* q = Find(m->id)) q->listing.exited.push_back(std::move(m->exited));
    } else if (auto* m = std::get_if<ListEnd>(&message)) {
      if (Question* q = Find(m->id)) q->answered = true;
      changed_.notify_all();
    } else if (auto* m = std::get_if<ShutdownAnswer>(&message)) {
      if (Question* q = Find(m->id)) q->answered = true, q->refusal = std::move(m->refusal);
      changed_.notify_all();
    }
  }

  Question* Find(uint32_t id) {
    auto it = questions_.find(id);
    return it == questions_.end() ? nullptr : &it->second;
  }

  void Tell(KeeperEvent event) {
    if (events_.on_event) events_.on_event(event);
  }

  void Closed(const Status& why) {
    bool stopping;
    {
      std::lock_guard lock(mutex_);
      closed_ = why;
      stopping = stopping_;
      changed_.notify_all();
    }
    if (!stopping && events_.on_closed) events_.on_closed(why);
  }

  static inline thread_local const Impl* reading = nullptr;  // whose reader this thread is

  const int fd_;
  const int wake_;
  const int32_t keeper_pid_;
  const KeeperEvents events_;

  std::mutex mutex_;
  std::condition_variable changed_;
  Status closed_;  // OK while the connection is
  bool stopping_ = false;
  std::deque<std::string> queue_;  // what the socket did not take yet
  size_t queue_bytes_ = 0;
  uint32_t last_id_ = 0;
  std::map<uint32_t, Question> questions_;
  std::thread reader_;  // last: it uses all of the above
};

KeeperClient::KeeperClient(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
KeeperClient::~KeeperClient() = default;

Result<std::unique_ptr<KeeperClient>> KeeperClient::Connect(const std::string& socket_path,
                                                            KeeperEvents events) {
  GALE_ASSIGN_OR_RETURN(int fd, ConnectSocket(socket_path));
  setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &kSendBufferBytes, sizeof kSendBufferBytes);
  Result<Welcome> welcome = Greet(fd);
  if (!welcome.ok()) {
    close(fd);
    return welcome.status().WithContext(socket_path);
  }
  auto impl = std::make_unique<Impl>(fd, welcome->pid, std::move(events));
  return std::unique_ptr<KeeperClient>(new KeeperClient(std::move(impl)));
}

Status KeeperClient::Spawn(const SpawnRequest& request) {
  GALE_RETURN_IF_ERROR(CheckKey(request.key));
  return impl_->Send(request);
}

Status KeeperClient::Kill(const std::string& key, const std::string& reason) {
  GALE_RETURN_IF_ERROR(CheckKey(key));
  return impl_->Send(keeper::Kill{key, reason.substr(0, kReasonBytesMax)});
}

Status KeeperClient::Fence(Duration from_now) {
  int64_t now = BootNowUs();
  // "For ever" must not overflow.
  int64_t until = from_now.count() > INT64_MAX - now ? INT64_MAX : now + from_now.count();
  return impl_->Send(keeper::Fence{until});
}

Status KeeperClient::Take(const std::string& key) {
  GALE_RETURN_IF_ERROR(CheckKey(key));
  return impl_->Send(keeper::Take{key});
}

Result<Listing> KeeperClient::List(Duration timeout) { return impl_->GetList(timeout); }
Status KeeperClient::Shutdown(bool force, Duration timeout) { return impl_->End(force, timeout); }
int32_t KeeperClient::keeper_pid() const { return impl_->keeper_pid(); }

}  // namespace gale::keeper
