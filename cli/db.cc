// gale db check, migrate, version, clean: the database itself, without a master.
#include <algorithm>
#include <filesystem>
#include <istream>
#include <ostream>

#include "cli/command.h"
#include "cli/zone.h"
#include "common/config/duration.h"
#include "master/janitor.h"
#include "master/open_store.h"

namespace gale::cli {
namespace {

using enum Arg::Kind;

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

Result<TimePoint> Before(const Config& config, const Args& args, TimePoint now) {
  if (args.Has("keep") == args.Has("clean-before-timestamp")) {
    return InvalidArgument("say what is old: --keep 90d, or --clean-before-timestamp TIME");
  }
  if (args.Has("keep")) {
    const std::string& text = args.Get("keep");
    const std::optional<Duration> keep = ParseDuration(text);
    const bool has_unit = text.find_first_not_of("0123456789. ") != std::string::npos;
    if (keep && *keep > Duration(0) && has_unit) return now - *keep;
    return InvalidArgument("--keep '{}': expected a time with its unit, as 90d or 12h", text);
  }
  auto before = TimeOf(config, args.Get("clean-before-timestamp"));
  if (!before.ok()) return before.status().WithContext("--clean-before-timestamp");
  if (*before <= now) return before;
  return InvalidArgument("--clean-before-timestamp {}: is in the future", FormatTime(*before));
}

Result<std::vector<CleanTable>> Tables(const Args& args) {
  std::vector<CleanTable> tables;
  std::string_view names = args.Get("tables");
  while (!names.empty()) {
    const size_t end = std::min(names.find(','), names.size());
    const auto table = ParseCleanTable(names.substr(0, end));
    if (!table) {
      std::string known;
      for (CleanTable each : kCleanTables)
        known += (known.empty() ? "" : ", ") + std::string(Name(each));
      return InvalidArgument("--tables '{}': expected some of {}", names.substr(0, end), known);
    }
    tables.push_back(*table);
    names.remove_prefix(std::min(names.size(), end + 1));
  }
  if (tables.empty()) tables.assign(std::begin(kCleanTables), std::end(kCleanTables));
  return tables;
}

void Print(Context& context, const std::vector<OldRows>& counts) {
  for (const OldRows& each : counts) {
    context.io.out << fmt::format("{:<24}{:>10}\n", each.table, each.rows);
  }
}

Status Clean(Context& context) {
  CleanRequest request;
  request.now = Clock::Real().Now();
  GALE_ASSIGN_OR_RETURN(const Config config, context.LoadConfig());
  GALE_ASSIGN_OR_RETURN(request.before, Before(config, context.args, request.now));
  GALE_ASSIGN_OR_RETURN(request.tables, Tables(context.args));
  request.logs = config.GetPath(Key::kBaseLogFolder);
  GALE_ASSIGN_OR_RETURN(OpenedStore opened, Open(config, /*make_file=*/false));
  GALE_ASSIGN_OR_RETURN(const SchemaState schema, opened.store->Check());
  if (schema.version != schema.known) {
    return FailedPrecondition("{}: its schema is version {} of {}: run `gale db migrate`",
                              opened.name, schema.version, schema.known);
  }
  GALE_ASSIGN_OR_RETURN(const auto old, CountOld(*opened.store, request));
  context.io.out << "older than " << FormatTime(request.before) << ", and needed by nobody:\n";
  Print(context, old);
  if (context.args.Has("dry-run")) {
    context.io.out << "a dry run: nothing was removed\n";
    return OkStatus();
  }
  if (!context.args.Has("yes")) {
    if (!context.io.in_terminal)
      return InvalidArgument("these would be removed: confirm with --yes");
    context.io.out << "Remove them? [y/N] " << std::flush;
    std::string answer;
    std::getline(context.io.in, answer);
    if (answer != "y" && answer != "Y" && answer != "yes") return Cancelled("nothing was removed");
  }
  GALE_ASSIGN_OR_RETURN(const auto gone, CleanOld(*opened.store, request, [] { return true; }));
  context.io.out << "removed:\n";
  Print(context, gone);
  context.io.out << fmt::format(
      "What belongs to the runs goes {} s after them: the leader sees to it, or the next "
      "`gale db clean`.\n",
      kCleanGrace.count());
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
      {"db clean",
       "Remove runs that ended long ago, with their tasks, XComs and logs, and other old rows",
       {{kValue, "--keep", "what is younger stays: 90d", "TIME"},
        {kValue, "--clean-before-timestamp", "what is not older than this stays", "TIME"},
        {kValue, "-t,--tables", "only of dag_run, dag_version, event_log", "NAMES"},
        {kFlag, "-n,--dry-run", "say how much it is, and leave it alone"},
        {kFlag, "-y,--yes", "don't ask"}},
       "  gale db clean --keep 90d --dry-run\n"
       "  gale db clean --clean-before-timestamp 2026-01-01 --tables event_log --yes",
       Clean},
      {"db version", "The version of the database's schema", {}, "  gale db version", Version},
  };
}

}  // namespace gale::cli
