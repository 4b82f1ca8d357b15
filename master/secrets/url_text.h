// The pieces of URLs, as Python's urllib reads and writes them.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gale {

// "%C3%A9" -> "é"; what is no escape stays as it is. `plus`: '+' is a blank.
std::string Unquote(std::string_view text, bool plus = false);
// All but letters, digits and "_.-~" as escapes. `plus`: a blank is '+'.
std::string Quote(std::string_view text, bool plus = false);

// "a=1&b=" -> {{"a", "1"}, {"b", ""}}.
std::vector<std::pair<std::string, std::string>> ParseQuery(std::string_view query);

// "me:secret@db1:5432".
struct Authority {
  std::string login, password, host, port;
};
Authority ParseAuthority(std::string_view text);

}  // namespace gale
