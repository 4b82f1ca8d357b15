// The thread around the loop: answers after commits, bounds, stopping, giving up.
#include "master/engine/engine.h"

#include <gtest/gtest.h>
#include <spdlog/spdlog.h>

#include <atomic>

#include "common/base/limits.h"
#include "common/queue/memory_queue.h"
#include "tests/support/faulty_store.h"

namespace gale {
namespace {

using namespace std::chrono_literals;

class EngineTest : public ::testing::Test {
 protected:
  EngineTest()
      : inner_(*OpenSqliteStore({.path = ":memory:"})), store_(*inner_, [this](auto&) {
          if (faults_ <= 0) return Fault::kNone;
          --faults_;
          return Fault::kFailAfter;
        }) {
    GALE_CHECK(inner_->Migrate().ok(), "migrate");
    spdlog::set_level(spdlog::level::off);
    options_.parse_spec = [](const std::string&) -> Result<DagSpec> { return Internal("none"); };
  }
  Engine& Started() {
    engine_ = std::make_unique<Engine>(store_, queue_, &queue_, options_);
    GALE_CHECK(engine_->Start().ok(), "start");
    return *engine_;
  }
  static Result<PoolRow> SetPool(Loop& loop) {
    return loop.SetPool({.name = "p", .slots = 3}, {"admin", "cli"});
  }
  size_t Pools() { return store_.LoadLive()->pools.size(); }

  std::unique_ptr<Store> inner_;
  std::atomic<int> faults_{0};
  FaultyStore store_;
  MemoryQueue queue_;
  LoopOptions options_;
  std::unique_ptr<Engine> engine_;
};

TEST_F(EngineTest, ACallAnswersWhenItIsInTheLedger) {
  Engine& engine = Started();
  auto pool = engine.Call<Result<PoolRow>>([](Loop& l) { return SetPool(l); });
  ASSERT_TRUE(pool.ok());
  EXPECT_EQ(Pools(), 2u);
  EXPECT_TRUE(engine.healthy());
}

TEST_F(EngineTest, WithFlushesBesideTheTurnsACallAnswersAfterItsFlush) {
  options_.sync_later = true;
  Engine& engine = Started();
  EXPECT_TRUE(engine.Call<Result<PoolRow>>([](Loop& l) { return SetPool(l); }).ok());
  EXPECT_EQ(Pools(), 2u);
}

TEST_F(EngineTest, ACommitThatFailsForAWhileIsTriedAgainAndAnswered) {
  Engine& engine = Started();
  faults_ = 3;
  EXPECT_TRUE(engine.Call<Result<PoolRow>>([](Loop& l) { return SetPool(l); }).ok());
  EXPECT_EQ(faults_, 0);
  EXPECT_TRUE(engine.Call<Status>([](Loop&) { return OkStatus(); }).ok());  // that turn is over
  EXPECT_TRUE(engine.healthy());
}

TEST_F(EngineTest, AFullMailboxIsSaid) {
  Engine& engine = Started();
  std::promise<void> go;
  std::shared_future<void> gate = go.get_future().share();
  std::promise<void> inside;
  ASSERT_TRUE(engine.Post([&inside, gate](Loop&) {
    inside.set_value();
    gate.wait();
  }));
  inside.get_future().wait();
  std::atomic<size_t> done{0};
  for (size_t i = 0; i < limits::kMailboxEventsMax; ++i) {
    ASSERT_TRUE(engine.Post([&](Loop&) { ++done; }));
  }
  EXPECT_FALSE(engine.Post([](Loop&) {}));
  auto refused = engine.Call<Status>([](Loop&) { return OkStatus(); });
  EXPECT_EQ(refused.code(), Code::kUnavailable);
  go.set_value();
  engine.Stop(MonoTime());
  EXPECT_EQ(done, limits::kMailboxEventsMax) << "what was taken is done before it stops";
}

TEST_F(EngineTest, AfterStopNothingIsTaken) {
  Engine& engine = Started();
  engine.Stop(MonoTime());
  EXPECT_FALSE(engine.Post([](Loop&) {}));
  EXPECT_EQ(engine.Call<Status>([](Loop&) { return OkStatus(); }).code(), Code::kUnavailable);
}

// It used to take the leadership back, and the other one from it, without end.
TEST_F(EngineTest, ADeposedMasterWritesNothingAndGivesUp) {
  engine_ = std::make_unique<Engine>(store_, queue_, &queue_, options_);
  std::promise<Status> fatal;
  engine_->OnFatal([&](const Status& status) { fatal.set_value(status); });
  ASSERT_TRUE(engine_->Start().ok());
  const Epoch other = inner_->AcquireLeadership({.owner = "another"}).value();
  auto pool = engine_->Call<Result<PoolRow>>([](Loop& l) { return SetPool(l); });
  EXPECT_EQ(pool.status().code(), Code::kUnavailable);
  auto told = fatal.get_future();
  ASSERT_EQ(told.wait_for(10s), std::future_status::ready);
  EXPECT_EQ(told.get().code(), Code::kAborted);
  EXPECT_EQ(engine_->fatal().code(), Code::kAborted);
  EXPECT_FALSE(engine_->healthy());
  EXPECT_FALSE(engine_->Post([](Loop&) {}));
  EXPECT_EQ(Pools(), 1u);
  EXPECT_TRUE(inner_->Commit(other, {}).ok()) << "the other one still leads";
}

// It used to be tried again, which the system answers with success: acks left for what may not be on
// the disk.
TEST_F(EngineTest, AFlushThatFailsIsTheEndAndWhatWaitedForItIsNotAnswered) {
  options_.sync_later = true;
  class Unflushed : public FaultyStore {
   public:
    explicit Unflushed(Store& inner) : FaultyStore(inner, nullptr) {}
    Status Sync() override {
      return syncs++ == 0 ? Unavailable("'gale.db-wal': Input/output error") : OkStatus();
    }
    std::atomic<int> syncs{0};
  } store(*inner_);
  Engine engine(store, queue_, &queue_, options_);
  std::promise<Status> fatal;
  engine.OnFatal([&](const Status& status) { fatal.set_value(status); });
  ASSERT_TRUE(engine.Start().ok());
  auto pool = engine.Call<Result<PoolRow>>([](Loop& l) { return SetPool(l); });
  EXPECT_EQ(pool.status().code(), Code::kUnavailable) << "it may have been done";
  auto told = fatal.get_future();
  ASSERT_EQ(told.wait_for(10s), std::future_status::ready);
  EXPECT_NE(told.get().message().find("gale.db-wal"), std::string::npos);
  EXPECT_FALSE(engine.healthy());
  EXPECT_FALSE(engine.Post([](Loop&) {}));
  engine.Stop(MonoTime());
  EXPECT_EQ(store.syncs, 1);
}

}  // namespace
}  // namespace gale
