// The working directories of families that asked for a fresh one: <home>/tmp/w<N>. One that its
// family left as it got it, empty, is given to the next: making and removing a directory costs more
// than the rest of a short task's files. (A process that got away from its family, as only one can
// that cleared its environment, may still stand in it.)
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "common/base/files.h"

namespace gale::keeper {

class WorkFolders {
 public:
  static constexpr size_t kFreeMax = 256;

  WorkFolders(Files& files, std::string folder) : files_(files), folder_(std::move(folder)) {}

  // An empty directory of mode 0700.
  Result<std::string> Take();
  // False: it isn't as it was given, or enough are free: the caller removes it.
  bool GiveBack(const std::string& path);

 private:
  using Identity = std::pair<dev_t, ino_t>;
  Result<Identity> Identify(const std::string& path);

  Files& files_;
  const std::string folder_;
  uint64_t last_ = 0;
  std::vector<std::string> free_;  // the last one given back is taken first
  std::unordered_map<std::string, Identity> taken_;
};

}  // namespace gale::keeper
