// How large texts are stored: zstd-compressed. A 100,000-task DAG is mostly repetition, and code
// isn't much better.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/status.h"

namespace gale {

Result<std::vector<uint8_t>> Compress(std::string_view bytes);
// DATA_LOSS if `blob` isn't what Compress made; of more than limits::kSpecBytesMax it can't be.
Result<std::string> Decompress(const std::vector<uint8_t>& blob);

// As Compress; INVALID_ARGUMENT above limits::kSpecBytesMax.
Result<std::vector<uint8_t>> CompressSpec(std::string_view spec);

}  // namespace gale
