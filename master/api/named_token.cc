#include "master/api/named_token.h"

#include <fmt/format.h>
#include <sodium.h>

#include <algorithm>
#include <array>

#include "common/base/check.h"
#include "common/rpc/digest.h"

namespace gale {
namespace {

constexpr std::string_view kPrefix = "gale_";
constexpr size_t kRandomBytes = 32;
constexpr size_t kIdDigits = 16;

}  // namespace

NamedToken MakeNamedToken() {
  GALE_CHECK(sodium_init() >= 0, "libsodium can't be initialised");
  std::array<unsigned char, kRandomBytes> random{};
  randombytes_buf(random.data(), random.size());
  NamedToken token{std::string(kPrefix), "", ""};
  for (const unsigned char byte : random) token.text += fmt::format("{:02x}", byte);
  token.id = NamedTokenId(token.text);
  token.hash = NamedTokenHash(token.text);
  return token;
}

bool IsNamedToken(std::string_view text) {
  if (!text.starts_with(kPrefix) || text.size() != kPrefix.size() + 2 * kRandomBytes) return false;
  return std::ranges::all_of(text.substr(kPrefix.size()), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
  });
}

std::string_view NamedTokenId(std::string_view text) {
  return text.substr(kPrefix.size(), kIdDigits);
}

std::string NamedTokenHash(std::string_view text) { return Sha256Hex(text); }

}  // namespace gale
