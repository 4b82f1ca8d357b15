// Rows for people and for programs: the same listing as a table, plain columns, JSON or YAML.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "common/base/clock.h"
#include "common/base/status.h"

namespace gale::cli {

enum class Format : uint8_t { kTable, kJson, kYaml, kPlain };

// INVALID_ARGUMENT names what is possible.
Result<Format> ParseFormat(std::string_view name);

// JSON text that goes into JSON and YAML as it is.
struct RawJson {
  std::string text;
};

// std::monostate is null: an empty place in tables.
using Cell = std::variant<std::monostate, bool, int64_t, std::string, TimePoint,
                          std::vector<std::string>, RawJson>;

struct Column {
  std::string name;
  enum class Style : uint8_t {
    kText,
    kState,   // coloured as Airflow colours states
    kHidden,  // not in tables: only for programs
  } style = Style::kText;
};

class Table {
 public:
  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}
  // As many cells as columns.
  void Add(std::vector<Cell> row);
  bool empty() const { return rows_.empty(); }
  size_t size() const { return rows_.size(); }

  // JSON and YAML: a list of objects, times in full. Tables: aligned, times to the second; coloured
  // if `color`.
  void Print(std::ostream& out, Format format, bool color) const;
  // One row: an object; for people a line per field.
  void PrintRecord(std::ostream& out, Format format, bool color) const;

 private:
  void PrintColumns(std::ostream& out, bool rule, bool color) const;
  std::string Json(const std::vector<Cell>& row, std::string_view indent) const;
  void PrintYaml(std::ostream& out, const std::vector<Cell>& row, std::string_view first) const;

  std::vector<Column> columns_;
  std::vector<std::vector<Cell>> rows_;
};

}  // namespace gale::cli
