// What pages hear of what is committed: real engine, ledger and feed behind it, a clock moved by hand.
#include "master/api/http/event_stream.h"

#include <gmock/gmock.h>

#include "common/base/limits.h"
#include "master/api/http/rest_api.h"
#include "tests/unit/master/api/server_for_test.h"

namespace gale::http {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

struct Event {
  std::string name, id;
  Json data;
};

std::vector<Event> EventsOf(const std::string& text) {
  std::vector<Event> events;
  size_t begin = 0;
  for (size_t end = text.find("\n\n"); end != std::string::npos; end = text.find("\n\n", begin)) {
    Event event;
    std::string_view block = std::string_view(text).substr(begin, end - begin);
    while (!block.empty()) {
      const size_t line_end = std::min(block.find('\n'), block.size());
      const std::string line(block.substr(0, line_end));
      block.remove_prefix(std::min(block.size(), line_end + 1));
      if (line.starts_with("event: ")) event.name = line.substr(7);
      if (line.starts_with("id: ")) event.id = line.substr(4);
      if (line.starts_with("data: ")) event.data = Json::parse(line.substr(6));
    }
    events.push_back(std::move(event));
    begin = end + 2;
  }
  EXPECT_EQ(begin, text.size()) << "half an event: " << text;
  return events;
}

class EventStreamTest : public testing::Test {
 protected:
  using Stream = std::shared_ptr<EventStream>;

  Result<Stream> TryOpen(const std::vector<std::string>& watches,
                         std::optional<std::string> after = std::nullopt) {
    EventStream::Options options;
    for (const std::string& text : watches) options.watches.push_back(ParseWatch(text).value());
    if (after) options.after = FeedCursor::Parse(*after).value();
    options.expires = clock_.Now() + std::chrono::hours(1);
    return EventStream::Open(*server_.control, texts_, options, clock_);
  }
  // With its hello taken.
  Stream Open(const std::vector<std::string>& watches) {
    Stream stream = TryOpen(watches).value();
    EXPECT_EQ(Take(stream).at(0).name, "hello");
    return stream;
  }
  std::vector<Event> Take(const Stream& stream) { return EventsOf(stream->Take().text); }
  // What comes once the pause is over.
  std::vector<Event> Later(const Stream& stream) {
    clock_.Advance(EventStream::kPause);
    return Take(stream);
  }
  static std::vector<std::string> Kinds(const Event& event) {
    std::vector<std::string> kinds;
    for (const Json& change : event.data["changes"]) kinds.push_back(change["kind"]);
    return kinds;
  }
  FeedCursor At() { return server_.control->feed().at(); }

  ManualClock clock_;
  ServerForTest server_;
  std::shared_ptr<TurnTexts> texts_ = std::make_shared<TurnTexts>();
};

TEST_F(EventStreamTest, ItBeginsWithHelloAndTheFirstNewsComesAtOnce) {
  server_.AddDag("etl", {"a"});
  const Stream stream = TryOpen({"dag:etl"}).value();
  std::vector<Event> events = Take(stream);
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].name, "hello");
  EXPECT_EQ(events[0].id, At().ToString());
  EXPECT_EQ(events[0].data["at"], At().ToString());
  EXPECT_EQ(events[0].data["now"], FormatTime(clock_.Now()));
  bool woken = false;
  stream->OnWake([&] { woken = true; });
  server_.Trigger("etl", "r1");
  EXPECT_TRUE(woken);
  events = Take(stream);
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].name, "turn");
  EXPECT_EQ(events[0].id, At().ToString());
  const Json& run = events[0].data["changes"][0];
  EXPECT_EQ(run["kind"], "run");
  EXPECT_EQ(run["dag_run_id"], "r1");
  EXPECT_EQ(run["run_type"], "manual");
}

