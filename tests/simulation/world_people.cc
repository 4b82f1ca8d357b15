#include "tests/simulation/world.h"

namespace gale::sim {

const RunRow* World::AnyRun() {
  if (checkers_.runs().empty()) return nullptr;
  auto it = checkers_.runs().begin();
  std::advance(it, static_cast<ptrdiff_t>(dice_.Below(checkers_.runs().size())));
  return &it->second;
}

std::vector<std::string> World::AnyTasks(const std::string& dag_id) {
  std::vector<std::string> ids;
  for (size_t i = 0; i < scenario_.files(); ++i) {
    if (scenario_.dag_id(i) != dag_id) continue;
    for (const TaskSpec& task : scenario_.spec(i).tasks) {
      if (dice_.Chance(30)) ids.push_back(task.task_id);
    }
  }
  return ids;
}

void World::Trigger() {
  TriggerRequest request;
  request.dag_id = scenario_.dag_id(dice_.Below(scenario_.files()));
  if (dice_.Chance(15)) request.run_id = fmt::format("mine_{}", dice_.Below(5));
  if (dice_.Chance(40)) request.logical_date = context_.wall() - dice_.Ms(0, 100'000);
  if (dice_.Chance(10)) request.run_after = context_.wall() + dice_.Ms(0, 40'000);
  if (!CheckTrigger(ledger_.store.reads(), request).ok()) return;
  Ask([this, request](Loop& loop) {
    auto row = loop.Trigger(request, kSomebody);
    if (!row.ok()) return;
    loop.OnCommitted([this, row = *row](const Status& status) {
      if (!status.ok()) return;
      context_.Trace("run {} '{}' of '{}' accepted", row.id.value, row.run_id, row.dag_id);
      context_.Saw(Seen::kTriggers);
      checkers_.OnAccepted(row);
    });
  });
}

void World::Clear() {
  const RunRow* run = AnyRun();
  if (run == nullptr) return;
  ClearRequest request;
  request.dag_id = run->dag_id;
  request.run_id = run->run_id;
  request.task_ids = AnyTasks(run->dag_id);
  request.only_failed = dice_.Chance(25);
  request.only_running = !request.only_failed && dice_.Chance(30);
  request.include_downstream = dice_.Chance(50);
  request.include_upstream = dice_.Chance(20);
  AskOfRun(request.dag_id, request.run_id, [this, request](Loop& loop) {
    auto rows = loop.Clear(request, kSomebody);
    if (!rows.ok()) return;
    context_.Trace("clear of {} tasks of '{}' '{}'", rows->size(), request.dag_id, request.run_id);
    context_.Saw(Seen::kClears);
    for (const TiRow& row : *rows) {
      if (row.state == TiState::kRestarting) context_.Saw(Seen::kClearsOfRunning);
    }
  });
}

void World::MarkTasks() {
  const RunRow* run = AnyRun();
  if (run == nullptr) return;
  SetTasksRequest request;
  request.dag_id = run->dag_id;
  request.run_id = run->run_id;
  request.task_ids = AnyTasks(run->dag_id);
  if (request.task_ids.empty()) return;
  const TiState states[] = {TiState::kSuccess, TiState::kFailed, TiState::kSkipped};
  request.state = states[dice_.Below(3)];
  checkers_.OnMarked(run->id);
  AskOfRun(request.dag_id, request.run_id, [this, request](Loop& loop) {
    auto rows = loop.SetTasks(request, kSomebody);
    if (!rows.ok()) return;
    context_.Trace("{} tasks of '{}' '{}' marked {}", rows->size(), request.dag_id, request.run_id,
                   Name(*request.state));
    context_.Saw(Seen::kMarkedTasks, rows->size());
  });
}

void World::MarkRun() {
  const RunRow* run = AnyRun();
  if (run == nullptr) return;
  const RunState states[] = {RunState::kQueued, RunState::kSuccess, RunState::kFailed};
  const RunState state = states[dice_.Below(3)];
  checkers_.OnMarked(run->id);
  AskOfRun(run->dag_id, run->run_id,
           [this, state, dag = run->dag_id, id = run->run_id](Loop& loop) {
             auto row = loop.SetRunState(dag, id, state, kSomebody);
             if (!row.ok()) return;
             context_.Trace("run '{}' '{}' marked {}", dag, id, Name(state));
             context_.Saw(Seen::kMarkedRuns);
           });
}

void World::AskSomething() {
  switch (dice_.Below(10)) {
    case 0:
    case 1:
    case 2:
    case 3: return Clear();
    case 4:
    case 5: return MarkTasks();
    case 6:
    case 7: return MarkRun();
    case 8: {
      const std::string dag = scenario_.dag_id(dice_.Below(scenario_.files()));
      const bool paused = dice_.Chance(40);
      context_.Saw(Seen::kPauses, paused);
      return Ask([dag, paused](Loop& loop) {
        if (!loop.SetPaused(dag, paused, kSomebody).ok()) return;
      });
    }
    default: {
      Host& host = AnyHost();
      if (dice_.Chance(40)) return host.Terminate();
      return SetDrained(host, dice_.Chance(50));
    }
  }
}

void World::SetDrained(const Host& host, bool drained) {
  Ask([this, name = host.name(), drained](Loop& loop) {
    if (!loop.DrainWorker(name, drained, drained ? "for a while" : "", kSomebody).ok()) return;  // it never came
    context_.Trace("{} is {}", name, drained ? "drained" : "undrained");
  });
}

void World::SetPool(bool as_it_was) {
  for (const auto& [name, slots] : scenario_.pools) {
    if (!as_it_was && dice_.Chance(50)) continue;
    PoolRow pool;
    pool.name = name;
    pool.slots = as_it_was ? slots : static_cast<int32_t>(dice_.Below(8));
    if (!as_it_was && dice_.Chance(10)) pool.slots = -1;
    // An unlimited pool is checked no more.
    checkers_.OnPool(name, pool.slots < 0 ? INT32_MAX : pool.slots);
    if (!as_it_was) context_.Saw(Seen::kPoolChanges);
    Ask([pool](Loop& loop) { GALE_CHECK(loop.SetPool(pool, kSomebody).ok(), "pool"); });
  }
}

void World::ChangeSomething() {
  const size_t file = dice_.Below(scenario_.files());
  switch (dice_.Below(5)) {
    case 0:
    case 1:
      context_.Saw(Seen::kNewVersions);
      scenario_.Edit(file);
      return ReportFile(file);
    case 2:
      context_.Saw(Seen::kStaleDags);
      scenario_.SetEmpty(file, true);
      ReportFile(file);
      return context_.agenda.In(dice_.Ms(10, 15'000), [this, file] {
        scenario_.SetEmpty(file, false);
        ReportFile(file);
      });
    case 3: {
      FileReport report = scenario_.Report(file);
      report.dags.clear();
      report.error = "SyntaxError: invalid syntax";
      context_.Saw(Seen::kImportErrors);
      return Ask([report](Loop& loop) { loop.ReportFile(report); });
    }
    default: return SetPool(false);
  }
}

void World::ReportFile(size_t file) {
  const FileReport report = scenario_.Report(file);
  Ask([report](Loop& loop) { loop.ReportFile(report); });
}

}  // namespace gale::sim
