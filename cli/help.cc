#include "cli/help.h"

#include <fmt/format.h>

#include <algorithm>

#include "cli/command.h"

namespace gale::cli {
namespace {

constexpr size_t kNameWidth = 22;

std::string Line(std::string_view name, std::string_view help) {
  return fmt::format("  {:<{}} {}\n", name, kNameWidth, help);
}

bool InGroup(const Command& command) { return command.path.find(' ') != std::string_view::npos; }

}  // namespace

std::string RootHelp() {
  std::string out =
      "Gale runs DAGs: Airflow's files, commands and API, in one program.\n\n"
      "Usage: gale [OPTIONS] COMMAND ...\n\nRun it:\n";
  for (const Command& command : AllCommands()) {
    if (!InGroup(command) && !command.hidden) out += Line(command.path, command.help);
  }
  out += "\nUse it:\n";
  for (const Group& group : Groups()) {
    out += Line(fmt::format("{} ...", group.name), group.help);
  }
  return out +
         "\nOptions of every command:\n"
         "  --home DIR             Gale's home (default: $GALE_HOME, else ~/.gale)\n"
         "  --config FILE          settings, in place of <home>/gale.cfg\n"
         "  --server HOST:PORT     a master elsewhere; needs a token in $GALE_TOKEN or "
         "--token-file\n"
         "  --tls-ca FILE          who signed that master's certificate (or $GALE_TLS_CA, [tls] "
         "ca)\n"
         "  -o, --output FORMAT    table, json, yaml or plain\n"
         "  -h, --help             of the command, with examples\n"
         "\nExamples:\n"
         "  gale standalone                      # everything, in the foreground\n"
         "  gale dags list\n"
         "  gale dags trigger my_dag --wait\n"
         "  gale tasks logs my_dag RUN TASK --follow\n"
         "\nExit codes: 0 ok, 1 failed, 2 usage, 3 not found, 4 conflict, 5 no master, 6 not "
         "permitted\n";
}

std::string GroupHelp(std::string_view group) {
  std::string out;
  for (const Group& known : Groups()) {
    if (known.name == group) out = fmt::format("gale {}: {}.\n\n", group, known.help);
  }
  out += fmt::format("Usage: gale {} COMMAND ...\n\nCommands:\n", group);
  std::string examples;
  for (const Command& command : AllCommands()) {
    if (command.hidden || !command.path.starts_with(fmt::format("{} ", group))) continue;
    out += Line(command.path.substr(group.size() + 1), command.help);
    examples += fmt::format("{}\n", command.examples.substr(0, command.examples.find('\n')));
  }
  return out + fmt::format("\nExamples:\n{}\nMore: gale {} COMMAND -h\n", examples, group);
}

std::string CompletionScript(bool zsh) {
  std::string roots;
  std::string cases;
  for (const Command& command : AllCommands()) {
    if (command.hidden) continue;
    if (!InGroup(command)) roots += fmt::format("{} ", command.path);
    std::string options = "--home --config --server --token-file --tls-ca --output --help";
    for (const Arg& arg : command.args) {
      if (!arg.positional()) options += fmt::format(" --{}", arg.key());
    }
    cases += fmt::format("    '{}') words='{}' ;;\n", command.path, options);
  }
  for (const Group& group : Groups()) {
    std::string subs;
    for (const Command& command : AllCommands()) {
      if (command.hidden || !command.path.starts_with(fmt::format("{} ", group.name))) continue;
      subs += fmt::format("{} ", command.path.substr(group.name.size() + 1));
    }
    roots += fmt::format("{} ", group.name);
    cases += fmt::format("    '{}') words='{}' ;;\n", group.name, subs);
  }
  return fmt::format(R"(# Completion for gale; load it with:  source <(gale completion {0})
{1}_gale() {{
  local cmd= word words= i
  for ((i = 1; i < COMP_CWORD && i < 3; i++)); do
    word=${{COMP_WORDS[i]}}
    [[ $word == -* ]] && break
    cmd="${{cmd:+$cmd }}$word"
  done
  case "$cmd" in
    '') words='{2}' ;;
{3}  esac
  COMPREPLY=($(compgen -W "$words" -- "${{COMP_WORDS[COMP_CWORD]}}"))
}}
complete -o default -F _gale gale
)",
                     zsh ? "zsh" : "bash",
                     zsh ? "autoload -U +X bashcompinit && bashcompinit\n" : "", roots, cases);
}

}  // namespace gale::cli
