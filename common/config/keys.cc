#include "common/config/keys.h"

#include <algorithm>
#include <array>
#include <vector>

#include "common/base/check.h"

namespace gale {
namespace {

constexpr int64_t kDaySeconds = 86'400;

using enum KeyType;
constexpr std::array<KeyInfo, kKeys> kTable = {{
    {Key::kDagsFolder, "core", "dags_folder", kPath, "{home}/dags",
     "Where the DAG files are; watched for changes."},
    {Key::kDefaultTimezone, "core", "default_timezone", kString, "utc",
     "Time zone of dates, and of cron, in DAG files and commands that name none: utc, system or an "
     "IANA "
     "name."},
    {Key::kParallelism, "core", "parallelism", kInt, "32",
     "Task instances that may be queued or running at once, in all; unset: any number.", 1,
     1'000'000},
    {Key::kMaxMapLength, "core", "max_map_length", kInt, "1024",
     "Elements that a task may return for others to be mapped over; more fail it.", 1, 1'000'000},
    {Key::kDagsArePausedAtCreation, "core", "dags_are_paused_at_creation", kBool, "True",
     "A new DAG starts paused."},
    {Key::kLoadExamples, "core", "load_examples", kBool, "False",
     "Also load the DAGs that come with Gale; a dag_id that the DAGs folder has is refused there."},
    {Key::kDagbagImportTimeout, "core", "dagbag_import_timeout", kDuration, "30",
     "How long one DAG file may take to import before it counts as broken.", 1, kDaySeconds},
    {Key::kDagIgnoreFileSyntax, "core", "dag_ignore_file_syntax", kChoice, "glob",
     "What .airflowignore holds: globs, as a .gitignore, or regular expressions.", 0, 0,
     "glob|regexp"},
    {Key::kMaxActiveTasksPerDag, "core", "max_active_tasks_per_dag", kInt, "16",
     "Running tasks of one DAG run, where its DAG file doesn't say.", 1, 1'000'000},
    {Key::kMaxActiveRunsPerDag, "core", "max_active_runs_per_dag", kInt, "16",
     "Running runs of one DAG, where its DAG file doesn't say.", 1, 1'000'000},
    {Key::kDefaultPoolTaskSlotCount, "core", "default_pool_task_slot_count", kInt, "128",
     "Slots of default_pool when it is first made.", 0, 1'000'000},
    {Key::kSecretsKeyFile, "core", "secrets_key_file", kPath, "{home}/secrets.key",
     "The keys that variables and connections are sealed by; the same file for all masters. Made "
     "when the first of them is stored."},
    {Key::kSensitiveVarConnNames, "core", "sensitive_var_conn_names", kString, "",
     "Words, separated by commas: what has one in its name is shown as ***, as passwords and "
     "tokens "
     "are."},
    {Key::kTestConnection, "core", "test_connection", kChoice, "Disabled",
     "Enabled: `gale connections test` and REST try to reach a connection's host, from the master.",
     0, 0, "Disabled|Enabled|Hidden"},

    {Key::kSqlAlchemyConn, "database", "sql_alchemy_conn", kString, "sqlite:///{home}/gale.db",
     "The metadata database, as a SQLAlchemy URL: sqlite:///file, "
     "mysql://user:password@host/name."},
    {Key::kSqliteSynchronous, "database", "sqlite_synchronous", kChoice, "FULL",
     "FULL: a commit survives a power cut. NORMAL: faster; survives any process's death only.", 0,
     0, "FULL|NORMAL"},
    {Key::kDatabaseKeep, "database", "keep", kDuration, "0",
     "For how long finished runs, old versions, bundles, events and workers are kept, such as 90d; "
     "at least 1d. 0: for ever (`gale db clean` removes them by hand).",
     0, 36'500 * kDaySeconds},

    {Key::kApiHost, "api", "host", kString, "127.0.0.1", "Where REST and UI listen."},
    {Key::kApiPort, "api", "port", kInt, "8080", "Port of REST and UI.", 0, 65'535},
    {Key::kApiBaseUrl, "api", "base_url", kString, "",
     "What people reach this by, for links such as ti.log_url. Empty: http://host:port."},
    {Key::kApiSslCert, "api", "ssl_cert", kString, "",
     "PEM file of REST's certificate, intermediates behind it; with ssl_key: https. Empty: http."},
    {Key::kApiSslKey, "api", "ssl_key", kString, "", "PEM file of the same one's private key."},
    {Key::kExposeConfig, "api", "expose_config", kChoice, "False",
     "Whether REST shows the settings, to Op and Admin; those with secrets in them never.", 0, 0,
     "False|True|non-sensitive-only"},

    {Key::kJwtExpirationTime, "api_auth", "jwt_expiration_time", kDuration, "86400",
     "How long a token of POST /auth/token works.", 1, 365 * kDaySeconds},

    {Key::kMasterName, "master", "name", kString, "{hostname}", "Unique among the masters."},
    {Key::kGrpcHost, "master", "grpc_host", kString, "127.0.0.1",
     "Where the master listens for workers and clients; where they look for it."},
    {Key::kGrpcPort, "master", "grpc_port", kInt, "8081", "Port of the same.", 0, 65'535},
    {Key::kAdvertise, "master", "advertise", kString, "",
     "host:port of its gRPC as other masters and clients reach it. Empty: grpc_host:grpc_port."},
    {Key::kLeaderLeaseSeconds, "master", "leader_lease_seconds", kDuration, "2",
     "A leader unheard of for so long is deposed by a standby (several masters on one MySQL).", 1,
     300},
    {Key::kLeaseSeconds, "master", "lease_seconds", kDuration, "8",
     "A worker unheard of for so long has lost its tasks (and has killed them itself).", 1, 3600},
    {Key::kHeartbeatSeconds, "master", "heartbeat_seconds", kDuration, "1",
     "How often a worker renews its lease.", 1, 1200},

    {Key::kTlsCert, "tls", "cert", kString, "",
     "PEM file of the certificate that this process shows in gRPC over TCP. Empty: none."},
    {Key::kTlsKey, "tls", "key", kString, "", "PEM file of the certificate's private key."},
    {Key::kTlsCa, "tls", "ca", kString, "",
     "PEM file of the authorities that others' certificates must be signed by; makes clients use "
     "TLS."},
    {Key::kTlsVerifyClients, "tls", "verify_clients", kBool, "False",
     "The master takes only workers and clients that show a certificate signed by ca."},

    {Key::kWorkerName, "worker", "name", kString, "{hostname}", "Unique among live workers."},
    {Key::kWorkerSlots, "worker", "slots", kInt, "16",
     "Tasks that this worker runs at once ([celery] worker_concurrency is the same).", 1, 100'000},
    {Key::kWorkerQueues, "worker", "queues", kString, "default",
     "Queues that this worker serves, separated by commas."},
    {Key::kWorkerMasters, "worker", "masters", kString, "",
     "host:port of every master, separated by commas. Empty: the master of this home."},
    {Key::kKillGraceSeconds, "worker", "kill_grace_seconds", kDuration, "5",
     "Between SIGTERM and SIGKILL of a task.", 0, 3600},
    {Key::kWorkerHome, "worker", "home", kPath, "{home}/worker",
     "Running tasks' logs, unacknowledged results and the keeper's socket."},
    {Key::kPythonIsolation, "worker", "python_isolation", kChoice, "file",
     "What a Python task's process begins with. file: forked from one that has imported the DAG's "
     "file; sdk: from one that has imported Gale; fresh: a Python of its own.",
     0, 0, "file|sdk|fresh"},
    {Key::kPythonTemplatesMax, "worker", "python_templates_max", kInt, "8",
     "Processes kept to fork Python tasks from. 0: none, all tasks are fresh.", 0, 256},
    {Key::kPythonTemplatesMemoryMb, "worker", "python_templates_memory_mb", kInt, "2048",
     "Memory that they may take together; the least used go.", 64, 1'048'576},
    {Key::kDevicesCommand, "worker", "devices_command", kString,
     "nvidia-smi --query-gpu=index,name,utilization.gpu,memory.used,memory.total,temperature.gpu "
     "--format=csv,noheader,nounits",
     "Prints a line for each of the worker's devices: index, model, load in percent, MiB used, MiB "
     "in all, degrees. Run every 10 s if its program is there; empty: never."},

    {Key::kBrokerUrl, "celery", "broker_url", kString, "",
     "Redis, as redis://, rediss:// or sentinel:// URL. Empty: the leader hands out the work "
     "itself."},
    {Key::kBrokerNamespace, "celery", "namespace", kString, "default",
     "Before all keys in Redis; one for each Gale that shares it."},

    {Key::kMinFileProcessInterval, "dag_processor", "min_file_process_interval", kDuration, "30",
     "After how long a DAG file is parsed again although it hasn't changed; later, if all of them "
     "would take more than 5 % of one process. 0: never.",
     0, kDaySeconds},
    {Key::kParsingProcesses, "dag_processor", "parsing_processes", kInt, "2",
     "DAG files that are read at once; up to twice as many more that turn out slow.", 1, 256},
    {Key::kParseMemoryLimitMb, "dag_processor", "parse_memory_limit_mb", kInt, "2048",
     "Memory that importing one DAG file may take.", 64, 1'048'576},

    {Key::kCatchupByDefault, "scheduler", "catchup_by_default", kBool, "False",
     "Make the runs that a DAG missed, where the DAG doesn't say."},

    {Key::kBaseLogFolder, "logging", "base_log_folder", kPath, "{home}/logs",
     "Where the master keeps the logs of tasks."},
    {Key::kLoggingLevel, "logging", "logging_level", kChoice, "INFO",
     "How much the processes themselves say.", 0, 0, "DEBUG|INFO|WARNING|ERROR"},
}};

constexpr bool InOrder() {
  for (size_t i = 0; i < kKeys; ++i) {
    if (static_cast<size_t>(kTable[i].key) != i) return false;
  }
  return true;
}
static_assert(InOrder(), "the table's rows stand in the order of Key");

// Names that Airflow 1, 2 or 3 has or had for the same thing.
struct Alias {
  std::string_view section, name;
  Key key;
};
constexpr Alias kAliases[] = {
    {"celery", "worker_concurrency", Key::kWorkerSlots},
    {"celery", "celeryd_concurrency", Key::kWorkerSlots},
    {"core", "sql_alchemy_conn", Key::kSqlAlchemyConn},
    {"core", "dag_concurrency", Key::kMaxActiveTasksPerDag},
    {"core", "base_log_folder", Key::kBaseLogFolder},
    {"core", "logging_level", Key::kLoggingLevel},
    {"core", "non_pooled_task_slot_count", Key::kDefaultPoolTaskSlotCount},
    {"core", "killed_task_cleanup_time", Key::kKillGraceSeconds},
    {"scheduler", "min_file_process_interval", Key::kMinFileProcessInterval},
    {"scheduler", "parsing_processes", Key::kParsingProcesses},
    {"scheduler", "max_threads", Key::kParsingProcesses},
    {"webserver", "web_server_host", Key::kApiHost},
    {"webserver", "web_server_port", Key::kApiPort},
    {"webserver", "base_url", Key::kApiBaseUrl},
    {"webserver", "web_server_ssl_cert", Key::kApiSslCert},
    {"webserver", "web_server_ssl_key", Key::kApiSslKey},
    {"webserver", "expose_config", Key::kExposeConfig},
};

struct Unused {
  std::string_view section, name, why;
};
constexpr Unused kUnused[] = {
    {"core", "executor",
     "its workers run the tasks, as with CeleryExecutor: by way of Redis if [celery] broker_url is "
     "set, else by way of the leader"},
    {"celery", "result_backend",
     "results go to the leader, which writes them to the metadata database"},
    {"celery", "celery_result_backend",
     "results go to the leader, which writes them to the metadata database"},
    {"celery", "flower_port", "the API shows the workers: `gale flower` says where"},
    {"celery", "flower_host", "the API shows the workers: `gale flower` says where"},
    {"core", "fernet_key",
     "the keys are in the file of [core] secrets_key_file; what Airflow has stored comes by "
     "`airflow "
     "variables export` and `gale variables import`, and the same for connections"},
    {"core", "sql_engine_encoding", "its tables are utf8mb4, whatever the server's default is"},
    {"database", "sql_engine_encoding", "its tables are utf8mb4, whatever the server's default is"},
};

size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t replaced = diagonal + (a[i - 1] != b[j - 1]);
      diagonal = row[j];
      row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row[b.size()];
}

}  // namespace

std::span<const KeyInfo> AllKeys() { return kTable; }

const KeyInfo& Info(Key key) {
  GALE_CHECK(static_cast<size_t>(key) < kKeys);
  return kTable[static_cast<size_t>(key)];
}

const KeyInfo* FindKey(std::string_view section, std::string_view name) {
  for (const KeyInfo& info : kTable) {
    if (info.section == section && info.name == name) return &info;
  }
  for (const Alias& alias : kAliases) {
    if (alias.section == section && alias.name == name) return &Info(alias.key);
  }
  return nullptr;
}

std::string_view WhyUnused(std::string_view section, std::string_view name) {
  for (const Unused& unused : kUnused) {
    if (unused.section == section && unused.name == name) return unused.why;
  }
  return {};
}

std::string NearestKey(std::string_view section, std::string_view name) {
  const size_t edits_max = 2 + name.size() / 4;
  const KeyInfo* best = nullptr;
  size_t best_cost = SIZE_MAX;
  for (const KeyInfo& info : kTable) {
    const size_t edits = EditDistance(name, info.name);
    // The right name in the wrong section beats a wrong name in the right one.
    const size_t cost = 2 * edits + (info.section != section);
    if (edits > edits_max || cost >= best_cost) continue;
    best = &info;
    best_cost = cost;
  }
  return best == nullptr ? "" : fmt::format("[{}] {}", best->section, best->name);
}

}  // namespace gale
