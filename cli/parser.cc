#include "cli/parser.h"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <deque>
#include <memory>

#include "cli/help.h"
#include "cli/text.h"

namespace gale::cli {
namespace {

const std::vector<Arg>& GlobalArgs() {
  static const std::vector<Arg> kArgs = {
      {Arg::Kind::kValue, "--home", "Gale's home (default: $GALE_HOME, else ~/.gale)", "DIR"},
      {Arg::Kind::kValue, "--config", "settings, in place of <home>/gale.cfg", "FILE"},
      {Arg::Kind::kValue, "--server",
       "a master elsewhere (or several: A,B); needs a token in $GALE_TOKEN", "HOST:PORT"},
      {Arg::Kind::kValue, "--token-file", "the token for --server, in a file", "FILE"},
      {Arg::Kind::kValue, "--tls-ca", "who signed the certificate of --server (or $GALE_TLS_CA)",
       "FILE"},
      {Arg::Kind::kValue, "-o,--output", "table, json, yaml or plain", "FORMAT"},
  };
  return kArgs;
}

bool IsHelp(const std::string& word) { return word == "-h" || word == "--help"; }

// Whether `word` is a global option whose value is the next word.
bool TakesNext(const std::string& word) {
  for (const Arg& arg : GlobalArgs()) {
    if (word == "-o" || word == fmt::format("--{}", arg.key())) return true;
  }
  return false;
}

bool IsGlobal(const std::string& word) {
  if (TakesNext(word) || (word.starts_with("-o") && !word.starts_with("--"))) return true;
  for (const Arg& arg : GlobalArgs()) {
    if (word.starts_with(fmt::format("--{}=", arg.key()))) return true;
  }
  return false;
}

// The command line, with the command's own words taken out of the arguments.
struct Split {
  std::vector<std::string> path;  // at most two words
  std::vector<std::string> rest;
};

bool IsGroup(std::string_view word) {
  return std::ranges::any_of(Groups(), [&](const Group& group) { return group.name == word; });
}

Split SplitWords(const std::vector<std::string>& words) {
  Split split;
  for (size_t i = 0; i < words.size(); ++i) {
    const bool complete =
        !split.path.empty() && (split.path.size() == 2 || !IsGroup(split.path[0]));
    if (complete || words[i].starts_with("-")) {
      split.rest.push_back(words[i]);
      if (!complete && TakesNext(words[i]) && i + 1 < words.size()) {
        split.rest.push_back(words[++i]);
      }
    } else {
      split.path.push_back(words[i]);
    }
  }
  return split;
}

// Airflow's commands that somebody may look for: what to do instead.
constexpr std::pair<std::string_view, std::string_view> kNotThere[] = {
    {"triggerer", "start nothing in its place"},
    {"tasks test", "run the DAG: `gale dags trigger DAG --wait`, then `gale tasks logs`"},
    {"tasks run", "run the DAG: `gale dags trigger DAG --wait`, then `gale tasks logs`"},
    {"dags test", "run the DAG: `gale dags trigger DAG --wait`, then `gale tasks logs`"},
    {"dags backfill", "`gale dags trigger DAG -e DATE` makes the run of one date"},
    {"backfill", "`gale dags trigger DAG -e DATE` makes the run of one date"},
    {"rotate-fernet-key", "`gale secrets rotate` makes a new key and seals everything by it"},
    {"users reset-password", "`gale users set USERNAME --password -`"},
    {"users add-role", "`gale users set USERNAME --role ROLE`; a user has one role"},
    {"users remove-role", "`gale users set USERNAME --role ROLE`; a user has one role"},
    {"connections create-default-connections",
     "there are none; `gale connections import` takes a file"},
};

Status UnknownCommand(const std::vector<std::string>& path) {
  const std::string words = Join(path, " ");
  for (const auto& [airflows, instead] : kNotThere) {
    if (words == airflows || words.starts_with(fmt::format("{} ", airflows))) {
      return InvalidArgument("Gale has no `gale {}` of Airflow's: {}", words, instead);
    }
  }
  std::vector<std::string_view> known;
  for (const Group& group : Groups()) {
    if (path.size() == 1) known.push_back(group.name);
  }
  for (const Command& command : AllCommands()) {
    if (command.hidden) continue;
    if (path.size() == 1) known.push_back(command.path);
    if (path.size() == 2 && command.path.starts_with(path[0] + " ")) {
      known.push_back(command.path.substr(path[0].size() + 1));
    }
  }
  const std::string_view near = Nearest(path.back(), known);
  const std::string where = path.size() == 2 ? "gale " + path[0] : "gale";
  return InvalidArgument("there is no command '{}' in `{}`{}: see `{} -h`", path.back(), where,
                         near.empty() ? "" : fmt::format(", did you mean '{}'?", near), where);
}

// Arguments that CLI11 fills in. It keeps pointers to the values: they don't move.
struct Bound {
  const Arg* arg;
  std::vector<std::string> values;
  bool flag = false;
};

void AddArg(CLI::App& app, Bound& bound, const std::string& group) {
  const Arg& arg = *bound.arg;
  const std::string names(arg.names);
  const std::string help(arg.help);
  CLI::Option* option = nullptr;
  switch (arg.kind) {
    case Arg::Kind::kFlag: option = app.add_flag(names, bound.flag, help); break;
    case Arg::Kind::kOne:
      option = app.add_option(names, bound.values, help)->expected(1)->required();
      break;
    case Arg::Kind::kOptional:
      option = app.add_option(names, bound.values, help)->expected(1);  // and not required
      break;
    case Arg::Kind::kMany:
      option = app.add_option(names, bound.values, help)->expected(1, 1 << 20)->required();
      break;
    case Arg::Kind::kValue:
      option = app.add_option(names, bound.values, help)
                   ->expected(1)
                   ->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
      break;
    case Arg::Kind::kValues:
      option =
          app.add_option(names, bound.values, help)->expected(1, 1 << 20)->allow_extra_args(false);
      break;
  }
  // A vector's option would take all words that come: only kMany shall.
  if (arg.kind != Arg::Kind::kFlag) option->allow_extra_args(arg.kind == Arg::Kind::kMany);
  option->type_name(arg.positional() || arg.kind == Arg::Kind::kFlag
                        ? ""
                        : std::string(arg.value.empty() ? "TEXT" : arg.value));
  if (!group.empty()) option->group(group);
}

Args Collect(const std::deque<Bound>& bounds, bool global) {
  Args args;
  for (const Bound& bound : bounds) {
    const bool is_global =
        bound.arg >= GlobalArgs().data() && bound.arg < GlobalArgs().data() + GlobalArgs().size();
    if (is_global != global) continue;
    if (bound.flag) args.Set(bound.arg->key(), {"true"});
    if (!bound.values.empty()) args.Set(bound.arg->key(), bound.values);
  }
  return args;
}

// CLI11's parser takes "-1" for an option: such a word is handed to it in disguise.
constexpr char kMinus = '\x01';
bool IsNegativeNumber(const std::string& word) {
  return word.size() > 1 && word[0] == '-' &&
         std::all_of(word.begin() + 1, word.end(), [](unsigned char c) { return std::isdigit(c); });
}

}  // namespace

std::vector<std::string> ReplaceAlias(std::vector<std::string> words) {
  struct Alias {
    std::vector<std::string> from, to;
  };
  static const std::vector<Alias> kAliases = {
      {{"list_dags"}, {"dags", "list"}},
      {{"trigger_dag"}, {"dags", "trigger"}},
      {{"pause"}, {"dags", "pause"}},
      {{"unpause"}, {"dags", "unpause"}},
      {{"list_dag_runs"}, {"dags", "list-runs"}},
      {{"dag_state"}, {"dags", "state"}},
      {{"next_execution"}, {"dags", "next-execution"}},
      {{"list_tasks"}, {"tasks", "list"}},
      {{"clear"}, {"tasks", "clear"}},
      {{"initdb"}, {"db", "migrate"}},
      {{"upgradedb"}, {"db", "migrate"}},
      {{"db", "init"}, {"db", "migrate"}},
      {{"db", "upgrade"}, {"db", "migrate"}},
      {{"celery", "worker"}, {"worker"}},
      {{"celery", "flower"}, {"flower"}},
      {{"api-server"}, {"webserver"}},
      {{"--version"}, {"version"}},
  };
  size_t at = 0;  // past the global options before the command
  while (at < words.size() && IsGlobal(words[at])) at += TakesNext(words[at]) ? 2 : 1;
  at = std::min(at, words.size());
  for (const Alias& alias : kAliases) {
    auto begin = words.begin() + static_cast<std::ptrdiff_t>(at);
    if (words.size() - at >= alias.from.size() &&
        std::equal(alias.from.begin(), alias.from.end(), begin)) {
      begin = words.erase(begin, begin + static_cast<std::ptrdiff_t>(alias.from.size()));
      words.insert(begin, alias.to.begin(), alias.to.end());
      break;
    }
  }
  return words;
}

namespace {

Result<Parsed> ParseCommand(const Command& command, std::vector<std::string> rest) {
  const std::string name = "gale " + std::string(command.path);
  CLI::App app{std::string(command.help) + ".", name};
  app.set_help_flag("-h,--help", "this help");
  app.footer(fmt::format("Examples:\n{}", command.examples));
  std::deque<Bound> bounds;
  for (const Arg& arg : command.args) AddArg(app, bounds.emplace_back(Bound{&arg, {}}), "");
  for (const Arg& arg : GlobalArgs()) {
    AddArg(app, bounds.emplace_back(Bound{&arg, {}}), "Everywhere");
  }
  for (std::string& word : rest) {
    if (IsNegativeNumber(word)) word[0] = kMinus;
  }
  Parsed parsed{&command};
  std::ranges::reverse(rest);  // as CLI11 takes a vector
  try {
    app.parse(std::move(rest));
  } catch (const CLI::CallForHelp&) {
    parsed.command = nullptr;
    parsed.help = app.help();
    return parsed;
  } catch (const CLI::ParseError& error) {
    return InvalidArgument("{}: see `{} -h`", OneLine(error.what()), name);
  }
  for (Bound& bound : bounds) {
    for (std::string& value : bound.values) {
      if (!value.empty() && value[0] == kMinus) value[0] = '-';
    }
  }
  parsed.args = Collect(bounds, false);
  parsed.globals = Collect(bounds, true);
  return parsed;
}

}  // namespace

Result<Parsed> ParseWords(const std::vector<std::string>& words) {
  Split split = SplitWords(ReplaceAlias(words));
  const bool help = std::ranges::any_of(split.rest, IsHelp);
  const std::string path = Join(split.path, " ");
  for (const Command& command : AllCommands()) {
    if (command.path == path) return ParseCommand(command, std::move(split.rest));
  }
  if (split.path.size() == 2 || (split.path.size() == 1 && !IsGroup(path))) {
    return UnknownCommand(split.path);
  }
  for (size_t i = 0; i < split.rest.size(); ++i) {
    const std::string& word = split.rest[i];
    if (TakesNext(word)) {
      ++i;
    } else if (!IsGlobal(word) && !IsHelp(word)) {
      return InvalidArgument("'{}' isn't an option of `gale{}{}`: see `gale -h`", word,
                             path.empty() ? "" : " ", path);
    }
  }
  Parsed parsed;
  parsed.help = path.empty() ? RootHelp() : GroupHelp(path);
  parsed.asked = help;
  return parsed;
}

}  // namespace gale::cli
