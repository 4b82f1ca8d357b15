#include "master/api/grants.h"

#include <algorithm>

#include "common/base/limits.h"
#include "common/base/limits_standing.h"
#include "common/base/log.h"
#include "common/base/text.h"
#include "common/base/text_limits.h"
#include "common/model/json_elements.h"
#include "common/model/params.h"
#include "common/rpc/convert.h"
#include "master/api/json.h"
#include "master/api/views.h"
#include "master/store/bounds.h"

namespace gale {
namespace {

std::string PercentEncode(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool plain = std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_' ||
                       c == '.' || c == '~';
    if (plain) {
      out += c;
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

core::Outcome OutcomeOf(v1::Finished::Outcome outcome) {
  switch (outcome) {
    case v1::Finished::SUCCESS: return core::Outcome::kSuccess;
    case v1::Finished::SKIPPED: return core::Outcome::kSkipped;
    case v1::Finished::FAILED_NO_RETRY: return core::Outcome::kFailedNoRetry;
    case v1::Finished::LOST: return core::Outcome::kLost;
    case v1::Finished::UNSTARTED: return core::Outcome::kUnstarted;
    case v1::Finished::RESCHEDULED: return core::Outcome::kRescheduled;
    default: return core::Outcome::kFailed;  // FAILED, and what a newer worker may say
  }
}

Status CheckXCom(const AttemptId& attempt, const v1::XCom& xcom) {
  const XComRow row{attempt.run, attempt.task,      attempt.map_index,
                    xcom.key(),  xcom.value_json(), {}};
  GALE_RETURN_IF_ERROR(CheckRow(row));
  return ParseJson(Describe(row), row.value_json).status();
}

// How many elements a task returned, if somebody is to be mapped over it.
void NoteLength(const std::string& value_json, AttemptResult& out) {
  const size_t first = value_json.find_first_not_of(" \t\r\n");
  if (first == std::string::npos || value_json.compare(first, 4, "null") == 0) return;
  out.finished.value_length = 0;
  if (value_json[first] != '[' && value_json[first] != '{') return;
  const auto elements = JsonElements::Parse(value_json);
  if (!elements) return;
  out.value_is_mappable = true;
  out.finished.value_length = static_cast<uint32_t>(elements->size());
}

// A success whose XComs can't be kept isn't one: those who come after would read nothing.
void Spoil(AttemptResult& result, std::string reason) {
  result.xcoms.clear();
  if (result.finished.outcome != core::Outcome::kSuccess) return;
  result.finished.outcome = core::Outcome::kFailed;
  result.finished.reason = std::move(reason);
}

// What people see of it. Whatever is wrong with it costs only itself.
void TakeRendered(const v1::Finished& finished, AttemptResult& out) {
  out.rendered_map_index = RepairText(finished.rendered_map_index(), limits::kMapIndexTextBytesMax);
  if (finished.rendered_fields_json().empty()) return;
  const AttemptId& id = out.finished.attempt;
  const RenderedRow row{id.run, id.task, id.map_index, finished.rendered_fields_json()};
  Status refused = CheckRow(row);
  if (refused.ok()) {
    const auto fields = ParseJson(Describe(row), row.fields_json);
    refused = fields.status();
    if (fields.ok() && !fields->is_object()) {
      refused = InvalidArgument("{}: no JSON object", Describe(row));
    }
  }
  if (!refused.ok()) {
    GALE_WARN("{}: {}", id.ToString(), refused.message());
    return;
  }
  out.rendered_json = row.fields_json;
}

// In words, what is wrong with it.
std::string TakeSkips(const v1::Finished& finished, AttemptResult& out) {
  if (finished.skips_size() > static_cast<int>(limits::kSkipsMax)) {
    return fmt::format("it skips {} tasks; at most {} may be (kSkipsMax)", finished.skips_size(),
                       limits::kSkipsMax);
  }
  for (const v1::TaskSkip& skip : finished.skips()) {
    AttemptResult::Skip& taken = out.skips.emplace_back();
    taken.task_id = skip.task_id();
    if (skip.has_map_index() && skip.map_index() >= 0) taken.map_index = skip.map_index();
  }
  return "";
}

void FillContext(const Grant& grant, const TaskSpec& task, v1::TaskContext& out) {
  const RunRow& run = grant.run;
  out.set_dag_id(run.dag_id);
  out.set_run_id(run.run_id);
  out.set_task_id(task.task_id);
  out.set_owner(task.owner);
  out.set_try_number(grant.shown_try());
  out.set_max_tries(grant.max_tries - grant.looks.all);
  out.set_reschedule_count(grant.looks.of_try);
  if (run.logical_date) *out.mutable_logical_date() = ToProto(*run.logical_date);
  if (run.interval_start) *out.mutable_data_interval_start() = ToProto(*run.interval_start);
  if (run.interval_end) *out.mutable_data_interval_end() = ToProto(*run.interval_end);
  *out.mutable_run_after() = ToProto(run.run_after);
  out.set_run_type(std::string(Name(run.type)));
  out.set_conf_json(run.conf_json);
  out.set_params_json(MergeParams(grant.dag->spec().params_json, task.params_json, run.conf_json));
  out.set_fileloc(grant.dag->spec().fileloc);
  out.set_idempotency_token(fmt::format("{}/{}/{}/{}/{}/{}", run.dag_id, run.run_id, task.task_id,
                                        grant.attempt.map_index, grant.attempt.try_number,
                                        grant.epoch.value));
  if (run.start_date) *out.mutable_dag_run_start_date() = ToProto(*run.start_date);
  if (run.queued_at) *out.mutable_dag_run_queued_at() = ToProto(*run.queued_at);
  if (const auto& before = grant.previous_success) {
    v1::TaskContext::PreviousSuccess& success = *out.mutable_previous_success();
    *success.mutable_logical_date() = ToProto(before->logical_date);
    if (auto t = before->interval_start) *success.mutable_data_interval_start() = ToProto(*t);
    if (auto t = before->interval_end) *success.mutable_data_interval_end() = ToProto(*t);
    if (auto t = before->start_date) *success.mutable_start_date() = ToProto(*t);
    if (auto t = before->end_date) *success.mutable_end_date() = ToProto(*t);
  }
  if (!run.logical_date) return;
  // As Airflow 2: a run by hand is its own neighbour.
  const Timetable& timetable = grant.dag->timetable();
  const bool by_hand = run.type == RunType::kManual;
  const auto before = by_hand ? run.logical_date : timetable.LogicalBefore(*run.logical_date);
  const auto after = by_hand ? run.logical_date : timetable.LogicalAfter(*run.logical_date);
  if (before) *out.mutable_prev_logical_date() = ToProto(*before);
  if (after) *out.mutable_next_logical_date() = ToProto(*after);
}

}  // namespace

// As Airflow 3's.
std::string GrantWriter::LogUrl(const Grant& grant, const TaskSpec& task) const {
  return fmt::format("{}/dags/{}/runs/{}/tasks/{}?try_number={}", base_url_,
                     PercentEncode(grant.run.dag_id), PercentEncode(grant.run.run_id),
                     PercentEncode(task.task_id), grant.shown_try());
}

v1::Grant GrantWriter::ToProto(const Grant& grant) const {
  v1::Grant out;
  const TaskSpec& task = grant.dag->task(grant.attempt.task);
  *out.mutable_attempt() = gale::ToProto(grant.attempt);
  out.set_epoch(grant.epoch.value);
  FillContext(grant, task, *out.mutable_context());
  if (const auto* bash = std::get_if<BashWork>(&task.work)) {
    *out.mutable_bash() = gale::ToProto(*bash);
    if (out.bash().templated()) out.mutable_context()->set_log_url(LogUrl(grant, task));
  }
  if (const auto* python = std::get_if<PythonWork>(&task.work)) {
    *out.mutable_python() = gale::ToProto(*python);
    out.mutable_context()->set_log_url(LogUrl(grant, task));
  }
  if (const auto* python = std::get_if<PythonWork>(&task.work)) {
    *out.mutable_python() = gale::ToProto(*python);
    out.mutable_context()->set_log_url(LogUrl(grant, task));
    if (tokens_ != nullptr) out.set_task_token(tokens_->Of(grant.attempt));
  }
  if (task.execution_timeout)
    *out.mutable_execution_timeout() = gale::ToProto(*task.execution_timeout);
  out.set_do_xcom_push(task.do_xcom_push);
  out.set_bundle(grant.bundle);
  out.set_arguments_json(grant.arguments_json);
  return out;
}

Result<WorkerHello> FromProto(const v1::Hello& hello, TimePoint now) {
  GALE_RETURN_IF_ERROR(CheckId("worker name", hello.name(), "@:"));
  if (hello.slots() == 0) return InvalidArgument("worker '{}': it offers no slots", hello.name());
  if (hello.queues().empty())
    return InvalidArgument("worker '{}': it serves no queue", hello.name());
  WorkerHello out;
  out.name = hello.name();
  // Nobody can correct what his host is called.
  out.host = RepairText(hello.host(), limits::kHostBytesMax);
  out.pid = hello.pid();
  out.version = RepairText(hello.version(), limits::kBuildBytesMax);
  out.incarnation = hello.incarnation();
  out.number = hello.number();
  out.boot_id = RepairPath(hello.boot_id(), limits::kBuildBytesMax);
  if (hello.has_sent_at()) out.sent_at = FromProto(hello.sent_at());
  if (hello.has_started_at() && out.sent_at) {
    out.started_at = now - std::max(*out.sent_at - FromProto(hello.started_at()), Duration(0));
  }
  out.queues.assign(hello.queues().begin(), hello.queues().end());
  out.slots = hello.slots();
  out.draining = hello.draining();
  for (const v1::AttemptRef& ref : hello.running()) out.running.push_back(FromProto(ref));
  for (const v1::Finished& finished : hello.spooled()) {
    out.spooled.push_back(FromProto(finished, out.sent_at, now));
  }
  return out;
}

WorkerLoad FromProto(const v1::Load& load) {
  WorkerLoad out{
      load.cpu_count(), load.cpu_load(), load.memory_bytes(), load.memory_used_bytes(), {}};
  for (const v1::Device& device : load.devices()) {
    if (out.devices.size() == limits::kDevicesMax) break;
    WorkerLoad::Device& to = out.devices.emplace_back();
    to.index = device.index();
    to.model = RepairText(device.model(), limits::kIdBytesMax);
    if (device.has_load()) to.load = device.load();
    to.memory_used_bytes = device.memory_used_bytes();
    to.memory_bytes = device.memory_bytes();
    if (device.has_temperature()) to.temperature = device.temperature();
  }
  return out;
}

v1::Load ToProto(const WorkerLoad& load) {
  v1::Load out;
  out.set_cpu_count(load.cpu_count);
  out.set_cpu_load(load.cpu_load);
  out.set_memory_bytes(load.memory_bytes);
  out.set_memory_used_bytes(load.memory_used_bytes);
  for (const WorkerLoad::Device& device : load.devices) {
    v1::Device& to = *out.add_devices();
    to.set_index(device.index);
    to.set_model(device.model);
    if (device.load) to.set_load(*device.load);
    to.set_memory_used_bytes(device.memory_used_bytes);
    to.set_memory_bytes(device.memory_bytes);
    if (device.temperature) to.set_temperature(*device.temperature);
  }
  return out;
}

AttemptResult FromProto(const v1::Finished& finished, std::optional<TimePoint> sent_at,
                        TimePoint now) {
  AttemptResult out;
  out.finished.attempt = FromProto(finished.attempt());
  out.finished.attempt.map_index = std::max(out.finished.attempt.map_index, kUnmapped);
  out.finished.outcome = OutcomeOf(finished.outcome());
  out.finished.exit_code = finished.exit_code();
  out.finished.signal = finished.signal();
  out.finished.reason = RepairText(finished.reason(), limits::kReasonBytesMax);
  out.finished.log_bytes = std::min<uint64_t>(finished.log_bytes(), INT64_MAX);
  auto here = [&](bool has, const google::protobuf::Timestamp& there) -> std::optional<TimePoint> {
    if (!has || !sent_at) return std::nullopt;
    return now - std::max(*sent_at - FromProto(there), Duration(0));
  };
  out.finished.started_at = here(finished.has_started_at(), finished.started_at());
  out.finished.ended_at = here(finished.has_finished_at(), finished.finished_at());
  // What the ledger's columns take: a worker's word is not to stop a commit.
  auto time = [](const google::protobuf::Duration& d) {
    return std::max(FromProto(d), Duration(0));
  };
  out.finished.usage = {time(finished.usage().user_time()), time(finished.usage().system_time()),
                        std::min(finished.usage().rss_bytes_max(), uint64_t{INT64_MAX})};
  if (finished.has_reschedule_at() && sent_at) {
    out.finished.next_at =
        now + std::max(FromProto(finished.reschedule_at()) - *sent_at, Duration(0));
  }
  TakeRendered(finished, out);
  if (std::string wrong = TakeSkips(finished, out); !wrong.empty()) {
    Spoil(out, std::move(wrong));
    return out;
  }
  for (const v1::XCom& xcom : finished.xcoms()) {
    if (Status refused = CheckXCom(out.finished.attempt, xcom); !refused.ok()) {
      GALE_WARN("{}", refused.message());
      Spoil(out, std::string(refused.message()));
      return out;
    }
    if (xcom.key() == kReturnValue) NoteLength(xcom.value_json(), out);
    out.xcoms.emplace_back(xcom.key(), xcom.value_json());
  }
  return out;
}

v1::Welcome ToProto(const Welcome& welcome, bool serves_queue) {
  v1::Welcome out;
  *out.mutable_lease() = ToProto(welcome.lease);
  *out.mutable_heartbeat() = ToProto(welcome.heartbeat);
  out.set_epoch(welcome.epoch.value);
  for (const AttemptId& id : welcome.adopted) *out.add_adopted() = ToProto(id);
  for (const AttemptId& id : welcome.unwanted) *out.add_unwanted() = ToProto(id);
  out.set_serves_queue(serves_queue);
  out.set_drained(welcome.drained);
  return out;
}

}  // namespace gale
