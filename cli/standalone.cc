#include "cli/standalone.h"

#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <thread>

#include "cli/client.h"
#include "cli/zone.h"
#include "common/base/files.h"
#include "common/base/log.h"
#include "common/queue/redis_queue.h"
#include "common/rpc/tls_probe.h"
#include "gale_version.h"
#include "master/master.h"
#include "worker/worker.h"

namespace gale::cli {
namespace {

// How long a stop may take: tasks get the first part of it to end by themselves, then TERM, then
// KILL.
constexpr Duration kStopMax = std::chrono::seconds(12);

// SIGINT and SIGTERM, waited for by the main thread. Made before any other thread, which all
// inherit that the signals are blocked.
class Signals {
 public:
  Signals() {
    signal(SIGPIPE, SIG_IGN);
    sigemptyset(&set_);
    sigaddset(&set_, SIGINT);
    sigaddset(&set_, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &set_, nullptr);
  }
  void Wait() {
    int signal = 0;
    sigwait(&set_, &signal);
    over = true;
  }
  // The next one ends the process without further ado.
  void Unblock() {
    signal(SIGINT, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
    pthread_sigmask(SIG_UNBLOCK, &set_, nullptr);
  }
  // Ends the Wait, from any thread; later it does nothing.
  static void Raise() {
    if (!over.exchange(true)) kill(getpid(), SIGTERM);
  }

 private:
  static inline std::atomic<bool> over{false};
  sigset_t set_;
};

int Fail(const Status& status) {
  std::fprintf(stderr, "gale: %.*s\n", static_cast<int>(status.message().size()),
               status.message().data());
  return 1;
}

Status Prepare(const Config& config) {
  GALE_RETURN_IF_ERROR(InitLog(config.GetString(Key::kLoggingLevel)));
  for (const std::string& warning : config.warnings()) GALE_WARN("{}", warning);
  // The parser's process inherits what follows. No thread runs yet.
  GALE_ASSIGN_OR_RETURN(const std::string zone, DefaultZone(config));
  setenv("GALE_DEFAULT_TIMEZONE", zone.c_str(), 1);
  if (config.Get(Key::kCatchupByDefault).source != "default") {
    setenv("GALE_CATCHUP_BY_DEFAULT", config.GetBool(Key::kCatchupByDefault) ? "1" : "0", 1);
  }
  setenv("GALE_MAX_ACTIVE_RUNS_PER_DAG",
         std::to_string(config.GetInt(Key::kMaxActiveRunsPerDag)).c_str(), 1);
  setenv("GALE_MAX_ACTIVE_TASKS_PER_DAG",
         std::to_string(config.GetInt(Key::kMaxActiveTasksPerDag)).c_str(), 1);
  return OkStatus();
}

worker::WorkerOptions MakeWorker(const Config& config) {
  worker::WorkerOptions options;
  options.home = config.GetPath(Key::kWorkerHome);
  options.name = config.GetString(Key::kWorkerName);
  options.slots = static_cast<uint32_t>(config.GetInt(Key::kWorkerSlots));
  options.queues = config.GetList(Key::kWorkerQueues);
  options.kill_grace = config.GetDuration(Key::kKillGraceSeconds);
  options.devices_command = config.GetString(Key::kDevicesCommand);
  options.masters = {"unix:" + Master::SocketPath(config.home())};
  options.broker_url = config.GetString(Key::kBrokerUrl);
  options.broker_namespace = config.GetString(Key::kBrokerNamespace);
  options.python = FindPython();
  options.sdk = FindSdk();
  options.templates.isolation =
      worker::ParsePythonIsolation(config.GetString(Key::kPythonIsolation)).value();
  options.templates.number_max = static_cast<uint32_t>(config.GetInt(Key::kPythonTemplatesMax));
  options.templates.bytes_max = config.GetInt(Key::kPythonTemplatesMemoryMb) << 20;
  options.templates.import_max = config.GetDuration(Key::kDagbagImportTimeout);
  // For templates that need the DAG file: its imports start at the DAGs folder. No thread runs yet.
  setenv("GALE_DAGS_FOLDER", config.GetPath(Key::kDagsFolder).c_str(), /*overwrite=*/1);
  return options;
}

// Masters over TCP are called as [tls] says. What is wrong between the two is said once, now:
// gRPC's own words, in the session's log, don't tell.
Status SecureWorker(const Config& config, worker::WorkerOptions& options) {
  std::vector<std::string> remote;
  for (const std::string& master : options.masters) {
    if (!master.starts_with("unix:")) remote.push_back(master);
  }
  if (remote.empty()) return OkStatus();
  const TlsFiles tls = TlsFilesOf(config);
  if (!tls.empty() && remote.size() < options.masters.size()) {
    return InvalidArgument(
        "with [tls] all of a worker's masters are reached over TCP; take the unix: ones away");
  }
  GALE_ASSIGN_OR_RETURN(options.credentials, MakeChannelCredentials(tls));
  for (const std::string& master : remote) {
    if (Status status = ProbeTls(master, tls); !status.ok()) GALE_ERROR("{}", status.message());
  }
  return OkStatus();
}

// A Redis that is down is waited for; one that doesn't let us in would be waited for in vain.
Status CheckQueue(const worker::WorkerOptions& options) {
  if (options.broker_url.empty()) return OkStatus();
  RedisOptions redis;
  redis.ns = options.broker_namespace;
  GALE_ASSIGN_OR_RETURN(auto queue, RedisQueue::Open(options.broker_url, std::move(redis)));
  const Status asked = queue->Size("default").status();
  if (asked.ok() || asked.code() == Code::kUnavailable) return OkStatus();
  return asked.WithContext("[celery] broker_url");
}

// What an operator needs to know to go on. On stdout: it is the answer, not the log.
void Announce(const Config& config, const Master& master, const Roles& roles = {}) {
  std::printf("\n  Gale %s is ready.\n\n", GALE_VERSION);
  if (!roles.scheduler || !roles.api || !roles.dags) {
    std::printf("  roles        %s\n", roles.ToString().c_str());
  }
  if (roles.api) {
    std::printf("  API          %s://%s:%d\n",
                config.GetString(Key::kApiSslCert).empty() ? "http" : "https",
                config.GetString(Key::kApiHost).c_str(), master.http_port());
  }
  if (roles.scheduler) {
    std::printf("  gRPC         %s:%d%s\n", config.GetString(Key::kGrpcHost).c_str(),
                master.grpc_port(), config.GetString(Key::kTlsCert).empty() ? "" : " (TLS)");
  }
  if (master.made_admin()) {
    std::printf("  user         admin\n  password     %s   (shown this once; kept in %s)\n",
                Files::Real().ReadLine(master.password_file()).value_or("").c_str(),
                master.password_file().c_str());
  } else if (std::error_code error; std::filesystem::exists(master.password_file(), error)) {
    std::printf("  user         admin   (password in %s)\n", master.password_file().c_str());
  }
  if (roles.dags) std::printf("  DAGs folder  %s\n", config.GetPath(Key::kDagsFolder).c_str());
  std::printf("  home         %s\n\n", config.home().c_str());
  std::fflush(stdout);
}

// Runs `services` until a signal; `announce` is called when they have started.
template <class F>
int Serve(Signals& signals, ServiceGroup& services, F announce) {
  if (Status status = services.Start(); !status.ok()) return Fail(status);
  announce();
  signals.Wait();
  signals.Unblock();
  GALE_INFO("stopping (again to stop at once)");
  services.Stop(Clock::Real().Mono() + kStopMax);
  GALE_INFO("stopped");
  return 0;
}

// The standalone's: it calls the master without a socket, by the token that the master makes when
// it starts.
class InProcessWorker : public Service {
 public:
  InProcessWorker(worker::WorkerOptions options, const Master& master)
      : options_(std::move(options)), master_(master) {
    options_.in_process = [&master] { return master.InProcessChannel(); };
  }
  std::string_view name() const override { return "worker"; }
  Status Start() override {
    GALE_ASSIGN_OR_RETURN(options_.join_token, Files::Real().ReadLine(master_.join_token_file()));
    node_.emplace(std::move(options_));
    return node_->Start();
  }
  void Stop(MonoTime deadline) override {
    if (node_) node_->Stop(deadline);
  }

