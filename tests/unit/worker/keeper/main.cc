// The tests' program is also the keeper that they start (as `gale keeper` is).
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "worker/keeper/keeper.h"

int main(int argc, char** argv) {
  if (argc >= 6 && std::string_view(argv[1]) == "keeper") {
    gale::Status status = gale::keeper::RunKeeper(
        {.home = argv[3], .idle_exit = gale::Duration(std::atoll(argv[5]))});
    if (!status.ok()) std::fprintf(stderr, "%s\n", status.ToString().c_str());
    return status.ok() ? 0 : 1;
  }
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
