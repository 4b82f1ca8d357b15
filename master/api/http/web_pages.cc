#include "master/api/http/web_pages.h"

#include <algorithm>
#include <array>

#include "common/base/status.h"
#include "master/api/http/answers.h"
#include "master/api/http/encoding.h"

namespace gale::http {
namespace {

constexpr std::string_view kIndex = "/index.html";
constexpr std::array<std::string_view, 4> kNoPages = {"api", "auth", "metrics", "openapi.json"};

constexpr std::string_view kFrontPage =
    "<!doctype html><meta charset=utf-8><title>Gale</title><h1>Gale</h1>"
    "<p>This is the master's API. The web UI wasn't built into this binary: <code>./dev "
    "build</code> "
    "does (<code>npm run build</code> in <code>web/</code> first), with Node 18.</p><ul>"
    "<li><code>POST /auth/token</code>: a token for a user name and a password"
    "<li><code>GET /api/v2/dags</code>, <code>/api/v2/dags/{dag_id}/dagRuns</code> and the rest of "
    "Airflow's API, version 2"
    "<li><a href=/openapi.json>/openapi.json</a>: all of it, described"
    "<li><a href=/api/v2/monitor/health>/api/v2/monitor/health</a>"
    "<li><a href=/api/v2/version>/api/v2/version</a>"
    "<li><code>GET /api/gale/v1/workers</code></ul>"
    "<p>On the command line: <code>gale --help</code>.</p>\n";

// Scripts, styles and data come from here alone, and nobody puts a page of ours in a frame of his.
constexpr std::string_view kPolicy =
    "default-src 'self'; script-src 'self'; "
    "style-src 'self' 'unsafe-inline'; "  // Mantine writes its style tags
    "img-src 'self' data:; font-src 'self'; connect-src 'self'; "
    "worker-src 'self' blob:; "  // the graph's layout
    "frame-ancestors 'none'; base-uri 'none'; form-action 'self'";

Response Guarded(int status, std::string_view content_type, std::string_view body) {
  Response response{status, std::string(content_type), std::string(body), {}};
  response.headers.emplace_back("Content-Security-Policy", kPolicy);
  response.headers.emplace_back("X-Frame-Options", "DENY");
  response.headers.emplace_back("Referrer-Policy", "same-origin");
  return response;
}

// Whether the client has it: If-None-Match names this tag, or any.
bool Has(const Request& request, std::string_view tag) {
  std::string_view rest = request.header("if-none-match");
  while (!rest.empty()) {
    const size_t end = std::min(rest.find(','), rest.size());
    std::string_view one = rest.substr(0, end);
    rest.remove_prefix(std::min(rest.size(), end + 1));
    while (one.starts_with(' ')) one.remove_prefix(1);
    while (one.ends_with(' ')) one.remove_suffix(1);
    if (one.starts_with("W/")) one.remove_prefix(2);
    if (one == tag || one == "*") return true;
  }
  return false;
}

Response FileAnswer(const Request& request, const WebFile& file) {
  const bool packed = !file.gzipped.empty() && TakesGzip(request);
  const std::string tag = fmt::format("\"{}{}\"", file.hash, packed ? "-gzip" : "");
  const bool known = Has(request, tag);
  Response response = Guarded(known ? 304 : 200, file.content_type,
                              known    ? ""
                              : packed ? file.gzipped
                                       : file.bytes);
  response.headers.emplace_back("ETag", tag);
  response.headers.emplace_back("Cache-Control",
                                file.lasting ? "public, max-age=31536000, immutable" : "no-cache");
  if (!file.gzipped.empty()) response.headers.emplace_back("Vary", "Accept-Encoding");
  if (packed && !known) response.headers.emplace_back("Content-Encoding", "gzip");
  return response;
}

}  // namespace

WebPages::WebPages(std::span<const WebFile> files) : folders_{"assets"} {
  for (const WebFile& file : files) {
    files_[file.path] = &file;
    const size_t slash = file.path.find('/', 1);
    if (slash != std::string_view::npos) folders_.emplace(file.path.substr(1, slash - 1));
  }
}

// "/dags/etl.v2" is one, "/robots.txt" is not: ids of DAGs and runs may have dots.
bool WebPages::IsPage(const Request& request) const {
  if (request.segments.empty()) return true;
  const std::string& first = request.segments.front();
  if (folders_.contains(first)) return false;
  return request.segments.size() > 1 || first.find('.') == std::string::npos;
}

std::optional<Response> WebPages::Answer(const Request& request) const {
  if (!request.segments.empty() &&
      std::ranges::find(kNoPages, request.segments.front()) != kNoPages.end()) {
    return std::nullopt;
  }
  if (auto file = files_.find(request.path); file != files_.end()) {
    return FileAnswer(request, *file->second);
  }
  if (!IsPage(request)) return std::nullopt;
  if (auto index = files_.find(kIndex); index != files_.end()) {
    return FileAnswer(request, *index->second);
  }
  Response response = Guarded(200, "text/html; charset=utf-8", kFrontPage);
  response.headers.emplace_back("Cache-Control", "no-cache");
  return response;
}

}  // namespace gale::http
