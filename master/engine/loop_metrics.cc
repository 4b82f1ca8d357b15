#include "master/engine/loop_metrics.h"

#include "common/base/limits.h"

namespace gale {

void LoopMetrics::Publish(Standing standing) {
  std::lock_guard lock(mutex_);
  standing_ = std::move(standing);
}

namespace {

// Of Airflow: what its boards ask for.
void ReportAirflow(const LoopMetrics::Standing& now, MetricSink& sink) {
  const auto count = [&](TiState state) {
    return static_cast<double>(now.instances[static_cast<size_t>(state)]);
  };
  sink.Level("airflow_executor_queued_tasks", "Task instances that are queued.",
             count(TiState::kQueued));
  sink.Level("airflow_executor_running_tasks", "Attempts that a worker holds.",
             static_cast<double>(now.attempts_live));
  sink.Level("airflow_executor_open_slots", "Slots of connected workers that nothing holds.",
             static_cast<double>(now.worker_slots) - static_cast<double>(now.attempts_live));
  sink.Level("airflow_scheduler_tasks_starving", "Task instances that wait for a slot of a pool.",
             count(TiState::kScheduled));
  sink.Level("airflow_scheduler_dagruns_running", "DAG runs that are running.",
             static_cast<double>(now.runs_running));
  sink.Level("airflow_dagbag_size", "DAGs that are known and not stale.",
             static_cast<double>(now.dags));
  sink.Level("airflow_dag_processing_import_errors", "DAG files that can't be imported.",
             static_cast<double>(now.files_with_errors));
  for (const LoopMetrics::Pool& pool : now.pools) {
    const MetricSink::Labels labels = {{"pool_name", pool.name}};
    const auto held = static_cast<double>(pool.held), running = static_cast<double>(pool.running);
    if (pool.slots >= 0) {
      sink.Level("airflow_pool_open_slots", "Slots that are free.",
                 static_cast<double>(pool.slots) - held, labels);
    }
    sink.Level("airflow_pool_queued_slots", "Slots of queued task instances.", held - running,
               labels);
    sink.Level("airflow_pool_running_slots", "Slots of running task instances.", running, labels);
    sink.Level("airflow_pool_scheduled_slots", "Slots that scheduled task instances want.",
               static_cast<double>(pool.waiting), labels);
  }
}

// Of each worker, and of each queue.
void ReportNamed(const LoopMetrics::Standing& now, MetricSink& sink) {
  for (const LoopMetrics::Worker& worker : now.workers_by_name) {
    const auto level = [&](std::string_view name, std::string_view help, uint64_t value) {
      sink.Level(name, help, static_cast<double>(value), {{"worker", worker.name}});
    };
    level("gale_worker_slots_of", "Slots of a connected worker.", worker.slots);
    level("gale_worker_running", "Attempts that it holds.", worker.running);
    level("gale_worker_spool_entries", "Results on its disk that no master has acknowledged.",
          worker.spool_entries);
    level("gale_worker_spool_bytes", "What they take there.", worker.spool_bytes);
    level("gale_worker_keeper_restarts", "How often its keeper was started anew, since it began.",
          worker.keeper_restarts);
  }
  sink.Level("gale_worker_spool_entries_max", "Beyond it a worker takes no more work.",
             limits::kSpoolEntriesMax);
  for (const auto& [queue, count] : now.queued_by_queue) {
    sink.Level("gale_queue_depth", "Task instances that are queued, by queue.",
               static_cast<double>(count), {{"queue", queue}});
  }
}

}  // namespace

void LoopMetrics::Report(MetricSink& sink) const {
  Standing now;
  {
    std::lock_guard lock(mutex_);
    now = standing_;
  }
  ReportAirflow(now, sink);
  sink.Level("gale_epoch", "The epoch that this master led in last.",
             static_cast<double>(now.epoch));
  sink.Level("gale_dag_runs", "Live DAG runs by state.", static_cast<double>(now.runs_queued),
             {{"state", "queued"}});
  sink.Level("gale_dag_runs", "", static_cast<double>(now.runs_running), {{"state", "running"}});
  for (size_t i = 0; i < kTiStates; ++i) {
    const std::string state(Name(static_cast<TiState>(i)));
    sink.Level("gale_task_instances", "Task instances of live DAG runs by state.",
               static_cast<double>(now.instances[i]), {{"state", state}});
    if (const uint64_t ended = attempts_ended[i].value(); ended > 0) {
      sink.Count("gale_attempts_ended_total", "Tries by the state that they left behind.", ended,
                 {{"state", state}});
    }
  }
  sink.Count("airflow_ti_successes", "Tries that ended well.",
             attempts_ended[static_cast<size_t>(TiState::kSuccess)].value());
  sink.Count("airflow_ti_failures", "Tries that failed for good.",
             attempts_ended[static_cast<size_t>(TiState::kFailed)].value());
  sink.Level("gale_dags_paused", "DAGs that are paused.", static_cast<double>(now.dags_paused));
  sink.Level("gale_workers", "Workers that are connected.", static_cast<double>(now.workers));
  sink.Level("gale_worker_slots", "Their slots.", static_cast<double>(now.worker_slots));
  ReportNamed(now, sink);
  sink.Count("gale_grants_total", "Attempts that a worker was told to start.", grants.value());
  sink.Count("gale_claims_refused_total", "Stale, doubled or replayed claims of workers.",
             claims_refused.value());
  sink.Count("gale_attempts_lost_total", "Attempts whose worker was lost.", attempts_lost.value());
  sink.Count("gale_queue_entries_rung_again_total", "Entries that the queue had lost.",
             rung_again.value());
  sink.Count("gale_dag_runs_ended_total", "DAG runs by how they ended.", runs_succeeded.value(),
             {{"state", "success"}});
  sink.Count("gale_dag_runs_ended_total", "", runs_failed.value(), {{"state", "failed"}});
  sink.Durations("gale_dispatch_seconds", "From queued to granted to a worker.", dispatch);
  sink.Durations("airflow_dagrun_duration_success_seconds", "From a DAG run's start to its end.",
                 run_succeeded);
  sink.Durations("airflow_dagrun_duration_failed_seconds", "From a DAG run's start to its end.",
                 run_failed);
  sink.Durations("airflow_dagrun_schedule_delay_seconds",
                 "From when a scheduled DAG run was due to its start.", schedule_delay);
}

}  // namespace gale
