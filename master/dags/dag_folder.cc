#include "master/dags/dag_folder.h"

#include <dirent.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <iterator>

#include "common/base/files.h"

namespace gale {

bool IsHidden(std::string_view name) {
  return name.empty() || name.front() == '.' || name == "__pycache__";
}

DagFolder::Seen DagFolder::Look() {
  seen_ = {};
  entered_.clear();
  links_.clear();
  Enter(options_.folder);
  Walk({options_.folder, IgnoreRules(options_.syntax)});
  // Links that folders behind links hold are appended as they are met.
  for (size_t i = 0; i < links_.size(); ++i) Follow(Place(links_[i]));
  if (seen_.files.size() >= kFilesMax) {
    seen_.notices.push_back(
        fmt::format("the DAGs folder '{}' has more than {} files: not all of them are read",
                    options_.folder, kFilesMax));
  }
  return std::move(seen_);
}

bool DagFolder::Enter(const std::string& path) {
  struct stat st;
  return stat(path.c_str(), &st) != 0 || entered_.insert({st.st_dev, st.st_ino}).second;
}

// Whether the link leads to a folder that it is in.
bool DagFolder::IsLoop(const std::string& link) const {
  struct stat target, above;
  if (stat(link.c_str(), &target) != 0) return true;
  for (std::string path = link; path.size() > options_.folder.size();) {
    path.resize(path.rfind('/'));
    if (stat(path.c_str(), &above) == 0 && above.st_dev == target.st_dev &&
        above.st_ino == target.st_ino) {
      return true;
    }
  }
  return false;
}

void DagFolder::Follow(const Place& link) {
  if (Enter(link.path)) return Walk(link);
  seen_.notices.push_back(fmt::format(
      "the link '{}' leads to a folder that is read already: its DAG files are left out",
      link.path));
  if (!options_.all_files || IsLoop(link.path)) return;
  Place again = link;
  again.again = true;
  Walk(std::move(again));
}

void DagFolder::ReadIgnoreFile(Place& place) {
  Result<std::string> text =
      Files::Real().Read(place.path + "/" + kIgnoreFile, IgnoreRules::kFileBytesMax);
  if (text.status().code() == Code::kNotFound) return;
  if (!text.ok()) {
    seen_.notices.push_back(fmt::format("{}: it is left out", text.status().message()));
    return;
  }
  const std::string_view from = std::string_view(place.path).substr(options_.folder.size());
  for (const std::string& wrong : place.rules.Add(from.empty() ? from : from.substr(1), *text)) {
    seen_.notices.push_back(
        fmt::format("'{}/{}': {}: it is left out", place.path, kIgnoreFile, wrong));
  }
}

void DagFolder::Walk(Place place) {
  if (options_.watch) {
    if (std::string notice = options_.watch(place.path); !notice.empty())
      seen_.notices.push_back(std::move(notice));
  }
  DIR* dir = opendir(place.path.c_str());
  if (dir == nullptr) {
    seen_.notices.push_back(
        fmt::format("the folder '{}' can't be read: {}", place.path, std::strerror(errno)));
    return;
  }
  std::vector<std::pair<std::string, bool>> entries;  // and whether it is a link
  while (const dirent* entry = readdir(dir)) {
    if (!IsHidden(entry->d_name)) {
      entries.emplace_back(entry->d_name, entry->d_type == DT_LNK || entry->d_type == DT_UNKNOWN);
    }
  }
  closedir(dir);
  std::ranges::sort(entries);  // one folder, one outcome
  if (!place.ignored) ReadIgnoreFile(place);
  for (const auto& [name, is_link] : entries) Entry(place, name, is_link);
}

void DagFolder::Entry(const Place& place, const std::string& name, bool maybe_link) {
  const std::string path = place.path + "/" + name;
  struct stat st;
  bool is_link = false;
  if (maybe_link) is_link = lstat(path.c_str(), &st) == 0 && S_ISLNK(st.st_mode);
  if (stat(path.c_str(), &st) != 0) return;
  const bool is_folder = S_ISDIR(st.st_mode);
  const std::string_view from = std::string_view(path).substr(options_.folder.size() + 1);
  const bool ignored = place.ignored || place.rules.Ignores(from, is_folder);
  if (is_folder) {
    Place inner{path, place.rules, place.depth + 1, ignored, place.again};
    if (inner.depth > kDepthMax) {
      seen_.notices.push_back(
          fmt::format("the folder '{}' is deeper than {} levels: it is left out", path, kDepthMax));
    } else if (is_link) {
      if (!place.again) links_.push_back(std::move(inner));
    } else if (place.again || Enter(path)) {
      Walk(std::move(inner));
    }
    return;
  }
  const bool python = name.ends_with(".py"), zip = name.ends_with(".zip");
  if (!S_ISREG(st.st_mode) || !(python || zip || options_.all_files)) return;
  if (seen_.files.size() >= kFilesMax) return;
  seen_.files[path] = {.mtime_ns = st.st_mtim.tv_sec * 1'000'000'000 + st.st_mtim.tv_nsec,
                       .size = st.st_size,
                       .executable = (st.st_mode & S_IXUSR) != 0,
                       .may_hold_dags = (python || zip) && !ignored && !place.again};
}

}  // namespace gale
