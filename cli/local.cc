// gale version, info, config, completion: answered here, without a master.
#include <unistd.h>

#include <filesystem>
#include <ostream>

#include "cli/command.h"
#include "cli/help.h"
#include "cli/text.h"
#include "gale_version.h"

namespace gale::cli {
namespace {

using enum Arg::Kind;

std::string Commit() {
  return std::string_view(GALE_GIT_VERSION).empty() ? "" : " (" GALE_GIT_VERSION ")";
}

Status Version(Context& context) {
  context.io.out << GALE_VERSION << Commit() << '\n';
  return OkStatus();
}

Status Info(Context& context) {
  GALE_ASSIGN_OR_RETURN(Config config, context.LoadConfig());
  const std::string cfg = context.globals.config_file.empty() ? config.home() + "/gale.cfg"
                                                              : context.globals.config_file;
  const Target target = Target::OfHome(config.home());
  Table table({{"version"},
               {"home"},
               {"config"},
               {"database"},
               {"dags_folder"},
               {"logs"},
               {"socket"},
               {"master"},
               {"api"},
               {"grpc"},
               {"worker_home"}});
  auto there = [](const std::string& path) {
    std::error_code error;
    return path + (std::filesystem::exists(path, error) ? "" : " (not there)");
  };
  table.Add({GALE_VERSION + Commit(), there(config.home()), there(cfg),
             HidePassword(config.GetString(Key::kSqlAlchemyConn)),
             there(config.GetPath(Key::kDagsFolder)), there(config.GetPath(Key::kBaseLogFolder)),
             target.socket_path, ProbeSocket(target).ok() ? "running" : "not running",
             fmt::format("{}:{}", config.GetString(Key::kApiHost), config.GetInt(Key::kApiPort)),
             fmt::format("{}:{}", config.GetString(Key::kGrpcHost), config.GetInt(Key::kGrpcPort)),
             there(config.GetPath(Key::kWorkerHome))});
  context.PrintRecord(table);
  return OkStatus();
}

Status ConfigList(Context& context) {
  GALE_ASSIGN_OR_RETURN(Config config, context.LoadConfig());
  const std::string& section = context.args.Get("section");
  Table table(
      {{"section"}, {"key"}, {"value"}, {"source"}, {"description", Column::Style::kHidden}});
  for (const KeyInfo& info : AllKeys()) {
    if (!section.empty() && info.section != section) continue;
    const Config::Value& value = config.Get(info.key);
    table.Add({std::string(info.section), std::string(info.name), HidePassword(value.text),
               value.source, std::string(info.doc)});
  }
  if (table.empty()) {
    return NotFound("there is no section [{}]: `gale config list` shows all", section);
  }
  context.Print(table);
  return OkStatus();
}

Status ConfigGet(Context& context) {
  GALE_ASSIGN_OR_RETURN(Config config, context.LoadConfig());
  const std::string& section = context.args.Get("section");
  const std::string& key = context.args.Get("key");
  const KeyInfo* info = FindKey(section, key);
  if (info == nullptr) {
    const std::string near = NearestKey(section, key);
    return NotFound(
        "there is no setting [{}] {}{}", section, key,
        near.empty() ? ": `gale config list` shows all" : fmt::format(", did you mean {}?", near));
  }
  context.io.out << config.Get(info->key).text << '\n';
  return OkStatus();
}

Status Completion(Context& context) {
  const std::string& shell = context.args.Get("shell");
  if (shell != "bash" && shell != "zsh") {
    return InvalidArgument("shell '{}': expected bash or zsh", shell);
  }
  context.io.out << CompletionScript(shell == "zsh");
  return OkStatus();
}

}  // namespace

std::vector<Command> LocalCommands() {
  return {
      {"config list",
       "All settings, and where each comes from",
       {{kValue, "--section", "only this one", "NAME"}},
       "  gale config list\n  gale config list --section core -o json",
       ConfigList},
      {"config get-value",
       "One setting",
       {{kOne, "section", "as in gale.cfg"}, {kOne, "key", "as in gale.cfg"}},
       "  gale config get-value core dags_folder",
       ConfigGet},
      {"version", "This program's version", {}, "  gale version", Version},
      {"info", "Where everything of this home is", {}, "  gale info\n  gale info -o json", Info},
      {"completion",
       "A script for the shell that completes gale's commands",
       {{kOne, "shell", "bash or zsh"}},
       "  source <(gale completion bash)",
       Completion},
  };
}

}  // namespace gale::cli
