#include "master/core/admission.h"

#include <fmt/format.h>

#include "common/base/check.h"

namespace gale::core {

Admission::Pool* Admission::FindPool(const std::string& name) {
  Pool& pool = pools_[name];
  pool.name = name;
  return &pool;
}

Admission::Gate* Admission::FindGate(GateKind kind, const std::string& key,
                                     const std::string& name, uint32_t limit) {
  auto [it, fresh] = gates_.try_emplace(fmt::format("{}/{}", static_cast<int>(kind), key));
  Gate& gate = it->second;
  if (fresh) {
    gate.kind = kind;
    gate.name = name;
    gate.limit = limit;
  } else if (kind != GateKind::kPause && gate.limit != limit) {  // a newer version's limit
    const bool wider = limit > gate.limit;
    gate.limit = limit;
    if (wider) RefillAll(gate);
  }
  return &gate;
}

Admission::Item Admission::MakeItem(const Request& r) {
  Item item;
  item.rank = {r.priority, r.date, r.ref};
  item.pool = FindPool(r.pool);
  item.slots = r.slots;
  const uint32_t no_limit = std::numeric_limits<uint32_t>::max();
  size_t n = 0;
  item.gates[n++] = FindGate(GateKind::kPause, r.dag_id, r.dag_id, no_limit);
  auto of_run = [&](GateKind kind, std::string key, const std::string& name, uint32_t limit) {
    const size_t before = gates_.size();
    item.gates[n++] = FindGate(kind, key, name, limit);
    if (gates_.size() != before) {
      gates_of_run_[r.ref.run].push_back(fmt::format("{}/{}", static_cast<int>(kind), key));
    }
  };
  of_run(GateKind::kRun, std::to_string(r.ref.run.value), r.dag_id, r.run_limit);
  if (r.per_run_limit) {
    of_run(GateKind::kTaskOfRun, fmt::format("{}/{}", r.ref.run.value, r.ref.task.value),
           r.task_id, *r.per_run_limit);
  }
  if (r.per_dag_limit) {
    item.gates[n++] = FindGate(GateKind::kTaskOfDag, fmt::format("{}/{}", r.dag_id, r.task_id),
                               r.task_id, *r.per_dag_limit);
  }
  return item;
}

Admission::Gate* Admission::ClosedGate(const Item& item) const {
  for (Gate* gate : item.gates) {
    if (gate != nullptr && !gate->open()) return gate;
  }
  return nullptr;
}

void Admission::Place(Item& item) {
  item.parked_at = ClosedGate(item);
  if (item.parked_at != nullptr) {
    item.parked_at->parked[item.pool].insert(item.rank);
  } else {
    item.pool->ready.insert(item.rank);
    Touch(item.pool);
  }
}

void Admission::Unplace(Item& item) {
  if (item.parked_at != nullptr) {
    auto it = item.parked_at->parked.find(item.pool);
    it->second.erase(item.rank);
    if (it->second.empty()) item.parked_at->parked.erase(it);
    item.parked_at = nullptr;
  } else if (item.pool->ready.erase(item.rank) == 0) {
    item.pool->wide.erase(item.rank);
  }
}

void Admission::Refill(Gate& gate, Pool* pool) {
  auto it = gate.parked.find(pool);
  if (it == gate.parked.end() || !gate.open()) return;
  std::vector<TiRef> go;
  for (const Rank& rank : it->second) {
    if (go.size() >= gate.limit - gate.used) break;
    go.push_back(rank.ref);
  }
  for (const TiRef& ref : go) {
    Item& item = waiting_.at(ref);
    Unplace(item);
    Place(item);
  }
}

void Admission::RefillAll(Gate& gate) {
  std::vector<Pool*> pools;
  for (auto& [pool, parked] : gate.parked) pools.push_back(pool);
  for (Pool* pool : pools) Refill(gate, pool);
}

void Admission::SetPool(const std::string& name, int32_t slots) {
  Pool* pool = FindPool(name);
  pool->exists = true;
  pool->slots = slots;
  pool->ready.merge(pool->wide);
  Touch(pool);
}

void Admission::DeletePool(const std::string& name) { FindPool(name)->exists = false; }

void Admission::SetPaused(const std::string& dag_id, bool paused) {
  const uint32_t open = std::numeric_limits<uint32_t>::max();
  Gate* gate = FindGate(GateKind::kPause, dag_id, dag_id, open);
  gate->limit = paused ? 0 : open;
  if (!paused) RefillAll(*gate);
}

void Admission::Add(const Request& request) {
  if (waiting_.contains(request.ref) || held_.contains(request.ref)) return;
  Item item = MakeItem(request);
  item.pool->waiting_slots += item.slots;
  Item& placed = waiting_.emplace(request.ref, item).first->second;
  Place(placed);
}

void Admission::Remove(TiRef ref) {
  auto it = waiting_.find(ref);
  if (it == waiting_.end()) return;
  Item item = it->second;
  Unplace(it->second);
  waiting_.erase(it);
  item.pool->waiting_slots -= item.slots;
  // It may have been the one that a gate let through: the next takes its place.
  for (Gate* gate : item.gates) {
    if (gate != nullptr) Refill(*gate, item.pool);
  }
}

void Admission::Take(Item item) {
  item.parked_at = nullptr;
  item.pool->used += item.slots;
  for (Gate* gate : item.gates) {
    if (gate != nullptr) ++gate->used;
  }
  held_.emplace(item.rank.ref, item);
}

void Admission::Hold(const Request& request) {
  if (held_.contains(request.ref)) return;
  Remove(request.ref);
  Take(MakeItem(request));
}

void Admission::Free(TiRef ref) {
  auto it = held_.find(ref);
  if (it == held_.end()) return;
  const Item item = it->second;
  held_.erase(it);
  item.pool->used -= item.slots;
  Touch(item.pool);
  const uint64_t free = item.pool->free();
  for (auto wide = item.pool->wide.begin(); wide != item.pool->wide.end();) {
    auto next = std::next(wide);
    if (waiting_.at(wide->ref).slots <= free) item.pool->ready.insert(item.pool->wide.extract(wide));
    wide = next;
  }
  for (Gate* gate : item.gates) {
    if (gate == nullptr) continue;
    --gate->used;
    RefillAll(*gate);
  }
}

void Admission::ForgetRun(RunId run) {
  auto it = gates_of_run_.find(run);
  if (it == gates_of_run_.end()) return;
  for (const std::string& key : it->second) {
    auto gate = gates_.find(key);
    GALE_CHECK(gate->second.used == 0 && gate->second.parked.empty(),
               "run {} ended and still holds or waits at '{}'", run.value, key);
    gates_.erase(gate);
  }
  gates_of_run_.erase(it);
}

std::vector<TiRef> Admission::Admit() {
  std::vector<TiRef> out;
  while (!dirty_.empty()) {
    Pool* pool = *dirty_.begin();
    dirty_.erase(dirty_.begin());
    while (pool->free() > 0 && !pool->ready.empty()) {
      const Rank best = *pool->ready.begin();
      Item& item = waiting_.at(best.ref);
      if (ClosedGate(item) != nullptr) {
        Unplace(item);
        Place(item);  // parks it
        // What another gate let through for nothing passes to the next in line.
        for (Gate* gate : item.gates) {
          if (gate != nullptr && gate != item.parked_at) Refill(*gate, pool);
        }
        continue;
      }
      if (item.slots > pool->free()) {
        pool->wide.insert(pool->ready.extract(pool->ready.begin()));
        continue;
      }
      Item taken = item;
      pool->ready.erase(pool->ready.begin());
      waiting_.erase(best.ref);
      pool->waiting_slots -= taken.slots;
      Take(taken);
      out.push_back(best.ref);
    }
  }
  return out;
}

std::string Admission::Explain(TiRef ref) const {
  auto it = waiting_.find(ref);
  if (it == waiting_.end()) return "";
  const Item& item = it->second;
  if (const Gate* gate = ClosedGate(item)) {
    switch (gate->kind) {
      case GateKind::kPause:
        return fmt::format("DAG '{}' is paused", gate->name);
      case GateKind::kRun:
        return fmt::format("its run has {} of at most {} tasks queued or running (max_active_tasks)",
                           gate->used, gate->limit);
      case GateKind::kTaskOfDag:
        return fmt::format("task '{}' runs {} times of at most {} in all runs "
                           "(max_active_tis_per_dag)", gate->name, gate->used, gate->limit);
      case GateKind::kTaskOfRun:
        return fmt::format("task '{}' runs {} times of at most {} in this run "
                           "(max_active_tis_per_dagrun)", gate->name, gate->used, gate->limit);
    }
  }
  const Pool& pool = *item.pool;
  if (!pool.exists) {
    return fmt::format("pool '{}' does not exist: create it (gale pools set {} SLOTS \"\")",
                       pool.name, pool.name);
  }
  if (pool.slots >= 0 && item.slots > static_cast<uint32_t>(pool.slots)) {
    return fmt::format("it wants {} slots of pool '{}', which has only {} in all", item.slots,
                       pool.name, pool.slots);
  }
  if (item.slots > pool.free()) {
    return fmt::format("pool '{}' has {} of {} slots free and it wants {}", pool.name, pool.free(),
                       pool.slots, item.slots);
  }
  return fmt::format("it is about to be queued in pool '{}'", pool.name);
}

Admission::PoolUsage Admission::Usage(const std::string& name) const {
  auto it = pools_.find(name);
  if (it == pools_.end()) return {};
  return {it->second.slots, it->second.used, it->second.waiting_slots};
}

std::string Admission::Audit() const {
  std::unordered_map<const Pool*, uint64_t> used, wanted;
  std::unordered_map<const Gate*, uint32_t> through;
  for (const auto& [ref, item] : held_) {
    used[item.pool] += item.slots;
    for (const Gate* gate : item.gates) {
      if (gate != nullptr) ++through[gate];
    }
  }
  for (const auto& [ref, item] : waiting_) {
    wanted[item.pool] += item.slots;
    const bool placed = item.parked_at != nullptr
                            ? item.parked_at->parked.contains(item.pool) &&
                                  item.parked_at->parked.at(item.pool).contains(item.rank)
                            : item.pool->ready.contains(item.rank) ||
                                  item.pool->wide.contains(item.rank);
    if (!placed) return fmt::format("run {} task {} waits nowhere", ref.run.value, ref.task.value);
    if (item.parked_at != nullptr && item.parked_at->open() && dirty_.empty() &&
        item.pool->free() >= item.slots && ClosedGate(item) == nullptr) {
      return fmt::format("run {} task {} is parked at an open gate", ref.run.value,
                         ref.task.value);
    }
  }
  for (const auto& [name, pool] : pools_) {
    if (pool.used != used[&pool]) return fmt::format("pool '{}': {} slots booked, {} held", name,
                                                     pool.used, used[&pool]);
    if (pool.waiting_slots != wanted[&pool]) return fmt::format("pool '{}': waiting slots", name);
    if (dirty_.empty() && !pool.ready.empty() && pool.free() > 0) {
      return fmt::format("pool '{}' is idle while tasks are ready", name);
    }
  }
  for (const auto& [key, gate] : gates_) {
    if (gate.used != through[&gate]) return fmt::format("limit '{}': {} booked, {} held", key,
                                                        gate.used, through[&gate]);
  }
  return "";
}

}  // namespace gale::core
