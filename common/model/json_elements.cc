#include "common/model/json_elements.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace gale {
namespace {

constexpr std::string_view kSpace = " \t\r\n";

// Behind the string that begins at `at`.
size_t SkipString(std::string_view text, size_t at) {
  for (++at; at < text.size() && text[at] != '"'; ++at) at += text[at] == '\\';
  return at + 1;
}

}  // namespace

std::optional<JsonElements> JsonElements::Parse(std::string json) {
  if (json.size() > UINT32_MAX || !nlohmann::json::accept(json)) return std::nullopt;
  JsonElements out;
  out.text_ = std::move(json);
  const std::string_view text = out.text_;
  const size_t first = text.find_first_not_of(kSpace);
  if (text[first] != '[' && text[first] != '{') return std::nullopt;
  out.is_object_ = text[first] == '{';
  size_t begin = first + 1;
  auto take = [&](size_t end) {
    begin = std::min(text.find_first_not_of(kSpace, begin), end);
    const size_t last = text.find_last_not_of(kSpace, end - 1);
    if (begin <= last && begin < end) {
      out.spans_.push_back({static_cast<uint32_t>(begin), static_cast<uint32_t>(last + 1)});
    }
    begin = end + 1;
  };
  int depth = 1;
  for (size_t at = first + 1; depth > 0;) {
    switch (text[at]) {
      case '"': at = SkipString(text, at); continue;
      case '[':
      case '{': ++depth; break;
      case ']':
      case '}':
        if (--depth == 0) take(at);
        break;
      case ',':
        if (depth == 1) take(at);
        break;
      default: break;
    }
    ++at;
  }
  return out;
}

std::string JsonElements::at(size_t index) const {
  const Span span = spans_[index];
  const std::string_view element =
      std::string_view(text_).substr(span.begin, span.end - span.begin);
  if (!is_object_) return std::string(element);
  const size_t name_end = SkipString(element, 0);
  const size_t colon = element.find(':', name_end);
  return "[" + std::string(element.substr(0, name_end)) + "," +
         std::string(element.substr(colon + 1)) + "]";
}

}  // namespace gale
