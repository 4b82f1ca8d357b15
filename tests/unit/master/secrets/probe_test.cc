#include "master/secrets/probe.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <sys/socket.h>
#include <unistd.h>

namespace gale {
namespace {

Connection At(std::string host, std::optional<int32_t> port) {
  Connection connection;
  connection.conn_type = "mine";
  connection.host = std::move(host);
  connection.port = port;
  return connection;
}

TEST(Probe, SaysWhetherTheHostTakesConnections) {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  ASSERT_EQ(bind(fd, reinterpret_cast<sockaddr*>(&address), size), 0);
  ASSERT_EQ(listen(fd, 1), 0);
  ASSERT_EQ(getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size), 0);
  const int port = ntohs(address.sin_port);
  const Probed there = ProbeConnection(At("127.0.0.1", port));
  EXPECT_TRUE(there.reached);
  EXPECT_EQ(there.message,
            fmt::format("127.0.0.1:{} takes connections (no login was tried)", port));
  EXPECT_TRUE(ProbeConnection(At("http://127.0.0.1/path", port)).reached);
  close(fd);
  const Probed gone = ProbeConnection(At("127.0.0.1", port));
  EXPECT_FALSE(gone.reached);
  EXPECT_EQ(gone.message, fmt::format("127.0.0.1:{}: Connection refused", port));
}

TEST(Probe, SaysWhatItLacks) {
  EXPECT_EQ(ProbeConnection(At("", 1)).message,
            "a connection of type 'mine' without a host's name can't be tried");
  EXPECT_FALSE(ProbeConnection(At("/var/run/postgresql", 5432)).reached);
  EXPECT_EQ(ProbeConnection(At("h", std::nullopt)).message,
            "'h' names no port, and connections of type 'mine' have no usual one");
}

}  // namespace
}  // namespace gale
