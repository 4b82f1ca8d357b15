// A whole worker in a folder of its own, and the fake master that it finds.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>

#include "tests/unit/worker/session/fake_master.h"
#include "worker/worker.h"

namespace gale::worker {

inline MonoTime In(Duration d) { return Clock::Real().Mono() + d; }

class WorkerWithMaster : public ::testing::Test {
 protected:
  WorkerWithMaster() : home(testing::TempDir() + "gale-worker-XXXXXX") {
    EXPECT_NE(::mkdtemp(home.data()), nullptr);
    master = std::make_unique<FakeMaster>(home + "/master.sock");
    options.home = home + "/worker";
    options.name = "w1";
    options.slots = 2;
    options.masters = {master->target()};
    options.environ = {"PATH=/usr/bin:/bin"};
    options.kill_grace = std::chrono::seconds(1);
  }
  ~WorkerWithMaster() override {
    if (worker) worker->Stop(In(Duration(0)));
    master.reset();
    std::filesystem::remove_all(home);
  }
  void Start() {
    worker = std::make_unique<WorkerNode>(options);
    Status started = worker->Start();
    ASSERT_TRUE(started.ok()) << started.ToString();
  }
  void StartAndConnect() {
    Start();
    master->WaitRoom();
  }

  std::string home;
  std::unique_ptr<FakeMaster> master;
  WorkerOptions options;
  std::unique_ptr<WorkerNode> worker;
};

}  // namespace gale::worker
