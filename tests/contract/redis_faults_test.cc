// What can be wrong with a Redis: each ends by its deadline in an error that says what to do, and
// heals when the server does.
#include <gtest/gtest.h>
#include <hiredis/hiredis.h>

#include <future>

#include "common/queue/redis_popper.h"
#include "common/queue/redis_queue.h"
#include "common/queue/redis_replies.h"
#include "tests/contract/queue_contract.h"
#include "tests/support/redis_server.h"

namespace gale {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// Waits that a test sits out are short; those that it must not reach are long.
const RedisLimits kShort = {.connect = milliseconds(200),
                            .command = milliseconds(200),
                            .backoff_min = milliseconds(5),
                            .backoff_max = milliseconds(20)};
const RedisLimits kPatient = {.connect = seconds(20),
                              .command = seconds(20),
                              .backoff_min = milliseconds(5),
                              .backoff_max = milliseconds(20)};
constexpr auto kHealMax = seconds(30);

std::unique_ptr<RedisQueue> Open(const std::string& url, RedisLimits limits = kPatient) {
  auto queue = RedisQueue::Open(url, {.limits = limits});
  GALE_CHECK(queue.ok(), "{}", queue.status().ToString());
  return std::move(*queue);
}
Status PushOne(TaskQueue& queue, int64_t run = 1) {
  const std::vector<QueueEntry> entries = {Entry(run)};
  return queue.Push(entries);
}
Status PushOne(const std::string& url) { return PushOne(*Open(url)); }

void ExpectError(const Status& status, Code code, std::string_view part) {
  EXPECT_EQ(status.code(), code) << status.ToString();
  EXPECT_NE(status.message().find(part), std::string_view::npos) << status.ToString();
  EXPECT_NE(status.message().find("Redis at "), std::string_view::npos) << status.ToString();
  EXPECT_EQ(status.message().find("hunter2"), std::string_view::npos) << status.ToString();
}
// Asks until it is so; every ask waits for a server's answer.
template <class Ask>
testing::AssertionResult Eventually(Ask ask) {
  const MonoTime deadline = Clock::Real().Mono() + kHealMax;
  while (Clock::Real().Mono() < deadline) {
    if (ask()) return testing::AssertionSuccess();
  }
  return testing::AssertionFailure() << "not within the deadline";
}
std::string Tell(RedisClient& client, RedisCommand command) {
  auto replies = client.Run({&command, 1});
  return replies.ok() ? std::string(RedisText(*(*replies)[0])) : replies.status().ToString();
}

// Gone, slow, back again.

TEST(RedisFaults, NobodyListensAndThenTheServerComes) {
  RedisServer server;
  server.Kill();
  auto queue = Open(server.Url());
  ExpectError(PushOne(*queue), Code::kUnavailable, "refused");
  server.Start();
  EXPECT_TRUE(Eventually([&] { return PushOne(*queue).ok(); }));
  EXPECT_EQ(PopRuns(*queue, {"default"}, 9), "1");
}

TEST(RedisFaults, WhileItIsDownCallsFailAtOnceAndSayWhenTheNextTryIs) {
  RedisLimits limits = kPatient;
  limits.backoff_min = limits.backoff_max = seconds(600);
  RedisServer server;
  server.Kill();
  auto queue = Open(server.Url(), limits);
  ExpectError(PushOne(*queue), Code::kUnavailable, "refused");
  server.Start();
  ExpectError(PushOne(*queue), Code::kUnavailable, "tried again in 59");
}

TEST(RedisFaults, ARestartBetweenTwoCallsIsNotNoticed) {
  RedisServer server;
  auto queue = Open(server.Url());
  ASSERT_TRUE(PushOne(*queue).ok());
  server.Restart();
  EXPECT_TRUE(PushOne(*queue).ok()) << "the closed connection is seen before it is used";
}

TEST(RedisFaults, APausedServerCostsEveryCallerItsDeadlineAndNoMore) {
  RedisServer server;
  auto queue = Open(server.Url(), kShort);
  ASSERT_TRUE(PushOne(*queue).ok());
  server.Pause();
  const MonoTime start = Clock::Real().Mono();
  auto other = std::async(std::launch::async, [&] { return PushOne(*queue, 2); });
  const Status mine = PushOne(*queue, 3), others = other.get();
  const Duration took = Clock::Real().Mono() - start;
  EXPECT_EQ(mine.code(), Code::kUnavailable) << mine.ToString();
  EXPECT_EQ(others.code(), Code::kUnavailable) << others.ToString();
  EXPECT_GE(took, kShort.command);
  EXPECT_LT(took, seconds(5)) << "a busy machine, not a hanging one";
  ExpectError(PushOne(*Open(server.Url(), kShort)), Code::kUnavailable, "no answer in time");
  server.Resume();
  EXPECT_TRUE(Eventually([&] { return PushOne(*queue).ok(); }));
}

TEST(RedisFaults, AWaitingPopperNoticesThatItsServerDied) {
  RedisServer server;
  auto popper = std::move(*RedisPopper::Open(server.Url(), {.limits = kPatient}));
  const std::vector<std::string> queues = {"default"};
  auto waiting =
      std::async(std::launch::async, [&] { return popper->PopWait(queues, 1, seconds(600)); });
  RedisClient client(*RedisUrl::Parse(server.Url()), kPatient);
  ASSERT_TRUE(Eventually([&] {
    return Tell(client, {"INFO", "clients"}).find("blocked_clients:1") != std::string::npos;
  }));
  server.Kill();
  ExpectError(waiting.get().status(), Code::kUnavailable, "closed the connection");
  server.Start();
  auto queue = Open(server.Url());
  ASSERT_TRUE(PushOne(*queue).ok());
  EXPECT_TRUE(Eventually([&] {
    auto popped = popper->PopWait(queues, 1, seconds(20));
    return popped.ok() && popped->size() == 1;
  }));
}

TEST(RedisFaults, APausedServerEndsAPoppersWaitAndStopCutsItShort) {
  RedisServer server;
  const std::vector<std::string> queues = {"default"};
  auto brief = std::move(*RedisPopper::Open(server.Url(), {.limits = kShort}));
  auto stopped = std::move(*RedisPopper::Open(server.Url(), {.limits = kPatient}));
  ASSERT_TRUE(brief->PopWait(queues, 1, milliseconds(1)).ok());
  ASSERT_TRUE(stopped->PopWait(queues, 1, milliseconds(1)).ok());
  server.Pause();
  ExpectError(brief->PopWait(queues, 1, milliseconds(50)).status(), Code::kUnavailable, "in time");
  const MonoTime start = Clock::Real().Mono();
  auto waiting =
      std::async(std::launch::async, [&] { return stopped->PopWait(queues, 1, seconds(600)); });
  stopped->Stop();
  EXPECT_EQ(waiting.get().status().code(), Code::kCancelled);
  EXPECT_LT(Clock::Real().Mono() - start, seconds(10));
}

TEST(RedisFaults, ANameThatNobodyKnowsAndAPathThatIsTooLong) {
  ExpectError(PushOne("redis://no-such-host.invalid"), Code::kUnavailable, "can't be resolved");
  ExpectError(PushOne("unix:///" + std::string(200, 'x')), Code::kInvalidArgument, "201 bytes");
}

// Passwords and rights.

// The ACL that the message of NOPERM names.
const std::vector<std::string> kGaleUser = {"--user",  "gale",  "on",      ">pw",
                                            "~gale:*", "+@all", "-@admin", "-@dangerous"};

TEST(RedisFaults, APasswordIsDemandedAndIsWrongAndIsRight) {
  RedisServer server({.arguments = {"--requirepass", "s3cret:/@"}});
  ExpectError(PushOne(server.Url()), Code::kPermissionDenied, "demands a password");
  ExpectError(PushOne(server.Url("airflow")), Code::kPermissionDenied, "demands a password");
  ExpectError(PushOne(server.Url(":hunter2")), Code::kPermissionDenied, "correct it, or");
  EXPECT_TRUE(PushOne(server.Url(":s3cret%3A%2F%40")).ok());
}

TEST(RedisFaults, AUserWithoutPasswordSendsNoAuth) {
  RedisServer server;
  EXPECT_TRUE(PushOne(server.Url("airflow")).ok());
  ExpectError(PushOne(server.Url(":hunter2")), Code::kPermissionDenied, "has no password");
}

TEST(RedisFaults, AnAclUserComesInAndNeedsTheRights) {
  std::vector<std::string> users = kGaleUser;
  users.insert(users.end(), {"--user", "weak", "on", ">pw", "~other:*", "+@all"});
  RedisServer server({.arguments = users});
  EXPECT_TRUE(PushOne(server.Url("gale:pw")).ok());
  ExpectError(PushOne(server.Url("gale:hunter2")), Code::kPermissionDenied, "refuses the user");
  ExpectError(PushOne(server.Url("weak:pw")), Code::kPermissionDenied, "ACL SETUSER");
  auto queue = Open(server.Url("gale:pw"));
  ASSERT_TRUE(queue->MarkGeneration("me").ok()) << "INFO is forbidden, and done without";
  EXPECT_FALSE(*queue->GenerationLost("me"));
}

TEST(RedisFaults, TheAclNamedInTheMessageIsEnoughForAPopper) {
  RedisServer server({.arguments = kGaleUser});
  ASSERT_TRUE(PushOne(server.Url("gale:pw")).ok());
  auto popper = std::move(*RedisPopper::Open(server.Url("gale:pw")));
  const std::vector<std::string> queues = {"default"};
  EXPECT_EQ(popper->PopWait(queues, 5, seconds(20))->size(), 1u);
  EXPECT_TRUE(popper->PopWait(queues, 5, milliseconds(10))->empty());
}

// Servers that can't serve.

TEST(RedisFaults, OutOfMemoryStopsPushesAndNotPops) {
  RedisServer server;
  RedisClient person(*RedisUrl::Parse(server.Url()), kPatient);
  auto queue = Open(server.Url());
  ASSERT_TRUE(PushOne(*queue, 1).ok());
  Tell(person, {"CONFIG", "SET", "maxmemory", "1"});
  ExpectError(PushOne(*queue, 2), Code::kUnavailable, "raise maxmemory");
  EXPECT_EQ(PopRuns(*queue, {"default"}, 9), "1");
  Tell(person, {"CONFIG", "SET", "maxmemory", "0"});
  EXPECT_TRUE(PushOne(*queue, 2).ok());
}

TEST(RedisFaults, AReplicaIsNotThePrimary) {
  RedisServer primary;
  RedisServer replica({.arguments = {"--replicaof", "127.0.0.1", std::to_string(primary.port())}});
  ExpectError(PushOne(replica.Url()), Code::kUnavailable, "read-only replica");
}

TEST(RedisFaults, AClusterIsNotSpoken) {
  RedisServer server({.arguments = {"--cluster-enabled", "yes"}});
  ExpectError(PushOne(server.Url()), Code::kFailedPrecondition, "Redis Cluster");
}

TEST(RedisFaults, ADatabaseThatIsNotThere) {
  ExpectError(PushOne(SharedRedis().Url() + "/99"), Code::kFailedPrecondition, "fewer databases");
}

// TLS.

TEST(RedisTls, CertificatesAreChecked) {
  RedisServer server({.arguments = {"--bind", "127.0.0.1", "127.0.0.2"}, .tls = true});
  const std::string ca = "?ssl_ca_certs=" + server.ca_file();
  auto queue = Open(server.Url() + ca);
  std::vector<QueueEntry> entries;
  for (int64_t run = 0; run < 5000; ++run) entries.push_back(Entry(run));  // more than a TLS record
  ASSERT_TRUE(queue->Push(entries).ok());
  EXPECT_EQ(queue->Missing(entries)->size(), 0u);
  const std::vector<std::string> queues = {"default"};
  EXPECT_EQ(queue->Pop(queues, 5000)->size(), 5000u);

  ExpectError(PushOne(server.Url()), Code::kPermissionDenied, "not trusted");
  EXPECT_TRUE(PushOne(server.Url() + "?ssl_cert_reqs=none").ok());
  const std::string by_name = fmt::format("rediss://localhost:{}{}", server.port(), ca);
  EXPECT_TRUE(PushOne(by_name).ok()) << PushOne(by_name).ToString();
  const std::string other_name = fmt::format("rediss://127.0.0.2:{}{}", server.port(), ca);
  ExpectError(PushOne(other_name), Code::kPermissionDenied, "mismatch");
  ExpectError(PushOne(server.Url() + "?ssl_ca_certs=/no/such/file"), Code::kInvalidArgument,
              "/no/such/file");
}

TEST(RedisTls, PlainAndTlsThatMeetEachOtherFailClearly) {
  RedisServer tls({.tls = true});
  const Status plain = PushOne(fmt::format("redis://127.0.0.1:{}", tls.port()));
  EXPECT_EQ(plain.code(), Code::kUnavailable) << plain.ToString();
  auto queue = Open(fmt::format("rediss://127.0.0.1:{}", SharedRedis().port()), kShort);
  ExpectError(PushOne(*queue), Code::kUnavailable, "speak TLS?");  // the server waits for a line
}

TEST(RedisTls, AServerThatWantsOurCertificate) {
  RedisServer server(
      {.arguments = {"--tls-auth-clients", "yes", "--tls-ca-cert-file", "cert.pem"}, .tls = true});
  const std::string url = server.Url() + "?ssl_ca_certs=" + server.ca_file();
  EXPECT_FALSE(PushOne(url).ok());
  const Status with = PushOne(url + "&ssl_certfile=" + server.ca_file() +
                              "&ssl_keyfile=" + server.dir() + "/key.pem");
  EXPECT_TRUE(with.ok()) << with.ToString();
}

// Sentinel.

TEST(RedisSentinel, NamesTheMasterAndFollowsItThroughAFailover) {
  RedisServer primary;
  RedisServer replica({.arguments = {"--replicaof", "127.0.0.1", std::to_string(primary.port())}});
  RedisServer sentinel({.sentinel_of_port = primary.port()});
  const std::string sentinels =
      fmt::format("127.0.0.1:1,127.0.0.1:{}", sentinel.port());  // one is dead
  auto queue = Open("sentinel://" + sentinels + "/main");
  const Status pushed = PushOne(*queue);
  ASSERT_TRUE(pushed.ok()) << pushed.ToString();
  ExpectError(PushOne("sentinel://" + sentinels + "/other"), Code::kUnavailable,
              "knows no master 'other'");

  RedisClient admin(*RedisUrl::Parse(sentinel.Url()), kPatient);
  ASSERT_TRUE(Eventually([&] { return Tell(admin, {"SENTINEL", "FAILOVER", "main"}) == "OK"; }));
  RedisClient promoted(*RedisUrl::Parse(replica.Url()), kPatient);
  const auto is_master = [&] {
    return Tell(promoted, {"INFO", "replication"}).find("role:master") != std::string::npos;
  };
  ASSERT_TRUE(Eventually(is_master));
  primary.Kill();
  EXPECT_TRUE(Eventually([&] { return PushOne(*queue, 2).ok(); }));
  auto direct = Open(replica.Url());
  EXPECT_GE(*direct->Size("default"), 1u);
}

}  // namespace
}  // namespace gale