TEST_F(EventStreamTest, WhatComesWithinThePauseIsOneEventAfterIt) {
  server_.AddDag("etl", {"a"});
  const Stream stream = Open({"runs"});
  server_.Trigger("etl", "r1");
  EXPECT_EQ(Take(stream).size(), 1u);
  server_.Trigger("etl", "r2");
  server_.Trigger("etl", "r3");
  const Source::Piece none = stream->Take();
  EXPECT_THAT(none.text, IsEmpty());
  EXPECT_GT(none.not_before, clock_.Mono());
  EXPECT_LE(none.not_before, clock_.Mono() + EventStream::kPause);
  const std::vector<Event> events = Later(stream);
  ASSERT_EQ(events.size(), 1u);
  std::set<std::string> runs;
  for (const Json& change : events[0].data["changes"]) runs.insert(change["dag_run_id"]);
  EXPECT_EQ(runs, (std::set<std::string>{"r2", "r3"}));
}

TEST_F(EventStreamTest, EachWatchTellsItsOwn) {
  server_.AddDag("etl", {"a", "b"});
  server_.AddDag("other", {"a"});
  server_.Trigger("etl", "r1");
  auto link = server_.Connect();
  link->WaitFor([&] { return !link->grants.empty(); });
  const Stream dags = Open({"dags"}), runs = Open({"runs"}), etl = Open({"dag:etl"});
  const Stream run = Open({"run:etl/r1"}), pools = Open({"pools"});
  const Stream both = Open({"run:etl/r1", "pools"});
  // A task ends, another DAG's run begins, a pool changes, a DAG is paused.
  server_.Finish(link, link->grants[0].attempt, core::Outcome::kSuccess);
  link->WaitFor([&] { return link->grants.size() > 1; });
  server_.Trigger("other", "o1");
  ASSERT_TRUE(server_.control->SetPool({"gpu", 2, "", false}, server_.actor).ok());
  ASSERT_TRUE(server_.control->SetDagPaused("etl", true, server_.actor).ok());
  const auto told = [&](const Stream& stream) {
    std::set<std::string> all;
    for (const Event& event : Later(stream)) {
      if (event.name != "turn") continue;
      for (const Json& change : event.data["changes"]) {
        all.insert(change["kind"].get<std::string>() + " " +
                   change.value("dag_id", change.value("name", "")));
      }
    }
    return all;
  };
  using Set = std::set<std::string>;
  EXPECT_EQ(told(dags), Set{"dag etl"});
  EXPECT_TRUE(told(runs).contains("run other"));
  EXPECT_EQ(told(pools), Set{"pool gpu"});
  const Set of_etl = told(etl);
  EXPECT_TRUE(of_etl.contains("tasks etl"));
  EXPECT_TRUE(of_etl.contains("dag etl"));
  EXPECT_FALSE(of_etl.contains("run other"));
  EXPECT_FALSE(of_etl.contains("tasks other"));
  Set of_run = told(run);
  EXPECT_TRUE(of_run.contains("tasks etl"));
  EXPECT_FALSE(of_run.contains("dag etl"));
  of_run.insert("pool gpu");
  EXPECT_EQ(told(both), of_run);
}

TEST_F(EventStreamTest, ResumedItGoesOnWhereItWas) {
  server_.AddDag("etl", {"a"});
  const Stream stream = Open({"runs"});
  server_.Trigger("etl", "r1");
  const std::string id = Take(stream).at(0).id;
  server_.Trigger("etl", "r2");
  const std::vector<Event> events = Take(TryOpen({"runs"}, id).value());
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[0].id, id);
  EXPECT_EQ(events[1].name, "turn");
  EXPECT_EQ(events[1].data["changes"][0]["dag_run_id"], "r2");
  EXPECT_EQ(Take(TryOpen({"runs"}, events[1].id).value()).size(), 1u) << "nothing is told twice";
}

TEST_F(EventStreamTest, FromAPositionThatIsGoneItIsToReadAgain) {
  server_.AddDag("etl", {"a"});
  for (const char* gone : {"0.0", "999.1"}) {
    const std::vector<Event> events = Take(TryOpen({"runs"}, gone).value());
    ASSERT_EQ(events.size(), 2u) << gone;
    EXPECT_EQ(events[1].name, "read_again");
    EXPECT_EQ(events[1].data["at"], At().ToString());
  }
}

