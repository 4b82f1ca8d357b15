// The spool: what was written is there for the next process, whole or not at all.
#include "worker/spool.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "common/rpc/convert.h"

namespace gale::worker {
namespace {

class SpoolTest : public ::testing::Test {
 protected:
  SpoolTest() : home(testing::TempDir() + "gale-spool-XXXXXX") {
    EXPECT_NE(::mkdtemp(home.data()), nullptr);
  }
  ~SpoolTest() override { std::filesystem::remove_all(home); }

  static AttemptId Id(int64_t run) { return {RunId(run), TaskIndex(0), kUnmapped, 1}; }
  static v1::Finished Result(int64_t run) {
    v1::Finished finished;
    *finished.mutable_attempt() = ToProto(Id(run));
    finished.set_outcome(v1::Finished::FAILED);
    finished.set_reason("exit code 1");
    return finished;
  }
  size_t Load() {
    Spool next(home);
    auto loaded = next.Load();
    EXPECT_TRUE(loaded.ok()) << loaded.status().ToString();
    return loaded.ok() ? loaded->size() : 0;
  }
  std::string home;
};

TEST_F(SpoolTest, TheNextProcessFindsWhatWasWrittenAndNotWhatWasRemoved) {
  Spool spool(home);
  ASSERT_EQ(spool.Load()->size(), 0u);
  ASSERT_TRUE(spool.Write(Result(1), /*sync=*/true).ok());
  ASSERT_TRUE(spool.Write(Result(2), /*sync=*/false).ok());
  EXPECT_EQ(Load(), 2u);
  spool.Remove(Id(1));
  spool.Remove(Id(1));
  EXPECT_EQ(spool.size(), 1u);
  auto left = Spool(home).Load();
  ASSERT_EQ(left->size(), 1u);
  EXPECT_EQ((*left)[0].reason(), "exit code 1");
}

TEST_F(SpoolTest, ADamagedFileIsSetAsideAndTheOthersAreRead) {
  Spool spool(home);
  ASSERT_TRUE(spool.Load().ok());
  ASSERT_TRUE(spool.Write(Result(1), false).ok());
  std::ofstream(home + "/spool/9.0.-1.1.result") << "\x01rubbish";
  std::ofstream(home + "/spool/8.0.-1.1.result.new") << "its writer died";
  EXPECT_EQ(Load(), 1u);
  EXPECT_TRUE(std::filesystem::exists(home + "/spool/damaged/9.0.-1.1.result"));
  EXPECT_FALSE(std::filesystem::exists(home + "/spool/8.0.-1.1.result.new"));
}

TEST_F(SpoolTest, AFullSpoolRefusesByTheNameOfItsLimit) {
  Spool spool(home, Files::Real(), /*entries_max=*/1);
  ASSERT_TRUE(spool.Load().ok());
  ASSERT_TRUE(spool.Write(Result(1), false).ok());
  Status refused = spool.Write(Result(2), false);
  EXPECT_EQ(refused.code(), Code::kResourceExhausted);
  EXPECT_NE(refused.message().find("kSpoolEntriesMax"), std::string::npos);
}

TEST_F(SpoolTest, ADiskThatRefusesIsAnErrorAndLeavesNothingBehind) {
  Spool spool(home);
  ASSERT_TRUE(spool.Load().ok());
  std::filesystem::remove_all(home + "/spool");
  EXPECT_FALSE(spool.Write(Result(1), false).ok());
  EXPECT_EQ(spool.size(), 0u);
}

}  // namespace
}  // namespace gale::worker
