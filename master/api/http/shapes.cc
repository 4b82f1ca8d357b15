#include "master/api/http/shapes.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>

#include "master/api/views.h"

namespace gale::http {
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
    out += fmt::format("{:02x}", hash[i]);
  }
  return out;
}

Json Text(const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); }

Json DurationOf(const std::optional<TimePoint>& start, const std::optional<TimePoint>& end) {
  if (!start || !end) return nullptr;
  return Seconds(*end - *start);
}

Json TimeDelta(const std::optional<Duration>& d) {
  if (!d) return nullptr;
  using std::chrono::days, std::chrono::seconds;
  const auto whole_days = std::chrono::floor<days>(*d);
  const auto whole_seconds = std::chrono::floor<seconds>(*d - whole_days);
  return {{"__type", "TimeDelta"},
          {"days", whole_days.count()},
          {"seconds", whole_seconds.count()},
          {"microseconds", (*d - whole_days - whole_seconds).count()}};
}

// "PT1H2M3S": ISO 8601.
std::string IsoDuration(Duration d) { return fmt::format("PT{}S", Seconds(d)); }

Json StateOrNull(TiState state) {
  return state == TiState::kNone ? Json(nullptr) : Json(std::string(Name(state)));
}

std::string RunTypeName(RunType type) {
  switch (type) {
    case RunType::kManual: return "manual";
    case RunType::kScheduled: return "scheduled";
    case RunType::kBackfill: return "backfill";
    case RunType::kAsset: return "asset_triggered";
  }
  return "manual";
}

// Clients know a closed list.
Json TriggeredBy(const std::string& by) {
  static constexpr std::array<std::string_view, 8> kKnown = {
      "cli", "operator", "rest_api", "ui", "test", "timetable", "asset", "backfill"};
  return std::ranges::find(kKnown, by) == kKnown.end() ? Json(nullptr) : Json(by);
}

bool HasTaskLimits(const Dag& dag) {
  return std::ranges::any_of(dag.spec().tasks, [](const TaskSpec& task) {
    return task.max_active_tis_per_dag.has_value() || task.max_active_tis_per_dagrun.has_value();
  });
}

Json JsonOrText(const std::string& text) {
  auto json = ParseJson("value", text);
  return json.ok() ? *json : Json(text);
}

}  // namespace

Json Time(const std::optional<TimePoint>& t) { return t ? Json(FormatTime(*t)) : Json(nullptr); }

Json DagVersionJson(const DagVersionHead& version) {
  return {{"id", UuidOf(fmt::format("dag_version {} {}", version.dag_id, version.version))},
          {"version_number", version.version},
          {"dag_id", version.dag_id},
          {"bundle_name", "dags-folder"},
          {"bundle_version", nullptr},
          {"bundle_url", nullptr},
          {"created_at", FormatTime(version.created_at)},
          {"dag_display_name", version.dag_id}};
}
Json DagVersionJson(const DagVersion& version) {
  return DagVersionJson(
      DagVersionHead{version.dag->id(), version.dag->version(), version.hash, version.created_at});
}

Json DagJson(const DagView& dag) {
  const DagRow& row = dag.row;
  Json tags = Json::array();
  for (const std::string& tag : row.tags) {
    tags.push_back({{"name", tag}, {"dag_id", row.dag_id}, {"dag_display_name", row.dag_id}});
  }
  const DagSpec& spec = dag.version->dag->spec();
  return {{"dag_id", row.dag_id},
          {"dag_display_name", row.dag_id},
          {"is_paused", row.is_paused},
          {"is_stale", row.is_stale},
          {"last_parsed_time", FormatTime(row.last_parsed)},
          {"last_parse_duration", nullptr},
          {"last_expired", Time(row.last_expired)},
          {"bundle_name", "dags-folder"},
          {"bundle_version", nullptr},
          {"relative_fileloc", nullptr},
          {"fileloc", row.fileloc},
          {"file_token", UuidOf("file " + row.fileloc)},
          {"description", Text(row.description)},
          {"timetable_summary", Text(row.timetable_summary)},
          {"timetable_description", Text(row.timetable_description)},
          {"timetable_partitioned", false},
          {"tags", tags},
          {"owners", row.owners},
          {"max_active_tasks", row.max_active_tasks},
          {"max_active_runs", row.max_active_runs},
          {"max_consecutive_failed_dag_runs", spec.max_consecutive_failed_dag_runs},
          {"has_task_concurrency_limits", HasTaskLimits(*dag.version->dag)},
          {"has_import_errors", dag.has_import_errors},
          {"next_dagrun_logical_date", Time(row.next_logical_date)},
          {"next_dagrun_data_interval_start", Time(row.next_interval_start)},
          {"next_dagrun_data_interval_end", Time(row.next_interval_end)},
          {"next_dagrun_run_after", Time(row.next_run_after)},
          {"allowed_run_types", nullptr}};
}

