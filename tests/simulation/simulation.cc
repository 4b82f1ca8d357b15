#include "tests/simulation/simulation.h"

#include "tests/simulation/master.h"

namespace gale::sim {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

constexpr Duration kQuietWithin = minutes(20);  // of simulated time, once the faults have stopped
constexpr uint64_t kStepsMax = 100'000;
const Actor kSomebody{"somebody", "cli"};

class World {
 public:
  World(uint64_t seed, bool trace);
  ~World() { context_.agenda.Clear(); }
  Report Run();

 private:
  void Open();
  void Chaos();
  void BreakSomething();
  void AskSomething();
  void ChangeSomething();
  void StopFaults();
  void RunUntilQuiet();
  bool Quiet();
  void HelpThePast();

  // --- faults
  void MasterFault();
  void LoseConnection(Host& host);
  void Partition(Host& host);
  void StaleEntry();
  // --- people
  void Trigger();
  void Clear();
  void MarkTasks();
  void MarkRun();
  void SetPool(bool as_it_was);
  void ReportFile(size_t file);

  template <class T>
  const T& Any(const std::vector<T>& of) {
    return of[dice_.Below(of.size())];
  }
  Host& AnyHost() { return *Any(hosts_); }
  // A run that was ever committed; nullptr if there is none.
  const RunRow* AnyRun();
  std::vector<std::string> AnyTasks(const std::string& dag_id);

