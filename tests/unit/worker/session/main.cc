// The tests' program is its own keeper: the worker starts it as `<program> keeper --home <home>`.
#include <gtest/gtest.h>

#include <cstring>

#include "worker/keeper/keeper.h"

int main(int argc, char** argv) {
  if (argc == 4 && std::strcmp(argv[1], "keeper") == 0) {
    gale::keeper::KeeperOptions options;
    options.home = argv[3];
    options.idle_exit = std::chrono::seconds(1);
    return gale::keeper::RunKeeper(options).ok() ? 0 : 1;
  }
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
