// Opening, and the SQL seam.
#include "master/store/mysql_store.h"

#include "common/base/limits.h"
#include "master/store/row_columns.h"

namespace gale::mysql {
namespace {

// Names of databases and tables are no longer than this.
constexpr size_t kNameCharactersMax = 64;

}  // namespace

// Writing.

Result<Connection*> MySqlStore::Writer() {
  if (writer_ && writer_->lost()) writer_.reset();
  if (!writer_) {
    auto opened = Connection::Open(options_, Role::kWriter);
    if (opened.status().code() == Code::kNotFound) {
      return FailedPrecondition("{}", opened.status().message());
    }
    if (!opened.ok()) return opened.status();
    writer_ = std::move(*opened);
  }
  return writer_.get();
}

// The SQL seam.

Status MySqlStore::ReadSql(const Act& act) { return PoolSource(&own_pool_).Read(act); }

Status MySqlStore::WriteSql(const Act& act) {
  for (int attempt = 1;; ++attempt) {
    bool repeat = false;
    const Status status = WithReader([&](Connection& db) -> Status {
      // A process that is paused in the middle holds locks, of the leader's row, too.
      GALE_RETURN_IF_ERROR(
          db.Run(fmt::format("SET SESSION wait_timeout = {}", kBetweenPacketsSeconds)));
      GALE_RETURN_IF_ERROR(db.Run("SET TRANSACTION ISOLATION LEVEL READ COMMITTED"));
      Status acted;
      {
        Transaction transaction(db);
        GALE_RETURN_IF_ERROR(transaction.Begin());
        ConnectionSql sql(db);
        acted = act(sql);
        if (acted.ok()) acted = transaction.Commit();
        repeat = !acted.ok() && IsConflict(db.last_error());
      }
      if (!db.lost()) (void)db.Run(fmt::format("SET SESSION wait_timeout = {}", kIdleSeconds));
      return acted;
    });
    if (status.ok() || !repeat || attempt == kConflictTriesMax) return status;
  }
}

}  // namespace gale::mysql

namespace gale {

Result<std::unique_ptr<Store>> OpenMySqlStore(const MySqlOptions& options) {
  if (options.host.empty() || options.user.empty() || options.database.empty()) {
    return InvalidArgument("'{}': host, user and database must be given",
                           mysql::ServerName(options));
  }
  if (options.database.size() > mysql::kNameCharactersMax) {
    return InvalidArgument("'{}': the database's name has more than {} characters",
                           mysql::ServerName(options), mysql::kNameCharactersMax);
  }
  if (options.readers_max == 0 || options.port == 0) {
    return InvalidArgument("'{}': port and readers_max must be at least 1",
                           mysql::ServerName(options));
  }
  return std::unique_ptr<Store>(new mysql::MySqlStore(options));
}

}  // namespace gale
