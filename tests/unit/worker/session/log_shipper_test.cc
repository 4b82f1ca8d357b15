#include "worker/log_shipper.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <map>

#include "tests/unit/worker/session/fake_master.h"

namespace gale::worker {
namespace {

AttemptId Attempt(int64_t run) { return {RunId(run), TaskIndex(0), -1, 1}; }

class LogShipperTest : public ::testing::Test {
 protected:
  LogShipperTest() : home(testing::TempDir() + "gale-logs-XXXXXX") {
    EXPECT_NE(::mkdtemp(home.data()), nullptr);
    files = std::make_unique<AttemptFiles>(home);
    EXPECT_TRUE(files->Create().ok());
    master = std::make_unique<FakeMaster>(home + "/master.sock");
    shipper = std::make_unique<LogShipper>(*files, "token", "w1");
  }
  ~LogShipperTest() override {
    shipper.reset();
    master.reset();
    std::filesystem::remove_all(home);
  }
  void Append(int64_t run, const std::string& text) {
    EXPECT_TRUE(files->AppendLog(Attempt(run), text).ok());
  }
  void Connect() {
    EXPECT_TRUE(shipper->Start().ok());
    shipper->SetChannel(grpc::CreateChannel(master->target(), grpc::InsecureChannelCredentials()));
  }

  // Four that write as fast as their logs are taken, and one line of a fifth, the last by its name.
  // What the master had of the four before it heard of the fifth.
  uint64_t LoudBytesBeforeTheQuietOne(bool loud_have_ended) {
    static constexpr uint64_t kEnough = 64 << 20;
    const std::string much(1 << 20, 'x');
    master->on_log = [this](const AttemptId& id, const v1::LogChunk& chunk) {
      std::lock_guard lock(mutex);
      if (id == Attempt(5)) heard = true;
      if (heard || loud > kEnough) return changed.notify_all();
      loud += chunk.data().size();
      Append(id.run.value, chunk.data());
    };
    for (int64_t run = 1; run <= 4; ++run) Append(run, much);
    Append(5, "quiet\n");
    for (int64_t run = 1; run <= 5; ++run) {
      if (loud_have_ended && run < 5) {
        shipper->Ended(Attempt(run));
      } else {
        shipper->Follow(Attempt(run));
      }
    }
    Connect();
    std::unique_lock lock(mutex);
    EXPECT_TRUE(changed.wait_for(lock, std::chrono::seconds(20), [&] { return heard; }));
    return loud;
  }

  uint64_t loud = 0;
  bool heard = false;
  std::mutex mutex;  // of these two, which the master's thread uses until it is gone
  std::condition_variable changed;
  std::string home;
  std::unique_ptr<AttemptFiles> files;
  std::unique_ptr<FakeMaster> master;
  std::unique_ptr<LogShipper> shipper;
};

// It was looked at only when those before it had nothing more to say.
TEST_F(LogShipperTest, AQuietLogIsNotStarvedByFourLoudOnes) {
  EXPECT_LE(LoudBytesBeforeTheQuietOne(false), uint64_t{8} << 20);
}

TEST_F(LogShipperTest, NorByFourThatHaveEndedAndAreLong) {
  EXPECT_LE(LoudBytesBeforeTheQuietOne(true), uint64_t{8} << 20);
}

}  // namespace
}  // namespace gale::worker
