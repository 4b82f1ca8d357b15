// What other sessions, restarts and lost connections do to commits: nothing, or an honest answer.
#include <atomic>
#include <thread>

#include "tests/contract/mysql_world.h"
#include "tests/contract/sample_rows.h"

namespace gale {
namespace {

using namespace testing_rows;  // NOLINT

constexpr auto kPatience = std::chrono::seconds(30);

class MySqlFaults : public testing::TestWithParam<MySqlKind> {
 protected:
  void SetUp() override {
    world_ = std::make_unique<MySqlWorld>(SharedServer(GetParam()));
    root_ = Root(world_->server());
    name_ = mysql::QuoteName(world_->options().database);
    store_ = world_->Open();
    ASSERT_TRUE(store_->Migrate().ok());
    epoch_ = *store_->AcquireLeadership({.owner = "test"});
  }
  void MustRun(mysql::Connection& db, const std::string& sql) {
    const Status status = db.Run(sql);
    ASSERT_TRUE(status.ok()) << sql << ": " << status.ToString();
  }
  int64_t Number(const std::string& sql) {
    auto rows = root_->Query(sql);
    GALE_CHECK(rows.ok() && rows->Next(), "{}: {}", sql, rows.status().ToString());
    int64_t number = 0;
    rows->Read(number);
    return number;
  }
  // Waits until another session does what `like` names.
  void AwaitSession(const std::string& like) {
    const MonoTime deadline = Clock::Real().Mono() + kPatience;
    const std::string sql = mysql::Bind(
        "SELECT COUNT(*) FROM information_schema.processlist WHERE db = ? AND info LIKE ?",
        world_->options().database, like);
    while (Number(sql) == 0) ASSERT_LT(Clock::Real().Mono(), deadline) << like;
  }
  void KillSessions(const char* command) {
    auto rows = root_->Query(mysql::Bind(
        "SELECT id FROM information_schema.processlist WHERE db = ?", world_->options().database));
    for (int64_t id = 0; rows->Next();) {
      rows->Read(id);
      (void)root_->Run(fmt::format("{} {}", command, id));
    }
  }

