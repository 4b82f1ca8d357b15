// One immutable version of a DAG, checked and laid out for the scheduler: adjacency in flat arrays,
// rules parsed, weights summed. Shared by all its runs; thread-safe because nothing changes.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "common/base/ids.h"
#include "common/model/dag_spec.h"
#include "common/model/json_elements.h"
#include "common/model/timetable.h"
#include "common/model/trigger_rule.h"

namespace gale {

class Dag {
 public:
  // Checks the spec and lays it out. Refuses, naming the DAG, the task and the field: an empty or
  // ill-formed id, a duplicate task_id, an unknown downstream task, a cycle (printed as a path), an
  // unknown trigger or weight rule, a bad cron, time zone or timetable, pool_slots of 0, a size
  // over limits.h.
  static Result<std::shared_ptr<const Dag>> Make(DagSpec spec, int64_t version = 0);

  const DagSpec& spec() const { return spec_; }
  const std::string& id() const { return spec_.dag_id; }
  int64_t version() const { return version_; }
  const Timetable& timetable() const { return timetable_; }
  // What Timetable::Next needs: the earliest start date of the DAG and its tasks, its end, catchup.
  const Timetable::Bounds& bounds() const { return bounds_; }

  size_t size() const { return spec_.tasks.size(); }
  const TaskSpec& task(TaskIndex t) const { return spec_.tasks[t.value]; }
  // nullopt if there is no such task.
  std::optional<TaskIndex> Find(std::string_view task_id) const;

  std::span<const TaskIndex> downstream(TaskIndex t) const { return Slice(down_, t); }
  std::span<const TaskIndex> upstream(TaskIndex t) const { return Slice(up_, t); }
  // Every task after all of its upstreams.
  std::span<const TaskIndex> topological() const { return order_; }
  // The tasks whose states decide the run's (Airflow: effective leaves): those with nothing but
  // teardowns after them; a teardown counts only with on_failure_fail_dagrun.
  std::span<const TaskIndex> leaves() const { return leaves_; }

  TriggerRule rule(TaskIndex t) const { return rules_[t.value]; }
  // priority_weight summed by the weight rule: what orders ready tasks.
  int64_t priority(TaskIndex t) const { return priorities_[t.value]; }
  // Runs without a worker.
  bool is_empty(TaskIndex t) const { return std::holds_alternative<EmptyWork>(task(t).work); }
  // Whether the task's own start_date and end_date let a run of this logical date have an instance
  // of it.
  bool in_dates(TaskIndex t, const std::optional<TimePoint>& logical_date) const;
  bool has_task_dates() const { return has_task_dates_; }
  // Some task has depends_on_past or wait_for_downstream.
  bool depends_on_past() const { return depends_on_past_; }

  // Mapping. A task is mapped by its own expand or by mapped groups around it: `mapping(t)` is those
  // around it, the outermost first, then its own, each an index into `expand`.
  bool is_mapped(TaskIndex t) const { return !mapping(t).empty(); }
  bool has_mapped() const { return !expands_.empty(); }
  std::span<const uint32_t> mapping(TaskIndex t) const;
  const ExpandSpec& expand(uint32_t index) const { return *expands_[index]; }
  // Some of its sources go through a function of the DAG's file.
  bool maps_by_function() const { return maps_by_function_; }
  // Its instances get arguments of their own.
  bool has_arguments(TaskIndex t) const { return is_mapped(t) || !task(t).arguments_json.empty(); }
  // The mapped group that `index` is of; empty: it is a task's own.
  const std::string& group_of_expand(uint32_t index) const { return group_of_expand_[index]; }
  // The elements of a literal of this DAG.
  const JsonElements& literal(const ExpandSource& source) const { return literals_.at(&source); }
  // What it returns is read by others of this DAG, as an argument or to be mapped over.
  bool keeps_value(TaskIndex t) const { return !keeps_value_.empty() && keeps_value_[t.value]; }
  // Something is mapped over what it returns.
  bool is_map_source(TaskIndex t) const { return !map_source_.empty() && map_source_[t.value]; }
  // The group that it is in, the innermost, is mapped itself.
  bool in_mapped_group_directly(TaskIndex t) const;
  // How many mapped groups are around both; inside of these an index waits for the same index only.
  size_t SharedMappedGroups(TaskIndex a, TaskIndex b) const;

  // The tasks reached from `from` downwards (or upwards), `from` included.
  std::vector<TaskIndex> Closure(std::span<const TaskIndex> from, bool downwards) const;

 private:
  struct Edges {
    std::vector<uint32_t> begin;  // size() + 1
    std::vector<TaskIndex> to;
  };
  std::span<const TaskIndex> Slice(const Edges& e, TaskIndex t) const {
    return std::span(e.to).subspan(e.begin[t.value], e.begin[t.value + 1] - e.begin[t.value]);
  }
  Status IndexTasks();
  Status LinkEdges();
  Status Sort();
  Status ParseRules();
  Status PlanSchedule();
  Status LayOutGroups();
  Status LayOutMapping();
  Status CheckSources(const ExpandSpec& expand, TaskIndex reader) const;
  Status CheckArguments(TaskIndex t);
  void AddExpand(const ExpandSpec& expand, const std::string& group);
  void FindLeaves();
  void SumWeights();
  std::string CyclePath() const;

  DagSpec spec_;
  int64_t version_ = 0;
  Timetable timetable_;
  Timetable::Bounds bounds_;
  std::unordered_map<std::string_view, TaskIndex> by_id_;  // keys point into spec_
  Edges down_, up_;
  std::vector<TaskIndex> order_;
  std::vector<TaskIndex> leaves_;
  std::vector<TriggerRule> rules_;
  std::vector<int64_t> priorities_;
  std::unordered_map<std::string_view, uint32_t> group_by_id_;  // place in spec_.groups
  std::vector<const ExpandSpec*> expands_;                      // point into spec_
  std::vector<std::vector<uint32_t>> group_mapping_;  // of each group, the outermost first
  std::vector<std::vector<uint32_t>> mappings_;       // of each task; empty: nothing is mapped
  std::vector<std::string> group_of_expand_;
  std::unordered_map<const ExpandSource*, JsonElements> literals_;
  std::vector<bool> map_source_;   // empty: none is
  std::vector<bool> keeps_value_;  // likewise
  bool maps_by_function_ = false;
  bool depends_on_past_ = false;
  bool has_task_dates_ = false;
};

using DagPtr = std::shared_ptr<const Dag>;

// Airflow's rule for dag, task, run and pool ids: letters, digits, '-', '_', '.' (and for run ids
// also '+', ':', '~'), at most limits::kIdBytesMax bytes. `what` names it in the error.
Status CheckId(std::string_view what, std::string_view id, std::string_view also = "");

}  // namespace gale
