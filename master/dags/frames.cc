#include "master/dags/frames.h"

namespace gale {
namespace {

void AppendLength(std::string& out, size_t bytes) {
  for (int shift = 24; shift >= 0; shift -= 8) out.push_back(static_cast<char>(bytes >> shift));
}

}  // namespace

std::string Frame(const std::vector<std::string_view>& pieces) {
  size_t bytes = 0;
  for (std::string_view piece : pieces) bytes += kFrameHeadBytes + piece.size();
  std::string out;
  out.reserve(kFrameHeadBytes + bytes);
  AppendLength(out, bytes);
  for (std::string_view piece : pieces) {
    AppendLength(out, piece.size());
    out += piece;
  }
  return out;
}

uint32_t FrameBytes(std::string_view head) {
  uint32_t bytes = 0;
  for (size_t i = 0; i < kFrameHeadBytes; ++i) {
    bytes = bytes << 8 | static_cast<unsigned char>(head[i]);
  }
  return bytes;
}

std::optional<std::vector<std::string_view>> Pieces(std::string_view body) {
  std::vector<std::string_view> pieces;
  while (!body.empty()) {
    if (body.size() < kFrameHeadBytes) return std::nullopt;
    const size_t bytes = FrameBytes(body);
    body.remove_prefix(kFrameHeadBytes);
    if (body.size() < bytes) return std::nullopt;
    pieces.push_back(body.substr(0, bytes));
    body.remove_prefix(bytes);
  }
  return pieces;
}

}  // namespace gale
