#include "worker/runner/json_parts.h"

#include <nlohmann/json.hpp>

namespace gale::worker {
namespace {

constexpr size_t kEnd = std::string_view::npos;
constexpr std::string_view kBlank = " \t\r\n";

// Behind the string that begins at `at`; kEnd: it doesn't end.
size_t SkipString(std::string_view text, size_t at) {
  for (++at;;) {
    at = text.find_first_of("\"\\", at);
    if (at == kEnd) return kEnd;
    if (text[at] == '"') return at + 1;
    at += 2;
  }
}

// Behind the value that begins at `at`.
size_t SkipValue(std::string_view text, size_t at) {
  if (at >= text.size()) return kEnd;
  if (text[at] == '"') return SkipString(text, at);
  if (text[at] != '{' && text[at] != '[') {
    const size_t end = std::min(text.find_first_of(",]} \t\r\n", at), text.size());
    return end == at ? kEnd : end;
  }
  for (size_t depth = 0; at != kEnd;) {
    at = text.find_first_of("\"{}[]", at);
    if (at == kEnd) return kEnd;
    if (text[at] == '"') {
      at = SkipString(text, at);
      continue;
    }
    const bool opens = text[at] == '{' || text[at] == '[';
    ++at;
    if (opens) {
      ++depth;
    } else if (--depth == 0) {
      return at;
    }
  }
  return kEnd;
}

// Calls `part` with the place behind each comma or opening bracket, which returns the place behind
// what it took.
template <class F>
bool ForEach(std::string_view text, char open, char close, F part) {
  size_t at = text.find_first_not_of(kBlank);
  if (at == kEnd || text[at] != open) return false;
  at = text.find_first_not_of(kBlank, at + 1);
  bool first = true;
  while (at != kEnd && !(first && text[at] == close)) {
    at = part(at);
    if (at == kEnd) return false;
    at = text.find_first_not_of(kBlank, at);
    if (at == kEnd) return false;
    if (text[at] == close) break;
    if (text[at] != ',') return false;
    at = text.find_first_not_of(kBlank, at + 1);
    first = false;
  }
  return at != kEnd && text.find_first_not_of(kBlank, at + 1) == kEnd;
}

}  // namespace

std::optional<std::vector<std::string_view>> JsonItems(std::string_view text) {
  std::vector<std::string_view> items;
  const bool whole = ForEach(text, '[', ']', [&](size_t at) {
    const size_t end = SkipValue(text, at);
    if (end != kEnd) items.push_back(text.substr(at, end - at));
    return end;
  });
  if (!whole) return std::nullopt;
  return items;
}

std::optional<JsonFieldsMap> JsonFields(std::string_view text) {
  JsonFieldsMap fields;
  const bool whole = ForEach(text, '{', '}', [&](size_t at) {
    if (text[at] != '"') return kEnd;
    size_t end = SkipString(text, at);
    if (end == kEnd) return kEnd;
    auto name = JsonText(text.substr(at, end - at));
    at = text.find_first_not_of(kBlank, end);
    if (!name || at == kEnd || text[at] != ':') return kEnd;
    at = text.find_first_not_of(kBlank, at + 1);
    end = at == kEnd ? kEnd : SkipValue(text, at);
    if (end != kEnd) fields[std::move(*name)] = text.substr(at, end - at);
    return end;
  });
  if (!whole) return std::nullopt;
  return fields;
}

std::optional<std::string> JsonText(std::string_view text) {
  if (text.size() < 2 || text.front() != '"') return std::nullopt;
  const nlohmann::json value = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!value.is_string()) return std::nullopt;
  return value.get<std::string>();
}

std::string TextField(const JsonFieldsMap& fields, std::string_view name) {
  const auto it = fields.find(name);
  return it == fields.end() ? "" : JsonText(it->second).value_or("");
}

}  // namespace gale::worker
