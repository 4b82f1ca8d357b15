// A master's engine, ledger (SQLite in memory), queue and logs, for tests of what talks to clients.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <condition_variable>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "common/queue/memory_queue.h"
#include "common/rpc/convert.h"
#include "master/api/auth.h"
#include "master/api/control.h"

namespace gale {

inline LoopOptions EngineOptions() {
  LoopOptions options;
  options.parse_spec = [](const std::string& bytes) { return ParseSpec(bytes); };
  return options;
}

inline DagSpec ChainOf(const std::string& dag_id, const std::vector<std::string>& tasks) {
  DagSpec spec;
  spec.dag_id = dag_id;
  for (size_t i = 0; i < tasks.size(); ++i) {
    TaskSpec task;
    task.task_id = tasks[i];
    task.operator_name = "BashOperator";
    task.work = BashWork{.command = "true"};
    if (i + 1 < tasks.size()) task.downstream_task_ids = {tasks[i + 1]};
    spec.tasks.push_back(task);
  }
  return spec;
}

// What the engine tells a worker, kept for the test to look at.
class RecordingLink : public WorkerLink {
 public:
  void SendWelcome(const Welcome&) override {
    Note([&] { welcomed = true; });
  }
  void SendGrant(const Grant& grant) override {
    Note([&] { grants.push_back(grant); });
  }
  void SendRefuse(const AttemptId&, const std::string&) override {}
  void SendAck(const std::vector<AttemptId>& ids) override {
    Note([&] { acked += ids.size(); });
  }
  void SendLease(Duration, uint64_t) override {}
  void SendCancel(const AttemptId&, const std::string&) override {}
  void SendDrain(bool over) override {
    Note([&] { drained = !over; });
  }
  void Close(const Status&) override {}

  void WaitFor(const std::function<bool()>& condition) {
    std::unique_lock lock(mutex);
    ASSERT_TRUE(changed.wait_for(lock, std::chrono::seconds(30), condition));
  }

  std::mutex mutex;
  std::condition_variable changed;
  std::vector<Grant> grants;
  size_t acked = 0;
  bool welcomed = false, drained = false;

 private:
  template <class Change>
  void Note(Change change) {
    std::lock_guard lock(mutex);
    change();
    changed.notify_all();
  }
};

class ServerForTest {
 public:
  ServerForTest() {
    char folder[] = "/tmp/gale-api-XXXXXX";
    home = ::mkdtemp(folder);
    store = OpenSqliteStore({.path = ":memory:"}).value();
    EXPECT_TRUE(store->Migrate().ok());
    queue = std::make_unique<MemoryQueue>();
    engine = std::make_unique<Engine>(*store, *queue, queue.get(), EngineOptions());
    logs = std::make_unique<LogStore>(home / "logs");
    secrets = std::make_unique<Secrets>(*store, Files::Real(), Clock::Real(),
                                        SecretsOptions{.key_file = home / "secrets.key"});
    ControlOptions options{{"1.2.3", "abc"}, {}};
    options.secrets = secrets.get();
    control = std::make_unique<Control>(*engine, *store, *logs, std::move(options));
    auth = std::make_unique<Auth>(*store);
    EXPECT_TRUE(auth->Prepare().ok());
    EXPECT_TRUE(engine->Start().ok());
  }
  ~ServerForTest() {
    engine->Stop(Clock::Real().Mono());
    std::filesystem::remove_all(home);
  }

  // A DAG of bash tasks in a row, not paused.
  void AddDag(const std::string& dag_id, const std::vector<std::string>& tasks) {
    ASSERT_TRUE(control->SubmitDag(ChainOf(dag_id, tasks), actor).ok());
    ASSERT_TRUE(control->SetDagPaused(dag_id, false, actor).ok());
  }
  RunView Trigger(const std::string& dag_id, const std::string& run_id) {
    TriggerRequest request;
    request.dag_id = dag_id;
    request.run_id = run_id;
    return control->Trigger(request, actor).value();
  }
  std::shared_ptr<RecordingLink> Connect() {
    auto link = std::make_shared<RecordingLink>();
    WorkerHello hello;
    hello.name = "w1";
    hello.queues = {"default"};
    hello.slots = 4;
    EXPECT_TRUE(engine->Post([=](Loop& loop) {
      loop.OnHello(link, hello);
      loop.OnWant(link, 4);
    }));
    return link;
  }
  void Finish(const std::shared_ptr<RecordingLink>& link, const AttemptId& id,
              core::Outcome outcome, std::vector<std::pair<std::string, std::string>> xcoms = {},
              uint64_t log_bytes = 0) {
    AttemptResult result;
    result.finished.attempt = id;
    result.finished.outcome = outcome;
    result.finished.log_bytes = log_bytes;
    result.xcoms = std::move(xcoms);
    const size_t before = link->acked;
    ASSERT_TRUE(engine->Post([=](Loop& loop) { loop.OnFinished(link, result); }));
    link->WaitFor([&] { return link->acked > before; });
  }

  const Actor actor{"tester", "test"};
  std::filesystem::path home;
  std::unique_ptr<Store> store;
  std::unique_ptr<MemoryQueue> queue;
  std::unique_ptr<Engine> engine;
  std::unique_ptr<LogStore> logs;
  std::unique_ptr<Secrets> secrets;
  std::unique_ptr<Control> control;
  std::unique_ptr<Auth> auth;
};

}  // namespace gale
