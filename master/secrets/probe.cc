#include "master/secrets/probe.h"

#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>

namespace gale {
namespace {

constexpr int kAddressesMax = 4;

struct UsualPort {
  std::string_view type;  // of a connection, or a host's protocol
  int32_t port;
};
constexpr UsualPort kUsualPorts[] = {
    {"http", 80},        {"https", 443},   {"postgres", 5432},     {"mysql", 3306},
    {"redis", 6379},     {"ssh", 22},      {"sftp", 22},           {"ftp", 21},
    {"mssql", 1433},     {"oracle", 1521}, {"mongo", 27017},       {"elasticsearch", 9200},
    {"hive_cli", 10000}, {"livy", 8998},   {"hiveserver2", 10000}, {"vertica", 5433},
    {"cassandra", 9042}, {"smtp", 25},     {"imap", 993},          {"presto", 8080},
    {"trino", 8080},     {"druid", 8082},  {"kafka", 9092},        {"snowflake", 443},
    {"databricks", 443}, {"slack", 443},   {"samba", 445},         {"vault", 8200}};

std::optional<int32_t> PortOf(const Connection& connection, std::string_view protocol) {
  if (connection.port) return connection.port;
  for (std::string_view type : {protocol, std::string_view(connection.conn_type)}) {
    const auto* found = std::ranges::find(kUsualPorts, type, &UsualPort::type);
    if (found != std::end(kUsualPorts)) return found->port;
  }
  return std::nullopt;
}

// 0, or an errno.
int Connect(const addrinfo& address, Duration timeout) {
  const int fd = socket(address.ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return errno;
  int error = connect(fd, address.ai_addr, address.ai_addrlen) == 0 ? 0 : errno;
  if (error == EINPROGRESS) {
    pollfd waits{fd, POLLOUT, 0};
    const auto millis = std::chrono::ceil<std::chrono::milliseconds>(timeout).count();
    const int ready = poll(&waits, 1, static_cast<int>(millis));
    socklen_t size = sizeof error;
    if (ready == 0) {
      error = ETIMEDOUT;
    } else if (ready < 0 || getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0) {
      error = errno;
    }
  }
  close(fd);
  return error;
}

}  // namespace

Probed ProbeConnection(const Connection& connection, Duration timeout) {
  std::string_view host = connection.host, protocol;
  if (const size_t end = host.find("://"); end != std::string_view::npos) {
    protocol = host.substr(0, end);
    host = host.substr(end + 3);
    host = host.substr(0, host.find('/'));
  }
  if (host.empty() || host.starts_with('/')) {
    return {false, fmt::format("a connection of type '{}' without a host's name can't be tried",
                               connection.conn_type)};
  }
  const std::optional<int32_t> port = PortOf(connection, protocol);
  if (!port) {
    return {false, fmt::format("'{}' names no port, and connections of type '{}' have no usual one",
                               host, connection.conn_type)};
  }
  const std::string where = fmt::format("{}:{}", host, *port);
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (const int error =
          getaddrinfo(std::string(host).c_str(), std::to_string(*port).c_str(), &hints, &found);
      error != 0) {
    return {false, fmt::format("{}: {}", where, gai_strerror(error))};
  }
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> addresses(found, &freeaddrinfo);
  int error = EADDRNOTAVAIL, tried = 0;
  for (const addrinfo* each = found; each != nullptr && tried < kAddressesMax;
       each = each->ai_next, ++tried) {
    error = Connect(*each, timeout);
    if (error == 0) {
      return {true, fmt::format("{} takes connections (no login was tried)", where)};
    }
  }
  return {false, fmt::format("{}: {}", where, std::strerror(error))};
}

}  // namespace gale
