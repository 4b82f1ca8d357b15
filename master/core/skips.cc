#include "master/core/skips.h"

#include <fmt/format.h>

#include <charconv>

namespace gale::core {

std::string FormatSkips(const std::vector<Skip>& skips) {
  std::string out;
  for (const Skip& skip : skips) {
    if (!out.empty()) out += ',';
    out += fmt::format("{}", skip.task.value);
    if (skip.map_index) out += fmt::format(":{}", *skip.map_index);
  }
  return out;
}

std::vector<Skip> ParseSkips(std::string_view text) {
  std::vector<Skip> out;
  const char* at = text.data();
  const char* const end = at + text.size();
  auto number = [&](auto& value) {
    const auto [next, error] = std::from_chars(at, end, value);
    at = next;
    return error == std::errc();
  };
  while (at != end) {
    Skip skip;
    if (!number(skip.task.value)) return {};
    if (at != end && *at == ':') {
      ++at;
      if (!number(skip.map_index.emplace())) return {};
    }
    if (at != end && *at++ != ',') return {};
    out.push_back(skip);
  }
  return out;
}

}  // namespace gale::core
