#include "cli/command.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <iterator>

#include "cli/text.h"

namespace gale::cli {

std::string_view Arg::key() const {
  std::string_view key = names.substr(names.rfind(',') + 1);
  while (!key.empty() && key.front() == '-') key.remove_prefix(1);
  return key;
}

const std::vector<std::string>& Args::All(std::string_view key) const {
  static const std::vector<std::string> kNone;
  for (const auto& [name, values] : given_) {
    if (name == key) return values;
  }
  return kNone;
}

const std::string& Args::Get(std::string_view key) const {
  static const std::string kNone;
  const std::vector<std::string>& all = All(key);
  return all.empty() ? kNone : all.front();
}

Result<int64_t> Args::Int(std::string_view key, int64_t otherwise, int64_t min, int64_t max) const {
  if (!Has(key)) return otherwise;
  const std::string& text = Get(key);
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < min || value > max) {
    return InvalidArgument("{} '{}': expected a whole number from {} to {}", key, text, min, max);
  }
  return value;
}

void Args::Set(std::string_view key, std::vector<std::string> values) {
  given_.emplace_back(key, std::move(values));
}

std::string_view Io::Variable(std::string_view name) const {
  for (const auto& [key, value] : env) {
    if (key == name) return value;
  }
  return {};
}

Status Context::CheckHome() const {
  std::error_code error;
  if (std::filesystem::is_directory(globals.home, error)) return OkStatus();
  return NotFound(
      "home '{}' is not there: `gale standalone` makes it; --home or GALE_HOME name another",
      globals.home);
}

Status Context::MakeHome() const {
  const std::string& home = globals.home;
  std::error_code error;
  if (std::filesystem::create_directories(home, error)) {
    std::filesystem::permissions(home, std::filesystem::perms::owner_all, error);
  }
  if (error) return FailedPrecondition("home '{}' can't be made: {}", home, error.message());
  return globals.config_file.empty() ? Config::WriteDefault(home) : OkStatus();
}

Result<Config> Context::LoadConfig() const {
  return Config::Load(globals.home, globals.config_file, io.env);
}

Result<Client*> Context::Connect() {
  if (client_) return client_.get();
  Target target;
  if (globals.server.empty()) {
    GALE_RETURN_IF_ERROR(CheckHome());
    target = Target::OfHome(globals.home);
    // The leader may be elsewhere, and its gRPC is TCP.
    if (auto config = LoadConfig(); config.ok()) target.tls = TlsFilesOf(*config);
  } else {
    GALE_ASSIGN_OR_RETURN(target,
                          Target::OfServer(globals.server, std::string(io.Variable("GALE_TOKEN")),
                                           globals.token_file));
    GALE_ASSIGN_OR_RETURN(const Config config, LoadConfig());
    target.tls = TlsFilesOf(config);
    if (!globals.tls_ca.empty()) target.tls.ca = globals.tls_ca;
  }
  GALE_ASSIGN_OR_RETURN(client_, Client::Connect(target));
  return client_.get();
}

void Context::Print(const Table& table) const {
  table.Print(io.out, globals.format, io.out_terminal && io.Variable("NO_COLOR").empty());
}

void Context::PrintRecord(const Table& table) const {
  table.PrintRecord(io.out, globals.format, io.out_terminal && io.Variable("NO_COLOR").empty());
}

const std::vector<Command>& AllCommands() {
  static const std::vector<Command> kAll = [] {
    std::vector<Command> all;
    for (auto* part : {ServerCommands, DagCommands, RunCommands, TaskCommands, ValueCommands,
                       PoolCommands, WorkerCommands, VariableCommands, UserCommands,
                       ConnectionCommands, DbCommands, SecretsCommands, LocalCommands}) {
      std::ranges::move(part(), std::back_inserter(all));
    }
    return all;
  }();
  return kAll;
}

std::span<const Group> Groups() {
  static constexpr Group kGroups[] = {
      {"dags", "DAGs and their runs"},
      {"tasks", "tasks of a DAG, and what became of them in a run"},
      {"logs", "the logs of a run, as files"},
      {"pools", "how many tasks of a kind may run at once"},
      {"queues", "what waits for a worker, and who serves it"},
      {"workers", "the workers that a master knows"},
      {"variables", "texts that DAGs read by name"},
      {"connections", "where something outside is, and how tasks get in"},
      {"users", "who may log in, and what he may"},
      {"tokens", "what programs are let in with"},
      {"db", "the metadata database"},
      {"secrets", "the key of variables and connections"},
      {"config", "the settings, and where each comes from"},
  };
  return kGroups;
}

}  // namespace gale::cli
