// The DAG versions of a master, each laid out once: the engine's runs and the API share one object.
// A version never changes.
#pragma once

#include <functional>
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

// Thread-safe. Whatever somebody still holds (a live run, the engine for each current version) is
// found for as long; of the others the latest used are kept, so many as kTasksMax lets.
class Catalog {
 public:
  using ParseSpec = std::function<Result<DagSpec>(const std::string&)>;
  // What is kept, counted in tasks (a DAG counts at least kTasksPerDagMin).
  static constexpr size_t kTasksMax = 500'000;
  static constexpr size_t kTasksPerDagMin = 100;

  // `store` must outlive it.
  Catalog(Store& store, ParseSpec parse_spec) : store_(store), parse_spec_(std::move(parse_spec)) {}
  Catalog(const Catalog&) = delete;
  Catalog& operator=(const Catalog&) = delete;

  // From memory, or else from the ledger. NOT_FOUND if there is no such version; what is wrong with
  // its spec, if this build can't read it.
  Result<DagVersionPtr> Get(const std::string& dag_id, int64_t version);
  // The version that a row of the ledger is.
  Result<DagVersionPtr> Of(const DagVersionRow& row);
  // A version that was made here and is in the ledger now.
  void Add(DagVersion version);

 private:
  using Key = std::pair<std::string, int64_t>;
  struct Entry {
    std::weak_ptr<const Dag> dag;
    std::string hash;
    TimePoint created_at;
  };
  struct Used {
    Key key;
    DagPtr dag;
  };

  static size_t WeightOf(const Dag& dag);
  // Behind mutex_.
  DagVersionPtr Find(const Key& key);
  void Use(const Key& key, const DagPtr& dag);
  DagVersionPtr Insert(DagVersion version);

  Store& store_;
  const ParseSpec parse_spec_;
  std::mutex mutex_;            // guards what follows
  std::map<Key, Entry> known_;  // and some that are gone
  std::list<Used> used_;        // most recently used first
  std::map<Key, std::list<Used>::iterator> used_by_key_;
  size_t weight_ = 0;       // of used_
  size_t swept_size_ = 64;  // of known_, after those that are gone were last erased
};

}  // namespace gale
