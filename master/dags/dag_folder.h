// A look at the DAGs folder: which files there are, and which may hold DAGs.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "master/dags/bundler.h"
#include "master/dags/ignore_rules.h"

namespace gale {

inline constexpr char kIgnoreFile[] = ".airflowignore";

// Not looked at, nor is what is in them.
bool IsHidden(std::string_view name);

class DagFolder {
 public:
  static constexpr size_t kFilesMax = 100'000;
  static constexpr int kDepthMax = 32;

  struct Options {
    std::string folder;
    IgnoreSyntax syntax = IgnoreSyntax::kGlob;
    bool all_files = false;  // not only those that Python reads
    // Called for each folder before it is read; what it returns, if anything, is a notice.
    std::function<std::string(const std::string&)> watch;
  };
  struct Seen {
    FileStates files;
    std::vector<std::string> notices;  // what was left out, and why
  };

  explicit DagFolder(Options options) : options_(std::move(options)) {}

  // Every folder is read under one path only, by device and inode; links to folders come last. With
  // all_files what a link leads to is there a second time, but holds no DAGs there; unless the link
  // leads to a folder that it is in.
  Seen Look();

 private:
  struct Place {
    std::string path;
    IgnoreRules rules;
    int depth = 0;
    bool ignored = false;
    bool again = false;  // it was read under another path
  };
  void Walk(Place place);
  void ReadIgnoreFile(Place& place);
  void Entry(const Place& place, const std::string& name, bool is_link);
  void Follow(const Place& link);
  bool IsLoop(const std::string& link) const;
  // False: the folder was read before.
  bool Enter(const std::string& path);

  const Options options_;
  Seen seen_;
  std::set<std::pair<dev_t, ino_t>> entered_;
  std::vector<Place> links_;
};

}  // namespace gale
