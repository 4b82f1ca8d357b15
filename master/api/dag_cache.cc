#include "master/api/dag_cache.h"

#include <algorithm>

#include "common/rpc/convert.h"

namespace gale {

Result<DagVersionPtr> DagCache::Get(const std::string& dag_id, int64_t version) {
  const Key key(dag_id, version);
  {
    std::lock_guard lock(mutex_);
    if (auto found = by_key_.find(key); found != by_key_.end()) {
      entries_.splice(entries_.begin(), entries_, found->second);
      return entries_.front().version;
    }
  }
  // Not under the lock: a large DAG takes long. Two callers may lay out the same one, harmlessly.
  GALE_ASSIGN_OR_RETURN(DagVersionRow row, store_.GetDagVersion(dag_id, version));
  auto context = [&](const Status& status) {
    return status.WithContext(fmt::format("version {} of dag '{}' in the ledger", version, dag_id));
  };
  Result<DagSpec> spec = ParseSpec(row.spec);
  if (!spec.ok()) return context(spec.status());
  Result<DagPtr> dag = Dag::Make(std::move(spec).value(), version);
  if (!dag.ok()) return context(dag.status());
  auto made =
      std::make_shared<DagVersion>(DagVersion{std::move(dag).value(), row.hash, row.created_at});

  std::lock_guard lock(mutex_);
  if (auto found = by_key_.find(key); found != by_key_.end()) return found->second->version;
  const size_t weight = std::max(made->dag->size(), kTasksPerEntryMin);
  entries_.push_front({key, made, weight});
  by_key_[key] = entries_.begin();
  weight_ += weight;
  while (weight_ > kTasksMax && entries_.size() > 1) {
    weight_ -= entries_.back().weight;
    by_key_.erase(entries_.back().key);
    entries_.pop_back();
  }
  return DagVersionPtr(made);
}

}  // namespace gale
