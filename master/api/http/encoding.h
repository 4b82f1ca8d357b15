// Answers made smaller for clients that say they can read them so.
#pragma once

#include <string>
#include <string_view>

#include "master/api/http/http.h"

namespace gale::http {

// By the header Accept-Encoding, its q-values counted: whether gzip may be sent, and isn't liked
// less than what is plain.
bool TakesGzip(const Request& request);
// As a file of gzip; level 1 (quick) to 9 (small).
std::string Gzip(std::string_view bytes, int level);
// Packs a long JSON answer for a client that takes it. Short ones, other kinds, and what is packed
// already stay as they are.
void PackAnswer(const Request& request, Response& response);

}  // namespace gale::http
