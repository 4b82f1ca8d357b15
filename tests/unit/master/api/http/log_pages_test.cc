// Parts of logs as pages ask for them: of packs and of files, of a log that grows, of none.
#include <gmock/gmock.h>

#include "common/base/limits.h"
#include "tests/unit/master/api/http/rest_for_test.h"

namespace gale::http {
namespace {

using testing::HasSubstr;

constexpr char kTask[] = "/api/gale/v1/dags/etl/dagRuns/r1/taskInstances/a";

class LogPagesTest : public RestForTest {
 protected:
  LogPagesTest() {
    server_.AddDag("etl", {"a", "b"});
    server_.Trigger("etl", "r1");
    link_ = server_.Connect();
    link_->WaitFor([&] { return !link_->grants.empty(); });
    attempt_ = link_->grants[0].attempt;
    key_ = server_.control->NameAttempt(attempt_).value();
  }
  void Write(const std::string& text) {
    const uint64_t size = server_.logs->Size(key_).value();
    for (size_t at = 0; at < text.size(); at += limits::kLogChunkBytesMax) {
      ASSERT_TRUE(
          server_.logs->Append(key_, size + at, text.substr(at, limits::kLogChunkBytesMax)).ok());
    }
  }
  void End() {
    server_.Finish(link_, attempt_, core::Outcome::kFailed, {}, server_.logs->Size(key_).value());
  }
  static std::string Header(const Response& response, std::string_view name) {
    for (const auto& [key, value] : response.headers) {
      if (key == name) return value;
    }
    return "(none)";
  }
  std::string Headers(const Response& r) {
    return Header(r, "X-Log-Size") + " " + Header(r, "X-Log-Offset") + " " +
           Header(r, "X-Log-Complete") + " " + Header(r, "X-Log-Try");
  }
  Response Range(const std::string& query) { return Ask("GET", kTask + ("/log" + query)); }

  std::shared_ptr<RecordingLink> link_;
  AttemptId attempt_;
  LogKey key_;
};

TEST_F(LogPagesTest, AnyBytesOfASmallLogThatGrows) {
  Response range = Range("");
  EXPECT_EQ(range.status, 200);  // it runs, and has said nothing yet
  EXPECT_EQ(Headers(range), "0 0 false 1");
  const std::string hostile("one\r\n\0two \xff\n<script>\n", 21);
  Write(hostile);
  range = Range("");
  EXPECT_EQ(range.body, hostile);
  EXPECT_EQ(range.content_type, "text/plain; charset=utf-8");
  EXPECT_EQ(Headers(range), "21 0 false 1");
  EXPECT_EQ(Range("?offset=5&limit=4").body, std::string("\0two", 4));
  range = Range("?offset=-9");
  EXPECT_EQ(range.body, "<script>\n");
  EXPECT_EQ(Headers(range), "21 12 false 1");
  EXPECT_EQ(Range("?offset=-100").body, hostile);
  EXPECT_EQ(Headers(Range("?offset=100")), "21 100 false 1");
  EXPECT_EQ(Range("?offset=100").body, "");
  EXPECT_EQ(Range("?limit=0").body, "");
  Write("more\n");
  EXPECT_EQ(Range("?offset=21").body, "more\n");
  End();
  EXPECT_EQ(Headers(Range("?offset=-5&try_number=1")), "26 21 true 1");
  EXPECT_EQ(Range("?offset=x").status, 422);
  EXPECT_EQ(Range("?offset=-9223372036854775808").status, 422);
  EXPECT_EQ(Range("?try_number=-1").status, 422);
}

TEST_F(LogPagesTest, TheEndOfALongLogAndNoMoreThanTheLimit) {
  std::string text;
  while (text.size() < 6 << 20) text += "line " + std::to_string(text.size()) + "\n";
  Write(text);
  EXPECT_EQ(Range("?offset=-70000").body, text.substr(text.size() - 70'000));
  EXPECT_EQ(Range("?limit=999999999").body, text.substr(0, limits::kLogRangeBytesMax));
  EXPECT_EQ(Range("?offset=5000000&limit=10").body, text.substr(5'000'000, 10));
  const size_t last = text.rfind("line ");
  const Json marks = Get(kTask + ("/log/marks?q=LINE+" + std::to_string(last)));
  EXPECT_EQ(marks["scanned"], text.size());
  EXPECT_EQ(marks["hits"][0]["offset"], last);
  EXPECT_EQ(marks["hits"][0]["line"], marks["lines"]);
}

TEST_F(LogPagesTest, WhatNeverStartedSaysSo) {
  const std::string b = "/api/gale/v1/dags/etl/dagRuns/r1/taskInstances/b/log";
  for (const char* path : {"", "/times", "/marks"}) {
    const Response none = Ask("GET", b + path);
    EXPECT_EQ(none.status, 404);
    EXPECT_THAT(none.body, HasSubstr("has not started yet (state none): it has no log"));
  }
  EXPECT_THAT(Range("?try_number=3").body, HasSubstr("has no try 3: it has had 1"));
  EXPECT_EQ(Range("?map_index=7").status, 404);
  EXPECT_EQ(Ask("GET", "/api/gale/v1/dags/no/dagRuns/r1/taskInstances/b/log").status, 404);
  End();  // b will never start
  EXPECT_THAT(Ask("GET", b).body, HasSubstr("never started (state upstream_failed)"));
}

TEST_F(LogPagesTest, ATrysStartsAreOneLogForAllThatIsAsked) {
  Write("first ERROR\n");
  server_.Finish(link_, attempt_, core::Outcome::kRescheduled, {}, 12);
  link_->WaitFor([&] { return link_->grants.size() == 2; });
  attempt_ = link_->grants[1].attempt;
  key_ = server_.control->NameAttempt(attempt_).value();
  Write("second ERROR\n");
  EXPECT_EQ(Range("?offset=-20").body, " ERROR\nsecond ERROR\n");
  EXPECT_EQ(Headers(Range("?offset=-1")), "25 24 false 1");
  const Json marks = Get(std::string(kTask) + "/log/marks?q=second");
  EXPECT_EQ(marks["hits"], Json::parse(R"([{"offset":12,"line":2}])"));
  EXPECT_EQ(marks["errors"].size(), 2u);
  const Json times = Get(std::string(kTask) + "/log/times");
  ASSERT_EQ(times["times"].size(), 2u);
  EXPECT_EQ(times["times"][1]["offset"], 12);
  EXPECT_EQ(Get(std::string(kTask) + "/log/times?offset=13&limit=1")["times"].size(), 1u);
}

TEST_F(LogPagesTest, MarksAreCountedAndTheCaseMayMatter) {
  Write("ok\nTraceback (most recent call last):\n  x\nValueError: OK\n");
  Json marks = Get(std::string(kTask) + "/log/marks?q=ok");
  EXPECT_EQ(marks["hits_total"], 2);
  EXPECT_EQ(marks["lines"], 4);
  EXPECT_EQ(marks["complete"], false);
  EXPECT_EQ(marks["next"], nullptr);
  EXPECT_EQ(marks["errors"], Json::parse(R"([{"offset":3,"line":2}])"));
  marks = Get(std::string(kTask) + "/log/marks?q=ok&case=true");
  EXPECT_EQ(marks["hits_total"], 1);
  marks = Get(std::string(kTask) + "/log/marks?q=ok&after=1");
  EXPECT_EQ(marks["hits"], Json::parse(R"([{"offset":54,"line":4}])"));
  EXPECT_EQ(Ask("GET", std::string(kTask) + "/log/marks?q=" + std::string(257, 'x')).status, 400);
}

}  // namespace
}  // namespace gale::http
