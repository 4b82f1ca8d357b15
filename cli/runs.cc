// gale dags trigger, list-runs, state, set-state: a DAG's runs.
#include <ostream>

#include "cli/command.h"
#include "cli/rows.h"
#include "cli/text.h"
#include "cli/zone.h"
#include "common/rpc/convert.h"

namespace gale::cli {
namespace {

using enum Arg::Kind;

constexpr int64_t kRunsShown = 100;
bool HasEnded(const v1::DagRun& run) { return run.state() == "success" || run.state() == "failed"; }

// "running: 3 of 7 tasks done, 2 running".
std::string Progress(const v1::DagRun& run) {
  if (run.task_counts().empty()) return run.state();
  uint32_t done = 0, running = 0, all = 0;
  for (const auto& [state, count] : run.task_counts()) {
    all += count;
    if (state == "running") running += count;
    if (state == "success" || state == "failed" || state == "skipped" ||
        state == "upstream_failed" || state == "removed") {
      done += count;
    }
  }
  return fmt::format("{}: {} of {} tasks done, {} running", run.state(), done, all, running);
}

// Follows the run to its end, telling how it goes: on a terminal in one line that changes, else in
// a line for each state. A master that is restarted, or that another one replaces, is waited for.
Result<v1::DagRun> Follow(Context& context, Client& client, v1::DagRun run) {
  v1::GetDagRunRequest request;
  request.set_dag_id(run.dag_id());
  request.set_run_id(run.run_id());
  std::ostream& out = context.io.out;
  const bool live = context.io.out_terminal;
  const bool quiet = context.globals.format != Format::kTable;
  std::string told;
  auto tell = [&](const std::string& line) {
    if (quiet || line == told) return;
    told = line;
    if (live) {
      out << "\r\033[K" << run.run_id() << ' ' << line << std::flush;
    } else {
      out << run.run_id() << ' ' << line << std::endl;
    }
  };
  for (int failures = 0; !HasEnded(run);) {
    grpc::ClientContext call;
    client.Prepare(call);
    const auto reader = client.stub().WatchDagRun(&call, request);
    v1::DagRun next;
    while (reader->Read(&next)) {
      failures = 0;
      run = next;
      tell(live ? Progress(run) : run.state());
    }
    const grpc::Status end = reader->Finish();
    if (HasEnded(run)) break;
    const Status why =
        end.ok() ? Unavailable("the master stopped telling about the run") : client.Explain(end);
    if (why.code() != Code::kUnavailable || ++failures > Client::kReconnectsMax) return why;
    tell("waiting for the master to come back");
    (void)client.Reconnect();  // if not, the next read says so
  }
  if (live && !quiet) out << '\n';
  return run;
}

Result<v1::TriggerDagRunRequest> ReadTrigger(const Config& config, const Args& args) {
  v1::TriggerDagRunRequest request;
  request.set_dag_id(args.Get("dag_id"));
  request.set_run_id(args.Get("run-id"));
  request.set_note(args.Get("note"));
  if (args.Has("conf")) {
    if (!IsJsonObject(args.Get("conf"))) {
      return InvalidArgument("--conf '{}': expected a JSON object, as '{{\"key\": \"value\"}}'",
                             args.Get("conf"));
    }
    request.set_conf_json(args.Get("conf"));
  }
  for (const char* name : {"logical-date", "run-after"}) {
    if (!args.Has(name)) continue;
    Result<TimePoint> time = TimeOf(config, args.Get(name));
    if (!time.ok()) return time.status().WithContext(fmt::format("--{}", name));
    (std::string_view(name) == "run-after" ? *request.mutable_run_after()
                                           : *request.mutable_logical_date()) = ToProto(*time);
  }
  return request;
}

// A run of a DAG that is off is taken, and starts when the DAG is on: to be said to whoever waits.
Status TurnOnOrTell(Context& context, Client& client, const std::string& dag_id) {
  if (context.args.Has("unpause")) {
    v1::SetDagPausedRequest request;
    request.set_dag_id(dag_id);
    request.set_is_paused(false);
    return client.Call(&ControlStub::SetDagPaused, request).status();
  }
  v1::GetDagRequest request;
  request.set_dag_id(dag_id);
  GALE_ASSIGN_OR_RETURN(const v1::GetDagResponse dag, client.Call(&ControlStub::GetDag, request));
  if (dag.info().is_paused()) {
    context.io.err << fmt::format(
        "DAG '{0}' is paused: the run stays queued until somebody switches it on (gale dags "
        "unpause {0}; or trigger with --unpause)\n",
        dag_id);
  }
  return OkStatus();
}

Status Trigger(Context& context) {
  GALE_ASSIGN_OR_RETURN(const Config config, context.LoadConfig());
  GALE_ASSIGN_OR_RETURN(v1::TriggerDagRunRequest request, ReadTrigger(config, context.args));
  GALE_ASSIGN_OR_RETURN(Client * client, context.Connect());
  GALE_ASSIGN_OR_RETURN(v1::DagRun run, client->Call(&ControlStub::TriggerDagRun, request));
  GALE_RETURN_IF_ERROR(TurnOnOrTell(context, *client, run.dag_id()));
  const bool wait = context.args.Has("wait");
  if (wait) {
    GALE_ASSIGN_OR_RETURN(run, Follow(context, *client, run));
  }
  if (!wait || context.globals.format != Format::kTable) {
    Table table = TableOf(kRunColumns);
    AddRow(table, kRunColumns, run);
    context.Print(table);
  }
  if (!wait || run.state() == "success") return OkStatus();
  return Status(
      Code::kUnknown,
      fmt::format("run '{1}' of dag '{0}' failed{2}: `gale tasks states-for-dag-run {0} {1}` "
                  "says where",
                  run.dag_id(), run.run_id(),
                  run.state_reason().empty() ? "" : " (" + run.state_reason() + ")"));
}

Status ListRuns(Context& context) {
  const Args& args = context.args;
  const std::string& dag_id = args.Has("dag-id") ? args.Get("dag-id") : args.Get("dag_id");
  GALE_ASSIGN_OR_RETURN(const int64_t rows_max, args.Int("limit", kRunsShown, 1, 1'000'000));
  GALE_ASSIGN_OR_RETURN(Client * client, context.Connect());
  v1::ListDagRunsRequest request;
  request.set_dag_id(dag_id);
  for (const std::string& state : args.All("state")) request.add_states(state);
  Table table = TableOf(kRunColumns);
  GALE_RETURN_IF_ERROR(ForEach(*client, &ControlStub::ListDagRuns, request,
                               &v1::ListDagRunsResponse::dag_runs, static_cast<uint64_t>(rows_max),
                               [&](const v1::DagRun& run) { AddRow(table, kRunColumns, run); }));
  context.Print(table);
  return OkStatus();
}

Status State(Context& context) {
  GALE_ASSIGN_OR_RETURN(Client * client, context.Connect());
  v1::GetDagRunRequest request;
  request.set_dag_id(context.args.Get("dag_id"));
  request.set_run_id(context.args.Get("run_id"));
  GALE_ASSIGN_OR_RETURN(v1::DagRun run, client->Call(&ControlStub::GetDagRun, request));
  if (context.globals.format == Format::kTable) {
    context.io.out << run.state() << '\n';
  } else {
    Table table = TableOf(kRunColumns);
    AddRow(table, kRunColumns, run);
    context.PrintRecord(table);
  }
  return OkStatus();
}

Status SetState(Context& context) {
  GALE_ASSIGN_OR_RETURN(Client * client, context.Connect());
  v1::SetDagRunStateRequest request;
  request.set_dag_id(context.args.Get("dag_id"));
  request.set_run_id(context.args.Get("run_id"));
  request.set_state(context.args.Get("state"));
  request.set_note(context.args.Get("note"));
  request.set_set_note(context.args.Has("note"));
  GALE_ASSIGN_OR_RETURN(v1::DagRun run, client->Call(&ControlStub::SetDagRunState, request));
  Table table = TableOf(kRunColumns);
  AddRow(table, kRunColumns, run);
  context.Print(table);
  return OkStatus();
}

}  // namespace

std::vector<Command> RunCommands() {
  return {
      {"dags trigger",
       "Make a run of a DAG",
       {kDagId,
        {kValue, "-r,--run-id", "its id (default: manual__<time>)", "ID"},
        {kValue, "-c,--conf", "what tasks see as dag_run.conf", "JSON"},
        {kValue, "-e,--exec-date,--logical-date",
         "its logical date (default: now; for a DAG file of Airflow 3: none); it starts no sooner",
         "TIME"},
        {kValue, "--run-after", "start it then, not now", "TIME"},
        {kValue, "--note", "a note that stands at the run", "TEXT"},
        {kFlag, "-w,--wait", "follow it until it ends; exit code 1 if it fails"},
        {kFlag, "--unpause", "switch the DAG on, if it is paused"}},
       "  gale dags trigger my_dag\n"
       "  gale dags trigger my_dag --wait --unpause\n"
       "  gale dags trigger my_dag -r backfill_7 -e 2026-11-01 -c '{\"table\": \"users\"}'",
       Trigger},
      {"dags list-runs",
       "List runs, of one DAG or of all",
       {{kOptional, "dag_id", "the DAG"},
        {kValue, "-d,--dag-id", "the same", "ID"},
        {kValues, "--state", "only this state (may be given again)", "STATE"},
        {kValue, "--limit", "at most so many (default: 100)", "N"}},
       "  gale dags list-runs my_dag\n  gale dags list-runs --state failed --limit 20 -o json",
       ListRuns},
      {"dags state", "A run's state", {kDagId, kRunId}, "  gale dags state my_dag my_run", State},
      {"dags set-state",
       "Put a run into a state: success and failed end it, queued runs it again",
       {kDagId,
        kRunId,
        {kOne, "state", "success, failed or queued"},
        {kValue, "--note", "a note that stands at the run", "TEXT"}},
       "  gale dags set-state my_dag my_run failed",
       SetState},
  };
}

}  // namespace gale::cli
