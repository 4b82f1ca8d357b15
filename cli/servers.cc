// gale standalone, master, worker, keeper, and Airflow's names of a master's parts: the
// long-running processes.
#include <ostream>
#include <span>

#include "cli/command.h"
#include "cli/standalone.h"
#include "worker/keeper/keeper.h"

namespace gale::cli {
namespace {

using enum Arg::Kind;

struct Override {
  Key key;
  std::string_view flag;
};

// The home is made if missing; a flag beats the file and the environment.
Result<Config> PrepareConfig(Context& context, std::span<const Override> overrides) {
  if (context.args.Has("daemon")) {
    return InvalidArgument(
        "--daemon: gale stays in the foreground: start it by systemd (deploy/systemd), or with "
        "`nohup gale ... &`");
  }
  GALE_RETURN_IF_ERROR(context.MakeHome());
  GALE_ASSIGN_OR_RETURN(Config config, context.LoadConfig());
  for (const Override& override : overrides) {
    if (!context.args.Has(override.flag)) continue;
    GALE_RETURN_IF_ERROR(config.Override(override.key, context.args.Get(override.flag),
                                         fmt::format("--{}", override.flag)));
  }
  return config;
}

constexpr Override kMasterOverrides[] = {
    {Key::kApiPort, "port"}, {Key::kApiHost, "host"}, {Key::kGrpcPort, "grpc-port"}};
constexpr Override kWorkerOverrides[] = {
    {Key::kWorkerName, "name"}, {Key::kWorkerSlots, "concurrency"}, {Key::kWorkerQueues, "queues"}};

Status Standalone(Context& context) {
  GALE_ASSIGN_OR_RETURN(Config config, PrepareConfig(context, kMasterOverrides));
  context.exit_code = RunStandalone(config);
  return OkStatus();
}

Status RunAs(Context& context, const Roles& roles) {
  GALE_ASSIGN_OR_RETURN(Config config, PrepareConfig(context, kMasterOverrides));
  context.exit_code = RunMaster(config, roles);
  return OkStatus();
}

Status Master(Context& context) {
  Roles roles;
  if (context.args.Has("roles")) {
    GALE_ASSIGN_OR_RETURN(roles, Roles::Parse(context.args.Get("roles")));
  }
  return RunAs(context, roles);
}

// Airflow's reads the DAG files, too, unless a dag-processor is asked for.
Status Scheduler(Context& context) {
  return RunAs(context, {.scheduler = true, .api = false, .dags = true});
}

Status Webserver(Context& context) {
  return RunAs(context, {.scheduler = false, .api = true, .dags = false});
}

// A terminal of Airflow's that Gale doesn't need.
Status DagProcessor(Context& context) {
  context.io.out << "Nothing to start: the DAG files are read by the process that schedules "
                    "(`gale scheduler`, `gale master`, `gale standalone`).\n";
  return OkStatus();
}

Status Flower(Context& context) {
  GALE_ASSIGN_OR_RETURN(Config config, context.LoadConfig());
  context.io.out << fmt::format(
      "Nothing to start: the workers are in {}://{}:{}/api/gale/v1/workers, and `gale workers "
      "list` "
      "shows them.\n",
      config.GetString(Key::kApiSslCert).empty() ? "http" : "https",
      config.GetString(Key::kApiHost), config.GetInt(Key::kApiPort));
  return OkStatus();
}

Status Worker(Context& context) {
  GALE_ASSIGN_OR_RETURN(Config config, PrepareConfig(context, kWorkerOverrides));
  context.exit_code = RunWorker(config, {.masters = context.args.All("master"),
                                         .join_token_file = context.args.Get("join-token-file")});
  return OkStatus();
}

Status Keeper(Context& context) { return keeper::RunKeeper({.home = context.globals.home}); }

}  // namespace

std::vector<Command> ServerCommands() {
  const Arg port = {kValue, "-p,--port", "of the REST API (default: 8080)", "PORT"};
  const Arg host = {kValue, "-H,--hostname,--host",
                    "where the REST API listens (default: 127.0.0.1)", "HOST"};
  const Arg grpc_port = {kValue, "--grpc-port", "of gRPC: workers, clients (default: 8081)",
                         "PORT"};
  const Arg daemon = {kFlag, "-D,--daemon", "Airflow's; says what to do instead"};
  return {
      {"standalone",
       "Everything in the foreground: master, worker, API, SQLite",
       {port, host, grpc_port},
       "  gale standalone\n  gale standalone --home /srv/gale --port 9000",
       Standalone},
      {"master",
       "A master: scheduler, DAG files, API; workers come to it",
       {port,
        host,
        grpc_port,
        {kValue, "--roles", "what of it (default: scheduler,api,dags)", "A,B"}},
       "  gale master\n  gale master --roles scheduler,dags",
       Master},
      {"worker",
       "A worker: runs tasks for a master",
       {{kValues, "--master", "host:port or unix:/path (default: this home's)", "WHERE"},
        {kValue, "--join-token-file", "what lets it join (default: <home>/join_token)", "FILE"},
        {kValue, "-H,--celery-hostname,--name",
         "unique among the workers (default: the host's name)", "NAME"},
        {kValue, "-c,--slots,--concurrency", "tasks at once (default: 16)", "N"},
        {kValue, "-q,--queues", "the queues that it serves (default: default)", "A,B"},
        daemon},
       "  gale worker\n"
       "  gale worker --master 10.0.0.7:8081 --join-token-file join_token --name w2 --slots 8",
       Worker},
      {"scheduler",
       "Of a master: what schedules and reads DAG files (--roles scheduler,dags)",
       {grpc_port, daemon},
       "  gale scheduler\n  gale --config airflow.cfg scheduler",
       Scheduler},
      {"webserver",
       "Of a master: REST alone, beside a scheduler; needs MySQL (--roles api)",
       {port, host, daemon},
       "  gale webserver -p 8080",
       Webserver},
      {"dag-processor",
       "Airflow's: says who reads the DAG files",
       {},
       "  gale dag-processor",
       DagProcessor,
       true},
      {"flower",
       "Airflow's: says where the workers are shown",
       {{kValue, "-p,--port", "Airflow's; nothing listens", "PORT"}, daemon},
       "  gale flower",
       Flower,
       true},
      {"keeper",
       "A worker's helper that owns its tasks' processes; started by workers",
       {},
       "  gale keeper --home ~/.gale/worker",
       Keeper,
       true},
  };
}

}  // namespace gale::cli
