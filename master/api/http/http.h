// An HTTP request and its answer as plain data: what handlers know of HTTP.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "master/api/http/stream.h"

namespace gale::http {

struct Request {
  std::string method;                 // "GET"
  std::string path;                   // percent-decoded per segment, see segments
  std::vector<std::string> segments;  // "/api/v2/dags" -> {"api", "v2", "dags"}, each decoded
  std::vector<std::pair<std::string, std::string>> query;  // decoded, in order
  std::map<std::string, std::string> headers;  // names in lower case; the last of a name counts
  std::string body;
  std::string target;  // as SetTarget took it
  std::string peer;    // the address of the client, without port
  bool tls = false;    // it came by HTTPS

  // Splits "/a%2Fb?x=1&y" into path, segments and query. False if it is malformed.
  bool SetTarget(std::string_view target);
  // "" if it isn't there. `name` in lower case.
  std::string_view header(std::string_view name) const;
  // The first value; nullptr if the query doesn't name it.
  const std::string* Param(std::string_view name) const;
  std::vector<std::string> Params(std::string_view name) const;
};

struct Response {
  int status = 200;
  std::string content_type = "application/json";
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;
  std::shared_ptr<Source> goes_on = nullptr;  // what is written instead of a body
};

// "%41+b" -> "AA b" ('+' only where `plus_is_blank`). False if an escape is malformed.
bool PercentDecode(std::string_view text, bool plus_is_blank, std::string& out);

}  // namespace gale::http
