// DAG specs are stored zstd-compressed: a 100,000-task DAG is mostly repetition.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/status.h"

namespace gale {

// INVALID_ARGUMENT above limits::kSpecBytesMax.
Result<std::vector<uint8_t>> CompressSpec(std::string_view spec);
// DATA_LOSS if `blob` isn't what CompressSpec made.
Result<std::string> DecompressSpec(const std::vector<uint8_t>& blob);

}  // namespace gale
