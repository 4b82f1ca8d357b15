// TLS on bytes in memory: what goes to and comes from the network passes through TakeOutput and
// PutInput, so that whoever owns the socket keeps deadlines and interrupts. Client side. One
// thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "common/base/status.h"
#include "common/queue/redis_url.h"

struct ssl_st;

namespace gale {

class RedisTlsSession {
 public:
  // `host` is whom the server's certificate must name. INVALID_ARGUMENT: a file of `url` can't be
  // used.
  static Result<RedisTlsSession> Make(const std::string& host, const RedisUrl& url);

  // True when done, false when it needs more input. PERMISSION_DENIED: the server isn't trusted.
  Result<bool> Handshake();
  Status Encrypt(std::string_view plain);
  // Appends all that can be read by now.
  Status Decrypt(std::string& plain);

  std::string TakeOutput();
  void PutInput(std::string_view bytes);

 private:
  struct Free {
    void operator()(ssl_st* ssl) const;
  };
  explicit RedisTlsSession(ssl_st* ssl) : ssl_(ssl) {}
  std::unique_ptr<ssl_st, Free> ssl_;
};

}  // namespace gale
