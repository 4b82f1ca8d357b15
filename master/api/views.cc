#include "master/api/views.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>

#include "common/rpc/convert.h"

namespace gale {
namespace {

// The same name always gives the same UUID (version 8, of a hash).
std::string UuidOf(std::string_view name) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> hash{};
  unsigned size = 0;
  EVP_Digest(name.data(), name.size(), hash.data(), &size, EVP_sha256(), nullptr);
  hash[6] = static_cast<unsigned char>((hash[6] & 0x0f) | 0x80);
  hash[8] = static_cast<unsigned char>((hash[8] & 0x3f) | 0x80);
  std::string out;
  for (size_t i = 0; i < 16; ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) out += '-';
    out += "0123456789abcdef"[hash[i] >> 4];
    out += "0123456789abcdef"[hash[i] & 15];
  }
  return out;
}

bool HasTaskLimits(const Dag& dag) {
  return std::ranges::any_of(dag.spec().tasks, [](const TaskSpec& task) {
    return task.max_active_tis_per_dag.has_value() || task.max_active_tis_per_dagrun.has_value();
  });
}

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

std::optional<RunType> ParseRunType(std::string_view name) {
  for (RunType type :
       {RunType::kManual, RunType::kScheduled, RunType::kBackfill, RunType::kAsset}) {
    if (Name(type) == name) return type;
  }
  return std::nullopt;
}

namespace {

// What people see: the file's name for it, else its id.
const std::string& Shown(const std::string& display_name, const std::string& id) {
  return display_name.empty() ? id : display_name;
}

}  // namespace

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
  out.set_timetable_description(row.timetable_description);
  GALE_SET_TIME(out, last_expired, row.last_expired);
  GALE_SET_TIME(out, next_logical_date, row.next_logical_date);
  GALE_SET_TIME(out, next_interval_start, row.next_interval_start);
  GALE_SET_TIME(out, next_interval_end, row.next_interval_end);
  const Dag& model = *dag.version->dag;
  out.set_max_consecutive_failed_dag_runs(model.spec().max_consecutive_failed_dag_runs);
  out.set_has_task_concurrency_limits(HasTaskLimits(model));
  out.set_file_token(UuidOf("file " + row.fileloc));
  out.set_display_name(Shown(model.spec().display_name, row.dag_id));
  return out;
}

v1::DagVersion ToProto(const DagVersionHead& version) {
  v1::DagVersion out;
  out.set_id(UuidOf(fmt::format("dag_version {} {}", version.dag_id, version.version)));
  out.set_dag_id(version.dag_id);
  out.set_version_number(version.version);
  *out.mutable_created_at() = ToProto(version.created_at);
  return out;
}

v1::DagVersion ToProto(const DagVersion& version) {
  return ToProto(
      DagVersionHead{version.dag->id(), version.dag->version(), version.hash, version.created_at});
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
  out.set_triggering_user(run.triggering_user);
  return out;
}

v1::DagRun ToProto(const RunView& run) {
  v1::DagRun out = ToProto(run.row);
  *out.add_dag_versions() = ToProto(*run.version);
  out.set_dag_display_name(Shown(run.version->dag->spec().display_name, run.row.dag_id));
  return out;
}

v1::TaskInstance ToProto(const TaskInstanceView& ti, bool detail) {
  v1::TaskInstance out;
  const TiRow& row = ti.row;
  const TaskSpec& task = ti.task();
  out.set_dag_id(ti.run->row.dag_id);
  out.set_run_id(ti.run->row.run_id);
  out.set_task_id(task.task_id);
  out.set_map_index(row.map_index);
  out.set_state(std::string(Name(row.state)));
  out.set_try_number(row.shown_try());
  out.set_max_tries(row.shown_max_tries());
  GALE_SET_TIME(out, scheduled_at, row.scheduled_at);
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
  out.set_note(ti.note);
  if (!detail) return out;
  out.set_task_display_name(Shown(task.display_name, task.task_id));
  out.set_dag_display_name(Shown(ti.run->version->dag->spec().display_name, out.dag_id()));
  out.set_id(UuidOf(fmt::format("ti {} {} {}", row.run.value, row.task.value, row.map_index)));
  GALE_SET_TIME(out, logical_date, ti.run->row.logical_date);
  *out.mutable_run_after() = ToProto(ti.run->row.run_after);
  *out.mutable_dag_version() = ToProto(*ti.run->version);
  out.set_rendered_map_index(row.rendered_map_index);
  out.set_rendered_fields_json("{}");
  return out;
}

v1::XComEntry ToProto(const XComView& xcom) {
  v1::XComEntry out;
  const RunRow& run = xcom.run->row;
  out.set_key(xcom.head.key);
  *out.mutable_timestamp() = ToProto(xcom.head.timestamp);
  GALE_SET_TIME(out, logical_date, run.logical_date);
  *out.mutable_run_after() = ToProto(run.run_after);
  out.set_map_index(xcom.head.map_index);
  out.set_task_id(xcom.run->version->dag->task(xcom.head.task).task_id);
  out.set_dag_id(run.dag_id);
  out.set_run_id(run.run_id);
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
  out.set_occupied_slots(static_cast<uint32_t>(pool.held));
  out.set_open_slots(pool.row.slots < 0 ? -1 : pool.row.slots - static_cast<int64_t>(pool.held));
  return out;
}

