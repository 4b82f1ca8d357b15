// What the admission looks at, told in the order in which it does.
#include <algorithm>

#include "common/base/limits.h"
#include "master/core/admission.h"

namespace gale::core {
namespace {

constexpr uint32_t kOpen = std::numeric_limits<uint32_t>::max();

}  // namespace

Check Admission::CheckOf(GateKind kind, const std::string& name) {
  Check check;
  check.subject = name;
  switch (kind) {
    case GateKind::kPause: check.kind = CheckKind::kDagPaused; break;
    case GateKind::kRun: check.kind = CheckKind::kMaxActiveTasks; break;
    case GateKind::kTaskOfRun: check.of = 1; [[fallthrough]];
    case GateKind::kTaskOfDag: check.kind = CheckKind::kMaxActiveTis; break;
  }
  return check;
}

Check Admission::CheckOf(const Gate& gate) const {
  Check check = CheckOf(gate.kind, gate.name);
  check.met = gate.open();
  if (gate.kind == GateKind::kPause) return check;
  check.have = gate.used;
  check.limit = gate.limit;
  return check;
}

Check Admission::CheckOf(const Limit& limit) const {
  const auto found = gates_.find(KeyOf(limit));
  if (found != gates_.end()) return CheckOf(found->second);
  Check check = CheckOf(limit.kind, limit.name);
  check.met = true;
  if (limit.kind == GateKind::kPause) return check;
  check.have = 0;
  check.limit = limit.max;
  return check;
}

std::optional<int64_t> Admission::Before(const Item& item, Inst inst) const {
  const Rank own{item.needs, item.inst};
  int64_t before =
      inst.map_index - item.inst.map_index;  // of its own block, but for those that left
  if (const auto block = blocks_.find({item.needs->run, inst.task});
      before > 0 && block != blocks_.end()) {
    const auto& holes = block->second.holes;
    before -=
        std::distance(holes.begin(), holes.lower_bound(static_cast<uint32_t>(inst.map_index)));
  }
  size_t entries = 0;
  for (const auto& [slots, lane] : item.needs->pool->ready) {
    for (auto it = lane.ranks.begin(); it != lane.ranks.end() && *it < own; ++it) {
      if (++entries > limits::kLineMax) return std::nullopt;
      const auto block = blocks_.find({it->needs->run, it->inst.task});
      const bool whole = block != blocks_.end() && block->second.item.inst == it->inst;
      before += whole ? static_cast<int64_t>(block->second.size()) : 1;
    }
  }
  return before;
}

std::vector<Check> Admission::PoolChecks(const std::string& name, uint32_t slots) const {
  const auto found = pools_.find(name);
  const Pool* pool = found == pools_.end() || !found->second.exists ? nullptr : &found->second;
  std::vector<Check> out;
  if (parallelism_) {
    Check all{CheckKind::kParallelism, !full(), ""};
    all.have = static_cast<int64_t>(held_.size());
    all.limit = *parallelism_;
    out.push_back(std::move(all));
  }
  Check missing{CheckKind::kPoolMissing, pool != nullptr, name};
  Check small{CheckKind::kPoolTooSmall, true, name};
  Check full{CheckKind::kPoolFull, true, name};
  small.need = full.need = slots;
  if (pool != nullptr) {
    full.have = static_cast<int64_t>(pool->used);
    if (pool->slots >= 0) {
      small.limit = full.limit = pool->slots;
      small.met = slots <= static_cast<uint32_t>(pool->slots);
    }
    full.met = slots <= pool->free();
  }
  out.push_back(std::move(missing));
  out.push_back(std::move(small));
  out.push_back(std::move(full));
  return out;
}

std::vector<Check> Admission::Checks(const Request& r) const {
  const Item* waiting = FindWaiting(r.ref);
  std::vector<Check> out;
  for (const Limit& limit : LimitsOf(r)) out.push_back(CheckOf(limit));
  for (Check& check : PoolChecks(r.pool, r.slots)) out.push_back(std::move(check));
  const bool holds = held_.contains(r.ref);
  bool looks = waiting != nullptr;
  for (Check& check : out) {
    const bool met = *check.met;
    if (looks && !met && check.kind == CheckKind::kPoolFull) {
      if (const auto before = Before(*waiting, r.ref.inst)) check.position = *before + 1;
    }
    if (holds) {
      check.met = true;
    } else if (!looks) {
      check.met.reset();
    }
    looks = looks && met;
  }
  return out;
}

void Admission::AddWaits(const std::set<Rank>& ranks, const std::string& dag_id,
                         WaitGroup& group) const {
  size_t looked = 0;
  for (const Rank& rank : ranks) {
    if (group.examples.size() == WaitGroup::kExamplesMax || ++looked > limits::kLineMax) return;
    if (dag_id.empty() || *rank.needs->dag_id == dag_id) group.examples.push_back(rank.ref());
  }
}

void Admission::AddWaits(const std::string& dag_id, WaitGroups& groups) const {
  auto wanted = [&](const std::string& id) { return dag_id.empty() || id == dag_id; };
  // A pause is looked at before all else, wherever those that wait stand meanwhile.
  auto unless_paused = [&](const std::string& id, const Check& check) {
    const auto pause = gates_.find(KeyOf({GateKind::kPause, id, id, id, kOpen, false}));
    return pause == gates_.end() || pause->second.open() ? check : CheckOf(pause->second);
  };
  auto pool_check = [&](const Pool& pool, uint32_t slots) {
    const std::vector<Check> checks = PoolChecks(pool.name, slots);
    const Check* unmet = Unmet(checks);
    return unmet != nullptr ? *unmet : checks.back();  // about to be queued
  };
  auto oldest = [](const Tally& tally) {
    const auto at = tally.oldest();
    return at.value_or(0) == 0 ? std::nullopt : std::optional(FromWholeSeconds(*at));
  };
  for (const auto& [name, pool] : pools_) {
    for (const auto& [slots, lane] : pool.ready) {
      const Check check = pool_check(pool, slots);
      WaitGroup* group = nullptr;
      for (const auto& [dag, tally] : lane.by_dag) {
        if (!wanted(*dag)) continue;
        const Check why = unless_paused(*dag, check);
        WaitGroup& into = groups.Add(why, *dag, tally.count(), oldest(tally));
        if (why.kind == check.kind) group = &into;
      }
      if (group != nullptr) AddWaits(lane.ranks, dag_id, *group);
    }
  }
  // In an order that is always the same: examples are of the first.
  std::map<std::string, const Gate*> parked;
  for (const auto& [key, gate] : gates_) {
    if (!gate.parked.empty() && wanted(gate.dag_id)) parked.emplace(key, &gate);
  }
  for (const auto& [key, gate] : parked) {
    for (const auto& [lane, those] : gate->parked) {
      // Some that are parked may wait for others of their lane, which the gate let through.
      const Check check = gate->open() ? pool_check(*lane.pool, lane.slots) : CheckOf(*gate);
      AddWaits(those.ranks, dag_id,
               groups.Add(unless_paused(gate->dag_id, check), gate->dag_id, those.tally.count(),
                          oldest(those.tally)));
    }
  }
}

std::vector<TiRef> Admission::Holders(const std::string& name, size_t max) const {
  std::vector<TiRef> out;
  const auto pool = pools_.find(name);
  if (pool == pools_.end()) return out;
  for (const TiRef& ref : pool->second.holders) {
    if (out.size() == max) break;
    out.push_back(ref);
  }
  return out;
}

std::vector<TiRef> Admission::Line(const std::string& name, size_t max, uint64_t& total) const {
  std::vector<TiRef> out;
  total = 0;
  const auto pool = pools_.find(name);
  if (pool == pools_.end()) return out;
  std::vector<Rank> first;  // of each lane as many as may be wanted
  for (const auto& [slots, lane] : pool->second.ready) {
    for (const auto& [dag, tally] : lane.by_dag) total += tally.count();
    auto end = lane.ranks.begin();
    std::advance(end, std::min(max, lane.ranks.size()));
    first.insert(first.end(), lane.ranks.begin(), end);
  }
  std::sort(first.begin(), first.end());
  for (const Rank& rank : first) {
    if (out.size() >= max) break;
    const auto block = blocks_.find({rank.needs->run, rank.inst.task});
    if (block == blocks_.end() || block->second.item.inst != rank.inst) {
      out.push_back(rank.ref());
      continue;
    }
    for (Inst i = rank.inst; i.map_index < static_cast<int32_t>(block->second.end); ++i.map_index) {
      if (out.size() == max) break;
      if (block->second.holes.contains(static_cast<uint32_t>(i.map_index))) continue;
      out.push_back({rank.needs->run, i});
    }
  }
  return out;
}

}  // namespace gale::core
