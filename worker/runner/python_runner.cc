#include "worker/runner/python_runner.h"

#include <sys/random.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "common/base/log.h"
#include "common/base/text.h"
#include "common/rpc/convert.h"
#include "worker/runner/said.h"

namespace gale::worker {
namespace {

using Json = nlohmann::json;

constexpr size_t kSecretBytes = 16;

std::string MakeSecret() {
  unsigned char bytes[kSecretBytes];
  GALE_CHECK(::getrandom(bytes, sizeof bytes, 0) == sizeof bytes, "the kernel has no randomness");
  std::string hex;
  for (unsigned char byte : bytes) hex += fmt::format("{:02x}", byte);
  return hex;
}

Json Time(bool present, const google::protobuf::Timestamp& t) {
  if (!present) return nullptr;
  return FormatTimeOffset(FromProto(t));
}

Json Parsed(const std::string& json) {
  Json value = Json::parse(json, nullptr, /*allow_exceptions=*/false);
  return value.is_object() ? value : Json::object();
}

Json DagRun(const v1::TaskContext& context) {
  return {{"dag_id", context.dag_id()},
          {"run_id", context.run_id()},
          {"logical_date", Time(context.has_logical_date(), context.logical_date())},
          {"data_interval_start",
           Time(context.has_data_interval_start(), context.data_interval_start())},
          {"data_interval_end", Time(context.has_data_interval_end(), context.data_interval_end())},
          {"run_after", Time(context.has_run_after(), context.run_after())},
          {"start_date", Time(context.has_dag_run_start_date(), context.dag_run_start_date())},
          {"queued_at", Time(context.has_dag_run_queued_at(), context.dag_run_queued_at())},
          {"end_date", nullptr},
          {"run_type", context.run_type()},
          {"state", "running"},
          {"conf", Parsed(context.conf_json())}};
}

Json PreviousSuccess(const v1::TaskContext& context) {
  if (!context.has_previous_success()) return nullptr;
  const auto& success = context.previous_success();
  return {{"logical_date", Time(success.has_logical_date(), success.logical_date())},
          {"data_interval_start",
           Time(success.has_data_interval_start(), success.data_interval_start())},
          {"data_interval_end", Time(success.has_data_interval_end(), success.data_interval_end())},
          {"start_date", Time(success.has_start_date(), success.start_date())},
          {"end_date", Time(success.has_end_date(), success.end_date())}};
}

}  // namespace

std::string StartupDetailsJson(const v1::Grant& grant, const DagCode* code) {
  const v1::TaskContext& context = grant.context();
  const AttemptId id = FromProto(grant.attempt());
  char host[256] = {};
  ::gethostname(host, sizeof(host) - 1);
  const Json details = {
      {"type", "StartupDetails"},
      {"ti",
       {{"id", id.ToString()},
        {"dag_id", context.dag_id()},
        {"run_id", context.run_id()},
        {"task_id", context.task_id()},
        {"map_index", id.map_index},
        {"try_number", context.try_number()},  // not the attempt's, which counts starts
        {"hostname", RepairText(host, sizeof host)}}},
      {"ti_context",
       {{"dag_run", DagRun(context)},
        {"max_tries", context.max_tries()},
        {"task_reschedule_count", context.reschedule_count()},
        // As the master decides of one that failed.
        {"should_retry", context.try_number() <= context.max_tries()}}},
      {"fileloc", FileHere(context.fileloc(), code)},
      {"dags_folder", code != nullptr ? Json(code->tree) : Json(nullptr)},
      {"log_url", context.log_url()},
      {"prev_logical_date", Time(context.has_prev_logical_date(), context.prev_logical_date())},
      {"next_logical_date", Time(context.has_next_logical_date(), context.next_logical_date())},
      {"prev_successful_dagrun", PreviousSuccess(context)}};
  return details.dump(-1, ' ', false, Json::error_handler_t::replace);
}

PythonRunner::PythonRunner(AttemptFiles files, RunnerOptions options)
    : files_(std::move(files)),
      options_(std::move(options)),
      inherited_(WithoutSecrets(options_.environ, options_.secrets)) {}

Result<keeper::SpawnRequest> PythonRunner::Prepare(const v1::Grant& grant,
                                                   const DagCode* code) const {
  const AttemptId id = FromProto(grant.attempt());
  const v1::PythonWork& work = grant.python();
  if (options_.task_socket.empty()) {
    return Unimplemented("this worker has no socket for Python tasks");
  }
  PythonIsolation isolation = options_.templates.isolation;
  if (!work.isolation().empty()) {
    GALE_ASSIGN_OR_RETURN(isolation, ParsePythonIsolation(work.isolation()));
  }
  StoredGrant stored{grant, files_.LogSize(id), MakeSecret()};
  stored.grant.clear_arguments_json();
  stored.grant.mutable_context()->clear_conf_json();
  stored.grant.mutable_context()->clear_params_json();

  keeper::SpawnRequest spawn;
  spawn.key = id.ToString();
  spawn.log_path = files_.LogPath(id);
  spawn.kill_grace = options_.kill_grace;
  if (grant.has_execution_timeout()) {
    spawn.timeout = FromProto(grant.execution_timeout()) + kTimeoutGrace;
  }
  spawn.argv = {work.interpreter().empty() ? options_.python : work.interpreter(), "-m",
                "gale.task_runner"};
  Environment environment = inherited_;  // what all tasks of its file have
  std::string& path = environment["PYTHONPATH"];
  if (!options_.sdk.empty()) path = path.empty() ? options_.sdk : options_.sdk + ":" + path;
  if (path.empty()) environment.erase("PYTHONPATH");
  if (code != nullptr) environment["GALE_DAGS_FOLDER"] = code->tree;
  if (!options_.home.empty()) environment["GALE_HOME"] = options_.home;
  const auto folder = environment.find("GALE_DAGS_FOLDER");
  NameTemplates(options_.templates, isolation,
                {.path = FileHere(grant.context().fileloc(), code),
                 .folder = folder == environment.end() ? "" : folder->second,
                 .fixed = code != nullptr},
                environment, &spawn);
  for (auto& [name, value] : TaskVariables(grant)) environment[name] = value;
  environment["GALE_TASK_SOCKET"] = options_.task_socket;
  environment["GALE_TASK_KEY"] = spawn.key;
  environment["GALE_TASK_SECRET"] = stored.secret;
  spawn.env = ToStrings(environment);

  GALE_RETURN_IF_ERROR(files_.WriteTask(id, StartupDetailsJson(grant, code)));
  GALE_RETURN_IF_ERROR(files_.CreateSaid(id));
  GALE_RETURN_IF_ERROR(files_.WriteGrant(id, stored));
  return spawn;
}

void PythonRunner::Conclude(const Conclusion& c, v1::Finished* out) const {
  v1::Grant unknown;  // whose grant can't be read is a Python task all the same
  unknown.mutable_python();
  SetOutcome(c.ending, c.exited, c.stored.grant.has_python() ? c.stored.grant : unknown, out);
  auto said = files_.ReadSaid(c.ending.attempt);
  if (!said.ok() && said.status().code() != Code::kNotFound) {
    said = files_.ReadSaid(c.ending.attempt);  // a disk that fails now and then
  }
  if (!said.ok() && c.exited != nullptr) {
    out->set_outcome(v1::Finished::LOST);
    out->set_reason(
        fmt::format("what it told of its end can't be read: {}", said.status().message()));
  }
  std::string lines;
  if (!TakeSaid(std::move(said).value_or({}), out)) {
    lines = fmt::format("Task ended: {}\n", out->reason());
  } else if (c.ending.end == End::kExited && (out->signal() != 0 || out->exit_code() != 0)) {
    lines = fmt::format("Note: after the task's end its process {}\n",
                        out->signal() != 0 ? fmt::format("was ended by signal {}", out->signal())
                                           : fmt::format("exited with {}", out->exit_code()));
  }
  EndLog(files_, c, std::move(lines), out);
}

}  // namespace gale::worker
