// Bringing a database to this build's schema, and saying what is wrong with one that can't be used.
#include "common/base/log.h"
#include "master/store/mysql_migrations.h"
#include "master/store/mysql_store.h"
#include "master/store/schema_version.h"

namespace gale::mysql {
namespace {

constexpr std::chrono::seconds kStatementMax{3600};  // changing a table that holds years
constexpr std::chrono::seconds kLockMax{10};         // another gale may be migrating

std::string WithCollation(std::string sql, std::string_view collation) {
  constexpr std::string_view kMark = "{collation}";
  const size_t at = sql.find(kMark);
  if (at != std::string::npos) sql.replace(at, kMark.size(), collation);
  return sql;
}

// Makes the database. Someone else may be faster.
Status MakeDatabase(const MySqlOptions& options) {
  GALE_ASSIGN_OR_RETURN(std::unique_ptr<Connection> db, Connection::Open(options, Role::kNoSchema));
  const std::string create =
      fmt::format("CREATE DATABASE IF NOT EXISTS {} CHARACTER SET utf8mb4 COLLATE {}",
                  QuoteName(options.database), db->collation());
  const Status status = db->Run(create);
  if (status.code() != Code::kPermissionDenied) return status;
  return PermissionDenied(
      "'{}': the database does not exist, and the user may not make it. As an administrator: {}; "
      "GRANT ALL ON {}.* TO '{}'@'%'",
      db->name(), create, QuoteName(options.database), options.user);
}

// 0: an empty database. FAILED_PRECONDITION: another program's.
Result<int64_t> ReadVersion(Connection& db) {
  int64_t all = 0, ours = 0, version = 0;
  {
    GALE_ASSIGN_OR_RETURN(
        Rows rows,
        db.Query("SELECT COUNT(*), COUNT(CASE WHEN table_name = 'schema_version' THEN 1 END)"
                 " FROM information_schema.tables WHERE table_schema = DATABASE()"));
    if (rows.Next()) rows.Read(all, ours);
  }
  if (all == 0) return int64_t{0};
  if (ours == 0) {
    return FailedPrecondition(
        "'{}': holds the tables of another program (Airflow's?); give Gale a database of its own",
        db.name());
  }
  GALE_ASSIGN_OR_RETURN(Rows rows,
                        db.Query("SELECT COALESCE(MAX(version), 0) FROM schema_version"));
  if (rows.Next()) rows.Read(version);
  return version;
}

Status CheckVersion(const Connection& db, int64_t version) {
  return CheckSchemaVersion(db.name(), version, Migrations().back().version);
}

Status RunMigrations(Connection& db, int64_t version) {
  GALE_RETURN_IF_ERROR(db.Run(WithCollation(
      "CREATE TABLE IF NOT EXISTS schema_version (version BIGINT NOT NULL PRIMARY KEY,"
      " name VARCHAR(250) NOT NULL) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE "
      "{collation}",
      db.collation())));
  for (const Migration& migration : Migrations()) {
    if (migration.version <= version) continue;
    auto context = [&] {
      return fmt::format("migration {} ({})", migration.version, migration.name);
    };
    for (const char* statement : migration.statements) {
      Status status = db.Run(WithCollation(statement, db.collation()));
      // Each statement is all or nothing, and a migration may have died between two.
      const int error = db.last_error();
      if (error == errors::kDuplicateColumn || error == errors::kDuplicateKey ||
          error == errors::kNothingToDrop) {
        continue;
      }
      if (!status.ok()) return status.WithContext(context());
    }
    Status noted = db.Run(Bind("INSERT IGNORE INTO schema_version VALUES (?, ?)", migration.version,
                               std::string_view(migration.name)));
    if (!noted.ok()) return noted.WithContext(context());
  }
  return OkStatus();
}

// A backup that was restored wrongly, or a well-meant ALTER, shows here.
Status CheckTables(Connection& db) {
  GALE_ASSIGN_OR_RETURN(
      Rows rows,
      db.Query("SELECT table_name, COALESCE(engine, 'none'), COALESCE(table_collation, 'none')"
               " FROM information_schema.tables WHERE table_schema = DATABASE()"
               " AND table_type = 'BASE TABLE'"
               " AND (engine <> 'InnoDB' OR table_collation NOT LIKE 'utf8mb4%bin')"));
  if (!rows.Next()) return OkStatus();
  std::string table, engine, collation;
  rows.Read(table, engine, collation);
  return FailedPrecondition(
      "'{}': table {} has the engine {} and the collation {}; Gale needs InnoDB and {}: ALTER "
      "TABLE {} "
      "ENGINE = InnoDB, CONVERT TO CHARACTER SET utf8mb4 COLLATE {}",
      db.name(), table, engine, collation, db.collation(), QuoteName(table), db.collation());
}

// May the user do all that Gale does? Changes nothing.
Status CheckPrivileges(Connection& db) {
  for (const char* probe :
       {"SELECT 1 FROM leader LIMIT 0", "UPDATE leader SET owner = owner WHERE id = 0",
        "INSERT INTO live_run SELECT 0 FROM leader WHERE id = 0",
        "DELETE FROM live_run WHERE run_key = 0"}) {
    GALE_RETURN_IF_ERROR(db.Run(probe));
  }
  return OkStatus();
}

// Masters on several hosts each look at the one clock that they share.
void WarnOfClock(Connection& db) {
  auto rows = db.Query("SELECT CAST(UNIX_TIMESTAMP(NOW(6)) * 1000000 AS SIGNED)");
  TimePoint theirs;
  if (!rows.ok() || !rows->Next()) return;  // whoever asks next will say why
  rows->Read(theirs);
  const std::string note = ClockNote(theirs - Clock::Real().Now(), "its", "this host's");
  if (!note.empty()) GALE_WARN("'{}': {}", db.name(), note);
}

// Held by one migrating gale at a time, while it lives.
class MigrationLock {
 public:
  explicit MigrationLock(Connection& db) : db_(db) {}
  ~MigrationLock() {
    if (held_ && !db_.lost())
      (void)db_.Run("DO RELEASE_LOCK(LEFT(CONCAT('gale:', DATABASE()), 64))");
  }
  Status Take(std::chrono::seconds wait) {
    // Names of locks are short.
    GALE_ASSIGN_OR_RETURN(
        Rows rows,
        db_.Query(Bind("SELECT GET_LOCK(LEFT(CONCAT('gale:', DATABASE()), 64), ?)", wait.count())));
    int held = 0;
    if (rows.Next()) rows.Read(held);
    held_ = held == 1;
    if (held_) return OkStatus();
    return Unavailable("'{}': another gale has been migrating it for {} s; try again later",
                       db_.name(), wait.count());
  }

