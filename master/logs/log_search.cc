#include "master/logs/log_search.h"

#include <string.h>

#include <algorithm>
#include <cctype>

namespace gale {
namespace {

// No hit and no word of an error is longer: what begins this far before the end is seen whole.
constexpr size_t kMatchBytesMax = 1024;

constexpr std::string_view kTraceback = "Traceback (most recent call last):";
const RE2& Errors() {
  static const RE2 errors(R"(Traceback \(most recent call last\):|ERROR|CRITICAL|FATAL)"
                          R"(|level"?[=:] ?"?(?:error|critical)|\[(?:error|critical))",
                          RE2::Latin1);
  return errors;
}

std::unique_ptr<RE2> AnyCase(const LogSearchOptions& options) {
  if (options.text.empty() || options.match_case) return nullptr;
  RE2::Options how;
  how.set_literal(true);
  how.set_case_sensitive(false);
  how.set_log_errors(false);
  return std::make_unique<RE2>(options.text, how);
}

// Whether `before` ends with an ANSI colour: its "m" is no letter of the word behind it.
bool EndsWithColour(std::string_view before) {
  if (!before.ends_with('m')) return false;
  before.remove_suffix(1);
  const size_t begin = before.find_last_not_of("0123456789;:");
  return begin != std::string_view::npos && begin > 0 && before[begin] == '[' &&
         before[begin - 1] == '\x1b';
}

bool IsWord(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

}  // namespace

LogSearch::LogSearch(LogSearchOptions options)
    : options_(std::move(options)), any_case_(AnyCase(options_)) {}

void LogSearch::Take(std::string_view block) {
  if (block.empty()) return;
  const uint64_t keep = looked_ > kHeadBytes + 1 ? looked_ - kHeadBytes - 1 : 0;
  if (keep > begin_) {
    buffer_.erase(0, keep - begin_);
    begin_ = keep;
  }
  buffer_ += block;
  found_.bytes += block.size();
  ends_with_line_ = block.back() == '\n';
  if (found_.bytes > looked_ + kMatchBytesMax) LookUntil(found_.bytes - kMatchBytesMax);
}

LogFound LogSearch::End() && {
  LookUntil(found_.bytes);
  found_.lines = ends_ + (ends_with_line_ ? 0 : 1);
  return std::move(found_);
}

void LogSearch::LookUntil(uint64_t until) {
  LookForText(until);
  LookForErrors(until);
  Count(until);
  looked_ = until;
}

std::optional<LogSearch::Match> LogSearch::FindText(uint64_t from, uint64_t until) const {
  if (from >= until) return std::nullopt;
  const std::string_view rest = From(from);
  uint64_t begin = 0, bytes = options_.text.size();
  if (any_case_) {
    re2::StringPiece hit;
    if (!any_case_->Match(rest, 0, rest.size(), RE2::UNANCHORED, &hit, 1)) return std::nullopt;
    begin = from + static_cast<uint64_t>(hit.data() - rest.data());
    bytes = hit.size();
  } else {
    const void* hit = ::memmem(rest.data(), rest.size(), options_.text.data(), bytes);
    if (hit == nullptr) return std::nullopt;
    begin = from + static_cast<uint64_t>(static_cast<const char*>(hit) - rest.data());
  }
  if (begin >= until) return std::nullopt;
  return Match{begin, begin + bytes};
}

void LogSearch::LookForText(uint64_t until) {
  if (options_.text.empty()) return;
  while (const auto hit = FindText(text_from_, until)) {
    text_from_ = hit->end;
    ++found_.hits_total;
    if (hit->begin < options_.after) continue;
    if (found_.hits.size() < options_.marks_max) {
      found_.hits.push_back({hit->begin, 0});
    } else if (!found_.next) {
      found_.next = hit->begin;
    }
  }
  text_from_ = std::max(text_from_, until);
}

std::optional<LogSearch::Match> LogSearch::FindError(uint64_t from, uint64_t until) const {
  if (from >= until) return std::nullopt;
  const std::string_view rest = From(from);
  re2::StringPiece hit;
  if (!Errors().Match(rest, 0, rest.size(), RE2::UNANCHORED, &hit, 1)) return std::nullopt;
  const uint64_t begin = from + static_cast<uint64_t>(hit.data() - rest.data());
  if (begin >= until) return std::nullopt;
  return Match{begin, begin + hit.size()};
}

// Where the line begins that `offset` is in the head of; nullopt: it is behind that.
std::optional<uint64_t> LogSearch::HeadOf(uint64_t offset) const {
  const uint64_t from = offset > kHeadBytes ? std::max(begin_, offset - kHeadBytes) : begin_;
  const std::string_view head = From(from).substr(0, offset - from);
  if (const size_t end = head.rfind('\n'); end != std::string_view::npos) return from + end + 1;
  if (from == 0) return 0;
  return std::nullopt;
}

// What the words alone don't say: that they are whole ones, and that a traceback begins its line.
bool LogSearch::IsError(const Match& match, uint64_t line) const {
  const std::string_view word = From(match.begin).substr(0, match.end - match.begin);
  const std::string_view before = From(line).substr(0, match.begin - line);
  if (word == kTraceback) {
    return before.find_first_not_of(" \t") == std::string_view::npos;
  }
  const bool begins =
      before.empty() || !IsWord(word.front()) || !IsWord(before.back()) || EndsWithColour(before);
  const std::string_view behind = From(match.end);
  return begins && (behind.empty() || !IsWord(behind.front()));
}

void LogSearch::LookForErrors(uint64_t until) {
  while (errors_from_ < until) {
    if (rest_of_line_) {
      const size_t end = From(errors_from_).find('\n');
      errors_from_ = end == std::string_view::npos ? found_.bytes : errors_from_ + end + 1;
      rest_of_line_ = end == std::string_view::npos;
      continue;
    }
    const auto match = FindError(errors_from_, until);
    if (!match) break;
    const std::optional<uint64_t> line = HeadOf(match->begin);
    errors_from_ = match->begin + 1;
    if (line && !IsError(*match, *line)) continue;
    rest_of_line_ = true;
    if (!line) continue;
    ++found_.errors_total;
    if (found_.errors.size() < options_.marks_max) found_.errors.push_back({*line, 0});
  }
  errors_from_ = std::max(errors_from_, until);
}

// Line ends up to `until`; those marks that are before it get their lines.
void LogSearch::Count(uint64_t until) {
  auto to = [&](uint64_t offset) {
    if (offset <= counted_) return;
    const std::string_view part = From(counted_).substr(0, offset - counted_);
    ends_ += static_cast<uint64_t>(std::ranges::count(part, '\n'));
    counted_ = offset;
  };
  for (;;) {
    const bool error = errors_placed_ < found_.errors.size();
    const bool hit = hits_placed_ < found_.hits.size();
    if (!error && !hit) break;
    const bool take_error =
        error && (!hit || found_.errors[errors_placed_].offset <= found_.hits[hits_placed_].offset);
    LogMark& mark = take_error ? found_.errors[errors_placed_++] : found_.hits[hits_placed_++];
    to(mark.offset);
    // A line may begin before what is counted already: then it has no end in between.
    mark.line = ends_ + 1;
  }
  to(until);
}

}  // namespace gale
