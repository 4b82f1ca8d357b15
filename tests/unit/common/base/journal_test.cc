#include "common/base/journal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>

#include "tests/support/faulty_files.h"

namespace gale {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using Entries = std::vector<std::string>;

constexpr size_t kBytesMax = 1 << 16;

class JournalTest : public testing::Test {
 protected:
  JournalTest() {
    char folder[] = "/tmp/gale-journal-XXXXXX";
    folder_ = ::mkdtemp(folder);
    path_ = folder_ + "/j";
  }
  ~JournalTest() override { std::filesystem::remove_all(folder_); }

  Journal Open(Entries* entries = nullptr, Files& files = Files::Real()) {
    return Journal::Open(files, path_, kBytesMax,
                         [entries](uint64_t, std::string_view bytes) {
                           if (entries != nullptr) entries->emplace_back(bytes);
                         })
        .value();
  }
  Entries Reopened() {
    Entries entries;
    Open(&entries);
    return entries;
  }
  void Fill(const Entries& entries) {
    std::filesystem::remove(path_);
    Journal journal = Open();
    for (const std::string& entry : entries) ASSERT_TRUE(journal.Append(entry, false).ok());
  }
  std::string Bytes() { return Files::Real().Read(path_).value(); }
  void SetBytes(std::string_view bytes) { ASSERT_TRUE(Files::Real().Write(path_, bytes).ok()); }

