#include "master/core/admission.h"

#include <fmt/format.h>

#include "common/base/check.h"

namespace gale::core {

Admission::Pool* Admission::FindPool(const std::string& name) {
  Pool& pool = pools_[name];
  pool.name = name;
  return &pool;
}

Admission::Gate* Admission::FindGate(GateKind kind, const std::string& key, const std::string& name,
                                     uint32_t limit) {
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
    of_run(GateKind::kTaskOfRun, fmt::format("{}/{}", r.ref.run.value, r.ref.task.value), r.task_id,
           *r.per_run_limit);
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
    item.parked_at->parked[item.lane()].insert(item.rank);
  } else {
    item.pool->ready[item.slots].insert(item.rank);
    Touch(item.pool);
  }
}

void Admission::Unplace(Item& item) {
  auto erase = [&](auto& lanes, const auto& key) {
    auto it = lanes.find(key);
    it->second.erase(item.rank);
    if (it->second.empty()) lanes.erase(it);
  };
  if (item.parked_at != nullptr) {
    erase(item.parked_at->parked, item.lane());
    item.parked_at = nullptr;
  } else {
    erase(item.pool->ready, item.slots);
  }
}

void Admission::Refill(Gate& gate, const Lane& lane) {
  if (!gate.open()) return;
  uint32_t room = gate.limit - gate.used;
  // One that another gate stops is parked there and takes no room here: the next has its chance.
  for (auto it = gate.parked.find(lane); room > 0 && it != gate.parked.end();
       it = gate.parked.find(lane)) {
    Item& item = waiting_.at(it->second.begin()->ref);
    Unplace(item);
    Place(item);
    if (item.parked_at == nullptr) --room;
  }
}

void Admission::RefillAll(Gate& gate) {
  std::vector<Lane> lanes;
  for (const auto& [lane, parked] : gate.parked) lanes.push_back(lane);
  for (const Lane& lane : lanes) Refill(gate, lane);
}

void Admission::SetPool(const std::string& name, int32_t slots) {
  Pool* pool = FindPool(name);
  pool->exists = true;
  pool->slots = slots;
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
    if (gate != nullptr) Refill(*gate, item.lane());
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

const Admission::Rank* Admission::BestOf(const Pool& pool) {
  const Rank* best = nullptr;
  const uint64_t free = pool.free();
  for (const auto& [slots, lane] : pool.ready) {  // the narrow ones first
    if (slots > free) break;
    if (best == nullptr || *lane.begin() < *best) best = &*lane.begin();
  }
  return best;
}

Admission::Pool* Admission::NextPool() const {
  if (!parallelism_) return *dirty_.begin();
  Pool* next = *dirty_.begin();
  const Rank* best = BestOf(*next);
  for (Pool* pool : dirty_) {
    const Rank* rank = BestOf(*pool);
    if (rank != nullptr && (best == nullptr || *rank < *best)) {
      best = rank;
      next = pool;
    }
  }
  return next;
}

std::vector<TiRef> Admission::Admit() {
  std::vector<TiRef> out;
  while (!dirty_.empty() && !full()) {
    Pool* pool = NextPool();
    const Rank* best = BestOf(*pool);
    if (best == nullptr) {
      dirty_.erase(pool);
      continue;
    }
    Item& item = waiting_.at(best->ref);
    Unplace(item);
    if (ClosedGate(item) != nullptr) {
      Place(item);  // parks it
      // What another gate let through for nothing passes to the next in line.
      for (Gate* gate : item.gates) {
        if (gate != nullptr && gate != item.parked_at) Refill(*gate, item.lane());
      }
      continue;
    }
    const Item taken = item;
    waiting_.erase(taken.rank.ref);
    pool->waiting_slots -= taken.slots;
    Take(taken);
    out.push_back(taken.rank.ref);
  }
  return out;
}

std::string Admission::Explain(TiRef ref) const {
  auto it = waiting_.find(ref);
  if (it == waiting_.end()) return "";
  const Item& item = it->second;
  if (const Gate* gate = ClosedGate(item)) {
    switch (gate->kind) {
      case GateKind::kPause: return fmt::format("DAG '{}' is paused", gate->name);
      case GateKind::kRun:
        return fmt::format(
            "its run has {} of at most {} tasks queued or running (max_active_tasks)", gate->used,
            gate->limit);
      case GateKind::kTaskOfDag:
        return fmt::format(
            "task '{}' runs {} times of at most {} in all runs "
            "(max_active_tis_per_dag)",
            gate->name, gate->used, gate->limit);
      case GateKind::kTaskOfRun:
        return fmt::format(
            "task '{}' runs {} times of at most {} in this run "
            "(max_active_tis_per_dagrun)",
            gate->name, gate->used, gate->limit);
    }
  }
  if (full()) {
    return fmt::format(
        "{} task instances are queued or running, at most {} may ([core] parallelism)",
        held_.size(), *parallelism_);
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
    auto has = [&rank = item.rank](const auto& lanes, const auto& key) {
      auto lane = lanes.find(key);
      return lane != lanes.end() && lane->second.contains(rank);
    };
    const bool placed = item.parked_at != nullptr ? has(item.parked_at->parked, item.lane())
                                                  : has(item.pool->ready, item.slots);
    if (!placed) return fmt::format("run {} task {} waits nowhere", ref.run.value, ref.task.value);
    if (item.parked_at != nullptr && item.parked_at->open() && dirty_.empty() &&
        item.pool->free() >= item.slots && ClosedGate(item) == nullptr) {
      return fmt::format("run {} task {} is parked at an open gate", ref.run.value, ref.task.value);
    }
  }
  for (const auto& [name, pool] : pools_) {
    if (pool.used != used[&pool])
      return fmt::format("pool '{}': {} slots booked, {} held", name, pool.used, used[&pool]);
    if (pool.waiting_slots != wanted[&pool]) return fmt::format("pool '{}': waiting slots", name);
    if (dirty_.empty() && BestOf(pool) != nullptr) {
      return fmt::format("pool '{}' is idle while tasks are ready", name);
    }
  }
  for (const auto& [key, gate] : gates_) {
    if (gate.used != through[&gate])
      return fmt::format("limit '{}': {} booked, {} held", key, gate.used, through[&gate]);
  }
  return "";
}

}  // namespace gale::core
