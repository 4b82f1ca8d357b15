#include "master/engine/catalog.h"

#include <algorithm>

namespace gale {

size_t Catalog::WeightOf(const Dag& dag) { return std::max(dag.size(), kTasksPerDagMin); }

Result<DagVersionPtr> Catalog::Get(const std::string& dag_id, int64_t version) {
  {
    std::lock_guard lock(mutex_);
    if (DagVersionPtr found = Find({dag_id, version})) {
      Use({dag_id, version}, found->dag);
      return found;
    }
  }
  // Not under the lock: a large DAG takes long. Two callers may lay out the same one, harmlessly.
  GALE_ASSIGN_OR_RETURN(DagVersionRow row, store_.reads().GetDagVersion(dag_id, version));
  GALE_ASSIGN_OR_RETURN(DagVersionPtr made, Of(row));
  std::lock_guard lock(mutex_);
  Use({dag_id, version}, made->dag);
  return made;
}

Result<DagVersionPtr> Catalog::Of(const DagVersionRow& row) {
  {
    std::lock_guard lock(mutex_);
    DagVersionPtr found = Find({row.dag_id, row.version});
    if (found && found->hash == row.hash) return found;
  }
  auto context = [&](const Status& status) {
    return status.WithContext(
        fmt::format("version {} of dag '{}' in the ledger", row.version, row.dag_id));
  };
  Result<DagSpec> spec = parse_spec_(row.spec);
  if (!spec.ok()) return context(spec.status());
  Result<DagPtr> dag = Dag::Make(std::move(spec).value(), row.version);
  if (!dag.ok()) return context(dag.status());
  std::lock_guard lock(mutex_);
  return Insert({std::move(dag).value(), row.hash, row.created_at});
}

void Catalog::Add(DagVersion version) {
  std::lock_guard lock(mutex_);
  Insert(std::move(version));
}

DagVersionPtr Catalog::Find(const Key& key) {
  auto found = known_.find(key);
  if (found == known_.end()) return nullptr;
  DagPtr dag = found->second.dag.lock();
  if (!dag) return nullptr;
  return std::make_shared<DagVersion>(
      DagVersion{std::move(dag), found->second.hash, found->second.created_at});
}

DagVersionPtr Catalog::Insert(DagVersion version) {
  const Key key(version.dag->id(), version.dag->version());
  // Another was faster: one object of each.
  if (DagVersionPtr found = Find(key); found && found->hash == version.hash) return found;
  known_[key] = {version.dag, version.hash, version.created_at};
  if (known_.size() >= 2 * swept_size_) {
    std::erase_if(known_, [](const auto& entry) { return entry.second.dag.expired(); });
    swept_size_ = std::max<size_t>(64, known_.size());
  }
  return std::make_shared<DagVersion>(std::move(version));
}

void Catalog::Use(const Key& key, const DagPtr& dag) {
  if (auto found = used_by_key_.find(key); found != used_by_key_.end()) {
    if (found->second->dag == dag) {
      used_.splice(used_.begin(), used_, found->second);
      return;
    }
    weight_ -= WeightOf(*found->second->dag);
    used_.erase(found->second);
  }
  used_.push_front({key, dag});
  used_by_key_[key] = used_.begin();
  weight_ += WeightOf(*dag);
  while (weight_ > kTasksMax && used_.size() > 1) {
    weight_ -= WeightOf(*used_.back().dag);
    used_by_key_.erase(used_.back().key);
    used_.pop_back();
  }
}

}  // namespace gale