// As Airflow: each param with its default, description and schema.
Json ParamsJson(const DagSpec& spec) {
  Json params = Json::object();
  auto read = [](const std::string& text) {
    Json object = text.empty() ? Json::object() : JsonOrText(text);
    return object.is_object() ? object : Json::object();
  };
  const Json defaults = read(spec.params_json), schemas = read(spec.param_schemas_json);
  for (const auto& [name, value] : defaults.items()) {
    params[name] = {{"value", value}, {"description", nullptr}, {"schema", Json::object()}};
  }
  for (const auto& [name, param] : schemas.items()) {
    if (!params.contains(name)) params[name]["value"] = nullptr;
    params[name]["description"] = param.value("description", Json());
    params[name]["schema"] = param.value("schema", Json::object());
  }
  return params;
}

Json DagDetailsJson(const DagView& dag) {
  const DagSpec& spec = dag.version->dag->spec();
  Json json = DagJson(dag);
  json["catchup"] = spec.catchup;
  json["concurrency"] = spec.max_active_tasks;
  json["dag_run_timeout"] =
      spec.dagrun_timeout ? Json(IsoDuration(*spec.dagrun_timeout)) : Json(nullptr);
  json["doc_md"] = Text(spec.doc_md);
  json["start_date"] = Time(spec.start_date);
  json["end_date"] = Time(spec.end_date);
  json["is_paused_upon_creation"] =
      spec.is_paused_upon_creation ? Json(*spec.is_paused_upon_creation) : Json(nullptr);
  json["params"] = ParamsJson(spec);
  json["render_template_as_native_obj"] = false;
  json["template_search_path"] = nullptr;
  json["timezone"] = spec.schedule.timezone;
  json["last_parsed"] = FormatTime(dag.row.last_parsed);
  json["default_args"] = nullptr;
  json["asset_expression"] = nullptr;
  json["owner_links"] = Json::object();
  json["is_favorite"] = false;
  json["latest_dag_version"] = DagVersionJson(*dag.version);
  return json;
}

Json RunJson(const RunView& run) {
  const RunRow& row = run.row;
  return {{"dag_run_id", row.run_id},
          {"dag_id", row.dag_id},
          {"dag_display_name", row.dag_id},
          {"logical_date", Time(row.logical_date)},
          {"queued_at", Time(row.queued_at)},
          {"start_date", Time(row.start_date)},
          {"end_date", Time(row.end_date)},
          {"duration", DurationOf(row.start_date, row.end_date)},
          {"data_interval_start", Time(row.interval_start)},
          {"data_interval_end", Time(row.interval_end)},
          {"run_after", FormatTime(row.run_after)},
          {"last_scheduling_decision", nullptr},
          {"run_type", RunTypeName(row.type)},
          {"state", std::string(Name(row.state))},
          {"triggered_by", TriggeredBy(row.triggered_by)},
          {"triggering_user_name", Text(row.triggering_user)},
          {"conf", JsonOrText(row.conf_json)},
          {"note", Text(row.note)},
          {"dag_versions", Json::array({DagVersionJson(*run.version)})},
          {"bundle_version", nullptr},
          {"partition_key", nullptr}};
}

