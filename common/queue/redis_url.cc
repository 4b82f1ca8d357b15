#include "common/queue/redis_url.h"

#include <charconv>
#include <optional>

namespace gale {
namespace {

constexpr uint16_t kRedisPort = 6379;
constexpr uint16_t kSentinelPort = 26379;
constexpr size_t kAddressesMax = 32;
constexpr std::string_view kForms =
    "redis://[user[:password]@]host[:port][/db], rediss://... for TLS, "
    "sentinel://host[:port],host2/master-name[/db], or unix:///path/to/socket?db=N";

Status Wrong(std::string_view why) {
  return InvalidArgument("Redis URL: {}. Expected {}", why, kForms);
}

template <class Int>
bool ParseNumber(std::string_view text, Int& out) {
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size() && !text.empty();
}

std::optional<std::string> Decode(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    unsigned char byte = 0;
    if (i + 2 >= text.size()) return std::nullopt;
    auto [end, error] = std::from_chars(text.data() + i + 1, text.data() + i + 3, byte, 16);
    if (error != std::errc() || end != text.data() + i + 3) return std::nullopt;
    out += static_cast<char>(byte);
    i += 2;
  }
  return out;
}

// Cuts `text` at the first `mark`: what is before it is returned, `text` keeps what is after.
std::string_view CutFront(std::string_view& text, char mark) {
  const size_t at = text.find(mark);
  std::string_view front = text.substr(0, at);
  text = at == std::string_view::npos ? std::string_view() : text.substr(at + 1);
  return front;
}

Status ParseAddress(std::string_view text, uint16_t default_port, RedisAddress& address) {
  std::string_view host = text, port;
  bool has_port = false;
  if (text.starts_with('[')) {
    const size_t close = text.find(']');
    if (close == std::string_view::npos) return Wrong("an IPv6 address lacks its ']'");
    host = text.substr(1, close - 1);
    std::string_view rest = text.substr(close + 1);
    if (!rest.empty() && rest[0] != ':') return Wrong("only ':port' may follow ']'");
    has_port = !rest.empty();
    port = rest.substr(has_port ? 1 : 0);
  } else if (const size_t colon = text.find(':'); colon != std::string_view::npos) {
    host = text.substr(0, colon);
    port = text.substr(colon + 1);
    has_port = true;
  }
  if (host.empty()) return Wrong("the host is missing");
  address.host = std::string(host);
  address.port = default_port;
  if (has_port && (!ParseNumber(port, address.port) || address.port == 0)) {
    // Not quoted: an unescaped '@' or '/' in a password puts a part of it here.
    return Wrong(
        fmt::format("the port of '{}' is no number from 1 to 65535 (in a password, write "
                    "'@', ':' and '/' as %40, %3A and %2F)",
                    host));
  }
  return OkStatus();
}

Status ParseCredentials(std::string_view text, RedisUrl& url) {
  std::string_view password = text;
  auto user = Decode(CutFront(password, ':'));
  auto secret = Decode(password);
  if (!user || !secret) {
    return Wrong(
        "the user or password has a '%' that is not followed by two hex digits (write %25)");
  }
  url.user = *user;
  url.password = *secret;
  return OkStatus();
}

Status ParseDb(std::string_view text, RedisUrl& url) {
  if (text.empty()) return OkStatus();
  if (ParseNumber(text, url.db)) return OkStatus();
  return Wrong(fmt::format("the database '{}' is no number", text));
}

Status ParseOption(std::string_view name, std::string value, RedisUrl& url) {
  if (name == "db" || name == "virtual_host") return ParseDb(value, url);
  if (name == "ssl_ca_certs") return url.tls_ca_file = std::move(value), OkStatus();
  if (name == "ssl_certfile") return url.tls_cert_file = std::move(value), OkStatus();
  if (name == "ssl_keyfile") return url.tls_key_file = std::move(value), OkStatus();
  if (name == "sentinel_password") return url.sentinel_password = std::move(value), OkStatus();
  if (name == "ssl_cert_reqs") {
    if (value != "required" && value != "none" && value != "CERT_REQUIRED" &&
        value != "CERT_NONE") {
      return Wrong(fmt::format("ssl_cert_reqs is '{}'; 'required' and 'none' are known", value));
    }
    url.tls_verify = value == "required" || value == "CERT_REQUIRED";
    return OkStatus();
  }
  return Wrong(
      fmt::format("the option '{}' is unknown; db, sentinel_password, ssl_ca_certs, "
                  "ssl_certfile, ssl_keyfile and ssl_cert_reqs are",
                  name));
}

Status ParseOptions(std::string_view query, RedisUrl& url) {
  while (!query.empty()) {
    std::string_view value = CutFront(query, '&');
    std::string_view name = CutFront(value, '=');
    auto decoded = Decode(value);
    if (!decoded) return Wrong(fmt::format("the option '{}' has a broken '%'", name));
    GALE_RETURN_IF_ERROR(ParseOption(name, std::move(*decoded), url));
  }
  return OkStatus();
}

}  // namespace

