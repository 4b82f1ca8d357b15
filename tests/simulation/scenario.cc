#include "tests/simulation/scenario.h"

#include "common/model/trigger_rule.h"

namespace gale::sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr size_t kTasksMax = 7;

}  // namespace

Scenario::Scenario(Context& context) : context_(context) {
  Dice& dice = context.dice;
  serve_queue = dice.Chance(50);
  sync_later = dice.Chance(50);
  workers = 1 + dice.Below(3);
  for (size_t i = 0; i < workers; ++i) slots.push_back(static_cast<uint32_t>(1 + dice.Below(3)));
  chaos_steps = 40 + dice.Below(80);
  chaos_pause = dice.Ms(100, 1200);
  pools["default_pool"] = static_cast<int32_t>(2 + dice.Below(6));
  pools["small"] = static_cast<int32_t>(1 + dice.Below(2));
  const size_t count = 1 + dice.Below(3);
  for (size_t i = 0; i < count; ++i) files_.push_back({MakeDag(i)});
  guilty = context.seed % 5 == 0 || context.seed % 5 == 3;
  if (context.seed % 2 != 0) return;
  masters = 2;
  sync_later = false;  // a ledger of several hosts is not SQLite
  heartbeat = seconds(1);
  lease = dice.Ms(4000, 10'000);
  outage = dice.Chance(60) ? dice.Ms(1000, 6000) : dice.Ms(6000, 30'000);
}

DagSpec Scenario::MakeDag(size_t number) {
  Dice& dice = context_.dice;
  DagSpec dag;
  dag.dag_id = fmt::format("dag{}", number);
  dag.fileloc = fmt::format("/dags/{}.py", dag.dag_id);
  dag.profile = dice.Chance(50) ? "3" : "2";
  dag.max_active_runs = static_cast<uint32_t>(1 + dice.Below(4));
  dag.max_active_tasks = static_cast<uint32_t>(1 + dice.Below(5));
  if (dice.Chance(10)) dag.dagrun_timeout = dice.Ms(20'000, 60'000);
  dag.fail_fast = dice.Chance(10);
  if (dice.Chance(70)) dag.is_paused_upon_creation = false;
  if (number == 0 && dice.Chance(60)) {  // one DAG with a schedule that comes to its end
    dag.schedule.kind =
        dice.Chance(50) ? ScheduleSpec::Kind::kDeltaTrigger : ScheduleSpec::Kind::kDeltaInterval;
    dag.schedule.delta = dice.Ms(15'000, 40'000);
    dag.start_date = context_.wall() - seconds(30);
    dag.end_date = context_.wall() + seconds(100);
    dag.catchup = dice.Chance(50);
  }
  MakeTasks(dag);
  return dag;
}

void Scenario::MakeTasks(DagSpec& dag) {
  Dice& dice = context_.dice;
  dag.tasks.clear();
  const bool past = dice.Chance(15);
  const size_t count = 1 + dice.Below(kTasksMax);
  for (size_t i = 0; i < count; ++i) dag.tasks.push_back(MakeTask(i, past));
  for (size_t i = 0; i < count; ++i) {
    for (size_t j = i + 1; j < count; ++j) {
      if (dice.Chance(30)) {
        dag.tasks[i].downstream_task_ids.push_back(dag.tasks[j].task_id);
      }
    }
  }
  if (count >= 3 && dice.Chance(12)) {
    dag.tasks.front().is_setup = true;
    TaskSpec& last = dag.tasks.back();
    last.is_teardown = true;
    last.trigger_rule = "all_done_setup_success";
    auto& down = dag.tasks.front().downstream_task_ids;
    if (std::find(down.begin(), down.end(), last.task_id) == down.end()) {
      down.push_back(last.task_id);
    }
  }
}

TaskSpec Scenario::MakeTask(size_t number, bool past) {
  Dice& dice = context_.dice;
  TaskSpec task;
  task.task_id = fmt::format("t{}", number);
  if (dice.Chance(85)) {
    task.operator_name = "BashOperator";
    // Not by the dice: a seed stays what it was.
    task.work = BashWork{.command = "true", .needs_previous_success = number % 3 == 1};
  }
  if (dice.Chance(25)) {
    task.trigger_rule = Name(static_cast<TriggerRule>(dice.Below(kTriggerRules)));
  }
  task.retries = static_cast<uint32_t>(dice.Below(3));
  task.retry_delay = dice.Ms(200, 4000);
  task.lost_retries = static_cast<uint32_t>(dice.Below(3));
  if (dice.Chance(30)) task.execution_timeout = dice.Ms(3000, 15'000);
  if (dice.Chance(20)) task.pool = "small";
  task.pool_slots = task.pool == "small" ? 1 : static_cast<uint32_t>(1 + dice.Below(2));
  task.priority_weight = static_cast<int32_t>(1 + dice.Below(5));
  if (dice.Chance(20)) task.queue = "gpu";
  if (dice.Chance(10)) task.max_active_tis_per_dag = 1;
  task.depends_on_past = past && dice.Chance(60);
  task.wait_for_downstream = task.depends_on_past && dice.Chance(30);
  return task;
}

void Scenario::Edit(size_t file) {
  File& f = files_[file];
  ++f.edition;
  MakeTasks(f.spec);
}

FileReport Scenario::Report(size_t file) {
  const File& f = files_[file];
  FileReport report;
  report.fileloc = f.spec.fileloc;
  if (f.empty) return report;
  const std::string bytes = fmt::format("{}#{}", f.spec.dag_id, f.edition);
  specs_[bytes] = f.spec;
  report.dags.push_back({f.spec, fmt::format("hash of {}", bytes), bytes});
  return report;
}

Result<DagSpec> Scenario::Parse(const std::string& bytes) const {
  auto it = specs_.find(bytes);
  if (it == specs_.end()) return Internal("no DAG was ever stored as '{}'", bytes);
  return it->second;
}

Fate Scenario::FateOf(const AttemptId& attempt, const TaskSpec& task) const {
  Dice dice(context_.seed ^ (std::hash<AttemptId>()(attempt) * 0xD1B54A32D192ED03ull));
  Fate fate;
  const uint64_t kind = dice.Below(100);
  // Only what runs for longer than a lease can be lost while it runs.
  const uint64_t longer = masters > 1 ? 80 : 95;
  fate.runs_for = kind < 60       ? dice.Ms(20, 2000)
                  : kind < longer ? dice.Ms(1000, 9000)
                                  : dice.Ms(9000, 40'000);
  const uint64_t end = dice.Below(100);
  if (end >= 70) fate.exit_code = end < 76 ? 99 : 1;
  fate.hangs = end >= 95 && task.execution_timeout.has_value();
  fate.dies_after_term = dice.Ms(0, 3000);
  return fate;
}

void Scenario::Twist(AttemptResult& result) const {
  constexpr uint32_t kStartsMax = 12;
  const uint64_t kind = context_.seed % 11;
  core::AttemptFinished& end = result.finished;
  if ((kind != 7 && kind != 9) || end.outcome != core::Outcome::kSuccess) return;
  Dice dice(context_.seed ^ (std::hash<AttemptId>()(end.attempt) * 0xA0761D6478BD642Full));
  if (end.attempt.try_number < kStartsMax && dice.Chance(45)) {
    end.outcome = core::Outcome::kRescheduled;
    end.next_at = context_.wall() + dice.Ms(0, 4000);
  } else if (dice.Chance(40)) {
    for (uint64_t n = 1 + dice.Below(3); n > 0; --n) {
      result.skips.push_back({fmt::format("t{}", dice.Below(kTasksMax)), std::nullopt});
    }
  }
}

}  // namespace gale::sim
