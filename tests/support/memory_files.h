// Files in memory, for tests that want thousands of disks: a map from path to bytes. A file that is
// open is known by its path. One thread.
#pragma once

#include <cerrno>
#include <map>
#include <set>
#include <string>

#include "common/base/files.h"

namespace gale {

class MemoryFiles : public Files {
 public:
  Result<File> Open(const std::string& path, Access access, mode_t) override {
    auto it = files_.find(path);
    if (it == files_.end() && access == Access::kRead) {
      if (folders_.contains(path)) return File(-1, path);
      return FileError(ENOENT, "open", path);
    }
    if (it != files_.end() && access == Access::kNew) return FileError(EEXIST, "create", path);
    if (it == files_.end() && !folders_.contains(Parent(path)))
      return FileError(ENOENT, "create", path);
    if (access != Access::kRead) {
      std::string& bytes = files_[path];
      if (access == Access::kTruncate) bytes.clear();
    }
    return File(-1, path);
  }
  Result<std::string> ReadSome(const File& file, uint64_t offset, size_t bytes) override {
    auto it = files_.find(file.path());
    if (it == files_.end()) return FileError(ENOENT, "read", file.path());
    if (offset >= it->second.size()) return std::string();
    return it->second.substr(offset, bytes);
  }
  // Without an offset: at the end.
  Result<size_t> WriteSome(const File& file, std::string_view bytes,
                           std::optional<uint64_t> offset) override {
    auto it = files_.find(file.path());
    if (it == files_.end()) return FileError(ENOENT, "write to", file.path());
    const size_t at = offset.value_or(it->second.size());
    if (it->second.size() < at + bytes.size()) it->second.resize(at + bytes.size());
    it->second.replace(at, bytes.size(), bytes);
    return bytes.size();
  }
  Status Sync(const File&) override { return OkStatus(); }
  Status Truncate(const File& file, uint64_t bytes) override {
    auto it = files_.find(file.path());
    if (it == files_.end()) return FileError(ENOENT, "truncate", file.path());
    it->second.resize(bytes);
    return OkStatus();
  }
  Status SetMode(const File&, mode_t) override { return OkStatus(); }
  Result<struct stat> Look(const File& file) override { return Look(file.path()); }
  Result<struct stat> Look(const std::string& path) override {
    struct stat st {};
    if (folders_.contains(path)) return st.st_mode = S_IFDIR | 0700, st;
    auto it = files_.find(path);
    if (it == files_.end()) return FileError(ENOENT, "look at", path);
    st.st_mode = S_IFREG | 0600;
    st.st_size = static_cast<off_t>(it->second.size());
    return st;
  }
  Status MakeFolder(const std::string& path, mode_t) override {
    return folders_.insert(path).second ? OkStatus() : FileError(EEXIST, "make the folder", path);
  }
  Result<std::vector<std::string>> List(const std::string& folder) override {
    if (!folders_.contains(folder)) return FileError(ENOENT, "list", folder);
    std::vector<std::string> names;
    for (auto it = files_.lower_bound(folder + "/"); it != files_.end(); ++it) {
      if (Parent(it->first) != folder) break;
      names.push_back(it->first.substr(folder.size() + 1));
    }
    return names;
  }
  Status Move(const std::string& from, const std::string& to) override {
    auto node = files_.extract(from);
    if (node.empty()) return FileError(ENOENT, "move", from);
    files_[to] = std::move(node.mapped());
    return OkStatus();
  }
  Status Link(const std::string& from, const std::string& to) override {
    auto it = files_.find(from);
    if (it == files_.end()) return FileError(ENOENT, "link", from);
    return files_.try_emplace(to, it->second).second ? OkStatus() : FileError(EEXIST, "link", to);
  }
  Status Remove(const std::string& path) override {
    if (files_.erase(path) + folders_.erase(path) > 0) return OkStatus();
    return FileError(ENOENT, "remove", path);
  }
  Status RemoveTree(const std::string& path) override {
    auto it = files_.lower_bound(path);
    while (it != files_.end() && it->first.starts_with(path)) it = files_.erase(it);
    folders_.erase(path);
    return OkStatus();
  }

  size_t size() const { return files_.size(); }

 private:
  static std::string Parent(const std::string& path) { return path.substr(0, path.rfind('/')); }

  std::map<std::string, std::string> files_;
  std::set<std::string> folders_ = {""};
};

}  // namespace gale
