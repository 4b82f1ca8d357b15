// Where the logs lie: packs, files of their own, and what happens to either.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>

#include "common/base/limits.h"
#include "master/logs/log_store.h"
#include "tests/support/faulty_files.h"

namespace gale {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

constexpr size_t kPacked = limits::kLogPackedBytesMax;

std::string Text(size_t bytes) {
  std::string out;
  while (out.size() < bytes) out += "line " + std::to_string(out.size()) + "\n";
  out.resize(bytes);
  return out;
}

class PacksTest : public testing::Test {
 protected:
  PacksTest() {
    char folder[] = "/tmp/gale-packs-XXXXXX";
    root_ = ::mkdtemp(folder);
    Restart();
  }
  ~PacksTest() override {
    logs_.reset();
    fs::remove_all(root_);
  }

  void Restart(Files& files = Files::Real()) {
    logs_ = std::make_unique<LogStore>(root_ / "logs", "one", &files);
  }
  LogKey Task(const std::string& task, uint32_t n = 1) { return {"etl", "r", task, kUnmapped, n}; }
  fs::path Run() { return root_ / "logs" / Task("t").RunFolder(); }
  fs::path Pack() { return Run() / "one.pack"; }
  size_t Inodes() {
    return static_cast<size_t>(std::distance(fs::recursive_directory_iterator(root_ / "logs"), {}));
  }
  std::string All(const LogKey& key) { return logs_->Read(key, 0, 1 << 30).value(); }
  // In pieces of that many bytes.
  void Ship(const LogKey& key, std::string_view text, size_t bytes) {
    for (size_t at = 0; at < text.size(); at += bytes) {
      ASSERT_EQ(logs_->Append(key, at, text.substr(at, bytes)).value(),
                std::min(text.size(), at + bytes));
    }
  }

