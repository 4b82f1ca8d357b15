#include "master/open_store.h"

#include "common/base/log.h"
#include "master/store/mysql_url.h"

namespace gale {

Result<OpenedStore> OpenStore(const Config& config) {
  const std::string& url = config.GetString(Key::kSqlAlchemyConn);
  OpenedStore opened;
  if (IsMySqlUrl(url)) {
    GALE_ASSIGN_OR_RETURN(MySqlUrl parsed, ParseMySqlUrl(url));
    for (const std::string& name : parsed.ignored) {
      GALE_WARN("[database] sql_alchemy_conn: the option '{}' is ignored", name);
    }
    opened.name = fmt::format("MySQL at {}:{}/{}", parsed.options.host, parsed.options.port,
                              parsed.options.database);
    opened.shared = true;
    GALE_ASSIGN_OR_RETURN(opened.store, OpenMySqlStore(parsed.options));
    return opened;
  }
  SqliteOptions sqlite;
  GALE_ASSIGN_OR_RETURN(sqlite.path, SqlitePath(url, config.home()));
  // The engine flushes, beside its next turns (LoopOptions::sync_later).
  sqlite.synchronous_full = false;
  opened.name = sqlite.path;
  GALE_ASSIGN_OR_RETURN(opened.store, OpenSqliteStore(sqlite));
  return opened;
}

std::unique_ptr<Secrets> OpenSecrets(const Config& config, Store& store) {
  SecretsOptions options;
  options.key_file = config.GetPath(Key::kSecretsKeyFile);
  options.sensitive_names = config.GetString(Key::kSensitiveVarConnNames);
  options.test_connections = config.GetString(Key::kTestConnection) == "Enabled";
  auto secrets = std::make_unique<Secrets>(store, Files::Real(), Clock::Real(), std::move(options));
  if (const Status status = secrets->Check(); !status.ok()) GALE_ERROR("{}", status.message());
  return secrets;
}

}  // namespace gale
