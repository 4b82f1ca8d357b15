#include "common/base/text.h"

#include <algorithm>

namespace gale {
namespace {

// FNV-1a: the same on every machine and in every version.
uint64_t HashOf(std::string_view text) {
  uint64_t hash = 0xcbf29ce484222325;
  for (unsigned char c : text) hash = (hash ^ c) * 0x100000001b3;
  return hash;
}

// Without a bound.
std::string WriteOut(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    size_t size = CharacterBytes(text);
    if (size == 0 || text.front() == '\0') {
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(text.front()));
      size = 1;
    } else {
      out += text.substr(0, size);
    }
    text.remove_prefix(size);
  }
  return out;
}

// How much of `text`, which is UTF-8, has at most `bytes` bytes.
size_t CutAt(std::string_view text, size_t bytes) {
  if (bytes >= text.size()) return text.size();
  while (bytes > 0 && (static_cast<unsigned char>(text[bytes]) & 0xC0) == 0x80) --bytes;
  return bytes;
}

}  // namespace

size_t CharacterBytes(std::string_view text) {
  if (text.empty()) return 0;
  auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  const size_t size = lead < 0x80                   ? 1
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

size_t FindBadUtf8(std::string_view text) {
  for (size_t at = 0; at < text.size();) {
    if (static_cast<unsigned char>(text[at]) < 0x80) {
      ++at;
      continue;
    }
    const size_t size = CharacterBytes(text.substr(at));
    if (size == 0) return at;
    at += size;
  }
  return std::string_view::npos;
}

Status CheckText(std::string_view what, std::string_view text, const TextBounds& bounds) {
  if (text.size() < bounds.bytes_min) {
    if (text.empty()) return InvalidArgument("{}: empty", what);
    return InvalidArgument("{}: has {} bytes; at least {} are needed", what, text.size(),
                           bounds.bytes_min);
  }
  if (text.size() > bounds.bytes_max) {
    return InvalidArgument("{}: has {} bytes; at most {} are taken{}", what, text.size(),
                           bounds.bytes_max,
                           bounds.limit.empty() ? "" : fmt::format(" ({})", bounds.limit));
  }
  if (const size_t bad = FindBadUtf8(text); bad != std::string_view::npos) {
    return InvalidArgument("{}: byte {} ({:#04x}) is not UTF-8", what, bad + 1,
                           static_cast<unsigned char>(text[bad]));
  }
  if (bounds.nul) return OkStatus();
  if (const size_t nul = text.find('\0'); nul != std::string_view::npos) {
    return InvalidArgument("{}: byte {} is a NUL, which no text may hold", what, nul + 1);
  }
  return OkStatus();
}

std::string RepairText(std::string_view text, size_t bytes_max) {
  const bool clean =
      FindBadUtf8(text) == std::string_view::npos && text.find('\0') == std::string_view::npos;
  if (clean && text.size() <= bytes_max) return std::string(text);
  // Not written out beyond what is kept: `text` may be large.
  std::string out = WriteOut(text.size() <= bytes_max ? text : text.substr(0, bytes_max));
  if (out.size() <= bytes_max && text.size() <= bytes_max) return out;
  const std::string note = fmt::format("... (cut: {} bytes in all)", text.size());
  out.resize(CutAt(out, bytes_max - note.size()));
  return out + note;
}

std::string RepairPath(std::string_view path, size_t bytes_max) {
  std::string out = WriteOut(path);
  if (out == path && out.size() <= bytes_max) return out;
  const std::string mark = fmt::format("~{:016x}", HashOf(path));
  out.resize(CutAt(out, bytes_max - mark.size()));
  return out + mark;
}

}  // namespace gale
