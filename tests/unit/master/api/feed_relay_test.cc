// The leader's feed as another master has it: over a real connection.
#include "master/api/feed_relay.h"

#include <gmock/gmock.h>

#include "master/api/feed_codec.h"
#include "master/api/grpc_server.h"
#include "tests/unit/master/api/server_for_test.h"

namespace gale {
namespace {

using namespace std::chrono_literals;

class FeedRelayTest : public testing::Test {
 protected:
  FeedRelayTest() { Serve(0); }
  ~FeedRelayTest() override {
    if (relay_) relay_->Stop(Clock::Real().Mono());
    grpc_->Stop(Clock::Real().Mono() + 10s);
  }

  void Serve(uint16_t port) {
    GrpcOptions options;
    options.port = port;
    options.join_token = "join-me";
    grpc_ = std::make_unique<GrpcServer>(*server_.control, *server_.engine, *server_.auth, options);
    ASSERT_TRUE(grpc_->Start().ok());
    port_ = grpc_->port();
  }
  void Relay(const std::string& token = "join-me") {
    MasterRow leader;
    leader.name = leader.instance = "m";
    leader.grpc = fmt::format("127.0.0.1:{}", port_);
    relay_ = std::make_unique<FeedRelay>(
        feed_, [leader] { return std::optional(leader); },
        [this] {
          ++asked_;
          return LeaderRow{};
        },
        token, grpc::InsecureChannelCredentials());
    ASSERT_TRUE(relay_->Start().ok());
  }
  std::shared_ptr<FeedSubscription> Follow(FeedFilter filter = {}) {
    return feed_.Subscribe(filter, std::nullopt, nullptr).value();
  }
  // The next news; fails if there is none for long.
  static FeedSubscription::News Next(FeedSubscription& feed) {
    EXPECT_TRUE(feed.WaitUntil(Clock::Real().Mono() + 30s));
    return feed.Take();
  }