// One that leads since, and one that is too slow: neither gets a heap of what it missed.
TEST_F(EventStreamTest, WhoIsTooFarBehindReadsAgain) {
  const Stream stream = Open({"pools"});
  Feed& feed = server_.control->feed();
  const auto publish = [&] {
    auto turn = std::make_shared<FeedTurn>();
    turn->at = {At().epoch, At().turn + 1};
    turn->changes.emplace_back(PoolChanged{{"p", 1, "", false}});
    feed.Publish(turn);
  };
  for (size_t i = 0; i <= limits::kStreamTurnsMax; ++i) publish();
  std::vector<Event> events = Take(stream);
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].name, "read_again");
  EXPECT_EQ(events[0].id, At().ToString());
  publish();
  EXPECT_EQ(Later(stream).at(0).name, "turn");
  feed.Restart({At().epoch + 1, 0});
  EXPECT_EQ(Later(stream).at(0).name, "read_again");
}

TEST_F(EventStreamTest, WhatManyWatchIsMadeATextOnce) {
  server_.AddDag("etl", {"a"});
  std::vector<Stream> streams;
  for (int i = 0; i < 20; ++i) streams.push_back(Open({i % 2 == 0 ? "dag:etl" : "runs"}));
  for (const char* run : {"r1", "r2"}) {
    const uint64_t before = texts_->made();
    server_.Trigger("etl", run);
    clock_.Advance(EventStream::kPause);
    std::set<std::string> told;
    for (const Stream& stream : streams) told.insert(stream->Take().text);
    EXPECT_EQ(told.size(), 2u) << run;
    EXPECT_EQ(texts_->made() - before, 2u) << run;
  }
}

// What is committed while they are told, one after the other, waits for all of them.
TEST_F(EventStreamTest, StreamsOfOneMomentAreToldUpToTheSamePlace) {
  server_.AddDag("etl", {"a"});
  const Stream first = Open({"runs"}), second = Open({"runs"});
  server_.Trigger("etl", "r1");
  const std::string told = Take(first).at(0).id;
  server_.Trigger("etl", "r2");
  EXPECT_EQ(Take(second).at(0).id, told);
  const Source::Piece piece = second->Take();
  EXPECT_THAT(piece.text, IsEmpty());
  EXPECT_LE(piece.again, clock_.Mono() + EventStream::kPause) << "it comes back for r2 unasked";
  const std::string later = Later(first).at(0).id;
  EXPECT_EQ(later, At().ToString());
  EXPECT_EQ(Take(second).at(0).id, later);
}

TEST_F(EventStreamTest, ARowThatChangesSeveralTimesIsToldInItsLastState) {
  server_.AddDag("etl", {"a", "b"});
  const Stream stream = Open({"dag:etl"});
  auto link = server_.Connect();
  server_.Trigger("etl", "r1");
  Take(stream);
  link->WaitFor([&] { return !link->grants.empty(); });
  server_.Finish(link, link->grants[0].attempt, core::Outcome::kSuccess);
  link->WaitFor([&] { return link->grants.size() > 1; });
  // A request is answered when what was committed before it is told.
  ASSERT_TRUE(server_.control->SetPool({"gpu", 2, "", false}, server_.actor).ok());
  const std::vector<Event> events = Later(stream);
  ASSERT_EQ(events.size(), 1u);
  std::map<std::string, Json> states;
  for (const Json& change : events[0].data["changes"]) {
    if (change["kind"] != "tasks") continue;
    for (const Json& ti : change["task_instances"]) {
      EXPECT_TRUE(states.emplace(ti["task_id"], ti["state"]).second) << "told twice: " << ti;
    }
  }
  EXPECT_EQ(states["a"], "success");
  EXPECT_EQ(states["b"], "running");
}

