#include "tests/simulation/world.h"

namespace gale::sim {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

namespace {

constexpr Duration kQuietWithin = minutes(60);  // of simulated time, once the faults have stopped
constexpr uint64_t kStepsMax = 100'000;

std::unique_ptr<Store> OpenLedger() {
  auto store = OpenSqliteStore({.path = ":memory:"});
  GALE_CHECK(store.ok() && (*store)->Migrate().ok(), "no ledger in memory");
  return *std::move(store);
}

}  // namespace

World::World(uint64_t seed, bool trace)
    : context_(seed, trace),
      dice_(context_.dice),
      guilt_(seed ^ 0x5EED),
      scenario_(context_),
      store_(OpenLedger()),
      ledger_{*store_, std::nullopt},
      checkers_(context_, *store_),
      queue_(context_),
      network_(context_, scenario_.workers, scenario_.masters),
      steps_left_(scenario_.chaos_steps) {
  for (size_t i = 0; i < scenario_.masters; ++i) {
    stores_.push_back(
        std::make_unique<WatchedStore>(context_, ledger_, checkers_, scenario_.leader_lease));
    queues_.push_back(std::make_unique<WatchedQueue>(context_));
    MemoryQueue& queue = scenario_.serve_queue ? *queues_.back() : queue_;
    masters_.push_back(std::make_unique<Master>(context_, scenario_, checkers_, network_,
                                                *stores_.back(), queue, hosts_, i));
  }
  for (size_t i = 0; i < scenario_.workers; ++i) {
    hosts_.push_back(std::make_unique<Host>(context_, scenario_, checkers_, network_, queue_, i));
    for (auto& master : masters_) hosts_.back()->AddMaster(master.get());
  }
}

void World::AskOfRun(const std::string& dag_id, const std::string& run_id,
                     std::function<void(Loop&)> what) {
  Ask([dag_id, run_id, what = std::move(what)](Loop& loop) {
    loop.WithRun(dag_id, run_id, [what](Loop& l, const Status& there) {
      if (there.ok()) what(l);
    });
  });
}

void World::Ask(std::function<void(Loop&)> what) {
  std::vector<Master*> leading;
  for (auto& master : masters_) {
    if (master->leads()) leading.push_back(master.get());
  }
  if (!leading.empty()) Any(leading)->Post(std::move(what));
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
  context_.Trace("{} masters, {} workers, the {} serves the queue, {} DAGs", scenario_.masters,
                 scenario_.workers, scenario_.serve_queue ? "master" : "worker", scenario_.files());
  if (scenario_.masters > 1) {
    context_.Trace("leases {:.3f} s, the leader's {:.3f} s, outages {:.3f} s",
                   Seconds(scenario_.lease), Seconds(scenario_.leader_lease),
                   Seconds(scenario_.outage));
  }
  for (auto& master : masters_) master->Start();
  SetPool(/*as_it_was=*/true);
  for (size_t i = 0; i < scenario_.files(); ++i) ReportFile(i);
  for (auto& host : hosts_) host->Start();
}

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
  if (scenario_.guilty && guilt_.Chance(12)) BringGuilt();
  const int64_t mean = scenario_.chaos_pause.count();
  context_.agenda.In(Duration(dice_.Between(0, 2 * mean)), [this] { Chaos(); });
}

// The end.

void World::StopFaults() {
  context_.Trace("---- the faults stop ----");
  context_.faults = false;
  faults_stopped_ = helped_at_ = context_.now();
  for (auto& master : masters_) master->StopFaults();
  for (size_t i = 0; i < hosts_.size(); ++i) {
    network_.Heal(i);
    hosts_[i]->CrashSoon(0);
    hosts_[i]->Wake();
    hosts_[i]->Start();
  }
  // After what was asked of a master that slept.
  if (scenario_.masters == 1) return RepairEverything();
  context_.agenda.In(seconds(1), [this] { RepairEverything(); });
}

