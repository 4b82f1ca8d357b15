#include "master/dags/bundler.h"

#include <algorithm>

#include "common/base/files.h"
#include "common/base/limits.h"
#include "common/rpc/digest.h"
#include "gale/v1/worker.pb.h"
#include "master/store/clean.h"

namespace gale {
namespace {

constexpr size_t kPutBytes = 4 << 20;  // of contents, to the ledger at once

// A file of `size` bytes, as it was seen.
Result<std::string> Read(const std::string& path, size_t size) {
  Result<std::string> bytes = Files::Real().Read(path, size);
  switch (bytes.status().code()) {
    case Code::kOk: break;
    case Code::kResourceExhausted: return Unavailable("{} is being written", path);
    case Code::kPermissionDenied:
      return FailedPrecondition(
          "{}; until the user that runs gale may read it, workers get the DAGs "
          "folder as it was before",
          bytes.status().message());
    default: return AsUnavailable(bytes.status());
  }
  if (bytes->size() != size) return Unavailable("{} is being written", path);
  return bytes;
}

}  // namespace

Status Bundler::CheckLimits(const FileStates& files) const {
  size_t bytes = 0;
  for (const auto& [path, state] : files) {
    const auto size = static_cast<size_t>(state.size);
    if (size > limits::kBundleFileBytesMax) {
      return FailedPrecondition(
          "{} has {} bytes, and a file of the DAGs folder may have {} (kBundleFileBytesMax): "
          "workers "
          "fetch the folder, so keep data elsewhere; until then they get it as it was before",
          path, size, limits::kBundleFileBytesMax);
    }
    if (path.size() - folder_.size() > limits::kBundlePathBytesMax) {
      return FailedPrecondition(
          "the path {} is longer than {} bytes (kBundlePathBytesMax): until it is "
          "shorter, workers get the DAGs folder as it was before",
          path, limits::kBundlePathBytesMax);
    }
    bytes += size;
  }
  if (files.size() <= limits::kBundleFilesMax && bytes <= limits::kBundleBytesMax)
    return OkStatus();
  return FailedPrecondition(
      "the DAGs folder has {} files of {} bytes in all, and may have {} (kBundleFilesMax) of {} "
      "(kBundleBytesMax): workers fetch the folder, so keep data elsewhere; until then they get it "
      "as "
      "it was before",
      files.size(), bytes, limits::kBundleFilesMax, limits::kBundleBytesMax);
}

Status Bundler::Look(const FileStates& files) {
  std::erase_if(known_, [&](const auto& entry) { return !files.contains(entry.first); });
  for (const auto& [path, state] : files) {
    auto known = known_.find(path);
    if (known != known_.end() && known->second.state.SameAs(state)) continue;
    GALE_ASSIGN_OR_RETURN(const std::string bytes, Read(path, static_cast<size_t>(state.size)));
    known_[path] = {state, Sha256Hex(bytes)};
  }
  return OkStatus();
}

std::string Bundler::Manifest() const {
  v1::Bundle bundle;
  bundle.set_folder(folder_);
  for (const auto& [path, known] : known_) {
    v1::Bundle::File& file = *bundle.add_files();
    file.set_path(path.substr(folder_.size() + 1));
    file.set_digest(known.digest);
    file.set_size(static_cast<uint64_t>(known.state.size));
    file.set_executable(known.state.executable);
  }
  return bundle.SerializeAsString();
}

Status Bundler::Put(const std::string& digest, const std::string& manifest, TimePoint now) {
  std::map<std::string, std::string> paths;  // by digest: one of those with this content
  std::vector<std::string> digests;
  for (const auto& [path, known] : known_) {
    if (paths.emplace(known.digest, path).second) digests.push_back(known.digest);
  }
  // First: what is there and old must not be removed between the look and the last line.
  if (Cleaning* cleaning = CleaningOf(store_)) {
    digests.push_back(digest);
    GALE_RETURN_IF_ERROR(cleaning->KeepBlobs(digests, now));
    digests.pop_back();
  }
  GALE_ASSIGN_OR_RETURN(const std::vector<std::string> missing, store_.MissingBlobs(digests));
  std::vector<BlobRow> blobs;
  size_t bytes = 0;
  for (const std::string& wanted : missing) {
    const std::string& path = paths.at(wanted);
    GALE_ASSIGN_OR_RETURN(std::string data,
                          Read(path, static_cast<size_t>(known_.at(path).state.size)));
    if (Sha256Hex(data) != wanted) {
      known_.erase(path);
      return Unavailable("{} is being written", path);
    }
    bytes += data.size();
    blobs.push_back({wanted, std::move(data), now});
    if (bytes < kPutBytes) continue;
    GALE_RETURN_IF_ERROR(store_.PutBlobs(std::exchange(blobs, {})));
    bytes = 0;
  }
  // Last: whoever finds a manifest finds all that it names.
  blobs.push_back({digest, manifest, now});
  return store_.PutBlobs(blobs);
}

Result<std::string> Bundler::Make(const FileStates& files, TimePoint now) {
  GALE_RETURN_IF_ERROR(CheckLimits(files));
  GALE_RETURN_IF_ERROR(Look(files));
  const std::string manifest = Manifest();
  std::string digest = Sha256Hex(manifest);
  if (digest == stored_) return digest;
  GALE_RETURN_IF_ERROR(Put(digest, manifest, now));
  stored_ = digest;
  return digest;
}

}  // namespace gale
