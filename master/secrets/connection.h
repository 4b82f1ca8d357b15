// A variable and a connection as people know them, and the forms that they are written in: Airflow's
// connection URIs and JSON, both ways.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/status.h"

namespace gale {

struct Variable {
  std::string key;
  std::string value;
  std::string description;
};

// Empty: none.
struct Connection {
  std::string conn_id;
  std::string conn_type;
  std::string description;
  std::string host;  // "db1", "https://api.example", "::1"
  std::string schema;
  std::string login;
  std::optional<int32_t> port;
  std::string password;
  std::string extra;  // as it was given: a JSON object, as a rule
};

// "postgres://me:secret@db1:5432/sales?sslmode=require". As Airflow reads it: '%' escapes in every
// part, a protocol of the host's own (http://https://api.example), "?__extra__=" with the extra as it
// is, a postgresql of Python's becomes postgres, '-' in the type becomes '_'.
// INVALID_ARGUMENT: which part is wrong.
Result<Connection> ConnectionFromUri(std::string_view uri);
// The same the other way; what it says is read as the same connection again.
std::string ConnectionToUri(const Connection& connection);

// {"conn_type", "host", "login", "password", "schema", "port", "extra", "description"}, or {"uri"}. `extra`:
// a text, or an object. Without conn_id, which stands beside it. INVALID_ARGUMENT: a field that there
// isn't, or of a wrong type.
Result<Connection> ConnectionFromJson(const nlohmann::json& fields);
// All fields but conn_id; null: none. `extra` as text.
nlohmann::json ConnectionToJson(const Connection& connection);

// What stands in an environment variable, or a line of a file: JSON, or a URI.
Result<Connection> ConnectionFromText(std::string_view text);

// INVALID_ARGUMENT: what can't be a connection (bounds, ports, an id in other letters than Airflow's).
Status CheckConnection(const Connection& connection);
Status CheckVariable(const Variable& variable);

}  // namespace gale
