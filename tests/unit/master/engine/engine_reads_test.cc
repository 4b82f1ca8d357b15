// Nothing reads the ledger on the engine's thread, and readers that never end stop nobody.
#include <latch>
#include <semaphore>

#include "tests/unit/master/engine/engine_fixture.h"

namespace gale {
namespace {

class EngineReads : public RunningEngineTest {
 protected:
  ~EngineReads() override { engine_.reset(); }

  static TaskSpec Empty(const std::string& id) {
    TaskSpec task;
    task.task_id = id;
    return task;
  }
  // Waits for what the engine does by itself.
  void Await(const std::function<bool(Loop&)>& is) {
    for (bool done = false; !done;) {
      ASSERT_TRUE(Call([&](Loop& loop) { done = is(loop); }).ok());
    }
  }
  // The n-th attempt that was granted ends well.
  void Finish(size_t n) {
    ASSERT_TRUE(Call([](Loop&) {}).ok());  // what was granted has left
    ASSERT_GE(link_->grants.size(), n);
    const AttemptId id = link_->grants[n - 1];
    ASSERT_TRUE(Call([&](Loop& loop) { loop.OnFinished(link_, Ended(id)); }).ok());
  }
};

// Trigger, clear, explain, due runs and the run before used to be read there, over the connections
// of the API's readers.
TEST_F(EngineReads, NothingIsReadOnTheEnginesThread) {
  std::atomic<std::thread::id> engine_thread{};
  std::atomic<int> reads{0}, wrong{0};
  store_.on_read = [&] {
    ++reads;
    if (std::this_thread::get_id() == engine_thread.load()) ++wrong;
  };
  StartOn(store_, std::nullopt);
  ASSERT_TRUE(Call([&](Loop&) { engine_thread = std::this_thread::get_id(); }).ok());
  Finish(1);
  ASSERT_EQ(StateOf(run_.id), RunState::kSuccess);
  const int before = reads;

  // A finished run.
  auto on_run = [&](const std::string& dag, const std::string& run, auto what) {
    return engine_->CallOnRun<Status>(dag, run, [&](Loop& l) { return what(l).status(); });
  };
  EXPECT_TRUE(
      on_run("d", run_.run_id, [&](Loop& l) { return l.Explain("d", run_.run_id, "a"); }).ok());
  EXPECT_TRUE(on_run("d", run_.run_id, [&](Loop& l) {
                return l.SetRunNote("d", run_.run_id, "hello", actor_);
              }).ok());
  EXPECT_EQ(store_.reads().GetRunById(run_.id)->note, "hello");
  const Status none =
      on_run("d", "none", [&](Loop& l) { return l.SetRunNote("d", "none", "", actor_); });
  EXPECT_EQ(none.code(), Code::kNotFound) << none.ToString();
  EXPECT_TRUE(on_run("d", run_.run_id, [&](Loop& l) {
                return l.Clear({.dag_id = "d", .run_id = run_.run_id}, actor_);
              }).ok());
  Finish(2);

  // Due runs, each of which waits for the one before.
  DagSpec dag = MakeDag("p", {Empty("x")});
  dag.tasks[0].depends_on_past = true;
  dag.schedule.kind = ScheduleSpec::Kind::kDeltaTrigger;
  dag.schedule.delta = 60s;
  dag.start_date = time_.Now();
  dag.catchup = true;
  ASSERT_TRUE(Call([&](Loop& loop) { loop.ReportFile(File("/dags/g.py", {dag})); }).ok());
  time_.Advance(300s);
  RunQuery of_p;
  of_p.dag_id = "p";
  Await([&](Loop& loop) {
    return loop.scheduler().runs().empty() && inner_->reads().ListRuns(of_p)->total >= 5;
  });
  const auto runs = store_.reads().ListRuns(of_p).value();
  for (const RunRow& row : runs.rows) EXPECT_EQ(row.state, RunState::kSuccess) << row.run_id;
  EXPECT_GT(reads, before);
  EXPECT_EQ(wrong, 0);
}

TEST_F(EngineReads, FourListingsThatNeverEndDoNotStopTheRunsAndWhoNeedsAReadWaits) {
  constexpr size_t kConnections = 4;  // of the SQLite store, whose reads wait for one of them
  std::counting_semaphore<kConnections> free(kConnections);
  std::latch listing(kConnections), enough(1);
  thread_local bool lists = false;
  store_.on_read = [&] {
    free.acquire();
    if (lists) {
      listing.count_down();
      enough.wait();
    }
    free.release();
  };
  StartOn(store_, std::nullopt);
  std::vector<std::thread> readers;
  for (size_t i = 0; i < kConnections; ++i) {
    readers.emplace_back([&] {
      lists = true;
      (void)store_.reads().ListTis(run_.id);
    });
  }
  listing.wait();

  RunRow second;
  ASSERT_TRUE(Call([&](Loop& loop) {
                second = loop.Trigger({.dag_id = "d", .run_id = "second"}, actor_).value();
              }).ok());
  Finish(1);
  // The first has left memory.
  auto note = [&](Loop& l) { return l.SetRunNote("d", run_.run_id, "x", actor_); };
  EXPECT_EQ(engine_->CallOnRun<Result<RunRow>>("d", run_.run_id, note, 100ms).status().code(),
            Code::kUnavailable);
  Finish(2);
  EXPECT_EQ(inner_->reads().GetRunById(second.id)->state, RunState::kSuccess);

  enough.count_down();
  for (std::thread& reader : readers) reader.join();
  EXPECT_TRUE(engine_->CallOnRun<Result<RunRow>>("d", run_.run_id, note).ok());
}

}  // namespace
}  // namespace gale
