// GALE_CHECK: a programmer's error ends the process, in every build. Anything that a user, a file
// or a peer can cause is a Status instead.
#pragma once

#include <fmt/format.h>

#include <string_view>

namespace gale::internal {
[[noreturn]] void CheckFailed(const char* file, int line, const char* condition,
                              std::string_view message);
}  // namespace gale::internal

#define GALE_CHECK(condition, ...)                                             \
  ((condition) ? static_cast<void>(0)                                          \
               : ::gale::internal::CheckFailed(__FILE__, __LINE__, #condition, \
                                               ::fmt::format("" __VA_ARGS__)))
