// Reads the INI dialect of airflow.cfg: [sections], `key = value` (or `key: value`), whole-line
// comments after # or ;, values that go on over indented lines. "%%" reads as "%", as in Airflow's
// files. There are no comments behind a value: `port = 80 # x` is the value "80 # x".
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/base/status.h"

namespace gale {

struct IniEntry {
  std::string section;  // lower case
  std::string key;      // lower case
  std::string value;    // trimmed; lines of a long value are joined by '\n'
  int line = 0;         // of the key, from 1
};

// The entries in the order of the file. INVALID_ARGUMENT names `file`:line: a line that is none of
// the above, an entry before any section, a key that stands twice in its section.
Result<std::vector<IniEntry>> ParseIni(std::string_view text, std::string_view file);

// Without blanks at both ends.
std::string_view Trim(std::string_view text);
// "a, b,": {"a", "b"}.
std::vector<std::string> SplitList(std::string_view text);
// ASCII.
std::string Lower(std::string_view text);

}  // namespace gale
