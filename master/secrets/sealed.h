// Rows of the ledger and what they mean: sealing and opening, the same for variables and connections.
#pragma once

#include <algorithm>
#include <cctype>
#include <string>

#include "master/secrets/connection.h"
#include "master/secrets/vault.h"
#include "master/store/secret_rows.h"

namespace gale {

// As it stands in the name of an environment variable.
inline std::string UpperKey(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return std::toupper(c); });
  return text;
}

struct VariableTraits {
  using Row = VariableRow;
  using Value = Variable;
  static constexpr std::string_view kTable = "variable";
  static constexpr std::string_view kSetEvent = "set_variable", kDeleteEvent = "delete_variable";

  static SecretRows<Row>& Rows(Store& store) { return store.variables(); }
  template <class T>
  static auto& KeyOf(T& of) {
    return of.key;
  }
  static Status Check(const Value& value) { return CheckVariable(value); }
  static Status NoSuch(const std::string& key) {
    return NotFound(
        "variable '{0}' doesn't exist: set it by `gale variables set {0} VALUE`, or as "
        "AIRFLOW_VAR_{1} "
        "in the environment",
        key, UpperKey(key));
  }
  // What isn't secret.
  template <class From, class To>
  static void Copy(const From& from, To& to) {
    to.key = from.key;
    to.description = from.description;
  }
  // Of each secret: its column, as it stands in the row, as it is.
  template <class R, class V, class Act>
  static Status EachSecret(R& row, V& value, Act act) {
    return act("value", row.value, value.value);
  }
};

struct ConnectionTraits {
  using Row = ConnectionRow;
  using Value = Connection;
  static constexpr std::string_view kTable = "connection";
  static constexpr std::string_view kSetEvent = "set_connection",
                                    kDeleteEvent = "delete_connection";

  static SecretRows<Row>& Rows(Store& store) { return store.connections(); }
  template <class T>
  static auto& KeyOf(T& of) {
    return of.conn_id;
  }
  static Status Check(const Value& value) { return CheckConnection(value); }
  static Status NoSuch(const std::string& key) {
    return NotFound(
        "connection '{0}' doesn't exist: set it by `gale connections set {0} URI`, or as "
        "AIRFLOW_CONN_{1} in the environment",
        key, UpperKey(key));
  }
  template <class From, class To>
  static void Copy(const From& from, To& to) {
    to.conn_id = from.conn_id;
    to.conn_type = from.conn_type;
    to.description = from.description;
    to.host = from.host;
    to.schema = from.schema;
    to.login = from.login;
    to.port = from.port;
  }
  template <class R, class V, class Act>
  static Status EachSecret(R& row, V& value, Act act) {
    GALE_RETURN_IF_ERROR(act("password", row.password, value.password));
    return act("extra", row.extra, value.extra);
  }
};

// By the key `id`, which the vault has.
template <class Traits>
Result<typename Traits::Row> SealRow(Vault& vault, const std::string& id,
                                     const typename Traits::Value& value) {
  typename Traits::Row row;
  Traits::Copy(value, row);
  row.sealed_by = id;
  GALE_RETURN_IF_ERROR(Traits::EachSecret(
      row, value,
      [&](std::string_view column, std::string& sealed, const std::string& text) -> Status {
        GALE_ASSIGN_OR_RETURN(sealed,
                              vault.Seal(id, {Traits::kTable, Traits::KeyOf(value), column}, text));
        return OkStatus();
      }));
  return row;
}

template <class Traits>
Result<typename Traits::Value> OpenRow(Vault& vault, const typename Traits::Row& row) {
  typename Traits::Value value;
  Traits::Copy(row, value);
  GALE_RETURN_IF_ERROR(
      Traits::EachSecret(
          row, value,
          [&](std::string_view column, const std::string& sealed, std::string& text) -> Status {
            GALE_ASSIGN_OR_RETURN(
                text,
                vault.Open(row.sealed_by, {Traits::kTable, Traits::KeyOf(row), column}, sealed));
            return OkStatus();
          })
          .WithContext(fmt::format("{} '{}'", Traits::kTable, Traits::KeyOf(row))));
  return value;
}

}  // namespace gale
