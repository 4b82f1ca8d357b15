// Which file is read next.
#include "master/dags/parse_queue.h"

#include <gtest/gtest.h>

namespace gale {
namespace {

using namespace std::chrono_literals;

class Queue : public ::testing::Test {
 protected:
  void Add(const std::string& path, int64_t mtime = 0, bool changed = true) {
    queue_.Add(path, mtime, changed);
  }
  // "+a": started; "+a aside"; "a aside": moved; "-a": ended.
  std::string Steps() {
    std::string out;
    for (const ParseQueue::Step& step : queue_.Steps(now_)) {
      if (!out.empty()) out += ", ";
      switch (step.what) {
        case ParseQueue::Step::What::kStart: out += "+" + step.path; break;
        case ParseQueue::Step::What::kStartAside: out += "+" + step.path + " aside"; break;
        case ParseQueue::Step::What::kMoveAside: out += step.path + " aside"; break;
        case ParseQueue::Step::What::kEnd: out += "-" + step.path; break;
      }
    }
    return out;
  }
  std::string After(Duration time) {
    now_ += time;
    return Steps();
  }

  MonoTime now_{};
  ParseQueue queue_{{.quick = 2, .slow = 2, .budget = 100ms}};
};

TEST_F(Queue, WhatWasWrittenLastGoesFirst) {
  Add("old", 1);
  Add("new", 3);
  Add("older", 0);
  Add("newer", 2);
  EXPECT_EQ(Steps(), "+new, +newer");
  EXPECT_EQ(Steps(), "");
  queue_.Done("newer", now_);
  EXPECT_EQ(Steps(), "+old");
}

TEST_F(Queue, AFileIsThereOnce) {
  Add("a");
  Add("a");
  EXPECT_EQ(Steps(), "+a");
  Add("a");
  EXPECT_EQ(Steps(), "");
  EXPECT_FALSE(queue_.waits());
}

TEST_F(Queue, ASlowFileGoesAsideOnceAnotherWaits) {
  Add("s1");
  Add("s2");
  EXPECT_EQ(Steps(), "+s1, +s2");
  EXPECT_EQ(queue_.wake_at(), std::nullopt);
  EXPECT_EQ(After(1h), "") << "nobody wants their places";
  Add("q");
  EXPECT_EQ(Steps(), "s1 aside, +q");
}

TEST_F(Queue, AQuickFileNeverWaitsBehindSlowOnesHoweverManyThereAre) {
  for (int i = 0; i < 9; ++i) Add("s" + std::to_string(i), 1);
  Add("quick", 0);
  EXPECT_EQ(Steps(), "+s0, +s1");
  EXPECT_EQ(queue_.wake_at(), now_ + 100ms);
  EXPECT_EQ(After(99ms), "");
  EXPECT_EQ(After(1ms), "s0 aside, +s2, s1 aside, +s3");
  EXPECT_EQ(After(100ms), "-s2, +s4, -s3, +s5");
  EXPECT_EQ(After(100ms), "-s4, +s6, -s5, +s7");
  EXPECT_EQ(After(100ms), "-s6, +s8, -s7, +quick");
  queue_.Done("s0", now_);
  EXPECT_EQ(Steps(), "+s2 aside");
  Add("quicker", 0);
  queue_.Done("quick", now_);
  EXPECT_EQ(Steps(), "+quicker");
}

TEST_F(Queue, WhatWasSlowIsReadAsideUntilItChanges) {
  Add("s");
  Steps();
  now_ += 101ms;
  queue_.Done("s", now_);
  Add("s", 0, /*changed=*/false);
  EXPECT_EQ(Steps(), "+s aside");
  queue_.Done("s", now_ + 101ms);
  Add("s", 0, /*changed=*/true);
  EXPECT_EQ(Steps(), "+s");
}

TEST_F(Queue, AfterADeathThoseThatWereReadAreReadAloneAndWhoDoesItAgainIsGuilty) {
  for (const char* path : {"a", "killer", "c"}) Add(path);
  EXPECT_EQ(Steps(), "+a, +killer");
  EXPECT_TRUE(queue_.Died().empty());
  EXPECT_EQ(Steps(), "+a");
  EXPECT_EQ(Steps(), "");
  queue_.Done("a", now_);
  EXPECT_EQ(Steps(), "+killer");
  EXPECT_EQ(queue_.Died(), std::vector<std::string>{"killer"});
  EXPECT_EQ(Steps(), "+c");
}

TEST_F(Queue, AFileThatIsGoneIsNotRead) {
  for (const char* path : {"a", "b", "c"}) Add(path);
  EXPECT_EQ(Steps(), "+a, +b");
  queue_.Remove("c");
  queue_.Remove("a");
  EXPECT_EQ(Steps(), "");
  Add("d");
  EXPECT_EQ(Steps(), "+d");
  EXPECT_EQ(queue_.size(), 2u);
}

}  // namespace
}  // namespace gale
