// A small seam over both databases, for what is rare: tables that people edit, and cleaning. One
// statement text for all, with '?' for values and `name` for names. The hot path (Commit, live
// reads) doesn't go through here.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <variant>
#include <vector>

#include "common/base/clock.h"
#include "common/base/ids.h"
#include "common/base/status.h"

namespace gale {

using SqlValue = std::variant<std::monostate, int64_t, std::string>;

template <class T>
SqlValue ToSql(const T& value) {
  if constexpr (std::is_enum_v<T> || std::is_integral_v<T>) {
    return static_cast<int64_t>(value);
  } else if constexpr (std::is_same_v<T, TimePoint>) {
    return static_cast<int64_t>(value.time_since_epoch().count());
  } else if constexpr (std::is_convertible_v<const T&, std::string_view>) {
    return std::string(value);
  } else {
    return static_cast<int64_t>(value.value);  // a StrongInt
  }
}

// The row that a query is at.
class SqlRow {
 public:
  virtual ~SqlRow() = default;
  virtual int64_t Int(int column) = 0;
  virtual std::string Text(int column) = 0;

  // The columns from the first on, into a row's members.
  template <class... T>
  void Read(const std::tuple<T&...>& members) {
    int column = 0;
    std::apply([&](auto&... values) { (Set(column++, values), ...); }, members);
  }

 private:
  template <class T>
  void Set(int column, T& value) {
    if constexpr (std::is_same_v<T, std::string>) {
      value = Text(column);
    } else if constexpr (std::is_same_v<T, TimePoint>) {
      value = TimePoint(Duration(Int(column)));
    } else if constexpr (std::is_enum_v<T> || std::is_integral_v<T>) {
      value = static_cast<T>(Int(column));
    } else {
      value = T(Int(column));  // a StrongInt
    }
  }
};

// A connection, while the act lasts that it was given for.
class Sql {
 public:
  virtual ~Sql() = default;
  virtual Status Query(const std::string& sql, const std::vector<SqlValue>& values,
                       const std::function<void(SqlRow&)>& row) = 0;
  virtual Status Run(const std::string& sql, const std::vector<SqlValue>& values) = 0;

  // What stands after an INSERT of a row whose `key` (one column) is there already: set the `others`
  // anew; with none, leave the row as it is.
  virtual std::string OnConflict(std::string_view key,
                                 const std::vector<std::string_view>& others) const = 0;
  // At the end of a SELECT in a transaction: nobody changes those rows until it ends.
  virtual std::string_view for_update() const = 0;
  // The same, and others may ask for the same.
  virtual std::string_view for_share() const = 0;
};

// "a, b" -> {"a", "b"}.
std::vector<std::string_view> SplitNames(std::string_view columns);
// `a`, `b`: some names of columns are words of a database's.
std::string QuoteNames(std::string_view columns);
std::string QuoteName(std::string_view name);
// "?, ?, ?".
std::string Marks(size_t count);

}  // namespace gale