Json TaskInstanceJson(const TaskInstanceView& ti) {
  const TiRow& row = ti.row;
  const RunRow& run = ti.run->row;
  const TaskSpec& task = ti.task();
  return {{"id", UuidOf(fmt::format("ti {} {} {}", row.run.value, row.task.value, row.map_index))},
          {"task_id", task.task_id},
          {"dag_id", run.dag_id},
          {"dag_run_id", run.run_id},
          {"map_index", row.map_index},
          {"logical_date", Time(run.logical_date)},
          {"run_after", FormatTime(run.run_after)},
          {"start_date", Time(row.start_date)},
          {"end_date", Time(row.end_date)},
          {"duration", DurationOf(row.start_date, row.end_date)},
          {"state", StateOrNull(row.state)},
          {"try_number", row.try_number},
          {"max_tries", row.max_tries},
          {"task_display_name", task.task_id},
          {"dag_display_name", run.dag_id},
          {"hostname", row.worker},
          {"unixname", nullptr},
          {"pool", task.pool},
          {"pool_slots", task.pool_slots},
          {"queue", task.queue},
          {"priority_weight", ti.priority()},
          {"operator", task.operator_name},
          {"operator_name", task.operator_name},
          {"queued_when", Time(row.queued_at)},
          {"scheduled_when", nullptr},
          {"pid", row.pid == 0 ? Json(nullptr) : Json(row.pid)},
          {"executor", nullptr},
          {"executor_config", "{}"},
          {"note", nullptr},
          {"rendered_map_index", nullptr},
          {"rendered_fields", Json::object()},
          {"trigger", nullptr},
          {"triggerer_job", nullptr},
          {"dag_version", DagVersionJson(*ti.run->version)},
          // Not Airflow's.
          {"cpu_seconds", Seconds(row.usage.user_time + row.usage.system_time)},
          {"rss_bytes_max", row.usage.rss_bytes_max}};
}

Json TryJson(const TaskInstanceView& ti, const AttemptRow& attempt) {
  TaskInstanceView then = ti;
  then.row.state = attempt.state;
  then.row.try_number = attempt.id.try_number;
  then.row.queued_at = attempt.queued_at;
  then.row.start_date = attempt.start_date;
  then.row.end_date = attempt.end_date;
  then.row.worker = attempt.worker;
  then.row.pid = attempt.pid;
  then.row.usage = attempt.usage;
  Json json = TaskInstanceJson(then);
  for (const char* key : {"id", "logical_date", "run_after", "note", "rendered_map_index",
                          "rendered_fields", "trigger", "triggerer_job"}) {
    json.erase(key);  // not part of a history entry
  }
  return json;
}

Json TaskJson(const Dag& dag, TaskIndex index) {
  const TaskSpec& task = dag.task(index);
  Json fields = std::holds_alternative<BashWork>(task.work)
                    ? Json::array({"bash_command", "env", "cwd"})
                    : Json::array();
  return {{"task_id", task.task_id},
          {"task_display_name", task.task_id},
          {"owner", task.owner},
          {"start_date", Time(task.start_date ? task.start_date : dag.spec().start_date)},
          {"end_date", Time(task.end_date ? task.end_date : dag.spec().end_date)},
          {"trigger_rule", task.trigger_rule},
          {"depends_on_past", task.depends_on_past},
          {"wait_for_downstream", task.wait_for_downstream},
          {"retries", task.retries},
          {"queue", task.queue},
          {"pool", task.pool},
          {"pool_slots", task.pool_slots},
          {"execution_timeout", TimeDelta(task.execution_timeout)},
          {"retry_delay", TimeDelta(task.retry_delay)},
          {"retry_exponential_backoff", task.retry_backoff},
          {"priority_weight", task.priority_weight},
          {"weight_rule", task.weight_rule},
          {"ui_color", "#fff"},
          {"ui_fgcolor", "#000"},
          {"template_fields", fields},
          {"downstream_task_ids", task.downstream_task_ids},
          {"doc_md", Text(task.doc_md)},
          {"operator_name", task.operator_name},
          {"params", Json::object()},
          {"class_ref", {{"module_path", nullptr}, {"class_name", task.operator_name}}},
          {"is_mapped", false},
          {"extra_links", Json::array()}};
}

Json PoolJson(const PoolInfo& pool) {
  const auto queued =
      static_cast<int64_t>(pool.held) - static_cast<int64_t>(std::min(pool.held, pool.running));
  const int64_t open = pool.row.slots < 0 ? -1 : pool.row.slots - static_cast<int64_t>(pool.held);
  return {{"name", pool.row.name},
          {"slots", pool.row.slots},
          {"description", Text(pool.row.description)},
          {"include_deferred", pool.row.include_deferred},
          {"occupied_slots", pool.held},
          {"running_slots", pool.running},
          {"queued_slots", queued},
          {"scheduled_slots", pool.waiting},
          {"open_slots", open},
          {"deferred_slots", 0},
          {"team_name", nullptr}};
}

