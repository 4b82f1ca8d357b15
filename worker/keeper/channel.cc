#include "worker/keeper/channel.h"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>

#include "common/base/log.h"

namespace gale::keeper {
namespace {

constexpr int kSendBufferBytes = 1 << 20;

}  // namespace

Channel::~Channel() {
  for (int fd : pending_) close(fd);
  if (client_ >= 0) close(client_);
  if (listener_ >= 0) close(listener_);
}

Status Channel::Listen(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) {
    return InvalidArgument(
        "keeper socket '{}': the path is {} bytes long, Unix sockets take {}; "
        "choose a shorter worker home",
        path, path.size(), sizeof address.sun_path - 1);
  }
  memcpy(address.sun_path, path.data(), path.size());
  unlink(path.c_str());
  listener_ = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  mode_t before = umask(0177);
  bool bound =
      listener_ >= 0 && bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  int error = errno;
  umask(before);
  if (!bound || listen(listener_, kPendingMax) != 0) {
    return FailedPrecondition("keeper socket '{}': {}", path, strerror(bound ? errno : error));
  }
  Watch(listener_, EPOLL_CTL_ADD, EPOLLIN);
  return OkStatus();
}

void Channel::Watch(int fd, int operation, uint32_t events) {
  epoll_event event{.events = events, .data = {.fd = fd}};
  GALE_CHECK(epoll_ctl(epoll_, operation, fd, &event) == 0, "epoll: {}", strerror(errno));
}

bool Channel::OnReady(int fd, uint32_t events) {
  if (fd == listener_) return Accept(), true;
  if (pending_.contains(fd)) return Greet(fd), true;
  if (fd != client_) return false;
  if (events & EPOLLOUT) Flush();
  if (client_ == fd && (events & (EPOLLIN | EPOLLHUP | EPOLLERR))) ReadClient();
  return true;
}

void Channel::Accept() {
  int fd = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (fd < 0) return;
  ucred peer{};
  socklen_t size = sizeof peer;
  bool ours = getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 &&
              (peer.uid == geteuid() || peer.uid == 0);
  if (!ours || pending_.size() >= kPendingMax) {
    GALE_WARN("turned away a connection of uid {}, pid {}", peer.uid, peer.pid);
    close(fd);
    return;
  }
  setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &kSendBufferBytes, sizeof kSendBufferBytes);
  pending_.insert(fd);
  Watch(fd, EPOLL_CTL_ADD, EPOLLIN);
}

// The first message makes a connection the client; until then it may as well be a look whether a
// keeper lives.
void Channel::Greet(int fd) {
  Result<Message> first = ReceivePacket(fd);
  if (!first.ok() && first.status().code() == Code::kCancelled) return;
  pending_.erase(fd);
  const Hello* hello = first.ok() ? std::get_if<Hello>(&*first) : nullptr;
  bool full;
  Status sent;
  if (hello != nullptr) sent = SendPacket(fd, Encode(Welcome{.pid = getpid()}), &full);
  if (hello == nullptr || hello->version != kProtocolVersion || !sent.ok()) {
    if (hello != nullptr) GALE_WARN("a client of protocol version {} is let go", hello->version);
    close(fd);
    return;
  }
  if (client_ >= 0) DropClient("a newer one takes over");
  client_ = fd;
  GALE_INFO("a client has connected");
}

void Channel::ReadClient() {
  for (int i = 0; i < kReadsAtOnce && client_ >= 0; ++i) {
    Result<Message> message = ReceivePacket(client_);
    if (message.ok()) {
      on_message_(std::move(*message));
    } else if (message.status().code() == Code::kCancelled) {
      return;
    } else if (message.status().code() == Code::kInvalidArgument) {
      GALE_ERROR("{}", message.status().ToString());
      Send(Refused{std::string(message.status().message())});
    } else {
      return DropClient(message.status().message());
    }
  }
}

void Channel::DropClient(std::string_view why) {
  GALE_INFO("the client is gone: {}", why);
  close(client_);
  client_ = -1;
  watching_out_ = false;
  queue_.clear();
}

void Channel::Send(const Message& message) {
  if (client_ < 0) return;
  if (queue_.size() >= kQueueMessagesMax) return DropClient("it reads nothing");
  queue_.push_back(Encode(message));
  if (queue_.size() == 1) Flush();
}

void Channel::Flush() {
  bool full = false;
  while (!queue_.empty()) {
    if (Status s = SendPacket(client_, queue_.front(), &full); !s.ok()) {
      if (!full) return DropClient(s.message());
      break;
    }
    queue_.pop_front();
  }
  if (full == watching_out_) return;
  Watch(client_, EPOLL_CTL_MOD, full ? EPOLLIN | EPOLLOUT : EPOLLIN);
  watching_out_ = full;
}

}  // namespace gale::keeper
