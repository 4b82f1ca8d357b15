// Why something waits, as far as the engine knows more of it than the core: who serves its queue.
#include <algorithm>

#include "master/engine/loop.h"

namespace gale {

bool Loop::TakesWork(const std::string& name, const Worker& worker) const {
  return worker.link && worker.ill.empty() && !worker.hello.draining && !IsDrained(name);
}

core::QueueStanding Loop::StandingOf(const std::string& queue) const {
  core::QueueStanding out;
  for (const auto& [name, worker] : workers_) {
    const auto& serves = worker.hello.queues;
    if (!TakesWork(name, worker) || std::ranges::find(serves, queue) == serves.end()) continue;
    out.workers.push_back(name);
    out.slots += worker.hello.slots;
    out.busy += std::min<uint64_t>(worker.held.size(), worker.hello.slots);
  }
  return out;
}

Result<Explanation> Loop::Explain(const std::string& dag_id, const std::string& run_id,
                                  const std::string& task_id, int32_t map_index) {
  GALE_ASSIGN_OR_RETURN(core::Run * run, FindRun(dag_id, run_id));
  Explanation out{std::string(Name(run->head.state)), {}, {}};
  if (task_id.empty()) {
    out.why = scheduler_->ExplainRun(*run, now_);
  } else {
    auto task = run->dag().Find(task_id);
    if (!task) return NotFound("DAG '{}' has no task '{}'", dag_id, task_id);
    core::Inst inst{*task, map_index};
    if (map_index == kUnmapped && run->expanded(*task)) inst.map_index = 0;
    if (!run->has(inst)) {
      return NotFound("task '{}' of run '{}' has no map index {}", task_id, run_id, map_index);
    }
    const core::QueueStanding queue = StandingOf(run->dag().task(*task).queue);
    out.state = Name(run->ti(inst).state);
    out.why = scheduler_->Explain(*run, inst, now_, &queue);
  }
  out.reasons = core::Sentences(out.why, now_);
  return out;
}

}  // namespace gale
