// Which template a start goes to, and which templates stay.
#include "worker/keeper/template_pool.h"

#include <gtest/gtest.h>

namespace gale::keeper {
namespace {

using Do = TemplatePool::Do;
constexpr int64_t kSecond = 1'000'000;
constexpr int64_t kMinute = 60 * kSecond;

// The steps as text: "start 1 file a", "ask 1 a", "end 1", "fresh a".
std::string Text(const TemplatePool::Steps& steps) {
  std::string out;
  for (const auto& s : steps) {
    if (!out.empty()) out += ", ";
    const std::string serial = std::to_string(s.serial);
    switch (s.what) {
      case Do::kStart: out += "start " + serial + " " + s.id + " " + s.key; break;
      case Do::kAsk: out += "ask " + serial + " " + s.key; break;
      case Do::kEnd: out += "end " + serial; break;
      case Do::kFresh: out += "fresh " + s.key; break;
    }
  }
  return out;
}

class Pool : public testing::Test {
 protected:
  std::string Want(const std::string& key, const std::string& file = "file") {
    return Text(pool.Want(
        key, {{file, std::chrono::seconds(30)}, {"sdk", std::chrono::seconds(30)}}, bounds, now));
  }
  std::string Sdk(const std::string& key) {
    return Text(pool.Want(key, {{"sdk", std::chrono::seconds(30)}}, bounds, now));
  }
  // One of "file", idle; the SDK's is idle, too: serials 1 (sdk) and 2.
  void HaveBoth() {
    Want("s1"), pool.Ready(1, 10, now), pool.Forked("s1", now);
    Want("s2"), pool.Ready(2, 10, now), pool.Forked("s2", now);
  }

