// Every setting that Gale knows: the declared table behind gale.cfg, the environment and
// `gale config list`. Names and meanings are Airflow's where Airflow has the setting.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace gale {

enum class Key : uint8_t {
  // [core]
  kDagsFolder,
  kDefaultTimezone,
  kParallelism,
  kMaxMapLength,
  kDagsArePausedAtCreation,
  kLoadExamples,
  kDagbagImportTimeout,
  kDagIgnoreFileSyntax,
  kMaxActiveTasksPerDag,
  kMaxActiveRunsPerDag,
  kDefaultPoolTaskSlotCount,
  kSecretsKeyFile,
  kSensitiveVarConnNames,
  kTestConnection,
  // [database]
  kSqlAlchemyConn,
  kSqliteSynchronous,
  kDatabaseKeep,
  // [api]
  kApiHost,
  kApiPort,
  kApiBaseUrl,
  kApiSslCert,
  kApiSslKey,
  kExposeConfig,
  // [api_auth]
  kJwtExpirationTime,
  // [master]
  kMasterName,
  kGrpcHost,
  kGrpcPort,
  kAdvertise,
  kLeaderLeaseSeconds,
  kLeaseSeconds,
  kHeartbeatSeconds,
  // [tls]
  kTlsCert,
  kTlsKey,
  kTlsCa,
  kTlsVerifyClients,
  // [worker]
  kWorkerName,
  kWorkerSlots,
  kWorkerQueues,
  kWorkerMasters,
  kKillGraceSeconds,
  kWorkerHome,
  kPythonIsolation,
  kPythonTemplatesMax,
  kPythonTemplatesMemoryMb,
  kDevicesCommand,
  // [celery]
  kBrokerUrl,
  kBrokerNamespace,
  // [dag_processor]
  kMinFileProcessInterval,
  kParsingProcesses,
  kParseMemoryLimitMb,
  // [scheduler]
  kCatchupByDefault,
  // [logging]
  kBaseLogFolder,
  kLoggingLevel,
};
inline constexpr size_t kKeys = static_cast<size_t>(Key::kLoggingLevel) + 1;

enum class KeyType : uint8_t {
  kString,
  kInt,
  kBool,
  kDuration,  // seconds ("30", "0.5"), or with a unit: 500ms, 30s, 5m, 2h, 1d
  kPath,      // ~ and {home} are expanded; a relative one starts at home
  kChoice,    // one of `choices`, any case
};

struct KeyInfo {
  Key key;
  std::string_view section;
  std::string_view name;
  KeyType type;
  std::string_view default_value;  // {home} and {hostname} stand for themselves
  std::string_view doc;            // one line
  int64_t min = 0, max = 0;        // kInt, and kDuration in whole seconds
  std::string_view choices = {};   // kChoice: "FULL|NORMAL"
};

// In the order of Key; a section's keys stand together.
std::span<const KeyInfo> AllKeys();
const KeyInfo& Info(Key key);

// The key of this section and name, under its own name or one that Airflow knew it by. nullptr if
// none.
const KeyInfo* FindKey(std::string_view section, std::string_view name);

// What to tell who sets a key of Airflow's that Gale knows and has no use for; empty: it isn't such
// a one.
std::string_view WhyUnused(std::string_view section, std::string_view name);

// The known key that was probably meant, as "[section] name"; empty if nothing is close.
std::string NearestKey(std::string_view section, std::string_view name);

}  // namespace gale
