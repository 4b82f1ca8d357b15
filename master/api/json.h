// JSON from outside, read with care; JSON to the outside, whatever bytes are in it.
#pragma once

#include <nlohmann/json.hpp>

#include <string>
#include <string_view>

#include "common/base/status.h"

namespace gale {

using Json = nlohmann::ordered_json;

inline constexpr size_t kJsonDepthMax = 200;  // writing it out recurses

// INVALID_ARGUMENT, naming `what` and the place, if it isn't JSON or is nested too deep.
Result<Json> ParseJson(std::string_view what, std::string_view text);
// The same, and it must be an object.
Result<Json> ParseJsonObject(std::string_view what, std::string_view text);
// Bytes that are no UTF-8 become U+FFFD.
std::string WriteJson(const Json& json);

}  // namespace gale
