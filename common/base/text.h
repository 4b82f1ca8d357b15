// Texts from outside, at the doors: a row's text is UTF-8, a name has no NUL, and each has a bound in
// bytes. What its author can correct (a request, a DAG) is refused by Check; what nobody can correct
// (a file's name, a stack trace, a host's name, a task's output) is repaired.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "common/base/status.h"

namespace gale {

// How many bytes the UTF-8 character at the front of `text` has; 0: there is none (a stray byte, an
// overlong form, a surrogate, the end).
size_t CharacterBytes(std::string_view text);

// Where the first byte stands that is no UTF-8; npos: nowhere. Quick over ASCII.
size_t FindBadUtf8(std::string_view text);

struct TextBounds {
  size_t bytes_min = 0;
  size_t bytes_max = 0;
  bool nul = false;             // may it hold a NUL?
  std::string_view limit = {};  // bytes_max's name, if it has one (limits.h)
};
// INVALID_ARGUMENT, with the field's name, the place and the bound: "note: has 1200 bytes; at most
// 1000 are taken (kNoteBytesMax)".
Status CheckText(std::string_view what, std::string_view text, const TextBounds& bounds);

// `text` with each bad byte and each NUL written out ("\xe9"), and cut to at most `bytes_max` bytes
// between two characters, with a note of how much was left out at its end. bytes_max >= 64.
std::string RepairText(std::string_view text, size_t bytes_max);

// `path` as a key of at most `bytes_max` bytes: repaired, and if that changed it, with a hash of
// the whole at its end, so that two paths stay two. bytes_max >= 64.
std::string RepairPath(std::string_view path, size_t bytes_max);

}  // namespace gale
