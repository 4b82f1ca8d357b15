// Why something waits, as far as the engine knows more of it than the core: who serves its queue.
#include <algorithm>

#include "common/base/limits.h"
#include "common/base/limits_standing.h"
#include "master/engine/loop.h"

namespace gale {
namespace {

NamedInstance InstanceOf(const core::Run& run, std::optional<core::Inst> inst) {
  NamedInstance out{run.head.dag_id, run.head.run_id, "", kUnmapped};
  if (inst) {
    out.task_id = run.dag().task(inst->task).task_id;
    out.map_index = inst->map_index;
  }
  return out;
}

}  // namespace

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

std::set<std::string> Loop::ServedQueues() const {
  std::set<std::string> out;
  for (const auto& [name, worker] : workers_) {
    if (TakesWork(name, worker)) out.insert(worker.hello.queues.begin(), worker.hello.queues.end());
  }
  return out;
}

HolderInfo Loop::HolderOf(const core::Run& run, core::Inst inst) const {
  const core::Ti& ti = run.ti(inst);
  HolderInfo out{InstanceOf(run, inst), std::string(Name(ti.state)), 0, std::nullopt, 0, ""};
  out.pool_slots = run.dag().task(inst.task).pool_slots;
  out.priority = run.dag().priority(inst.task);
  out.since = scheduler_->Since(run, inst);
  if (const core::LiveAttempt* live = run.live(inst)) {
    out.worker = live->worker;
    out.since = core::OptionalTime(ti.start);
  }
  return out;
}

Result<WaitsInfo> Loop::Waits(const std::string& dag_id) const {
  constexpr size_t kDagsMax = 5;
  if (!dag_id.empty() && !dags_.contains(dag_id)) return NotFound("there is no DAG '{}'", dag_id);
  const std::set<std::string> served = ServedQueues();
  core::Scheduler::Waits found =
      scheduler_->FindWaits(dag_id, [&](const std::string& q) { return served.contains(q); });
  WaitsInfo out;
  for (core::WaitGroup& group : found.groups) {
    out.total += group.count;
    if (out.waits.size() >= limits::kWaitGroupsMax) continue;
    WaitInfo wait{std::move(group.check), group.count, group.oldest, {}, group.dags.size(), {}};
    std::vector<std::pair<uint64_t, std::string>> dags;
    for (const auto& [id, count] : group.dags) dags.emplace_back(count, id);
    const size_t shown = std::min(kDagsMax, dags.size());
    std::partial_sort(dags.begin(), dags.begin() + static_cast<ptrdiff_t>(shown), dags.end(),
                      [](const auto& a, const auto& b) {
                        return a.first != b.first ? a.first > b.first : a.second < b.second;
                      });
    for (size_t i = 0; i < shown; ++i) wait.dag_ids.push_back(dags[i].second);
    for (const core::TiRef& ref : group.examples) {
      if (wait.examples.size() == core::WaitGroup::kExamplesMax) break;
      wait.examples.push_back(InstanceOf(*scheduler_->Find(ref.run), ref.inst));
    }
    for (RunId run : group.runs) {
      if (wait.examples.size() == core::WaitGroup::kExamplesMax) break;
      wait.examples.push_back(InstanceOf(*scheduler_->Find(run), std::nullopt));
    }
    out.waits.push_back(std::move(wait));
  }
  return out;
}

std::map<std::string, DagWait> Loop::DagWaits() const {
  const std::set<std::string> served = ServedQueues();
  const core::Scheduler::Waits found =
      scheduler_->FindWaits("", [&](const std::string& q) { return served.contains(q); });
  std::map<std::string, DagWait> out;
  std::map<std::string, uint64_t> most;
  for (const core::WaitGroup& group : found.groups) {
    if (group.check.kind == core::CheckKind::kRunAfter) continue;  // planned: that is no wait
    for (const auto& [dag_id, count] : group.dags) {
      DagWait& wait = out[dag_id];
      wait.count += count;
      if (uint64_t& so_far = most[dag_id]; count > so_far) {
        so_far = count;
        wait.check = group.check;
      }
    }
  }
  return out;
}

std::vector<QueueInfo> Loop::Queues() const {
  std::map<std::string, QueueInfo> queues;
  for (const auto& [name, queue] : scheduler_->Queues()) {
    QueueInfo& info = queues[name];
    info.queued = queue.queued;
    info.oldest = queue.oldest;
    info.running = queue.running;
  }
  for (const auto& [name, worker] : workers_) {
    for (const std::string& queue : worker.hello.queues) queues.try_emplace(queue);
  }
  std::vector<QueueInfo> out;
  for (auto& [name, info] : queues) {
    const core::QueueStanding standing = StandingOf(name);
    info.name = name;
    info.slots = standing.slots;
    info.workers = standing.workers;
    info.started_per_minute = throughput_.StartedPerMinute(now_, name);
    out.push_back(std::move(info));
  }
  return out;
}

Result<PoolHolders> Loop::Holders(const std::string& pool, size_t max) const {
  const core::Admission& admission = scheduler_->admission();
  if (!pools_.contains(pool)) return NotFound("there is no pool '{}'", pool);
  PoolHolders out;
  for (const core::TiRef& ref : admission.Holders(pool, max)) {
    out.holders.push_back(HolderOf(*scheduler_->Find(ref.run), ref.inst));
  }
  for (const core::TiRef& ref : admission.Line(pool, max, out.waiting_total)) {
    out.waiting.push_back(HolderOf(*scheduler_->Find(ref.run), ref.inst));
  }
  return out;
}

StandingInfo Loop::Standing(size_t minutes) const {
  StandingInfo out;
  const core::Scheduler::Waits waits =
      scheduler_->FindWaits("", [](const std::string&) { return true; });
  out.waiting_tasks = waits.instances;
  out.waiting_runs = waits.runs;
  for (const auto& [name, queue] : scheduler_->Queues()) out.running_tasks += queue.running;
  for (const auto& [name, worker] : workers_) {
    if (!worker.link) continue;
    out.slots_total += worker.hello.slots;
    out.slots_used += worker.held.size();
  }
  out.finished = throughput_.Last(now_, minutes);
  out.finished_since = throughput_.since();
  out.finished_today = throughput_.Today(now_);
  out.queue_wait_p50 = throughput_.QueueWait(now_, 0.5);
  out.queue_wait_p99 = throughput_.QueueWait(now_, 0.99);
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
    const std::string& name = run->dag().task(*task).queue;
    core::QueueStanding queue = StandingOf(name);
    queue.queued = scheduler_->Queues()[name].queued;
    out.state = Name(run->ti(inst).state);
    out.why = scheduler_->Explain(*run, inst, now_, &queue);
  }
  out.reasons = core::Sentences(out.why, now_);
  return out;
}

}  // namespace gale
