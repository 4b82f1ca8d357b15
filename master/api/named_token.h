// Users' named tokens as texts: what a program sends, and what of it is kept.
//
//   gale_ 0123456789abcdef 48 more hex digits
//         the id           the secret: 192 random bits
//
// So a token that turns up somewhere can be told by its beginning, and is found by its key; a scanner
// finds gale_[0-9a-f]{64}. Only its SHA-256 is kept: of so much chance that can't be guessed back.
#pragma once

#include <string>
#include <string_view>

namespace gale {

struct NamedToken {
  std::string text;
  std::string id;
  std::string hash;
};
NamedToken MakeNamedToken();

bool IsNamedToken(std::string_view text);
// Of one.
std::string_view NamedTokenId(std::string_view text);
std::string NamedTokenHash(std::string_view text);

}  // namespace gale
