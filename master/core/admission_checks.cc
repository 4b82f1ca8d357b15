// What the admission looks at, told in the order in which it does.
#include "common/base/limits.h"
#include "master/core/admission.h"

namespace gale::core {

Check Admission::CheckOf(const Limit& limit) const {
  const auto found = gates_.find(KeyOf(limit));
  const Gate* gate = found == gates_.end() ? nullptr : &found->second;
  Check check;
  check.subject = limit.name;
  check.met = gate == nullptr || gate->open();
  if (limit.kind == GateKind::kPause) {
    check.kind = CheckKind::kDagPaused;
    return check;
  }
  check.kind = CheckKind::kMaxActiveTasks;
  check.have = gate == nullptr ? 0 : gate->used;
  check.limit = gate == nullptr ? limit.max : gate->limit;
  if (limit.kind != GateKind::kRun) {
    check.kind = CheckKind::kMaxActiveTis;
    if (limit.kind == GateKind::kTaskOfRun) check.of = 1;
  }
  return check;
}

std::optional<int64_t> Admission::Before(const Item& item, Inst inst) const {
  const Rank own{item.needs, item.inst};
  int64_t before = inst.map_index - item.inst.map_index;  // of its own block
  size_t entries = 0;
  for (const auto& [slots, lane] : item.needs->pool->ready) {
    for (auto it = lane.begin(); it != lane.end() && *it < own; ++it) {
      if (++entries > limits::kLineMax) return std::nullopt;
      const auto block = blocks_.find({it->needs->run, it->inst.task});
      const bool whole = block != blocks_.end() && block->second.item.inst == it->inst;
      before += whole ? static_cast<int64_t>(block->second.size()) : 1;
    }
  }
  return before;
}

std::vector<Check> Admission::PoolChecks(const Request& r, const Item* waiting) const {
  const auto found = pools_.find(r.pool);
  const Pool* pool = found == pools_.end() || !found->second.exists ? nullptr : &found->second;
  Check missing{CheckKind::kPoolMissing, pool != nullptr, r.pool};
  Check small{CheckKind::kPoolTooSmall, true, r.pool};
  Check full{CheckKind::kPoolFull, true, r.pool};
  small.need = full.need = r.slots;
  if (pool != nullptr) {
    full.have = static_cast<int64_t>(pool->used);
    if (pool->slots >= 0) {
      small.limit = full.limit = pool->slots;
      small.met = r.slots <= static_cast<uint32_t>(pool->slots);
    }
    full.met = r.slots <= pool->free();
    if (waiting != nullptr && full.met == false) {
      if (const auto before = Before(*waiting, r.ref.inst)) full.position = *before + 1;
    }
  }
  return {std::move(missing), std::move(small), std::move(full)};
}

std::vector<Check> Admission::Checks(const Request& r) const {
  const Item* waiting = FindWaiting(r.ref);
  std::vector<Check> out;
  for (const Limit& limit : LimitsOf(r)) out.push_back(CheckOf(limit));
  if (parallelism_) {
    Check all{CheckKind::kParallelism, !full(), ""};
    all.have = static_cast<int64_t>(held_.size());
    all.limit = *parallelism_;
    out.push_back(std::move(all));
  }
  for (Check& check : PoolChecks(r, waiting)) out.push_back(std::move(check));
  const bool holds = held_.contains(r.ref);
  bool looks = waiting != nullptr;
  for (Check& check : out) {
    const bool met = *check.met;
    if (holds) {
      check.met = true;
    } else if (!looks) {
      check.met.reset();
    }
    looks = looks && met;
  }
  return out;
}

}  // namespace gale::core
