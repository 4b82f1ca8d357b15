#include "master/secrets/connection.h"

#include <algorithm>
#include <charconv>

#include "common/base/text.h"
#include "common/base/text_limits.h"
#include "master/secrets/url_text.h"

namespace gale {
namespace {

using nlohmann::json;

constexpr std::string_view kExtraKey = "__extra__";
constexpr int32_t kPortMax = 65'535;

bool IsLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool IsScheme(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return IsLetter(c) || (c >= '0' && c <= '9') || c == '+' || c == '.' || c == '-' || c == '_';
  });
}

std::string NormalType(std::string_view scheme) {
  std::string type;
  for (char c : scheme) type += c == '-' ? '_' : static_cast<char>(std::tolower(c));
  return type == "postgresql" ? "postgres" : type;
}

Result<int32_t> ParsePort(std::string_view text) {
  int32_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error == std::errc() && end == text.data() + text.size() && port >= 0 && port <= kPortMax) {
    return port;
  }
  return InvalidArgument(
      "port: '{}' is no number from 0 to {} (a ':', '/', '?', '#' or '@' in a login or password is "
      "written as %3A, %2F, %3F, %23 or %40)",
      RepairText(text.substr(0, 8), 64), kPortMax);
}

// The fields of `text` as an object, if it is one.
std::optional<json> Object(std::string_view text) {
  json value = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!value.is_object()) return std::nullopt;
  return value;
}

std::string Dump(const json& value) {
  return value.dump(-1, ' ', /*ensure_ascii=*/false, json::error_handler_t::replace);
}

// Writing it out recurses.
constexpr int kDepthMax = 100;
bool DeeperThan(const json& value, int levels) {
  return value.is_structured() && (levels == 0 || std::ranges::any_of(value, [&](const json& each) {
                                     return DeeperThan(each, levels - 1);
                                   }));
}

// "?a=1&b=2" if every value is a text and the same is read again, else "?__extra__=...".
std::string QueryOf(const std::string& extra) {
  const std::optional<json> object = Object(extra);
  std::string query;
  bool plain = object && !object->empty() && !object->contains(kExtraKey);
  if (plain) {
    for (const auto& [name, value] : object->items()) {
      plain = plain && value.is_string();
      if (!plain) break;
      query += fmt::format("{}{}={}", query.empty() ? "" : "&", Quote(name, /*plus=*/true),
                           Quote(value.get<std::string>(), /*plus=*/true));
    }
  }
  return plain ? query : fmt::format("{}={}", kExtraKey, Quote(extra, /*plus=*/true));
}

// A text's field of JSON; null is none.
Status ReadText(const json& fields, const char* name, std::string& out) {
  const auto found = fields.find(name);
  if (found == fields.end() || found->is_null()) return OkStatus();
  if (found->is_string()) {
    out = found->get<std::string>();
  } else if (std::string_view(name).starts_with("extra") && found->is_object()) {
    if (DeeperThan(*found, kDepthMax)) {
      return InvalidArgument("extra: is nested deeper than {} levels", kDepthMax);
    }
    out = found->empty() ? "" : Dump(*found);
  } else if (found->is_number() || found->is_boolean()) {
    out = found->dump();
  } else {
    return InvalidArgument("{}: expected a text", name);
  }
  return OkStatus();
}

Status ReadPort(const json& fields, std::optional<int32_t>& out) {
  const auto found = fields.find("port");
  if (found == fields.end() || found->is_null()) return OkStatus();
  if (found->is_string() && found->get_ref<const std::string&>().empty()) return OkStatus();
  GALE_ASSIGN_OR_RETURN(out,
                        ParsePort(found->is_string() ? found->get<std::string>() : found->dump()));
  return OkStatus();
}

bool IsIdCharacter(char c) {
  return IsLetter(c) || (c >= '0' && c <= '9') || static_cast<unsigned char>(c) >= 0x80 ||
         std::string_view("_#!()-.:/\\").find(c) != std::string_view::npos;
}

}  // namespace

