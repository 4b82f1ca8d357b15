// The parts of a JSON list or object as they stand in its text. Nothing is read into numbers and
// written anew: what a task gives stays what it was, of any size.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gale::worker {

// Views into `text`, which is only looked at as far as its parts are told from each other. nullopt:
// it is no list (no object).
std::optional<std::vector<std::string_view>> JsonItems(std::string_view text);
using JsonFieldsMap = std::map<std::string, std::string_view, std::less<>>;
std::optional<JsonFieldsMap> JsonFields(std::string_view text);

// The text in a JSON string; nullopt: it is none.
std::optional<std::string> JsonText(std::string_view text);
// The same of a field; empty if there is no such one, or it is no string.
std::string TextField(const JsonFieldsMap& fields, std::string_view name);

}  // namespace gale::worker
