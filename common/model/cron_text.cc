// Cron::Describe: an expression in words, for people.
#include <array>
#include <charconv>

#include "common/model/cron.h"

namespace gale {
namespace {

constexpr std::array<std::string_view, 7> kDays = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                   "Thursday", "Friday", "Saturday"};
constexpr std::array<std::string_view, 12> kMonths = {
    "January", "February", "March",     "April",   "May",      "June",
    "July",    "August",   "September", "October", "November", "December"};

// The only bit that is set, or nullopt.
std::optional<int> Only(uint64_t bits) {
  if (bits == 0 || (bits & (bits - 1)) != 0) return std::nullopt;
  return __builtin_ctzll(bits);
}

// n, if the text is "*/n".
std::optional<int> StepOf(std::string_view text) {
  int n = 0;
  if (text.substr(0, 2) != "*/") return std::nullopt;
  auto [end, error] = std::from_chars(text.data() + 2, text.data() + text.size(), n);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return n;
}

// "a, b and c"; "a through c" if there are more than two without a gap.
template <class NameOf>
std::string List(uint64_t bits, NameOf name_of) {
  const int first = __builtin_ctzll(bits);
  const uint64_t shifted = bits >> first;
  const int count = __builtin_popcountll(bits);
  if (count > 2 && (shifted & (shifted + 1)) == 0) {
    return fmt::format("{} through {}", name_of(first), name_of(first + count - 1));
  }
  std::string out;
  int left = count;
  for (; bits != 0; bits &= bits - 1, --left) {
    if (left < count) out += left == 1 ? " and " : ", ";
    out += name_of(__builtin_ctzll(bits));
  }
  return out;
}

std::string Number(int n) { return std::to_string(n); }

}  // namespace

std::string Cron::Describe() const {
  std::array<std::string_view, 5> text;
  std::string_view rest = expression_;
  for (auto& field : text) {
    field = rest.substr(0, rest.find(' '));
    rest.remove_prefix(std::min(rest.size(), field.size() + 1));
  }
  bool nth = last_day_;
  for (uint8_t mask : nth_weekday_) nth |= mask != 0;
  if (nth || bits_[5] != 1) return "Cron " + expression_;  // no simple words

  const auto minute = Only(bits_[0]), hour = Only(bits_[1]);
  const auto minute_step = StepOf(text[0]), hour_step = StepOf(text[1]);
  std::string out;
  if (minute && hour) {
    out = fmt::format("At {:02}:{:02}", *hour, *minute);
  } else if (text[0] == "*" && every_hour_) {
    out = "Every minute";
  } else if (minute_step && every_hour_) {
    out = fmt::format("Every {} minutes", *minute_step);
  } else if (minute == 0 && every_hour_) {
    out = "Every hour";
  } else if (minute == 0 && hour_step) {
    out = fmt::format("Every {} hours", *hour_step);
  } else {
    out = text[0] == "*" ? "Every minute"
          : minute_step  ? fmt::format("Every {} minutes", *minute_step)
                         : fmt::format("At {} minutes past the hour", List(bits_[0], Number));
    if (!every_hour_) {
      out += ", at hours " + List(bits_[1], [](int h) { return fmt::format("{:02}", h); });
    }
  }
  if (!any_day_) out += fmt::format(", on day {} of the month", List(bits_[2], Number));
  if (!any_weekday_) {
    out += any_day_ ? ", only on " : " or on ";
    out += List(bits_[4], [](int d) { return std::string(kDays[static_cast<size_t>(d)]); });
  }
  if (auto step = StepOf(text[3])) {
    out += fmt::format(", every {} months", *step);
  } else if (text[3] != "*" && text[3] != "?") {
    out += ", only in " +
           List(bits_[3], [](int m) { return std::string(kMonths[static_cast<size_t>(m - 1)]); });
  }
  return out;
}

}  // namespace gale
