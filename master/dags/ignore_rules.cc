#include "master/dags/ignore_rules.h"

#include <fmt/format.h>
#include <re2/re2.h>

#include <optional>

namespace gale {
namespace {

std::vector<std::string> Split(std::string_view text, char at) {
  std::vector<std::string> parts(1);
  for (char c : text) {
    if (c == at) {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  return parts;
}

std::string_view WithoutEnd(std::string_view text, std::string_view characters) {
  const size_t last = text.find_last_not_of(characters);
  return text.substr(0, last == std::string_view::npos ? 0 : last + 1);
}

std::string Quoted(char c) { return RE2::QuoteMeta(std::string(1, c)); }

// "[a-z]" from its bracket on: moves `at` to its end. Empty: no bracket closes it.
std::string Class(std::string_view text, size_t& at) {
  size_t end = at + 1;
  const bool negated = end < text.size() && (text[end] == '!' || text[end] == '^');
  if (negated) ++end;
  const size_t first = end;
  if (end < text.size() && text[end] == ']') ++end;
  end = text.find(']', end);
  if (end == std::string_view::npos) return "";
  std::string out = negated ? "[^/" : "[";
  for (char c : text.substr(first, end - first)) {
    if (c == '\\' || c == '[' || c == ']' || c == '^') out += '\\';
    out += c;
  }
  at = end;
  return out + "]";
}

// A part of a path, without slashes.
std::string PartToRegexp(std::string_view part) {
  if (part == "*") return "[^/]+";
  std::string out;
  for (size_t i = 0; i < part.size(); ++i) {
    const char c = part[i];
    if (c == '\\' && i + 1 < part.size()) {
      out += Quoted(part[++i]);
    } else if (c == '*') {
      out += "[^/]*";
    } else if (c == '?') {
      out += "[^/]";
    } else if (c == '[') {
      const std::string among = Class(part, i);
      out += among.empty() ? Quoted(c) : among;
    } else {
      out += Quoted(c);
    }
  }
  return out;
}

RE2::Options Silent() {
  RE2::Options options;
  options.set_log_errors(false);
  return options;
}

}  // namespace

struct IgnoreRules::Rule {
  explicit Rule(const std::string& pattern) : regexp(pattern, Silent()) {}
  RE2 regexp;
  bool ignores = true;
  std::optional<std::string> from;  // the path from here, "" or with a slash at its end; the name
};

std::string GlobToRegexp(std::string_view glob) {
  std::vector<std::string> parts = Split(glob, '/');
  if (parts.size() == 2 && parts[0] == "**" && parts[1].empty()) return ".+/.*";  // any folder
  if (parts.front().empty()) {
    parts.erase(parts.begin());
  } else if (parts.size() == 1 || (parts.size() == 2 && parts[1].empty())) {
    if (parts.front() != "**") parts.insert(parts.begin(), "**");  // at any depth
  }
  if (parts.empty() || (parts.size() == 1 && parts[0].empty())) return "";
  if (parts.back().empty()) parts.back() = "**";  // what is in a folder
  std::string out;
  bool slash = false;
  for (size_t i = 0; i < parts.size(); ++i) {
    const bool first = i == 0, last = i + 1 == parts.size();
    if (parts[i] == "**") {
      if (!first && parts[i - 1] == "**") {
        if (last) out += slash ? "/.*" : ".+";
        continue;
      }
      out += first && last ? "[^/]+(?:/.*)?" : first ? "(?:.+/)?" : last ? "/.*" : "(?:/.+)?";
      slash = !first;
      continue;
    }
    if (slash) out += "/";
    out += PartToRegexp(parts[i]);
    if (last) out += "(?:/.*)?";
    slash = true;
  }
  return out;
}

std::string IgnoreRules::AddGlob(std::string_view folder, std::string_view pattern) {
  if (!pattern.ends_with("\\ ")) pattern = WithoutEnd(pattern, " \t\r\f\v");
  if (pattern.empty()) return "";
  const bool ignores = pattern.front() != '!';
  const std::string_view glob = ignores ? pattern : pattern.substr(1);
  const std::string regexp = GlobToRegexp(glob);
  if (regexp.empty()) return fmt::format("'{}' matches nothing", pattern);
  auto rule = std::make_shared<Rule>(regexp);
  if (!rule->regexp.ok()) return fmt::format("'{}' is no glob", pattern);
  rule->ignores = ignores;
  if (WithoutEnd(glob, "/").find('/') != std::string_view::npos) {
    rule->from = folder.empty() ? "" : std::string(folder) + "/";
  }
  rules_.push_back(std::move(rule));
  return "";
}

std::string IgnoreRules::AddRegexp(std::string_view pattern) {
  auto rule = std::make_shared<Rule>(std::string(pattern));
  if (!rule->regexp.ok()) {
    return fmt::format("'{}' is no regular expression that Gale knows ({})", pattern,
                       rule->regexp.error());
  }
  rules_.push_back(std::move(rule));
  return "";
}

std::vector<std::string> IgnoreRules::Add(std::string_view folder, std::string_view text) {
  std::vector<std::string> wrong;
  size_t number = 0;
  for (const std::string& whole : Split(text, '\n')) {
    ++number;
    std::string_view line = whole;
    if (const size_t comment = line.find('#'); comment != std::string_view::npos) {
      line = WithoutEnd(line.substr(0, comment), " \t\r\f\v");
    }
    line = WithoutEnd(line, "\r");
    if (line.empty()) continue;
    std::string why;
    if (rules_.size() >= kRulesMax) {
      wrong.push_back(fmt::format("line {}: there are more than {} patterns; the rest is left out",
                                  number, kRulesMax));
      break;
    }
    why = syntax_ == IgnoreSyntax::kGlob ? AddGlob(folder, line) : AddRegexp(line);
    if (!why.empty()) wrong.push_back(fmt::format("line {}: {}", number, why));
  }
  return wrong;
}

bool IgnoreRules::Ignores(std::string_view path, bool is_folder) const {
  bool ignored = false;
  for (const auto& rule : rules_) {
    if (syntax_ == IgnoreSyntax::kRegexp) {
      if (RE2::PartialMatch(re2::StringPiece(path.data(), path.size()), rule->regexp)) return true;
      continue;
    }
    const size_t name = path.rfind('/');
    std::string_view part = rule->from                       ? path.substr(rule->from->size())
                            : name == std::string_view::npos ? path
                                                             : path.substr(name + 1);
    std::string text(part);
    if (is_folder) text += '/';
    if (RE2::FullMatch(text, rule->regexp)) ignored = rule->ignores;
  }
  return ignored;
}

}  // namespace gale
