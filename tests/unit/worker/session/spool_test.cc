// The spool: what was written is there for the next process, whole or not at all.
#include "worker/spool.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <set>

#include "common/rpc/convert.h"
#include "tests/support/faulty_files.h"

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
  EXPECT_GT(spool.bytes(), 0u);
  auto left = Spool(home).Load();
  ASSERT_EQ(left->size(), 1u);
  EXPECT_EQ((*left)[0].reason(), "exit code 1");
}

TEST_F(SpoolTest, FilesOfEarlierVersionsAreTakenInAndADamagedOneIsSetAside) {
  std::filesystem::create_directory(home + "/spool");
  std::ofstream(home + "/spool/1.0.-1.1.result") << Result(1).SerializeAsString();
  std::ofstream(home + "/spool/9.0.-1.1.result") << "\x01rubbish";
  std::ofstream(home + "/spool/8.0.-1.1.result.new") << "its writer died";
  EXPECT_EQ(Load(), 1u);
  EXPECT_TRUE(std::filesystem::exists(home + "/spool/damaged/9.0.-1.1.result"));
  EXPECT_FALSE(std::filesystem::exists(home + "/spool/8.0.-1.1.result.new"));
  EXPECT_FALSE(std::filesystem::exists(home + "/spool/1.0.-1.1.result"));
  EXPECT_EQ(Load(), 1u);
}

TEST_F(SpoolTest, ADamagedEntryIsSetAsideAndTheOthersAreRead) {
  Spool spool(home);
  ASSERT_TRUE(spool.Load().ok());
  for (int64_t run = 1; run <= 3; ++run) ASSERT_TRUE(spool.Write(Result(run), false).ok());
  const std::string path = home + "/spool/results";
  std::string bytes = Files::Real().Read(path).value();
  bytes[bytes.size() / 2] ^= 1;
  ASSERT_TRUE(Files::Real().Write(path, bytes).ok());
  EXPECT_EQ(Load(), 2u);
  EXPECT_TRUE(std::filesystem::exists(path + ".damaged"));
}

TEST_F(SpoolTest, TenThousandResultsMakeOneSmallFile) {
  Spool spool(home);
  ASSERT_TRUE(spool.Load().ok());
  for (int64_t run = 1; run <= 10'000; ++run) {
    ASSERT_TRUE(spool.Write(Result(run), false).ok());
    if (run % 1000 == 0) continue;  // nobody acks it
    spool.Remove(Id(run));
    ASSERT_LT(std::filesystem::file_size(home + "/spool/results"), 2 * limits::kJournalBytesMin);
  }
  const std::filesystem::directory_iterator files(home + "/spool");
  EXPECT_EQ(std::distance(begin(files), end(files)), 1);
  EXPECT_EQ(Load(), 10u);
}

TEST_F(SpoolTest, AFullSpoolRefusesByTheNameOfItsLimit) {
  Spool spool(home, Files::Real(), /*entries_max=*/1);
  ASSERT_TRUE(spool.Load().ok());
  ASSERT_TRUE(spool.Write(Result(1), false).ok());
  Status refused = spool.Write(Result(2), false);
  EXPECT_EQ(refused.code(), Code::kResourceExhausted);
  EXPECT_NE(refused.message().find("kSpoolEntriesMax"), std::string::npos);
}

// Every operation in turn: what was promised is there for the next process, and nothing that was
// refused or acked, but for acks that a full disk didn't take.
TEST_F(SpoolTest, WhateverFailsWhatWasTakenIsThereForTheNextProcess) {
  using Fault = FaultyFiles::Fault;
  for (const Fault fault : {Fault::kDiskFull, Fault::kIoError, Fault::kShortWrite}) {
    bool failed = true;
    for (uint64_t n = 1; failed; ++n) {
      SCOPED_TRACE(testing::Message() << "fault " << int(fault) << " at " << n);
      std::filesystem::remove_all(home + "/spool");
      FaultyFiles faulty;
      Spool spool(home, faulty);
      ASSERT_TRUE(spool.Load().ok());
      faulty.FailAt(n, fault);
      std::set<int64_t> taken;
      for (int64_t run = 1; run <= 4; ++run) {
        if (spool.Write(Result(run), run % 2 == 0).ok()) taken.insert(run);
        EXPECT_EQ(spool.size(), taken.size());
      }
      spool.Remove(Id(2));
      failed = faulty.failed();
      faulty.Heal();
      std::set<int64_t> left;
      const std::vector<v1::Finished> loaded = Spool(home).Load().value();
      for (const v1::Finished& each : loaded) left.insert(each.attempt().run());
      if (left.size() < taken.size()) taken.erase(2);
      EXPECT_EQ(left, taken);
      ASSERT_LT(n, 50u);
    }
  }
}

}  // namespace
}  // namespace gale::worker
