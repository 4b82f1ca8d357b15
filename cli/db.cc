// gale db check, migrate, version: the database itself, without a master.
#include <filesystem>
#include <ostream>

#include "cli/command.h"
#include "master/open_store.h"

namespace gale::cli {
namespace {

// `make_file`: of SQLite, whose opening makes it. Else NOT_FOUND, if it isn't there.
Result<OpenedStore> Open(const Config& config, bool make_file) {
  const std::string& url = config.GetString(Key::kSqlAlchemyConn);
  if (!make_file && url.starts_with("sqlite")) {
    GALE_ASSIGN_OR_RETURN(const std::string path, SqlitePath(url, config.home()));
    std::error_code error;
    if (!std::filesystem::exists(path, error)) {
      return NotFound("database '{}' is not there: `gale db migrate` makes it", path);
    }
  }
  return OpenStore(config);
}

Status Check(Context& context) {
  GALE_ASSIGN_OR_RETURN(const Config config, context.LoadConfig());
  GALE_ASSIGN_OR_RETURN(OpenedStore opened, Open(config, /*make_file=*/false));
  GALE_ASSIGN_OR_RETURN(const SchemaState schema, opened.store->Check());
  if (schema.version == 0) {
    return NotFound("{} holds no schema yet: `gale db migrate` makes it", opened.name);
  }
  if (schema.version < schema.known) {
    return FailedPrecondition("{}: its schema is version {} of {}: run `gale db migrate`",
                              opened.name, schema.version, schema.known);
  }
  context.io.out << opened.name << " is fine: schema version " << schema.version << '\n';
  return OkStatus();
}

Status Migrate(Context& context) {
  GALE_RETURN_IF_ERROR(context.MakeHome());
  GALE_ASSIGN_OR_RETURN(const Config config, context.LoadConfig());
  GALE_ASSIGN_OR_RETURN(OpenedStore opened, Open(config, /*make_file=*/true));
  GALE_RETURN_IF_ERROR(opened.store->Migrate());
  GALE_ASSIGN_OR_RETURN(const SchemaState schema, opened.store->Check());
  context.io.out << opened.name << " has schema version " << schema.version << '\n';
  return OkStatus();
}

Status Version(Context& context) {
  GALE_ASSIGN_OR_RETURN(const Config config, context.LoadConfig());
  GALE_ASSIGN_OR_RETURN(OpenedStore opened, Open(config, /*make_file=*/false));
  GALE_ASSIGN_OR_RETURN(const SchemaState schema, opened.store->Check());
  context.io.out << schema.version << '\n';
  return OkStatus();
}

}  // namespace

std::vector<Command> DbCommands() {
  return {
      {"db check",
       "Whether the database can be used, and if not, why; changes nothing",
       {},
       "  gale db check\n  gale --config airflow.cfg db check",
       Check},
      {"db migrate",
       "Make the database, or bring it to this version (a master does so when it starts)",
       {},
       "  gale db migrate\n  gale --config airflow.cfg initdb",
       Migrate},
      {"db version", "The version of the database's schema", {}, "  gale db version", Version},
  };
}

}  // namespace gale::cli
