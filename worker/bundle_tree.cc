#include "worker/bundle_tree.h"

#include <algorithm>
#include <set>

#include "common/rpc/digest.h"

namespace gale::worker {
namespace {

constexpr mode_t kFolderMode = 0755;
constexpr mode_t kPlainMode = 0444;
constexpr mode_t kExecutableMode = 0555;

// Calls `each` with every folder above `path`, the outermost first.
template <class F>
void ForEachParent(std::string_view path, F each) {
  for (size_t at = path.find('/'); at != std::string_view::npos; at = path.find('/', at + 1)) {
    each(path.substr(0, at));
  }
}

Status CheckPath(std::string_view path) {
  auto refuse = [&](std::string_view why) {
    return DataLoss("the path '{}' {}", path.substr(0, limits::kBundlePathBytesMax), why);
  };
  if (path.empty()) return refuse("is empty");
  if (path.size() > limits::kBundlePathBytesMax) return refuse("is too long (kBundlePathBytesMax)");
  if (path.find('\0') != std::string_view::npos) return refuse("has a NUL in it");
  if (path.front() == '/') return refuse("is absolute");
  for (size_t from = 0; from <= path.size();) {
    size_t to = std::min(path.find('/', from), path.size());
    std::string_view part = path.substr(from, to - from);
    if (part.empty()) return refuse("has an empty part");
    if (part == "." || part == "..") return refuse("leaves its place ('.' or '..')");
    if (part.size() > kBundleNameBytesMax) return refuse("is too long (kBundleNameBytesMax)");
    from = to + 1;
  }
  return OkStatus();
}

// Every path once, and none of them both a file and a folder.
Status CheckPaths(const v1::Bundle& bundle) {
  std::set<std::string_view> files;
  for (const auto& file : bundle.files()) {
    GALE_RETURN_IF_ERROR(CheckPath(file.path()));
    if (!files.insert(file.path()).second) {
      return DataLoss("the path '{}' is in it twice", file.path());
    }
  }
  for (const auto& file : bundle.files()) {
    bool clash = false;
    ForEachParent(file.path(), [&](auto parent) { clash |= files.count(parent) != 0; });
    if (clash) return DataLoss("a folder of '{}' is a file too", file.path());
  }
  return OkStatus();
}

Status CheckContents(const v1::Bundle& bundle) {
  if (static_cast<size_t>(bundle.files_size()) > limits::kBundleFilesMax) {
    return DataLoss("{} files, over the limit of {} (kBundleFilesMax)", bundle.files_size(),
                    limits::kBundleFilesMax);
  }
  uint64_t total = 0;
  std::map<std::string_view, uint64_t> sizes;
  for (const auto& file : bundle.files()) {
    if (!IsDigest(file.digest())) return DataLoss("'{}' has no SHA-256 digest", file.path());
    if (file.size() > limits::kBundleFileBytesMax) {
      return DataLoss("'{}' has {} bytes, over the limit of {} (kBundleFileBytesMax)", file.path(),
                      file.size(), limits::kBundleFileBytesMax);
    }
    total += file.size();
    if (sizes.try_emplace(file.digest(), file.size()).first->second != file.size()) {
      return DataLoss("'{}' has the digest of a content of another size", file.path());
    }
  }
  if (total > limits::kBundleBytesMax) {
    return DataLoss("{} bytes in all, over the limit of {} (kBundleBytesMax)", total,
                    limits::kBundleBytesMax);
  }
  return OkStatus();
}

}  // namespace

bool IsDigest(std::string_view text) {
  return text.size() == 64 && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

Result<v1::Bundle> ParseManifest(std::string_view digest, std::string_view bytes) {
  if (std::string real = Sha256Hex(bytes); real != digest) {
    return DataLoss("the manifest's bytes have the digest {}", real);
  }
  v1::Bundle bundle;
  if (!bundle.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return DataLoss("its manifest is no Bundle");
  }
  GALE_RETURN_IF_ERROR(CheckContents(bundle));
  GALE_RETURN_IF_ERROR(CheckPaths(bundle));
  return bundle;
}

TreeBuilder::TreeBuilder(Files& files, std::string folder, const v1::Bundle& bundle)
    : files_(files), folder_(std::move(folder)), bundle_(bundle) {
  for (int i = 0; i < bundle.files_size(); ++i) {
    missing_[bundle.files(i).digest()] = bundle.files(i).size();
    places_[bundle.files(i).digest()].push_back(i);
  }
}

Status TreeBuilder::Start() {
  GALE_RETURN_IF_ERROR(AsUnavailable(files_.RemoveTree(folder_)));
  return AsUnavailable(files_.MakeFolder(folder_, kFolderMode));
}

Status TreeBuilder::TakeFrom(const std::string& tree, const v1::Bundle& earlier) {
  std::map<std::string_view, Source> sources;
  for (const auto& file : earlier.files()) {
    if (missing_.count(file.digest()) == 0) continue;
    Source& source = sources[file.digest()];
    (file.executable() ? source.executable : source.plain) = tree + "/" + file.path();
  }
  for (auto& [digest, source] : sources) {
    const std::string key(digest);
    if (!source.plain.empty()) source.executable.clear();  // linked is only what was looked at
    auto content = files_.Read(source.plain.empty() ? source.executable : source.plain);
    if (!content.ok() || Sha256Hex(*content) != digest) continue;
    for (int place : places_[key]) {
      GALE_RETURN_IF_ERROR(Place(bundle_.files(place), *content, source));
    }
    missing_.erase(key);
  }
  return OkStatus();
}

Status TreeBuilder::Add(const std::string& digest, std::string_view content) {
  auto it = missing_.find(digest);
  if (it == missing_.end()) return OkStatus();
  if (content.size() != it->second || Sha256Hex(content) != digest) {
    return DataLoss("the content of '{}' ({} bytes) is not what its digest says",
                    bundle_.files(places_[digest].front()).path(), content.size());
  }
  for (int place : places_[digest]) {
    GALE_RETURN_IF_ERROR(Place(bundle_.files(place), content, {}));
  }
  missing_.erase(it);
  return OkStatus();
}

Status TreeBuilder::Place(const v1::Bundle::File& file, std::string_view content,
                          const Source& source) {
  GALE_RETURN_IF_ERROR(MakeFolders(file.path()));
  const std::string path = folder_ + "/" + file.path();
  const std::string& same = file.executable() ? source.executable : source.plain;
  // A file system that refuses the link (too many of them) still takes a copy.
  if (!same.empty() && files_.Link(same, path).ok()) {
    ++linked_;
    return OkStatus();
  }
  return AsUnavailable(
      files_.WriteNew(path, content, {.mode = file.executable() ? kExecutableMode : kPlainMode}));
}

Status TreeBuilder::MakeFolders(const std::string& path) {
  std::string parent = path.substr(0, path.find_last_of('/') + 1);
  if (parent == last_parent_) return OkStatus();
  Status status;
  ForEachParent(path, [&](std::string_view above) {
    const std::string folder = folder_ + "/" + std::string(above);
    if (status.ok()) status = AsUnavailable(files_.EnsureFolder(folder, kFolderMode));
  });
  if (status.ok()) last_parent_ = std::move(parent);
  return status;
}

}  // namespace gale::worker
