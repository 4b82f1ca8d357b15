// What contents are named by: specs, bundles, files.
#pragma once

#include <string>
#include <string_view>

namespace gale {

// SHA-256, as 64 hex digits.
std::string Sha256Hex(std::string_view bytes);

}  // namespace gale
