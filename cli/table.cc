#include "cli/table.h"

#include <algorithm>
#include <chrono>
#include <ostream>

#include "cli/text.h"

namespace gale::cli {
namespace {

constexpr std::string_view kBold = "\033[1m";
constexpr std::string_view kReset = "\033[0m";

std::string_view StateColor(std::string_view state) {
  static constexpr std::pair<std::string_view, std::string_view> kColors[] = {
      {"success", "\033[32m"}, {"running", "\033[92m"},      {"failed", "\033[31m"},
      {"skipped", "\033[35m"}, {"up_for_retry", "\033[33m"}, {"upstream_failed", "\033[33m"},
      {"queued", "\033[90m"},  {"scheduled", "\033[90m"},    {"alive", "\033[32m"},
      {"lost", "\033[31m"},    {"draining", "\033[33m"}};
  for (const auto& [name, color] : kColors) {
    if (name == state) return color;
  }
  return {};
}

// What a person reads.
std::string ForPeople(const Cell& cell) {
  struct Visitor {
    std::string operator()(std::monostate) const { return ""; }
    std::string operator()(bool value) const { return value ? "True" : "False"; }
    std::string operator()(int64_t value) const { return std::to_string(value); }
    std::string operator()(const std::string& value) const { return OneLine(value); }
    std::string operator()(TimePoint value) const {
      return FormatTime(std::chrono::floor<std::chrono::seconds>(value));
    }
    std::string operator()(const std::vector<std::string>& value) const {
      return OneLine(Join(value, ", "));
    }
    std::string operator()(const RawJson& value) const { return OneLine(value.text); }
  };
  return std::visit(Visitor(), cell);
}

std::string ForJson(const Cell& cell) {
  struct Visitor {
    std::string operator()(std::monostate) const { return "null"; }
    std::string operator()(bool value) const { return value ? "true" : "false"; }
    std::string operator()(int64_t value) const { return std::to_string(value); }
    std::string operator()(const std::string& value) const { return JsonString(value); }
    std::string operator()(TimePoint value) const { return JsonString(FormatTimeOffset(value)); }
    std::string operator()(const std::vector<std::string>& value) const {
      std::vector<std::string> quoted;
      std::ranges::transform(value, std::back_inserter(quoted), JsonString);
      return "[" + Join(quoted, ", ") + "]";
    }
    std::string operator()(const RawJson& value) const { return OneLine(value.text); }
  };
  return std::visit(Visitor(), cell);
}

// A word that YAML reads as a string without quotes; anything else is quoted as in JSON.
bool IsPlainYaml(std::string_view text) {
  static constexpr std::string_view kSpecial[] = {"true", "false", "null", "yes", "no",
                                                  "on",   "off",   "y",    "n"};
  if (text.empty() || !std::isalpha(static_cast<unsigned char>(text[0]))) return false;
  std::string lower(text);
  for (char& c : lower) {
    if (!std::isalnum(static_cast<unsigned char>(c)) && c != '_' && c != '.' && c != '/' &&
        c != '-') {
      return false;
    }
    c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return std::ranges::find(kSpecial, lower) == std::end(kSpecial);
}

std::string ForYaml(const Cell& cell) {
  if (const auto* text = std::get_if<std::string>(&cell); text && IsPlainYaml(*text)) return *text;
  return ForJson(cell);
}

std::string Paint(std::string_view text, std::string_view color) {
  return color.empty() ? std::string(text) : fmt::format("{}{}{}", color, text, kReset);
}

}  // namespace

Result<Format> ParseFormat(std::string_view name) {
  if (name == "table") return Format::kTable;
  if (name == "json") return Format::kJson;
  if (name == "yaml") return Format::kYaml;
  if (name == "plain") return Format::kPlain;
  return InvalidArgument("--output '{}': expected table, json, yaml or plain", name);
}

void Table::Add(std::vector<Cell> row) {
  GALE_CHECK(row.size() == columns_.size(), "{} cells for {} columns", row.size(), columns_.size());
  rows_.push_back(std::move(row));
}

std::string Table::Json(const std::vector<Cell>& row, std::string_view indent) const {
  std::string out = "{";
  for (size_t i = 0; i < row.size(); ++i) {
    out += fmt::format("{}\n{}  {}: {}", i == 0 ? "" : ",", indent, JsonString(columns_[i].name),
                       ForJson(row[i]));
  }
  return out + fmt::format("\n{}}}", indent);
}

void Table::PrintYaml(std::ostream& out, const std::vector<Cell>& row,
                      std::string_view first) const {
  for (size_t i = 0; i < row.size(); ++i) {
    out << (i == 0 ? first : std::string_view("  ").substr(0, first.size())) << columns_[i].name
        << ": " << ForYaml(row[i]) << '\n';
  }
}

void Table::PrintColumns(std::ostream& out, bool rule, bool color) const {
  std::vector<size_t> widths;
  std::vector<std::vector<std::string>> texts;
  for (const Column& column : columns_) widths.push_back(DisplayWidth(column.name));
  for (const auto& row : rows_) {
    std::vector<std::string>& text = texts.emplace_back();
    for (size_t i = 0; i < row.size(); ++i) {
      text.push_back(ForPeople(row[i]));
      widths[i] = std::max(widths[i], DisplayWidth(text[i]));
    }
  }
  auto line = [&](auto text_of, auto color_of) {
    std::string written;
    for (size_t i = 0, pad = 0; i < columns_.size(); ++i) {
      if (columns_[i].style == Column::Style::kHidden) continue;
      const std::string& text = text_of(i);
      if (!written.empty()) written += std::string(pad, ' ') + (rule ? " | " : "  ");
      pad = widths[i] - DisplayWidth(text);
      written += color && !text.empty() ? Paint(text, color_of(i)) : text;
    }
    written.erase(written.find_last_not_of(' ') + 1);
    out << written << '\n';
  };
  line([&](size_t i) -> const std::string& { return columns_[i].name; },
       [](size_t) { return kBold; });
  if (rule) {
    std::string under;
    for (size_t i = 0; i < columns_.size(); ++i) {
      if (columns_[i].style == Column::Style::kHidden) continue;
      under += (under.empty() ? "" : "=+=") + std::string(widths[i], '=');
    }
    out << under << '\n';
  }
  for (const auto& text : texts) {
    line([&](size_t i) -> const std::string& { return text[i]; },
         [&](size_t i) {
           return columns_[i].style == Column::Style::kState ? StateColor(text[i])
                                                             : std::string_view();
         });
  }
}

void Table::Print(std::ostream& out, Format format, bool color) const {
  switch (format) {
    case Format::kJson:
      out << '[';
      for (size_t i = 0; i < rows_.size(); ++i) {
        out << (i == 0 ? "\n  " : ",\n  ") << Json(rows_[i], "  ");
      }
      out << (rows_.empty() ? "]\n" : "\n]\n");
      return;
    case Format::kYaml:
      if (rows_.empty()) out << "[]\n";
      for (const auto& row : rows_) PrintYaml(out, row, "- ");
      return;
    case Format::kTable:
    case Format::kPlain:
      if (rows_.empty()) {
        out << "No data found\n";
      } else {
        PrintColumns(out, format == Format::kTable, color);
      }
      return;
  }
}

void Table::PrintRecord(std::ostream& out, Format format, bool color) const {
  GALE_CHECK(rows_.size() == 1, "{} rows", rows_.size());
  const std::vector<Cell>& row = rows_.front();
  if (format == Format::kJson) {
    out << Json(row, "") << '\n';
    return;
  }
  if (format == Format::kYaml) return PrintYaml(out, row, "");
  size_t width = 0;
  for (const Column& column : columns_) width = std::max(width, column.name.size());
  for (size_t i = 0; i < row.size(); ++i) {
    if (columns_[i].style == Column::Style::kHidden) continue;
    const std::string text = ForPeople(row[i]);
    out << Paint(columns_[i].name, color ? kBold : "");
    if (!text.empty()) out << std::string(width - columns_[i].name.size() + 2, ' ') << text;
    out << '\n';
  }
}

}  // namespace gale::cli
