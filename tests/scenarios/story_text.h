// The words of a story: what is wrong with one, times, lists.
#pragma once

#include <fmt/format.h>

#include <stdexcept>
#include <string>
#include <vector>

#include "common/base/clock.h"

namespace gale::core::testing {

template <class... A>
[[noreturn]] void Wrong(fmt::format_string<A...> f, A&&... a) {
  throw std::runtime_error(fmt::format(f, std::forward<A>(a)...));
}

// "90s", "5m", "2h", "1d".
inline Duration ParseDuration(const std::string& text) {
  size_t used = 0;
  const double n = std::stod(text, &used);
  const std::string unit = text.substr(used);
  if (unit == "s") return FromSeconds(n);
  if (unit == "m") return FromSeconds(n * 60);
  if (unit == "h") return FromSeconds(n * 3600);
  if (unit == "d") return FromSeconds(n * 86400);
  Wrong("'{}' is no duration: 90s, 5m, 2h, 1d", text);
}

inline std::string Join(const std::vector<std::string>& words) {
  return fmt::format("[{}]", fmt::join(words, " "));
}

}  // namespace gale::core::testing
