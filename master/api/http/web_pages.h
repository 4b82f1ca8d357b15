// The web UI's files, as they are served: whole, packed, or "you have it already".
//
// A path that is no file's is a page's, which the UI's own router knows: it gets index.html. So do
// Airflow's old addresses. Whatever begins like an API's path, or like a file's, is not.
#pragma once

#include <optional>
#include <set>
#include <span>
#include <string>
#include <unordered_map>

#include "master/api/http/http.h"
#include "master/api/http/web_files.h"

namespace gale::http {

// Immutable: thread-safe.
class WebPages {
 public:
  // The files must outlive it. None: pages are a text that tells how they are built.
  explicit WebPages(std::span<const WebFile> files);

  // Of a GET that no operation has. Waits for nothing. nullopt: it is no page's path.
  std::optional<Response> Answer(const Request& request) const;

 private:
  bool IsPage(const Request& request) const;

  std::unordered_map<std::string_view, const WebFile*> files_;
  std::set<std::string> folders_;  // at the top: what is in them is a file, or not there
};

}  // namespace gale::http
