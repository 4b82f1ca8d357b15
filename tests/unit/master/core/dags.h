// Small DAGs for the core's tests, built by hand or at random.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <random>

#include "master/core/run.h"

namespace gale::core::testing {

inline TaskSpec Bash(std::string id, std::vector<std::string> downstream = {}) {
  TaskSpec task;
  task.task_id = std::move(id);
  task.downstream_task_ids = std::move(downstream);
  task.work = BashWork{"true"};
  return task;
}

inline DagPtr MakeDag(
    std::vector<TaskSpec> tasks, const std::function<void(DagSpec&)>& edit = [](DagSpec&) {}) {
  DagSpec spec;
  spec.dag_id = "d";
  spec.tasks = std::move(tasks);
  edit(spec);
  auto dag = Dag::Make(std::move(spec), 1);
  if (!dag.ok()) ADD_FAILURE() << dag.status().ToString();
  return *dag;
}

inline RunRow Head(int64_t id = 1, RunState state = RunState::kRunning) {
  RunRow head;
  head.id = RunId(id);
  head.dag_id = "d";
  head.run_id = "r" + std::to_string(id);
  head.state = state;
  head.logical_date = TimePoint(std::chrono::hours(24 * id));
  return head;
}

// Any rules, edges, retries, limits, empty tasks, teardowns.
inline DagPtr RandomDag(std::mt19937_64& random, const std::string& id, bool with_past) {
  auto upto = [&](uint32_t n) { return static_cast<uint32_t>(random() % n); };
  DagSpec spec;
  spec.dag_id = id;
  spec.max_active_runs = 1 + upto(3);
  spec.max_active_tasks = 1 + upto(5);
  spec.fail_fast = upto(5) == 0;
  if (upto(4) == 0) spec.dagrun_timeout = std::chrono::seconds(100 + upto(400));
  const uint32_t n = 1 + upto(12);
  for (uint32_t i = 0; i < n; ++i) {
    TaskSpec task = Bash("t" + std::to_string(i));
    for (uint32_t j = i + 1; j < n; ++j) {
      if (upto(3) == 0) task.downstream_task_ids.push_back("t" + std::to_string(j));
    }
    task.trigger_rule =
        std::string(Name(static_cast<TriggerRule>(upto(2) ? 0 : upto(kTriggerRules))));
    task.retries = upto(3);
    task.lost_retries = upto(2);
    task.retry_delay = std::chrono::seconds(upto(3) * 10);
    task.priority_weight = static_cast<int32_t>(upto(5));
    task.pool = upto(3) == 0 ? "small" : "default_pool";
    task.pool_slots = 1 + upto(2);
    task.is_setup = upto(8) == 0;
    task.is_teardown = !task.is_setup && upto(8) == 0;
    if (task.is_teardown) task.trigger_rule = "all_done_setup_success";
    if (upto(6) == 0) task.work = EmptyWork{};
    if (upto(6) == 0) task.max_active_tis_per_dag = 1;
    if (upto(6) == 0) task.max_active_tis_per_dagrun = 1;
    if (upto(6) == 0) task.execution_timeout = std::chrono::seconds(50);
    if (with_past && upto(4) == 0) task.depends_on_past = true;
    if (with_past && upto(8) == 0) task.wait_for_downstream = true;
    spec.tasks.push_back(std::move(task));
  }
  auto dag = Dag::Make(std::move(spec), 1);
  if (!dag.ok()) ADD_FAILURE() << dag.status().ToString();
  return *dag;
}

}  // namespace gale::core::testing
