// A Loop over a ledger in memory, driven by hand, with workers that write down what they are told.
#pragma once

#include <gtest/gtest.h>

#include "common/queue/memory_queue.h"
#include "master/engine/loop.h"
#include "tests/support/faulty_store.h"

namespace gale {

using namespace std::chrono_literals;

class ToldLink : public WorkerLink {
 public:
  bool on_this_host() const override { return near; }
  void SendWelcome(const Welcome& w) override { welcomes.push_back(w); }
  void SendGrant(const Grant& g) override {
    grants.push_back(g.attempt);
    bundles.push_back(g.bundle);
    successes.push_back(g.previous_success);
    arguments.push_back(g.arguments_json);
  }
  void SendRefuse(const AttemptId& a, const std::string& r) override {
    refusals.emplace_back(a, r);
  }
  void SendAck(const std::vector<AttemptId>& a) override {
    acks.insert(acks.end(), a.begin(), a.end());
  }
  void SendLease(Duration, uint64_t sequence) override { leases.push_back(sequence); }
  void SendCancel(const AttemptId& a, const std::string&) override { cancels.push_back(a); }
  void SendDrain(bool over) override { drains += over ? "undrain;" : "drain;"; }
  void Close(const Status& status) override { closed = status; }

  std::vector<Welcome> welcomes;
  std::vector<AttemptId> grants, acks, cancels;
  std::vector<std::string> bundles;  // of the grants
  std::vector<std::optional<PreviousSuccess>> successes;
  std::vector<std::string> arguments;
  bool near = false;  // on the master's own host
  std::vector<std::pair<AttemptId, std::string>> refusals;
  std::vector<uint64_t> leases;
  std::string drains;
  std::optional<Status> closed;
};
using ToldLinkPtr = std::shared_ptr<ToldLink>;

class LoopTest : public ::testing::Test {
 protected:
  LoopTest()
      : store_(*OpenInner(),
               [this](const CommitBatch&) { return std::exchange(fault_, Fault::kNone); }) {
    options_.paused_at_creation = false;
    options_.parse_spec = [this](const std::string& bytes) -> Result<DagSpec> {
      auto it = specs_.find(bytes);
      if (it == specs_.end()) return Internal("unreadable");
      return it->second;
    };
    Restart();
  }

  Store* OpenInner() {
    inner_ = *OpenSqliteStore({.path = ":memory:"});
    GALE_CHECK(inner_->Migrate().ok(), "migrate");
    return inner_.get();
  }
  // A turn that must be committed.
  template <class F>
  void MustTurn(F what) {
    EXPECT_TRUE(Turn(std::move(what)).ok());
  }
  // A new master process.
  void Restart() {
    clock_.Advance(1us);
    loop_ = std::make_unique<Loop>(store_, queue_, served_, options_);
    Status status = loop_->Recover(clock_.Now(), clock_.Mono());
    GALE_CHECK(status.ok(), "{}", status.ToString());
    MustTurn([](Loop&) {});
  }
  // A turn, and those that what it needs from the ledger leads to.
  template <class F>
  Status Turn(F what) {
    GALE_RETURN_IF_ERROR(OneTurn(std::move(what)));
    for (auto needs = loop_->TakeNeeds(); !needs.empty(); needs = loop_->TakeNeeds()) {
      GALE_RETURN_IF_ERROR(OneTurn([&](Loop& loop) {
        for (LedgerNeed& need : needs) loop.Answer(Read(std::move(need)));
      }));
    }
    return OkStatus();
  }
  template <class F>
  Status OneTurn(F what) {
    loop_->BeginTurn(clock_.Now(), clock_.Mono());
    what(*loop_);
    Status status = loop_->EndTurn();
    EXPECT_EQ(status.ok() ? loop_->Audit() : "", "");
    return status;
  }
  LedgerAnswer Read(LedgerNeed need) {
    return ReadNeed(store_.loader(), loop_->catalog(), std::move(need));
  }
  // What is asked of a run, be it in memory or not.
  template <class R>
  R OnRun(const std::string& dag, const std::string& run, std::function<R(Loop&)> what) {
    R answer = R(Internal("not answered"));
    MustTurn([&](Loop& l) {
      l.WithRun(dag, run, [&](Loop& loop, const Status& there) {
        answer = there.ok() ? what(loop) : R(there);
      });
    });
    return answer;
  }
  void Pass(Duration time) {
    clock_.Advance(time);
    EXPECT_TRUE(Turn([](Loop&) {}).ok());
  }

  static TaskSpec Bash(const std::string& id, std::vector<std::string> down = {}) {
    TaskSpec task;
    task.task_id = id;
    task.downstream_task_ids = std::move(down);
    task.work = BashWork{.command = "true"};
    return task;
  }
  static DagSpec MakeDag(const std::string& id, std::vector<TaskSpec> tasks = {Bash("a")}) {
    DagSpec dag;
    dag.dag_id = id;
    dag.tasks = std::move(tasks);
    return dag;
  }
  FileReport File(const std::string& name, std::vector<DagSpec> dags,
                  const std::string& hash = "1") {
    FileReport report;
    report.fileloc = name;
    for (DagSpec& dag : dags) {
      const std::string bytes = dag.dag_id + "#" + hash;
      specs_[bytes] = dag;
      report.dags.push_back({dag, hash, bytes});
    }
    return report;
  }
  void Know(std::vector<DagSpec> dags, const std::string& hash = "1") {
    ASSERT_TRUE(
        Turn([&](Loop& l) { l.ReportFile(File("/dags/f.py", std::move(dags), hash)); }).ok());
  }
  Result<RunRow> Trigger(TriggerRequest request) {
    GALE_RETURN_IF_ERROR(CheckTrigger(store_.reads(), request));
    Result<RunRow> row = Internal("not asked");
    EXPECT_TRUE(Turn([&](Loop& l) { row = l.Trigger(request, actor_); }).ok());
    return row;
  }
  RunRow MustTrigger(const std::string& dag) { return Trigger({.dag_id = dag}).value(); }

  WorkerHello Hello(const std::string& name, uint32_t slots = 2) {
    WorkerHello hello;
    hello.name = name;
    hello.host = "h";
    hello.incarnation = name + "#1";
    hello.boot_id = "boot";
    hello.queues = {"default"};
    hello.slots = slots;
    return hello;
  }
  ToldLinkPtr Connect(const WorkerHello& hello) {
    auto link = std::make_shared<ToldLink>();
    EXPECT_TRUE(Turn([&](Loop& l) { l.OnHello(link, hello); }).ok());
    return link;
  }
  AttemptResult Ended(const AttemptId& id, core::Outcome outcome = core::Outcome::kSuccess) {
    AttemptResult result;
    result.finished.attempt = id;
    result.finished.outcome = outcome;
    return result;
  }
  TiRow Ti(RunId run, uint32_t task = 0) {
    const auto rows = store_.reads().ListTis(run).value();
    for (const TiRow& row : rows) {
      if (row.task.value == task) return row;
    }
    return {};
  }
  RunState StateOf(RunId run) { return store_.reads().GetRunById(run).value().state; }

  ManualClock clock_;
  std::map<std::string, DagSpec> specs_;
  std::unique_ptr<Store> inner_;
  Fault fault_ = Fault::kNone;
  FaultyStore store_;
  MemoryQueue queue_;
  TaskQueue* served_ = &queue_;  // null: the workers pop by themselves
  LoopOptions options_;
  std::unique_ptr<Loop> loop_;
  const Actor actor_{"admin", "cli"};
};

}  // namespace gale
