// A small seam over both databases: reads, tables that people edit, and cleaning. One statement text
// for all, with '?' for values and `name` for names. The hot path (Commit, live reads) doesn't go
// through here.
#pragma once

#include <chrono>
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
#include "master/store/list_codec.h"

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

template <class T>
SqlValue ToSql(const std::optional<T>& value) {
  return value ? ToSql(*value) : SqlValue();
}

// The row that a query is at, read into members by their types. Columns count from 0.
class SqlRow {
 public:
  virtual ~SqlRow() = default;
  virtual bool IsNull(int column) = 0;
  virtual int64_t Int(int column) = 0;
  virtual std::string Text(int column) = 0;  // its bytes, of a blob, too

  // The columns, from the first on.
  template <class... T>
  void Read(T&... values) {
    int column = 0;
    (ReadOne(column++, values), ...);
  }
  template <class... T>
  void ReadRow(const std::tuple<T&...>& members) {
    std::apply([this](auto&... values) { Read(values...); }, members);
  }

 private:
  template <class T>
  void ReadOne(int column, T& value) {
    if constexpr (std::is_enum_v<T> || std::is_integral_v<T>) {
      value = static_cast<T>(Int(column));
    } else {
      ReadOther(column, value);
    }
  }
  void ReadOther(int column, std::string& value) { value = Text(column); }
  void ReadOther(int column, std::vector<std::string>& value) { value = DecodeList(Text(column)); }
  void ReadOther(int column, std::vector<uint8_t>& value) {
    const std::string bytes = Text(column);
    value.assign(bytes.begin(), bytes.end());
  }
  void ReadOther(int column, Duration& value) { value = Duration(Int(column)); }
  void ReadOther(int column, TimePoint& value) { value = TimePoint(Duration(Int(column))); }
  template <class Tag, class Int>
  void ReadOther(int column, StrongInt<Tag, Int>& value) {
    ReadOne(column, value.value);
  }
  template <class T>
  void ReadOther(int column, std::optional<T>& value) {
    value.reset();
    if (!IsNull(column)) ReadOne(column, value.emplace());
  }
};

// A statement that grows, and the values of its '?' in the same order.
class SqlQuery {
 public:
  SqlQuery() = default;
  template <class... T>
  explicit SqlQuery(std::string_view text, const T&... values) {
    Add(text, values...);
  }
  template <class... T>
  SqlQuery& Add(std::string_view text, const T&... values) {
    text_ += text;
    (values_.push_back(ToSql(values)), ...);
    return *this;
  }
  SqlQuery& Add(const SqlQuery& other) {
    text_ += other.text_;
    values_.insert(values_.end(), other.values_.begin(), other.values_.end());
    return *this;
  }
  // "?, ?, ?" of the values.
  template <class Values>
  SqlQuery& AddList(const Values& values) {
    for (size_t i = 0; i < values.size(); ++i) Add(i == 0 ? "?" : ", ?", values[i]);
    return *this;
  }

  const std::string& text() const { return text_; }
  const std::vector<SqlValue>& values() const { return values_; }

 private:
  std::string text_;
  std::vector<SqlValue> values_;
};

// A connection, while the act lasts that it was given for.
class Sql {
 public:
  virtual ~Sql() = default;
  virtual Status Query(const std::string& sql, const std::vector<SqlValue>& values,
                       const std::function<void(SqlRow&)>& row) = 0;
  Status Query(const SqlQuery& query, const std::function<void(SqlRow&)>& row) {
    return Query(query.text(), query.values(), row);
  }
  virtual Status Run(const std::string& sql, const std::vector<SqlValue>& values) = 0;

  // What stands after an INSERT of a row whose `key` (one column) is there already: set the `others`
  // anew; with none, leave the row as it is.
  virtual std::string OnConflict(std::string_view key,
                                 const std::vector<std::string_view>& others) const = 0;
  // At the end of a SELECT in a transaction: nobody changes those rows until it ends.
  virtual std::string_view for_update() const = 0;
  // What to select live task instances from, which are few: "task_instance t" and how to find them.
  virtual std::string_view live_instances() const = 0;
  // The same, and others may ask for the same.
  virtual std::string_view for_share() const = 0;
};

enum class SqlDialect { kSqlite, kMySql };

// Where connections to read on come from. Thread-safe.
class SqlSource {
 public:
  using Act = std::function<Status(Sql&)>;

  virtual ~SqlSource() = default;
  virtual SqlDialect dialect() const = 0;
  // Does `act`, which may be repeated, with a connection of its own for so long. UNAVAILABLE: all
  // were in use for too long, or the database can't be reached.
  virtual Status Read(const Act& act) = 0;
  // The same, and all that `act` reads is one state.
  virtual Status ReadSnapshot(const Act& act) = 0;
};

// DEADLINE_EXCEEDED, of a read at `place`, the database.
Status ReadTookTooLong(std::string_view place, std::chrono::milliseconds limit);

// "a, b" -> {"a", "b"}.
std::vector<std::string_view> SplitNames(std::string_view columns);
// `a`, `b`: some names of columns are words of a database's.
std::string QuoteNames(std::string_view columns);
std::string QuoteName(std::string_view name);
// "?, ?, ?".
std::string Marks(size_t count);

}  // namespace gale
