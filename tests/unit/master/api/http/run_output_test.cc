// The output of a run: the lines of all its logs, in the order of time.
#include <gmock/gmock.h>

#include "common/base/limits.h"
#include "tests/unit/master/api/http/rest_for_test.h"

namespace gale::http {
namespace {

constexpr char kOutput[] = "/api/gale/v1/dags/etl/dagRuns/r1/output";

class RunOutputTest : public RestForTest {
 protected:
  RunOutputTest() {
    DagSpec spec = ChainOf("etl", {"a", "b"});
    spec.tasks[0].downstream_task_ids.clear();
    EXPECT_TRUE(server_.control->SubmitDag(spec, server_.actor).ok());
    EXPECT_TRUE(server_.control->SetDagPaused("etl", false, server_.actor).ok());
    server_.Trigger("etl", "r1");
    link_ = server_.Connect();
    link_->WaitFor([&] { return link_->grants.size() == 2; });
  }
  AttemptId Of(const std::string& task) {
    for (const Grant& grant : link_->grants) {
      if (server_.control->NameAttempt(grant.attempt)->task_id == task) return grant.attempt;
    }
    return {};
  }
  void Write(const std::string& task, const std::string& text, int64_t second) {
    const LogKey key = server_.control->NameAttempt(Of(task)).value();
    ASSERT_TRUE(server_.logs
                    ->Append(key, server_.logs->Size(key).value(), text,
                             TimePoint(std::chrono::seconds(second)))
                    .ok());
  }
  void End(const std::string& task) {
    const LogKey key = server_.control->NameAttempt(Of(task)).value();
    server_.Finish(link_, Of(task), core::Outcome::kSuccess, {}, server_.logs->Size(key).value());
  }
  // Of one page: "a:text ", and where it stopped.
  std::string Page(std::string& after) {
    const Json page = Get(std::string(kOutput) + "?after=" + after);
    std::string lines;
    for (const Json& line : page["lines"]) {
      lines += line["task_id"].get<std::string>() + ":" + line["text"].get<std::string>() + " ";
    }
    after = page["next"].is_null() ? "" : page["next"].get<std::string>();
    complete_ = page["complete"];
    return lines;
  }

  std::shared_ptr<RecordingLink> link_;
  bool complete_ = false;
};

TEST_F(RunOutputTest, LinesStandInTheOrderInWhichTheyEnded) {
  std::string after;
  EXPECT_EQ(Page(after), "");
  EXPECT_FALSE(complete_);
  Write("a", "a1\na2 begins", 100);
  Write("b", "b1\r\nb2\n", 101);
  Write("a", " and ends\na3\n", 102);
  after = "";
  EXPECT_EQ(Page(after), "a:a1 b:b1 b:b2 a:a2 begins and ends a:a3 ");
  EXPECT_NE(after, "");
  EXPECT_FALSE(complete_);
  EXPECT_EQ(Page(after), "");

  // What comes now stands behind all that was shown, also if its line began before.
  const int64_t now =
      std::chrono::floor<std::chrono::seconds>(Clock::Real().Now()).time_since_epoch().count();
  Write("b", "no end", now + 1);
  Write("a", "a4\n", now + 2);
  EXPECT_EQ(Page(after), "") << "the last moments are left to the next page";
  End("a");
  End("b");
  EXPECT_EQ(Page(after), "b:no end a:a4 ");
  EXPECT_TRUE(complete_);
  EXPECT_EQ(after, "");
  EXPECT_EQ(Page(after), "a:a1 b:b1 b:b2 a:a2 begins and ends a:a3 b:no end a:a4 ");
}

TEST_F(RunOutputTest, PagesFollowOneAnotherWithoutLossOrRepetition) {
  std::string all_a, all_b;
  for (int i = 0; i < 3000; ++i) {
    const std::string line = std::to_string(i) + "\n";
    Write("a", line, 1000 + i / 7);  // many at one time
    all_b += line;
  }
  for (size_t at = 0; at < all_b.size(); at += 50'000) Write("b", all_b.substr(at, 50'000), 1100);
  End("a");
  End("b");
  std::string after;
  std::vector<size_t> pages;
  std::map<std::string, std::vector<int>> numbers;
  do {
    const Json page = Get(std::string(kOutput) + "?after=" + after);
    pages.push_back(page["lines"].size());
    for (const Json& line : page["lines"]) {
      numbers[line["task_id"]].push_back(std::stoi(line["text"].get<std::string>()));
      EXPECT_EQ(line["try_number"], 1);
    }
    after = page["next"].is_null() ? "" : page["next"].get<std::string>();
  } while (!after.empty() && pages.size() < 10);
  EXPECT_THAT(pages, testing::ElementsAre(2000, 2000, 2000));
  for (const char* task : {"a", "b"}) {
    ASSERT_EQ(numbers[task].size(), 3000u) << task;
    EXPECT_TRUE(std::ranges::is_sorted(numbers[task])) << task;
  }
}

TEST_F(RunOutputTest, HostileBytesAreMadeText) {
  Write("a", std::string("nul \0 bad \xff\n", 12), 100);
  Write("a", std::string(40'000, 'x'), 101);
  Write("a", std::string(40'000, 'y') + "\nlast\n", 102);
  Write("b", "<script>\n", 103);
  End("a");
  End("b");
  const Json lines = Get(kOutput)["lines"];
  ASSERT_EQ(lines.size(), 4u);
  EXPECT_EQ(lines[0]["text"], "nul \\x00 bad \\xff");
  EXPECT_LE(lines[1]["text"].get<std::string>().size(), limits::kOutputLineBytesMax + 10);
  EXPECT_EQ(lines[2]["text"], "last");
  EXPECT_EQ(lines[3]["text"], "<script>");
}

TEST_F(RunOutputTest, APlaceIsOneThatAPageNamed) {
  for (const char* after : {"x", "1.2.3", "1.2.3.4.x", "1.2.3.4.5.6", "1..3.4.5"}) {
    EXPECT_EQ(Ask("GET", std::string(kOutput) + "?after=" + after).status, 400) << after;
  }
  EXPECT_EQ(Ask("GET", "/api/gale/v1/dags/etl/dagRuns/none/output").status, 404);
}

}  // namespace
}  // namespace gale::http
