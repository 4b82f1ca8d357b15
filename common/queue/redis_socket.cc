#include "common/queue/redis_socket.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <vector>

#include "common/queue/redis_resolve.h"
#include "common/queue/redis_tls.h"

namespace gale {
namespace {

constexpr size_t kReadBytes = 64 << 10;
constexpr int kKeepAliveIdleSeconds = 30;
constexpr int kKeepAliveIntervalSeconds = 10;

std::string Reason(int error) { return std::strerror(error); }

void KeepAlive(int fd) {
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
  setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &kKeepAliveIdleSeconds, sizeof kKeepAliveIdleSeconds);
  setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &kKeepAliveIntervalSeconds,
             sizeof kKeepAliveIntervalSeconds);
}

}  // namespace

RedisInterrupt::RedisInterrupt() : fd_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  GALE_CHECK(fd_ >= 0, "eventfd: {}", Reason(errno));
}
RedisInterrupt::~RedisInterrupt() { close(fd_); }
void RedisInterrupt::Set() { eventfd_write(fd_, 1); }
bool RedisInterrupt::IsSet() const {
  pollfd poll_fd{.fd = fd_, .events = POLLIN};
  return poll(&poll_fd, 1, 0) > 0;
}

RedisSocket::RedisSocket(int fd, const RedisInterrupt* interrupt)
    : fd_(fd), interrupt_(interrupt), buffer_(kReadBytes, '\0') {}
RedisSocket::~RedisSocket() { close(fd_); }

Result<std::unique_ptr<RedisSocket>> RedisSocket::Connect(const RedisAddress& address,
                                                          const RedisUrl& url, MonoTime deadline,
                                                          const RedisInterrupt* interrupt) {
  GALE_ASSIGN_OR_RETURN(std::vector<SocketAddress> candidates, ResolveRedis(address, deadline));
  Status last = Unavailable("its name has no address");
  for (const SocketAddress& candidate : candidates) {
    const int fd =
        socket(candidate.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) return Unavailable("socket: {}", Reason(errno));
    std::unique_ptr<RedisSocket> self(new RedisSocket(fd, interrupt));
    int error = 0;
    if (connect(fd, reinterpret_cast<const sockaddr*>(&candidate.storage), candidate.size) != 0) {
      error = errno;
    }
    if (error == EINPROGRESS) {
      last = self->Wait(POLLOUT, deadline);
      if (!last.ok()) return last;
      socklen_t size = sizeof error;
      getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
    }
    if (error != 0) {
      last = Unavailable("connect: {} (is it running, and is this its address?)", Reason(error));
      continue;
    }
    if (candidate.storage.ss_family != AF_UNIX) KeepAlive(fd);
    if (url.tls) GALE_RETURN_IF_ERROR(self->StartTls(address, url, deadline));
    return self;
  }
  return last;
}

Status RedisSocket::Wait(short events, MonoTime deadline) const {
  for (;;) {
    const Duration left = deadline - Clock::Real().Mono();
    const auto milliseconds = std::chrono::ceil<std::chrono::milliseconds>(left).count();
    pollfd fds[2] = {{.fd = fd_, .events = events},
                     {.fd = interrupt_ ? interrupt_->fd() : -1, .events = POLLIN}};
    const int ready = poll(fds, 2, static_cast<int>(std::clamp<int64_t>(milliseconds, 0, 1 << 30)));
    if (ready < 0 && errno != EINTR) return Unavailable("poll: {}", Reason(errno));
    if (ready > 0 && fds[1].revents != 0) return Cancelled("interrupted");
    if (ready > 0) return OkStatus();
    if (ready == 0 && left <= Duration(0)) return Unavailable("no answer in time");
  }
}

Status RedisSocket::Send(std::string_view bytes, MonoTime deadline) {
  while (!bytes.empty()) {
    const ssize_t sent = send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent >= 0) {
      bytes.remove_prefix(static_cast<size_t>(sent));
    } else if (errno == EAGAIN) {
      GALE_RETURN_IF_ERROR(Wait(POLLOUT, deadline));
    } else if (errno != EINTR) {
      return Unavailable("connection lost: {}", Reason(errno));
    }
  }
  return OkStatus();
}

Result<std::string_view> RedisSocket::Receive(MonoTime deadline) {
  for (;;) {
    const ssize_t got = recv(fd_, buffer_.data(), buffer_.size(), 0);
    if (got > 0) return std::string_view(buffer_.data(), static_cast<size_t>(got));
    if (got == 0) return Unavailable("the server closed the connection");
    if (errno == EAGAIN) {
      GALE_RETURN_IF_ERROR(Wait(POLLIN, deadline));
    } else if (errno != EINTR) {
      return Unavailable("connection lost: {}", Reason(errno));
    }
  }
}

bool RedisSocket::Quiet() const {
  pollfd poll_fd{.fd = fd_, .events = POLLIN | POLLRDHUP};
  return poll(&poll_fd, 1, 0) == 0;
}

// TLS: OpenSSL works on buffers in memory; the bytes between them and the network go the same way
// as plain ones, so deadlines and interrupts hold here too.

struct RedisSocket::Tls {
  RedisTlsSession session;
};

Status RedisSocket::StartTls(const RedisAddress& address, const RedisUrl& url, MonoTime deadline) {
  GALE_ASSIGN_OR_RETURN(RedisTlsSession session, RedisTlsSession::Make(address.host, url));
  tls_ = std::make_unique<Tls>(Tls{std::move(session)});
  for (;;) {
    Result<bool> done = tls_->session.Handshake();
    Status flushed = FlushTls(deadline);  // before looking at the result: an alert must go out
    if (!done.ok()) return done.status();
    GALE_RETURN_IF_ERROR(flushed);
    if (*done) return OkStatus();
    GALE_RETURN_IF_ERROR(
        FillTls(deadline).WithContext("TLS handshake (does the server speak TLS?)"));
  }
}

Status RedisSocket::FlushTls(MonoTime deadline) {
  return Send(tls_->session.TakeOutput(), deadline);
}

Status RedisSocket::FillTls(MonoTime deadline) {
  GALE_ASSIGN_OR_RETURN(std::string_view bytes, Receive(deadline));
  tls_->session.PutInput(bytes);
  return OkStatus();
}

Status RedisSocket::Write(std::string_view bytes, MonoTime deadline) {
  if (!tls_) return Send(bytes, deadline);
  GALE_RETURN_IF_ERROR(tls_->session.Encrypt(bytes));
  return FlushTls(deadline);
}

Result<std::string_view> RedisSocket::Read(MonoTime deadline) {
  if (!tls_) return Receive(deadline);
  for (;;) {
    plain_.clear();
    GALE_RETURN_IF_ERROR(tls_->session.Decrypt(plain_));
    if (!plain_.empty()) return std::string_view(plain_);
    GALE_RETURN_IF_ERROR(FillTls(deadline));
  }
}

}  // namespace gale
