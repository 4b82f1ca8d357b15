// What is counted of a turn, and how things stand after it: for /metrics.
#include "master/engine/loop.h"

namespace gale {

void Loop::Count(const core::Output& output) {
  for (const AttemptRow& attempt : output.attempts) {
    metrics_.attempts_ended[static_cast<size_t>(attempt.state)].Add();
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
  metrics_.dispatch.Observe(now_ - core::FromMicros(run.ti(inst).queued_at));
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
  }
  for (const auto& [id, dag] : dags_) {
    if (dag.row.is_stale) continue;
    ++now.dags;
    now.dags_paused += dag.row.is_paused ? 1 : 0;
  }
  now.files_with_errors = error_files_.size();
  metrics_.Publish(std::move(now));
}

}  // namespace gale
