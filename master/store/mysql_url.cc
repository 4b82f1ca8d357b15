#include "master/store/mysql_url.h"

#include <algorithm>
#include <charconv>
#include <optional>

namespace gale {
namespace {

constexpr int kConnectSecondsMax = 3600;

// nullopt: a '%' without two hex digits.
std::optional<std::string> Decode(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    unsigned byte = 0;
    const char* from = text.data() + i + 1;
    if (i + 2 >= text.size() || std::from_chars(from, from + 2, byte, 16).ptr != from + 2) {
      return std::nullopt;
    }
    out += static_cast<char>(byte);
    i += 2;
  }
  return out;
}

Status BadEscape(std::string_view what) {
  return InvalidArgument(
      "the database URL's {} has a '%' that is not followed by two hex digits; write '%25' for '%'",
      what);
}

std::optional<int> Number(std::string_view text, int low, int high) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < low || value > high) {
    return std::nullopt;
  }
  return value;
}

Result<MySqlOptions::Tls> TlsMode(std::string text) {
  std::ranges::transform(text, text.begin(), [](char c) { return c == '-' ? '_' : toupper(c); });
  if (text == "DISABLED") return MySqlOptions::Tls::kDisabled;
  if (text == "PREFERRED") return MySqlOptions::Tls::kPreferred;
  if (text == "REQUIRED") return MySqlOptions::Tls::kRequired;
  if (text == "VERIFY_CA") return MySqlOptions::Tls::kVerifyCa;
  if (text == "VERIFY_IDENTITY") return MySqlOptions::Tls::kVerifyIdentity;
  return InvalidArgument(
      "the database URL's ssl_mode '{}' is unknown; choose from DISABLED, PREFERRED, REQUIRED, "
      "VERIFY_CA, VERIFY_IDENTITY",
      text);
}

Status ApplyOption(const std::string& name, const std::string& value, MySqlUrl& url) {
  MySqlOptions& options = url.options;
  if (name == "ssl_ca") {
    options.tls_ca = value;
  } else if (name == "ssl_cert") {
    options.tls_cert = value;
  } else if (name == "ssl_key") {
    options.tls_key = value;
  } else if (name == "ssl_mode" || name == "ssl-mode") {
    GALE_ASSIGN_OR_RETURN(options.tls, TlsMode(value));
    return OkStatus();
  } else if (name == "ssl_verify_cert") {
    if (value == "true" || value == "1") options.tls = MySqlOptions::Tls::kVerifyIdentity;
    return OkStatus();
  } else if (name == "connect_timeout") {
    const std::optional<int> seconds = Number(value, 1, kConnectSecondsMax);
    if (!seconds) {
      return InvalidArgument(
          "the database URL's connect_timeout '{}' is no number of 1..{} seconds", value,
          kConnectSecondsMax);
    }
    options.connect_timeout = std::chrono::seconds(*seconds);
    return OkStatus();
  } else {
    url.ignored.push_back(name);
    return OkStatus();
  }
  // Somebody who names a certificate wants TLS.
  if (options.tls == MySqlOptions::Tls::kPreferred) options.tls = MySqlOptions::Tls::kRequired;
  return OkStatus();
}

Status ParseQuery(std::string_view query, MySqlUrl& url) {
  while (!query.empty()) {
    const std::string_view part = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(part.size() + 1, query.size()));
    if (part.empty()) continue;
    const size_t equals = std::min(part.find('='), part.size());
    const auto name = Decode(part.substr(0, equals));
    const auto value = Decode(part.substr(std::min(equals + 1, part.size())));
    if (!name || !value) return BadEscape("query");
    GALE_RETURN_IF_ERROR(ApplyOption(*name, *value, url));
  }
  return OkStatus();
}

// "host", "host:port", "[::1]:port".
Status ParseHost(std::string_view text, MySqlOptions& options) {
  std::string_view port;
  if (text.starts_with('[')) {
    const size_t end = text.find(']');
    if (end == std::string_view::npos) {
      return InvalidArgument("the database URL's host has a '[' without a ']'");
    }
    options.host = text.substr(1, end - 1);
    port = text.substr(end + 1);
  } else {
    const size_t colon = std::min(text.find(':'), text.size());
    options.host = text.substr(0, colon);
    port = text.substr(colon);
  }
  if (options.host.empty()) return InvalidArgument("the database URL names no host");
  if (port.empty() || port == ":") return OkStatus();
  const std::optional<int> number =
      port[0] == ':' ? Number(port.substr(1), 1, 65535) : std::nullopt;
  if (!number) {
    return InvalidArgument(
        "the database URL's port is no number of 1..65535 (is there a '@', ':' or '/' in the "
        "password? Write it as %40, %3A, %2F)");
  }
  options.port = static_cast<uint16_t>(*number);
  return OkStatus();
}

}  // namespace

bool IsMySqlUrl(std::string_view url) {
  const std::string_view scheme = url.substr(0, std::min(url.find("://"), url.size()));
  if (scheme.size() == url.size()) return false;
  const std::string_view dialect = scheme.substr(0, scheme.find('+'));
  return dialect == "mysql" || dialect == "mariadb";
}

Result<MySqlUrl> ParseMySqlUrl(std::string_view text) {
  if (!IsMySqlUrl(text)) {
    return InvalidArgument(
        "not a URL of MySQL; write mysql://user:password@host:3306/database (mysql+pymysql:// and "
        "other drivers' names are fine)");
  }
  MySqlUrl url;
  std::string_view rest = text.substr(text.find("://") + 3);
  std::string_view query;
  if (const size_t mark = rest.find('?'); mark != std::string_view::npos) {
    query = rest.substr(mark + 1);
    rest = rest.substr(0, mark);
  }
  const size_t at = rest.rfind('@');  // a password may hold an '@' that nobody escaped
  if (at != std::string_view::npos) {
    const std::string_view login = rest.substr(0, at);
    const size_t colon = std::min(login.find(':'), login.size());
    const auto user = Decode(login.substr(0, colon));
    const auto password = Decode(login.substr(std::min(colon + 1, login.size())));
    if (!user) return BadEscape("user");
    if (!password) return BadEscape("password");
    url.options.user = *user;
    url.options.password = *password;
    rest.remove_prefix(at + 1);
  }
  if (url.options.user.empty()) {
    return InvalidArgument("the database URL names no user; write mysql://user:password@host/...");
  }
  const size_t slash = std::min(rest.find('/'), rest.size());
  GALE_RETURN_IF_ERROR(ParseHost(rest.substr(0, slash), url.options));
  const auto database = Decode(rest.substr(std::min(slash + 1, rest.size())));
  if (!database) return BadEscape("database");
  if (database->empty()) {
    return InvalidArgument("the database URL names no database; write mysql://.../gale");
  }
  url.options.database = *database;
  GALE_RETURN_IF_ERROR(ParseQuery(query, url));
  return url;
}

}  // namespace gale