  std::unique_ptr<MySqlWorld> world_;
  std::unique_ptr<mysql::Connection> root_;
  std::string name_;
  std::unique_ptr<Store> store_;
  Epoch epoch_;
};
INSTANTIATE_TEST_SUITE_P(Servers, MySqlFaults,
                         testing::Values(MySqlKind::kMariaDb, MySqlKind::kMySql),
                         [](const auto& info) {
                           return info.param == MySqlKind::kMariaDb ? "mariadb" : "mysql";
                         });

TiRow Ti(uint32_t task, uint32_t try_number) {
  TiRow row = SparseTi(1, task);
  row.try_number = try_number;
  return row;
}

// Another session locks row 2, the commit locks row 1 and waits for 2, then the other wants 1: the
// server undoes one of them, whichever is cheaper; the commit must be there in the end.
TEST_P(MySqlFaults, ADeadlockIsRetried) {
  ASSERT_TRUE(store_->Commit(epoch_, {.tis = {Ti(1, 1), Ti(2, 1), Ti(3, 1)}}).ok());
  MustRun(*root_, "USE " + name_);
  MustRun(*root_, "START TRANSACTION");
  // Changes many rows, so that it is the commit that is undone.
  for (int i = 1; i <= 50; ++i)
    MustRun(*root_, fmt::format("INSERT INTO live_run VALUES ({})", 100 + i));
  MustRun(*root_, "UPDATE task_instance SET pid = 1 WHERE task_index = 2");
  auto watcher = Root(world_->server());
  std::swap(root_, watcher);  // root_ asks; `watcher` holds the lock
  Status status;
  std::thread committer([&] { status = store_->Commit(epoch_, {.tis = {Ti(1, 2), Ti(2, 2)}}); });
  AwaitSession("%INTO task_instance%");
  const Status other = watcher->Run("UPDATE task_instance SET pid = 2 WHERE task_index = 1");
  (void)watcher->Run(other.ok() ? "COMMIT" : "ROLLBACK");
  committer.join();
  EXPECT_TRUE(status.ok()) << status.ToString();
  EXPECT_TRUE(other.ok()) << "else this was no deadlock of ours: " << other.ToString();
  auto tis = store_->reads().ListTis(RunId(1));
  EXPECT_EQ((*tis)[0].try_number + (*tis)[1].try_number, 4u);
}

TEST_P(MySqlFaults, ALockThatIsHeldForLongIsUnavailableAndHealsByItself) {
  ASSERT_TRUE(store_->Commit(epoch_, {.tis = {Ti(1, 1)}}).ok());
  auto holder = Root(world_->server());
  MustRun(*holder, "USE " + name_);
  MustRun(*holder, "START TRANSACTION");
  MustRun(*holder, "UPDATE task_instance SET pid = 1");
  const Status status = store_->Commit(epoch_, {.tis = {Ti(1, 2)}});
  EXPECT_EQ(status.code(), Code::kUnavailable) << status.ToString();
  MustRun(*holder, "COMMIT");
  EXPECT_TRUE(store_->Commit(epoch_, {.tis = {Ti(1, 2)}}).ok());
}

TEST_P(MySqlFaults, AKilledConnectionIsUnavailableOnceAndReadsDoNotNotice) {
  ASSERT_TRUE(store_->GetSetting("x").ok());
  for (int round = 0; round < 3; ++round) {
    KillSessions("KILL");
    EXPECT_TRUE(store_->GetSetting("x").ok());
    const CommitBatch batch{.tis = {Ti(1, 1)}};
    Status status = store_->Commit(epoch_, batch);
    EXPECT_EQ(status.code(), Code::kUnavailable) << status.ToString();
    EXPECT_NE(status.message().find("fate is unknown"), std::string::npos);
    EXPECT_TRUE(store_->Commit(epoch_, batch).ok());
  }
}

TEST_P(MySqlFaults, AnInterruptedStatementIsRetried) {
  ASSERT_TRUE(store_->Commit(epoch_, {.tis = {Ti(1, 1)}}).ok());
  auto holder = Root(world_->server());
  MustRun(*holder, "USE " + name_);
  MustRun(*holder, "START TRANSACTION");
  MustRun(*holder, "UPDATE task_instance SET pid = 1");
  MustRun(*holder, "USE mysql");  // not to be killed below
  Status status;
  std::thread committer([&] { status = store_->Commit(epoch_, {.tis = {Ti(1, 2)}}); });
  AwaitSession("%INTO task_instance%");
  KillSessions("KILL QUERY");
  MustRun(*holder, "COMMIT");
  committer.join();
  EXPECT_TRUE(status.ok()) << status.ToString();
}

TEST_P(MySqlFaults, ASilentServerIsGivenUpByTheDeadline) {
  MySqlOptions options = world_->options();
  options.io_timeout = options.connect_timeout = std::chrono::seconds(1);
  auto store = std::move(*OpenMySqlStore(options));
  const Epoch epoch = *store->AcquireLeadership({.owner = "me"});
  world_->server().Pause();
  const MonoTime start = Clock::Real().Mono();
  EXPECT_EQ(store->Commit(epoch, {.tis = {Ti(1, 1)}}).code(), Code::kUnavailable);
  EXPECT_EQ(store->reads().ListTis(RunId(1)).status().code(), Code::kUnavailable);
  EXPECT_LT(Seconds(Clock::Real().Mono() - start), 10);
  world_->server().Resume();
  EXPECT_TRUE(store->Commit(epoch, {.tis = {Ti(1, 1)}}).ok());
  EXPECT_EQ(store->reads().ListTis(RunId(1))->size(), 1u);
}

// Repeats each commit until it is done, while the server is killed and started again.
TEST_P(MySqlFaults, CommitsGoOnAfterTheServerIsKilledAndStartedAgain) {
  constexpr uint32_t kCommitsEach = 300;
  std::atomic<uint32_t> done{0};
  std::atomic<bool> stop{false}, refused{false};
  std::atomic<int> unknown{0};
  std::thread committer([&] {
    for (uint32_t n = 1; !stop; ++n) {
      RunRow run = SparseRun(1, "d", "r");
      run.clear_number = n;
      const CommitBatch batch{.runs = {run}, .tis = {Ti(0, n), Ti(n, n)}};
      for (Status status = store_->Commit(epoch_, batch); !status.ok();
           status = store_->Commit(epoch_, batch)) {
        if (status.code() != Code::kUnavailable) refused = true;
        if (refused || stop) return;
        ++unknown;
      }
      done = n;
      done.notify_all();
    }
  });
  for (int round = 0; round < 2; ++round) {
    for (const uint32_t from = done; done < from + kCommitsEach && !refused;) done.wait(done);
    world_->server().Restart();
  }
  for (const uint32_t from = done; done < from + kCommitsEach && !refused;) done.wait(done);
  stop = true;
  committer.join();
  EXPECT_FALSE(refused);
  EXPECT_GT(unknown, 0);
  auto tis = store_->reads().ListTis(RunId(1));
  ASSERT_TRUE(tis.ok()) << tis.status().ToString();
  ASSERT_EQ(tis->size(), done + 1u) << "what was answered OK is there";
  EXPECT_EQ(tis->front().try_number, done);
  EXPECT_EQ(store_->reads().GetRun("d", "r")->clear_number, done);
}

// Two masters: while one commits as fast as it can, the other takes over. Nothing that the first
// was told is done may come after the second's first look.
TEST_P(MySqlFaults, ATakeoverAndACommitOfTheOldEpochNeverBothHappen) {
  for (int round = 0; round < 15; ++round) {
    auto second = world_->Open();
    std::atomic<uint32_t> done{0};
    Status last;
    std::thread first([&, epoch = epoch_] {
      for (uint32_t n = 1;; ++n) {
        last = store_->Commit(epoch, {.tis = {Ti(1, n), Ti(2, n)}});
        if (!last.ok()) return;
        done = n;
        done.notify_all();
      }
    });
    while (done < 20) done.wait(done);
    auto taken = second->AcquireLeadership({.owner = "second"});
    ASSERT_TRUE(taken.ok()) << taken.status().ToString();
    auto before = second->reads().ListTis(RunId(1));
    first.join();
    EXPECT_EQ(last.code(), Code::kAborted) << last.ToString();
    auto after = second->reads().ListTis(RunId(1));
    EXPECT_EQ((*before)[0].try_number, done.load()) << "a commit slipped past the fence";
    EXPECT_TRUE(Same(*before, *after));
    epoch_ = *taken;
    store_ = std::move(second);
  }
}

TEST_P(MySqlFaults, TwentyThousandRowsAreOneCommit) {
  CommitBatch batch{.runs = {SparseRun(1, "d", "r")}};
  for (uint32_t i = 0; i < 20'000; ++i) batch.tis.push_back(Ti(i, 1));
  const MonoTime start = Clock::Real().Mono();
  ASSERT_TRUE(store_->Commit(epoch_, batch).ok());
  const double inserted = Seconds(Clock::Real().Mono() - start);
  for (TiRow& row : batch.tis) row.try_number = 2;
  ASSERT_TRUE(store_->Commit(epoch_, batch).ok());
  const double both = Seconds(Clock::Real().Mono() - start);
  RecordProperty("insert_ms", static_cast<int>(inserted * 1000));
  RecordProperty("update_ms", static_cast<int>((both - inserted) * 1000));
  EXPECT_LT(inserted, 10) << "far above what a busy machine takes";
  EXPECT_EQ(store_->reads().ListTis(RunId(1))->size(), 20'000u);
}

}  // namespace
}  // namespace gale