Result<Connection> ConnectionFromUri(std::string_view uri) {
  const size_t scheme_end = uri.find("://");
  if (scheme_end == std::string_view::npos || !IsScheme(uri.substr(0, scheme_end))) {
    return InvalidArgument(
        "the URI doesn't begin with a type: expected type://login:password@host:port/schema?extra");
  }
  Connection connection;
  connection.conn_type = NormalType(uri.substr(0, scheme_end));
  std::string_view rest = uri.substr(scheme_end + 3);

  // A host with a protocol of its own: http://https://api.example.
  std::string_view protocol;
  const size_t before_query = std::min(rest.find_first_of("?#"), rest.size());
  if (const size_t second = rest.substr(0, before_query).find("://");
      second != std::string_view::npos) {
    protocol = rest.substr(0, second);
    rest.remove_prefix(second + 3);
    if (!IsScheme(protocol) ||
        rest.substr(0, rest.find_first_of("?#")).find("://") != std::string_view::npos) {
      return InvalidArgument(
          "the URI has '://' where none may be: a login stands behind the host's protocol, and "
          "'://' in other parts is written as %3A%2F%2F");
    }
  }

  const size_t authority_end = std::min(rest.find_first_of("/?#"), rest.size());
  const Authority authority = ParseAuthority(rest.substr(0, authority_end));
  rest.remove_prefix(authority_end);
  connection.login = authority.login;
  connection.password = authority.password;
  connection.host = authority.host;
  if (!protocol.empty() && !connection.host.empty()) {
    connection.host = fmt::format("{}://{}", protocol, connection.host);
  }
  if (!authority.port.empty()) {
    GALE_ASSIGN_OR_RETURN(connection.port, ParsePort(authority.port));
  }

  if (rest.find('#') != std::string_view::npos) {
    return InvalidArgument("the URI has a '#', which would end it: write it as %23");
  }
  const size_t query_at = std::min(rest.find('?'), rest.size());
  if (query_at > 1) connection.schema = Unquote(rest.substr(1, query_at - 1));
  json extra = json::object();
  for (const auto& [name, value] : ParseQuery(rest.substr(std::min(rest.size(), query_at + 1)))) {
    extra[name] = value;
  }
  if (const auto whole = extra.find(kExtraKey); whole != extra.end()) {
    connection.extra = whole->get<std::string>();
  } else if (!extra.empty()) {
    connection.extra = Dump(extra);
  }
  return connection;
}

std::string ConnectionToUri(const Connection& connection) {
  std::string uri;
  for (char c : connection.conn_type) uri += c == '_' ? '-' : static_cast<char>(std::tolower(c));
  uri += "://";
  std::string_view host = connection.host;
  if (const size_t protocol = host.find("://");
      protocol != std::string_view::npos && IsScheme(host.substr(0, protocol))) {
    uri += host.substr(0, protocol + 3);
    host.remove_prefix(protocol + 3);
  }
  const bool has_login = !connection.login.empty() || !connection.password.empty();
  if (has_login) {
    uri += Quote(connection.login);
    if (!connection.password.empty()) uri += ":" + Quote(connection.password);
    uri += "@";
  }
  uri += Quote(host);
  if (connection.port) {
    if (host.empty() && !has_login) uri += "@";
    uri += fmt::format(":{}", *connection.port);
  }
  if (!connection.schema.empty()) uri += "/" + Quote(connection.schema);
  if (!connection.extra.empty()) {
    uri += (connection.schema.empty() ? "/?" : "?") + QueryOf(connection.extra);
  }
  return uri;
}

