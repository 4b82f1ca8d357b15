#include "master/api/json.h"

namespace gale {
namespace {

size_t DepthOf(std::string_view text) {
  size_t depth = 0, deepest = 0;
  bool in_string = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') ++i;
      if (c == '"') in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{' || c == '[') {
      deepest = std::max(deepest, ++depth);
    } else if ((c == '}' || c == ']') && depth > 0) {
      --depth;
    }
  }
  return deepest;
}

}  // namespace

Result<Json> ParseJson(std::string_view what, std::string_view text) {
  if (DepthOf(text) > kJsonDepthMax) {
    return InvalidArgument("{} is nested deeper than {} levels", what, kJsonDepthMax);
  }
  Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!json.is_discarded()) return json;
  // Once more, for the place of the error.
  try {
    json = Json::parse(text);
  } catch (const nlohmann::json::parse_error& error) {
    return InvalidArgument("{} is not valid JSON: error at byte {}", what, error.byte);
  } catch (const std::exception& error) {
    return InvalidArgument("{} is not valid JSON: {}", what, error.what());
  }
  return json;
}

Result<Json> ParseJsonObject(std::string_view what, std::string_view text) {
  GALE_ASSIGN_OR_RETURN(Json json, ParseJson(what, text));
  if (!json.is_object()) {
    return InvalidArgument("{} must be a JSON object, not {}", what, json.type_name());
  }
  return json;
}

std::string WriteJson(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace gale
