#include "common/base/text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gale {
namespace {

using testing::EndsWith;
using testing::HasSubstr;

constexpr size_t kAny = 1 << 20;

TEST(Text, WhatIsNoUtf8IsFound) {
  for (const char* good : {"", "plain", "größe", "日本", "\xf0\x9f\x9a\x80", "\x7f"}) {
    EXPECT_EQ(FindBadUtf8(good), std::string_view::npos) << good;
  }
  EXPECT_EQ(FindBadUtf8(std::string_view("\0", 1)), std::string_view::npos) << "a NUL is UTF-8";
  EXPECT_EQ(FindBadUtf8("donn\xe9"), 4u) << "latin-1";
  EXPECT_EQ(FindBadUtf8("a\x80"), 1u) << "a continuation alone";
  EXPECT_EQ(FindBadUtf8("a\xe2\x82"), 1u) << "cut";
  EXPECT_EQ(FindBadUtf8("\xc0\xaf"), 0u) << "overlong";
  EXPECT_EQ(FindBadUtf8("\xe0\x80\xaf"), 0u) << "overlong";
  EXPECT_EQ(FindBadUtf8("\xed\xa0\x80"), 0u) << "a surrogate";
  EXPECT_EQ(FindBadUtf8("\xf4\x90\x80\x80"), 0u) << "beyond U+10FFFF";
  EXPECT_EQ(FindBadUtf8("\xff"), 0u);
}

TEST(Text, ARefusalNamesFieldPlaceAndBound) {
  const TextBounds name = {.bytes_min = 1, .bytes_max = 4};
  EXPECT_TRUE(CheckText("name", "abcd", name).ok());
  EXPECT_TRUE(CheckText("name", "\xf0\x9f\x9a\x80", name).ok()) << "4 bytes";
  EXPECT_EQ(CheckText("name", "", name).ToString(), "INVALID_ARGUMENT: name: empty");
  EXPECT_EQ(CheckText("name", "abcde", name).message(), "name: has 5 bytes; at most 4 are taken");
  EXPECT_EQ(CheckText("name", "ab\xe9", name).message(), "name: byte 3 (0xe9) is not UTF-8");
  EXPECT_THAT(std::string(CheckText("name", std::string_view("\0", 1), name).message()),
              HasSubstr("name: byte 1 is a NUL"));
  EXPECT_TRUE(CheckText("note", std::string_view("\0", 1), {.bytes_max = 4, .nul = true}).ok());
}

TEST(Text, ARepairShowsWhatWasThere) {
  EXPECT_EQ(RepairText("größe\n", kAny), "größe\n");
  EXPECT_EQ(RepairText("donn\xe9"
                       "es.csv",
                       kAny),
            "donn\\xe9es.csv");
  EXPECT_EQ(RepairText(std::string_view("a\0b", 3), kAny), "a\\x00b");
  EXPECT_EQ(RepairText("", kAny), "");
}

TEST(Text, ACutStandsBetweenTwoCharactersAndSaysHowMuchThereWas) {
  std::string rockets;
  for (int i = 0; i < 100; ++i) rockets += "\xf0\x9f\x9a\x80";
  for (size_t max = 64; max < 72; ++max) {
    const std::string cut = RepairText(rockets, max);
    EXPECT_LE(cut.size(), max);
    EXPECT_GT(cut.size() + 4, max);
    EXPECT_EQ(FindBadUtf8(cut), std::string_view::npos);
    EXPECT_THAT(cut, EndsWith("... (cut: 400 bytes in all)"));
  }
  EXPECT_EQ(RepairText(rockets, 400), rockets);
  EXPECT_EQ(RepairText(std::string(400, '\xe9'), 400).size(), 400u) << "written out it is longer";
}

TEST(Text, ARepairedPathIsStillAnother) {
  EXPECT_EQ(RepairPath("/dags/a.py", 64), "/dags/a.py");
  const std::string first = RepairPath("/dags/\xe9.py", 64),
                    second = RepairPath("/dags/\\xe9.py", 64);
  EXPECT_EQ(second, "/dags/\\xe9.py");
  EXPECT_NE(first, second);
  EXPECT_THAT(first, HasSubstr("/dags/\\xe9.py~"));
  const std::string long_path(2000, 'x');
  EXPECT_EQ(RepairPath(long_path + "a", 1024).size(), 1024u);
  EXPECT_NE(RepairPath(long_path + "a", 1024), RepairPath(long_path + "b", 1024));
}

}  // namespace
}  // namespace gale
