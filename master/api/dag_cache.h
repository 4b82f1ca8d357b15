// DAG versions, laid out once and kept while they are in use: they never change.
#pragma once

#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "common/model/dag.h"
#include "master/store/store.h"

namespace gale {

struct DagVersion {
  DagPtr dag;
  std::string hash;
  TimePoint created_at;
};
using DagVersionPtr = std::shared_ptr<const DagVersion>;

// Thread-safe.
class DagCache {
 public:
  // What is kept, counted in tasks (a DAG counts at least kTasksPerEntryMin).
  static constexpr size_t kTasksMax = 500'000;
  static constexpr size_t kTasksPerEntryMin = 100;

  explicit DagCache(Store& store) : store_(store) {}

  // From memory or the ledger. NOT_FOUND if there is no such version.
  Result<DagVersionPtr> Get(const std::string& dag_id, int64_t version);

 private:
  using Key = std::pair<std::string, int64_t>;
  struct Entry {
    Key key;
    DagVersionPtr version;
    size_t weight = 0;
  };

  Store& store_;
  std::mutex mutex_;
  std::list<Entry> entries_;  // most recently used first
  std::map<Key, std::list<Entry>::iterator> by_key_;
  size_t weight_ = 0;
};

}  // namespace gale
