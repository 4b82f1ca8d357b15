// gale standalone, master, worker, keeper: the long-running processes.
#include <filesystem>
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
  const std::string& home = context.globals.home;
  std::error_code error;
  if (std::filesystem::create_directories(home, error)) {
    std::filesystem::permissions(home, std::filesystem::perms::owner_all, error);
  }
  if (error) return FailedPrecondition("home '{}' can't be made: {}", home, error.message());
  if (context.globals.config_file.empty()) GALE_RETURN_IF_ERROR(Config::WriteDefault(home));
  GALE_ASSIGN_OR_RETURN(Config config, context.LoadConfig());
  for (const Override& override : overrides) {
    if (!context.args.Has(override.flag)) continue;
    GALE_RETURN_IF_ERROR(config.Override(override.key, context.args.Get(override.flag),
                                         fmt::format("--{}", override.flag)));
  }
  return config;
}

constexpr Override kMasterOverrides[] = {{Key::kApiPort, "port"}, {Key::kGrpcPort, "grpc-port"}};
constexpr Override kWorkerOverrides[] = {
    {Key::kWorkerName, "name"}, {Key::kWorkerSlots, "concurrency"}, {Key::kWorkerQueues, "queues"}};

Status Standalone(Context& context) {
  GALE_ASSIGN_OR_RETURN(Config config, PrepareConfig(context, kMasterOverrides));
  context.exit_code = RunStandalone(config);
  return OkStatus();
}

Status Master(Context& context) {
  GALE_ASSIGN_OR_RETURN(Config config, PrepareConfig(context, kMasterOverrides));
  context.exit_code = RunMaster(config);
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
  const Arg port = {kValue, "-p,--port", "of REST and UI (default: 8080)", "PORT"};
  const Arg grpc_port = {kValue, "--grpc-port", "of gRPC: workers, clients (default: 8081)",
                         "PORT"};
  return {
      {"standalone",
       "Everything in the foreground: master, worker, API, SQLite",
       {port, grpc_port},
       "  gale standalone\n  gale standalone --home /srv/gale --port 9000",
       Standalone},
      {"master",
       "A master: scheduler, DAG files, API; workers come to it",
       {port, grpc_port},
       "  gale master",
       Master},
      {"worker",
       "A worker: runs tasks for a master",
       {{kValues, "--master", "host:port or unix:/path (default: this home's)", "WHERE"},
        {kValue, "--join-token-file", "what lets it join (default: <home>/join_token)", "FILE"},
        {kValue, "-H,--name", "unique among the workers (default: the host's name)", "NAME"},
        {kValue, "-c,--slots,--concurrency", "tasks at once (default: 16)", "N"},
        {kValue, "-q,--queues", "the queues that it serves (default: default)", "A,B"}},
       "  gale worker\n"
       "  gale worker --master 10.0.0.7:8081 --join-token-file join_token --name w2 --slots 8",
       Worker},
      {"keeper",
       "A worker's helper that owns its tasks' processes; started by workers",
       {},
       "  gale keeper --home ~/.gale/worker",
       Keeper,
       true},
  };
}

}  // namespace gale::cli