TEST_F(EventStreamTest, ANoteIsToldOnceAsItIsNow) {
  server_.AddDag("etl", {"a", "b"});
  server_.Trigger("etl", "r1");
  const Stream stream = Open({"run:etl/r1"});
  SetTasksRequest set{.dag_id = "etl", .run_id = "r1", .task_ids = {"b"}, .state = {}};
  for (const char* note : {"first", "<b>last"}) {
    set.note = note;
    ASSERT_TRUE(server_.control->SetTasks(set, server_.actor).ok());
  }
  set.task_ids = {"a"};
  set.note = "";
  ASSERT_TRUE(server_.control->SetTasks(set, server_.actor).ok());
  const std::vector<Event> events = Later(stream);
  ASSERT_EQ(events.size(), 1u);
  ASSERT_EQ(events[0].data["changes"].size(), 1u);
  const Json& change = events[0].data["changes"][0];
  EXPECT_EQ(change["task_instances"], Json::array());
  EXPECT_EQ(change["notes"], Json::parse(R"([{"task_id": "b", "map_index": -1, "note": "<b>last"},
                                             {"task_id": "a", "map_index": -1, "note": null}])"));
}

TEST_F(EventStreamTest, TheTimeComesEveryFewSecondsAndMovesItsPlaceOn) {
  server_.AddDag("etl", {"a"});
  const Stream stream = Open({"files"});
  server_.Trigger("etl", "r1");
  clock_.Advance(EventStream::kTimeEvery - Duration(1));
  EXPECT_TRUE(Take(stream).empty());
  clock_.Advance(Duration(1));
  const std::vector<Event> events = Take(stream);
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].name, "time");
  EXPECT_EQ(events[0].data["now"], FormatTime(clock_.Now()));
  EXPECT_EQ(events[0].id, At().ToString()) << "what it doesn't watch needs no telling";
  EXPECT_EQ(stream->Take().again, clock_.Mono() + EventStream::kTimeEvery);
}

TEST_F(EventStreamTest, ItEndsWithItsTokenAndAfterAWhile) {
  EventStream::Options options{
      {Watch{Watch::Kind::kDags}}, std::nullopt, clock_.Now() + std::chrono::seconds(7)};
  const Stream brief = EventStream::Open(*server_.control, texts_, options, clock_).value();
  const Stream stream = Open({"dags"});
  EXPECT_FALSE(brief->Take().last);
  clock_.Advance(std::chrono::seconds(7));
  EXPECT_TRUE(brief->Take().last);
  EXPECT_FALSE(stream->Take().last);
  clock_.Advance(EventStream::kLifeMax);
  EXPECT_TRUE(stream->Take().last);
}

TEST_F(EventStreamTest, ALogThatGrowsIsToldWithItsSize) {
  server_.AddDag("etl", {"a"});
  server_.Trigger("etl", "r 1");
  const Stream early = Open({"log:etl/r%201/a/-1/1"});  // before it starts
  auto link = server_.Connect();
  link->WaitFor([&] { return !link->grants.empty(); });
  const AttemptId attempt = link->grants[0].attempt;
  const LogKey key = server_.control->NameAttempt(attempt).value();
  Later(early);
  const Stream late = Open({"log:etl/r%201/a/-1/1"});
  ASSERT_TRUE(server_.control->AppendLog(attempt, key, 0, "hello\n").ok());
  for (const Stream& stream : {early, late}) {
    const std::vector<Event> events = Later(stream);
    ASSERT_EQ(events.size(), 1u);
    EXPECT_EQ(events[0].name, "log");
    EXPECT_EQ(events[0].data, Json({{"dag_id", "etl"},
                                    {"dag_run_id", "r 1"},
                                    {"task_id", "a"},
                                    {"map_index", -1},
                                    {"try_number", 1},
                                    {"size", 6}}));
  }
}