  std::string folder_, path_;
};

TEST(Crc32cTest, IsTheOneOfTheBooks) {
  EXPECT_EQ(Crc32c("123456789"), 0xe3069283u);
  EXPECT_EQ(Crc32c(std::string(32, '\0')), 0x8a9136aau);
  EXPECT_EQ(Crc32c("6789", Crc32c("12345")), 0xe3069283u);
}

TEST_F(JournalTest, WhatWasAppendedIsReadInOrder) {
  Journal journal = Open();
  const uint64_t a = journal.Append("a", false).value();
  const uint64_t b = journal.Append(std::string(kBytesMax, 'b'), true).value();
  const uint64_t none = journal.Append("", false).value();
  EXPECT_EQ(journal.Read(a).value(), "a");
  EXPECT_EQ(journal.Read(b).value(), std::string(kBytesMax, 'b'));
  EXPECT_EQ(journal.Read(none).value(), "");
  EXPECT_FALSE(journal.Read(a + 1).ok());
  EXPECT_EQ(journal.Append(std::string(kBytesMax + 1, 'c'), false).status().code(),
            Code::kResourceExhausted);
  EXPECT_THAT(Reopened(), ElementsAre("a", std::string(kBytesMax, 'b'), ""));
}

TEST_F(JournalTest, AnEndTornAtAnyByteIsDroppedAndTheNextEntryStandsInItsPlace) {
  Fill({"first", "second"});
  const std::string whole = Bytes();
  const size_t second = kJournalHeaderBytes + 5;
  for (size_t n = second + 1; n < whole.size(); ++n) {
    SetBytes(whole.substr(0, n));
    Entries entries;
    Journal journal = Open(&entries);
    EXPECT_THAT(entries, ElementsAre("first")) << n;
    EXPECT_EQ(journal.Append("third", false).value(), second) << n;
    EXPECT_THAT(Reopened(), ElementsAre("first", "third")) << n;
    EXPECT_FALSE(Files::Real().Exists(path_ + ".damaged")) << n;
  }
}

TEST_F(JournalTest, AnyDamagedByteCostsItsEntryAndNoOther) {
  Fill({"first", "second", "third"});
  const std::string whole = Bytes();
  const Entries all = {"first", "second", "third"};
  for (size_t n = 0; n < whole.size(); ++n) {
    std::string damaged = whole;
    damaged[n] ^= 0x20;
    SetBytes(damaged);
    std::filesystem::remove(path_ + ".damaged");
    size_t at = 0, hit = 0;
    while (n >= at + kJournalHeaderBytes + all[hit].size()) {
      at += kJournalHeaderBytes + all[hit++].size();
    }
    Entries expected = all;
    expected.erase(expected.begin() + static_cast<long>(hit));
    EXPECT_EQ(Reopened(), expected) << n;
    // A length at the end that grew looks torn.
    if (hit == 2 && n - at >= 4 && n - at < 8) continue;
    EXPECT_EQ(Files::Real().Read(path_ + ".damaged").value_or("none"),
              damaged.substr(at, kJournalHeaderBytes + all[hit].size()))
        << n;
  }
}

TEST_F(JournalTest, AWordInTheBytesIsNoEntry) {
  const Entries entries = {"gJ1\n", JournalEntry("inner"), "gJ1"};
  Fill(entries);
  EXPECT_EQ(Reopened(), entries);
}

TEST_F(JournalTest, NothingButZeroesIsDamage) {
  Fill({"first"});
  SetBytes(Bytes() + std::string(3 << 20, '\0'));
  EXPECT_THAT(Reopened(), ElementsAre("first"));
  EXPECT_EQ(std::filesystem::file_size(path_ + ".damaged"), size_t{3} << 20);
  EXPECT_EQ(Bytes(), JournalEntry("first"));
}

TEST_F(JournalTest, WrittenAnewItHoldsWhatItWasGiven) {
  Journal journal = Open();
  for (int i = 0; i < 9; ++i) ASSERT_TRUE(journal.Append("old", false).ok());
  const uint64_t x = journal.Append("x", false).value();
  const uint64_t yy = journal.Append("yy", false).value();
  EXPECT_FALSE(journal.Keep({x, yy + 1}, true).ok());
  EXPECT_THAT(journal.Keep({x, yy}, true).value(), ElementsAre(0, kJournalHeaderBytes + 1));
  EXPECT_EQ(journal.Read(0).value(), "x");
  EXPECT_EQ(journal.Read(kJournalHeaderBytes + 1).value(), "yy");
  ASSERT_TRUE(journal.Append("z", true).ok());
  EXPECT_THAT(Reopened(), ElementsAre("x", "yy", "z"));
}

TEST_F(JournalTest, ItIsWorthToWriteItAnewWhenMostOfItIsNotNeeded) {
  FaultyFiles faulty;
  Journal journal = Open(nullptr, faulty);
  EXPECT_FALSE(journal.Bloated(0));
  const std::string large(kBytesMax, 'x');
  while (journal.size() < limits::kJournalBytesMin) ASSERT_TRUE(journal.Append(large, false).ok());
  EXPECT_TRUE(journal.Bloated(0));
  EXPECT_TRUE(journal.Bloated(journal.size() / 4));
  EXPECT_FALSE(journal.Bloated(journal.size() / 2));
  faulty.FailAt(1, FaultyFiles::Fault::kIoError);
  EXPECT_FALSE(journal.Keep({}, false).ok());
  EXPECT_FALSE(journal.Bloated(0));  // not again at once
  ASSERT_TRUE(journal.Keep({}, false).ok());
  EXPECT_EQ(journal.size(), 0u);
  ASSERT_TRUE(journal.Append("after", false).ok());
  EXPECT_THAT(Reopened(), ElementsAre("after"));
}

// Every operation in turn, in each way: what was told to be there is there, what was told not to be
// isn't, in this process and for the next.
TEST_F(JournalTest, WhateverFailsAnEntryIsThereExactlyIfThatWasSaid) {
  using Fault = FaultyFiles::Fault;
  for (const Fault fault : {Fault::kDiskFull, Fault::kIoError, Fault::kShortWrite}) {
    for (const bool lasting : {false, true}) {
      bool failed = true;
      for (uint64_t n = 1; failed; ++n) {
        SCOPED_TRACE(testing::Message() << "fault " << int(fault) << " at " << n << ' ' << lasting);
        Fill({"first"});
        FaultyFiles faulty;
        Entries expected = {"first"};
        {
          Journal journal = Open(nullptr, faulty);
          faulty.FailAt(n, fault, lasting);
          for (const std::string entry : {"aa", "bbb", "cccc"}) {
            if (journal.Append(entry, true).ok()) expected.push_back(entry);
          }
          if (journal.Keep({0}, true).ok()) expected = {"first"};
          if (journal.Append("last", false).ok()) expected.push_back("last");
          failed = faulty.failed();
          faulty.Heal();
          if (journal.Append("healed", false).ok()) expected.push_back("healed");
          EXPECT_EQ(expected.back(), "healed");
        }
        EXPECT_EQ(Reopened(), expected);
        ASSERT_LT(n, 100u);
      }
    }
  }
}

TEST_F(JournalTest, OneThatCannotBeReadIsNotTakenForAnEmptyOne) {
  Fill({"first"});
  FaultyFiles faulty;
  for (uint64_t n = 1; n <= 3; ++n) {  // open, read, read to the end
    faulty.FailAt(n, FaultyFiles::Fault::kIoError);
    EXPECT_FALSE(Journal::Open(faulty, path_, kBytesMax, nullptr).ok()) << n;
  }
  EXPECT_THAT(Reopened(), ElementsAre("first"));
}

TEST_F(JournalTest, AReaderBesideTheWriterWaitsForTheRestOfAnEntry) {
  Fill({"first"});
  const std::string second = JournalEntry("second");
  Entries entries;
  auto read = [&](uint64_t from) {
    File file = Files::Real().Open(path_, Access::kRead).value();
    return ReadJournal(
               Files::Real(), file, from, kBytesMax,
               [&](uint64_t, std::string_view bytes) { entries.emplace_back(bytes); }, nullptr)
        .value();
  };
  const std::string first = Bytes();
  uint64_t at = read(0);
  EXPECT_THAT(entries, ElementsAre("first"));
  entries.clear();
  for (size_t n = 1; n < second.size(); ++n) {
    SetBytes(first + second.substr(0, n));
    at = read(at);
    EXPECT_EQ(at, first.size());
    EXPECT_THAT(entries, IsEmpty());
  }
  SetBytes(first + second);
  EXPECT_EQ(read(at), first.size() + second.size());
  EXPECT_THAT(entries, ElementsAre("second"));
}

}  // namespace
}  // namespace gale