 private:
  worker::WorkerOptions options_;
  const Master& master_;
  std::optional<worker::WorkerNode> node_;
};

class Fatal {
 public:
  std::function<void(const Status&)> Callback() {
    return [this](const Status& status) {
      status_ = status;
      Signals::Raise();
    };
  }
  int ExitCode(int otherwise) const { return status_.ok() ? otherwise : Fail(status_); }

 private:
  Status status_;  // set before the signal that ends the wait
};

}  // namespace

int RunStandalone(const Config& config) {
  Signals signals;
  if (Status status = Prepare(config); !status.ok()) return Fail(status);
  Fatal fatal;
  Master master(config, {FindPython(), FindSdk(), fatal.Callback()});
  InProcessWorker worker(MakeWorker(config), master);
  ServiceGroup services;
  services.Add(master);
  services.Add(worker);
  return fatal.ExitCode(Serve(signals, services, [&] { Announce(config, master); }));
}

int RunMaster(const Config& config, const Roles& roles) {
  Signals signals;
  if (Status status = Prepare(config); !status.ok()) return Fail(status);
  Fatal fatal;
  Master master(config, {FindPython(), FindSdk(), fatal.Callback(), roles});
  ServiceGroup services;
  services.Add(master);
  return fatal.ExitCode(Serve(signals, services, [&] {
    Announce(config, master, roles);
    if (!roles.scheduler) return;
    std::printf("  workers join with: gale worker --master %s:%d --join-token-file %s\n\n",
                config.GetString(Key::kGrpcHost).c_str(), master.grpc_port(),
                master.join_token_file().c_str());
    std::fflush(stdout);
  }));
}

int RunWorker(const Config& config, const WorkerFlags& flags) {
  Signals signals;
  if (Status status = Prepare(config); !status.ok()) return Fail(status);
  worker::WorkerOptions options = MakeWorker(config);
  if (auto masters = config.GetList(Key::kWorkerMasters); !masters.empty()) {
    options.masters = std::move(masters);
  }
  if (!flags.masters.empty()) options.masters = flags.masters;
  const std::string file =
      flags.join_token_file.empty() ? config.home() + "/join_token" : flags.join_token_file;
  Result<std::string> token = Files::Real().ReadLine(file);
  if (!token.ok() && token.status().code() != Code::kNotFound) return Fail(token.status());
  options.join_token = token.ok() ? *token : "";
  if (options.join_token.empty() && !flags.join_token_file.empty()) {
    return Fail(NotFound("{} holds no join token: it is in the master's home", file));
  }
  if (Status status = SecureWorker(config, options); !status.ok()) return Fail(status);
  if (Status status = CheckQueue(options); !status.ok()) return Fail(status);
  std::error_code error;
  std::filesystem::create_directories(options.home, error);
  if (error) return Fail(FailedPrecondition("{} can't be made: {}", options.home, error.message()));
  // What doesn't end in time runs on, for the next worker of this home (an upgrade); without one
  // its keeper ends it before the lease is over.
  options.leave_running = true;
  worker::WorkerNode worker(options);
  ServiceGroup services;
  services.Add(worker);
  return Serve(signals, services, [&] {
    std::printf("  Gale %s worker '%s' is ready.\n", GALE_VERSION, options.name.c_str());
    std::fflush(stdout);
  });
}

}  // namespace gale::cli
