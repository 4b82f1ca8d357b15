// Statements of a table whose first column is its key, for those that people edit: one row, its columns
// (row_columns.h), and these.
#pragma once

#include <fmt/format.h>

#include <string>
#include <vector>

#include "master/store/bounds.h"
#include "master/store/row_columns.h"
#include "master/store/sql.h"

namespace gale {

template <class Row>
struct SqlTable {
  const char* name;
  const char* columns;

  std::string_view key() const { return SplitNames(columns).front(); }
  std::string by_key() const { return fmt::format(" WHERE {} = ?", QuoteName(key())); }
};

template <class Row>
std::vector<SqlValue> ValuesOf(const Row& row) {
  return std::apply([](const auto&... members) { return std::vector<SqlValue>{ToSql(members)...}; },
                    Columns(row));
}

// `anew`: a row that is there gets these values; else it is left as it is.
template <class Row>
Status InsertRow(Sql& sql, const SqlTable<Row>& table, const Row& row, bool anew) {
  std::vector<std::string_view> names = SplitNames(table.columns);
  const std::string insert = fmt::format("INSERT INTO {} ({}) VALUES ({})", QuoteName(table.name),
                                         QuoteNames(table.columns), Marks(names.size()));
  names.erase(names.begin());
  if (!anew) names.clear();
  return sql.Run(insert + sql.OnConflict(table.key(), names), ValuesOf(row))
      .WithContext(Describe(row));
}

// Into the audit trail, with an id that the database gives.
inline Status InsertEvent(Sql& sql, const EventRow& event) {
  std::vector<SqlValue> values = ValuesOf(event);
  values.front() = {};
  return sql.Run(fmt::format("INSERT INTO event_log ({}) VALUES ({})", QuoteNames(kEventColumns),
                             Marks(values.size())),
                 values);
}

// `rest`: what follows the table's name.
template <class Row>
Status SelectRows(Sql& sql, const SqlTable<Row>& table, const SqlQuery& rest,
                  std::vector<Row>& rows) {
  rows.clear();
  return sql.Query(fmt::format("SELECT {} FROM {}{}", QuoteNames(table.columns),
                               QuoteName(table.name), rest.text()),
                   rest.values(), [&](SqlRow& row) { row.ReadRow(Columns(rows.emplace_back())); });
}

// The number that `query` asks for.
inline Result<size_t> ReadCount(Sql& sql, const SqlQuery& query) {
  size_t number = 0;
  GALE_RETURN_IF_ERROR(sql.Query(query, [&](SqlRow& row) { row.Read(number); }));
  return number;
}

}  // namespace gale