Json ImportErrorJson(const ImportErrorRow& error) {
  return {{"import_error_id", error.id},
          {"timestamp", FormatTime(error.timestamp)},
          {"filename", error.filename},
          {"bundle_name", "dags-folder"},
          {"stack_trace", error.stack_trace}};
}

Json EventJson(const EventRow& event) {
  return {{"event_log_id", event.id},       {"when", FormatTime(event.when)},
          {"dag_id", Text(event.dag_id)},   {"dag_display_name", Text(event.dag_id)},
          {"task_id", Text(event.task_id)}, {"task_display_name", Text(event.task_id)},
          {"run_id", Text(event.run_id)},   {"map_index", nullptr},
          {"try_number", nullptr},          {"event", event.event},
          {"logical_date", nullptr},        {"owner", Text(event.owner)},
          {"extra", Text(event.extra)}};
}

Json XComJson(const XComView& xcom) {
  const RunRow& run = xcom.run->row;
  const std::string& task_id = xcom.run->version->dag->task(xcom.head.task).task_id;
  return {{"key", xcom.head.key},
          {"timestamp", FormatTime(xcom.head.timestamp)},
          {"logical_date", Time(run.logical_date)},
          {"run_after", FormatTime(run.run_after)},
          {"map_index", xcom.head.map_index},
          {"task_id", task_id},
          {"task_display_name", task_id},
          {"dag_id", run.dag_id},
          {"dag_display_name", run.dag_id},
          {"run_id", run.run_id}};
}

Json ClusterJson(const ClusterInfo& cluster) {
  Json masters = Json::array();
  for (const ClusterInfo::Member& member : cluster.masters) {
    masters.push_back({{"name", member.row.name},
                       {"role", member.leads              ? "leader"
                                : member.row.grpc.empty() ? "api"  // it can't lead
                                                          : "standby"},
                       {"state", member.alive ? "alive" : "silent"},
                       {"grpc", member.row.grpc},
                       {"rest", member.row.rest},
                       {"version", member.row.version},
                       {"started_at", FormatTime(member.row.started_at)},
                       {"last_heartbeat", FormatTime(member.row.seen_at)}});
  }
  auto server = [](const ServerHealth& health) -> Json {
    return {{"name", health.name},
            {"status", health.status.ok() ? "healthy" : "unhealthy"},
            {"message", health.status.ok() ? Json(nullptr) : Json(health.status.message())},
            {"latency_ms",
             health.latency == Duration(0) ? Json(nullptr) : Json(Seconds(health.latency) * 1000)}};
  };
  const LeaderRow& leader = cluster.leader;
  Json leads = nullptr;
  if (!leader.owner.empty()) leads = {{"name", leader.owner}, {"epoch", leader.epoch.value}};
  return {{"leader", std::move(leads)},
          {"masters", std::move(masters)},
          {"database", server(cluster.database)},
          {"queue", server(cluster.queue)},
          {"auditor",
           {{"audits", cluster.audits.done},
            {"violations", cluster.audits.broken},
            {"last_violation", Text(cluster.audits.last)}}},
          {"answered_by", cluster.answered_by}};
}

Json WorkerJson(const WorkerInfo& worker) {
  return {{"name", worker.name},       {"host", worker.host},
          {"pid", worker.pid},         {"version", worker.version},
          {"queues", worker.queues},   {"slots", worker.slots},
          {"running", worker.running}, {"state", StateOf(worker)},
          {"note", worker.note},       {"last_heartbeat", FormatTime(worker.last_heard)}};
}

Json HealthJson(const Health& health) {
  auto word = [](bool healthy) { return healthy ? "healthy" : "unhealthy"; };
  Json json = {{"metadatabase", {{"status", word(health.metadatabase.healthy)}}},
               {"scheduler",
                {{"status", word(health.scheduler.healthy)},
                 {"latest_scheduler_heartbeat", Time(health.scheduler.heartbeat)}}},
               // Gale has none: deferred tasks wait in the scheduler.
               {"triggerer", {{"status", nullptr}, {"latest_triggerer_heartbeat", nullptr}}}};
  if (health.dag_processor) {
    json["dag_processor"] = {
        {"status", word(health.dag_processor->healthy)},
        {"latest_dag_processor_heartbeat", Time(health.dag_processor->heartbeat)}};
  } else {
    json["dag_processor"] = {{"status", nullptr}, {"latest_dag_processor_heartbeat", nullptr}};
  }
  return json;
}

}  // namespace gale::http
