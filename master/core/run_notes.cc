// What a run remembers of few of its instances: those that came again, and those that passed others
// by.
#include <algorithm>

#include "master/core/run.h"

namespace gale::core {

Looks Run::looks(Inst i) const {
  if (looks_.empty()) return {};
  const auto found = looks_.find(i);
  return found == looks_.end() ? Looks{} : found->second;
}

void Run::BeginTry(Inst i) {
  const auto found = looks_.find(i);
  if (found == looks_.end()) return;
  found->second.of_try = 0;
  found->second.first_start = 0;
  if (found->second.all == 0) looks_.erase(found);
}

void Run::NoteFirstStart(Inst i) {
  Looks& looks = looks_[i];
  if (looks.first_start == 0) looks.first_start = ti(i).start;
}

void Run::GoOnWithTry(Inst i) {
  Looks& looks = looks_[i];
  ++looks.all;
  ++looks.of_try;
  if (uint32_t& max = At(i).max_tries; max < UINT32_MAX) ++max;
}

void Run::SetSkips(Inst i, std::vector<Skip> skips) {
  if (skips.empty()) {
    if (!skips_.empty()) skips_.erase(i);
  } else {
    skips_[i] = std::move(skips);
  }
}

std::optional<Run::Range> Run::OfElement(Inst i, TaskIndex to) const {
  if (i.map_index < 0 || dag_->SharedMappedGroups(i.task, to) == 0) return std::nullopt;
  return expanded(to) ? Matching(i, to) : Range{};
}

bool Run::MayBePassedBy(TaskIndex t) const {
  if (skips_.empty()) return false;
  const auto ups = dag_->upstream(t);
  return std::any_of(ups.begin(), ups.end(), [&](TaskIndex u) {
    const auto first = skips_.lower_bound(Inst(u));
    return first != skips_.end() && first->first.task == u;
  });
}

std::optional<TaskIndex> Run::PassedBy(Inst i) const {
  if (!MayBePassedBy(i.task)) return std::nullopt;
  for (TaskIndex u : dag_->upstream(i.task)) {
    const bool together = dag_->SharedMappedGroups(u, i.task) > 0;
    if (together && i.map_index < 0) continue;  // its elements are, once it has some
    auto at = skips_.lower_bound(Inst(u));
    auto end = skips_.lower_bound(Inst(TaskIndex(u.value + 1)));
    if (together && expanded(u)) {
      const Range range = Matching(i, u);
      at = skips_.lower_bound(Inst(u, static_cast<int32_t>(range.begin)));
      end = skips_.lower_bound(Inst(u, static_cast<int32_t>(range.end)));
    }
    for (; at != end; ++at) {
      if (!IsFinished(ti(at->first).state)) continue;  // it was cleared, and decides anew
      for (const Skip& skip : at->second) {
        if (skip.task != i.task) continue;
        if (!skip.map_index || *skip.map_index == i.map_index) return u;
      }
    }
  }
  return std::nullopt;
}

}  // namespace gale::core