std::string_view StateOf(const WorkerInfo& worker) {
  if (!worker.connected) return worker.stopped ? "stopped" : "lost";
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
  for (const HolderInfo& task : worker.tasks) *out.add_tasks() = ToProto(task);
  out.set_tasks_total(worker.running);
  GALE_SET_TIME(out, started_at, worker.started_at);
  out.set_drain_reason(worker.drain_reason);
  GALE_SET_TIME(out, lease_ends, worker.lease_ends);
  if (!worker.load) return out;
  out.set_cpu_count(worker.load->cpu_count);
  out.set_cpu_load(worker.load->cpu_load);
  out.set_memory_bytes(worker.load->memory_bytes);
  out.set_memory_used_bytes(worker.load->memory_used_bytes);
  for (const WorkerLoad::Device& device : worker.load->devices) {
    v1::DeviceInfo& to = *out.add_devices();
    to.set_index(device.index);
    to.set_model(device.model);
    if (device.load) to.set_load(*device.load);
    to.set_memory_used_bytes(device.memory_used_bytes);
    to.set_memory_bytes(device.memory_bytes);
    if (device.temperature) to.set_temperature(*device.temperature);
  }
  return out;
}

v1::Event ToProto(const EventRow& event) {
  v1::Event out;
  out.set_id(event.id);
  *out.mutable_when() = ToProto(event.when);
  out.set_dag_id(event.dag_id);
  out.set_task_id(event.task_id);
  out.set_run_id(event.run_id);
  out.set_event(event.event);
  out.set_owner(event.owner);
  out.set_extra(event.extra);
  return out;
}

v1::Check ToProto(const core::Check& check) {
  v1::Check out;
  out.set_kind(std::string(core::Name(check.kind)));
  if (check.met) out.set_met(*check.met);
  out.set_subject(check.subject);
  if (check.have) out.set_have(*check.have);
  if (check.need) out.set_need(*check.need);
  if (check.limit) out.set_limit(*check.limit);
  if (check.position) out.set_position(*check.position);
  if (check.of) out.set_of(*check.of);
  GALE_SET_TIME(out, at, check.at);
  for (const std::string& name : check.names) out.add_names(name);
  return out;
}

v1::ExplainTaskInstanceResponse ToProto(const Explanation& why) {
  v1::ExplainTaskInstanceResponse out;
  out.set_state(why.state);
  out.set_summary(why.reasons.empty() ? why.state : why.reasons.front());
  for (const std::string& reason : why.reasons) out.add_reasons(reason);
  for (const core::Check& check : why.why.checks) *out.add_checks() = ToProto(check);
  GALE_SET_TIME(out, since, why.why.since);
  GALE_SET_TIME(out, eta, why.why.eta);
  return out;
}

v1::WaitGroup ToProto(const WaitInfo& wait) {
  v1::WaitGroup out;
  *out.mutable_check() = ToProto(wait.check);
  out.set_count(wait.count);
  GALE_SET_TIME(out, oldest, wait.oldest);
  for (const std::string& dag_id : wait.dag_ids) out.add_dag_ids(dag_id);
  out.set_dags(static_cast<uint32_t>(wait.dags));
  for (const NamedInstance& name : wait.examples) {
    v1::WaitExample& example = *out.add_examples();
    example.set_dag_id(name.dag_id);
    example.set_run_id(name.run_id);
    example.set_task_id(name.task_id);
    example.set_map_index(name.map_index);
  }
  return out;
}

v1::QueueInfo ToProto(const QueueInfo& queue) {
  v1::QueueInfo out;
  out.set_name(queue.name);
  out.set_queued(queue.queued);
  GALE_SET_TIME(out, oldest, queue.oldest);
  out.set_running(queue.running);
  out.set_slots(queue.slots);
  for (const std::string& worker : queue.workers) out.add_workers(worker);
  out.set_started_per_minute(queue.started_per_minute);
  return out;
}

v1::Holder ToProto(const HolderInfo& holder) {
  v1::Holder out;
  out.set_dag_id(holder.name.dag_id);
  out.set_run_id(holder.name.run_id);
  out.set_task_id(holder.name.task_id);
  out.set_map_index(holder.name.map_index);
  out.set_state(holder.state);
  out.set_pool_slots(holder.pool_slots);
  GALE_SET_TIME(out, since, holder.since);
  out.set_priority_weight(holder.priority);
  out.set_worker(holder.worker);
  return out;
}

v1::ClusterServer ToProto(const ServerHealth& server) {
  v1::ClusterServer out;
  out.set_name(server.name);
  out.set_status(server.status.ok() ? "healthy" : "unhealthy");
  if (!server.status.ok()) out.set_message(std::string(server.status.message()));
  if (server.latency != Duration(0)) out.set_latency_ms(Seconds(server.latency) * 1000);
  return out;
}

v1::Cluster ToProto(const ClusterInfo& cluster) {
  v1::Cluster out;
  if (!cluster.leader.owner.empty()) {
    out.mutable_leader()->set_name(cluster.leader.owner);
    out.mutable_leader()->set_epoch(cluster.leader.epoch.value);
  }
  for (const ClusterInfo::Member& member : cluster.masters) {
    v1::ClusterMaster& master = *out.add_masters();
    const bool can_lead = !member.row.grpc.empty();
    master.set_name(member.row.name);
    master.set_role(member.leads ? "leader" : can_lead ? "standby" : "api");
    master.set_state(member.alive ? "alive" : "silent");
    master.set_grpc(member.row.grpc);
    master.set_rest(member.row.rest);
    master.set_version(member.row.version);
    *master.mutable_started_at() = ToProto(member.row.started_at);
    *master.mutable_last_heartbeat() = ToProto(member.row.seen_at);
  }
  *out.mutable_database() = ToProto(cluster.database);
  *out.mutable_queue() = ToProto(cluster.queue);
  out.mutable_auditor()->set_audits(cluster.audits.done);
  out.mutable_auditor()->set_violations(cluster.audits.broken);
  out.mutable_auditor()->set_last_violation(cluster.audits.last);
  out.set_answered_by(cluster.answered_by);
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
