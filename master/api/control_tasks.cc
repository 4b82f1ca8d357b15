// Task instances. Their logs: control_logs.cc.
#include "master/api/control.h"
#include "master/api/instances.h"

namespace gale {
Result<Page<TaskInstanceView>> Control::ListTaskInstances(const TaskInstanceQuery& query) {
  Instances instances(reads_, dags_);
  GALE_ASSIGN_OR_RETURN(const RunScope scope, ScopeOf(query.dag_id, query.run_id));
  if (scope.dag_id.empty() || scope.run_id.empty()) return instances.OfRuns(scope, query);
  GALE_ASSIGN_OR_RETURN(RunView run, GetRun(scope.dag_id, scope.run_id));
  return instances.OfRun(std::make_shared<const RunView>(std::move(run)), query);
}

Result<TaskInstanceView> Control::GetTaskInstance(const std::string& dag_id,
                                                  const std::string& run_id,
                                                  const std::string& task_id, int32_t map_index) {
  GALE_ASSIGN_OR_RETURN(RunView view, GetRun(dag_id, run_id));
  auto run = std::make_shared<const RunView>(std::move(view));
  auto task = run->version->dag->Find(task_id);
  if (!task) {
    return NotFound("DAG '{}' has no task '{}' (in version {}, which run '{}' is of)", dag_id,
                    task_id, run->row.version, run_id);
  }
  GALE_ASSIGN_OR_RETURN(std::optional<TiRow> row, reads_.GetTi({run->row.id, *task, map_index}));
  if (row && row->block_length) {  // as Airflow says it
    return NotFound("task '{}' of run '{}' is mapped: add a map index from 0 to {}", task_id,
                    run_id, *row->block_length - 1);
  }
  if (row) return TaskInstanceView{run, *std::move(row)};
  if (map_index != kUnmapped) {
    GALE_ASSIGN_OR_RETURN(const std::optional<TiRow> block,
                          reads_.GetTi({run->row.id, *task, kUnmapped}));
    if (block && map_index >= 0 && static_cast<uint32_t>(map_index) < block->block_length) {
      return TaskInstanceView{run, Untouched(*block, *run->version->dag, map_index)};
    }
    return NotFound("task '{}' of run '{}' has no map index {}", task_id, run_id, map_index);
  }
  if (!core::HasInstance(*run->version->dag, run->row, *task)) {
    return NotFound("run '{}' has no instance of task '{}': its date is outside of the task's",
                    run_id, task_id);
  }
  return TaskInstanceView{run, Untouched(run->row.id, *run->version->dag, *task)};
}

Result<std::vector<AttemptRow>> Control::ListTries(const TaskInstanceView& ti,
                                                   std::optional<uint32_t> try_number) {
  const TiKey key{ti.row.run, ti.row.task, ti.row.map_index};
  if (ti.row.reschedules == 0) return reads_.ListAttempts(key, try_number);
  GALE_ASSIGN_OR_RETURN(std::vector<AttemptRow> tries, reads_.ListAttempts(key));
  if (try_number) {
    std::erase_if(tries, [&](const AttemptRow& row) { return row.shown_try() != *try_number; });
  }
  return tries;
}

Status Control::CheckTaskIds(const std::string& dag_id, const std::string& run_id,
                             const std::vector<std::string>& task_ids) {
  GALE_ASSIGN_OR_RETURN(RunView run, GetRun(dag_id, run_id));
  for (const std::string& id : task_ids) {
    if (!run.version->dag->Find(id)) return NotFound("DAG '{}' has no task '{}'", dag_id, id);
  }
  return OkStatus();
}

Result<std::vector<TaskInstanceView>> Control::ViewsOf(const std::vector<TiRow>& rows) {
  std::vector<TiKey> keys;
  for (const TiRow& row : rows) keys.push_back({row.run, row.task, row.map_index});
  Instances instances(reads_, dags_);
  GALE_RETURN_IF_ERROR(instances.LoadRuns(keys));
  std::vector<TaskInstanceView> views;
  for (const TiRow& row : rows) {
    GALE_ASSIGN_OR_RETURN(RunViewPtr run, instances.Run(row.run));
    views.push_back({std::move(run), row});
  }
  return views;
}

Result<std::vector<TaskInstanceView>> Control::SetTasks(const SetTasksRequest& request,
                                                        const Actor& actor) {
  GALE_RETURN_IF_ERROR(CheckTaskIds(request.dag_id, request.run_id, request.task_ids));
  GALE_ASSIGN_OR_RETURN(auto rows, engine_.CallOnRun<Result<std::vector<TiRow>>>(
                                       request.dag_id, request.run_id,
                                       [=](Loop& loop) { return loop.SetTasks(request, actor); }));
  return ViewsOf(rows);
}

// Those of neighbours are read as one range: a page without mapped tasks costs one look.
Status Control::AddNotes(std::vector<TaskInstanceView>& tis) {
  constexpr size_t kRangesPerRead = 100;
  std::map<std::tuple<RunId, TaskIndex, int32_t>, std::string> notes;
  std::vector<TaskNotesOf> ranges;
  auto read = [&]() -> Status {
    GALE_ASSIGN_OR_RETURN(std::vector<TaskNoteRow> rows, reads_.ListTaskNotes(ranges));
    for (TaskNoteRow& row : rows) notes[{row.run, row.task, row.map_index}] = std::move(row.note);
    ranges.clear();
    return OkStatus();
  };
  for (const TaskInstanceView& ti : tis) {
    const TiRow& row = ti.row;
    TaskNotesOf* last = ranges.empty() ? nullptr : &ranges.back();
    const bool follows = last != nullptr && last->run == row.run;
    if (follows && row.map_index == kUnmapped && last->last_index == kUnmapped &&
        row.task.value == last->last.value + 1) {
      last->last = row.task;
    } else if (follows && row.task == last->first && row.task == last->last &&
               row.map_index == last->last_index + 1) {
      last->last_index = row.map_index;
    } else {
      if (ranges.size() == kRangesPerRead) GALE_RETURN_IF_ERROR(read());
      ranges.push_back({row.run, row.task, row.task, row.map_index, row.map_index});
    }
  }
  GALE_RETURN_IF_ERROR(read());
  for (TaskInstanceView& ti : tis) {
    const auto note = notes.find({ti.row.run, ti.row.task, ti.row.map_index});
    if (note != notes.end()) ti.note = note->second;
  }
  return OkStatus();
}

Result<Explanation> Control::Explain(const std::string& dag_id, const std::string& run_id,
                                     const std::string& task_id, int32_t map_index) {
  GALE_RETURN_IF_ERROR(GetRun(dag_id, run_id).status());
  return engine_.CallOnRun<Result<Explanation>>(
      dag_id, run_id, [=](Loop& loop) { return loop.Explain(dag_id, run_id, task_id, map_index); });
}

// XComs.

Result<RunScope> Control::ScopeOf(const std::string& dag_id, const std::string& run_id) {
  RunScope scope;
  if (dag_id != "~") scope.dag_id = dag_id;
  if (run_id != "~") scope.run_id = run_id;
  if (!scope.dag_id.empty() && scope.run_id.empty()) {
    GALE_RETURN_IF_ERROR(GetDagRow(dag_id).status());
  }
  return scope;
}

Result<Page<XComView>> Control::ListXComs(const XComListQuery& query) {
  XComQuery wanted;
  static_cast<PageQuery&>(wanted) = query;
  wanted.key = query.key;
  wanted.map_index = query.map_index;
  GALE_ASSIGN_OR_RETURN(wanted.runs, ScopeOf(query.dag_id, query.run_id));
  if (query.task_id != "~") {  // its place differs from version to version
    GALE_ASSIGN_OR_RETURN(const std::vector<VersionRuns> versions, reads_.CountRuns(wanted.runs));
    if (versions.size() > limits::kXComVersionsMax) {
      return InvalidArgument(
          "runs of {} versions match, at most {} can be looked through for a task "
          "(kXComVersionsMax): name a run",
          versions.size(), limits::kXComVersionsMax);
    }
    for (const VersionRuns& version : versions) {
      GALE_ASSIGN_OR_RETURN(DagVersionPtr dag, dags_.Get(version.dag_id, version.version));
      if (auto task = dag->dag->Find(query.task_id)) {
        wanted.tasks.push_back({version.dag_id, version.version, *task});
      }
    }
    if (wanted.tasks.empty()) return Page<XComView>();
  }
  GALE_ASSIGN_OR_RETURN(const Page<XComHead> heads, reads_.ListXComs(wanted));
  std::vector<TiKey> keys;
  for (const XComHead& head : heads.rows) keys.push_back({head.run, head.task, head.map_index});
  Instances instances(reads_, dags_);
  GALE_RETURN_IF_ERROR(instances.LoadRuns(keys));
  Page<XComView> page;
  page.total = heads.total;
  for (const XComHead& head : heads.rows) {
    GALE_ASSIGN_OR_RETURN(RunViewPtr run, instances.Run(head.run));
    page.rows.push_back({std::move(run), head});
  }
  return page;
}

Result<std::optional<XComRow>> Control::GetXCom(const TaskInstanceView& ti,
                                                const std::string& key) {
  return reads_.GetXCom({ti.row.run, ti.row.task, ti.row.map_index}, key);
}

Result<std::optional<RenderedRow>> Control::GetRendered(const TaskInstanceView& ti) {
  return reads_.GetRendered({ti.row.run, ti.row.task, ti.row.map_index});
}

}  // namespace gale
