// What becomes of tasks that wait for others, and of mapped ones: when they are expanded, into how
// many elements, and what those wait for.
#include <algorithm>

#include "common/base/limits.h"
#include "common/model/expand.h"
#include "master/core/decider.h"

namespace gale::core {

void Decider::LookBelow(Inst t) {
  for (TaskIndex d : dag().downstream(t.task)) {
    if (t.map_index < 0 || !run_.expanded(d) || !run_.by_index(t.task, d)) {
      work_.push_back(d);
      continue;
    }
    const Run::Range range = run_.Matching(t, d);
    for (uint32_t i = range.begin; i < range.end; ++i) {
      work_.push_back({d, static_cast<int32_t>(i)});
    }
  }
}

void Decider::Evaluate(Inst t) {
  if (t.map_index < 0 && run_.expanded(t.task)) return EvaluateBlock(t.task);
  if (run_.has(t) && run_.ti(t).state == TiState::kNone) EvaluateInstance(t);
}

void Decider::EvaluateBlock(TaskIndex t) {
  if (run_.count(t, TiState::kNone) == 0) return;
  auto ups = dag().upstream(t);
  const bool alike =
      std::none_of(ups.begin(), ups.end(), [&](TaskIndex u) { return run_.by_index(u, t); });
  if (alike && run_.verdict({t, 0}) == Verdict::kWait && !LackOfSource(t)) return;
  if (alike && !run_.MayBePassedBy(t) && run_.fresh(t) && run_.verdict({t, 0}) == Verdict::kRun &&
      !LackOfSource(t) && PastAllows(t) && !dag().is_empty(t)) {
    Revise(t);
    if (run_.fresh(t)) {  // one step for all of them, however many
      run_.ScheduleBlock(t, Micros(now_));
      out_.changed.push_back({t, ""});
      out_.effects.push_back(BlockReady{t});
      return;
    }
  }
  run_.ForEachOf(t, [&](Inst i) {
    if (run_.ti(i).state == TiState::kNone) EvaluateInstance(i);
  });
}

// Source: Airflow, ti_deps/deps/mapped_task_upstream_dep.py.
std::optional<TiState> Decider::LackOfSource(TaskIndex t) const {
  if (!dag().is_mapped(t)) return std::nullopt;
  bool failed = false, skipped = false;
  ForEachSourceTask(dag().expand(dag().mapping(t).back()), [&](const ExpandSource& source) {
    const TaskIndex u = *dag().Find(source.task_id);
    if (run_.expanded(u)) return;  // then it didn't fail as a whole
    const TiState s = run_.ti(u).state;
    failed |= s == TiState::kFailed || s == TiState::kUpstreamFailed;
    skipped |= s == TiState::kSkipped;
  });
  if (failed) return TiState::kUpstreamFailed;
  return skipped ? std::optional(TiState::kSkipped) : std::nullopt;
}

void Decider::PassBy(Inst by, const std::vector<Skip>& skips) {
  if (skips.empty()) return;
  const std::string reason = fmt::format("skipped by task '{}'", dag().task(by.task).task_id);
  auto pass = [&](Inst t) {
    if (!run_.has(t) || run_.absent(t) || IsFinished(run_.ti(t).state)) return;
    Withdraw(t);
    Cancel(t, reason);
    Finish(t, TiState::kSkipped, reason);
  };
  const auto below = dag().downstream(by.task);
  std::vector<Skip> kept;
  for (const Skip& skip : skips) {
    if (std::find(below.begin(), below.end(), skip.task) != below.end()) kept.push_back(skip);
    if (skip.map_index) {
      pass({skip.task, *skip.map_index});
    } else if (const auto range = run_.OfElement(by, skip.task)) {
      for (uint32_t i = range->begin; i < range->end; ++i) {
        pass({skip.task, static_cast<int32_t>(i)});
      }
    } else {
      run_.ForEachOf(skip.task, pass);
    }
  }
  run_.SetSkips(by, std::move(kept));
}

void Decider::EvaluateInstance(Inst t) {
  const bool expands = dag().is_mapped(t.task) && t.map_index < 0;
  if (const auto by = run_.PassedBy(t)) {
    return Finish(t, TiState::kSkipped,
                  fmt::format("skipped by task '{}'", dag().task(*by).task_id));
  }
  if (auto state = LackOfSource(t.task)) {
    return Finish(t, *state, "a task that it is mapped over did not succeed");
  }
  switch (run_.verdict(t)) {
    case Verdict::kWait: return;
    case Verdict::kRun:
      if (!PastAllows(t.task)) {
        run_.edit(t).waits_for_past = true;
        return;
      }
      if (expands) return ExpandTask(t.task);
      if (t.map_index >= 0) Revise(t.task);
      if (run_.ti(t).state == TiState::kNone) Schedule(t);
      return;
    case Verdict::kSkip:
      return Finish(t, TiState::kSkipped,
                    fmt::format("skipped by its trigger rule {}", Name(dag().rule(t.task))));
    case Verdict::kUpstreamFailed:
      return Finish(
          t, TiState::kUpstreamFailed,
          fmt::format("an upstream task failed; its trigger rule is {}", Name(dag().rule(t.task))));
    case Verdict::kRemove:
      return Finish(t, TiState::kRemoved, "what it is mapped over became shorter");
  }
}

// Source: Airflow, models/taskmap.py, expand_mapped_task.
void Decider::ExpandTask(TaskIndex t) {
  const auto length = run_.MapLength(t);
  if (!length) {
    return Finish(t, TiState::kUpstreamFailed, "what it is mapped over is not there");
  }
  if (*length == 0) return Finish(t, TiState::kSkipped, "it is mapped over nothing");
  if (*length > limits::kMapElementsMax) {
    return Finish(t, TiState::kFailed,
                  fmt::format("it would have over {} elements, the limit kMapElementsMax",
                              limits::kMapElementsMax));
  }
  ExpandTo(t, static_cast<uint32_t>(*length));
  work_.push_back(t);
}

void Decider::ExpandTo(TaskIndex t, uint32_t length) {
  const uint32_t before = run_.expanded(t) ? run_.width(t) : 0;
  run_.Expand(t, length);
  out_.changed.push_back({t, ""});
  if (before > 0) {  // grown: what is new is not as the others were at first
    for (uint32_t i = before; i < length; ++i) {
      work_.push_back({t, static_cast<int32_t>(i)});
      out_.changed.push_back({{t, static_cast<int32_t>(i)}, ""});
    }
  }
  for (TaskIndex d : dag().downstream(t)) work_.push_back(d);
}

// Source: Airflow, models/dagrun.py, _revise_map_indexes_if_mapped.
void Decider::Revise(TaskIndex t) {
  if (!revised_.insert(t).second) return;
  const auto length = run_.MapLength(t);
  if (!length || *length == run_.width(t) || *length > limits::kMapElementsMax) return;
  for (uint32_t i = static_cast<uint32_t>(*length); i < run_.width(t); ++i) {
    const Inst gone{t, static_cast<int32_t>(i)};
    if (run_.ti(gone).state == TiState::kRemoved) continue;
    Withdraw(gone);
    Cancel(gone, "removed");
    Finish(gone, TiState::kRemoved, "what it is mapped over became shorter");
  }
  if (*length > run_.width(t)) ExpandTo(t, static_cast<uint32_t>(*length));
}

}  // namespace gale::core
