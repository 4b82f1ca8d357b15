// What is found in a log doesn't depend on how it comes in blocks.
#include "master/logs/log_search.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gale {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

LogFound Look(std::string_view log, LogSearchOptions options, size_t block = 1 << 20) {
  if (options.marks_max == 0) options.marks_max = 1000;
  LogSearch search(options);
  for (size_t at = 0; at < log.size(); at += block) search.Take(log.substr(at, block));
  return std::move(search).End();
}

TEST(LogSearchTest, LinesAndHitsHaveTheirPlaces) {
  const std::string_view log = "one\ntwo one\n\nONE\r\nlast";
  LogFound found = Look(log, {.text = "one", .match_case = true});
  EXPECT_EQ(found.lines, 5u);
  EXPECT_EQ(found.bytes, log.size());
  EXPECT_THAT(found.hits, ElementsAre(LogMark{0, 1}, LogMark{8, 2}));
  found = Look(log, {.text = "one"});
  EXPECT_THAT(found.hits, ElementsAre(LogMark{0, 1}, LogMark{8, 2}, LogMark{13, 4}));
  EXPECT_EQ(Look("a\nb\n", {}).lines, 2u);
  EXPECT_EQ(Look("", {.text = "x"}).lines, 0u);
}

TEST(LogSearchTest, ErrorsAreLines) {
  const std::string log =
      "ok\n"
      "  Traceback (most recent call last):\n"
      "    raise ERRORS_OF_MINE\n"                  // no word of its own
      "said: Traceback (most recent call last):\n"  // quoted
      "[2026-11-28T13:00:00.000+0000] {a.py:1} ERROR - Task failed ERROR\n"
      "no error, no Error; TERROR\n"
      "{\"event\": \"x\", \"level\": \"error\"}\n"
      "{\"level\":\"critical\"}\n"
      "level=error msg=x\n"
      "level=errors\n"
      "\x1b[31mFATAL\x1b[0m: gone\n"
      "2026-11-28 [error    ] structlog\n" +
      std::string(600, '.') + " ERROR far behind\n" + "ERROR";
  const LogFound found = Look(log, {});
  std::vector<uint64_t> lines;
  for (const LogMark& mark : found.errors) lines.push_back(mark.line);
  EXPECT_THAT(lines, ElementsAre(2, 5, 7, 8, 9, 11, 12, 14));
  EXPECT_EQ(found.errors_total, 8u);
  EXPECT_EQ(found.errors[0].offset, 3u);
  EXPECT_EQ(log.substr(found.errors[7].offset), "ERROR");
}

// Everything at every place in a block.
TEST(LogSearchTest, BlocksDontMatter) {
  std::string log(700, '-');
  for (int i = 0; i < 40; ++i) {
    log += "some text that goes on\nTraceback (most recent call last):\n" +
           std::string(i * 37, 'x') + "needle\n" + std::string(1, '\0') +
           "\xff\xfe ERROR\r\nNEEDLE";
  }
  log += std::string(5000, 'y') + "needle";
  for (const bool match_case : {true, false}) {
    const LogSearchOptions options{.text = "needle", .match_case = match_case};
    const LogFound whole = Look(log, options);
    EXPECT_EQ(whole.hits_total, match_case ? 41u : 81u);
    EXPECT_EQ(whole.errors_total, 80u);
    for (const size_t block : {1, 7, 512, 1000, 1024, 1025, 4096}) {
      const LogFound parts = Look(log, options, block);
      EXPECT_EQ(parts.hits, whole.hits) << block;
      EXPECT_EQ(parts.errors, whole.errors) << block;
      EXPECT_EQ(parts.lines, whole.lines) << block;
    }
  }
}

TEST(LogSearchTest, WhatThereIsNoRoomForIsCountedAndSaysWhereItGoesOn) {
  std::string log;
  for (int i = 0; i < 10; ++i) log += "hit ERROR\n";
  LogFound found = Look(log, {.text = "hit", .marks_max = 4});
  EXPECT_EQ(found.hits.size(), 4u);
  EXPECT_EQ(found.hits_total, 10u);
  EXPECT_EQ(found.next, 40u);
  EXPECT_EQ(found.errors.size(), 4u);
  EXPECT_EQ(found.errors_total, 10u);
  found = Look(log, {.text = "hit", .after = *found.next, .marks_max = 4});
  EXPECT_EQ(found.hits.front(), (LogMark{40, 5}));
  EXPECT_EQ(found.hits_total, 10u);
  found = Look(log, {.text = "hit", .after = *found.next, .marks_max = 4});
  EXPECT_THAT(found.hits, ElementsAre(LogMark{80, 9}, LogMark{90, 10}));
  EXPECT_FALSE(found.next);
}

TEST(LogSearchTest, WhatIsSearchedForIsText) {
  EXPECT_THAT(Look("a.b [x] (.*)\n", {.text = ".*"}).hits, ElementsAre(LogMark{9, 1}));
  EXPECT_THAT(Look("ÄÖ äö\n", {.text = "äÖ"}).hits, ElementsAre(LogMark{0, 1}, LogMark{5, 1}));
  EXPECT_THAT(Look("한국어 로그\n", {.text = "로그"}).hits, ElementsAre(LogMark{10, 1}));
  const std::string nul("a\0b", 3);
  EXPECT_THAT(Look("xa" + nul, {.text = nul}).hits, ElementsAre(LogMark{2, 1}));
  EXPECT_THAT(Look("x\xff\xfey", {.text = "y"}).hits, ElementsAre(LogMark{3, 1}));
  EXPECT_THAT(Look("aaaa", {.text = "aa", .match_case = true}).hits,
              ElementsAre(LogMark{0, 1}, LogMark{2, 1}));
  EXPECT_THAT(Look("one\ntwo", {.text = ""}).hits, IsEmpty());
}

// What is kept between blocks doesn't grow with the line.
TEST(LogSearchTest, ALineMayBeAsLongAsTheLog) {
  std::string log(3 << 20, 'x');
  log.replace(2 << 20, 6, "needle");
  log.replace(1 << 20, 5, "ERROR");  // far behind the line's head
  const LogFound found = Look(log, {.text = "NEEDLE"}, 64 << 10);
  EXPECT_THAT(found.hits, ElementsAre(LogMark{2 << 20, 1}));
  EXPECT_THAT(found.errors, IsEmpty());
  EXPECT_EQ(found.lines, 1u);
}

}  // namespace
}  // namespace gale
