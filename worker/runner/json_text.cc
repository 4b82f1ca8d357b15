#include <nlohmann/json.hpp>

#include "worker/runner/bash_runner.h"

namespace gale::worker {
namespace {

// How many bytes the UTF-8 character at the front of `text` has; 0 if there is none.
size_t CharacterBytes(std::string_view text) {
  auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  unsigned char lead = byte(0);
  size_t size = lead < 0x80                   ? 1
                : lead >= 0xC2 && lead < 0xE0 ? 2
                : (lead & 0xF0) == 0xE0       ? 3
                : lead >= 0xF0 && lead < 0xF5 ? 4
                                              : 0;
  if (size == 0 || size > text.size()) return 0;
  for (size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
  }
  if (lead == 0xE0 && byte(1) < 0xA0) return 0;   // overlong
  if (lead == 0xED && byte(1) >= 0xA0) return 0;  // surrogates
  if (lead == 0xF0 && byte(1) < 0x90) return 0;
  if (lead == 0xF4 && byte(1) >= 0x90) return 0;
  return size;
}

}  // namespace

std::string ToJsonString(std::string_view text) {
  std::string valid;
  valid.reserve(text.size());
  while (!text.empty()) {
    size_t size = CharacterBytes(text);
    if (size == 0) {
      valid += fmt::format("\\x{:02x}", static_cast<unsigned char>(text.front()));
      size = 1;
    } else {
      valid += text.substr(0, size);
    }
    text.remove_prefix(size);
  }
  return nlohmann::json(valid).dump();
}

}  // namespace gale::worker
