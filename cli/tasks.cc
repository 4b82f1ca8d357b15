// gale tasks list, states-for-dag-run, state, set-state, explain, clear. (Logs: logs.cc.)
#include <algorithm>
#include <istream>
#include <optional>
#include <ostream>
#include <set>

#include <re2/re2.h>

#include "cli/command.h"
#include "cli/logs.h"
#include "cli/rows.h"
#include "common/base/ids.h"
#include "common/base/limits.h"
#include "common/rpc/convert.h"

namespace gale::cli {
namespace {

using enum Arg::Kind;

Status List(Context& context) {
  GALE_ASSIGN_OR_RETURN(Client * client, context.Connect());
  v1::GetDagRequest request;
  request.set_dag_id(context.args.Get("dag_id"));
  GALE_ASSIGN_OR_RETURN(v1::GetDagResponse dag, client->Call(&ControlStub::GetDag, request));
  if (context.globals.format == Format::kTable) {
    for (const v1::TaskSpec& task : dag.spec().tasks()) context.io.out << task.task_id() << '\n';
    return OkStatus();
  }
  Table table({{"task_id"},
               {"operator"},
               {"trigger_rule"},
               {"retries"},
               {"pool"},
               {"queue"},
               {"downstream_task_ids"}});
  for (const v1::TaskSpec& task : dag.spec().tasks()) {
    auto or_default = [](const std::string& text, std::string otherwise) {
      return text.empty() ? std::move(otherwise) : text;
    };
    table.Add({task.task_id(), task.operator_name(), or_default(task.trigger_rule(), "all_success"),
               int64_t{task.retries()}, or_default(task.pool(), "default_pool"),
               or_default(task.queue(), "default"),
               std::vector<std::string>(task.downstream_task_ids().begin(),
                                        task.downstream_task_ids().end())});
  }
  context.Print(table);
  return OkStatus();
}

// Their indexes are shown where one has any.
void PrintTasks(Context& context, const v1::ListTaskInstancesResponse& tasks) {
  std::vector<RowColumn> columns(kTaskInstanceColumns.begin(), kTaskInstanceColumns.end());
  if (std::ranges::any_of(tasks.task_instances(),
                          [](const auto& ti) { return ti.map_index() >= 0; })) {
    std::ranges::find(columns, "map_index", &RowColumn::name)->style = Column::Style::kText;
  }
  Table table = TableOf(columns);
  for (const v1::TaskInstance& ti : tasks.task_instances()) AddRow(table, columns, ti);
  context.Print(table);
}

Status States(Context& context) {
  GALE_ASSIGN_OR_RETURN(Client * client, context.Connect());
  GALE_ASSIGN_OR_RETURN(
      v1::ListTaskInstancesResponse tasks,
      ListTasksOfRun(*client, context.args.Get("dag_id"), context.args.Get("run_id")));
  PrintTasks(context, tasks);
  return OkStatus();
}

Status State(Context& context) {
  const Args& args = context.args;
  GALE_ASSIGN_OR_RETURN(const int64_t map_index, args.Int("map-index", kUnmapped, -1, INT32_MAX));
  GALE_ASSIGN_OR_RETURN(Client * client, context.Connect());
  std::optional<int32_t> index;
  if (map_index != kUnmapped) index = static_cast<int32_t>(map_index);
  GALE_ASSIGN_OR_RETURN(
      v1::ListTaskInstancesResponse tasks,
      ListTasksOfRun(*client, args.Get("dag_id"), args.Get("run_id"), args.Get("task_id"), index));
  if (tasks.task_instances().empty() && index) {
    return NotFound("task '{}' of run '{}' of dag '{}' has no map index {}", args.Get("task_id"),
                    args.Get("run_id"), args.Get("dag_id"), map_index);
  }
  if (tasks.task_instances().empty()) {
    return NotFound("run '{}' of dag '{}' has no task '{}': `gale tasks list {}` lists them",
                    args.Get("run_id"), args.Get("dag_id"), args.Get("task_id"),
                    args.Get("dag_id"));
  }
  if (context.globals.format != Format::kTable) {
    PrintTasks(context, tasks);
    return OkStatus();
  }
  for (const v1::TaskInstance& ti : tasks.task_instances()) context.io.out << ti.state() << '\n';
  return OkStatus();
}

Status SetState(Context& context) {
  const Args& args = context.args;
  GALE_ASSIGN_OR_RETURN(const int64_t map_index, args.Int("map-index", kUnmapped, -1, INT32_MAX));
  GALE_ASSIGN_OR_RETURN(Client * client, context.Connect());
  v1::SetTaskInstanceStateRequest request;
  request.set_dag_id(args.Get("dag_id"));
  request.set_run_id(args.Get("run_id"));
  request.set_task_id(args.Get("task_id"));
  if (map_index != kUnmapped) request.set_map_index(static_cast<int32_t>(map_index));
  request.set_state(args.Get("state"));
  request.set_note(args.Get("note"));
  request.set_set_note(args.Has("note"));
  request.set_include_downstream(args.Has("downstream"));
  request.set_include_upstream(args.Has("upstream"));
  GALE_ASSIGN_OR_RETURN(v1::ListTaskInstancesResponse tasks,
                        client->Call(&ControlStub::SetTaskInstanceState, request));
  PrintTasks(context, tasks);
  return OkStatus();
}

// "met  pool_full gpu (9 of 16, wants 2)": one thing that the scheduler looks at.
std::string CheckText(const v1::Check& check) {
  std::string out = !check.has_met() ? "-    " : check.met() ? "met  " : "WAITS";
  out += " " + check.kind();
  if (!check.subject().empty()) out += " " + check.subject();
  std::vector<std::string> parts;
  if (check.has_have()) {
    const int64_t of = check.has_limit() ? check.limit() : check.need();
    const bool has_of = check.has_limit() || check.has_need();
    parts.push_back(has_of ? fmt::format("{} of {}", check.have(), of)
                           : std::to_string(check.have()));
  }
  if (check.has_position()) parts.push_back(fmt::format("number {} in line", check.position()));
  if (check.has_at()) parts.push_back(FormatTime(FromProto(check.at())));
  for (const std::string& name : check.names()) parts.push_back(name);
  if (!parts.empty()) out += fmt::format(" ({})", fmt::join(parts, ", "));
  return out;
}

Status Explain(Context& context) {
  const Args& args = context.args;
  GALE_ASSIGN_OR_RETURN(const int64_t map_index, args.Int("map-index", kUnmapped, -1, INT32_MAX));
  GALE_ASSIGN_OR_RETURN(Client * client, context.Connect());
  v1::ExplainTaskInstanceRequest request;
  request.set_dag_id(args.Get("dag_id"));
  request.set_run_id(args.Get("run_id"));
  request.set_task_id(args.Get("task_id"));
  if (map_index != kUnmapped) request.set_map_index(static_cast<int32_t>(map_index));
  GALE_ASSIGN_OR_RETURN(v1::ExplainTaskInstanceResponse why,
                        client->Call(&ControlStub::ExplainTaskInstance, request));
  const bool plain = context.globals.format == Format::kTable;
  if (!plain) {
    Table table({{"state"}, {"summary"}, {"reasons"}, {"checks"}});
    std::vector<std::string> checks;
    for (const v1::Check& check : why.checks()) checks.push_back(CheckText(check));
    table.Add({why.state(), why.summary(),
               std::vector<std::string>(why.reasons().begin(), why.reasons().end()),
               std::move(checks)});
    context.PrintRecord(table);
    return OkStatus();
  }
  context.io.out << why.state() << ": " << why.summary() << '\n';
  for (const std::string& reason : why.reasons()) context.io.out << "  - " << reason << '\n';
  for (const v1::Check& check : why.checks()) context.io.out << "  " << CheckText(check) << '\n';
  return OkStatus();
}

// Clear.

// The DAG's tasks that any of the patterns is found in, as Airflow's --task-regex: Python's syntax, as
// far as RE2 has it.
Result<std::vector<std::string>> MatchTasks(Client& client, const std::string& dag_id,
                                            const std::vector<std::string>& patterns) {
  v1::GetDagRequest request;
  request.set_dag_id(dag_id);
  GALE_ASSIGN_OR_RETURN(v1::GetDagResponse dag, client.Call(&ControlStub::GetDag, request));
  std::set<std::string> matched;
  for (const std::string& pattern : patterns) {
    const size_t before = matched.size();
    bool any = false;
    const RE2 regex(pattern, RE2::Quiet);
    if (!regex.ok()) {
      return InvalidArgument(
          "--task-regex '{}': isn't a regular expression (RE2's: Python's without look-around, "
          "back-references and the flags a, u, x): {}",
          pattern, regex.error());
    }
    for (const v1::TaskSpec& task : dag.spec().tasks()) {
      if (!RE2::PartialMatch(task.task_id(), regex)) continue;
      matched.insert(task.task_id());
      any = true;
    }
    if (!any && matched.size() == before) {
      return NotFound("dag '{}' has no task that matches '{}': `gale tasks list {}` lists them",
                      dag_id, pattern, dag_id);
    }
  }
  return std::vector<std::string>(matched.begin(), matched.end());
}

// Of these tasks those instances, or all.
Status AddTasks(const Args& args, const std::vector<std::string>& tasks,
                v1::ClearTaskInstancesRequest& request) {
  if (!args.Has("map-index")) {
    for (const std::string& task : tasks) request.add_task_ids(task);
    return OkStatus();
  }
  for (const std::string& text : args.All("map-index")) {
    Args one;
    one.Set("map-index", {text});
    GALE_ASSIGN_OR_RETURN(const int64_t map_index, one.Int("map-index", 0, 0, INT32_MAX));
    for (const std::string& task : tasks) {
      v1::TaskInstanceName& name = *request.add_instances();
      name.set_task_id(task);
      name.set_map_index(static_cast<int32_t>(map_index));
    }
  }
  return OkStatus();
}

// The requests that the arguments ask for, one a run.
Result<std::vector<v1::ClearTaskInstancesRequest>> ReadClear(Client& client, const Args& args) {
  v1::ClearTaskInstancesRequest request;
  request.set_dag_id(args.Get("dag_id"));
  request.set_only_failed(args.Has("only-failed"));
  request.set_include_downstream(args.Has("downstream"));
  request.set_include_upstream(args.Has("upstream"));
  if (args.Has("task-regex")) {
    GALE_ASSIGN_OR_RETURN(const std::vector<std::string> tasks,
                          MatchTasks(client, args.Get("dag_id"), args.All("task-regex")));
    GALE_RETURN_IF_ERROR(AddTasks(args, tasks, request));
  } else if (args.Has("map-index")) {
    return InvalidArgument("--map-index: of which task? Name it with --task-regex");
  }
  std::vector<v1::ClearTaskInstancesRequest> requests;
  auto add = [&](const std::string& run_id) {
    request.set_run_id(run_id);
    requests.push_back(request);
  };
  for (const std::string& run_id : args.All("run-id")) add(run_id);
  if (!args.Has("run-id")) {
    v1::ListDagRunsRequest runs;
    runs.set_dag_id(args.Get("dag_id"));
    GALE_RETURN_IF_ERROR(ForEach(client, &ControlStub::ListDagRuns, runs,
                                 &v1::ListDagRunsResponse::dag_runs, UINT64_MAX,
                                 [&](const v1::DagRun& run) { add(run.run_id()); }));
  }
  return requests;
}

Result<v1::ListTaskInstancesResponse> ClearAll(Client& client,
                                               std::vector<v1::ClearTaskInstancesRequest>& requests,
                                               bool dry_run) {
  v1::ListTaskInstancesResponse all;
  for (v1::ClearTaskInstancesRequest& request : requests) {
    request.set_dry_run(dry_run);
    GALE_ASSIGN_OR_RETURN(v1::ListTaskInstancesResponse cleared,
                          client.Call(&ControlStub::ClearTaskInstances, request));
    all.MergeFrom(cleared);
  }
  return all;
}

Status Clear(Context& context) {
  GALE_ASSIGN_OR_RETURN(Client * client, context.Connect());
  GALE_ASSIGN_OR_RETURN(auto requests, ReadClear(*client, context.args));
  GALE_ASSIGN_OR_RETURN(v1::ListTaskInstancesResponse would, ClearAll(*client, requests, true));
  if (context.args.Has("dry-run") || would.task_instances().empty()) {
    PrintTasks(context, would);
    return OkStatus();
  }
  if (!context.args.Has("yes")) {
    if (!context.io.in_terminal) {
      return InvalidArgument("{} task instances would be cleared: confirm with --yes",
                             would.task_instances_size());
    }
    PrintTasks(context, would);
    context.io.out << "Clear these " << would.task_instances_size() << " task instances? [y/N] "
                   << std::flush;
    std::string answer;
    std::getline(context.io.in, answer);
    if (answer != "y" && answer != "Y" && answer != "yes") {
      return Cancelled("nothing was cleared");
    }
  }
  GALE_ASSIGN_OR_RETURN(v1::ListTaskInstancesResponse cleared, ClearAll(*client, requests, false));
  PrintTasks(context, cleared);
  return OkStatus();
}

}  // namespace

std::vector<Command> TaskCommands() {
  const Arg upstream = {kFlag, "-u,--upstream", "with all that it waits for"};
  const Arg downstream = {kFlag, "-d,--downstream", "with all that waits for it"};
  std::vector<Command> commands = {
      {"tasks list",
       "List the tasks of a DAG",
       {kDagId},
       "  gale tasks list my_dag\n  gale tasks list my_dag -o json",
       List},
      {"tasks states-for-dag-run",
       "What became of each task of a run",
       {kDagId, kRunId},
       "  gale tasks states-for-dag-run my_dag my_run",
       States},
      {"tasks state",
       "A task's state in a run",
       {kDagId, kRunId, kTaskId, kMapIndex},
       "  gale tasks state my_dag my_run my_task",
       State},
      LogsCommand(),
      ExportLogsCommand(),
      {"tasks clear",
       "Let tasks run again, in one run or in all runs of the DAG",
       {kDagId,
        {kValues, "-r,--run-id", "only this run (may be given again)", "ID"},
        {kValues, "-t,--task-regex",
         "only tasks that it is found in, as '(?i)^load_' (may be given again)", "REGEX"},
        {kValues, "--map-index", "only these of mapped tasks (may be given again)", "N"},
        {kFlag, "-f,--only-failed", "only failed ones"},
        upstream,
        downstream,
        {kFlag, "-n,--dry-run", "say which they are, and leave them alone"},
        {kFlag, "-y,--yes", "don't ask"}},
       "  gale tasks clear my_dag -r my_run --only-failed\n"
       "  gale tasks clear my_dag -t '^load_' --downstream --dry-run",
       Clear},
      {"tasks set-state",
       "Mark a task as success, failed or skipped",
       {kDagId,
        kRunId,
        kTaskId,
        {kOne, "state", "success, failed or skipped"},
        upstream,
        downstream,
        kMapIndex,
        {kValue, "--note", "a note that stands at the task instance", "TEXT"}},
       "  gale tasks set-state my_dag my_run my_task success",
       SetState},
      {"tasks explain",
       "Why a task is where it is: what it waits for",
       {kDagId, kRunId, kTaskId, kMapIndex},
       "  gale tasks explain my_dag my_run my_task",
       Explain},
  };
  Command failed_deps = commands.back();
  failed_deps.path = "tasks failed-deps";
  failed_deps.help = "The same as explain, by Airflow's name";
  failed_deps.examples = "  gale tasks failed-deps my_dag my_run my_task";
  commands.push_back(failed_deps);
  return commands;
}

}  // namespace gale::cli
