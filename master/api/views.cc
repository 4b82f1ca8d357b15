#include "master/api/views.h"

#include "common/rpc/convert.h"

namespace gale {
namespace {

void Set(google::protobuf::Timestamp* out, const std::optional<TimePoint>& t) {
  if (t) *out = ToProto(*t);
}

}  // namespace

// Whether a message's field is there says whether the time is known.
#define GALE_SET_TIME(message, field, time) \
  if (time) Set((message).mutable_##field(), time)

std::string_view Name(RunType type) {
  switch (type) {
    case RunType::kManual: return "manual";
    case RunType::kScheduled: return "scheduled";
    case RunType::kBackfill: return "backfill";
    case RunType::kAsset: return "asset_triggered";
  }
  return "manual";
}

v1::DagInfo ToProto(const DagView& dag) {
  v1::DagInfo out;
  const DagRow& row = dag.row;
  out.set_dag_id(row.dag_id);
  out.set_is_paused(row.is_paused);
  out.set_is_stale(row.is_stale);
  out.set_fileloc(row.fileloc);
  out.set_description(row.description);
  for (const std::string& owner : row.owners) out.add_owners(owner);
  for (const std::string& tag : row.tags) out.add_tags(tag);
  out.set_timetable_summary(row.timetable_summary);
  out.set_version(row.version);
  *out.mutable_last_parsed() = ToProto(row.last_parsed);
  GALE_SET_TIME(out, next_run_after, row.next_run_after);
  out.set_has_import_errors(dag.has_import_errors);
  out.set_max_active_runs(row.max_active_runs);
  out.set_max_active_tasks(row.max_active_tasks);
  return out;
}

v1::DagRun ToProto(const RunRow& run) {
  v1::DagRun out;
  out.set_dag_id(run.dag_id);
  out.set_run_id(run.run_id);
  out.set_state(std::string(Name(run.state)));
  out.set_run_type(std::string(Name(run.type)));
  out.set_triggered_by(run.triggered_by);
  GALE_SET_TIME(out, logical_date, run.logical_date);
  GALE_SET_TIME(out, data_interval_start, run.interval_start);
  GALE_SET_TIME(out, data_interval_end, run.interval_end);
  *out.mutable_run_after() = ToProto(run.run_after);
  GALE_SET_TIME(out, queued_at, run.queued_at);
  GALE_SET_TIME(out, start_date, run.start_date);
  GALE_SET_TIME(out, end_date, run.end_date);
  out.set_conf_json(run.conf_json);
  out.set_note(run.note);
  out.set_dag_version(run.version);
  out.set_state_reason(run.reason);
  return out;
}

v1::TaskInstance ToProto(const TaskInstanceView& ti) {
  v1::TaskInstance out;
  const TiRow& row = ti.row;
  const TaskSpec& task = ti.task();
  out.set_dag_id(ti.run->row.dag_id);
  out.set_run_id(ti.run->row.run_id);
  out.set_task_id(task.task_id);
  out.set_map_index(row.map_index);
  out.set_state(std::string(Name(row.state)));
  out.set_try_number(row.try_number);
  out.set_max_tries(row.max_tries);
  GALE_SET_TIME(out, queued_at, row.queued_at);
  GALE_SET_TIME(out, start_date, row.start_date);
  GALE_SET_TIME(out, end_date, row.end_date);
  GALE_SET_TIME(out, next_retry_at, row.next_at);
  out.set_worker(row.worker);
  out.set_pid(row.pid);
  out.set_operator_name(task.operator_name);
  out.set_pool(task.pool);
  out.set_pool_slots(task.pool_slots);
  out.set_queue(task.queue);
  out.set_priority_weight(ti.priority());
  out.set_reason(row.reason);
  *out.mutable_user_time() = ToProto(row.usage.user_time);
  *out.mutable_system_time() = ToProto(row.usage.system_time);
  out.set_rss_bytes_max(row.usage.rss_bytes_max);
  return out;
}

v1::ImportError ToProto(const ImportErrorRow& error) {
  v1::ImportError out;
  out.set_id(error.id);
  out.set_filename(error.filename);
  out.set_stack_trace(error.stack_trace);
  *out.mutable_timestamp() = ToProto(error.timestamp);
  return out;
}

v1::Pool ToProto(const PoolInfo& pool) {
  v1::Pool out;
  out.set_name(pool.row.name);
  out.set_slots(pool.row.slots);
  out.set_description(pool.row.description);
  out.set_running_slots(static_cast<uint32_t>(pool.running));
  out.set_queued_slots(static_cast<uint32_t>(pool.held - std::min(pool.held, pool.running)));
  out.set_scheduled_slots(static_cast<uint32_t>(pool.waiting));
  out.set_include_deferred(pool.row.include_deferred);
  return out;
}

std::string_view StateOf(const WorkerInfo& worker) {
  if (!worker.connected) return "lost";
  if (!worker.draining) return "alive";
  return worker.running > 0 ? "draining" : "drained";
}

v1::WorkerInfo ToProto(const WorkerInfo& worker) {
  v1::WorkerInfo out;
  out.set_name(worker.name);
  out.set_host(worker.host);
  out.set_pid(worker.pid);
  out.set_version(worker.version);
  for (const std::string& queue : worker.queues) out.add_queues(queue);
  out.set_slots(worker.slots);
  out.set_running(worker.running);
  out.set_draining(worker.draining);
  *out.mutable_last_heartbeat() = ToProto(worker.last_heard);
  out.set_state(std::string(StateOf(worker)));
  out.set_note(worker.note);
  return out;
}

v1::GetHealthResponse ToProto(const Health& health) {
  auto word = [](const PartHealth& part) { return part.healthy ? "healthy" : "unhealthy"; };
  v1::GetHealthResponse out;
  out.set_metadatabase(word(health.metadatabase));
  out.set_scheduler(word(health.scheduler));
  GALE_SET_TIME(out, scheduler_heartbeat, health.scheduler.heartbeat);
  if (health.dag_processor) {
    out.set_dag_processor(word(*health.dag_processor));
    GALE_SET_TIME(out, dag_processor_heartbeat, health.dag_processor->heartbeat);
  }
  return out;
}

}  // namespace gale
