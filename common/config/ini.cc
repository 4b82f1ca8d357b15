#include "common/config/ini.h"

#include <set>
#include <utility>

namespace gale {
namespace {

constexpr std::string_view kBlanks = " \t\r\n\f\v";

std::string Unescape(std::string_view value) {
  std::string out;
  for (size_t i = 0; i < value.size(); ++i) {
    out += value[i];
    if (value[i] == '%' && i + 1 < value.size() && value[i + 1] == '%') ++i;
  }
  return out;
}

}  // namespace

std::string_view Trim(std::string_view text) {
  const size_t begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

std::vector<std::string> SplitList(std::string_view text) {
  std::vector<std::string> out;
  while (!text.empty()) {
    const size_t end = std::min(text.find(','), text.size());
    if (const std::string_view item = Trim(text.substr(0, end)); !item.empty()) {
      out.emplace_back(item);
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

std::string Lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

Result<std::vector<IniEntry>> ParseIni(std::string_view text, std::string_view file) {
  std::vector<IniEntry> entries;
  std::set<std::pair<std::string, std::string>> seen;
  std::string section;
  bool open_value = false;  // the last entry may go on in an indented line
  int line_number = 0;
  if (text.substr(0, 3) == "\xEF\xBB\xBF") text.remove_prefix(3);  // a byte order mark
  while (!text.empty()) {
    const size_t end = text.find('\n');
    const std::string_view raw = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    ++line_number;
    const std::string_view line = Trim(raw);
    if (line.empty() || line[0] == '#' || line[0] == ';') continue;
    if (open_value && (raw[0] == ' ' || raw[0] == '\t')) {
      std::string& value = entries.back().value;
      if (!value.empty()) value += '\n';
      value += Unescape(line);
      continue;
    }
    if (line[0] == '[') {
      if (line.back() != ']' || line.size() < 3) {
        return InvalidArgument("{}:{}: '{}' is not a section: write [name]", file, line_number,
                               line);
      }
      section = Lower(Trim(line.substr(1, line.size() - 2)));
      open_value = false;
      continue;
    }
    const size_t delimiter = line.find_first_of("=:");
    if (delimiter == std::string_view::npos || delimiter == 0) {
      return InvalidArgument("{}:{}: '{}' is neither [section] nor key = value", file, line_number,
                             line);
    }
    const std::string key = Lower(Trim(line.substr(0, delimiter)));
    if (section.empty()) {
      return InvalidArgument("{}:{}: '{}' stands before any [section]", file, line_number, key);
    }
    if (!seen.emplace(section, key).second) {
      return InvalidArgument("{}:{}: [{}] {} stands twice in this file", file, line_number, section,
                             key);
    }
    entries.push_back({section, key, Unescape(Trim(line.substr(delimiter + 1))), line_number});
    open_value = true;
  }
  return entries;
}

}  // namespace gale
