// The DAGs folder as a bundle: what workers fetch by digest, so that they need no copy of the
// folder.
//
// A bundle is a manifest (v1::Bundle) that names every file's content by its SHA-256; manifest and
// contents are blobs of the ledger, so every master can hand them out. Of a folder that changed
// only what changed is read and stored again.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "common/base/status.h"
#include "master/store/store.h"

namespace gale {

// A file of the folder, as the last look at it saw it.
struct FileState {
  int64_t mtime_ns = 0;
  int64_t size = 0;
  bool executable = false;
  bool may_hold_dags = true;  // by its name, and no .airflowignore speaks against it
  bool has_dags = false;
  bool has_error = false;
  MonoTime read_at{};
  bool SameAs(const FileState& o) const {
    return mtime_ns == o.mtime_ns && size == o.size && executable == o.executable;
  }
};
using FileStates = std::map<std::string, FileState>;  // by path

class Bundler {
 public:
  // The store must outlive it. Used by one thread.
  Bundler(Store& store, std::string folder) : store_(store), folder_(std::move(folder)) {}

  // The digest of the folder with these files, all of it in the ledger. FAILED_PRECONDITION: it is
  // over a limit (limits::kBundle*), or a file may not be read; the message says which.
  // UNAVAILABLE: a file changes while it is read, or the ledger is away; try again.
  Result<std::string> Make(const FileStates& files, TimePoint now);

 private:
  struct Known {
    FileState state;
    std::string digest;
  };
  Status CheckLimits(const FileStates& files) const;
  // Digests of all files, reading those that changed.
  Status Look(const FileStates& files);
  std::string Manifest() const;
  Status Put(const std::string& digest, const std::string& manifest, TimePoint now);

  Store& store_;
  const std::string folder_;
  std::map<std::string, Known> known_;
  std::string stored_;  // the last digest that Make returned
};

}  // namespace gale
