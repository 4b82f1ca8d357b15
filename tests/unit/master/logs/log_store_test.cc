#include "master/logs/log_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <fstream>
#include <future>
#include <thread>

#include "common/base/limits.h"

namespace gale {
namespace {

using std::chrono::seconds;
using std::chrono::steady_clock;

class LogStoreTest : public testing::Test {
 protected:
  LogStoreTest() {
    char folder[] = "/tmp/gale-logs-XXXXXX";
    root_ = ::mkdtemp(folder);
    logs_ = std::make_unique<LogStore>(root_ / "logs");
  }
  ~LogStoreTest() override {
    logs_.reset();
    std::filesystem::remove_all(root_);
  }

  LogKey key_{"etl", "manual__2026-11-23T10:00:00+00:00", "load", kUnmapped, 1};
  std::filesystem::path root_;
  std::unique_ptr<LogStore> logs_;
};

TEST_F(LogStoreTest, ChunksInOrderMakeTheWholeLog) {
  EXPECT_EQ(logs_->Append(key_, 0, "hello ").value(), 6u);
  EXPECT_EQ(logs_->Append(key_, 6, "airflow\n").value(), 14u);
  EXPECT_EQ(logs_->Size(key_).value(), 14u);
  EXPECT_EQ(logs_->Read(key_, 0, 100).value(), "hello airflow\n");
  EXPECT_EQ(logs_->Read(key_, 6, 7).value(), "airflow");
  EXPECT_EQ(logs_->Read(key_, 14, 7).value(), "");
}

TEST_F(LogStoreTest, AChunkThatComesTwiceOrOverlapsIsTakenOnce) {
  ASSERT_TRUE(logs_->Append(key_, 0, "abcdef").ok());
  EXPECT_EQ(logs_->Append(key_, 0, "abc").value(), 6u);
  EXPECT_EQ(logs_->Append(key_, 3, "defgh").value(), 8u);
  EXPECT_EQ(logs_->Append(key_, 2, "").value(), 8u);
  EXPECT_EQ(logs_->Read(key_, 0, 100).value(), "abcdefgh");
}

TEST_F(LogStoreTest, AGapIsRefusedAndNamesTheSize) {
  ASSERT_TRUE(logs_->Append(key_, 0, "abc").ok());
  auto gap = logs_->Append(key_, 10, "x");
  EXPECT_EQ(gap.status().code(), Code::kOutOfRange);
  EXPECT_THAT(gap.status().ToString(), testing::HasSubstr("has 3 bytes"));
  EXPECT_EQ(logs_->Read(key_, 0, 100).value(), "abc");
}

TEST_F(LogStoreTest, ALogGoesOnWhereALastMasterLeftIt) {
  ASSERT_TRUE(logs_->Append(key_, 0, "abc").ok());
  logs_ = std::make_unique<LogStore>(root_ / "logs");
  EXPECT_EQ(logs_->Append(key_, 1, "bcd").value(), 4u);
  EXPECT_EQ(logs_->Read(key_, 0, 100).value(), "abcd");
}

TEST_F(LogStoreTest, MoreRunsThanAreKeptOpenAreAllWritten) {
  const auto descriptors = [] {
    return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {});
  };
  const auto before = descriptors();
  LogKey key = key_;
  for (int round = 0; round < 2; ++round) {
    for (size_t n = 1; n <= limits::kLogRunsOpenMax + 20; ++n) {
      key.run_id = std::to_string(n);
      ASSERT_TRUE(logs_->Append(key, static_cast<uint64_t>(round), "x").ok());
    }
  }
  EXPECT_EQ(logs_->open_runs(), limits::kLogRunsOpenMax);
  EXPECT_LE(descriptors() - before, long{limits::kLogDescriptorsMax});
  for (size_t n = 1; n <= limits::kLogRunsOpenMax + 20; ++n) {
    key.run_id = std::to_string(n);
    EXPECT_EQ(logs_->Read(key, 0, 10).value(), "xx");
  }
}

TEST_F(LogStoreTest, OthersCannotReadTheFolder) {
  ASSERT_TRUE(logs_->Append(key_, 0, "secret").ok());
  struct stat info {};
  ASSERT_EQ(::stat((root_ / "logs").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0700u);
}

TEST(LogKeyTest, ThePathIsAirflows) {
  EXPECT_EQ((LogKey{"d", "r", "t", kUnmapped, 3}).Path(),
            "dag_id=d/run_id=r/task_id=t/attempt=3.log");
  EXPECT_EQ((LogKey{"d", "r", "t", 7, 1}).Path(),
            "dag_id=d/run_id=r/task_id=t/map_index=7/attempt=1.log");
}

TEST(LogKeyTest, NoNameLeavesTheFolderOrCollides) {
  const std::string path =
      LogKey{"../../etc", "a/b\n", std::string("nul\0", 4), kUnmapped, 1}.Path();
  EXPECT_EQ(path, "dag_id=..%2F..%2Fetc/run_id=a%2Fb%0A/task_id=nul%00/attempt=1.log");
  EXPECT_NE((LogKey{"a%2Fb", "r", "t", kUnmapped, 1}).Path(),
            (LogKey{"a/b", "r", "t", kUnmapped, 1}).Path());
}

TEST_F(LogStoreTest, NamesOfTheGreatestLengthFitAndStayApart) {
  LogKey a{std::string(250, 'd'), std::string(250, 'r'), std::string(249, 't') + "1", kUnmapped, 1};
  LogKey b = a;
  b.task_id.back() = '2';
  ASSERT_TRUE(logs_->Append(a, 0, "of a").ok());
  ASSERT_TRUE(logs_->Append(b, 0, "of b").ok());
  EXPECT_EQ(logs_->Read(a, 0, 10).value(), "of a");
  EXPECT_EQ(logs_->Read(b, 0, 10).value(), "of b");
}

}  // namespace
}  // namespace gale
