#include "worker/keeper/protocol.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

namespace gale::keeper {
namespace {

SpawnRequest Request() {
  return {
      .key = "1.2.-1.1",
      .argv = {"sh", "-c", "true"},
      .env = {"A=1", "B="},
      .cwd = "/tmp",
      .log_path = "/tmp/log",
      .kill_grace = std::chrono::seconds(7),
      .timeout = Duration(1),
      .templates = {{.id = "file", .argv = {"python3"}, .env = {"C=3"}, .import_max = Duration(5)},
                    {.id = "sdk", .argv = {"python3"}, .env = {}, .cwd = "/srv"}},
      .templates_max = 3};
}

// What a worker of before templates says, and a keeper of before reads.
size_t BytesBeforeTemplates() {
  SpawnRequest r = Request();
  r.templates.clear();
  return Encode(r).size() - (4 + 4 + 8);
}

TEST(KeeperProtocol, AMessageComesBackAsItWas) {
  auto decoded = Decode(Encode(Request()));
  ASSERT_TRUE(decoded.ok()) << decoded.status().ToString();
  const SpawnRequest& r = std::get<SpawnRequest>(*decoded);
  EXPECT_EQ(r.argv, Request().argv);
  EXPECT_EQ(r.env, Request().env);
  EXPECT_EQ(r.kill_grace, std::chrono::seconds(7));
  EXPECT_EQ(r.timeout, Duration(1));
  ASSERT_EQ(r.templates.size(), 2u);
  EXPECT_EQ(r.templates[0].id, "file");
  EXPECT_EQ(r.templates[0].env, (std::vector<std::string>{"C=3"}));
  EXPECT_EQ(r.templates[0].import_max, Duration(5));
  EXPECT_EQ(r.templates[1].cwd, "/srv");
  EXPECT_EQ(r.templates_max, 3u);

  Exited exit{.key = "k",
              .pid = 7,
              .exit_code = -1,
              .signal = 9,
              .timed_out = true,
              .reason = "why",
              .ended_at = TimePoint(Duration(123)),
              .max_rss_bytes = 1LL << 40};
  auto again = Decode(Encode(exit));
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(std::get<Exited>(*again).exit_code, -1);
  EXPECT_EQ(std::get<Exited>(*again).reason, "why");
  EXPECT_EQ(std::get<Exited>(*again).max_rss_bytes, 1LL << 40);
  EXPECT_TRUE(std::get<Exited>(*again).timed_out);
  EXPECT_FALSE(std::get<Exited>(*again).fenced);
}

TEST(KeeperProtocol, WhateverIsCutOffIsRefusedAndNeverCrashes) {
  std::string whole = Encode(Request());
  for (size_t n = 0; n < whole.size(); ++n) {
    if (n == BytesBeforeTemplates()) continue;
    EXPECT_FALSE(Decode(std::string_view(whole).substr(0, n)).ok()) << n;
  }
  std::string wild = whole;
  for (size_t i = 1; i < wild.size(); ++i) {
    wild = whole;
    wild[i] = '\xff';
    (void)Decode(wild).ok();
  }
  EXPECT_FALSE(Decode("\x7e").ok());
  EXPECT_FALSE(Decode(std::string("\0", 1)).ok());
}

TEST(KeeperProtocol, AWorkerOfBeforeTemplatesIsUnderstood) {
  auto decoded = Decode(Encode(Request()).substr(0, BytesBeforeTemplates()));
  ASSERT_TRUE(decoded.ok()) << decoded.status().ToString();
  EXPECT_EQ(std::get<SpawnRequest>(*decoded).timeout, Duration(1));
  EXPECT_TRUE(std::get<SpawnRequest>(*decoded).templates.empty());
}

TEST(KeeperProtocol, ANewerPeersExtraFieldsAreIgnored) {
  EXPECT_TRUE(Decode(Encode(Take{"k"}) + "a field of the future").ok());
}

TEST(KeeperProtocol, KeysThatAreNoFileNamesAreRefused) {
  EXPECT_TRUE(CheckKey("17.3.-1.2").ok());
  for (const char* bad : {"", ".", "..", ".hidden", "a/b", "a b", "ä"}) {
    EXPECT_FALSE(CheckKey(bad).ok()) << bad;
  }
  EXPECT_TRUE(CheckKey(std::string(kKeyBytesMax, 'a')).ok());
  EXPECT_FALSE(CheckKey(std::string(kKeyBytesMax + 1, 'a')).ok());
}

TEST(KeeperProtocol, LargeMessagesGoByMemfdAndTooLargeOnesAreRefused) {
  int fds[2];
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds), 0);
  SpawnRequest request = Request();
  request.env.assign(3, std::string(1 << 20, 'x'));
  bool full;
  ASSERT_TRUE(SendPacket(fds[0], Encode(request), &full).ok());
  auto received = ReceivePacket(fds[1]);
  ASSERT_TRUE(received.ok()) << received.status().ToString();
  EXPECT_EQ(std::get<SpawnRequest>(*received).env, request.env);
  EXPECT_EQ(ReceivePacket(fds[1]).status().code(), Code::kCancelled);

  request.env.assign(9, std::string(1 << 20, 'x'));
  EXPECT_EQ(SendPacket(fds[0], Encode(request), &full).code(), Code::kResourceExhausted);
  close(fds[0]);
  EXPECT_EQ(ReceivePacket(fds[1]).status().code(), Code::kUnavailable);
  close(fds[1]);
}

}  // namespace
}  // namespace gale::keeper
