// Two engines on one ledger, on real threads with short leases: who leads, and what the other says.
#include <gtest/gtest.h>
#include <spdlog/spdlog.h>

#include <condition_variable>

#include "common/queue/memory_queue.h"
#include "master/engine/engine.h"

namespace gale {
namespace {

using namespace std::chrono_literals;

constexpr auto kPatience = 20s;

class EngineLeaderTest : public ::testing::Test {
 protected:
  struct Member {
    MemoryQueue queue;
    std::unique_ptr<Engine> engine;
    std::vector<bool> told;  // what OnLeading said; behind mutex_
  };

  EngineLeaderTest() : store_(*OpenSqliteStore({.path = ":memory:"})) {
    const Status migrated = store_->Migrate();
    GALE_CHECK(migrated.ok(), "{}", migrated.ToString());
    spdlog::set_level(spdlog::level::off);
  }
  ~EngineLeaderTest() override {
    for (auto& member : members_) member->engine->Stop(MonoTime());
  }

  Engine& Start(const std::string& name, Duration outage = 30s) {
    Member& member = *members_.emplace_back(std::make_unique<Member>());
    LoopOptions loop;
    loop.owner = loop.instance = name;
    loop.parse_spec = [](const std::string&) -> Result<DagSpec> { return Internal("none"); };
    LeadershipOptions leadership;
    leadership.lease = 300ms;
    leadership.poll = 10ms;
    leadership.outage = outage;
    leadership.self = {name, name, name + ":1", "", "", {}, {}};
    member.engine = std::make_unique<Engine>(*store_, member.queue, &member.queue, loop,
                                             Clock::Real(), leadership);
    member.engine->OnLeading([this, &member](bool leads) {
      std::lock_guard lock(mutex_);
      member.told.push_back(leads);
      changed_.notify_all();
    });
    GALE_CHECK(member.engine->Start().ok(), "start");
    return *member.engine;
  }
  // Until the n-th engine was told so.
  bool Await(size_t n, std::vector<bool> told) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kPatience, [&] { return members_[n]->told == told; });
  }
  static Result<PoolRow> SetPool(Engine& engine) {
    return engine.Call<Result<PoolRow>>([](Loop& loop) {
      return loop.SetPool({.name = "p", .slots = 3}, {"admin", "cli"});
    });
  }

  std::unique_ptr<Store> store_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::unique_ptr<Member>> members_;
};

TEST_F(EngineLeaderTest, TheFirstLeadsAndTheSecondSaysWhoDoes) {
  Engine& first = Start("first");
  Engine& second = Start("second");
  EXPECT_TRUE(first.leads());
  EXPECT_TRUE(SetPool(first).ok());
  EXPECT_FALSE(second.leads());
  EXPECT_FALSE(second.MayRenewLeases());
  const Status refused = SetPool(second).status();
  EXPECT_EQ(refused.code(), Code::kUnavailable);
  EXPECT_NE(refused.message().find("'first' leads"), std::string::npos) << refused.message();
  EXPECT_EQ(second.leader().owner, "first");
  EXPECT_EQ(store_->ListMasters()->size(), 2u);
}

TEST_F(EngineLeaderTest, ALeaderThatStopsIsFollowedAtOnce) {
  Engine& first = Start("first");
  Engine& second = Start("second");
  first.Stop(MonoTime());
  ASSERT_TRUE(Await(1, {true}));
  EXPECT_TRUE(SetPool(second).ok());
  EXPECT_EQ(store_->GetLeader()->owner, "second");
}

TEST_F(EngineLeaderTest, OneWhoseLeadWasTakenFollowsAndWritesNothing) {
  Engine& first = Start("first");
  const Epoch other = *store_->AcquireLeadership({.owner = "other", .instance = "other"});
  EXPECT_EQ(SetPool(first).status().code(), Code::kUnavailable);
  ASSERT_TRUE(Await(0, {true, false, true})) << "the other never beats";
  EXPECT_TRUE(SetPool(first).ok());
  EXPECT_EQ(store_->Commit(other, {}).code(), Code::kAborted);
}

TEST_F(EngineLeaderTest, ALeaderWithNothingToDoKeepsItsLead) {
  Engine& first = Start("first");
  Start("second");
  const int64_t beat = store_->GetLeader()->beat;
  while (store_->GetLeader()->beat < beat + 12) std::this_thread::yield();  // two leases
  EXPECT_TRUE(first.leads());
  EXPECT_TRUE(SetPool(first).ok());
}

}  // namespace
}  // namespace gale
