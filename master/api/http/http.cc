#include "master/api/http/http.h"

#include "common/base/text.h"

namespace gale::http {
namespace {

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// Decoded, it is still to be a text.
bool DecodeText(std::string_view text, bool plus_is_blank, std::string& out) {
  return PercentDecode(text, plus_is_blank, out) && FindBadUtf8(out) == std::string_view::npos &&
         out.find('\0') == std::string::npos;
}

bool ParseQuery(std::string_view text, std::vector<std::pair<std::string, std::string>>& out) {
  while (!text.empty()) {
    const size_t end = std::min(text.find('&'), text.size());
    const std::string_view pair = text.substr(0, end);
    text.remove_prefix(std::min(text.size(), end + 1));
    if (pair.empty()) continue;
    const size_t equals = std::min(pair.find('='), pair.size());
    auto& [name, value] = out.emplace_back();
    if (!DecodeText(pair.substr(0, equals), true, name)) return false;
    if (equals < pair.size() && !DecodeText(pair.substr(equals + 1), true, value)) return false;
  }
  return true;
}

}  // namespace

bool PercentDecode(std::string_view text, bool plus_is_blank, std::string& out) {
  out.clear();
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%') {
      if (i + 2 >= text.size()) return false;
      const int high = HexDigit(text[i + 1]), low = HexDigit(text[i + 2]);
      if (high < 0 || low < 0) return false;
      out += static_cast<char>(high * 16 + low);
      i += 2;
    } else {
      out += text[i] == '+' && plus_is_blank ? ' ' : text[i];
    }
  }
  return true;
}

bool Request::SetTarget(std::string_view target) {
  if (target.empty() || target[0] != '/') return false;
  const size_t mark = std::min(target.find('?'), target.size());
  std::string_view rest = target.substr(0, mark);
  path = std::string(rest);
  this->target = std::string(target);
  segments.clear();
  query.clear();
  while (!rest.empty()) {
    rest.remove_prefix(1);  // the slash
    const size_t end = std::min(rest.find('/'), rest.size());
    std::string segment;
    if (!DecodeText(rest.substr(0, end), false, segment)) return false;
    if (end > 0 || end < rest.size())
      segments.push_back(std::move(segment));  // a last slash is none
    rest.remove_prefix(end);
  }
  return mark == target.size() || ParseQuery(target.substr(mark + 1), query);
}

std::string_view Request::header(std::string_view name) const {
  auto found = headers.find(std::string(name));
  return found == headers.end() ? std::string_view() : std::string_view(found->second);
}

const std::string* Request::Param(std::string_view name) const {
  for (const auto& [key, value] : query) {
    if (key == name) return &value;
  }
  return nullptr;
}

std::vector<std::string> Request::Params(std::string_view name) const {
  std::vector<std::string> values;
  for (const auto& [key, value] : query) {
    if (key == name) values.push_back(value);
  }
  return values;
}

}  // namespace gale::http
