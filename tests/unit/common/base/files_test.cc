#include "common/base/files.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "tests/support/faulty_files.h"

namespace gale {
namespace {

class FilesTest : public ::testing::Test {
 protected:
  FilesTest() : home(testing::TempDir() + "gale-files-XXXXXX") {
    EXPECT_NE(::mkdtemp(home.data()), nullptr);
  }
  ~FilesTest() override { std::filesystem::remove_all(home); }
  std::string At(const std::string& name) { return home + "/" + name; }

  std::string home;
  Files& files = Files::Real();
};

TEST_F(FilesTest, WhatIsWrittenIsRead) {
  const std::string bytes = std::string("a\0b\n", 4) + std::string(3 << 20, 'x');
  ASSERT_TRUE(files.Write(At("f"), bytes).ok());
  EXPECT_EQ(*files.Read(At("f")), bytes);
  EXPECT_EQ(files.Read(At("f"), bytes.size() - 1).status().code(), Code::kResourceExhausted);
  EXPECT_EQ(*files.Read(At("f"), bytes.size()), bytes);
  EXPECT_EQ(files.Look(At("f"))->st_mode & 0777, 0600u);
  ASSERT_TRUE(files.Write(At("f"), "").ok());
  EXPECT_EQ(*files.Read(At("f")), "");
  EXPECT_FALSE(files.Read("/proc/self/status")->empty()) << "a file whose size says 0";
}

TEST_F(FilesTest, ErrorsNameThePathAndWhatToExpect) {
  Status gone = files.Read(At("none")).status();
  EXPECT_EQ(gone.code(), Code::kNotFound);
  EXPECT_EQ(gone.message(), fmt::format("cannot open '{}': No such file or directory", At("none")));
  EXPECT_EQ(files.Read(home).status().message(),
            fmt::format("cannot read '{}': Is a directory", home));
  ASSERT_TRUE(files.WriteNew(At("f"), "1", {.mode = 0444}).ok());
  EXPECT_EQ(files.Look(At("f"))->st_mode & 0777, 0444u);
  EXPECT_EQ(files.WriteNew(At("f"), "2").code(), Code::kAlreadyExists);
  EXPECT_EQ(*files.Read(At("f")), "1");
  EXPECT_TRUE(files.EnsureFolder(At("d")).ok());
  EXPECT_TRUE(files.EnsureFolder(At("d")).ok());
  EXPECT_EQ(files.MakeFolder(At("d")).code(), Code::kAlreadyExists);
  EXPECT_EQ(files.Remove(At("none")).code(), Code::kNotFound);
  EXPECT_TRUE(files.RemoveTree(At("none")).ok());
  EXPECT_EQ(AsUnavailable(gone).code(), Code::kUnavailable);
}

TEST_F(FilesTest, AppendsAndRangesAndFolders) {
  for (const char* text : {"one\n", "two\n"}) {
    File file = *files.Open(At("log"), Access::kAppend);
    ASSERT_TRUE(files.WriteAll(file, text).ok());
  }
  File file = *files.Open(At("log"), Access::kRead);
  EXPECT_EQ(*files.ReadRange(file, 4, 100), "two\n");
  EXPECT_EQ(*files.ReadRange(file, 0, 3), "one");
  File update = *files.Open(At("log"), Access::kUpdate);
  ASSERT_TRUE(files.WriteAll(update, "ONE", 0).ok());
  EXPECT_EQ(*files.Read(At("log")), "ONE\ntwo\n");
  ASSERT_TRUE(files.MakeFolder(At("d")).ok());
  ASSERT_TRUE(files.Write(At("d/x"), "").ok());
  EXPECT_FALSE(files.Remove(At("d")).ok()) << "it is not empty";
  EXPECT_EQ(*files.List(At("d")), std::vector<std::string>{"x"});
  EXPECT_TRUE(files.RemoveTree(At("d")).ok());
  EXPECT_FALSE(files.Exists(At("d")));
}

// Each operation of a replacement fails once, in each way: the file holds the old or the new whole.
TEST_F(FilesTest, AReplacedFileIsOldOrNewWhateverFails) {
  using Fault = FaultyFiles::Fault;
  const std::string before(1000, 'a'), after(3000, 'b');
  for (Fault fault : {Fault::kDiskFull, Fault::kIoError, Fault::kShortWrite}) {
    int failures = 0;
    for (uint64_t n = 1;; ++n) {
      ASSERT_TRUE(files.Write(At("f"), before).ok());
      FaultyFiles faulty;
      faulty.FailAt(n, fault);
      Status status = faulty.Replace(At("f"), after, {.sync = true});
      const std::string now = *files.Read(At("f"));
      EXPECT_TRUE(now == before || now == after) << n;
      if (status.ok()) {
        EXPECT_EQ(now, after) << n;
      }
      if (!faulty.failed()) break;
      if (!status.ok()) ++failures;
      EXPECT_FALSE(files.Exists(At("f.new"))) << n;
    }
    EXPECT_GE(failures, 4) << "open, write, sync, move";
  }
}

TEST_F(FilesTest, AShortWriteIsGoneOnWith) {
  FaultyFiles faulty;
  faulty.FailAt(2, FaultyFiles::Fault::kShortWrite);
  EXPECT_EQ(faulty.Write(At("f"), "0123456789").code(), Code::kUnavailable);
  EXPECT_EQ(*files.Read(At("f")), "01234") << "in place a part is left";
}

}  // namespace
}  // namespace gale
