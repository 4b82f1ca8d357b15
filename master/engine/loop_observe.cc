// What is counted of a turn, and how things stand after it: for /metrics.
#include "master/engine/loop.h"

namespace gale {

void Loop::Count(const core::Output& output) {
  for (const AttemptRow& attempt : output.attempts) {
    metrics_.attempts_ended[static_cast<size_t>(attempt.state)].Add();
    const core::Run* run = scheduler_->Find(attempt.id.run);
    const TiState state = run->ti(core::InstOf(attempt.id)).state;
    if (attempt.state == state && (state == TiState::kSuccess || state == TiState::kFailed)) {
      throughput_.Finished(now_, state == TiState::kSuccess);
    }
  }
  for (RunId id : output.ended) {
    const RunRow& run = scheduler_->Find(id)->head;
    const bool well = run.state == RunState::kSuccess;
    (well ? metrics_.runs_succeeded : metrics_.runs_failed).Add();
    if (run.start_date && run.end_date) {
      (well ? metrics_.run_succeeded : metrics_.run_failed)
          .Observe(*run.end_date - *run.start_date);
    }
  }
  for (RunId id : output.runs) {
    const RunRow& run = scheduler_->Find(id)->head;
    if (run.start_date == now_ && run.type == RunType::kScheduled) {
      metrics_.schedule_delay.Observe(now_ - run.run_after);
    }
  }
}

void Loop::CountGrant(const core::Run& run, core::Inst inst) {
  metrics_.grants.Add();
  const Duration queued = now_ - core::FromMicros(run.ti(inst).queued_at);
  metrics_.dispatch.Observe(queued);
  throughput_.Started(now_, run.dag().task(inst.task).queue, queued);
}

void Loop::CountQueues() {
  for (auto& [queue, count] : queued_by_queue_) count = 0;  // one that is empty is shown as such
  for (const auto& [name, queue] : scheduler_->Queues()) {
    if (queue.queued == 0) continue;
    auto known = queued_by_queue_.find(name);
    if (known != queued_by_queue_.end()) {
      known->second += queue.queued;
    } else {
      const bool room = queued_by_queue_.size() < LoopMetrics::kNamedMax;
      queued_by_queue_[room ? name : LoopMetrics::kOthers] += queue.queued;
    }
  }
}

void Loop::PublishStanding() {
  if (options_.publish == Duration(0)) return;
  if (mono_ < next_publish_) {
    publish_due_ = true;
    return;
  }
  publish_due_ = false;
  next_publish_ = mono_ + options_.publish;
  LoopMetrics::Standing now;
  now.epoch = epoch_.value;
  for (const auto& [id, run] : scheduler_->runs()) {
    now.runs_queued += run->head.state == RunState::kQueued ? 1 : 0;
    now.runs_running += run->head.state == RunState::kRunning ? 1 : 0;
    now.attempts_live += run->live().size();
    for (size_t i = 0; i < kTiStates; ++i) now.instances[i] += run->count(static_cast<TiState>(i));
  }
  for (const PoolInfo& pool : Pools()) {
    now.pools.push_back({pool.row.name, pool.row.slots, pool.held, pool.waiting, pool.running});
  }
  for (const auto& [name, worker] : workers_) {
    if (!worker.link) continue;
    ++now.workers;
    now.worker_slots += worker.hello.slots;
    if (now.workers_by_name.size() >= LoopMetrics::kNamedMax) continue;
    const WorkerLink::Health& health = worker.link->health();
    auto of = [](const Gauge& gauge) { return static_cast<uint64_t>(gauge.value()); };
    now.workers_by_name.push_back({name, worker.hello.slots, worker.held.size(),
                                   of(health.spool_entries), of(health.spool_bytes),
                                   of(health.keeper_restarts)});
  }
  CountQueues();
  now.queued_by_queue = queued_by_queue_;
  for (const auto& [id, dag] : dags_) {
    if (dag.row.is_stale) continue;
    ++now.dags;
    now.dags_paused += dag.row.is_paused ? 1 : 0;
  }
  now.files_with_errors = error_files_.size();
  metrics_.Publish(std::move(now));
}

}  // namespace gale
