// What waits by cause, queues, who holds a pool's slots, what workers' machines do, and who is gone.
#include <gmock/gmock.h>

#include "tests/unit/master/engine/loop_fixture.h"

namespace gale {
namespace {

using core::CheckKind;
using ::testing::ElementsAre;

class Why : public LoopTest {
 protected:
  // "kind subject count (dags)" of each.
  static std::vector<std::string> Told(const WaitsInfo& waits) {
    std::vector<std::string> out;
    for (const WaitInfo& wait : waits.waits) {
      out.push_back(fmt::format("{} {} {} ({})", core::Name(wait.check.kind), wait.check.subject,
                                wait.count, fmt::join(wait.dag_ids, " ")));
    }
    return out;
  }
  std::vector<std::string> Waits(const std::string& dag_id = "") {
    return Told(*loop_->Waits(dag_id));
  }
  void SetPool(const std::string& name, int32_t slots) {
    MustTurn([&](Loop& l) { EXPECT_TRUE(l.SetPool({name, slots, "", false}, actor_).ok()); });
  }
  DagSpec Fan(const std::string& id, size_t tasks, const std::string& pool = "default_pool",
              const std::string& queue = "default") {
    DagSpec dag = MakeDag(id, {});
    for (size_t i = 0; i < tasks; ++i) {
      dag.tasks.push_back(Bash("t" + std::to_string(i)));
      dag.tasks.back().pool = pool;
      dag.tasks.back().queue = queue;
    }
    dag.max_active_runs = 1;
    return dag;
  }
};

TEST_F(Why, WaitsAreGroupedByCauseTheMostFirst) {
  SetPool("gpu", 1);
  DagSpec paused = Fan("paused", 1);
  Know({Fan("pooled", 4, "gpu"), Fan("queued", 2, "default_pool", "nobody"), paused});
  MustTurn([&](Loop& l) { EXPECT_TRUE(l.SetPaused("paused", true, actor_).ok()); });
  MustTrigger("pooled"), MustTrigger("queued"), MustTrigger("paused");
  for (int i = 0; i < 4; ++i) MustTrigger("pooled");
  EXPECT_THAT(Waits(), ElementsAre("max_active_runs pooled 4 (pooled)", "pool_full gpu 3 (pooled)",
                                   "no_worker nobody 2 (queued)", "dag_paused paused 1 (paused)",
                                   "no_worker default 1 (pooled)"));
  EXPECT_THAT(Waits("queued"), ElementsAre("no_worker nobody 2 (queued)"));
  EXPECT_EQ(loop_->Waits("no such").status().code(), Code::kNotFound);
  const WaitsInfo all = *loop_->Waits("");
  EXPECT_EQ(all.total, 11u);
  const WaitInfo& pool = all.waits.at(1);
  EXPECT_EQ(std::tuple(pool.check.have, pool.check.limit, pool.check.need), std::tuple(1, 1, 1));
  ASSERT_EQ(pool.examples.size(), 3u);
  EXPECT_EQ(pool.examples[0].task_id, "t1");
  ASSERT_TRUE(pool.oldest);
  EXPECT_LE(clock_.Now() - *pool.oldest, 1s);
  EXPECT_EQ(all.waits.at(0).examples.at(0).task_id, "") << "of a run";
  const auto by_dag = loop_->DagWaits();
  EXPECT_EQ(by_dag.at("pooled").count, 8u);
  EXPECT_EQ(by_dag.at("pooled").check.kind, CheckKind::kMaxActiveRuns);
  EXPECT_EQ(by_dag.at("queued").check.kind, CheckKind::kNoWorker);
  const StandingInfo standing = loop_->Standing(60);
  EXPECT_EQ(standing.waiting_tasks, 6u);
  EXPECT_EQ(standing.waiting_runs, 5u);
}

TEST_F(Why, QueuesSayWhoServesThemAndHowManyStarted) {
  Know({Fan("d", 5)});
  MustTrigger("d");
  ToldLinkPtr link = Connect(Hello("w", 2));
  auto queues = loop_->Queues();
  ASSERT_EQ(queues.size(), 1u);
  EXPECT_EQ(queues[0].name, "default");
  EXPECT_EQ(queues[0].queued, 3u);
  EXPECT_EQ(queues[0].running, 2u);
  EXPECT_EQ(queues[0].slots, 2u);
  EXPECT_THAT(queues[0].workers, ElementsAre("w"));
  EXPECT_EQ(queues[0].started_per_minute, 2u);
  EXPECT_TRUE(queues[0].oldest);
  EXPECT_THAT(Waits(), ElementsAre("queue default 3 (d)"));
  MustTurn([&](Loop& l) { l.OnFinished(link, Ended(link->grants[0])); });
  MustTurn([&](Loop& l) { l.OnFinished(link, Ended(link->grants[1], core::Outcome::kFailed)); });
  const StandingInfo standing = loop_->Standing(10);
  EXPECT_EQ(standing.finished.back().success, 1u);
  EXPECT_EQ(standing.finished.back().failed, 1u);
  EXPECT_EQ(std::tuple(standing.running_tasks, standing.slots_used, standing.slots_total),
            std::tuple(2u, 2u, 2u));
  EXPECT_TRUE(standing.queue_wait_p99);
  Pass(61s);
  EXPECT_EQ(loop_->Queues().at(0).started_per_minute, 0u);
}

TEST_F(Why, APoolsHoldersAndItsLine) {
  SetPool("gpu", 2);
  Know({Fan("d", 5, "gpu")});
  MustTrigger("d");
  const PoolHolders all = *loop_->Holders("gpu", 100);
  ASSERT_EQ(all.holders.size(), 2u);
  EXPECT_EQ(all.holders[0].name.task_id, "t0");
  EXPECT_EQ(all.holders[0].state, "queued");
  ASSERT_EQ(all.waiting.size(), 3u);
  EXPECT_EQ(all.waiting[0].name.task_id, "t2");
  EXPECT_EQ(all.waiting[0].state, "scheduled");
  EXPECT_TRUE(all.waiting[0].since);
  EXPECT_EQ(loop_->Holders("gpu", 1)->waiting.size(), 1u);
  EXPECT_EQ(loop_->Holders("gpu", 1)->waiting_total, 3u);
  EXPECT_EQ(loop_->Holders("no such", 1).status().code(), Code::kNotFound);
}

TEST_F(Why, AWorkerIsListedWhenItIsGoneUntilItIsForgotten) {
  Know({MakeDag("d")});
  MustTrigger("d");
  ToldLinkPtr link = Connect(Hello("w"));
  WorkerInfo info = loop_->Workers().at(0);
  ASSERT_EQ(info.tasks.size(), 1u);
  EXPECT_EQ(info.tasks[0].name.task_id, "a");
  EXPECT_EQ(info.tasks[0].state, "running");
  MustTurn(
      [&](Loop& l) { EXPECT_EQ(l.ForgetWorker("w", actor_).code(), Code::kFailedPrecondition); });
  MustTurn([&](Loop& l) { l.OnDisconnected(link); });
  info = loop_->Workers().at(0);
  EXPECT_FALSE(info.connected || info.stopped);
  ASSERT_TRUE(info.lease_ends);
  EXPECT_GT(*info.lease_ends, clock_.Now());
  EXPECT_EQ(loop_->ForgetWorker("w", actor_).code(), Code::kFailedPrecondition)
      << "what it runs may run still";
  Pass(60s);
  info = loop_->Workers().at(0);
  EXPECT_TRUE(info.tasks.empty()) << "they ended with its lease";
  EXPECT_FALSE(info.lease_ends);
  MustTurn([&](Loop& l) { EXPECT_TRUE(l.ForgetWorker("w", actor_).ok()); });
  EXPECT_TRUE(loop_->Workers().empty());
  Restart();
  EXPECT_TRUE(loop_->Workers().empty());
  EXPECT_EQ(loop_->ForgetWorker("w", actor_).code(), Code::kNotFound);
}

TEST_F(Why, AWorkerThatSaidGoodbyeHasStoppedAlsoForTheNextMaster) {
  ToldLinkPtr link = Connect(Hello("w"));
  MustTurn([&](Loop& l) { l.OnGoodbye(link); });
  EXPECT_TRUE(loop_->Workers().at(0).stopped);
  Restart();
  EXPECT_TRUE(loop_->Workers().at(0).stopped);
  Pass(25h);
  EXPECT_TRUE(loop_->Workers().empty()) << "nobody remembers it a day later";
  Connect(Hello("w"));
  EXPECT_FALSE(loop_->Workers().at(0).stopped);
}

TEST_F(Why, ALoadIsToldToTheFeedOnceInFiveSecondsAndCommitsNothing) {
  ToldLinkPtr link = Connect(Hello("w"));
  const uint64_t before = loop_->feed().at().turn;
  auto say = [&](double cores) {
    MustTurn([&](Loop& l) { l.OnLoad(link, {8, cores, 100, 50, {{0, "H200"}}}); });
  };
  say(1);
  EXPECT_EQ(loop_->feed().at().turn, before + 1);
  say(2);
  EXPECT_EQ(loop_->feed().at().turn, before + 1);
  EXPECT_EQ(loop_->Workers().at(0).load->cpu_load, 2);
  EXPECT_EQ(loop_->Workers().at(0).load->devices.at(0).model, "H200");
  clock_.Advance(5s);
  say(3);
  EXPECT_EQ(loop_->feed().at().turn, before + 2);
}

}  // namespace
}  // namespace gale
