// Runs and task instances that a running task asks for, and runs that it makes.
#include <algorithm>
#include <set>

#include "common/base/text.h"
#include "common/base/text_limits.h"
#include "master/api/task_calls.h"
#include "master/api/views.h"

namespace gale {
namespace {

Json Time(const std::optional<TimePoint>& t) {
  return t ? Json(FormatTimeOffset(*t)) : Json(nullptr);
}

Json RunJson(const RunRow& row) {
  Json conf = Json::parse(row.conf_json, nullptr, /*allow_exceptions=*/false);
  if (conf.is_discarded()) conf = Json::object();
  return {{"dag_id", row.dag_id},
          {"run_id", row.run_id},
          {"logical_date", Time(row.logical_date)},
          {"data_interval_start", Time(row.interval_start)},
          {"data_interval_end", Time(row.interval_end)},
          {"run_after", FormatTimeOffset(row.run_after)},
          {"start_date", Time(row.start_date)},
          {"end_date", Time(row.end_date)},
          {"run_type", std::string(Name(row.type))},
          {"state", std::string(Name(row.state))},
          {"conf", std::move(conf)},
          {"clear_number", row.clear_number},
          {"note", row.note.empty() ? Json(nullptr) : Json(row.note)},
          {"triggering_user_name",
           row.triggering_user.empty() ? Json(nullptr) : Json(row.triggering_user)},
          {"consumed_asset_events", Json::array()},
          {"partition_key", nullptr}};
}

TaskReply Answer(const char* type, Json fields) {
  Json body = {{"type", type}};
  body.update(fields);
  return {WriteJson(body)};
}

Result<std::vector<RunState>> RunStatesOf(const TaskFields& fields, const char* name) {
  std::vector<RunState> states;
  GALE_ASSIGN_OR_RETURN(const auto texts, fields.MaybeTexts(name));
  if (!texts) return states;
  for (const std::string& text : *texts) {
    const auto state = ParseRunState(text);
    if (!state) return InvalidArgument("{}: '{}' is no state of a run", name, text);
    states.push_back(*state);
  }
  return states;
}

// "none" and "" (null) are of what nothing has happened to.
Result<std::optional<std::set<TiState>>> TiStatesOf(const TaskFields& fields, const char* name) {
  GALE_ASSIGN_OR_RETURN(const auto texts, fields.MaybeTexts(name));
  if (!texts) return std::optional<std::set<TiState>>();
  std::set<TiState> states;
  for (const std::string& text : *texts) {
    const auto state = text.empty() ? TiState::kNone : ParseTiState(text);
    if (!state) return InvalidArgument("{}: '{}' is no state of a task instance", name, text);
    states.insert(*state);
  }
  return std::optional(std::move(states));
}

// One question's runs: those named, those of dates, or all of the DAG; each once.
Result<std::vector<RunRow>> ChosenRuns(const TaskWorld& world, const TaskFields& fields) {
  GALE_ASSIGN_OR_RETURN(const std::string dag_id, fields.Text("dag_id"));
  GALE_ASSIGN_OR_RETURN(const auto run_ids, fields.MaybeTexts("run_ids"));
  GALE_ASSIGN_OR_RETURN(const auto dates, fields.MaybeTexts("logical_dates"));
  std::vector<RunRow> runs;
  auto take = [&](RunQuery query) -> Status {
    query.dag_id = dag_id;
    query.count = false;
    query.limit = static_cast<uint32_t>(limits::kAskRunsMax + 1);
    GALE_ASSIGN_OR_RETURN(Page<RunRow> page, world.reads.ListRuns(query));
    std::move(page.rows.begin(), page.rows.end(), std::back_inserter(runs));
    if (runs.size() <= limits::kAskRunsMax) return OkStatus();
    return ResourceExhausted("more than {} runs of DAG '{}' are meant (kAskRunsMax): name fewer",
                             limits::kAskRunsMax, dag_id);
  };
  if (run_ids) {
    const std::set<std::string> each(run_ids->begin(), run_ids->end());
    for (const std::string& run_id : each) {
      RunQuery query;
      query.run_id = run_id;
      if (!run_id.empty()) GALE_RETURN_IF_ERROR(take(query));
    }
  } else if (dates) {
    std::set<TimePoint> each;
    for (const std::string& text : *dates) {
      Result<TimePoint> date = ParseTime(text);
      if (!date.ok()) return date.status().WithContext("logical_dates");
      each.insert(*date);
    }
    for (const TimePoint date : each) {
      RunQuery query;
      query.logical_date_gte = query.logical_date_lte = date;
      GALE_RETURN_IF_ERROR(take(query));
    }
  } else {
    GALE_RETURN_IF_ERROR(take({}));
  }
  return runs;
}

// The instances of chosen tasks, as they stand.
struct Instance {
  std::string run_id;
  std::string task_id;
  int32_t map_index = kUnmapped;
  TiState state = TiState::kNone;
};

// Whether `group` is `wanted`, or stands in it.
bool IsIn(const DagSpec& spec, std::string group, const std::string& wanted) {
  for (size_t depth = 0; !group.empty() && depth <= spec.groups.size(); ++depth) {
    if (group == wanted) return true;
    const auto found = std::ranges::find(spec.groups, group, &TaskGroupSpec::group_id);
    if (found == spec.groups.end()) break;
    group = found->parent_group_id;
  }
  return false;
}

void AddInstances(const RunView& run, TaskIndex task, const std::vector<TiRow>& rows,
                  std::vector<Instance>& out) {
  const std::string& task_id = run.version->dag->task(task).task_id;
  std::set<int32_t> seen;
  const TiRow* block = nullptr;
  for (const TiRow& row : rows) {
    if (row.task != task) continue;
    if (row.block_length) {
      block = &row;
    } else {
      seen.insert(row.map_index);
      out.push_back({run.row.run_id, task_id, row.map_index, row.state});
    }
  }
  for (uint32_t i = 0; block != nullptr && i < *block->block_length; ++i) {
    const int32_t index = static_cast<int32_t>(i);
    if (!seen.contains(index)) out.push_back({run.row.run_id, task_id, index, block->state});
  }
  if (seen.empty() && block == nullptr && core::HasInstance(*run.version->dag, run.row, task)) {
    out.push_back({run.row.run_id, task_id, kUnmapped, TiState::kNone});
  }
}

Result<std::vector<Instance>> ChosenInstances(const TaskWorld& world, const TaskFields& fields) {
  GALE_ASSIGN_OR_RETURN(const std::vector<RunRow> runs, ChosenRuns(world, fields));
  GALE_ASSIGN_OR_RETURN(const auto task_ids, fields.MaybeTexts("task_ids"));
  GALE_ASSIGN_OR_RETURN(const auto group, fields.MaybeText("task_group_id"));
  GALE_ASSIGN_OR_RETURN(const auto map_index, fields.MaybeInt("map_index"));
  std::set<std::string> wanted;
  if (task_ids) wanted.insert(task_ids->begin(), task_ids->end());
  std::vector<Instance> out;
  for (const RunRow& row : runs) {
    GALE_ASSIGN_OR_RETURN(const RunView run, world.control.GetRunById(row.id));
    GALE_ASSIGN_OR_RETURN(const std::vector<TiRow> rows, world.reads.ListTis(row.id));
    const Dag& dag = *run.version->dag;
    for (uint32_t i = 0; i < dag.size(); ++i) {
      const TaskSpec& task = dag.task(TaskIndex(i));
      if (task_ids && !wanted.contains(task.task_id)) continue;
      if (group && !IsIn(dag.spec(), task.task_group_id, *group)) continue;
      AddInstances(run, TaskIndex(i), rows, out);
    }
    if (out.size() > limits::kMapElementsMax) {
      return ResourceExhausted("more than {} task instances are meant (kMapElementsMax)",
                               limits::kMapElementsMax);
    }
  }
  if (map_index) {
    std::erase_if(out, [&](const Instance& each) { return each.map_index != *map_index; });
  }
  return out;
}

Result<TaskReply> GetTICount(const TaskWorld& world, const TaskAsk& ask) {
  const TaskFields fields(ask.body);
  GALE_ASSIGN_OR_RETURN(const auto states, TiStatesOf(fields, "states"));
  GALE_ASSIGN_OR_RETURN(const auto instances, ChosenInstances(world, fields));
  const auto count = std::ranges::count_if(
      instances, [&](const Instance& each) { return !states || states->contains(each.state); });
  return Answer("TICount", {{"count", count}});
}

Result<TaskReply> GetTaskStates(const TaskWorld& world, const TaskAsk& ask) {
  GALE_ASSIGN_OR_RETURN(const auto instances, ChosenInstances(world, TaskFields(ask.body)));
  Json runs = Json::object();
  for (const Instance& each : instances) {
    const std::string name =
        each.map_index < 0 ? each.task_id : fmt::format("{}_{}", each.task_id, each.map_index);
    runs[each.run_id][name] =
        each.state == TiState::kNone ? Json(nullptr) : Json(std::string(Name(each.state)));
  }
  return Answer("TaskStatesResult", {{"task_states", std::move(runs)}});
}

Result<TaskReply> GetDRCount(const TaskWorld& world, const TaskAsk& ask) {
  const TaskFields fields(ask.body);
  GALE_ASSIGN_OR_RETURN(const std::vector<RunState> states, RunStatesOf(fields, "states"));
  GALE_ASSIGN_OR_RETURN(const auto run_ids, fields.MaybeTexts("run_ids"));
  GALE_ASSIGN_OR_RETURN(const auto dates, fields.MaybeTexts("logical_dates"));
  if (!run_ids && !dates) {  // counted in the ledger, however many they are
    RunQuery query;
    GALE_ASSIGN_OR_RETURN(query.dag_id, fields.Text("dag_id"));
    query.states = states;
    query.limit = 1;
    GALE_ASSIGN_OR_RETURN(const Page<RunRow> page, world.reads.ListRuns(query));
    return Answer("DRCount", {{"count", page.total}});
  }
  GALE_ASSIGN_OR_RETURN(const std::vector<RunRow> runs, ChosenRuns(world, fields));
  const auto count = std::ranges::count_if(runs, [&](const RunRow& row) {
    return states.empty() || std::ranges::find(states, row.state) != states.end();
  });
  return Answer("DRCount", {{"count", count}});
}

Result<RunRow> NamedRun(const TaskWorld& world, const TaskAsk& ask) {
  const TaskFields fields(ask.body);
  GALE_ASSIGN_OR_RETURN(const std::string dag_id, fields.Text("dag_id"));
  GALE_ASSIGN_OR_RETURN(const std::string run_id, fields.Text("run_id"));
  return world.reads.GetRun(dag_id, run_id);
}

Result<TaskReply> GetDagRun(const TaskWorld& world, const TaskAsk& ask) {
  GALE_ASSIGN_OR_RETURN(const RunRow row, NamedRun(world, ask));
  return Answer("DagRunResult", RunJson(row));
}

Result<TaskReply> GetDagRunState(const TaskWorld& world, const TaskAsk& ask) {
  GALE_ASSIGN_OR_RETURN(const RunRow row, NamedRun(world, ask));
  return Answer("DagRunStateResult", {{"state", std::string(Name(row.state))}});
}

// The one before `before`; nullopt: there is none.
Result<std::optional<RunRow>> RunBefore(const TaskWorld& world, const std::string& dag_id,
                                        const std::optional<TimePoint>& before,
                                        std::vector<RunState> states) {
  std::optional<RunRow> none;
  if (!before) return none;
  RunQuery query;
  query.dag_id = dag_id;
  query.states = std::move(states);
  query.logical_date_lte = *before - Duration(1);
  query.order_by = {"-logical_date"};
  query.limit = 1;
  query.count = false;
  GALE_ASSIGN_OR_RETURN(Page<RunRow> page, world.reads.ListRuns(query));
  if (page.rows.empty()) return none;
  return std::optional(std::move(page.rows.front()));
}

Result<TaskReply> GetPreviousDagRun(const TaskWorld& world, const TaskAsk& ask) {
  const TaskFields fields(ask.body);
  GALE_ASSIGN_OR_RETURN(const std::string dag_id, fields.Text("dag_id"));
  GALE_ASSIGN_OR_RETURN(const auto before, fields.MaybeTime("logical_date"));
  GALE_ASSIGN_OR_RETURN(const std::vector<RunState> states, RunStatesOf(fields, "state"));
  GALE_ASSIGN_OR_RETURN(const auto run, RunBefore(world, dag_id, before, states));
  return Answer("PreviousDagRunResult", {{"dag_run", run ? RunJson(*run) : Json(nullptr)}});
}

Result<TaskReply> GetPrevSuccessfulDagRun(const TaskWorld& world, const TaskAsk& ask) {
  const RunRow& own = ask.run->row;
  GALE_ASSIGN_OR_RETURN(const auto run,
                        RunBefore(world, own.dag_id, own.logical_date, {RunState::kSuccess}));
  const RunRow none;
  const RunRow& row = run ? *run : none;
  return Answer("PrevSuccessfulDagRunResult", {{"data_interval_start", Time(row.interval_start)},
                                               {"data_interval_end", Time(row.interval_end)},
                                               {"start_date", Time(row.start_date)},
                                               {"end_date", Time(row.end_date)}});
}

Result<TaskReply> FindDagRuns(const TaskWorld& world, const TaskAsk& ask) {
  const TaskFields fields(ask.body);
  RunQuery query;
  GALE_ASSIGN_OR_RETURN(const auto dag_id, fields.MaybeText("dag_id"));
  GALE_ASSIGN_OR_RETURN(const auto run_id, fields.MaybeText("run_id"));
  GALE_ASSIGN_OR_RETURN(const auto date, fields.MaybeTime("logical_date"));
  GALE_ASSIGN_OR_RETURN(const auto type, fields.MaybeText("run_type"));
  GALE_ASSIGN_OR_RETURN(query.states, RunStatesOf(fields, "state"));
  query.dag_id = dag_id.value_or("");
  query.run_id = run_id.value_or("");
  query.logical_date_gte = query.logical_date_lte = date;
  for (const RunType each :
       {RunType::kManual, RunType::kScheduled, RunType::kBackfill, RunType::kAsset}) {
    if (type && *type == Name(each)) query.types = {each};
  }
  if (type && query.types.empty()) return InvalidArgument("run_type: there is no '{}'", *type);
  query.count = false;
  query.limit = static_cast<uint32_t>(limits::kAskRunsMax + 1);
  GALE_ASSIGN_OR_RETURN(const Page<RunRow> page, world.reads.ListRuns(query));
  if (page.rows.size() > limits::kAskRunsMax) {
    return ResourceExhausted("more than {} runs match (kAskRunsMax): ask for fewer",
                             limits::kAskRunsMax);
  }
  Json runs = Json::array();
  for (const RunRow& row : page.rows) runs.push_back(RunJson(row));
  return Answer("DagRunsResult", {{"dag_runs", std::move(runs)}});
}

Result<TaskReply> GetDag(const TaskWorld& world, const TaskAsk& ask) {
  GALE_ASSIGN_OR_RETURN(const std::string dag_id, TaskFields(ask.body).Text("dag_id"));
  const Result<DagRow> dag = world.reads.GetDag(dag_id);
  if (dag.status().code() == Code::kNotFound) {
    return Answer("DagResult", {{"dag_id", nullptr}, {"is_paused", nullptr}});
  }
  if (!dag.ok()) return dag.status();
  return Answer("DagResult", {{"dag_id", dag->dag_id},
                              {"is_paused", dag->is_paused},
                              {"is_stale", dag->is_stale},
                              {"fileloc", dag->fileloc},
                              {"description", dag->description},
                              {"owners", fmt::format("{}", fmt::join(dag->owners, ", "))},
                              {"tags", dag->tags},
                              {"next_dagrun", Time(dag->next_logical_date)}});
}

Result<TaskReply> GetTaskRescheduleStartDate(const TaskWorld&, const TaskAsk& ask) {
  return Answer("TaskRescheduleStartDate", {{"start_date", Time(ask.ti.first_start)}});
}

// Who made a run, exactly: the same question, asked again, finds its own.
std::string MakerOf(const TaskAsk& ask) {
  return RepairText(fmt::format("attempt {} of {}.{}", ask.attempt.ToString(), ask.run->row.dag_id,
                                ask.task().task_id),
                    limits::kIdBytesMax);
}

Result<TaskReply> Reset(const TaskWorld& world, const RunRow& run, const Actor& actor) {
  if (run.state == RunState::kQueued && !run.start_date) return Done();  // it is, or never began
  ClearRequest request;
  request.dag_id = run.dag_id;
  request.run_id = run.run_id;
  GALE_RETURN_IF_ERROR(world.control.Clear(request, actor).status());
  return Done();
}

Result<TaskReply> TriggerDagRun(const TaskWorld& world, const TaskAsk& ask) {
  const TaskFields fields(ask.body);
  TriggerRequest request;
  GALE_ASSIGN_OR_RETURN(request.dag_id, fields.Text("dag_id"));
  // Without it a question that is asked again would make a second run.
  GALE_ASSIGN_OR_RETURN(request.run_id, fields.Text("run_id"));
  if (request.run_id.empty()) return InvalidArgument("run_id: it is empty: the run needs a name");
  GALE_ASSIGN_OR_RETURN(request.logical_date, fields.MaybeTime("logical_date"));
  GALE_ASSIGN_OR_RETURN(const auto note, fields.MaybeText("note"));
  GALE_ASSIGN_OR_RETURN(const bool reset, fields.Flag("reset_dag_run"));
  request.by = ask.attempt;
  request.note = note.value_or("");
  if (const auto conf = ask.body.find("conf"); conf != ask.body.end() && !conf->is_null()) {
    request.conf_json = WriteJson(*conf);
  }
  const Actor actor{MakerOf(ask), "operator"};
  const Status made = world.control.Trigger(request, actor).status();
  if (made.ok()) return Done();
  const Json detail = {{"dag_id", request.dag_id},
                       {"run_id", request.run_id},
                       {"message", std::string(made.message())}};
  if (made.code() == Code::kNotFound) return Refuse("DAG_NOT_FOUND", detail);
  if (made.code() != Code::kAlreadyExists) return made;
  const Result<RunRow> there = world.reads.GetRun(request.dag_id, request.run_id);
  if (there.ok() && there->triggering_user == actor.name) return Done();  // asked again
  if (there.ok() && reset) return Reset(world, *there, actor);
  return Refuse("DAGRUN_ALREADY_EXISTS", detail);
}

}  // namespace

void AddRunCalls(TaskCalls& calls, TaskWorld world) {
  auto add = [&](const char* type, auto answer) {
    calls.Add(type, [world, answer](const TaskAsk& ask) { return answer(world, ask); });
  };
  add("GetTICount", GetTICount);
  add("GetTaskStates", GetTaskStates);
  add("GetDRCount", GetDRCount);
  add("GetDagRun", GetDagRun);
  add("GetDagRunState", GetDagRunState);
  add("GetPreviousDagRun", GetPreviousDagRun);
  add("GetPrevSuccessfulDagRun", GetPrevSuccessfulDagRun);
  add("FindDagRuns", FindDagRuns);
  add("GetDag", GetDag);
  add("GetTaskRescheduleStartDate", GetTaskRescheduleStartDate);
  add("TriggerDagRun", TriggerDagRun);
}

}  // namespace gale
