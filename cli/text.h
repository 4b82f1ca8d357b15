// Small things about text that several commands need. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace gale::cli {

// A JSON string, with its quotes. Bytes that aren't UTF-8 pass unchanged.
std::string JsonString(std::string_view text);

// Columns that it takes on a terminal (East Asian wide characters take two).
size_t DisplayWidth(std::string_view text);

// On one line and harmless to a terminal: control characters become blanks.
std::string OneLine(std::string_view text);

std::string Join(const std::vector<std::string>& words, std::string_view between);

// The word of `known` that was probably meant; empty if none is near.
std::string_view Nearest(std::string_view word, const std::vector<std::string_view>& known);

// A URL with *** in its password's place; anything else as it is.
std::string HidePassword(std::string_view url);

// Whether it is a JSON object.
bool IsJsonObject(std::string_view text);

}  // namespace gale::cli
