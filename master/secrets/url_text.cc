#include "master/secrets/url_text.h"

#include <fmt/format.h>

#include "common/base/text.h"

namespace gale {
namespace {

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool IsPlain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '.' || c == '-' || c == '~';
}

}  // namespace

std::string Unquote(std::string_view text, bool plus) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    const int high = i + 2 < text.size() && text[i] == '%' ? HexDigit(text[i + 1]) : -1;
    const int low = high >= 0 ? HexDigit(text[i + 2]) : -1;
    if (low >= 0) {
      out += static_cast<char>(high * 16 + low);
      i += 2;
    } else {
      out += plus && text[i] == '+' ? ' ' : text[i];
    }
  }
  return out;
}

std::string Quote(std::string_view text, bool plus) {
  std::string out;
  for (char c : text) {
    if (IsPlain(c)) {
      out += c;
    } else if (plus && c == ' ') {
      out += '+';
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

std::vector<std::pair<std::string, std::string>> ParseQuery(std::string_view query) {
  std::vector<std::pair<std::string, std::string>> out;
  while (!query.empty()) {
    const size_t end = std::min(query.find('&'), query.size());
    const std::string_view part = query.substr(0, end);
    query.remove_prefix(std::min(query.size(), end + 1));
    if (part.empty()) continue;
    const size_t equals = std::min(part.find('='), part.size());
    out.emplace_back(Unquote(part.substr(0, equals), /*plus=*/true),
                     Unquote(part.substr(std::min(part.size(), equals + 1)), /*plus=*/true));
  }
  return out;
}

Authority ParseAuthority(std::string_view text) {
  Authority out;
  if (const size_t at = text.rfind('@'); at != std::string_view::npos) {
    const std::string_view user = text.substr(0, at);
    const size_t colon = std::min(user.find(':'), user.size());
    out.login = Unquote(user.substr(0, colon));
    out.password = Unquote(user.substr(std::min(user.size(), colon + 1)));
    text.remove_prefix(at + 1);
  }
  size_t host_end = std::string_view::npos;
  if (text.starts_with('[')) {  // an IPv6 address
    host_end = text.find(']');
    if (host_end != std::string_view::npos) {
      out.host = std::string(text.substr(1, host_end - 1));
      text.remove_prefix(host_end + 1);
      if (text.starts_with(':')) out.port = std::string(text.substr(1));
      return out;
    }
  }
  const size_t colon = std::min(text.find(':'), text.size());
  out.host = Unquote(text.substr(0, colon));
  out.port = std::string(text.substr(std::min(text.size(), colon + 1)));
  return out;
}

}  // namespace gale
