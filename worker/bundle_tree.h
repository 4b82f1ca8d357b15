// One bundle as a tree of files: its manifest checked, its files put where they belong.
//
// All that a master sends is checked before it is believed: digests, sizes, paths, and the limits
// (kBundle*Max). Nothing here is thread-safe; everything writes to disk and may wait for it.
//
// Errors: kDataLoss, what was sent is not what its digest says, or no bundle; kUnavailable, this
// host's disk refuses.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/files.h"
#include "common/base/limits.h"
#include "common/base/status.h"
#include "gale/v1/worker.pb.h"

namespace gale::worker {

inline constexpr size_t kManifestBytesMax = 8 << 20;
inline constexpr size_t kBundleNameBytesMax = 255;  // one part of a path; what file systems take

// 64 lower-case hex digits: safe as a file's name.
bool IsDigest(std::string_view text);

Result<v1::Bundle> ParseManifest(std::string_view digest, std::string_view bytes);

// A file or a whole folder; what isn't there is gone already.

class TreeBuilder {
 public:
  // `bundle` is ParseManifest's.
  TreeBuilder(Files& files, std::string folder, const v1::Bundle& bundle);

  // Makes the folder anew, empty.
  Status Start();
  // Takes what `earlier`, which stands in `tree`, has of the same content: as hard links, since
  // nobody changes a tree. A file there that isn't any more what it was is passed over.
  Status TakeFrom(const std::string& tree, const v1::Bundle& earlier);
  // Writes a content to all its places.
  Status Add(const std::string& digest, std::string_view content);

  // The contents that are still missing, the next first: digest -> size.
  const std::map<std::string, uint64_t>& missing() const { return missing_; }
  size_t linked() const { return linked_; }

 private:
  // Where a content is in an earlier tree: as a plain file, as an executable one; empty: nowhere.
  struct Source {
    std::string plain, executable;
  };
  Status Place(const v1::Bundle::File& file, std::string_view content, const Source& source);
  Status MakeFolders(const std::string& path);

  Files& files_;
  const std::string folder_;
  const v1::Bundle& bundle_;
  std::map<std::string, uint64_t> missing_;
  std::map<std::string, std::vector<int>> places_;  // digest -> indices of bundle_.files
  std::string last_parent_;                         // made already
  size_t linked_ = 0;
};

}  // namespace gale::worker
