#include "common/queue/redis_resolve.h"

#include <netdb.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <atomic>
#include <cstring>
#include <future>
#include <thread>

namespace gale {
namespace {

using Found = Result<std::vector<SocketAddress>>;

// Look-ups that a dead name service holds; each has a thread that nobody can end.
constexpr int kLookupsMax = 8;
std::atomic<int> lookups{0};

Found Lookup(const std::string& host, uint16_t port, int flags) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = flags | AI_NUMERICSERV;
  addrinfo* list = nullptr;
  const int error = getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &list);
  if (error != 0) return Unavailable("the name can't be resolved: {}", gai_strerror(error));
  std::vector<SocketAddress> found;
  for (addrinfo* at = list; at != nullptr; at = at->ai_next) {
    SocketAddress& address = found.emplace_back();
    std::memcpy(&address.storage, at->ai_addr, at->ai_addrlen);
    address.size = at->ai_addrlen;
  }
  freeaddrinfo(list);
  return found;
}

Found UnixAddress(const std::string& path) {
  SocketAddress address;
  auto* where = reinterpret_cast<sockaddr_un*>(&address.storage);
  if (path.size() >= sizeof where->sun_path) {
    return InvalidArgument("the path of the Unix socket has {} bytes; {} is the most", path.size(),
                           sizeof where->sun_path - 1);
  }
  where->sun_family = AF_UNIX;
  std::memcpy(where->sun_path, path.data(), path.size());
  address.size = sizeof(sockaddr_un);
  return std::vector<SocketAddress>{address};
}

}  // namespace

Result<std::vector<SocketAddress>> ResolveRedis(const RedisAddress& address, MonoTime deadline) {
  if (!address.path.empty()) return UnixAddress(address.path);
  if (Found literal = Lookup(address.host, address.port, AI_NUMERICHOST); literal.ok()) {
    return literal;  // without a thread
  }
  if (lookups.fetch_add(1) >= kLookupsMax) {
    --lookups;
    return Unavailable("the name can't be resolved: the name service doesn't answer");
  }
  std::promise<Found> promise;
  std::future<Found> answer = promise.get_future();
  std::thread([promise = std::move(promise), host = address.host, port = address.port]() mutable {
    promise.set_value(Lookup(host, port, 0));
    --lookups;
  }).detach();
  if (answer.wait_for(deadline - Clock::Real().Mono()) != std::future_status::ready) {
    return Unavailable("the name can't be resolved: no answer from the name service in time");
  }
  return answer.get();
}

}  // namespace gale
