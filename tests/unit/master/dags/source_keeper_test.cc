// A DAG file's text in the ledger.
#include "master/dags/source_keeper.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "common/base/limits.h"
#include "common/rpc/digest.h"
#include "master/store/clean.h"

namespace gale {
namespace {

class SourceKeeperTest : public ::testing::Test {
 protected:
  SourceKeeperTest() {
    char folder[] = "/tmp/gale-sources-XXXXXX";
    folder_ = ::mkdtemp(folder);
    store_ = OpenSqliteStore({.path = ":memory:"}).value();
    EXPECT_TRUE(store_->Migrate().ok());
    keeper_.emplace(*store_);
  }
  ~SourceKeeperTest() override { std::filesystem::remove_all(folder_); }
  // Its state as a look at the folder sees it.
  FileState Write(const std::string& name, const std::string& text) {
    std::ofstream(folder_ / name, std::ios::binary) << text;
    FileState state;
    state.size = static_cast<int64_t>(text.size());
    state.mtime_ns = ++mtime_;
    return state;
  }
  std::string Keep(const std::string& name, const FileState& state, TimePoint now = {}) {
    return keeper_->Keep(folder_ / name, state, now);
  }

  std::filesystem::path folder_;
  std::unique_ptr<Store> store_;
  std::optional<SourceKeeper> keeper_;
  int64_t mtime_ = 0;
};

TEST_F(SourceKeeperTest, ATextIsKeptOnceByItsDigest) {
  const FileState a = Write("a.py", "x = 1\n"), b = Write("b.py", "x = 1\n");
  const std::string digest = Keep("a.py", a);
  EXPECT_EQ(digest, Sha256Hex("x = 1\n"));
  EXPECT_EQ(Keep("b.py", b), digest);
  EXPECT_EQ(store_->GetBlob(digest).value(), "x = 1\n");
  EXPECT_NE(Keep("a.py", Write("a.py", "x = 2\n")), digest);
}

TEST_F(SourceKeeperTest, WhatIsNotAsItWasSeenOrTooLargeOrNoTextOfCodeIsNotKept) {
  FileState a = Write("a.py", "x = 1\n");
  a.size = 7;
  EXPECT_EQ(Keep("a.py", a), "") << "it is being written";
  EXPECT_EQ(Keep("none.py", a), "");
  EXPECT_EQ(Keep("p.zip", Write("p.zip", "PK")), "");
  const std::string large(limits::kBundleFileBytesMax + 1, '#');
  EXPECT_EQ(Keep("l.py", Write("l.py", large)), "");
}

// A text that no version had is cleaned away; the file is still as it was when one comes.
TEST_F(SourceKeeperTest, WhatWasCleanedAwayIsKeptAgain) {
  const FileState a = Write("a.py", "x = 1\n");
  const std::string digest = Keep("a.py", a, TimePoint(std::chrono::hours(1)));
  Cleaning* cleaning = CleaningOf(*store_);
  ASSERT_NE(cleaning, nullptr);
  EXPECT_EQ(cleaning->RemoveBlobs({digest}, TimePoint(std::chrono::hours(2)), std::nullopt).value(),
            1u);
  EXPECT_EQ(Keep("a.py", a, TimePoint(std::chrono::hours(3))), digest);
  EXPECT_TRUE(store_->GetBlob(digest).ok());
}

}  // namespace
}  // namespace gale
