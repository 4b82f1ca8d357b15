// What of a DAGs folder is in the ledger, and when.
#include "master/dags/bundler.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "common/base/limits.h"
#include "common/rpc/digest.h"
#include "gale/v1/worker.pb.h"

namespace gale {
namespace {

namespace fs = std::filesystem;

class BundlerTest : public ::testing::Test {
 protected:
  BundlerTest() {
    char name[] = "/tmp/gale-bundle-XXXXXX";
    folder_ = ::mkdtemp(name);
    store_ = OpenSqliteStore({.path = ":memory:"}).value();
    EXPECT_TRUE(store_->Migrate().ok());
    bundler_.emplace(*store_, folder_);
  }
  ~BundlerTest() override { fs::remove_all(folder_); }

  void Write(const std::string& name, const std::string& text, bool executable = false) {
    const std::string path = folder_ + "/" + name;
    fs::create_directories(fs::path(path).parent_path());
    std::ofstream(path) << text;
    files_[path] = {
        .mtime_ns = ++writes_, .size = static_cast<int64_t>(text.size()), .executable = executable};
  }
  Result<std::string> Make() { return bundler_->Make(files_, TimePoint(Duration(1))); }
  v1::Bundle Manifest(const std::string& digest) {
    v1::Bundle bundle;
    EXPECT_TRUE(bundle.ParseFromString(store_->GetBlob(digest).value()));
    return bundle;
  }
  static std::string Shown(const v1::Bundle& bundle) {
    std::string out;
    for (const auto& file : bundle.files()) {
      out += fmt::format("{}{} {}; ", file.path(), file.executable() ? "*" : "", file.size());
    }
    return out;
  }

  std::string folder_;
  std::unique_ptr<Store> store_;
  std::optional<Bundler> bundler_;
  FileStates files_;
  int64_t writes_ = 0;
};

TEST_F(BundlerTest, EveryFileIsThereByItsDigest) {
  Write("team/etl.py", "import x");
  Write("run.sh", "echo hi", true);
  Write("empty.sql", "");
  const std::string digest = Make().value();
  const v1::Bundle bundle = Manifest(digest);
  EXPECT_EQ(digest, Sha256Hex(store_->GetBlob(digest).value()));
  EXPECT_EQ(bundle.folder(), folder_);
  EXPECT_EQ(Shown(bundle), "empty.sql 0; run.sh* 7; team/etl.py 8; ");
  EXPECT_EQ(store_->GetBlob(bundle.files(2).digest()).value(), "import x");
  EXPECT_EQ(Sha256Hex("import x"), bundle.files(2).digest());
}

TEST_F(BundlerTest, ANameMayBeOfAnyBytes) {
  Write("caf\xe9 \xff.sql", "select 1");
  EXPECT_EQ(Shown(Manifest(Make().value())), "caf\xe9 \xff.sql 8; ");
}

TEST_F(BundlerTest, TheSameFolderIsTheSameBundleWhoeverLooks) {
  Write("a.py", "1");
  const std::string digest = Make().value();
  EXPECT_EQ(Make().value(), digest);
  Write("a.py", "1");  // touched
  EXPECT_EQ(Make().value(), digest);
  EXPECT_EQ(Bundler(*store_, folder_).Make(files_, TimePoint(Duration(2))).value(), digest);
  Write("a.py", "1", true);
  EXPECT_NE(Make().value(), digest) << "who may run it is part of it";
}

TEST_F(BundlerTest, OnlyWhatChangedIsReadAndStoredAgain) {
  Write("a.py", "1");
  Write("b.py", "2");
  const std::string old = Make().value();
  fs::remove(folder_ + "/b.py");  // if it were read again, this would be an error
  Write("a.py", "3");
  const std::string digest = Make().value();
  EXPECT_EQ(store_->GetBlob(Manifest(digest).files(0).digest()).value(), "3");
  EXPECT_EQ(store_->GetBlob(Manifest(old).files(0).digest()).value(), "1") << "the old one stays";
}

TEST_F(BundlerTest, AFileThatIsBeingWrittenIsTriedAgain) {
  Write("a.py", "12");
  std::ofstream(folder_ + "/a.py") << "123";  // after the look
  EXPECT_EQ(Make().status().code(), Code::kUnavailable);
  Write("a.py", "123");
  EXPECT_TRUE(Make().ok());
}

TEST_F(BundlerTest, WhatIsOverALimitIsRefusedByName) {
  Write("a.py", "1");
  Write("data.bin", "x");
  files_[folder_ + "/data.bin"].size = limits::kBundleFileBytesMax + 1;
  const Status large = Make().status();
  EXPECT_EQ(large.code(), Code::kFailedPrecondition);
  EXPECT_NE(large.message().find("data.bin"), std::string::npos) << large.message();
  files_[folder_ + "/data.bin"].size = 1;
  const std::string deep = folder_ + "/" + std::string(limits::kBundlePathBytesMax + 1, 'd');
  files_[deep] = {};
  EXPECT_NE(Make().status().message().find("kBundlePathBytesMax"), std::string::npos);
  files_.erase(deep);
  for (size_t i = 0; i < limits::kBundleFilesMax; ++i)
    files_[fmt::format("{}/{}", folder_, i)] = {};
  const Status many = Make().status();
  EXPECT_NE(many.message().find("kBundleFilesMax"), std::string::npos) << many.message();
}

}  // namespace
}  // namespace gale
