// What waits, by cause: of what the scheduler counts anyway.
#include "master/core/scheduler.h"

namespace gale::core {

std::pair<WaitBook::Place, TimePoint> Scheduler::PlaceOf(const Ti& ti) {
  using Place = WaitBook::Place;
  if (ti.live) return {Place::kRuns, FromMicros(ti.start)};
  switch (ti.state) {
    case TiState::kQueued: return {Place::kQueue, FromMicros(ti.queued_at)};
    case TiState::kUpForRetry: return {Place::kRetry, FromMicros(ti.end)};
    case TiState::kUpForReschedule: return {Place::kReschedule, FromMicros(ti.end)};
    case TiState::kDeferred: return {Place::kTrigger, FromMicros(ti.end)};
    case TiState::kNone:
    case TiState::kScheduled:
    case TiState::kRunning:
    case TiState::kRestarting:
    case TiState::kSuccess:
    case TiState::kFailed:
    case TiState::kSkipped:
    case TiState::kUpstreamFailed:
    case TiState::kRemoved: break;
  }
  return {Place::kNowhere, {}};
}

void Scheduler::SyncPlace(const Run& run, Inst t) {
  if (t.map_index < 0 && run.expanded(t.task)) return;  // its elements are what waits
  const auto [place, since] = PlaceOf(run.ti(t));
  book_.Set({run.id(), t}, place, run.dag().task(t.task).queue, run.head.dag_id, since);
}

void Scheduler::AddRunWaits(const std::string& dag_id, const DagState& dag,
                            WaitGroups& groups) const {
  auto examples = [](WaitGroup& group, RunId id) {
    if (group.runs.size() < WaitGroup::kExamplesMax) group.runs.push_back(id);
  };
  if (!dag.later.empty()) {
    const Check after{CheckKind::kRunAfter, false};
    WaitGroup& group = groups.Add(after, dag_id, dag.later.size(), std::nullopt);
    for (auto it = dag.later.begin();
         it != dag.later.end() && group.runs.size() < WaitGroup::kExamplesMax; ++it) {
      examples(group, *it);
    }
  }
  const size_t due = dag.queued.size() - dag.later.size();
  if (due == 0) return;
  // As StartRuns looks at them: by run_after.
  Check check{CheckKind::kDagPaused, false, dag_id};
  if (!dag.paused) {
    check.kind = CheckKind::kMaxActiveRuns;
    check.have = static_cast<int64_t>(dag.running.size());
    check.limit = dag.current->spec().max_active_runs;
  }
  const RunRow& first = runs_.at(dag.queued.begin()->second)->head;
  WaitGroup& group = groups.Add(
      check, dag_id, due, std::max(first.queued_at.value_or(first.run_after), first.run_after));
  auto it = dag.queued.begin();
  for (size_t i = 0; i < std::min(due, WaitGroup::kExamplesMax); ++i, ++it) {
    examples(group, it->second);
  }
}

Scheduler::Waits Scheduler::FindWaits(const std::string& dag_id, const Served& served) const {
  WaitGroups groups;
  admission_.AddWaits(dag_id, groups);
  book_.AddTo(groups, dag_id, served);
  Waits out;
  out.instances = groups.count();
  std::map<std::string, const DagState*> with_runs;  // in an order that is always the same
  for (const auto& [id, dag] : dags_) {
    if (!dag.queued.empty() && (dag_id.empty() || id == dag_id)) with_runs.emplace(id, &dag);
  }
  for (const auto& [id, dag] : with_runs) {
    AddRunWaits(id, *dag, groups);
    out.runs += dag->queued.size() - dag->later.size();
  }
  out.groups = groups.Take();
  return out;
}

}  // namespace gale::core
