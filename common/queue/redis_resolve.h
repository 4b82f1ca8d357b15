// Finds the network addresses of a Redis by a deadline, which getaddrinfo alone doesn't know.
#pragma once

#include <sys/socket.h>

#include <vector>

#include "common/base/clock.h"
#include "common/base/status.h"
#include "common/queue/redis_url.h"

namespace gale {

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;
};

// In the order to try them. UNAVAILABLE: unknown, or the name service didn't answer in time.
// INVALID_ARGUMENT: the Unix socket's path is too long. Thread-safe.
Result<std::vector<SocketAddress>> ResolveRedis(const RedisAddress& address, MonoTime deadline);

}  // namespace gale
