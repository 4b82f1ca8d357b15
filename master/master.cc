#include "master/master.h"

#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <random>

#include "common/base/files.h"
#include "common/base/limit_counts.h"
#include "common/base/log.h"
#include "common/config/ini.h"
#include "common/queue/memory_queue.h"
#include "common/queue/redis_queue.h"
#include "common/rpc/convert.h"
#include "common/rpc/tls.h"
#include "gale_version.h"
#include "master/api/auth.h"
#include "master/api/control.h"
#include "master/api/feed_relay.h"
#include "master/api/grpc_server.h"
#include "master/api/http/answers.h"
#include "master/api/http/http_server.h"
#include "master/api/http/rest_api.h"
#include "master/api/leader_client.h"
#include "master/dag_options.h"
#include "master/engine/doorbell.h"
#include "master/engine/engine.h"
#include "master/forward.h"
#include "master/janitor.h"
#include "master/logs/log_store.h"
#include "master/metrics/exposition.h"
#include "master/open_store.h"
#include "master/secrets/answers.h"
#include "master/shown_settings.h"

namespace gale {
namespace {

namespace fs = std::filesystem;

// What a worker took from the queue and then died with is found missing after this at the latest.
constexpr Duration kSweep = std::chrono::seconds(10);

Status MakeFolder(const std::string& path) {
  std::error_code error;
  const bool made = fs::create_directories(path, error);
  if (error) return FailedPrecondition("{} can't be made: {}", path, error.message());
  if (made) fs::permissions(path, fs::perms::owner_all, error);
  if (access(path.c_str(), W_OK | X_OK) != 0) {
    return FailedPrecondition("{} can't be written to: {}", path, std::strerror(errno));
  }
  return OkStatus();
}

// Held for as long as the master lives; a dead one's is free.
Result<File> LockHome(const std::string& home, const Roles& roles) {
  Files& files = Files::Real();
  const std::string path = home + (roles.scheduler ? "/run/master.lock" : "/run/api.lock");
  GALE_ASSIGN_OR_RETURN(File file, files.Open(path, Access::kUpdate));
  if (flock(file.fd(), LOCK_EX | LOCK_NB) != 0) {
    return FailedPrecondition(
        "another {} runs with the home {} (pid {}): stop it, or use another --home",
        roles.scheduler ? "master" : "webserver", home, files.ReadLine(path).value_or("?"));
  }
  // Behind the pid may stand the end of a longer one; it is for people.
  GALE_RETURN_IF_ERROR(files.WriteAll(file, std::to_string(getpid()) + "\n", 0));
  return file;
}

// Which home this is, whatever the master is called: made once.
Result<std::string> InstanceOf(const std::string& home, const Roles& roles) {
  const std::string path = home + (roles.scheduler ? "/run/instance" : "/run/instance-api");
  std::string id = Files::Real().ReadLine(path).value_or("");
  if (!id.empty()) return id;
  std::random_device random;
  for (int i = 0; i < 4; ++i) id += fmt::format("{:08x}", random());
  GALE_RETURN_IF_ERROR(Files::Real().Replace(path, id + "\n"));
  return id;
}

// Where a listener on `host` is reached from elsewhere.
std::string ReachableHost(const std::string& host) {
  if (host != "0.0.0.0" && host != "::" && host != "[::]") return host;
  char name[256] = {};
  gethostname(name, sizeof name - 1);
  return name;
}

bool IsLoopback(std::string_view host) {
  return host.starts_with("127.") || host == "localhost" || host == "::1" || host == "[::1]";
}

}  // namespace

Result<Roles> Roles::Parse(std::string_view names) {
  Roles roles{false, false, false};
  for (const std::string& part : SplitList(names)) {
    bool* role = part == "scheduler" ? &roles.scheduler
                 : part == "api"     ? &roles.api
                 : part == "dags"    ? &roles.dags
                                     : nullptr;
    if (role == nullptr) {
      return InvalidArgument("role '{}': expected scheduler, api or dags, separated by commas",
                             part);
    }
    *role = true;
  }
  if (!roles.scheduler && !roles.api && !roles.dags) {
    return InvalidArgument("no role: expected scheduler, api or dags, separated by commas");
  }
  if (roles.dags && !roles.scheduler) {
    return InvalidArgument(
        "the role dags needs the role scheduler: the process that leads reads the DAG files");
  }
  return roles;
}

std::string Roles::ToString() const {
  std::string out;
  for (const auto& [has, name] :
       {std::pair(scheduler, "scheduler"), {api, "api"}, {dags, "dags"}}) {
    if (has) out += (out.empty() ? "" : ", ") + std::string(name);
  }
  return out;
}

struct Master::Parts {
  Parts(const Config& c, MasterOptions o) : config(c), options(std::move(o)) {}
  ~Parts() {}

