// How the master and the parse server speak: frames of pieces.
//
// A frame is its length (4 bytes, big endian) and so many bytes: its pieces, each again a length
// and so many bytes. The first piece is JSON, what the rest is depends on it. So a DAG's JSON or a
// path of any bytes goes through untouched, and nobody looks for the end of a line in 50 MB.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gale {

inline constexpr size_t kFrameHeadBytes = 4;

std::string Frame(const std::vector<std::string_view>& pieces);
// The length that a frame's (or a piece's) first kFrameHeadBytes bytes say.
uint32_t FrameBytes(std::string_view head);
// The pieces of a frame's body, which must outlive them; nothing if they don't add up.
std::optional<std::vector<std::string_view>> Pieces(std::string_view body);

}  // namespace gale
