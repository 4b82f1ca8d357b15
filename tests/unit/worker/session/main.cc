// The tests' program is its own keeper: the worker starts it as `<program> keeper --home <home>`. And
// it is a Python task's process (fake_task.h): `<program> -m ...`. With GALE_KEEPER_FAULTS the keeper's
// files fail as that file (fault_control.h) says.
#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>

#include "tests/support/fault_control.h"
#include "tests/support/faulty_files.h"
#include "tests/unit/worker/session/fake_task.h"
#include "worker/keeper/keeper.h"

int main(int argc, char** argv) {
  if (argc >= 3 && std::strcmp(argv[1], "-m") == 0) return gale::worker::FakeTask::Run();
  if (argc == 4 && std::strcmp(argv[1], "keeper") == 0) {
    gale::keeper::KeeperOptions options;
    options.home = argv[3];
    options.idle_exit = std::chrono::seconds(1);
    gale::FaultyFiles files;
    if (const char* path = std::getenv("GALE_KEEPER_FAULTS")) {
      gale::FaultControl& control = gale::FaultControl::Map(path);
      files.decide = [&control](bool writes, const std::string&) { return control.Decide(writes); };
      options.files = &files;
    }
    return gale::keeper::RunKeeper(options).ok() ? 0 : 1;
  }
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