Result<Connection> ConnectionFromJson(const json& fields) {
  if (!fields.is_object()) return InvalidArgument("expected a JSON object of its fields");
  static constexpr std::string_view kKnown[] = {"conn_id", "conn_type", "description", "host",
                                                "login",   "password",  "schema",      "port",
                                                "extra",   "uri",       "extra_dejson"};
  for (const auto& [name, value] : fields.items()) {
    if (std::ranges::find(kKnown, name) == std::end(kKnown)) {
      return InvalidArgument(
          "a connection has no field '{}': conn_type, host, login, password, schema, port, extra, "
          "description, or uri",
          RepairText(name, 80));
    }
  }
  Connection connection;
  if (std::string uri; fields.contains("uri")) {
    GALE_RETURN_IF_ERROR(ReadText(fields, "uri", uri));
    GALE_ASSIGN_OR_RETURN(connection, ConnectionFromUri(uri));
  }
  GALE_RETURN_IF_ERROR(ReadText(fields, "conn_id", connection.conn_id));
  GALE_RETURN_IF_ERROR(ReadText(fields, "conn_type", connection.conn_type));
  connection.conn_type = NormalType(connection.conn_type);
  GALE_RETURN_IF_ERROR(ReadText(fields, "description", connection.description));
  GALE_RETURN_IF_ERROR(ReadText(fields, "host", connection.host));
  GALE_RETURN_IF_ERROR(ReadText(fields, "login", connection.login));
  GALE_RETURN_IF_ERROR(ReadText(fields, "password", connection.password));
  GALE_RETURN_IF_ERROR(ReadText(fields, "schema", connection.schema));
  GALE_RETURN_IF_ERROR(ReadText(fields, "extra", connection.extra));
  GALE_RETURN_IF_ERROR(ReadText(fields, "extra_dejson", connection.extra));
  GALE_RETURN_IF_ERROR(ReadPort(fields, connection.port));
  return connection;
}

json ConnectionToJson(const Connection& connection) {
  auto text = [](const std::string& value) { return value.empty() ? json() : json(value); };
  return {{"conn_type", connection.conn_type},
          {"description", text(connection.description)},
          {"host", text(connection.host)},
          {"login", text(connection.login)},
          {"password", text(connection.password)},
          {"schema", text(connection.schema)},
          {"port", connection.port ? json(*connection.port) : json()},
          {"extra", text(connection.extra)}};
}

Result<Connection> ConnectionFromText(std::string_view text) {
  if (const size_t first = text.find_first_not_of(" \t\r\n");
      first == std::string_view::npos || text[first] != '{') {
    return ConnectionFromUri(text);
  }
  const std::optional<json> fields = Object(text);
  if (!fields) return InvalidArgument("it isn't JSON, though it begins with '{{'");
  return ConnectionFromJson(*fields);
}

Status CheckConnection(const Connection& connection) {
  using limits::kSecretBytesMax;
  const std::string what =
      fmt::format("connection '{}'", RepairText(connection.conn_id.substr(0, 250), 80));
  if (connection.conn_id.empty()) return InvalidArgument("a connection needs an id");
  if (!std::ranges::all_of(connection.conn_id, IsIdCharacter)) {
    return InvalidArgument("{}: its id may hold letters, digits and _ # ! ( ) - . : / \\ only",
                           what);
  }
  if (connection.conn_type.empty()) {
    return InvalidArgument("{}: has no type (conn_type), such as postgres or http", what);
  }
  if (connection.port && (*connection.port < 0 || *connection.port > kPortMax)) {
    return InvalidArgument("{}: port {} is not one from 0 to {}", what, *connection.port, kPortMax);
  }
  GALE_RETURN_IF_ERROR(
      CheckText("password", connection.password, {0, kSecretBytesMax, true}).WithContext(what));
  return CheckText("extra", connection.extra, {0, kSecretBytesMax, true}).WithContext(what);
}

Status CheckVariable(const Variable& variable) {
  if (variable.key.empty()) return InvalidArgument("a variable needs a key");
  return CheckText("value", variable.value, {0, limits::kSecretBytesMax, true})
      .WithContext(fmt::format("variable '{}'", RepairText(variable.key.substr(0, 250), 80)));
}

}  // namespace gale
