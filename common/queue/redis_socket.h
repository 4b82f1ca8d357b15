// One connected byte stream to a Redis server, over TCP, TLS or a Unix socket, every call of which
// ends at its deadline or when it is interrupted. (hiredis's own has a timeout for each read, not
// for the call, can't be interrupted, and in Debian 12 has no TLS; its reader is used in
// redis_client.cc.)
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "common/base/clock.h"
#include "common/base/status.h"
#include "common/queue/redis_url.h"

namespace gale {

// Wakes whoever waits in a RedisSocket, from another thread, for good. Thread-safe.
class RedisInterrupt {
 public:
  RedisInterrupt();
  ~RedisInterrupt();
  RedisInterrupt(const RedisInterrupt&) = delete;
  RedisInterrupt& operator=(const RedisInterrupt&) = delete;

  void Set();
  bool IsSet() const;
  int fd() const { return fd_; }

 private:
  int fd_;  // an eventfd, readable once set
};

// One thread. Errors: UNAVAILABLE (refused, broken, past the deadline), PERMISSION_DENIED (TLS: the
// server isn't who it should be, or doesn't take us), CANCELLED (interrupted). After one the stream
// is of no use. Messages don't name the server: the caller's context does.
class RedisSocket {
 public:
  // `url` says what TLS needs; `interrupt` may be null, and outlives the socket.
  static Result<std::unique_ptr<RedisSocket>> Connect(const RedisAddress& address,
                                                      const RedisUrl& url, MonoTime deadline,
                                                      const RedisInterrupt* interrupt);
  ~RedisSocket();
  RedisSocket(const RedisSocket&) = delete;
  RedisSocket& operator=(const RedisSocket&) = delete;

  Status Write(std::string_view bytes, MonoTime deadline);
  // Waits for some bytes and returns them; valid until the next call.
  Result<std::string_view> Read(MonoTime deadline);
  // False if the peer has closed, or said something that nobody asked for.
  bool Quiet() const;

 private:
  struct Tls;
  RedisSocket(int fd, const RedisInterrupt* interrupt);
  Status Wait(short events, MonoTime deadline) const;
  Status Send(std::string_view bytes, MonoTime deadline);
  Result<std::string_view> Receive(MonoTime deadline);
  Status StartTls(const RedisAddress& address, const RedisUrl& url, MonoTime deadline);
  // Moves what TLS has written out to the network, or what the network has into TLS.
  Status FlushTls(MonoTime deadline);
  Status FillTls(MonoTime deadline);

  const int fd_;
  const RedisInterrupt* const interrupt_;
  std::string buffer_;
  std::string plain_;
  std::unique_ptr<Tls> tls_;
};

}  // namespace gale