std::string RedisAddress::ToString() const {
  if (!path.empty()) return path;
  return host.find(':') == std::string::npos ? fmt::format("{}:{}", host, port)
                                             : fmt::format("[{}]:{}", host, port);
}

std::string RedisUrl::Describe() const {
  std::string all;
  for (const RedisAddress& address : addresses) {
    all += (all.empty() ? "" : ", ") + address.ToString();
  }
  return sentinel() ? fmt::format("sentinel '{}' ({})", sentinel_master, all) : all;
}

Result<RedisUrl> RedisUrl::Parse(std::string_view text) {
  RedisUrl url;
  const size_t slashes = text.find("://");
  if (slashes == std::string_view::npos) return Wrong("it has no '://'");
  const std::string_view scheme = text.substr(0, slashes);
  std::string_view query = text.substr(slashes + 3);
  std::string_view rest = CutFront(query, '?');
  const bool unix_socket = scheme == "unix" || scheme == "redis+socket" || scheme == "redis+unix";
  const bool sentinel =
      scheme == "sentinel" || scheme == "redis+sentinel" || scheme == "rediss+sentinel";
  if (!unix_socket && !sentinel && scheme != "redis" && scheme != "rediss") {
    return Wrong(fmt::format("'{}' is no scheme of Redis", scheme));
  }
  if (query.find('@') != std::string_view::npos) {
    return Wrong(
        "an '@' after '?': write them as %40 and %3F");  // it may be half a password: no quote
  }
  url.tls = scheme.starts_with("rediss");
  if (const size_t at = rest.rfind('@'); at != std::string_view::npos) {
    GALE_RETURN_IF_ERROR(ParseCredentials(rest.substr(0, at), url));
    rest = rest.substr(at + 1);
  }
  if (unix_socket) {
    auto path = Decode(rest);
    if (!path || !path->starts_with('/')) return Wrong("the socket's path must begin with '/'");
    url.addresses = {{.path = *path}};
    GALE_RETURN_IF_ERROR(ParseOptions(query, url));
    return url;
  }
  std::string_view hosts = CutFront(rest, '/');
  do {
    if (url.addresses.size() == kAddressesMax) return Wrong("more than 32 sentinels");
    GALE_RETURN_IF_ERROR(ParseAddress(sentinel ? CutFront(hosts, ',') : std::exchange(hosts, {}),
                                      sentinel ? kSentinelPort : kRedisPort,
                                      url.addresses.emplace_back()));
  } while (!hosts.empty());
  if (sentinel) {
    url.sentinel_master = std::string(CutFront(rest, '/'));
    if (url.sentinel_master.empty())
      return Wrong("the master's name after the sentinels is missing");
  }
  GALE_RETURN_IF_ERROR(ParseDb(rest, url));
  GALE_RETURN_IF_ERROR(ParseOptions(query, url));
  return url;
}

}  // namespace gale
