#include "worker/keeper/work_folders.h"

#include <unistd.h>

namespace gale::keeper {

Result<WorkFolders::Identity> WorkFolders::Identify(const std::string& path) {
  GALE_ASSIGN_OR_RETURN(const struct stat st, files_.Look(path));
  if (st.st_mode != (S_IFDIR | 0700) || st.st_uid != geteuid()) {
    return FailedPrecondition("'{}' was changed", path);
  }
  return Identity(st.st_dev, st.st_ino);
}

Result<std::string> WorkFolders::Take() {
  while (!free_.empty()) {
    std::string path = std::move(free_.back());
    free_.pop_back();
    if (const auto identity = Identify(path); identity.ok()) {
      taken_[path] = *identity;
      return path;
    }
  }
  for (;;) {
    std::string path = folder_ + "/w" + std::to_string(++last_);
    const Status made = files_.MakeFolder(path, 0700);
    if (made.code() == Code::kAlreadyExists) continue;  // a predecessor's, that couldn't be removed
    GALE_RETURN_IF_ERROR(made);
    GALE_ASSIGN_OR_RETURN(taken_[path], Identify(path));
    return path;
  }
}

bool WorkFolders::GiveBack(const std::string& path) {
  auto node = taken_.extract(path);
  if (node.empty() || free_.size() >= kFreeMax) return false;
  const auto identity = Identify(path);
  const auto names = files_.List(path);
  if (!identity.ok() || *identity != node.mapped() || !names.ok() || !names->empty()) return false;
  free_.push_back(path);
  return true;
}

}  // namespace gale::keeper
