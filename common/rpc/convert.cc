#include "common/rpc/convert.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/util/json_util.h>

#include <algorithm>

#include "common/base/limits.h"
#include "common/base/text.h"
#include "common/base/text_limits.h"
#include "common/rpc/digest.h"
#include "common/rpc/texts.h"

namespace gale {
namespace {

namespace pb = google::protobuf;
using std::chrono::nanoseconds;
using std::chrono::seconds;

constexpr int64_t kTimestampMin = -62'135'596'800;  // 0001-01-01
constexpr int64_t kTimestampMax = 253'402'300'799;  // 9999-12-31
// Stands in skip_on_exit_code for "none": an empty list means [99].
constexpr int32_t kNeverAnExitCode = -1;
constexpr int64_t kDurationMax = 315'576'000'000;

Duration Combine(int64_t whole, int32_t nanos, int64_t min, int64_t max) {
  return seconds(std::clamp(whole, min, max)) +
         std::chrono::duration_cast<Duration>(nanoseconds(nanos));
}

std::string OrDefault(const std::string& text, const char* other) {
  return text.empty() ? other : text;
}

void WorkToProto(const TaskSpec& from, v1::TaskSpec& to) {
  if (const auto* bash = std::get_if<BashWork>(&from.work)) {
    *to.mutable_bash() = ToProto(*bash);
  } else if (const auto* python = std::get_if<PythonWork>(&from.work)) {
    *to.mutable_python() = ToProto(*python);
  } else {
    to.mutable_empty();
  }
}

PythonWork PythonFromProto(const v1::PythonWork& from) {
  return {.operator_class = from.operator_class(),
          .callable = from.callable(),
          .template_fields = {from.template_fields().begin(), from.template_fields().end()},
          .callbacks = {from.callbacks().begin(), from.callbacks().end()},
          .multiple_outputs = from.multiple_outputs(),
          .is_sensor = from.is_sensor(),
          .reschedules = from.reschedules(),
          .interpreter = from.interpreter(),
          .isolation = from.isolation()};
}

void WorkFromProto(const v1::TaskSpec& from, TaskSpec& to) {
  if (from.has_python()) to.work = PythonFromProto(from.python());
  if (!from.has_bash()) return;
  const v1::BashWork& in = from.bash();
  BashWork bash;
  bash.command = in.command();
  bash.env = {in.env().begin(), in.env().end()};
  bash.has_env = in.has_env() || !bash.env.empty();
  bash.append_env = in.append_env();
  bash.cwd = in.cwd();
  if (in.skip_on_exit_code_size() > 0) {
    bash.skip_on_exit_code = {in.skip_on_exit_code().begin(), in.skip_on_exit_code().end()};
    std::erase(bash.skip_on_exit_code, kNeverAnExitCode);
  }
  bash.templated = in.templated();
  bash.needs_dag_file = in.needs_dag_file();
  bash.needs_previous_success = in.needs_previous_success();
  bash.as_is = {in.as_is().begin(), in.as_is().end()};
  bash.output_json = in.output_json();
  to.work = std::move(bash);
}

void SourceToProto(const ExpandSource& from, v1::ExpandSource& to) {
  switch (from.kind) {
    case ExpandSource::Kind::kLiteral: to.set_literal_json(from.json); break;
    case ExpandSource::Kind::kXCom:
      to.mutable_xcom()->set_task_id(from.task_id);
      to.mutable_xcom()->set_key(from.key);
      break;
    case ExpandSource::Kind::kMap:
      to.mutable_map()->set_function(from.function);
      for (const auto& part : from.parts) SourceToProto(part, *to.mutable_map()->mutable_source());
      break;
    case ExpandSource::Kind::kZip:
      to.mutable_zip()->set_has_fill(from.has_fill);
      to.mutable_zip()->set_fill_json(from.json);
      for (const auto& part : from.parts) SourceToProto(part, *to.mutable_zip()->add_sources());
      break;
    case ExpandSource::Kind::kConcat:
      to.mutable_concat();
      for (const auto& part : from.parts) SourceToProto(part, *to.mutable_concat()->add_sources());
      break;
  }
}

ExpandSource SourceFromProto(const v1::ExpandSource& from) {
  ExpandSource to;
  switch (from.kind_case()) {
    case v1::ExpandSource::kXcom:
      to.kind = ExpandSource::Kind::kXCom;
      to.task_id = from.xcom().task_id();
      to.key = OrDefault(from.xcom().key(), "return_value");
      break;
    case v1::ExpandSource::kMap:
      to.kind = ExpandSource::Kind::kMap;
      to.function = from.map().function();
      to.parts.push_back(SourceFromProto(from.map().source()));
      break;
    case v1::ExpandSource::kZip:
      to.kind = ExpandSource::Kind::kZip;
      to.has_fill = from.zip().has_fill();
      to.json = from.zip().fill_json();
      for (const auto& part : from.zip().sources()) to.parts.push_back(SourceFromProto(part));
      break;
    case v1::ExpandSource::kConcat:
      to.kind = ExpandSource::Kind::kConcat;
      for (const auto& part : from.concat().sources()) to.parts.push_back(SourceFromProto(part));
      break;
    case v1::ExpandSource::kLiteralJson:
    case v1::ExpandSource::KIND_NOT_SET: to.json = from.literal_json(); break;
  }
  return to;
}

void ExpandToProto(const ExpandSpec& from, v1::Expand& to) {
  for (const ExpandArgument& argument : from.arguments) {
    if (from.is_kwargs) {
      SourceToProto(argument.source, *to.mutable_kwargs());
    } else {
      v1::ExpandArgument& out = *to.add_arguments();
      out.set_name(argument.name);
      SourceToProto(argument.source, *out.mutable_source());
    }
  }
}

ExpandSpec ExpandFromProto(const v1::Expand& from) {
  ExpandSpec to;
  to.is_kwargs = from.has_kwargs();
  if (to.is_kwargs) to.arguments.push_back({"", SourceFromProto(from.kwargs())});
  for (const auto& argument : from.arguments()) {
    to.arguments.push_back({argument.name(), SourceFromProto(argument.source())});
  }
  return to;
}

void TaskToProto(const TaskSpec& from, v1::TaskSpec& to) {
  to.set_task_id(from.task_id);
  to.set_operator_name(from.operator_name);
  for (const std::string& id : from.downstream_task_ids) to.add_downstream_task_ids(id);
  to.set_owner(from.owner);
  to.set_doc_md(from.doc_md);
  to.set_trigger_rule(from.trigger_rule);
  to.set_retries(from.retries);
  *to.mutable_retry_delay() = ToProto(from.retry_delay);
  to.set_retry_backoff(from.retry_backoff);
  if (from.max_retry_delay) *to.mutable_max_retry_delay() = ToProto(*from.max_retry_delay);
  to.set_lost_retries(from.lost_retries);
  if (from.execution_timeout) *to.mutable_execution_timeout() = ToProto(*from.execution_timeout);
  to.set_pool(from.pool);
  to.set_pool_slots(from.pool_slots);
  to.set_priority_weight(from.priority_weight);
  to.set_weight_rule(from.weight_rule);
  to.set_queue(from.queue);
  to.set_depends_on_past(from.depends_on_past);
  to.set_wait_for_downstream(from.wait_for_downstream);
  to.set_ignore_first_depends_on_past(from.ignore_first_depends_on_past);
  if (from.start_date) *to.mutable_start_date() = ToProto(*from.start_date);
  if (from.end_date) *to.mutable_end_date() = ToProto(*from.end_date);
  if (from.max_active_tis_per_dag) to.set_max_active_tis_per_dag(*from.max_active_tis_per_dag);
  if (from.max_active_tis_per_dagrun) {
    to.set_max_active_tis_per_dagrun(*from.max_active_tis_per_dagrun);
  }
  to.set_do_xcom_push(from.do_xcom_push);
  to.set_is_setup(from.is_setup);
  to.set_is_teardown(from.is_teardown);
  to.set_on_failure_fail_dagrun(from.on_failure_fail_dagrun);
  to.set_params_json(from.params_json);
  to.set_task_group_id(from.task_group_id);
  if (from.expand) ExpandToProto(*from.expand, *to.mutable_expand());
  to.set_map_index_template(from.map_index_template);
  to.set_arguments_json(from.arguments_json);
  to.mutable_edge_labels()->insert(from.edge_labels.begin(), from.edge_labels.end());
  to.set_display_name(from.display_name);
  WorkToProto(from, to);
}

TaskSpec TaskFromProto(const v1::TaskSpec& from) {
  TaskSpec to;  // holds the defaults
  to.task_id = from.task_id();
  WorkFromProto(from, to);
  const char* plain = from.has_python() ? "PythonOperator"
                      : from.has_bash() ? "BashOperator"
                                        : "EmptyOperator";
  to.operator_name = OrDefault(from.operator_name(), plain);
  to.downstream_task_ids = {from.downstream_task_ids().begin(), from.downstream_task_ids().end()};
  to.owner = OrDefault(from.owner(), "airflow");
  to.doc_md = from.doc_md();
  to.trigger_rule = OrDefault(from.trigger_rule(), "all_success");
  to.retries = from.retries();
  if (from.has_retry_delay()) to.retry_delay = FromProto(from.retry_delay());
  to.retry_backoff = from.retry_backoff();
  if (from.has_max_retry_delay()) to.max_retry_delay = FromProto(from.max_retry_delay());
  to.lost_retries = from.lost_retries();
  if (from.has_execution_timeout()) to.execution_timeout = FromProto(from.execution_timeout());
  to.pool = OrDefault(from.pool(), "default_pool");
  if (from.has_pool_slots()) to.pool_slots = from.pool_slots();
  if (from.has_priority_weight()) to.priority_weight = from.priority_weight();
  to.weight_rule = OrDefault(from.weight_rule(), "downstream");
  to.queue = OrDefault(from.queue(), "default");
  to.depends_on_past = from.depends_on_past();
  to.wait_for_downstream = from.wait_for_downstream();
  if (from.has_ignore_first_depends_on_past()) {
    to.ignore_first_depends_on_past = from.ignore_first_depends_on_past();
  }
  if (from.has_start_date()) to.start_date = FromProto(from.start_date());
  if (from.has_end_date()) to.end_date = FromProto(from.end_date());
  if (from.has_max_active_tis_per_dag()) to.max_active_tis_per_dag = from.max_active_tis_per_dag();
  if (from.has_max_active_tis_per_dagrun()) {
    to.max_active_tis_per_dagrun = from.max_active_tis_per_dagrun();
  }
  if (from.has_do_xcom_push()) to.do_xcom_push = from.do_xcom_push();
  to.is_setup = from.is_setup();
  to.is_teardown = from.is_teardown();
  to.on_failure_fail_dagrun = from.on_failure_fail_dagrun();
  to.params_json = from.params_json();
  to.task_group_id = from.task_group_id();
  if (from.has_expand()) to.expand = ExpandFromProto(from.expand());
  to.map_index_template = from.map_index_template();
  to.arguments_json = from.arguments_json();
  to.edge_labels = {from.edge_labels().begin(), from.edge_labels().end()};
  to.display_name = from.display_name();
  return to;
}

// ScheduleSpec::Kind and v1::Schedule::Kind number the same kinds.
static_assert(static_cast<int>(ScheduleSpec::Kind::kDeltaInterval) == v1::Schedule::DELTA_INTERVAL);
static_assert(static_cast<int>(ScheduleSpec::Kind::kCronTrigger) == v1::Schedule::CRON_TRIGGER);

Result<ScheduleSpec> ScheduleFromProto(const v1::Schedule& from) {
  if (!v1::Schedule::Kind_IsValid(from.kind())) {
    return InvalidArgument(
        "schedule.kind: {} is unknown to this version of gale: upgrade the master",
        static_cast<int>(from.kind()));
  }
  ScheduleSpec to;
  to.kind = static_cast<ScheduleSpec::Kind>(from.kind());
  to.cron = from.cron();
  to.delta = FromProto(from.delta());
  to.delta_months = from.delta_months();
  to.timezone = OrDefault(from.timezone(), "UTC");
  return to;
}

void ScheduleToProto(const ScheduleSpec& from, v1::Schedule& to) {
  to.set_kind(static_cast<v1::Schedule::Kind>(from.kind));
  to.set_cron(from.cron);
  if (from.delta != Duration(0)) *to.mutable_delta() = ToProto(from.delta);
  to.set_delta_months(from.delta_months);
  to.set_timezone(from.timezone);
}

// Map fields in the order of their keys.
std::string SerializeDeterministic(const pb::MessageLite& message) {
  std::string out;
  {
    pb::io::StringOutputStream stream(&out);
    pb::io::CodedOutputStream coded(&stream);
    coded.SetSerializationDeterministic(true);
    message.SerializeToCodedStream(&coded);
  }
  return out;
}

}  // namespace

pb::Timestamp ToProto(TimePoint t) {
  const auto whole = std::chrono::floor<seconds>(t);
  pb::Timestamp out;
  out.set_seconds(
      std::clamp<int64_t>(whole.time_since_epoch().count(), kTimestampMin, kTimestampMax));
  out.set_nanos(static_cast<int32_t>(nanoseconds(t - whole).count()));
  return out;
}

// Its parts have the same sign, other than a Timestamp's.
pb::Duration ToProto(Duration d) {
  const auto whole = std::chrono::duration_cast<seconds>(d);
  pb::Duration out;
  out.set_seconds(std::clamp<int64_t>(whole.count(), -kDurationMax, kDurationMax));
  out.set_nanos(static_cast<int32_t>(nanoseconds(d - whole).count()));
  return out;
}

TimePoint FromProto(const pb::Timestamp& t) {
  return TimePoint(Combine(t.seconds(), t.nanos(), kTimestampMin, kTimestampMax));
}

Duration FromProto(const pb::Duration& d) {
  return Combine(d.seconds(), d.nanos(), -kDurationMax, kDurationMax);
}

v1::BashWork ToProto(const BashWork& work) {
  v1::BashWork out;
  out.set_command(work.command);
  for (const auto& [name, value] : work.env) (*out.mutable_env())[name] = value;
  out.set_has_env(work.has_env);
  out.set_append_env(work.append_env);
  out.set_cwd(work.cwd);
  for (int32_t code : work.skip_on_exit_code) out.add_skip_on_exit_code(code);
  if (work.skip_on_exit_code.empty()) out.add_skip_on_exit_code(kNeverAnExitCode);
  out.set_templated(work.templated);
  out.set_needs_dag_file(work.needs_dag_file);
  out.set_needs_previous_success(work.needs_previous_success);
  for (const std::string& name : work.as_is) out.add_as_is(name);
  out.set_output_json(work.output_json);
  return out;
}

v1::PythonWork ToProto(const PythonWork& work) {
  v1::PythonWork out;
  out.set_operator_class(work.operator_class);
  out.set_callable(work.callable);
  for (const std::string& name : work.template_fields) out.add_template_fields(name);
  for (const std::string& name : work.callbacks) out.add_callbacks(name);
  out.set_multiple_outputs(work.multiple_outputs);
  out.set_is_sensor(work.is_sensor);
  out.set_reschedules(work.reschedules);
  out.set_interpreter(work.interpreter);
  out.set_isolation(work.isolation);
  return out;
}

v1::AttemptRef ToProto(const AttemptId& id) {
  v1::AttemptRef ref;
  ref.set_run(id.run.value);
  ref.set_task(id.task.value);
  ref.set_map_index(id.map_index);
  ref.set_try_number(id.try_number);
  return ref;
}

AttemptId FromProto(const v1::AttemptRef& ref) {
  return {RunId(ref.run()), TaskIndex(ref.task()), ref.map_index(), ref.try_number()};
}

v1::TaskSpec ToProto(const TaskSpec& task) {
  v1::TaskSpec to;
  TaskToProto(task, to);
  return to;
}

v1::DagSpec ToProto(const DagSpec& from) {
  v1::DagSpec to;
  to.set_dag_id(from.dag_id);
  to.set_description(from.description);
  to.set_doc_md(from.doc_md);
  ScheduleToProto(from.schedule, *to.mutable_schedule());
  if (from.start_date) *to.mutable_start_date() = ToProto(*from.start_date);
  if (from.end_date) *to.mutable_end_date() = ToProto(*from.end_date);
  to.set_catchup(from.catchup);
  to.set_max_active_runs(from.max_active_runs);
  to.set_max_active_tasks(from.max_active_tasks);
  to.set_max_consecutive_failed_dag_runs(from.max_consecutive_failed_dag_runs);
  if (from.dagrun_timeout) *to.mutable_dagrun_timeout() = ToProto(*from.dagrun_timeout);
  to.set_fail_fast(from.fail_fast);
  if (from.is_paused_upon_creation) {
    to.set_is_paused_upon_creation(*from.is_paused_upon_creation);
  }
  for (const std::string& tag : from.tags) to.add_tags(tag);
  to.set_params_json(from.params_json);
  to.set_param_schemas_json(from.param_schemas_json);
  to.set_profile(from.profile);
  to.set_fileloc(from.fileloc);
  to.mutable_tasks()->Reserve(static_cast<int>(from.tasks.size()));
  for (const TaskSpec& task : from.tasks) TaskToProto(task, *to.add_tasks());
  for (const TaskGroupSpec& group : from.groups) {
    v1::TaskGroup& out = *to.add_task_groups();
    out.set_group_id(group.group_id);
    out.set_parent_group_id(group.parent_group_id);
    if (group.expand) ExpandToProto(*group.expand, *out.mutable_expand());
    out.set_tooltip(group.tooltip);
    out.set_display_name(group.display_name);
  }
  to.mutable_param_order()->Add(from.param_order.begin(), from.param_order.end());
  to.set_display_name(from.display_name);
  to.mutable_owner_links()->insert(from.owner_links.begin(), from.owner_links.end());
  to.mutable_warnings()->Add(from.warnings.begin(), from.warnings.end());
  return to;
}

Result<DagSpec> FromProto(const v1::DagSpec& from) {
  DagSpec to;  // holds the defaults
  to.dag_id = from.dag_id();
  to.description = from.description();
  to.doc_md = from.doc_md();
  auto schedule = ScheduleFromProto(from.schedule());
  if (!schedule.ok()) return schedule.status().WithContext(fmt::format("dag '{}'", from.dag_id()));
  to.schedule = std::move(schedule).value();
  if (from.has_start_date()) to.start_date = FromProto(from.start_date());
  if (from.has_end_date()) to.end_date = FromProto(from.end_date());
  to.catchup = from.catchup();
  if (from.has_max_active_runs()) to.max_active_runs = from.max_active_runs();
  if (from.has_max_active_tasks()) to.max_active_tasks = from.max_active_tasks();
  to.max_consecutive_failed_dag_runs = from.max_consecutive_failed_dag_runs();
  if (from.has_dagrun_timeout()) to.dagrun_timeout = FromProto(from.dagrun_timeout());
  to.fail_fast = from.fail_fast();
  if (from.has_is_paused_upon_creation()) {
    to.is_paused_upon_creation = from.is_paused_upon_creation();
  }
  to.tags = {from.tags().begin(), from.tags().end()};
  to.params_json = OrDefault(from.params_json(), "{}");
  to.param_schemas_json = from.param_schemas_json();
  to.profile = OrDefault(from.profile(), "3");
  to.fileloc = from.fileloc();
  to.tasks.reserve(static_cast<size_t>(from.tasks_size()));
  for (const v1::TaskSpec& task : from.tasks()) {
    to.tasks.push_back(TaskFromProto(task));
  }
  for (const v1::TaskGroup& group : from.task_groups()) {
    TaskGroupSpec out;
    out.group_id = group.group_id();
    out.parent_group_id = group.parent_group_id();
    if (group.has_expand()) out.expand = ExpandFromProto(group.expand());
    out.tooltip = group.tooltip();
    out.display_name = group.display_name();
    to.groups.push_back(std::move(out));
  }
  to.param_order = {from.param_order().begin(), from.param_order().end()};
  to.display_name = from.display_name();
  to.owner_links = {from.owner_links().begin(), from.owner_links().end()};
  to.warnings = {from.warnings().begin(), from.warnings().end()};
  return to;
}

Result<DagSpec> DagSpecFromJson(std::string_view json) {
  if (json.size() > limits::kSpecBytesMax) {
    return ResourceExhausted("DAG: {} bytes of JSON are over the limit kSpecBytesMax = {}",
                             json.size(), limits::kSpecBytesMax);
  }
  v1::DagSpec message;
  auto status = pb::util::JsonStringToMessage({json.data(), json.size()}, &message);
  if (!status.ok()) {
    const auto why = status.message();
    return InvalidArgument("DAG as JSON: {}", std::string_view(why.data(), why.size()));
  }
  if (Status refused = CheckTexts(message); !refused.ok()) {
    return refused.WithContext(fmt::format("dag '{}'", RepairText(message.dag_id(), 80)));
  }
  return FromProto(message);
}

std::string DagSpecToJson(const DagSpec& spec) {
  pb::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  std::string out;
  auto status = pb::util::MessageToJsonString(ToProto(spec), &out, options);
  GALE_CHECK(status.ok(), "a DagSpec always has a JSON form: {}", status.ToString());
  return out;
}

std::string SerializeSpec(const DagSpec& spec) { return SerializeDeterministic(ToProto(spec)); }

Result<DagSpec> ParseSpec(std::string_view bytes) {
  if (bytes.size() > limits::kSpecBytesMax) {
    return ResourceExhausted("DAG: {} bytes are over the limit kSpecBytesMax = {}", bytes.size(),
                             limits::kSpecBytesMax);
  }
  v1::DagSpec message;
  if (!message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return Internal("stored DAG of {} bytes: no gale.v1.DagSpec: the data are damaged",
                    bytes.size());
  }
  return FromProto(message);
}

std::string SpecHash(const DagSpec& spec) {
  v1::DagSpec message = ToProto(spec);
  message.clear_fileloc();
  return Sha256Hex(SerializeDeterministic(message));
}

}  // namespace gale
