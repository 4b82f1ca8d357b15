#include "master/core/admission.h"

#include <fmt/format.h>

#include "common/base/check.h"

namespace gale::core {
namespace {

constexpr uint32_t kOpen = std::numeric_limits<uint32_t>::max();

}  // namespace

Admission::Pool* Admission::FindPool(const std::string& name) {
  Pool& pool = pools_[name];
  pool.name = name;
  return &pool;
}

std::vector<Admission::Limit> Admission::LimitsOf(const Request& r) {
  std::vector<Limit> out;
  const std::string run = std::to_string(r.ref.run.value);
  auto add = [&](GateKind kind, std::string key, const std::string& name, uint32_t max,
                 bool of_run) {
    out.push_back({kind, std::move(key), name, r.dag_id, max, of_run});
  };
  add(GateKind::kPause, r.dag_id, r.dag_id, kOpen, false);
  add(GateKind::kRun, run, r.dag_id, r.run_limit, true);
  if (r.per_run_limit) {
    add(GateKind::kTaskOfRun, fmt::format("{}/{}", run, r.ref.inst.task.value), r.task_id,
        *r.per_run_limit, true);
  }
  if (r.per_dag_limit) {
    add(GateKind::kTaskOfDag, fmt::format("{}/{}", r.dag_id, r.task_id), r.task_id,
        *r.per_dag_limit, false);
  }
  return out;
}

std::string Admission::KeyOf(const Limit& limit) {
  return fmt::format("{}/{}", static_cast<int>(limit.kind), limit.key);
}

Admission::Gate* Admission::FindGate(const Limit& limit) {
  auto [it, fresh] = gates_.try_emplace(KeyOf(limit));
  Gate& gate = it->second;
  if (fresh) {
    gate.kind = limit.kind;
    gate.name = limit.name;
    gate.dag_id = limit.dag_id;
    gate.limit = limit.max;
  } else if (limit.kind != GateKind::kPause && gate.limit != limit.max) {  // a newer version's
    const bool wider = limit.max > gate.limit;
    gate.limit = limit.max;
    if (wider) RefillAll(gate);
  }
  return &gate;
}

bool Admission::Rank::operator<(const Rank& other) const {
  const Needs &x = *needs, &y = *other.needs;
  if (x.priority != y.priority) return x.priority > y.priority;
  if (x.date != y.date) return x.date < y.date;
  if (x.run != y.run) return x.run < y.run;
  return inst < other.inst;
}

TiRef Admission::Rank::ref() const { return {needs->run, inst}; }

const Admission::Needs* Admission::Resolve(const Request& r) {
  RunBooks& books = runs_[r.ref.run];
  const bool own = r.per_dag_limit || r.per_run_limit;
  auto& needs =
      books.needs[fmt::format("{}/{}/{}/{}", own ? r.task_id : "", r.slots, r.priority, r.pool)];
  if (needs) return needs.get();
  needs = std::make_unique<Needs>();
  needs->run = r.ref.run;
  needs->dag_id = &*dag_ids_.insert(r.dag_id).first;
  needs->priority = r.priority;
  needs->date = r.date;
  needs->pool = FindPool(r.pool);
  needs->slots = r.slots;
  size_t n = 0;
  for (const Limit& limit : LimitsOf(r)) {
    const size_t before = gates_.size();
    needs->gates[n++] = FindGate(limit);
    if (limit.of_run && gates_.size() != before) books.gates.push_back(KeyOf(limit));
  }
  return needs.get();
}

Admission::Gate* Admission::ClosedGate(const Needs& needs) {
  for (Gate* gate : needs.gates) {
    if (gate != nullptr && !gate->open()) return gate;
  }
  return nullptr;
}

void Admission::Place(Item& item) {
  const Needs& needs = *item.needs;
  item.parked_at = ClosedGate(needs);
  if (item.parked_at != nullptr) {
    ParkedLane& lane = item.parked_at->parked[needs.lane()];
    lane.ranks.insert({&needs, item.inst});
    lane.tally.Add(item.many, item.since);
  } else {
    ReadyLane& lane = needs.pool->ready[needs.slots];
    lane.ranks.insert({&needs, item.inst});
    lane.by_dag[needs.dag_id].Add(item.many, item.since);
    Touch(needs.pool);
  }
}

void Admission::Unplace(Item& item) {
  const Needs& needs = *item.needs;
  if (item.parked_at != nullptr) {
    auto it = item.parked_at->parked.find(needs.lane());
    it->second.ranks.erase({&needs, item.inst});
    it->second.tally.Take(item.many, item.since);
    if (it->second.ranks.empty()) item.parked_at->parked.erase(it);
    item.parked_at = nullptr;
  } else {
    auto it = needs.pool->ready.find(needs.slots);
    it->second.ranks.erase({&needs, item.inst});
    auto of_dag = it->second.by_dag.find(needs.dag_id);
    of_dag->second.Take(item.many, item.since);
    if (of_dag->second.count() == 0) it->second.by_dag.erase(of_dag);
    if (it->second.ranks.empty()) needs.pool->ready.erase(it);
  }
}

void Admission::Dwindle(Item& item) {
  const Needs& needs = *item.needs;
  --item.many;
  if (item.parked_at != nullptr) {
    item.parked_at->parked.at(needs.lane()).tally.Take(1, item.since);
  } else {
    needs.pool->ready.at(needs.slots).by_dag.at(needs.dag_id).Take(1, item.since);
  }
}

Admission::Item& Admission::At(const Rank& rank) {
  auto single = waiting_.find(rank.ref());
  if (single != waiting_.end()) return single->second;
  return blocks_.at({rank.needs->run, rank.inst.task}).item;
}

const Admission::Item* Admission::FindWaiting(TiRef ref) const {
  if (auto single = waiting_.find(ref); single != waiting_.end()) return &single->second;
  auto block = blocks_.find({ref.run, ref.inst.task});
  if (block == blocks_.end() || ref.inst.map_index < block->second.item.inst.map_index) {
    return nullptr;
  }
  const uint32_t index = static_cast<uint32_t>(ref.inst.map_index);
  if (index >= block->second.end || block->second.holes.contains(index)) return nullptr;
  return &block->second.item;
}

void Admission::Refill(Gate& gate, const Lane& lane) {
  if (!gate.open()) return;
  uint32_t room = gate.limit - gate.used;
  // One that another gate stops is parked there and takes no room here: the next has its chance.
  for (auto it = gate.parked.find(lane); room > 0 && it != gate.parked.end();
       it = gate.parked.find(lane)) {
    Item& item = At(*it->second.ranks.begin());
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
  Gate* gate = FindGate({GateKind::kPause, dag_id, dag_id, dag_id, kOpen, false});
  gate->limit = paused ? 0 : kOpen;
  if (!paused) RefillAll(*gate);
}

void Admission::Add(const Needs* needs, Inst inst, TimePoint since) {
  const TiRef ref{needs->run, inst};
  if (waits(ref) || held_.contains(ref)) return;
  needs->pool->waiting_slots += needs->slots;
  Place(waiting_.emplace(ref, Item{inst, nullptr, needs, 1, WholeSeconds(since)}).first->second);
}

void Admission::AddBlock(const Needs* needs, TaskIndex task, uint32_t first, uint32_t end,
                         std::set<uint32_t> holes, TimePoint since) {
  auto [it, fresh] = blocks_.try_emplace({needs->run, task});
  if (!fresh) {  // some of an earlier expansion wait still
    for (uint32_t i = first; i < end; ++i) {
      if (!holes.contains(i)) Add(needs, {task, static_cast<int32_t>(i)}, since);
    }
    return;
  }
  Block& block = it->second;
  block.item = {{task, static_cast<int32_t>(first)}, nullptr, needs, 0, WholeSeconds(since)};
  block.end = end;
  block.holes = std::move(holes);
  if (block.holes.contains(first)) {
    if (Advance(block)) {
      blocks_.erase(it);
      return;
    }
  }
  needs->pool->waiting_slots += block.size() * needs->slots;
  block.item.many = static_cast<uint32_t>(block.size());
  Place(block.item);
}

bool Admission::Advance(Block& block) {
  uint32_t next = static_cast<uint32_t>(block.item.inst.map_index);
  block.holes.erase(next++);
  while (block.holes.erase(next) > 0) ++next;
  block.item.inst.map_index = static_cast<int32_t>(next);
  if (next >= block.end) return true;
  block.item.many = static_cast<uint32_t>(block.size());
  return false;
}

void Admission::Remove(TiRef ref) {
  const Item* found = FindWaiting(ref);
  if (found == nullptr) return;
  const Needs* needs = found->needs;
  needs->pool->waiting_slots -= needs->slots;
  if (auto single = waiting_.find(ref); single != waiting_.end()) {
    Unplace(single->second);
    waiting_.erase(single);
  } else {
    auto it = blocks_.find({ref.run, ref.inst.task});
    Block& block = it->second;
    if (ref.inst != block.item.inst) {
      block.holes.insert(static_cast<uint32_t>(ref.inst.map_index));
      Dwindle(block.item);
      return;
    }
    Unplace(block.item);
    if (Advance(block)) {
      blocks_.erase(it);
    } else {
      Place(block.item);
    }
  }
  // It may have been the one that a gate let through: the next takes its place.
  for (Gate* gate : needs->gates) {
    if (gate != nullptr) Refill(*gate, needs->lane());
  }
}

void Admission::Take(const Needs* needs, Inst inst) {
  needs->pool->used += needs->slots;
  for (Gate* gate : needs->gates) {
    if (gate != nullptr) ++gate->used;
  }
  held_.emplace(TiRef{needs->run, inst}, needs);
  needs->pool->holders.insert({needs->run, inst});
}

void Admission::Hold(const Needs* needs, Inst inst) {
  const TiRef ref{needs->run, inst};
  if (held_.contains(ref)) return;
  Remove(ref);
  Take(needs, inst);
}

void Admission::Free(TiRef ref) {
  auto it = held_.find(ref);
  if (it == held_.end()) return;
  const Needs* needs = it->second;
  held_.erase(it);
  needs->pool->holders.erase(ref);
  needs->pool->used -= needs->slots;
  Touch(needs->pool);
  for (Gate* gate : needs->gates) {
    if (gate == nullptr) continue;
    --gate->used;
    RefillAll(*gate);
  }
}

void Admission::ForgetRun(RunId run) {
  auto it = runs_.find(run);
  if (it == runs_.end()) return;
  for (const std::string& key : it->second.gates) {
    auto gate = gates_.find(key);
    GALE_CHECK(gate->second.used == 0 && gate->second.parked.empty(),
               "run {} ended and still holds or waits at '{}'", run.value, key);
    gates_.erase(gate);
  }
  runs_.erase(it);
}

const Admission::Rank* Admission::BestOf(const Pool& pool) {
  const Rank* best = nullptr;
  const uint64_t free = pool.free();
  for (const auto& [slots, lane] : pool.ready) {  // the narrow ones first
    if (slots > free) break;
    if (best == nullptr || *lane.ranks.begin() < *best) best = &*lane.ranks.begin();
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
    const Needs* needs = best->needs;
    const Inst inst = best->inst;
    Item& item = At(*best);
    Unplace(item);
    if (ClosedGate(*needs) != nullptr) {
      Place(item);  // parks it
      // What another gate let through for nothing passes to the next in line.
      const Gate* parked_at = item.parked_at;
      for (Gate* gate : needs->gates) {
        if (gate != nullptr && gate != parked_at) Refill(*gate, needs->lane());
      }
      continue;
    }
    const TiRef ref{needs->run, inst};
    pool->waiting_slots -= needs->slots;
    Take(needs, inst);
    if (waiting_.erase(ref) == 0) {
      auto block = blocks_.find({ref.run, inst.task});
      if (Advance(block->second)) {
        blocks_.erase(block);
      } else {
        Place(block->second.item);
      }
    }
    out.push_back(ref);
  }
  return out;
}

Admission::PoolUsage Admission::Usage(const std::string& name) const {
  auto it = pools_.find(name);
  if (it == pools_.end()) return {};
  return {it->second.slots, it->second.used, it->second.waiting_slots};
}

std::string Admission::Audit() const {
  std::unordered_map<const Pool*, uint64_t> used, wanted, holders;
  std::unordered_map<const Gate*, uint32_t> through;
  for (const auto& [ref, needs] : held_) {
    used[needs->pool] += needs->slots;
    holders[needs->pool] += needs->pool->holders.contains(ref);
    for (const Gate* gate : needs->gates) {
      if (gate != nullptr) ++through[gate];
    }
  }
  std::string bad;
  uint64_t all = 0, told = 0;
  auto look = [&](const Item& item, size_t many) {
    const Needs& needs = *item.needs;
    wanted[needs.pool] += many * needs.slots;
    auto has = [&](const auto& lanes, const auto& key) {
      auto lane = lanes.find(key);
      return lane != lanes.end() && lane->second.ranks.contains({&needs, item.inst});
    };
    const bool placed = item.parked_at != nullptr ? has(item.parked_at->parked, needs.lane())
                                                  : has(needs.pool->ready, needs.slots);
    auto who = [&] { return fmt::format("run {} task {}", needs.run.value, item.inst.task.value); };
    if (!placed) bad = who() + " waits nowhere";
    if (item.many != many) bad = who() + ": its block is miscounted";
    all += many;
    if (item.parked_at != nullptr && item.parked_at->open() && dirty_.empty() &&
        needs.pool->free() >= needs.slots && ClosedGate(needs) == nullptr) {
      bad = who() + " is parked at an open gate";
    }
  };
  for (const auto& [ref, item] : waiting_) look(item, 1);
  for (const auto& [ref, block] : blocks_) look(block.item, block.size());
  if (!bad.empty()) return bad;
  WaitGroups groups;
  AddWaits("", groups);
  for (const WaitGroup& group : groups.Take()) told += group.count;
  if (told != all) return fmt::format("{} wait, {} are counted", all, told);
  for (const auto& [name, pool] : pools_) {
    if (holders[&pool] != pool.holders.size()) return fmt::format("pool '{}': its holders", name);
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
