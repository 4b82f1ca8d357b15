// Small DAGs for the core's tests, built by hand or at random.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
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

// Groups g (mapped), g.in (mapped, within) and tasks that are in them, or mapped by themselves.
inline void MapSome(std::mt19937_64& random, DagSpec& spec) {
  auto upto = [&](size_t n) { return static_cast<uint32_t>(random() % n); };
  const uint32_t n = static_cast<uint32_t>(spec.tasks.size());
  static constexpr const char* kLiterals[] = {"[]", "[1]", "[1, 2]", "[1, 2, 3]"};
  auto expand = [&](std::vector<std::string> sources) {
    ExpandSpec out;
    if (sources.empty() || upto(2) == 0) {
      out.arguments.push_back({"a", {.json = kLiterals[upto(8) == 0 ? 0 : 1 + upto(3)]}});
    }
    for (const std::string& source : sources) {
      const ExpandSource xcom{.kind = ExpandSource::Kind::kXCom, .task_id = source};
      out.arguments.push_back({"x_" + source, xcom});
    }
    return out;
  };
  // Of the tasks [first, last) a group; what it is mapped over stands before all of them.
  const uint32_t first = upto(n), last = first + upto(n - first + 1);
  const bool over_task = first > 0 && upto(2) == 0;
  const std::string source = "t" + std::to_string(over_task ? upto(first) : 0);
  spec.groups.push_back(
      {"g", "", expand(over_task ? std::vector{source} : std::vector<std::string>{})});
  spec.groups.push_back({"g.in", "g", {}});
  if (upto(2) == 0) spec.groups[1].expand = expand({});
  for (uint32_t i = 0; i < n; ++i) {
    TaskSpec& task = spec.tasks[i];
    if (i >= first && i < last) {
      task.task_group_id = upto(3) == 0 ? "g.in" : "g";
      if (over_task) {
        auto& down = spec.tasks[std::stoul(source.substr(1))].downstream_task_ids;
        if (std::ranges::count(down, task.task_id) == 0) down.push_back(task.task_id);
      }
    } else if (upto(3) == 0) {
      std::vector<std::string> sources;
      for (uint32_t j = 0; j < i && sources.size() < 2; ++j) {
        if (std::ranges::count(spec.tasks[j].downstream_task_ids, task.task_id) > 0 &&
            upto(2) == 0) {
          sources.push_back(spec.tasks[j].task_id);
        }
      }
      task.expand = expand(sources);
    }
  }
}

// Any rules, edges, retries, limits, empty tasks, teardowns.
inline DagPtr RandomDag(std::mt19937_64& random, const std::string& id, bool with_past,
                        bool mapped = false) {
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
  if (mapped) MapSome(random, spec);
  auto dag = Dag::Make(std::move(spec), 1);
  if (!dag.ok()) ADD_FAILURE() << dag.status().ToString();
  return *dag;
}

}  // namespace gale::core::testing
