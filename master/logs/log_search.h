// A log looked through once, a block at a time: its lines counted, its errors and a text found. Pure:
// bytes in, places out, in memory that doesn't depend on the log. Any bytes will do, and a line may
// be as long as the log.
//
// A line marks an error if one of these begins in its first 512 bytes (kHeadBytes):
//   - "Traceback (most recent call last):", behind blanks at most: the first line of a traceback;
//   - the word ERROR, CRITICAL or FATAL in capitals, coloured or not: levels, as most formats of logs
//     write them;
//   - level=error, "level": "error", [error: the levels error and critical of structured logs.
// Other words are no errors: what a program prints about errors that it has dealt with is its own.
#pragma once

#include <re2/re2.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gale {

struct LogMark {
  uint64_t offset = 0;  // of a hit's first byte; of an error: of its line's
  uint64_t line = 0;    // from 1
  bool operator==(const LogMark&) const = default;
};

struct LogSearchOptions {
  std::string text;  // empty: none. Hits don't overlap; one over the end of a line is one.
  bool match_case = false;
  uint64_t after = 0;  // hits that begin before it are only counted
  size_t marks_max = 0;
};

struct LogFound {
  uint64_t bytes = 0, lines = 0;  // a last line without an end is one
  std::vector<LogMark> errors, hits;
  uint64_t errors_total = 0, hits_total = 0;
  std::optional<uint64_t> next;  // the first hit that there was no room for
};

class LogSearch {
 public:
  static constexpr size_t kHeadBytes = 512;

  explicit LogSearch(LogSearchOptions options);
  // The next bytes of the log.
  void Take(std::string_view block);
  // There are no more.
  LogFound End() &&;

 private:
  struct Match {
    uint64_t begin = 0, end = 0;
  };
  std::string_view From(uint64_t offset) const {
    return std::string_view(buffer_).substr(offset - begin_);
  }
  // The first one at or behind `from` that begins before `until`.
  std::optional<Match> FindText(uint64_t from, uint64_t until) const;
  std::optional<Match> FindError(uint64_t from, uint64_t until) const;
  std::optional<uint64_t> HeadOf(uint64_t offset) const;
  bool IsError(const Match& match, uint64_t line) const;
  void LookUntil(uint64_t until);
  void LookForText(uint64_t until);
  void LookForErrors(uint64_t until);
  void Count(uint64_t until);

  const LogSearchOptions options_;
  const std::unique_ptr<RE2> any_case_;  // of the text
  LogFound found_;
  std::string buffer_;   // what may still be needed
  uint64_t begin_ = 0;   // where it begins in the log
  uint64_t looked_ = 0;  // what begins before it has been looked at
  uint64_t text_from_ = 0, errors_from_ = 0;
  bool rest_of_line_ = false;                   // errors: the line at errors_from_ is done with
  size_t errors_placed_ = 0, hits_placed_ = 0;  // marks that have their lines
  uint64_t counted_ = 0, ends_ = 0;             // line ends before `counted_`
  bool ends_with_line_ = true;
};

}  // namespace gale
