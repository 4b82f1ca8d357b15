// Cleaning of bundles: what nothing has in use goes, content by content (master/janitor.h).
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "gale/v1/worker.pb.h"
#include "master/dags/bundler.h"
#include "master/janitor.h"

namespace gale {
namespace {

class CleanBundles : public ::testing::Test {
 protected:
  CleanBundles() {
    char name[] = "/tmp/gale-clean-XXXXXX";
    folder_ = ::mkdtemp(name);
    store_ = OpenSqliteStore({.path = ":memory:"}).value();
    EXPECT_TRUE(store_->Migrate().ok());
    epoch_ = *store_->AcquireLeadership({.owner = "m"});
    bundler_.emplace(*store_, folder_);
  }
  ~CleanBundles() override { std::filesystem::remove_all(folder_); }

  void Write(const std::string& name, const std::string& text) {
    const std::string path = folder_ + "/" + name;
    std::ofstream(path) << text;
    files_[path] = {.mtime_ns = ++writes_, .size = static_cast<int64_t>(text.size())};
  }
  // The folder's bundle on that day.
  std::string Make(int day) { return bundler_->Make(files_, Day(day)).value(); }
  static TimePoint Day(int day) { return TimePoint(std::chrono::hours(24 * day)); }
  std::string Clean(int before_day, bool only_count = false) {
    const CleanRequest request{
        .before = Day(before_day), .tables = {CleanTable::kBundleBlob}, .now = Day(100)};
    const auto rows =
        only_count ? CountOld(*store_, request) : CleanOld(*store_, request, [] { return true; });
    return rows.ok() ? fmt::format("{} {}", rows->at(0).table, rows->at(0).rows)
                     : rows.status().ToString();
  }
  bool IsWhole(const std::string& digest) {
    v1::Bundle bundle;
    const auto bytes = store_->GetBlob(digest);
    if (!bytes.ok() || !bundle.ParseFromString(*bytes)) return false;
    return std::ranges::all_of(
        bundle.files(), [&](const auto& file) { return store_->GetBlob(file.digest()).ok(); });
  }
  void Uses(CommitBatch batch) { ASSERT_TRUE(store_->Commit(epoch_, batch).ok()); }

  std::string folder_;
  std::unique_ptr<Store> store_;
  Epoch epoch_;
  std::optional<Bundler> bundler_;
  FileStates files_;
  int64_t writes_ = 0;
};

TEST_F(CleanBundles, WhatNothingHasInUseGoesContentByContent) {
  Write("a.py", "a");
  Write("b.py", "first");
  const std::string first = Make(1);
  Write("b.py", "second");
  const std::string second = Make(2);
  Write("b.py", "third");
  const std::string third = Make(3);
  Uses({.dags = {DagRow{.dag_id = "d", .version = 1}},
        .dag_versions = {{"d", 1, "hash", "spec", Day(1)}},
        .bundle = third,
        .version_bundles = {{"d", 1, first}}});
  EXPECT_EQ(Clean(10, /*only_count=*/true), "bundle_blob 2");
  EXPECT_TRUE(IsWhole(second)) << "counting removes nothing";
  EXPECT_EQ(Clean(10), "bundle_blob 2") << "the second's manifest, and its b.py";
  EXPECT_FALSE(IsWhole(second));
  EXPECT_TRUE(IsWhole(first)) << "a version's";
  EXPECT_TRUE(IsWhole(third)) << "the folder's";
  EXPECT_EQ(Clean(10), "bundle_blob 0");
}

TEST_F(CleanBundles, AFolderThatIsAsItOnceWasIsKeptBeforeAVersionHasIt) {
  Write("a.py", "once");
  const std::string once = Make(1);
  Write("a.py", "then");
  Uses({.bundle = Make(2)});
  Write("a.py", "once");
  EXPECT_EQ(Make(9), once) << "all of it is there already";
  EXPECT_EQ(Clean(5), "bundle_blob 0");
  EXPECT_TRUE(IsWhole(once)) << "whose commit is still to come";
}

}  // namespace
}  // namespace gale
