// How a list of strings stands in a column: ["a","b"], which the databases' JSON functions take
// apart.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace gale {

std::string EncodeList(const std::vector<std::string>& list);
// Reads what EncodeList writes.
std::vector<std::string> DecodeList(std::string_view json);

}  // namespace gale
