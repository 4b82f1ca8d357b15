// .airflowignore: which files and folders hold no DAGs. Airflow 3's meaning of both syntaxes
// (shared/module_loading/file_discovery.py there; globs as in a .gitignore).
//
// An ignore file speaks for its folder and what is below. glob: a pattern with a slash other than
// its last character stands for a path from the ignore file's folder, any other for a name at any
// depth; the last pattern that matches decides, and with ! before it takes back. regexp: each line
// is searched for in the path from the DAGs folder; one match ignores. What is in a folder that is
// ignored is ignored, whatever else is said. # begins a comment.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace gale {

enum class IgnoreSyntax { kGlob, kRegexp };

// Cheap to copy: a folder's rules are its parent's and those of its own ignore file.
class IgnoreRules {
 public:
  static constexpr size_t kFileBytesMax = 1 << 20;
  static constexpr size_t kRulesMax = 1000;

  explicit IgnoreRules(IgnoreSyntax syntax) : syntax_(syntax) {}

  // Takes the text of the ignore file of `folder` (from the DAGs folder, "" for itself). Returns
  // what is wrong with it, a sentence a line; such a line is left out.
  std::vector<std::string> Add(std::string_view folder, std::string_view text);
  // `path` from the DAGs folder.
  bool Ignores(std::string_view path, bool is_folder) const;

 private:
  struct Rule;
  std::string AddGlob(std::string_view folder, std::string_view pattern);
  std::string AddRegexp(std::string_view pattern);

  IgnoreSyntax syntax_;
  std::vector<std::shared_ptr<const Rule>> rules_;
};

// The regular expression that a glob stands for, to be matched against the whole of a path; that of
// a folder ends in a slash. "" for one that matches nothing.
std::string GlobToRegexp(std::string_view glob);

}  // namespace gale