 private:
  Connection& db_;
  bool held_ = false;
};

Status MigrateWith(Connection& db) {
  MigrationLock lock(db);
  GALE_RETURN_IF_ERROR(lock.Take(kLockMax));
  GALE_ASSIGN_OR_RETURN(const int64_t version, ReadVersion(db));
  GALE_RETURN_IF_ERROR(CheckVersion(db, version));
  if (version < Migrations().back().version) GALE_RETURN_IF_ERROR(RunMigrations(db, version));
  GALE_RETURN_IF_ERROR(CheckTables(db));
  return CheckPrivileges(db);
}

}  // namespace

Result<SchemaState> MySqlStore::Check() {
  SchemaState state{.known = Migrations().back().version};
  auto db = Connection::Open(options_, Role::kWriter);
  if (db.status().code() == Code::kNotFound) return state;
  if (!db.ok()) return db.status();
  WarnOfClock(**db);
  GALE_ASSIGN_OR_RETURN(state.version, ReadVersion(**db));
  GALE_RETURN_IF_ERROR(CheckVersion(**db, state.version));
  if (state.version == 0) return state;
  GALE_RETURN_IF_ERROR(CheckTables(**db));
  if (state.version == state.known) GALE_RETURN_IF_ERROR(CheckPrivileges(**db));
  return state;
}

Status MySqlStore::Migrate() {
  MySqlOptions options = options_;
  options.io_timeout = kStatementMax;
  auto db = Connection::Open(options, Role::kWriter);
  if (db.status().code() == Code::kNotFound) {
    GALE_RETURN_IF_ERROR(MakeDatabase(options));
    db = Connection::Open(options, Role::kWriter);
  }
  if (!db.ok()) return db.status();
  WarnOfClock(**db);
  return MigrateWith(**db);
}

}  // namespace gale::mysql