Master* World::Leader() {
  for (auto& master : masters_) {
    if (master->leads_really()) return master.get();
  }
  return nullptr;
}

// What people do then reaches the one that will go on leading.
void World::RepairEverything() {
  size_t leading = 0;
  for (auto& master : masters_) leading += master->leads();
  if (leading != 1 || Leader() == nullptr || !Leader()->goes_on_leading()) {
    return context_.agenda.In(milliseconds(100), [this] { RepairEverything(); });
  }
  repaired_ = true;
  SetPool(/*as_it_was=*/true);
  for (const auto& host : hosts_) SetDrained(*host, false);
  for (size_t i = 0; i < scenario_.files(); ++i) {
    scenario_.SetEmpty(i, false);
    ReportFile(i);
    Ask([dag = scenario_.dag_id(i)](Loop& loop) {
      GALE_CHECK(loop.SetPaused(dag, false, kSomebody).ok(), "unpause");
    });
  }
}

bool World::Quiet() {
  if (!repaired_ || Leader() == nullptr || !Leader()->idle()) return false;
  for (const auto& host : hosts_) {
    if (!host->idle()) return false;
  }
  for (size_t i = 0; i < scenario_.files(); ++i) {
    const DagSpec& dag = scenario_.spec(i);
    if (dag.end_date && context_.wall() < *dag.end_date + 2 * dag.schedule.delta) return false;
  }
  MemoryQueue& queue = Leader()->queue();
  return queue.Size("default").value() == 0 && queue.Size("gpu").value() == 0;
}

// A run that waits for a failed run before it waits for ever, and rightly so: somebody marks that
// one. And with max_active_runs, a run may wait for an earlier one that was made later, and waits
// for its place.
void World::HelpThePast() {
  helped_at_ = context_.now();
  if (helped_++ % 3 != 0) {
    return Ask([](Loop& loop) {
      std::map<RunId, SetTasksRequest> requests;
      for (const auto& [id, run] : loop.scheduler().runs()) {
        if (run->head.state != RunState::kRunning || !run->dag().depends_on_past()) continue;
        SetTasksRequest& request = requests[id];
        request.dag_id = run->head.dag_id;
        request.run_id = run->head.run_id;
        run->ForEach([&](core::Inst i) {
          if (!run->ti(i).waits_for_past) return;
          request.instances.push_back({run->dag().task(i.task).task_id, i.map_index});
        });
      }
      for (const auto& [id, request] : requests) {
        if (request.instances.empty()) continue;
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
    AskOfRun(row.dag_id, row.run_id, [dag = row.dag_id, run = row.run_id](Loop& loop) {
      GALE_CHECK(loop.SetRunState(dag, run, RunState::kSuccess, kSomebody).ok(), "mark");
    });
  }
}

void World::RunUntilQuiet() {
  // Steps without a start are no progress; how many starts there are to come is the seed's matter.
  uint64_t steps_max = context_.agenda.steps() + kStepsMax;
  MonoTime last_spawn = context_.last_spawn;
  while (!context_.failed() && !Quiet()) {
    if (std::exchange(last_spawn, context_.last_spawn) != context_.last_spawn) {
      steps_max = context_.agenda.steps() + kStepsMax;
    }
    if (context_.now() > faults_stopped_ + kQuietWithin || context_.agenda.steps() > steps_max) {
      std::string state;
      for (const auto& master : masters_) state += "\n    " + master->Describe();
      for (const auto& host : hosts_) state += "\n    " + host->Describe();
      for (const auto& master : masters_) {
        state += fmt::format("\n    queues: {} + {}", *master->queue().Size("default"),
                             *master->queue().Size("gpu"));
      }
      return context_.Fail(fmt::format("not quiet {:.0f} s after the faults stopped: {}",
                                       Seconds(context_.now() - faults_stopped_), state));
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

Report Simulate(uint64_t seed, bool trace) { return World(seed, trace).Run(); }

}  // namespace gale::sim