// Where starts may have been missed, it ends: resumed, it looks which log it is.
TEST_F(EventStreamTest, AWatchedLogIsLookedUpAnewAfterAGap) {
  server_.AddDag("etl", {"a"});
  server_.Trigger("etl", "r1");
  const Stream stream = Open({"log:etl/r1/a/-1/1"});
  server_.control->feed().Restart({At().epoch + 1, 0});
  const Source::Piece piece = stream->Take();
  EXPECT_THAT(piece.text, HasSubstr("event: read_again"));
  EXPECT_TRUE(piece.last);
}

// Over REST.

class EventsTest : public EventStreamTest {
 protected:
  EventsTest() : api_(*server_.control, *server_.auth, {}) {
    EXPECT_TRUE(server_.auth->SetUser("eve", "x", Role::kViewer).ok());
  }
  Response Ask(const std::string& query, std::map<std::string, std::string> headers = {}) {
    Request request;
    request.method = "GET";
    EXPECT_TRUE(request.SetTarget("/api/gale/v1/events" + query));
    headers.emplace("authorization", "Bearer " + server_.auth->IssueToken({"eve", Role::kViewer}));
    request.headers = std::move(headers);
    return api_.Handle(request);
  }
  RestApi api_;
};

TEST_F(EventsTest, AViewerMayWatchAndWhatIsWrongIsNamed) {
  server_.AddDag("etl", {"a"});
  const Response stream = Ask("?watch=dags&watch=dag%3Aetl");
  ASSERT_EQ(stream.status, 200) << stream.body;
  EXPECT_EQ(stream.content_type, "text/event-stream");
  ASSERT_TRUE(stream.goes_on);
  EXPECT_THAT(stream.goes_on->Take().text, HasSubstr("event: hello"));
  EXPECT_EQ(Ask("").status, 422);
  for (const char* wrong : {"all", "dags:x", "dag", "dag:", "run:etl", "run:etl/", "dag:a%252",
                            "log:etl/r/a/x/1", "log:etl/r/a/-1/0", "log:etl/r/a/-2/1"}) {
    const Response refused = Ask(std::string("?watch=dags&watch=") + wrong);
    EXPECT_EQ(refused.status, 422) << wrong;
    EXPECT_THAT(refused.body, HasSubstr("watch=")) << wrong;
  }
  EXPECT_EQ(Ask("?watch=dags&after=soon").status, 422);
  EXPECT_EQ(Ask("?watch=run:etl/none").status, 404);
  std::string many = "?watch=dags";
  for (size_t i = 0; i < limits::kStreamWatchesMax; ++i) many += "&watch=pools";
  EXPECT_THAT(Ask(many).body, HasSubstr("kStreamWatchesMax"));
  EXPECT_EQ(Ask("?watch=dags", {{"authorization", ""}}).status, 401);
}

TEST_F(EventsTest, TheBrowsersOwnPositionCounts) {
  server_.AddDag("etl", {"a"});
  const std::string now = At().ToString();
  const Response stream = Ask("?watch=runs&after=0.1", {{"last-event-id", now}});
  EXPECT_THAT(stream.goes_on->Take().text, Not(HasSubstr("read_again")));
  EXPECT_THAT(Ask("?watch=runs&after=0.1").goes_on->Take().text, HasSubstr("read_again"));
}

TEST(WatchTest, PartsArePercentEncoded) {
  const Watch run = ParseWatch("run:a%2Fb/%ED%95%9C").value();
  EXPECT_EQ(run.dag_id, "a/b");
  EXPECT_EQ(run.run_id, "한");
  const Watch log = ParseWatch("log:d/r/t/7/2").value();
  EXPECT_EQ(log.kind, Watch::Kind::kLog);
  EXPECT_EQ(log.task_id, "t");
  EXPECT_EQ(log.map_index, 7);
  EXPECT_EQ(log.try_number, 2u);
  EXPECT_FALSE(ParseWatch("dag:%FF").ok());
  EXPECT_FALSE(ParseWatch("dag:" + std::string(limits::kIdBytesMax + 1, 'x')).ok());
}

}  // namespace
}  // namespace gale::http
