#include "common/base/ids.h"

#include <charconv>

namespace gale {

std::string AttemptId::ToString() const {
  return fmt::format("{}.{}.{}.{}", run.value, task.value, map_index, try_number);
}

Result<AttemptId> AttemptId::Parse(std::string_view text) {
  AttemptId id;
  const char* at = text.data();
  const char* const end = at + text.size();
  auto number = [&](auto& out, bool last) {
    auto [next, error] = std::from_chars(at, end, out);
    if (error != std::errc()) return false;
    if (last) return next == end;
    if (next == end || *next != '.') return false;
    at = next + 1;
    return true;
  };
  if (number(id.run.value, false) && number(id.task.value, false) && number(id.map_index, false) &&
      number(id.try_number, true)) {
    return id;
  }
  return InvalidArgument("'{}' is no attempt id: expected <run>.<task>.<map index>.<try>", text);
}

}  // namespace gale
