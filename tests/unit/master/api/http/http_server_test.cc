// The server over loopback, with a client that may be as rude as it likes.
#include "master/api/http/http_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>

#include "tests/unit/master/api/http/raw_client.h"

namespace gale::http {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

Response Echo(const Request& request) {
  Response response;
  response.content_type = "text/plain";
  response.body = request.method + " " + request.path + " " + request.body;
  return response;
}

class HttpServerTest : public testing::Test {
 protected:
  Server& Start(Server::Handler handler = Echo, ServerOptions options = {},
                Server::Sorter sorter = nullptr) {
    server_ = std::make_unique<Server>(std::move(handler), options, std::move(sorter));
    EXPECT_TRUE(server_->Start().ok());
    return *server_;
  }
  std::unique_ptr<Server> server_;
};

TEST_F(HttpServerTest, OneConnectionCarriesManyRequests) {
  Client client(Start().port());
  for (int i = 0; i < 3; ++i) {
    client.Send("POST /a/b HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello");
    const std::string answer = client.Answer();
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 200"));
    EXPECT_THAT(answer, HasSubstr("\r\n\r\nPOST /a/b hello"));
  }
}

TEST_F(HttpServerTest, PipelinedRequestsAreAnsweredInOrder) {
  Client client(Start().port());
  client.Send(
      "GET /1 HTTP/1.1\r\nHost: x\r\n\r\nGET /2 HTTP/1.1\r\nHost: x\r\n\r\n"
      "GET /3 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(client.Answer(), HasSubstr("GET /1"));
  EXPECT_THAT(client.Answer(), HasSubstr("GET /2"));
  EXPECT_THAT(client.Answer(), HasSubstr("GET /3"));
  EXPECT_TRUE(client.Closed());
}

TEST_F(HttpServerTest, AHugeBodyIsRefusedBeforeItIsRead) {
  Client client(Start().port());
  client.Send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000000\r\n\r\n" +
              std::string(65536, 'x'));
  const std::string answer = client.Answer();
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 413"));
  EXPECT_THAT(answer, HasSubstr(R"({"detail":)"));
}

TEST_F(HttpServerTest, AHugeChunkedBodyIsRefusedToo) {
  ServerOptions options;
  options.body_bytes_max = 1000;
  Client client(Start(Echo, options).port());
  client.Send("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n7d0\r\n" +
              std::string(2000, 'x') + "\r\n0\r\n\r\n");
  EXPECT_THAT(client.Answer(), StartsWith("HTTP/1.1 413"));
}

TEST_F(HttpServerTest, AHugeHeaderIsRefused) {
  Client client(Start().port());
  client.Send("GET / HTTP/1.1\r\nX-Long: " + std::string(limits::kHttpHeaderBytesMax + 10, 'x') +
              "\r\n\r\n");
  EXPECT_THAT(client.Answer(), StartsWith("HTTP/1.1 431"));
}

TEST_F(HttpServerTest, WhatIsNoHttpIsToldSo) {
  Client client(Start().port());
  client.Send("this is no http\r\n\r\n");
  EXPECT_THAT(client.Answer(), StartsWith("HTTP/1.1 400"));
  Client other(server_->port());
  other.Send("GET /%zz HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(other.Answer(), StartsWith("HTTP/1.1 400"));
}

// Another part of the process isn't ready yet: who connects early waits, and is not told lies.
TEST_F(HttpServerTest, WhatOpensLaterHasItsPortAndAnswersOnceItIsOpen) {
  ServerOptions options;
  options.open_later = true;
  Server& server = Start(Echo, options);
  Client early(server.port());
  ASSERT_TRUE(early.connected());
  early.Send("GET /early HTTP/1.1\r\nHost: x\r\n\r\n");
  server.Open();
  EXPECT_THAT(early.Answer(), HasSubstr("GET /early"));
}

TEST_F(HttpServerTest, WhatNeverOpensStops) {
  ServerOptions options;
  options.open_later = true;
  Start(Echo, options).Stop(Clock::Real().Mono() + std::chrono::seconds(10));
}

// Logins and common requests that hang keep only their own kind waiting, and health nobody.
TEST_F(HttpServerTest, EachLaneWaitsForItselfOnly) {
  std::promise<void> go_on;
  std::shared_future<void> wait(go_on.get_future());
  ServerOptions options;
  options.handler_threads = options.waiting_requests_max = 1;
  options.login_threads = options.waiting_logins_max = 1;
  const auto hang = [wait](const Request& request) {
    if (request.path.ends_with("slow")) wait.wait();
    return Echo(request);
  };
  const auto sort = [](const Request& request) {
    if (request.path.starts_with("/login")) return Lane::kLogin;
    return request.path == "/health" ? Lane::kAtOnce : Lane::kCommon;
  };
  const uint16_t port = Start(hang, options, sort).port();
  const auto get = [](Client& client, std::string_view path) {
    client.Send(fmt::format("GET {} HTTP/1.1\r\nHost: x\r\n\r\n", path));
  };
  // One is answered, one waits, one is refused; which is which, the threads decide.
  Client a(port), b(port), c(port);
  for (Client* client : {&a, &b, &c}) get(*client, "/login/slow");
  Client common(port);
  get(common, "/common");
  EXPECT_THAT(common.Answer(), StartsWith("HTTP/1.1 200"));
  get(common, "/slow");
  Client health(port);
  for (int i = 0; i < 3; ++i) {
    get(health, "/health");
    EXPECT_THAT(health.Answer(), StartsWith("HTTP/1.1 200"));
  }
  go_on.set_value();
  int refused = 0;
  for (Client* client : {&a, &b, &c}) {
    const std::string answer = client->Answer();
    if (answer.starts_with("HTTP/1.1 429"))
      ++refused;
    else
      EXPECT_THAT(answer, StartsWith("HTTP/1.1 200"));
  }
  EXPECT_GE(refused, 1);
  EXPECT_THAT(common.Answer(), StartsWith("HTTP/1.1 200"));
}

TEST_F(HttpServerTest, HeadHasTheHeaderOnly) {
  Client client(Start().port());
  client.Send("HEAD /x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(client.Answer(), HasSubstr("Content-Length: 7"));
  EXPECT_TRUE(client.Closed());
}

TEST_F(HttpServerTest, ASlowClientIsCutOffAndAnIdleOneToo) {
  ServerOptions options;
  options.request_timeout = std::chrono::milliseconds(50);
  options.idle_timeout = std::chrono::milliseconds(50);
  Client slow(Start(Echo, options).port());
  slow.Send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhal");
  Client idle(server_->port());
  EXPECT_TRUE(slow.Closed());
  EXPECT_TRUE(idle.Closed());
}

TEST_F(HttpServerTest, WhenAllHandlersAreBusyTheNextIsToldToComeAgain) {
  std::promise<void> release;
  std::shared_future<void> released = release.get_future().share();
  std::promise<void> entered;
  std::atomic<bool> first{true};
  ServerOptions options;
  options.handler_threads = 1;
  options.waiting_requests_max = 1;
  Start(
      [&](const Request& request) {
        if (first.exchange(false)) entered.set_value();
        released.wait();
        return Echo(request);
      },
      options);
  Client busy(server_->port());
  busy.Send("GET /busy HTTP/1.1\r\nHost: x\r\n\r\n");
  entered.get_future().wait();
  // Of two more, one waits and one is refused, whichever comes first.
  Client a(server_->port()), b(server_->port());
  a.Send("GET /a HTTP/1.1\r\nHost: x\r\n\r\n");
  b.Send("GET /b HTTP/1.1\r\nHost: x\r\n\r\n");
  auto answer_a = std::async(std::launch::async, [&] { return a.Answer(); });
  auto answer_b = std::async(std::launch::async, [&] { return b.Answer(); });
  while (answer_a.wait_for(std::chrono::milliseconds(1)) != std::future_status::ready &&
         answer_b.wait_for(std::chrono::milliseconds(1)) != std::future_status::ready) {
  }
  release.set_value();
  const std::string both = answer_a.get() + answer_b.get();
  EXPECT_THAT(both, HasSubstr("HTTP/1.1 503"));
  EXPECT_THAT(both, HasSubstr("HTTP/1.1 200"));
  EXPECT_THAT(busy.Answer(), HasSubstr("GET /busy"));
}

TEST_F(HttpServerTest, TooManyConnectionsAreRefused) {
  ServerOptions options;
  options.connections_max = 1;
  Client first(Start(Echo, options).port());
  first.Send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(first.Answer(), StartsWith("HTTP/1.1 200"));
  Client second(server_->port());
  EXPECT_THAT(second.Answer(), StartsWith("HTTP/1.1 503"));
}

TEST_F(HttpServerTest, APortInUseIsNamed) {
  Start();
  ServerOptions options;
  options.port = server_->port();
  Server second(Echo, options);
  const Status status = second.Start();
  EXPECT_EQ(status.code(), Code::kUnavailable);
  EXPECT_THAT(status.ToString(), HasSubstr(std::to_string(options.port)));
}

TEST_F(HttpServerTest, StopAnswersWhatItHasAndLetsIdleOnesGo) {
  std::promise<void> entered, release;
  Start([&](const Request& request) {
    entered.set_value();
    release.get_future().wait();
    return Echo(request);
  });
  Client idle(server_->port());
  Client working(server_->port());
  working.Send("GET /w HTTP/1.1\r\nHost: x\r\n\r\n");
  entered.get_future().wait();
  auto stopped = std::async(
      std::launch::async, [&] { server_->Stop(Clock::Real().Mono() + std::chrono::seconds(30)); });
  EXPECT_TRUE(idle.Closed());
  release.set_value();
  EXPECT_THAT(working.Answer(), HasSubstr("GET /w"));
  ASSERT_EQ(stopped.wait_for(std::chrono::seconds(30)), std::future_status::ready);
  EXPECT_FALSE(Client(server_->port()).connected());
}

TEST_F(HttpServerTest, StopLetsGoOfAHungHandlerOnlyWhenItReturnsButOfClientsAtTheDeadline) {
  Client half(Start().port());
  half.Send("GET / HTT");
  server_->Stop(Clock::Real().Mono() + std::chrono::milliseconds(50));
  EXPECT_FALSE(Client(server_->port()).connected());
}

}  // namespace
}  // namespace gale::http
