// The Redis URLs that users write.
#include "common/queue/redis_url.h"

#include <gtest/gtest.h>

#include "common/queue/redis_queue.h"

namespace gale {
namespace {

RedisUrl Parsed(std::string_view text) {
  auto url = RedisUrl::Parse(text);
  EXPECT_TRUE(url.ok()) << text << ": " << url.status().ToString();
  return url.ok() ? *url : RedisUrl{};
}
std::string Refusal(std::string_view text) {
  auto url = RedisUrl::Parse(text);
  EXPECT_FALSE(url.ok()) << text;
  EXPECT_EQ(url.status().code(), Code::kInvalidArgument);
  return std::string(url.status().message());
}

TEST(RedisUrl, HostAloneHasRedisPortAndNoCredentials) {
  const RedisUrl url = Parsed("redis://db1");
  EXPECT_EQ(url.Describe(), "db1:6379");
  EXPECT_EQ(url.user + url.password, "");
  EXPECT_EQ(url.db, 0u);
  EXPECT_FALSE(url.tls);
}

TEST(RedisUrl, UserPasswordPortAndDatabaseArePercentDecoded) {
  const RedisUrl url = Parsed("rediss://a%40b:p%3A%2F%25w@10.0.0.1:7000/3");
  EXPECT_EQ(url.user, "a@b");
  EXPECT_EQ(url.password, "p:/%w");
  EXPECT_EQ(url.addresses[0], (RedisAddress{.host = "10.0.0.1", .port = 7000}));
  EXPECT_EQ(url.db, 3u);
  EXPECT_TRUE(url.tls);
  EXPECT_TRUE(url.tls_verify);
}

TEST(RedisUrl, AUserMayHaveNoPasswordAndAPasswordNoUser) {
  EXPECT_EQ(Parsed("redis://airflow@redis:6379/0").user, "airflow");
  EXPECT_EQ(Parsed("redis://airflow@redis:6379/0").password, "");
  EXPECT_EQ(Parsed("redis://:secret@redis").user, "");
  EXPECT_EQ(Parsed("redis://:secret@redis").password, "secret");
}

TEST(RedisUrl, APasswordWithAnAtSignCountsUpToTheLastOne) {
  EXPECT_EQ(Parsed("redis://u:p@ss@redis").password, "p@ss");
}

TEST(RedisUrl, Ipv6StandsInBrackets) {
  EXPECT_EQ(Parsed("redis://[::1]:7000/1").Describe(), "[::1]:7000");
  EXPECT_EQ(Parsed("redis://[fe80::1]").addresses[0].host, "fe80::1");
}

TEST(RedisUrl, SentinelsAreAListAndThenTheMastersName) {
  const RedisUrl url =
      Parsed("redis+sentinel://u:p@a:26380,b,[::1]:5/main/2?sentinel_password=x%20y");
  EXPECT_EQ(url.Describe(), "sentinel 'main' (a:26380, b:26379, [::1]:5)");
  EXPECT_EQ(url.sentinel_password, "x y");
  EXPECT_EQ(url.password, "p");
  EXPECT_EQ(url.db, 2u);
  EXPECT_EQ(Parsed("sentinel://host:26379,host2/mastername").sentinel_master, "mastername");
  EXPECT_TRUE(Parsed("rediss+sentinel://a/main").tls);
}

TEST(RedisUrl, UnixSockets) {
  const RedisUrl url = Parsed("unix://:secret@/run/redis/a%20b.sock?db=4");
  EXPECT_EQ(url.addresses[0].path, "/run/redis/a b.sock");
  EXPECT_EQ(url.password, "secret");
  EXPECT_EQ(url.db, 4u);
  EXPECT_EQ(Parsed("redis+socket:///tmp/s?virtual_host=1").db, 1u);
}

TEST(RedisUrl, TlsOptionsAreThoseOfRedisPy) {
  const RedisUrl url =
      Parsed("rediss://h?ssl_ca_certs=/ca.pem&ssl_certfile=/c&ssl_keyfile=/k&ssl_cert_reqs=none");
  EXPECT_EQ(url.tls_ca_file + url.tls_cert_file + url.tls_key_file, "/ca.pem/c/k");
  EXPECT_FALSE(url.tls_verify);
}

TEST(RedisUrl, RefusalsSayWhatIsWrong) {
  EXPECT_NE(Refusal("localhost:6379").find("no '://'"), std::string::npos);
  EXPECT_NE(Refusal("amqp://h").find("'amqp' is no scheme"), std::string::npos);
  EXPECT_NE(Refusal("redis://").find("host is missing"), std::string::npos);
  EXPECT_NE(Refusal("redis://h:0").find("port of 'h'"), std::string::npos);
  EXPECT_NE(Refusal("redis://h:65536").find("port of 'h'"), std::string::npos);
  EXPECT_NE(Refusal("redis://h:").find("port of 'h'"), std::string::npos);
  EXPECT_NE(Refusal("redis://h/x").find("database 'x'"), std::string::npos);
  EXPECT_NE(Refusal("redis://h/-1").find("database"), std::string::npos);
  EXPECT_NE(Refusal("redis://[::1/0").find("lacks its ']'"), std::string::npos);
  EXPECT_NE(Refusal("redis://u%zz@h").find("two hex digits"), std::string::npos);
  EXPECT_NE(Refusal("sentinel://a,b").find("master's name"), std::string::npos);
  EXPECT_NE(Refusal("sentinel://a,,b/m").find("host is missing"), std::string::npos);
  EXPECT_NE(Refusal("unix://relative").find("begin with '/'"), std::string::npos);
  EXPECT_NE(Refusal("redis://h?colour=red").find("'colour' is unknown"), std::string::npos);
  EXPECT_NE(Refusal("rediss://h?ssl_cert_reqs=maybe").find("'maybe'"), std::string::npos);
}

TEST(RedisUrl, NoRefusalHoldsThePassword) {
  for (const char* text :
       {"redis://u:hunter2@h:99999", "redis://u:hunter2@h/x", "redis://u:hunter2",
        "redis://u:hunter2/3@", "redis://u:1?hunter2@h", "redis://u:%zzhunter2@h",
        "redis://u:hunter2@h?x=1", "sentinel://u:hunter2@a,b"}) {
    EXPECT_EQ(Refusal(text).find("hunter2"), std::string::npos) << Refusal(text);
  }
}

TEST(RedisQueueOpen, ANamespaceIsAShortWord) {
  EXPECT_TRUE(RedisQueue::Open("redis://h", {.ns = "team-a_1.x"}).ok())
      << "and nobody is called yet";
  for (const char* ns : {"", "a:b", "a b", "*"}) {
    EXPECT_EQ(RedisQueue::Open("redis://h", {.ns = ns}).status().code(), Code::kInvalidArgument);
  }
}

}  // namespace
}  // namespace gale
