// From words to a command and its arguments. The only user of CLI11, behind these functions.
//
// Options that every command takes (--home, --config, --server, --token-file, --tls-ca, -o) may
// stand anywhere after `gale`. A command's words are found before its arguments are read, so a DAG
// may be called "tasks".
#pragma once

#include <string>
#include <vector>

#include "cli/command.h"

namespace gale::cli {

struct Parsed {
  const Command* command = nullptr;  // nullptr: `help` is all that was asked for
  Args args;
  Args globals;  // home, config, server, token-file, tls-ca, output
  std::string help;
  bool asked = true;  // false: `help` is shown because the command is missing
};

// INVALID_ARGUMENT: one line that names the word and what is near it.
Result<Parsed> ParseWords(const std::vector<std::string>& words);

// The words that Airflow, old or new, uses for the same command: "list_dags" is "dags list".
std::vector<std::string> ReplaceAlias(std::vector<std::string> words);

}  // namespace gale::cli
