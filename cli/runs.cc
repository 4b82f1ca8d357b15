// gale dags trigger, list-runs, state, set-state: a DAG's runs.
#include <condition_variable>
#include <mutex>
#include <optional>
#include <ostream>
#include <thread>

#include "cli/command.h"
#include "cli/rows.h"
#include "cli/text.h"
#include "common/rpc/convert.h"

namespace gale::cli {
namespace {

using enum Arg::Kind;

constexpr int64_t kRunsShown = 100;
constexpr std::chrono::seconds kProgressInterval{1};
// `--wait` outlives a restart of the master of up to so many tries, one a kProgressInterval.
constexpr int kReconnectsMax = 60;

bool HasEnded(const v1::DagRun& run) { return run.state() == "success" || run.state() == "failed"; }

// "running: 3 of 7 tasks done, 2 running".
std::string Progress(Client& client, const v1::DagRun& run) {
  const auto tasks = ListTasksOfRun(client, run.dag_id(), run.run_id());
  if (!tasks.ok()) return run.state();
  int done = 0, running = 0;
  for (const v1::TaskInstance& ti : (*tasks).task_instances()) {
    const std::string& state = ti.state();
    running += state == "running" ? 1 : 0;
    done += state == "success" || state == "failed" || state == "skipped" ||
                    state == "upstream_failed" || state == "removed"
                ? 1
                : 0;
  }
  return fmt::format("{}: {} of {} tasks done, {} running", run.state(), done,
                     (*tasks).task_instances_size(), running);
}

// The run's states as they come, from a thread of its own, so that progress can be shown between
// them.
class RunWatch {
 public:
  RunWatch(Client& client, const v1::GetDagRunRequest& request) : client_(client) {
    client_.Prepare(context_);
    reader_ = client_.stub().WatchDagRun(&context_, request);
    thread_ = std::thread([this] { Read(); });
  }
  ~RunWatch() {
    context_.TryCancel();
    thread_.join();
  }

  // The next state; nullopt: nothing new within kProgressInterval. After the last one: the stream's
  // end.
  Result<std::optional<v1::DagRun>> Next() {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, kProgressInterval, [this] { return news_ || ended_; });
    if (news_) return std::exchange(news_, std::nullopt);
    if (!ended_) return std::optional<v1::DagRun>();
    if (end_.ok()) return Unavailable("the master stopped telling about the run");
    return client_.Explain(end_);
  }

 private:
  void Read() {
    v1::DagRun run;
    while (reader_->Read(&run)) {
      std::lock_guard lock(mutex_);
      news_ = run;
      changed_.notify_one();
    }
    const grpc::Status end = reader_->Finish();
    std::lock_guard lock(mutex_);
    end_ = end;
    ended_ = true;
    changed_.notify_one();
  }

  Client& client_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReader<v1::DagRun>> reader_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<v1::DagRun> news_;
  grpc::Status end_;
  bool ended_ = false;
  std::thread thread_;
};

// Follows the run to its end, telling how it goes: on a terminal in one line that changes, else in
// a line for each state. A master that is restarted meanwhile is waited for.
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
  int failures = 0;
  std::optional<RunWatch> watch;
  while (!HasEnded(run)) {
    if (!watch) watch.emplace(client, request);
    Result<std::optional<v1::DagRun>> next = watch->Next();
    if (!next.ok()) {
      if (next.status().code() != Code::kUnavailable || ++failures > kReconnectsMax) {
        return next.status();
      }
      watch.reset();
      // A master that follows can't tell of changes, but what there is.
      if (auto now = client.Call(&ControlStub::GetDagRun, request); now.ok()) {
        run = *now;
        failures = 0;
        tell(run.state());
      } else {
        tell("waiting for the master to come back");
      }
      std::this_thread::sleep_for(kProgressInterval);
      continue;
    }
    failures = 0;
    if (next->has_value()) run = **next;
    tell(live ? Progress(client, run) : run.state());
  }
  tell(live ? Progress(client, run) : run.state());
  if (live && !quiet) out << '\n';
  return run;
}

Result<v1::TriggerDagRunRequest> ReadTrigger(const Args& args) {
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
    Result<TimePoint> time = ParseTime(args.Get(name));
    if (!time.ok()) return time.status().WithContext(fmt::format("--{}", name));
    (std::string_view(name) == "run-after" ? *request.mutable_run_after()
                                           : *request.mutable_logical_date()) = ToProto(*time);
  }
  return request;
}

Status Trigger(Context& context) {
  GALE_ASSIGN_OR_RETURN(v1::TriggerDagRunRequest request, ReadTrigger(context.args));
  GALE_ASSIGN_OR_RETURN(Client * client, context.Connect());
  GALE_ASSIGN_OR_RETURN(v1::DagRun run, client->Call(&ControlStub::TriggerDagRun, request));
  const bool wait = context.args.Has("wait");
  if (wait) {
    GALE_ASSIGN_OR_RETURN(run, Follow(context, *client, run));
  }
  if (!wait || context.globals.format != Format::kTable) {
    Table table = RunTable();
    AddRun(table, run);
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
  Table table = RunTable();
  GALE_RETURN_IF_ERROR(ForEach(*client, &ControlStub::ListDagRuns, request,
                               &v1::ListDagRunsResponse::dag_runs, static_cast<uint64_t>(rows_max),
                               [&](const v1::DagRun& run) { AddRun(table, run); }));
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
    Table table = RunTable();
    AddRun(table, run);
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
  Table table = RunTable();
  AddRun(table, run);
  context.Print(table);
  return OkStatus();
}

}  // namespace

std::vector<Command> RunCommands() {
  const Arg dag_id = {kOne, "dag_id", "the DAG"};
  const Arg run_id = {kOne, "run_id", "the run"};
  return {
      {"dags trigger",
       "Make a run of a DAG",
       {dag_id,
        {kValue, "-r,--run-id", "its id (default: manual__<time>)", "ID"},
        {kValue, "-c,--conf", "what tasks see as dag_run.conf", "JSON"},
        {kValue, "-e,--exec-date,--logical-date", "its logical date (default: now)", "TIME"},
        {kValue, "--run-after", "start it then, not now", "TIME"},
        {kValue, "--note", "a note that stands at the run", "TEXT"},
        {kFlag, "-w,--wait", "follow it until it ends; exit code 1 if it fails"}},
       "  gale dags trigger my_dag\n"
       "  gale dags trigger my_dag --wait\n"
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
      {"dags state", "A run's state", {dag_id, run_id}, "  gale dags state my_dag my_run", State},
      {"dags set-state",
       "Put a run into a state: success and failed end it, queued runs it again",
       {dag_id,
        run_id,
        {kOne, "state", "success, failed or queued"},
        {kValue, "--note", "a note that stands at the run", "TEXT"}},
       "  gale dags set-state my_dag my_run failed",
       SetState},
  };
}

}  // namespace gale::cli
