// The keeper's records: what the next one knows of its predecessor's families.
#include "worker/keeper/records.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/support/faulty_files.h"

namespace gale::keeper {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class RecordsTest : public testing::Test {
 protected:
  RecordsTest() : home_(testing::TempDir() + "gale-records-XXXXXX") {
    EXPECT_NE(::mkdtemp(home_.data()), nullptr);
  }
  ~RecordsTest() override { std::filesystem::remove_all(home_); }

  static RunningRecord Runs(const std::string& key, int32_t pid) {
    return {.key = key,
            .pid = pid,
            .birthday = static_cast<uint64_t>(pid) + 1,
            .started_at = TimePoint(Duration(77))};
  }
  static Exited Ended(const std::string& key, int code) {
    return {.key = key, .pid = 9, .exit_code = code, .reason = "why"};
  }
  // As the next keeper finds it: "a:5" runs with pid 5, "b=3" exited with 3.
  std::vector<std::string> Next() {
    Records records = Records::Open(home_).value();
    std::vector<std::string> out;
    for (const RunningRecord& r : records.Running())
      out.push_back(fmt::format("{}:{}", r.key, r.pid));
    const std::vector<Exited> exits = records.Exits().value();
    for (const Exited& e : exits) {
      out.push_back(fmt::format("{}={}", e.key, e.exit_code));
    }
    return out;
  }
  std::string Path() const { return home_ + "/records"; }

  std::string home_;
};

TEST_F(RecordsTest, TheNextKeeperKnowsWhatRanAndWhatEndedUntilItIsTaken) {
  Records records = Records::Open(home_).value();
  EXPECT_TRUE(records.Starting(Runs("a", 0)).ok());
  EXPECT_THAT(Next(), ElementsAre("a:0"));
  records.Started(Runs("a", 5));
  EXPECT_TRUE(records.Starting(Runs("b", 0)).ok());
  records.Started(Runs("b", 6));
  EXPECT_THAT(Next(), ElementsAre("a:5", "b:6"));
  EXPECT_EQ(records.Running()[0].birthday, 6u);
  EXPECT_EQ(records.Running()[0].started_at, TimePoint(Duration(77)));
  EXPECT_TRUE(records.Exit(Ended("b", 3)).ok());
  EXPECT_THAT(Next(), ElementsAre("a:5", "b=3"));
  EXPECT_EQ(records.Exits()->front().reason, "why");
  records.Take("b");
  records.Forget("a");
  records.Forget("unknown");
  EXPECT_THAT(Next(), IsEmpty());
}

TEST_F(RecordsTest, FilesOfAnEarlierVersionAreTakenIn) {
  std::filesystem::create_directory(home_ + "/running");
  std::filesystem::create_directory(home_ + "/exits");
  const std::string line =
      fmt::format("{:010} {:020} {:020} {}\n", 41, uint64_t{42}, int64_t{43}, 1);
  std::ofstream(home_ + "/running/runs") << line;
  std::ofstream(home_ + "/running/cut") << line.substr(0, 8);
  std::ofstream(home_ + "/exits/over") << line << Encode(Ended("over", 7));
  std::ofstream(home_ + "/exits/half") << line << "x";
  for (int i = 0; i < 2; ++i) EXPECT_THAT(Next(), ElementsAre("cut:0", "runs:41", "over=7"));
  EXPECT_FALSE(std::filesystem::exists(home_ + "/running"));
  EXPECT_FALSE(std::filesystem::exists(home_ + "/exits"));
}

TEST_F(RecordsTest, TenThousandFamiliesMakeOneSmallFile) {
  Records records = Records::Open(home_).value();
  for (int i = 0; i < 10'000; ++i) {
    const std::string key = fmt::format("{}.0.-1.1", i);
    ASSERT_TRUE(records.Starting(Runs(key, 0)).ok());
    records.Started(Runs(key, 5));
    if (i % 1000 == 0) continue;
    ASSERT_TRUE(records.Exit(Ended(key, 1)).ok());
    if (i % 1000 != 1) records.Take(key);
    ASSERT_LT(std::filesystem::file_size(Path()), 2 * limits::kJournalBytesMin);
  }
  EXPECT_EQ(Next().size(), 20u);
  EXPECT_EQ(records.Exits()->size(), 10u);
}

// A tear anywhere leaves what was there before the entry that it hit.
TEST_F(RecordsTest, TornAtAnyByteTheNextKeeperKnowsAllButTheLastWord) {
  std::vector<uint64_t> ends;
  std::vector<std::vector<std::string>> known = {{}, {"a:0"}, {"a:5"}, {"a=1"}, {}};
  {
    Records records = Records::Open(home_).value();
    auto end = [&] { ends.push_back(std::filesystem::file_size(Path())); };
    end();
    ASSERT_TRUE(records.Starting(Runs("a", 0)).ok());
    end();
    records.Started(Runs("a", 5));
    end();
    ASSERT_TRUE(records.Exit(Ended("a", 1)).ok());
    end();
    records.Take("a");
    end();
  }
  const std::string whole = Files::Real().Read(Path()).value();
  size_t step = 0;
  for (size_t n = 0; n <= whole.size(); ++n) {
    if (step + 1 < ends.size() && n >= ends[step + 1]) ++step;
    ASSERT_TRUE(Files::Real().Write(Path(), whole.substr(0, n)).ok());
    EXPECT_EQ(Next(), known[step]) << n;
    EXPECT_FALSE(Records::Open(home_)->damaged());
  }
}

TEST_F(RecordsTest, ADamagedRecordIsSaidForItsFamilyMayLive) {
  {
    Records records = Records::Open(home_).value();
    for (const char* key : {"a", "b", "c"}) ASSERT_TRUE(records.Starting(Runs(key, 5)).ok());
  }
  std::string bytes = Files::Real().Read(Path()).value();
  bytes[bytes.size() / 2] ^= 1;
  ASSERT_TRUE(Files::Real().Write(Path(), bytes).ok());
  EXPECT_TRUE(Records::Open(home_)->damaged());
  EXPECT_THAT(Next(), ElementsAre("a:5", "c:5"));
}

TEST_F(RecordsTest, ThoseThatCannotBeReadAreAnErrorAndNotNone) {
  ASSERT_TRUE(Records::Open(home_)->Starting(Runs("a", 5)).ok());
  FaultyFiles faulty;
  ASSERT_TRUE(Records::Open(home_, faulty).ok());
  const uint64_t operations = faulty.operations();
  uint64_t failures = 0;
  for (uint64_t n = 1; n <= operations; ++n) {
    faulty.FailAt(n, FaultyFiles::Fault::kIoError);
    const auto records = Records::Open(home_, faulty);
    if (!records.ok()) ++failures;
    EXPECT_TRUE(!records.ok() || records->Running().size() == 1) << n;
  }
  EXPECT_GT(failures, 0u);
  EXPECT_THAT(Next(), ElementsAre("a:5"));
}

}  // namespace
}  // namespace gale::keeper
