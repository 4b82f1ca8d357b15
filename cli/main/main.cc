// The `gale` program.
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <iostream>

#include "cli/cli.h"

int main(int argc, char** argv) {
  std::ios::sync_with_stdio(false);
  std::signal(SIGPIPE, SIG_DFL);  // `gale dags list | head` ends quietly
  gale::cli::Io io{.in = std::cin,
                   .out = std::cout,
                   .err = std::cerr,
                   .in_terminal = isatty(STDIN_FILENO) == 1,
                   .out_terminal = isatty(STDOUT_FILENO) == 1,
                   .env = gale::ProcessEnvironment()};
  const int code = gale::cli::RunCli({argv + 1, argv + argc}, io);
  std::cout.flush();
  std::fflush(stdout);
  // Nothing is left to do; gRPC's own end would only take time.
  std::_Exit(code);
}
