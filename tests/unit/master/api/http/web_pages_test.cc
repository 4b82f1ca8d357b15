// The web UI's files as browsers get them.
#include "master/api/http/web_pages.h"

#include <gmock/gmock.h>

#include <array>

#include "master/api/http/encoding.h"

namespace gale::http {
namespace {

using testing::HasSubstr;

constexpr std::array<WebFile, 4> kFiles = {{
    {"/index.html", "text/html; charset=utf-8", "aa11", "<title>Gale</title>", "packed index",
     false},
    {"/assets/index-4fA1b2C3.js", "text/javascript; charset=utf-8", "bb22", "script", "", true},
    {"/fonts/x.woff2", "font/woff2", "cc33", "font", "", false},
    {"/favicon.svg", "image/svg+xml", "dd44", "icon", "", false},
}};

std::optional<Response> Get(const std::string& target,
                            std::map<std::string, std::string> headers = {},
                            std::span<const WebFile> files = kFiles) {
  Request request;
  request.method = "GET";
  EXPECT_TRUE(request.SetTarget(target));
  request.headers = std::move(headers);
  return WebPages(files).Answer(request);
}

std::string Header(const Response& response, std::string_view name) {
  for (const auto& [key, value] : response.headers) {
    if (key == name) return value;
  }
  return "";
}

TEST(WebPagesTest, AFileIsServedAsWhatItIs) {
  const auto script = Get("/assets/index-4fA1b2C3.js?v=1");
  ASSERT_TRUE(script);
  EXPECT_EQ(script->status, 200);
  EXPECT_EQ(script->body, "script");
  EXPECT_EQ(script->content_type, "text/javascript; charset=utf-8");
  EXPECT_EQ(Header(*script, "Cache-Control"), "public, max-age=31536000, immutable");
  EXPECT_EQ(Header(*Get("/favicon.svg"), "Cache-Control"), "no-cache");
  EXPECT_EQ(Get("/fonts/x.woff2")->content_type, "font/woff2");
}

TEST(WebPagesTest, APageIsTheIndex) {
  for (const char* page : {"/", "/home", "/dags", "/dags/etl.v2", "/dags/etl/graph", "/dags/foo.js",
                           "/dags/etl/runs/scheduled__2026-01-01T00:00:00.5+00:00/tasks/a",
                           "/dags/a%2Fb%20c", "/index.html", "/runs/", "/apidocs"}) {
    const auto answer = Get(page);
    ASSERT_TRUE(answer) << page;
    EXPECT_EQ(answer->status, 200) << page;
    EXPECT_EQ(answer->body, "<title>Gale</title>") << page;
    EXPECT_EQ(Header(*answer, "Cache-Control"), "no-cache") << page;
  }
}

TEST(WebPagesTest, WhatLooksLikeAFileOrAnApiIsNoPage) {
  for (const char* path : {"/assets/index-00000000.js", "/assets/", "/assets", "/fonts/y.woff2",
                           "/robots.txt", "/api", "/api/v2/nothing", "/auth/nothing", "/metrics/x",
                           "/openapi.json/x", "/assets/../index.html"}) {
    EXPECT_FALSE(Get(path)) << path;
  }
}

TEST(WebPagesTest, WhoHasItIsToldSo) {
  const auto first = Get("/");
  const std::string tag = Header(*first, "ETag");
  EXPECT_EQ(tag, "\"aa11\"");
  for (const std::string& has : {tag, "\"x\", W/" + tag, std::string("*")}) {
    const auto again = Get("/", {{"if-none-match", has}});
    EXPECT_EQ(again->status, 304) << has;
    EXPECT_EQ(again->body, "");
    EXPECT_EQ(Header(*again, "ETag"), tag);
    EXPECT_EQ(Header(*again, "Cache-Control"), "no-cache");
  }
  EXPECT_EQ(Get("/", {{"if-none-match", "\"aa1\""}})->status, 200);
}

TEST(WebPagesTest, PackedForWhoTakesItAndUnderATagOfItsOwn) {
  const auto packed = Get("/", {{"accept-encoding", "br, gzip"}});
  EXPECT_EQ(packed->body, "packed index");
  EXPECT_EQ(Header(*packed, "Content-Encoding"), "gzip");
  EXPECT_EQ(Header(*packed, "Vary"), "Accept-Encoding");
  const std::string tag = Header(*packed, "ETag");
  EXPECT_NE(tag, Header(*Get("/"), "ETag"));
  EXPECT_EQ(Get("/", {{"accept-encoding", "gzip"}, {"if-none-match", tag}})->status, 304);
  EXPECT_EQ(Get("/", {{"if-none-match", tag}})->status, 200);
  EXPECT_EQ(Header(*Get("/favicon.svg", {{"accept-encoding", "gzip"}}), "Content-Encoding"), "");
}

TEST(WebPagesTest, OthersScriptsAndFramesAreRefused) {
  const auto page = Get("/dags/etl");
  const std::string policy = Header(*page, "Content-Security-Policy");
  for (const char* part : {"default-src 'self';", "script-src 'self';", "frame-ancestors 'none'",
                           "base-uri 'none'", "form-action 'self'", "worker-src 'self' blob:"}) {
    EXPECT_THAT(policy, HasSubstr(part));
  }
  EXPECT_EQ(Header(*page, "X-Frame-Options"), "DENY");
  EXPECT_EQ(Header(*page, "Referrer-Policy"), "same-origin");
}

TEST(WebPagesTest, WithoutFilesAPageTellsHowTheyAreBuilt) {
  const auto page = Get("/dags/etl", {}, {});
  ASSERT_TRUE(page);
  EXPECT_THAT(page->body, HasSubstr("npm run build"));
  EXPECT_FALSE(Get("/assets/x.js", {}, {}));
}

// What was built with this test's binary, if anything was: paths, and bytes that unpack.
TEST(WebPagesTest, ThePackedFilesAreWhole) {
  const std::span<const WebFile> files = PackedWebFiles();
  if (files.empty()) return;
  bool index = false;
  for (const WebFile& file : files) {
    index |= file.path == "/index.html";
    EXPECT_FALSE(file.bytes.empty() && !file.gzipped.empty()) << file.path;
    EXPECT_LT(file.gzipped.size(), file.bytes.size() + 1) << file.path;
    EXPECT_EQ(file.hash.size(), 32u);
  }
  EXPECT_TRUE(index);
}

// Accept-Encoding.

bool Takes(const std::string& header) {
  Request request;
  if (!header.empty()) request.headers["accept-encoding"] = header;
  return TakesGzip(request);
}

TEST(EncodingTest, QValuesCount) {
  for (const char* yes : {"gzip", "gzip, deflate, br, zstd", "br;q=1.0, gzip;q=0.8, *;q=0.1", "*",
                          "GZIP", "x-gzip", "gzip ; q=0.001", "identity;q=0.5, gzip", "*;q=0.2"}) {
    EXPECT_TRUE(Takes(yes)) << yes;
  }
  for (const char* no : {"", "br", "gzip;q=0", "gzip;q=0.000, *", "identity", "*;q=0",
                         "gzip;q=0.5, identity;q=0.9", "gzip;q=much", "notgzip", ",;,"}) {
    EXPECT_FALSE(Takes(no)) << no;
  }
}

TEST(EncodingTest, OnlyLongJsonIsPacked) {
  Request request;
  request.headers["accept-encoding"] = "gzip";
  const auto packed = [&](const std::string& type, size_t bytes) {
    Response response{200, type, std::string(bytes, 'a'), {}};
    PackAnswer(request, response);
    return response;
  };
  EXPECT_EQ(packed("application/json", 1023).body.size(), 1023u);
  EXPECT_EQ(packed("text/plain", 5000).body.size(), 5000u);
  Response once = packed("application/json", 5000);
  EXPECT_LT(once.body.size(), 100u);
  EXPECT_EQ(once.body.substr(0, 2), "\x1f\x8b");
  EXPECT_EQ(Header(once, "Content-Encoding"), "gzip");
  EXPECT_EQ(Header(once, "Vary"), "Accept-Encoding");
  // What the leader packed isn't packed again by the master that handed it on.
  once.body = std::string(5000, 'b');
  PackAnswer(request, once);
  EXPECT_EQ(once.body.size(), 5000u);
  request.headers.clear();
  EXPECT_EQ(packed("application/json", 5000).body.size(), 5000u);
}

}  // namespace
}  // namespace gale::http
