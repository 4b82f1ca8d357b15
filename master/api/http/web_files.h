// The web UI as cmake/web_files.py packs it into the binary at build time: what Vite left in build/web.
#pragma once

#include <span>
#include <string_view>

namespace gale::http {

struct WebFile {
  std::string_view path;  // as a request names it: "/assets/index-4fA1b2C3.js"
  std::string_view content_type;
  std::string_view hash;     // of its bytes
  std::string_view bytes;    // as they are
  std::string_view gzipped;  // empty: it would not be smaller
  bool lasting = false;      // other bytes would have another name
};

// By path; empty: the web UI wasn't built.
std::span<const WebFile> PackedWebFiles();

}  // namespace gale::http
