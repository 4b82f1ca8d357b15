#include "master/store/sql.h"

#include <algorithm>

namespace gale {

Status ReadTookTooLong(std::string_view place, std::chrono::milliseconds limit) {
  return DeadlineExceeded(
      "'{}': reading took longer than {:.3g} s (kReadTimeMax): ask for a DAG or a run, or in the "
      "order of the key",
      place, static_cast<double>(limit.count()) / 1000);
}

std::vector<std::string_view> SplitNames(std::string_view columns) {
  std::vector<std::string_view> out;
  while (!columns.empty()) {
    const size_t end = std::min(columns.find(','), columns.size());
    std::string_view column = columns.substr(0, end);
    column.remove_prefix(column.find_first_not_of(' '));
    out.push_back(column);
    columns.remove_prefix(std::min(end + 1, columns.size()));
  }
  return out;
}

std::string QuoteName(std::string_view name) {
  std::string out = "`";
  for (char c : name) out += c == '`' ? "``" : std::string(1, c);
  return out + '`';
}

std::string QuoteNames(std::string_view columns) {
  std::string out;
  for (std::string_view column : SplitNames(columns)) {
    out += fmt::format("{}{}", out.empty() ? "" : ", ", QuoteName(column));
  }
  return out;
}

std::string Marks(size_t count) {
  std::string out;
  for (size_t i = 0; i < count; ++i) out += i == 0 ? "?" : ", ?";
  return out;
}

}  // namespace gale