  Context context_;
  Dice& dice_;
  Scenario scenario_;
  std::unique_ptr<Store> ledger_;
  Checkers checkers_;
  WatchedStore store_;
  WatchedQueue queue_;
  Network network_;
  std::vector<std::unique_ptr<Host>> hosts_;
  Master master_;
  size_t steps_left_;
  MonoTime faults_stopped_;
  MonoTime helped_at_;
  int helped_ = 0;
};

std::unique_ptr<Store> OpenLedger() {
  auto store = OpenSqliteStore({.path = ":memory:"});
  GALE_CHECK(store.ok() && (*store)->Migrate().ok(), "no ledger in memory");
  return *std::move(store);
}

World::World(uint64_t seed, bool trace)
    : context_(seed, trace),
      dice_(context_.dice),
      scenario_(context_),
      ledger_(OpenLedger()),
      checkers_(context_, *ledger_),
      store_(*ledger_, checkers_),
      queue_(context_),
      network_(context_, scenario_.workers),
      master_(context_, scenario_, checkers_, network_, store_, queue_, hosts_),
      steps_left_(scenario_.chaos_steps) {
  for (size_t i = 0; i < scenario_.workers; ++i) {
    hosts_.push_back(std::make_unique<Host>(context_, scenario_, checkers_, network_, queue_, i));
    hosts_.back()->SetMaster(&master_);
  }
}

Report World::Run() {
  Open();
  context_.agenda.In(dice_.Ms(100, 1000), [this] { Chaos(); });
  while (context_.faults && !context_.failed()) {
    context_.agenda.RunNext();
    if (context_.agenda.steps() > kStepsMax) context_.Fail("it turns for ever");
  }
  if (!context_.failed()) RunUntilQuiet();
  Report report;
  report.failure = context_.failure;
  report.trace = std::move(context_.trace);
  report.coverage = context_.coverage;
  report.fingerprint = context_.agenda.fingerprint();
  report.steps = context_.agenda.steps();
  return report;
}

void World::Open() {
  checkers_.OnPool("default_pool", 128);
  for (const auto& [name, slots] : scenario_.pools) checkers_.OnPool(name, slots);
  context_.Trace("{} workers, the {} serves the queue, {} DAGs", scenario_.workers,
                 scenario_.serve_queue ? "master" : "worker", scenario_.files());
  master_.Start();
  SetPool(/*as_it_was=*/true);
  for (size_t i = 0; i < scenario_.files(); ++i) ReportFile(i);
  for (auto& host : hosts_) host->Start();
}

// --- chaos
// -------------------------------------------------------------------------------------------

void World::Chaos() {
  if (steps_left_-- == 0) return StopFaults();
  const uint64_t what = dice_.Below(100);
  if (what < 35) {
    Trigger();
  } else if (what < 55) {
    AskSomething();
  } else if (what < 63) {
    ChangeSomething();
  } else {
    BreakSomething();
  }
  const int64_t mean = scenario_.chaos_pause.count();
  context_.agenda.In(Duration(dice_.Between(0, 2 * mean)), [this] { Chaos(); });
}

void World::BreakSomething() {
  Host& host = AnyHost();
  switch (dice_.Below(14)) {
    case 0:
    case 1:
    case 2: return MasterFault();
    case 3: return LoseConnection(host);
    case 4: return Partition(host);
    case 5: return host.Crash(dice_.Ms(100, 25'000));
    case 6:
    case 7: return host.CrashSoon(static_cast<int>(1 + dice_.Below(6)));
    case 8: return dice_.Chance(40) ? host.KeeperDies() : host.CrashSoon(1);
    case 9:
      context_.Trace("the queue loses everything");
      context_.Saw(Seen::kQueueLosses);
      return queue_.Clear();
    case 10:
    case 11:
    case 12: return StaleEntry();
    default:
      context_.wall_ahead += dice_.Ms(500, 60'000);
      context_.Saw(Seen::kTimeJumps);
      context_.Trace("the wall clock jumps to {}", FormatTime(context_.wall()));
  }
}

void World::MasterFault() {
  switch (dice_.Below(5)) {
    case 0: return master_.Crash(dice_.Ms(50, 20'000));
    case 1: return master_.CrashMidRelease(static_cast<int>(1 + dice_.Below(5)));
    default: {
      CommitFault fault;
      fault.fault = dice_.Chance(50) ? Fault::kFailBefore : Fault::kFailAfter;
      fault.then = static_cast<CommitFault::Then>(dice_.Below(3));
      fault.times = static_cast<int>(1 + dice_.Below(3));
      return master_.PlanFault(fault);
    }
  }
}

void World::LoseConnection(Host& host) {
  StreamPtr stream = host.stream();
  if (!stream) return;
  context_.Saw(Seen::kConnectionsLost);
  network_.Break(stream);
  context_.Trace("stream {} of {} breaks", stream->id, host.name());
  master_.StreamEnded(stream, dice_.Ms(0, 12'000));
  context_.agenda.In(dice_.Ms(0, 4000), [&host, stream] {
    if (host.stream() == stream) host.LoseStream();
  });
}

void World::Partition(Host& host) {
  const uint64_t ways = dice_.Below(3);
  const Duration lasts = dice_.Ms(500, 25'000);
  context_.Trace("{} is cut off ({}) for {:.3f} s", host.name(),
                 ways == 0   ? "up"
                 : ways == 1 ? "down"
                             : "both ways",
                 Seconds(lasts));
  context_.Saw(Seen::kPartitions);
  network_.Cut(host.number(), ways != 1, ways != 0);
  context_.agenda.In(lasts, [this, n = host.number()] { network_.Heal(n); });
}

// An entry that nobody should need: of an attempt that was granted before, or of one to come.
void World::StaleEntry() {
  if (checkers_.granted().empty()) return;
  auto it = checkers_.granted().begin();
  std::advance(it, static_cast<ptrdiff_t>(dice_.Below(checkers_.granted().size())));
  QueueEntry entry{dice_.Chance(80) ? "default" : "gpu", it->first, 1000};
  if (dice_.Chance(20)) ++entry.attempt.try_number;
  if (dice_.Chance(5)) entry.attempt.run = RunId(1'000'000);
  context_.Saw(Seen::kStaleEntries);
  GALE_CHECK(queue_.Push(std::span(&entry, 1)).ok(), "memory queue");
}

// --- people
// ------------------------------------------------------------------------------------------

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
  master_.Post([this, request](Loop& loop) {
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
  master_.Post([this, request](Loop& loop) {
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
  master_.Post([this, request](Loop& loop) {
    auto rows = loop.SetTasks(request, kSomebody);
    if (!rows.ok()) return;
    context_.Trace("{} tasks of '{}' '{}' marked {}", rows->size(), request.dag_id, request.run_id,
                   Name(request.state));
    context_.Saw(Seen::kMarkedTasks, rows->size());
  });
}

void World::MarkRun() {
  const RunRow* run = AnyRun();
  if (run == nullptr) return;
  const RunState states[] = {RunState::kQueued, RunState::kSuccess, RunState::kFailed};
  const RunState state = states[dice_.Below(3)];
  checkers_.OnMarked(run->id);
  master_.Post([this, state, dag = run->dag_id, id = run->run_id](Loop& loop) {
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
      return master_.Post([dag, paused](Loop& loop) {
        if (!loop.SetPaused(dag, paused, kSomebody).ok()) return;
      });
    }
    default: {
      const std::string name = AnyHost().name();
      return master_.Post([this, name](Loop& loop) {
        if (loop.DrainWorker(name, kSomebody).ok()) context_.Trace("{} is to drain", name);
      });
    }
  }
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
    master_.Post([pool](Loop& loop) { GALE_CHECK(loop.SetPool(pool, kSomebody).ok(), "pool"); });
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
      return master_.Post([report](Loop& loop) { loop.ReportFile(report); });
    }
    default: return SetPool(false);
  }
}

void World::ReportFile(size_t file) {
  const FileReport report = scenario_.Report(file);
  master_.Post([report](Loop& loop) { loop.ReportFile(report); });
}

// --- the end
// -----------------------------------------------------------------------------------------

void World::StopFaults() {
  context_.Trace("---- the faults stop ----");
  context_.faults = false;
  faults_stopped_ = helped_at_ = context_.now();
  master_.PlanFault({});
  master_.CrashMidRelease(-1);
  master_.Start();
  for (size_t i = 0; i < hosts_.size(); ++i) {
    network_.Heal(i);
    hosts_[i]->CrashSoon(0);
    hosts_[i]->Start();
  }
  SetPool(/*as_it_was=*/true);
  for (size_t i = 0; i < scenario_.files(); ++i) {
    scenario_.SetEmpty(i, false);
    ReportFile(i);
    master_.Post([dag = scenario_.dag_id(i)](Loop& loop) {
      GALE_CHECK(loop.SetPaused(dag, false, kSomebody).ok(), "unpause");
    });
  }
}

bool World::Quiet() {
  if (!master_.idle()) return false;
  for (const auto& host : hosts_) {
    if (!host->idle()) return false;
  }
  for (size_t i = 0; i < scenario_.files(); ++i) {
    const DagSpec& dag = scenario_.spec(i);
    if (dag.end_date && context_.wall() < *dag.end_date + 2 * dag.schedule.delta) return false;
  }
  return queue_.Size("default").value() == 0 && queue_.Size("gpu").value() == 0;
}

// A run that waits for a failed run before it waits for ever, and rightly so: somebody marks that
// one. And with max_active_runs, a run may wait for an earlier one that was made later, and waits
// for its place.
void World::HelpThePast() {
  helped_at_ = context_.now();
  if (helped_++ % 3 != 0) {
    return master_.Post([](Loop& loop) {
      std::map<RunId, SetTasksRequest> requests;
      for (const auto& [id, run] : loop.scheduler().runs()) {
        if (run->head.state != RunState::kRunning || !run->dag().depends_on_past()) continue;
        SetTasksRequest& request = requests[id];
        request.dag_id = run->head.dag_id;
        request.run_id = run->head.run_id;
        for (uint32_t i = 0; i < run->size(); ++i) {
          if (!run->ti(TaskIndex(i)).waits_for_past) continue;
          request.task_ids.push_back(run->dag().task(TaskIndex(i)).task_id);
        }
      }
      for (const auto& [id, request] : requests) {
        if (request.task_ids.empty()) continue;
        GALE_CHECK(loop.SetTasks(request, kSomebody).ok(), "mark");
      }
    });
  }
  for (const auto& [id, row] : checkers_.runs()) {
    bool past = false;
    for (size_t i = 0; i < scenario_.files(); ++i) past |= scenario_.dag_id(i) == row.dag_id;
    if (!past || row.state != RunState::kFailed) continue;
    context_.Saw(Seen::kPastRuns);
    checkers_.OnMarked(id);
    master_.Post([dag = row.dag_id, run = row.run_id](Loop& loop) {
      GALE_CHECK(loop.SetRunState(dag, run, RunState::kSuccess, kSomebody).ok(), "mark");
    });
  }
}

void World::RunUntilQuiet() {
  const uint64_t steps_max = context_.agenda.steps() + kStepsMax;
  while (!context_.failed() && !Quiet()) {
    if (context_.now() > faults_stopped_ + kQuietWithin || context_.agenda.steps() > steps_max) {
      std::string state = master_.Describe();
      for (const auto& host : hosts_) state += "\n    " + host->Describe();
      return context_.Fail(
          fmt::format("not quiet {:.0f} s after the faults stopped: {}\n    queues: "
                      "{} + {}",
                      Seconds(context_.now() - faults_stopped_), state, *queue_.Size("default"),
                      *queue_.Size("gpu")));
    }
    if (context_.now() > std::max(helped_at_, context_.last_spawn) + seconds(20) &&
        checkers_.living() == 0) {
      HelpThePast();
    }
    context_.agenda.RunNext();
  }
  if (context_.failed()) return;
  checkers_.AcceptedAreThere();
  checkers_.AllIsDone();
  for (size_t i = 0; i < scenario_.files(); ++i) {
    if (scenario_.spec(i).end_date) checkers_.ScheduleIsWhole(scenario_.spec(i));
  }
}

}  // namespace

Report Simulate(uint64_t seed, bool trace) { return World(seed, trace).Run(); }

}  // namespace gale::sim