  const Config& config;
  MasterOptions options;
  File lock;
  bool made_admin = false;
  OpenedStore opened;
  MemoryQueue memory_queue;
  std::unique_ptr<Doorbell> doorbell;         // null: the leader serves the queue from memory
  std::unique_ptr<RedisQueue> watched_queue;  // without the role scheduler: for health only
  std::unique_ptr<LogStore> logs;
  std::unique_ptr<Secrets> secrets;
  std::unique_ptr<Engine> engine;
  std::unique_ptr<EngineDagSink> dag_sink;
  std::unique_ptr<DagProcessor> dags, examples;
  std::unique_ptr<Janitor> janitor;  // after what it uses
  std::unique_ptr<Control> control;
  std::unique_ptr<Auth> auth;
  std::unique_ptr<LeaderClient> leader_client;
  std::unique_ptr<FeedRelay> feed_relay;  // null: this master is alone
  std::unique_ptr<http::RestApi> rest;
  std::unique_ptr<GrpcServer> grpc;
  std::unique_ptr<http::Server> http;
  ServiceGroup services;

  const std::string& home() const { return config.home(); }
  Store& store() { return *opened.store; }
  const Roles& roles() const { return options.roles; }
  // A webserver beside its scheduler is another member of the cluster.
  std::string MemberName() const {
    return config.GetString(Key::kMasterName) + (roles().scheduler ? "" : "-api");
  }
  Status MakeHome();
  Status OpenLedger();
  Status OpenQueue();
  Result<MasterRow> Self() const;
  Status MakeEngine();
  void OnLeading(bool leads);
  void MakeDagProcessor();
  Status MakeControl();
  std::optional<http::Response> HandOn(const http::Request& request);
  void MakeGrpc(const std::string& join_token, const TlsFiles& tls);
  Status MakeServers(const std::string& join_token);
  void Gather();
};

Status Master::Parts::MakeHome() {
  GALE_RETURN_IF_ERROR(MakeFolder(home()));
  GALE_RETURN_IF_ERROR(MakeFolder(home() + "/run"));
  GALE_RETURN_IF_ERROR(Config::WriteDefault(home()));
  GALE_ASSIGN_OR_RETURN(lock, LockHome(home(), roles()));
  // Ours to make only where we chose it.
  if (config.Get(Key::kDagsFolder).source == "default") {
    GALE_RETURN_IF_ERROR(MakeFolder(config.GetPath(Key::kDagsFolder)));
  }
  return MakeFolder(config.GetPath(Key::kBaseLogFolder));
}

Status Master::Parts::OpenLedger() {
  GALE_ASSIGN_OR_RETURN(opened, OpenStore(config));
  if (!roles().scheduler && !opened.shared) {
    return FailedPrecondition(
        "{} belongs to one process: run `gale standalone` (or `gale master`), which is scheduler "
        "and API in one; for an API in a process of its own set [database] sql_alchemy_conn to "
        "mysql://user:password@host/database",
        opened.name);
  }
  return store().Migrate();
}

Status Master::Parts::OpenQueue() {
  const std::string& url = config.GetString(Key::kBrokerUrl);
  if (url.empty()) return OkStatus();
  RedisOptions redis;
  redis.ns = config.GetString(Key::kBrokerNamespace);
  GALE_ASSIGN_OR_RETURN(auto queue, RedisQueue::Open(url, std::move(redis)));
  if (!roles().scheduler) {
    watched_queue = std::move(queue);
    return OkStatus();
  }
  // The doorbell waits for what heals by itself; a wrong password doesn't.
  const Status asked = queue->Size("default").status();
  if (!asked.ok() && asked.code() != Code::kUnavailable) {
    return asked.WithContext("[celery] broker_url");
  }
  doorbell = std::make_unique<Doorbell>(std::move(queue));
  doorbell->OnLost([this] { engine->Post([](Loop& loop) { loop.RingAgain(); }); });
  return OkStatus();
}

// What other masters, workers and clients reach this one by.
Result<MasterRow> Master::Parts::Self() const {
  MasterRow self;
  self.name = MemberName();
  GALE_ASSIGN_OR_RETURN(self.instance, InstanceOf(home(), roles()));
  self.version = GALE_VERSION;
  self.started_at = Clock::Real().Now();
  if (roles().scheduler) self.grpc = config.GetString(Key::kAdvertise);
  if (roles().scheduler && self.grpc.empty()) {
    self.grpc = fmt::format("{}:{}", ReachableHost(config.GetString(Key::kGrpcHost)),
                            config.GetInt(Key::kGrpcPort));
  }
  if (!roles().api) return self;
  self.rest =
      fmt::format("{}://{}:{}", config.GetString(Key::kApiSslCert).empty() ? "http" : "https",
                  ReachableHost(config.GetString(Key::kApiHost)), config.GetInt(Key::kApiPort));
  return self;
}

Status Master::Parts::MakeEngine() {
  GALE_ASSIGN_OR_RETURN(MasterRow self, Self());
  LoopOptions loop;
  loop.owner = self.name;
  loop.instance = self.instance;
  loop.version = GALE_VERSION;
  loop.lease = config.GetDuration(Key::kLeaseSeconds);
  loop.heartbeat = config.GetDuration(Key::kHeartbeatSeconds);
  loop.paused_at_creation = config.GetBool(Key::kDagsArePausedAtCreation);
  // Airflow's default of 32 is for one machine: only a number that somebody chose holds back.
  loop.map_length_max = static_cast<uint32_t>(config.GetInt(Key::kMaxMapLength));
  if (!config.IsDefault(Key::kParallelism)) {
    loop.parallelism = static_cast<uint32_t>(config.GetInt(Key::kParallelism));
  }
  loop.default_pool_slots = static_cast<int32_t>(config.GetInt(Key::kDefaultPoolTaskSlotCount));
  loop.sync_later = !opened.shared && config.GetString(Key::kSqliteSynchronous) == "FULL";
  loop.publish = LoopMetrics::kPublish;
  if (doorbell) loop.sweep_interval = kSweep;
  loop.parse_spec = [](const std::string& bytes) { return ParseSpec(bytes); };
  std::optional<LeadershipOptions> leadership;
  if (opened.shared) {
    leadership.emplace();
    leadership->may_lead = roles().scheduler;
    leadership->lease = config.GetDuration(Key::kLeaderLeaseSeconds);
    leadership->self = std::move(self);
  } else {
    self.seen_at = self.started_at;
    GALE_RETURN_IF_ERROR(store().PutMaster(self));
  }
  QueueBell& bell = doorbell ? static_cast<QueueBell&>(*doorbell) : memory_queue;
  TaskQueue* const served = doorbell ? nullptr : &memory_queue;
  engine = std::make_unique<Engine>(store(), bell, served, std::move(loop), Clock::Real(),
                                    std::move(leadership));
  if (options.on_fatal) engine->OnFatal(options.on_fatal);
  engine->OnLeading([this](bool leads) { OnLeading(leads); });
  return OkStatus();
}

// On the engine's thread.
void Master::Parts::OnLeading(bool leads) {
  if (doorbell) {
    doorbell->Lead(leads ? fmt::format("{}#{}", config.GetString(Key::kMasterName),
                                       engine->leader().epoch.value)
                         : "");
  }
  if (dags) dags->SetActive(leads);
  if (examples) examples->SetActive(leads);
  if (feed_relay) feed_relay->OnLeading(leads);
}

void Master::Parts::MakeDagProcessor() {
  if (!roles().dags) return;
  DagProcessorOptions processor = DagOptionsOf(config, options);
  processor.parser.answerer = [this](const std::string& question) {
    return AnswerSecretsText(*secrets, question, "dag_processor");
  };
  // Workers on other machines can come to this master.
  if (opened.shared || !IsLoopback(config.GetString(Key::kGrpcHost))) processor.bundles = &store();
  processor.sources = &store();
  dag_sink = std::make_unique<EngineDagSink>(*engine);
  const std::string examples_folder = FindExamples();
  if (!config.GetBool(Key::kLoadExamples)) {
    processor.unread_folders.push_back(examples_folder);
  } else if (std::error_code error; fs::is_directory(examples_folder, error)) {
    // They need no bundle: each is a file that tasks ask nothing of.
    DagProcessorOptions read = processor;
    read.dags_folder = examples_folder;
    read.bundles = nullptr;
    read.parser.places = {1, 1};
    examples = std::make_unique<DagProcessor>(*dag_sink, std::move(read));
    examples->SetActive(false);
  } else {
    GALE_WARN("[core] load_examples ({}): there are none in {}",
              config.Get(Key::kLoadExamples).source, examples_folder);
  }
  dags = std::make_unique<DagProcessor>(*dag_sink, std::move(processor));
  dags->SetActive(false);  // until the engine leads
}

Status Master::Parts::MakeControl() {
  ControlOptions control_options;
  control_options.version = {GALE_VERSION, GALE_GIT_VERSION};
  control_options.master_name = MemberName();
  control_options.secrets = secrets.get();
  control_options.base_url = config.GetString(Key::kApiBaseUrl);
  if (control_options.base_url.empty()) {
    GALE_ASSIGN_OR_RETURN(const MasterRow self, Self());
    control_options.base_url = self.rest;
  }
  control_options.database = opened.name;
  control_options.settings = ShownSettings(config);
  control_options.queue = [this] {
    if (doorbell) return ServerHealth{doorbell->server(), doorbell->health()};
    if (!watched_queue) return ServerHealth{"the leader's memory", OkStatus()};
    return ServerHealth{watched_queue->name(), watched_queue->Size("default").status()};
  };
  if (dags) {
    control_options.dag_processor = [this] {
      // It speaks at least once every rescan.
      const TimePoint beat = dags->heartbeat();
      const Duration silent = Clock::Real().Now() - beat;
      return PartHealth{silent < 3 * LookInterval(config), beat};
    };
  }
  control_options.metrics = [this] {
    Exposition page;
    engine->Report(page);
    rest->Report(page);
    if (http) http->Report(page);
    if (grpc) grpc->Report(page);
    if (dags) dags->Report(page);
    if (examples) examples->Report(page);
    LimitCounts::Process().Report(page);
    return page.Text();
  };
  control = std::make_unique<Control>(*engine, store(), *logs, std::move(control_options));
  return OkStatus();
}

// To the master that leads, if it isn't us.
std::optional<http::Response> Master::Parts::HandOn(const http::Request& request) {
  if (!leader_client) return std::nullopt;
  const std::optional<MasterRow> leader = control->LeaderElsewhere();
  if (!leader) return std::nullopt;
  auto answer = leader_client->Forward(leader->grpc, ToProto(request));
  if (answer.ok()) return FromProto(*answer);
  // It may have been done there: it is not done a second time.
  GALE_WARN("{} {}: handed on to '{}': {}", request.method, request.path, leader->name,
            answer.status().ToString());
  return http::Failure(Unavailable("this master follows; '{}', which leads, did not answer: {}",
                                   leader->name, answer.status().message()));
}

void Master::Parts::MakeGrpc(const std::string& join_token, const TlsFiles& tls) {
  GrpcOptions grpc_options;
  grpc_options.unix_path = SocketPath(home());
  grpc_options.host = config.GetString(Key::kGrpcHost);
  grpc_options.port = static_cast<uint16_t>(config.GetInt(Key::kGrpcPort));
  grpc_options.tls = tls;
  grpc_options.verify_clients = config.GetBool(Key::kTlsVerifyClients);
  grpc_options.join_token = join_token;
  grpc_options.serves_queue = doorbell == nullptr;
  grpc_options.more_calls = [this](TaskCalls& calls) { AddSecretsCalls(calls, *secrets); };
  grpc_options.rest = [this](const v1::RestRequest& request) {
    return ToProto(rest->Handle(FromProto(request)));
  };
  grpc_options.ask_leader = [this](const v1::TaskQuestion& question) -> Result<v1::TaskAnswer> {
    const std::optional<MasterRow> leader = control->LeaderElsewhere();
    if (leader && leader_client) return leader_client->Ask(leader->grpc, question);
    return Unavailable("no master leads just now; ask again");
  };
  grpc = std::make_unique<GrpcServer>(*control, *engine, *auth, std::move(grpc_options));
}

Status Master::Parts::MakeServers(const std::string& join_token) {
  const TlsFiles tls = TlsFiles{config.GetString(Key::kTlsCert), config.GetString(Key::kTlsKey),
                                config.GetString(Key::kTlsCa)}
                           .Under(home());
  if (opened.shared) {
    GALE_ASSIGN_OR_RETURN(auto credentials, MakeChannelCredentials(tls));
    leader_client = std::make_unique<LeaderClient>(join_token, credentials);
    feed_relay = std::make_unique<FeedRelay>(
        engine->feed(), [this] { return control->LeaderElsewhere(); },
        [this] { return engine->leader(); }, join_token, credentials);
  }
  rest = std::make_unique<http::RestApi>(*control, *auth);

  if (roles().scheduler) MakeGrpc(join_token, tls);
  if (!roles().api) return OkStatus();
  http::ServerOptions http_options;
  http_options.host = config.GetString(Key::kApiHost);
  http_options.port = static_cast<uint16_t>(config.GetInt(Key::kApiPort));
  const TlsFiles https{config.GetString(Key::kApiSslCert), config.GetString(Key::kApiSslKey), ""};
  GALE_ASSIGN_OR_RETURN(TlsPems pems, ReadTlsFiles(https.Under(home())));
  http_options.open_later = true;  // who hears that it is healthy may come by gRPC next
  http_options.cert_pem = std::move(pems.cert);
  http_options.key_pem = std::move(pems.key);
  http = std::make_unique<http::Server>(
      [this](const http::Request& request) {
        return rest->Handle(request, [this](const http::Request& r) { return HandOn(r); });
      },
      http_options, [this](const http::Request& request) { return rest->LaneOf(request); });
  return OkStatus();
}

void Master::Parts::Gather() {
  if (doorbell) services.Add(*doorbell);
  services.Add(*engine);
  if (feed_relay) services.Add(*feed_relay);
  if (http) services.Add(*http);  // before what takes workers: a port in use must not disturb them
  if (grpc) services.Add(*grpc);
  if (dags) services.Add(*dags);
  if (examples) services.Add(*examples);
  if (janitor) services.Add(*janitor);
}

std::string Master::SocketPath(const std::string& home) { return home + "/run/gale.sock"; }

Master::Master(const Config& config, MasterOptions options)
    : parts_(std::make_unique<Parts>(config, std::move(options))) {}

Master::~Master() = default;

Status Master::Start() {
  Parts& p = *parts_;
  GALE_RETURN_IF_ERROR(p.MakeHome());
  GALE_RETURN_IF_ERROR(p.OpenLedger());
  p.secrets = OpenSecrets(p.config, p.store());
  GALE_RETURN_IF_ERROR(p.OpenQueue());
  p.logs = std::make_unique<LogStore>(p.config.GetPath(Key::kBaseLogFolder), p.MemberName());
  p.auth = std::make_unique<Auth>(p.store(), Clock::Real(),
                                  p.config.GetDuration(Key::kJwtExpirationTime));
  GALE_RETURN_IF_ERROR(p.auth->Prepare());
  GALE_ASSIGN_OR_RETURN(p.made_admin, p.auth->EnsureAdmin(password_file()));
  GALE_ASSIGN_OR_RETURN(std::string join_token, p.auth->EnsureJoinToken(join_token_file()));
  GALE_RETURN_IF_ERROR(p.MakeEngine());
  p.MakeDagProcessor();
  if (p.roles().scheduler) {
    p.janitor =
        std::make_unique<Janitor>(*p.engine, p.store(), p.config.GetPath(Key::kBaseLogFolder),
                                  p.config.GetDuration(Key::kDatabaseKeep));
  }
  GALE_RETURN_IF_ERROR(p.MakeControl());
  GALE_RETURN_IF_ERROR(p.MakeServers(join_token));
  p.Gather();
  GALE_RETURN_IF_ERROR(p.services.Start());
  if (p.http) p.http->Open();
  return OkStatus();
}

// The engine first: a standby leads at once, and nobody counts the silence of workers whose streams
// are being closed.
void Master::Stop(MonoTime deadline) {
  if (parts_->engine) parts_->engine->Stop(deadline);
  parts_->services.Stop(deadline);
}

uint16_t Master::http_port() const { return parts_->http ? parts_->http->port() : 0; }
std::shared_ptr<grpc::Channel> Master::InProcessChannel() const {
  return parts_->grpc ? parts_->grpc->InProcessChannel() : nullptr;
}

uint16_t Master::grpc_port() const { return parts_->grpc ? parts_->grpc->port() : 0; }
bool Master::made_admin() const { return parts_->made_admin; }
std::string Master::password_file() const { return parts_->home() + "/admin_password"; }
std::string Master::join_token_file() const { return parts_->home() + "/join_token"; }

}  // namespace gale
