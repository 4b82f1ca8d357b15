// gale db check, migrate, version: the database itself, without a master.
#include <filesystem>
#include <ostream>

#include "cli/command.h"
#include "master/store/sqlite_db.h"
#include "master/store/sqlite_migrations.h"
#include "master/store/store.h"

namespace gale::cli {
namespace {

Result<std::string> DatabasePath(Context& context) {
  GALE_RETURN_IF_ERROR(context.CheckHome());
  GALE_ASSIGN_OR_RETURN(Config config, context.LoadConfig());
  return SqlitePath(config.GetString(Key::kSqlAlchemyConn), config.home());
}

// Of a database that is there: its schema's version.
Result<int64_t> SchemaVersion(const std::string& path) {
  std::error_code error;
  if (!std::filesystem::exists(path, error)) {
    return NotFound("database '{}' is not there: `gale db migrate` makes it", path);
  }
  GALE_ASSIGN_OR_RETURN(std::unique_ptr<Store> store, OpenSqliteStore({.path = path}));
  GALE_ASSIGN_OR_RETURN(auto db, sqlite::Database::Open(path));
  GALE_ASSIGN_OR_RETURN(
      sqlite::Statement tables,
      db->Prepare("SELECT count(*) FROM sqlite_schema WHERE name = 'schema_version'"));
  GALE_RETURN_IF_ERROR(tables.Step().status());
  int64_t version = 0;
  tables.Read(version);
  if (version == 0) return int64_t{0};
  GALE_ASSIGN_OR_RETURN(sqlite::Statement latest,
                        db->Prepare("SELECT coalesce(max(version), 0) FROM schema_version"));
  GALE_RETURN_IF_ERROR(latest.Step().status());
  latest.Read(version);
  return version;
}

Status Check(Context& context) {
  GALE_ASSIGN_OR_RETURN(const std::string path, DatabasePath(context));
  GALE_ASSIGN_OR_RETURN(const int64_t version, SchemaVersion(path));
  const int64_t known = sqlite::Migrations().back().version;
  if (version > known) {
    return FailedPrecondition(
        "'{}': its schema is version {}, made by a newer gale; this one knows version {}", path,
        version, known);
  }
  if (version < known) {
    return FailedPrecondition("'{}': its schema is version {} of {}: run `gale db migrate`", path,
                              version, known);
  }
  context.io.out << path << " is fine: schema version " << version << '\n';
  return OkStatus();
}

Status Migrate(Context& context) {
  GALE_ASSIGN_OR_RETURN(const std::string path, DatabasePath(context));
  GALE_ASSIGN_OR_RETURN(std::unique_ptr<Store> store, OpenSqliteStore({.path = path}));
  GALE_RETURN_IF_ERROR(store->Migrate());
  context.io.out << path << " has schema version " << sqlite::Migrations().back().version << '\n';
  return OkStatus();
}

Status Version(Context& context) {
  GALE_ASSIGN_OR_RETURN(const std::string path, DatabasePath(context));
  GALE_ASSIGN_OR_RETURN(const int64_t version, SchemaVersion(path));
  context.io.out << version << '\n';
  return OkStatus();
}

}  // namespace

std::vector<Command> DbCommands() {
  return {
      {"db check",
       "Whether the database is there and of this version",
       {},
       "  gale db check",
       Check},
      {"db migrate",
       "Make the database, or bring it to this version (a master does so when it starts)",
       {},
       "  gale db migrate",
       Migrate},
      {"db version", "The version of the database's schema", {}, "  gale db version", Version},
  };
}

}  // namespace gale::cli