  ServerForTest server_;  // who leads
  std::unique_ptr<GrpcServer> grpc_;
  uint16_t port_ = 0;
  std::atomic<int> asked_{0};
  Feed feed_;  // of who follows
  std::unique_ptr<FeedRelay> relay_;
};

TEST_F(FeedRelayTest, WhatTheLeaderCommitsIsToldHere) {
  auto here = Follow();
  Relay();
  auto news = Next(*here);
  EXPECT_TRUE(news.too_old) << "it begins somewhere";
  EXPECT_EQ(news.at.epoch, server_.engine->feed().at().epoch);
  server_.AddDag("etl", {"a"});
  server_.Trigger("etl", "r1");
  std::vector<std::string> runs;
  while (runs.empty()) {
    news = Next(*here);
    EXPECT_FALSE(news.too_old);
    for (const FeedTurnPtr& turn : news.turns) {
      for (const Change& change : turn->changes) {
        if (const auto* run = std::get_if<RunChanged>(&change)) runs.push_back(run->row.run_id);
      }
    }
  }
  EXPECT_EQ(runs[0], "r1");
}

TEST_F(FeedRelayTest, AConnectionThatBreaksIsGoneOnWithoutALoss) {
  auto here = Follow();
  Relay();
  EXPECT_TRUE(Next(*here).too_old);
  server_.AddDag("one", {"a"});
  FeedCursor before;
  while (before < server_.engine->feed().at()) before = Next(*here).at;
  const uint16_t port = port_;
  grpc_->Stop(Clock::Real().Mono() + 10s);
  server_.AddDag("two", {"a"});
  Serve(port);
  FeedCursor at = before;
  while (at < server_.engine->feed().at()) {
    const auto news = Next(*here);
    EXPECT_FALSE(news.too_old);
    for (const FeedTurnPtr& turn : news.turns) {
      EXPECT_EQ(turn->at.turn, at.turn + 1) << "each, once";
      at = turn->at;
    }
  }
  EXPECT_GT(at, before);
}

TEST_F(FeedRelayTest, ALogThatIsWatchedHereIsToldHere) {
  server_.AddDag("etl", {"a"});
  server_.Trigger("etl", "r1");
  auto link = server_.Connect();
  link->WaitFor([&] { return !link->grants.empty(); });
  const AttemptId attempt = link->grants[0].attempt;
  const LogKey key = server_.control->NameAttempt(attempt).value();
  Relay();
  auto here = Follow({.kinds = FeedFilter::kNone});
  ASSERT_TRUE(here->WatchLog(attempt).ok());
  // Once watched there, it is told at once that it may have grown.
  bool looked = false;
  while (!looked) looked = !Next(*here).logs.empty();
  for (bool told = false; !told;) {
    ASSERT_TRUE(server_.control->AppendLog(attempt, key, 0, "hello").ok());
    for (const LogGrew& log : Next(*here).logs) told |= log.attempt == attempt && log.size == 5;
  }
  here.reset();
  while (!server_.engine->feed().WatchedLogs().empty()) std::this_thread::yield();
}

TEST_F(FeedRelayTest, WithoutTheTokenNothingIsTold) {
  grpc::ClientContext context;
  auto stub = v1::Feed::NewStub(
      grpc::CreateChannel(fmt::format("127.0.0.1:{}", port_), grpc::InsecureChannelCredentials()));
  auto stream = stub->Follow(&context);
  stream->Write({});
  v1::FeedPart part;
  EXPECT_FALSE(stream->Read(&part));
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::UNAUTHENTICATED);
}

TEST_F(FeedRelayTest, WhoLeadsTakesNothingFromOthersAndKnowsNotWhatItMissedAfter) {
  auto here = Follow();
  Relay();
  EXPECT_TRUE(Next(*here).too_old);
  relay_->OnLeading(true);
  const FeedCursor mine{server_.engine->feed().at().epoch + 1, 0};
  feed_.Restart(mine);
  EXPECT_TRUE(Next(*here).too_old);
  server_.AddDag("etl", {"a"});  // by who led before
  EXPECT_EQ(feed_.at(), mine);
  relay_->OnLeading(false);
  EXPECT_TRUE(Next(*here).too_old) << "who knows what is missed";
}

TEST(FeedCodecTest, ATurnComesBackAsItWas) {
  FeedTurn turn;
  turn.at = {7, 9};
  RunRow run;
  run.id = RunId(3);
  run.dag_id = "d";
  run.run_id = "r";
  run.conf_json.clear();
  run.state = RunState::kRunning;
  run.logical_date = TimePoint(Duration(0));
  run.run_after = TimePoint(Duration(5));
  run.note = "n";
  StateCounts counts{};
  counts[static_cast<size_t>(TiState::kSuccess)] = 4;
  turn.changes.push_back(RunChanged{run, counts});
  TiRow ti;
  ti.run = RunId(3);
  ti.task = TaskIndex(2);
  ti.state = TiState::kUpForRetry;
  ti.scheduled_at = TimePoint(Duration(66));
  ti.next_at = TimePoint(Duration(77));
  ti.worker = "w";
  turn.changes.push_back(TasksChanged{RunId(3), "d", "r", {{"t", ti}}, false, std::nullopt});
  turn.changes.push_back(TasksChanged{RunId(4), "d", "r2", {}, true, counts});
  std::get<TasksChanged>(turn.changes[1]).notes = {{"t", TaskIndex(2), 5, "<b>"}, {"u", TaskIndex(3)}};
  turn.changes.push_back(DagChanged{{.dag_id = "d", .version = 2, .tags = {"x"}}});
  turn.changes.push_back(FileChanged{"/f.py", true});
  turn.changes.push_back(PoolChanged{{.name = "p", .slots = -1}, true});
  turn.changes.push_back(WorkerChanged{{.name = "w", .drained = true}});
  const FeedTurn back = FromProto(ToProto(turn));
  EXPECT_EQ(back.at, turn.at);
  ASSERT_EQ(back.changes.size(), turn.changes.size());
  for (size_t i = 0; i < turn.changes.size(); ++i) {
    EXPECT_EQ(ChangeJson(back.changes[i]).dump(), ChangeJson(turn.changes[i]).dump());
  }
  const RunRow& row = std::get<RunChanged>(back.changes[0]).row;
  EXPECT_EQ(row.id, run.id);
  EXPECT_EQ(row.logical_date, run.logical_date) << "1970 is a date, too";
  EXPECT_EQ(std::get<TasksChanged>(back.changes[1]).tasks[0].row.task, ti.task);
  const Json json = ChangeJson(back.changes[1]);
  EXPECT_EQ(json["kind"], "tasks");
  EXPECT_EQ(json["task_instances"][0]["state"], "up_for_retry");
  EXPECT_EQ(json["task_instances"][0]["scheduled_when"], FormatTime(*ti.scheduled_at));
  EXPECT_EQ(json["notes"][0], Json({{"task_id", "t"}, {"map_index", 5}, {"note", "<b>"}}));
  EXPECT_EQ(std::get<TasksChanged>(back.changes[1]).notes[1].task, TaskIndex(3));
  EXPECT_TRUE(ChangeJson(back.changes[2])["read_again"].get<bool>());
}

}  // namespace
}  // namespace gale
