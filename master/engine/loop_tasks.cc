// What people ask of task instances: to clear them, to set their states, a note.
#include <algorithm>

#include "common/base/text_limits.h"
#include "master/engine/loop.h"
#include "master/store/bounds.h"

namespace gale {

Result<std::vector<core::Inst>> Loop::Select(const core::Run& run,
                                             const std::vector<std::string>& task_ids,
                                             const std::vector<TaskInstanceName>& instances,
                                             bool upstream, bool downstream) const {
  auto find = [&](const std::string& id) -> Result<TaskIndex> {
    if (auto task = run.dag().Find(id)) return *task;
    return NotFound("DAG '{}' has no task '{}'", run.head.dag_id, id);
  };
  std::set<core::Inst> all;
  auto add = [&](TaskIndex t) { run.ForEachOf(t, [&](core::Inst i) { all.insert(i); }); };
  std::vector<TaskIndex> named;
  for (const std::string& id : task_ids) {
    GALE_ASSIGN_OR_RETURN(const TaskIndex task, find(id));
    named.push_back(task);
    add(task);
  }
  for (const TaskInstanceName& name : instances) {
    GALE_ASSIGN_OR_RETURN(const TaskIndex task, find(name.task_id));
    const core::Inst inst{task, name.map_index};
    if (!run.has(inst)) {
      return NotFound("task '{}' of run '{}' has no map index {}", name.task_id, run.head.run_id,
                      name.map_index);
    }
    named.push_back(task);
    all.insert(inst);
  }
  if (named.empty()) {
    for (uint32_t i = 0; i < run.size(); ++i) add(TaskIndex(i));
  }
  for (const bool downwards : {false, true}) {
    if (!(downwards ? downstream : upstream)) continue;
    for (TaskIndex t : run.dag().Closure(named, downwards)) {
      if (std::ranges::find(named, t) == named.end()) add(t);
    }
  }
  return std::vector<core::Inst>(all.begin(), all.end());
}

namespace {

// Of the tasks that a request means in the run that it names, those that another run has.
struct SameTasks {
  std::vector<std::string> task_ids;
  std::vector<TaskInstanceName> instances;
  bool empty() const { return task_ids.empty() && instances.empty(); }
};

SameTasks FindSame(const ClearRequest& request, const Dag& named, const core::Run& other) {
  std::vector<TaskIndex> tasks;
  SameTasks same;
  for (const std::string& id : request.task_ids) {
    if (const auto task = named.Find(id)) tasks.push_back(*task);
    if (other.dag().Find(id)) same.task_ids.push_back(id);
  }
  for (const TaskInstanceName& name : request.instances) {
    if (const auto task = named.Find(name.task_id)) tasks.push_back(*task);
    const auto task = other.dag().Find(name.task_id);
    if (task && other.has({*task, name.map_index})) same.instances.push_back(name);
  }
  for (const bool downwards : {false, true}) {
    if (!(downwards ? request.include_downstream : request.include_upstream)) continue;
    for (TaskIndex t : named.Closure(tasks, downwards)) {
      if (std::ranges::find(tasks, t) != tasks.end()) continue;
      const std::string& id = named.task(t).task_id;
      if (other.dag().Find(id)) same.task_ids.push_back(id);
    }
  }
  return same;
}

}  // namespace

// Those of them that there is something to clear of.
Result<std::vector<core::Inst>> Loop::Clearable(const core::Run& run, const ClearRequest& request,
                                                std::vector<core::Inst> tasks) const {
  std::erase_if(tasks, [&](core::Inst t) {
    const TiState s = run.ti(t).state;
    if (request.only_failed && s != TiState::kFailed && s != TiState::kUpstreamFailed) return true;
    if (request.only_running && s != TiState::kRunning) return true;
    return s == TiState::kNone || run.absent(t);
  });
  for (core::Inst t : tasks) {
    const uint32_t tries = run.ti(t).try_number - run.looks(t).all;
    if (tries < limits::kTriesMax) continue;
    return FailedPrecondition(
        "task '{}' of run '{}' had {} tries, the most that there may be (kTriesMax): trigger "
        "another run",
        run.dag().task(t.task).task_id, run.head.run_id, tries);
  }
  return tasks;
}

// In all of the runs, or in none.
Result<std::vector<TiRow>> Loop::Clear(const ClearRequest& request, const Actor& actor) {
  GALE_ASSIGN_OR_RETURN(core::Run * run, FindRun(request.dag_id, request.run_id));
  GALE_ASSIGN_OR_RETURN(auto named, Select(*run, request.task_ids, request.instances,
                                           request.include_upstream, request.include_downstream));
  std::vector<std::pair<core::Run*, std::vector<core::Inst>>> all;
  GALE_ASSIGN_OR_RETURN(all.emplace_back(run, std::vector<core::Inst>()).second,
                        Clearable(*run, request, std::move(named)));
  size_t count = all[0].second.size();
  const bool whole = request.task_ids.empty() && request.instances.empty();
  for (const std::string& run_id : request.other_runs) {
    GALE_ASSIGN_OR_RETURN(core::Run * other, FindRun(request.dag_id, run_id));
    const SameTasks same = whole ? SameTasks() : FindSame(request, run->dag(), *other);
    if (!whole && same.empty()) continue;
    GALE_ASSIGN_OR_RETURN(auto tasks, Select(*other, same.task_ids, same.instances, false, false));
    GALE_ASSIGN_OR_RETURN(tasks, Clearable(*other, request, std::move(tasks)));
    count += tasks.size();
    if (!tasks.empty()) all.emplace_back(other, std::move(tasks));
  }
  if (!request.other_runs.empty() && count > limits::kClearedInstancesMax) {
    return InvalidArgument(
        "{} task instances of {} runs would be cleared, at most {} may at once "
        "(kClearedInstancesMax): name fewer tasks, or clear run by run",
        count, all.size(), limits::kClearedInstancesMax);
  }
  for (const auto& [one, tasks] : all) {
    if (request.dry_run || tasks.empty()) continue;
    scheduler_->Handle(one->id(), core::ClearTasks{tasks}, now_);
    Audit(actor, "clear", request.dag_id, one->head.run_id, "",
          fmt::format("{} tasks", tasks.size()));
  }
  std::vector<TiRow> rows;
  for (const auto& [one, tasks] : all) {
    for (core::Inst t : tasks) rows.push_back(one->ToRow(t));
  }
  return rows;
}

Status Loop::CheckNote(const core::Run& run, const std::vector<core::Inst>& tasks,
                       const std::string& note) const {
  GALE_RETURN_IF_ERROR(
      CheckText("note", note, {.bytes_max = limits::kNoteBytesMax, .limit = "kNoteBytesMax"}));
  if (tasks.size() <= limits::kNotedInstancesMax) return OkStatus();
  return InvalidArgument(
      "{} task instances of run '{}' would get the note, at most {} may at once "
      "(kNotedInstancesMax): name a map index",
      tasks.size(), run.head.run_id, limits::kNotedInstancesMax);
}

// All that is asked for, or nothing.
Result<std::vector<TiRow>> Loop::SetTasks(const SetTasksRequest& request, const Actor& actor) {
  if (request.state && request.state != TiState::kSuccess && request.state != TiState::kFailed &&
      request.state != TiState::kSkipped) {
    return InvalidArgument("a task instance can't be set to {}: use success, failed or skipped",
                           Name(*request.state));
  }
  GALE_ASSIGN_OR_RETURN(core::Run * run, FindRun(request.dag_id, request.run_id));
  GALE_ASSIGN_OR_RETURN(auto named,
                        Select(*run, request.task_ids, request.instances, false, false));
  GALE_ASSIGN_OR_RETURN(auto tasks, Select(*run, request.task_ids, request.instances,
                                           request.state && request.include_upstream,
                                           request.state && request.include_downstream));
  auto absent = [&](core::Inst t) { return run->absent(t); };
  std::erase_if(named, absent);
  std::erase_if(tasks, absent);
  if (tasks.empty()) {
    return FailedPrecondition(
        "run '{}' has no instance of these tasks: its date is outside of theirs", request.run_id);
  }
  if (request.note) GALE_RETURN_IF_ERROR(CheckNote(*run, named, *request.note));
  std::vector<std::string> events;
  if (request.state) {
    scheduler_->Handle(run->id(), core::SetTasks{tasks, *request.state}, now_);
    events.push_back(fmt::format("set_{}", Name(*request.state)));
  }
  if (request.note) {
    for (core::Inst t : named) dirty_notes_[{run->id(), t}] = *request.note;
    events.push_back("set_note");
  }
  for (const std::string& event : events) {
    for (const std::string& id : request.task_ids) {
      Audit(actor, event, request.dag_id, request.run_id, id);
    }
    for (const TaskInstanceName& name : request.instances) {
      Audit(actor, event, request.dag_id, request.run_id, name.task_id,
            fmt::format("map index {}", name.map_index));
    }
  }
  std::vector<TiRow> rows;
  for (core::Inst t : tasks) rows.push_back(run->ToRow(t));
  return rows;
}

}  // namespace gale