  TemplatePool pool;
  TemplatePool::Bounds bounds{8, 1000};
  int64_t now = 1'000 * kMinute;
};

TEST_F(Pool, AFileGetsATemplateOfItsOwnAtItsSecondStart) {
  EXPECT_EQ(Want("a"), "start 1 sdk a");
  EXPECT_EQ(Text(pool.Ready(1, 10, now)), "ask 1 a");
  EXPECT_EQ(Text(pool.Forked("a", now)), "");
  EXPECT_EQ(Want("b"), "start 2 file b");
  EXPECT_EQ(Want("c"), "");  // waits for the same import
  EXPECT_EQ(Text(pool.Ready(2, 10, now)), "ask 2 b, ask 2 c");
}

TEST_F(Pool, TwoStartsFarApartAreTwoFirstOnes) {
  Want("a"), pool.Ready(1, 10, now), pool.Forked("a", now);
  now += TemplatePool::kSecondStartWithin.count() + 1;
  EXPECT_EQ(Want("b"), "ask 1 b");
}

TEST_F(Pool, SoManyAreAskedOfOneAtATime) {
  Sdk("a");
  for (int i = 0; i < 6; ++i) Sdk("k" + std::to_string(i));
  EXPECT_EQ(Text(pool.Ready(1, 10, now)), "ask 1 a, ask 1 k0, ask 1 k1, ask 1 k2");
  EXPECT_EQ(Text(pool.Forked("a", now)), "ask 1 k3");
  EXPECT_EQ(Text(pool.NotForked("k1", "it ended", now)), "ask 1 k4, fresh k1");
  EXPECT_EQ(Text(pool.Dropped("k0", now)), "ask 1 k5");
}

TEST_F(Pool, OneThatCantBeForkedFromSendsItsStartsToTheNextAndIsRefusedForAWhile) {
  HaveBoth();
  Want("a", "other"), pool.Forked("a", now);
  EXPECT_EQ(Want("b", "other"), "start 3 other b");
  EXPECT_EQ(Text(pool.Unforkable(3, "a thread", now)), "end 3, ask 1 b");
  EXPECT_EQ(Want("c", "other"), "ask 1 c");
  pool.Forked("b", now), pool.Forked("c", now);
  now += TemplatePool::kRefusedFor.count() - 1;
  EXPECT_EQ(Want("d", "other"), "ask 1 d");
  now += 1;
  EXPECT_EQ(Want("e", "other"), "start 4 other e");
}

TEST_F(Pool, WhoseFilesChangedIsMadeAnew) {
  HaveBoth();
  EXPECT_EQ(Want("a"), "ask 2 a");
  EXPECT_EQ(Text(pool.Stale(2, now)), "end 2, start 3 file a");
  EXPECT_EQ(Text(pool.Ready(3, 10, now)), "ask 3 a");
  EXPECT_EQ(Text(pool.Stale(3, now)), "end 3, start 4 file a");
  pool.Ready(4, 10, now);
  EXPECT_EQ(Text(pool.Stale(4, now)), "end 4, fresh a");  // they change all the time
}

TEST_F(Pool, WhoDiesCostsNothingButItself) {
  HaveBoth();
  EXPECT_EQ(Want("a"), "ask 2 a");
  EXPECT_EQ(Text(pool.Gone(2, "killed", now)), "end 2, fresh a");
  EXPECT_EQ(Want("b"), "ask 1 b");  // and isn't tried again at once
  // One that dies idle is no danger.
  HaveBoth();
  Want("x", "calm"), pool.Forked("x", now);
  EXPECT_EQ(Want("y", "calm"), "start 3 calm y");
  pool.Ready(3, 10, now), pool.Forked("y", now);
  EXPECT_EQ(Text(pool.Gone(3, "killed", now)), "end 3");
  EXPECT_EQ(Want("z", "calm"), "start 4 calm z");
}

TEST_F(Pool, AnImportThatHangsIsEnded) {
  EXPECT_EQ(Sdk("a"), "start 1 sdk a");
  EXPECT_EQ(pool.next(), now + 30 * kSecond);
  EXPECT_EQ(Text(pool.OnTime(now + 30 * kSecond - 1)), "");
  EXPECT_EQ(Text(pool.OnTime(now + 30 * kSecond)), "end 1, fresh a");
  EXPECT_EQ(Sdk("b"), "fresh b");
}

TEST_F(Pool, OneThatDoesNotForkIsEnded) {
  HaveBoth();
  Want("a"), Want("b");
  const int64_t patience = TemplatePool::kAnswerMax.count();
  EXPECT_EQ(pool.next(), now + patience);
  now += patience - 1;
  pool.Forked("a", now);  // it does something
  EXPECT_EQ(Text(pool.OnTime(now + 1)), "");
  EXPECT_EQ(Text(pool.OnTime(now + patience)), "end 2, fresh b");
}

TEST_F(Pool, TheLeastUsedGoesAndTheSdksLast) {
  bounds.number_max = 2;
  HaveBoth();
  ++now;
  Want("a", "other"), pool.Forked("a", now);  // by the SDK's, which makes it the last used
  EXPECT_EQ(Want("b", "other"), "end 2, start 3 other b");
  Want("c", "third"), pool.Forked("c", now);
  // All that could go is the SDK's: so it does.
  EXPECT_EQ(Want("d", "third"), "end 1, start 4 third d");
  // None can: both have starts to do.
  Want("e", "fourth");
  EXPECT_EQ(Want("f", "fourth"), "fresh f");
}

TEST_F(Pool, NoneAreKeptWhereNoneMayBe) {
  bounds.number_max = 0;
  EXPECT_EQ(Want("a"), "fresh a");
  EXPECT_EQ(Want("b"), "fresh b");
}

TEST_F(Pool, TheirMemoryIsBounded) {
  HaveBoth();
  Want("a", "big"), pool.Forked("a", now);
  Want("b", "big");
  EXPECT_EQ(Text(pool.Ready(3, 985, now)), "end 2, ask 3 b");
  pool.Forked("b", now);
  Want("c", "huge"), pool.Forked("c", now);
  EXPECT_EQ(Want("d", "huge"), "start 4 huge d");
  EXPECT_EQ(Text(pool.Ready(4, 1001, now)), "end 4, fresh d");
}

TEST_F(Pool, IdleOnesGoAndTheSdksOnlyWhenItIsTheLast) {
  HaveBoth();
  now += kMinute;
  Want("a"), pool.Forked("a", now);  // the file's
  const int64_t idle = TemplatePool::kIdleMax.count();
  EXPECT_EQ(Text(pool.OnTime(now - kMinute + idle)), "");  // the SDK's has been idle so long
  EXPECT_EQ(pool.next(), now + idle);
  EXPECT_EQ(Text(pool.OnTime(now + idle)), "end 2, end 1");
  EXPECT_EQ(pool.next(), INT64_MAX);
  EXPECT_EQ(pool.size(), 0u);
}

}  // namespace
}  // namespace gale::keeper
