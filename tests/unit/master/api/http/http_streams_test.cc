// Answers that go on, over loopback.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <future>
#include <mutex>

#include "master/api/http/http_server.h"
#include "tests/unit/master/api/http/raw_client.h"

namespace gale::http {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

// What a test says, when it says it.
class Script : public Source {
 public:
  ~Script() override { gone.set_value(); }
  void OnWake(std::function<void()> wake) override {
    std::lock_guard lock(mutex_);
    wake_ = std::move(wake);
  }
  Piece Take() override {
    std::lock_guard lock(mutex_);
    ++takes;
    Piece piece;
    piece.text = endless > 0 ? std::string(endless, 'x') : std::exchange(next_, "");
    piece.last = std::exchange(last_, false);
    piece.not_before = Clock::Real().Mono();
    piece.again = Clock::Real().Mono() + (endless > 0 ? Duration(0) : std::chrono::hours(1));
    return piece;
  }
  void Say(const std::string& text, bool last = false) {
    std::function<void()> wake;
    {
      std::lock_guard lock(mutex_);
      next_ += text;
      last_ = last;
      wake = wake_;
    }
    if (wake) wake();
  }

  std::atomic<size_t> takes = 0;
  size_t endless = 0;  // bytes of each piece, of which there is always one more
  std::promise<void> gone;

 private:
  std::mutex mutex_;
  std::function<void()> wake_;
  std::string next_;
  bool last_ = false;
};

constexpr char kGet[] = "GET /s HTTP/1.1\r\nHost: x\r\n\r\n";
constexpr auto kPatience = std::chrono::seconds(30);

class HttpStreamsTest : public testing::Test {
 protected:
  // Each request gets the next of the scripts.
  uint16_t Start(std::vector<std::shared_ptr<Script>> scripts, ServerOptions options = {}) {
    scripts_ = std::move(scripts);
    server_ = std::make_unique<Server>(
        [this](const Request&) {
          Response response{200, "text/event-stream", "", {}};
          response.goes_on = std::move(scripts_.at(next_++));
          return response;
        },
        options);
    EXPECT_TRUE(server_->Start().ok());
    return server_->port();
  }
  std::vector<std::shared_ptr<Script>> scripts_;
  std::atomic<size_t> next_ = 0;
  std::unique_ptr<Server> server_;
};

TEST_F(HttpStreamsTest, PiecesComeAsTheyAreSaidAndTheLastOneEndsIt) {
  auto script = std::make_shared<Script>();
  Script& say = *script;
  script->Say("first");
  Client client(Start({std::move(script)}));
  client.Send(kGet);
  const std::string header = client.Until("\r\n\r\n");
  EXPECT_THAT(header, StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(header, HasSubstr("Transfer-Encoding: chunked"));
  EXPECT_THAT(header, HasSubstr("text/event-stream"));
  EXPECT_EQ(client.Until("first\r\n"), "5\r\nfirst\r\n");
  say.Say("second");
  EXPECT_EQ(client.Until("second\r\n"), "6\r\nsecond\r\n");
  say.Say("end", true);
  EXPECT_EQ(client.Until("0\r\n\r\n"), "3\r\nend\r\n0\r\n\r\n");
  EXPECT_TRUE(client.Closed());
}

TEST_F(HttpStreamsTest, WhoDoesntReadIsAskedForNothingMore) {
  auto slow = std::make_shared<Script>(), quick = std::make_shared<Script>();
  slow->endless = 1 << 20;
  quick->Say("here");
  std::weak_ptr<Script> held = slow;
  const uint16_t port = Start({std::move(slow), std::move(quick)});
  Client client(port), other(port);
  client.Send(kGet);
  client.Until("\r\n\r\n");
  other.Send(kGet);
  EXPECT_THAT(other.Until("here"), HasSubstr("here"));
  // What the kernel takes for it, and one piece: not more, however long.
  const auto script = held.lock();
  ASSERT_TRUE(script);
  EXPECT_LT(script->takes, 32u);
  // One that can't be told its end doesn't hold up the server's.
  const MonoTime began = Clock::Real().Mono();
  server_->Stop(began + kPatience);
  EXPECT_LT(Clock::Real().Mono() - began, kPatience / 2);
}

TEST_F(HttpStreamsTest, WhoLeavesIsNoticedAtOnce) {
  auto script = std::make_shared<Script>();
  std::future<void> gone = script->gone.get_future();
  const uint16_t port = Start({std::move(script)});
  {
    Client client(port);
    client.Send(kGet);
    client.Until("\r\n\r\n");
  }
  EXPECT_EQ(gone.wait_for(kPatience), std::future_status::ready);
}

TEST_F(HttpStreamsTest, TheServersStopEndsIt) {
  auto script = std::make_shared<Script>();
  script->Say("first");
  Client client(Start({std::move(script)}));
  client.Send(kGet);
  client.Until("first\r\n");
  server_->Stop(Clock::Real().Mono() + kPatience);
  EXPECT_EQ(client.Until("0\r\n\r\n"), "0\r\n\r\n") << "an end, not a broken line";
  EXPECT_TRUE(client.Closed());
}

TEST_F(HttpStreamsTest, ThereAreOnlySoManyAndNoneForOldClients) {
  auto one = std::make_shared<Script>(), two = std::make_shared<Script>();
  auto three = std::make_shared<Script>();
  one->Say("first");
  ServerOptions options;
  options.streams_max = 1;
  const uint16_t port = Start({std::move(one), std::move(two), std::move(three)}, options);
  Client client(port), other(port), old(port);
  client.Send(kGet);
  client.Until("first");
  other.Send(kGet);
  const std::string refused = other.Answer();
  EXPECT_THAT(refused, StartsWith("HTTP/1.1 503"));
  EXPECT_THAT(refused, HasSubstr("kHttpStreamsMax"));
  old.Send("GET /s HTTP/1.0\r\nHost: x\r\n\r\n");
  EXPECT_THAT(old.Answer(), HasSubstr("needs HTTP/1.1"));
}

}  // namespace
}  // namespace gale::http
