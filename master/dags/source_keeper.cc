#include "master/dags/source_keeper.h"

#include "common/base/files.h"
#include "common/base/limits.h"
#include "common/base/log.h"
#include "common/rpc/digest.h"
#include "master/store/clean.h"

namespace gale {

std::string SourceKeeper::Keep(const std::string& path, const FileState& state, TimePoint now) {
  if (!path.ends_with(".py")) return "";
  const auto known = known_.find(path);
  if (known != known_.end() && known->second.state.SameAs(state)) {
    // An old text that no version has may have been cleaned away meanwhile.
    const auto missing = store_.MissingBlobs({known->second.digest});
    if (missing.ok() && missing->empty()) return known->second.digest;
  }
  const Result<std::string> digest = Put(path, state, now);
  if (digest.ok()) {
    known_[path] = {state, *digest};
    return *digest;
  }
  known_.erase(path);
  GALE_DEBUG("the source of {} isn't kept: {}", path, digest.status().message());
  return "";
}

Result<std::string> SourceKeeper::Put(const std::string& path, const FileState& state,
                                      TimePoint now) {
  GALE_ASSIGN_OR_RETURN(std::string text, Files::Real().Read(path, limits::kBundleFileBytesMax));
  if (text.size() != static_cast<size_t>(state.size)) {
    return Unavailable("it changed after it was looked at");
  }
  std::string digest = Sha256Hex(text);
  if (Cleaning* cleaning = CleaningOf(store_)) {
    GALE_RETURN_IF_ERROR(cleaning->KeepBlobs({digest}, now));
  }
  GALE_ASSIGN_OR_RETURN(const std::vector<std::string> missing, store_.MissingBlobs({digest}));
  if (!missing.empty()) GALE_RETURN_IF_ERROR(store_.PutBlobs({{digest, std::move(text), now}}));
  return digest;
}

}  // namespace gale