  fs::path root_;
  std::unique_ptr<LogStore> logs_;
};

TEST_F(PacksTest, AThousandAttemptsOfARunMakeOneFile) {
  for (uint32_t n = 1; n <= 1000; ++n) {
    ASSERT_TRUE(logs_->Append(Task("t" + std::to_string(n % 100), n), 0, Text(n)).ok());
  }
  EXPECT_EQ(Inodes(), 3u);  // dag_id=, run_id=, and the pack
  Restart();
  for (uint32_t n = 1; n <= 1000; ++n) {
    EXPECT_EQ(All(Task("t" + std::to_string(n % 100), n)), Text(n));
  }
  EXPECT_EQ(logs_->Size(Task("t1", 7)).value(), 0u);
}

TEST_F(PacksTest, ReadingMakesNothing) {
  EXPECT_EQ(All(Task("t")), "");
  EXPECT_EQ(logs_->Size(Task("t")).value(), 0u);
  EXPECT_FALSE(fs::exists(root_ / "logs"));
}

TEST_F(PacksTest, WhatGrowsBeyondHasAFileOfItsOwnFromTheFirstByteOn) {
  const std::string text = Text(kPacked + 5000);
  const fs::path file = root_ / "logs" / Task("big").Path();
  Ship(Task("big"), text.substr(0, kPacked), 1000);
  EXPECT_FALSE(fs::exists(file));
  ASSERT_EQ(logs_->Append(Task("big"), kPacked, text.substr(kPacked, 1)).value(), kPacked + 1);
  ASSERT_TRUE(logs_->Append(Task("small"), 0, "small").ok());
  // From the beginning again.
  EXPECT_EQ(logs_->Append(Task("big"), 0, text.substr(0, 30'000)).value(), kPacked + 1);
  EXPECT_EQ(logs_->Append(Task("big"), 30'000, text.substr(30'000)).value(), text.size());
  EXPECT_TRUE(Files::Real().Read(file.string()).value() == text);
  for (const bool restarted : {false, true}) {
    if (restarted) Restart();
    EXPECT_TRUE(All(Task("big")) == text);
    EXPECT_EQ(logs_->Read(Task("big"), kPacked - 3, 6).value(), text.substr(kPacked - 3, 6));
    EXPECT_EQ(All(Task("small")), "small");
  }
}

TEST_F(PacksTest, EveryPartOfALogCanBeRead) {
  const std::string text = Text(300);
  Ship(Task("t"), text, 7);
  for (size_t from = 0; from <= text.size(); from += 5) {
    for (size_t max = 0; max < 60; max += 3) {
      ASSERT_EQ(logs_->Read(Task("t"), from, max).value(), text.substr(from, max));
    }
  }
}

TEST_F(PacksTest, FilesOfVersionsWithoutPacksAreReadAndGoOn) {
  const fs::path file = root_ / "logs" / Task("old").Path();
  fs::create_directories(file.parent_path());
  std::ofstream(file) << "from before\n";
  EXPECT_EQ(All(Task("old")), "from before\n");
  EXPECT_EQ(logs_->Append(Task("old"), 12, "and after\n").value(), 22u);
  EXPECT_EQ(Files::Real().Read(file.string()).value(), "from before\nand after\n");
  EXPECT_EQ(All(Task("old")), "from before\nand after\n");
}

TEST_F(PacksTest, MastersThatLeadInTurnSeeEachOthersPacks) {
  LogStore other(root_ / "logs", "two"), reader(root_ / "logs", "three");
  ASSERT_TRUE(logs_->Append(Task("t"), 0, "one ").ok());
  EXPECT_EQ(reader.Read(Task("t"), 0, 99).value(), "one ");
  EXPECT_EQ(other.Append(Task("t"), 4, "two ").value(), 8u);
  EXPECT_EQ(reader.Read(Task("t"), 0, 99).value(), "one two ");
  // One that was deposed and doesn't know yet: what it is sent again is the same.
  EXPECT_EQ(logs_->Append(Task("t"), 0, "one two three ").value(), 14u);
  EXPECT_EQ(other.Append(Task("t"), 14, "four").value(), 18u);
  EXPECT_EQ(reader.Read(Task("t"), 0, 99).value(), "one two three four");
  EXPECT_EQ(other.Append(Task("t"), 18, Text(kPacked)).value(), 18 + kPacked);
  EXPECT_EQ(logs_->Append(Task("t"), 18 + kPacked, "end").value(), 21 + kPacked);
  EXPECT_EQ(reader.Read(Task("t"), 14 + kPacked, 99).value(),
            Text(kPacked).substr(kPacked - 4) + "end");
}

TEST_F(PacksTest, EachChunksTimeIsKept) {
  const TimePoint noon{std::chrono::hours(12)};
  ASSERT_TRUE(logs_->Append(Task("t"), 0, "a\n", noon).ok());
  ASSERT_TRUE(logs_->Append(Task("t"), 2, "b\n", noon + std::chrono::seconds(1)).ok());
  ASSERT_TRUE(logs_->Append(Task("t"), 4, Text(kPacked), noon + std::chrono::seconds(2)).ok());
  for (const bool restarted : {false, true}) {
    if (restarted) Restart();
    const std::vector<LogTime> times = logs_->Times(Task("t"), 0, 1 << 30).value();
    ASSERT_EQ(times.size(), 3u);
    EXPECT_EQ(times[1].offset, 2u);
    EXPECT_EQ(times[1].time, noon + std::chrono::seconds(1));
    EXPECT_EQ(times[2].offset, 4u);
    EXPECT_EQ(times[2].time, noon + std::chrono::seconds(2));
    EXPECT_EQ(logs_->Times(Task("t"), 3, 1).value().size(), 1u);
    EXPECT_EQ(logs_->Times(Task("t"), 3, 2).value().size(), 2u);
    EXPECT_EQ(logs_->Times(Task("t"), 4 + kPacked, 9).value().size(), 0u);
  }
}

TEST_F(PacksTest, ARunThatWasRemovedBeginsAnew) {
  ASSERT_TRUE(logs_->Append(Task("t"), 0, "of the old run").ok());
  fs::rename(Run(), root_ / "logs" / ".cleaned-1");
  EXPECT_EQ(All(Task("t")), "");
  EXPECT_EQ(logs_->Append(Task("t"), 3, "x").status().code(), Code::kOutOfRange);
  EXPECT_EQ(logs_->Append(Task("t"), 0, "of the new one").value(), 14u);
  fs::remove_all(root_ / "logs" / ".cleaned-1");
  EXPECT_EQ(All(Task("t")), "of the new one");
}

TEST_F(PacksTest, AnEndTornAtAnyByteIsSentAgain) {
  ASSERT_TRUE(logs_->Append(Task("a"), 0, "first").ok());
  const size_t first = fs::file_size(Pack());
  ASSERT_TRUE(logs_->Append(Task("b"), 0, "second").ok());
  const std::string whole = Files::Real().Read(Pack().string()).value();
  for (size_t n = first; n < whole.size(); ++n) {
    ASSERT_TRUE(Files::Real().Write(Pack().string(), whole.substr(0, n)).ok());
    Restart();
    EXPECT_EQ(All(Task("b")), "") << n;
    EXPECT_EQ(logs_->Append(Task("b"), 0, "second").value(), 6u) << n;
    Restart();
    EXPECT_EQ(All(Task("a")), "first") << n;
    EXPECT_EQ(All(Task("b")), "second") << n;
  }
}

TEST_F(PacksTest, ADamagedEntryCostsItsBytesAndIsSaid) {
  Ship(Task("a"), Text(100), 100);
  const size_t at = fs::file_size(Pack());
  ASSERT_TRUE(logs_->Append(Task("a"), 100, Text(200)).ok());
  const size_t end = fs::file_size(Pack());
  ASSERT_TRUE(logs_->Append(Task("a"), 300, "end").ok());
  std::string bytes = Files::Real().Read(Pack().string()).value();
  for (size_t n = at; n < end; n += 3) {
    std::string damaged = bytes;
    damaged[n] ^= 1;
    ASSERT_TRUE(Files::Real().Write(Pack().string(), damaged).ok());
    Restart();
    const std::string text = All(Task("a"));
    ASSERT_EQ(text.size(), 303u) << n;
    EXPECT_EQ(text.substr(0, 100), Text(100));
    EXPECT_THAT(text, HasSubstr("[200 bytes of this log are damaged on the master's disk]"));
    EXPECT_EQ(text.substr(300), "end");
    EXPECT_EQ(logs_->Append(Task("a"), 303, "!").value(), 304u);
  }
}

// Whatever fails, what was acknowledged is there, for this process and the next, and a chunk sent
// again is taken.
TEST_F(PacksTest, WhateverFailsNothingAcknowledgedIsLost) {
  using Fault = FaultyFiles::Fault;
  const std::string text = Text(kPacked + 100);
  const std::vector<uint64_t> ends = {10, kPacked - 1, kPacked, kPacked + 50, text.size()};
  for (const Fault fault : {Fault::kDiskFull, Fault::kIoError, Fault::kShortWrite}) {
    bool failed = true;
    for (uint64_t n = 1; failed; ++n) {
      SCOPED_TRACE(testing::Message() << "fault " << int(fault) << " at " << n);
      fs::remove_all(root_ / "logs");
      FaultyFiles faulty;
      Restart(faulty);
      faulty.FailAt(n, fault);
      uint64_t acked = 0;
      for (int round = 0; acked < text.size(); ++round) {
        ASSERT_LT(round, 9);
        const uint64_t end = *std::ranges::upper_bound(ends, acked);
        const auto size = logs_->Append(Task("t"), acked, text.substr(acked, end - acked));
        if (size.ok()) acked = *size;
        LogStore next(root_ / "logs", "two");
        const std::string read = next.Read(Task("t"), 0, 1 << 30).value();
        ASSERT_GE(read.size(), acked);
        ASSERT_TRUE(read == text.substr(0, read.size()));
      }
      failed = faulty.failed();
      faulty.Heal();
      EXPECT_TRUE(All(Task("t")) == text);
      ASSERT_LT(n, 200u);
    }
  }
}

}  // namespace
}  // namespace gale
