// `gale -h` and `gale GROUP -h`, from the table of commands. (A command's own help is CLI11's.)
#pragma once

#include <string>
#include <string_view>

namespace gale::cli {

std::string RootHelp();
std::string GroupHelp(std::string_view group);

// A script that completes commands and options: for bash, and for zsh through its bashcompinit.
std::string CompletionScript(bool zsh);

}  // namespace gale::cli
