// The text of each DAG file as a blob of the ledger, so that the source of a DAG's version can be shown
// for as long as there is the version. Where there are bundles it is the same blob as theirs.
#pragma once

#include <map>
#include <string>

#include "master/dags/bundler.h"
#include "master/store/store.h"

namespace gale {

// Used by one thread.
class SourceKeeper {
 public:
  // The store must outlive it.
  explicit SourceKeeper(Store& store) : store_(store) {}

  // The digest of the file's text, which is in the ledger then. Empty: it isn't, and a version does
  // without it: the file is not as `state` saw it, is a package, has more than
  // limits::kBundleFileBytesMax or isn't to be read; or the ledger is away.
  std::string Keep(const std::string& path, const FileState& state, TimePoint now);
  void Forget(const std::string& path) { known_.erase(path); }

 private:
  struct Known {
    FileState state;
    std::string digest;
  };
  Result<std::string> Put(const std::string& path, const FileState& state, TimePoint now);

  Store& store_;
  std::map<std::string, Known> known_;  // by path
};

}  // namespace gale
