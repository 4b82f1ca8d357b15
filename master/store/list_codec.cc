#include "master/store/list_codec.h"

#include <fmt/format.h>

#include <cstdlib>

namespace gale {
namespace {

void AppendEscaped(std::string& out, std::string_view text) {
  for (char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    } else {
      out += c;
    }
  }
}

}  // namespace

std::string EncodeList(const std::vector<std::string>& list) {
  std::string out = "[";
  for (const std::string& item : list) {
    if (out.size() > 1) out += ',';
    out += '"';
    AppendEscaped(out, item);
    out += '"';
  }
  return out + "]";
}

std::vector<std::string> DecodeList(std::string_view json) {
  std::vector<std::string> list;
  size_t at = 0;
  while ((at = json.find('"', at)) != std::string_view::npos) {
    std::string& item = list.emplace_back();
    for (++at; at < json.size() && json[at] != '"'; ++at) {
      if (json[at] != '\\' || at + 1 >= json.size()) {
        item += json[at];
      } else if (json[++at] != 'u') {
        item += json[at];
      } else {
        item += static_cast<char>(
            std::strtol(std::string(json.substr(at + 1, 4)).c_str(), nullptr, 16));
        at += 4;
      }
    }
    ++at;
  }
  return list;
}

}  // namespace gale
