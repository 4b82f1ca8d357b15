#include "worker/runner/bash_runner.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <nlohmann/json.hpp>

#include "common/base/limits.h"
#include "common/base/log.h"
#include "common/rpc/convert.h"
#include "worker/runner/arguments.h"

namespace gale::worker {
namespace {

constexpr std::string_view kXComKey = "return_value";

nlohmann::json ToJson(const Environment& environment) {
  nlohmann::json out = nlohmann::json::object();
  for (const auto& [name, value] : environment) out[name] = value;
  return out;
}

// The log's first lines, in the order that Airflow's users know.
std::string Header(const std::string& command) {
  std::string shown = command.substr(0, BashRunner::kCommandShownBytesMax);
  if (shown.size() < command.size()) shown += "...";
  return fmt::format("Running command: ['/bin/bash', '-c', {}]\nOutput:\n", ToJsonString(shown));
}

// The log's last line.
std::string Footer(const Ending& ending, const v1::Finished& finished) {
  if (ending.end == End::kExited && finished.signal() == 0 &&
      finished.outcome() != v1::Finished::LOST) {
    std::string line = fmt::format("Command exited with return code {}", finished.exit_code());
    return ending.exit.timed_out ? fmt::format("{}: {}\n", line, finished.reason()) : line + "\n";
  }
  return fmt::format("Task ended: {}\n", finished.reason());
}

}  // namespace

BashRunner::BashRunner(AttemptFiles files, RunnerOptions options)
    : files_(std::move(files)),
      options_(std::move(options)),
      inherited_(WithoutSecrets(options_.environ, options_.secrets)) {}

Status BashRunner::CheckCwd(const std::string& cwd) const {
  struct stat st;
  if (::stat(cwd.c_str(), &st) != 0) {
    return FailedPrecondition("can not find the cwd '{}': {}", cwd, std::strerror(errno));
  }
  if (!S_ISDIR(st.st_mode)) return FailedPrecondition("the cwd '{}' is not a directory", cwd);
  return OkStatus();
}

Result<std::string> BashRunner::TaskJson(const v1::Grant& grant, const v1::BashWork& bash,
                                         const Environment& task_variables,
                                         const DagCode* code) const {
  const v1::TaskContext& context = grant.context();
  auto time = [](bool present, const google::protobuf::Timestamp& t) -> nlohmann::json {
    if (!present) return nullptr;
    return FormatTimeOffset(FromProto(t));
  };
  // Whatever the rule about `env` takes away is already gone from base_env: the task's environment
  // is base_env with the rendered `env` over it, and the task's variables over both.
  v1::BashWork without_env = bash;
  without_env.clear_env();
  nlohmann::json out = {
      {"command", bash.command()},
      {"env", ToJson(Environment(bash.env().begin(), bash.env().end()))},
      {"has_env", bash.has_env()},
      {"append_env", bash.append_env()},
      {"cwd", bash.cwd()},
      {"as_is", std::vector<std::string>(bash.as_is().begin(), bash.as_is().end())},
      {"base_env", ToJson(BashEnvironment(without_env, inherited_, task_variables))},
      {"task_env", ToJson(task_variables)},
      {"context",
       {{"dag_id", context.dag_id()},
        {"run_id", context.run_id()},
        {"task_id", context.task_id()},
        {"owner", context.owner()},
        {"map_index", grant.attempt().map_index()},
        {"try_number", context.try_number()},
        {"max_tries", context.max_tries()},
        {"logical_date", time(context.has_logical_date(), context.logical_date())},
        {"data_interval_start",
         time(context.has_data_interval_start(), context.data_interval_start())},
        {"data_interval_end", time(context.has_data_interval_end(), context.data_interval_end())},
        {"run_after", time(context.has_run_after(), context.run_after())},
        {"run_type", context.run_type()},
        {"conf_json", context.conf_json()},
        {"params_json", context.params_json()},
        {"fileloc", FileHere(context.fileloc(), code)},
        {"dag_run_start_date",
         time(context.has_dag_run_start_date(), context.dag_run_start_date())},
        {"dag_run_queued_at", time(context.has_dag_run_queued_at(), context.dag_run_queued_at())},
        {"prev_logical_date", time(context.has_prev_logical_date(), context.prev_logical_date())},
        {"next_logical_date", time(context.has_next_logical_date(), context.next_logical_date())},
        {"log_url", context.log_url()},
        {"needs_dag_file", bash.needs_dag_file()}}},
  };
  if (bash.needs_previous_success()) {
    const auto& success = context.previous_success();
    out["context"]["previous_success"] = {
        {"logical_date", time(success.has_logical_date(), success.logical_date())},
        {"data_interval_start",
         time(success.has_data_interval_start(), success.data_interval_start())},
        {"data_interval_end", time(success.has_data_interval_end(), success.data_interval_end())},
        {"start_date", time(success.has_start_date(), success.start_date())},
        {"end_date", time(success.has_end_date(), success.end_date())}};
  }
  return out.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

Result<keeper::SpawnRequest> BashRunner::Prepare(const v1::Grant& grant,
                                                 const DagCode* code) const {
  if (!grant.has_bash())
    return Unimplemented("this worker runs bash and Python tasks; the grant has neither");
  GALE_ASSIGN_OR_RETURN(const v1::BashWork bash,
                        WithArguments(grant.bash(), grant.arguments_json()));
  if (bash.command().size() > limits::kCommandBytesMax) {
    return InvalidArgument("the command has {} bytes, over the limit of {} (kCommandBytesMax)",
                           bash.command().size(), limits::kCommandBytesMax);
  }
  AttemptId id = FromProto(grant.attempt());
  StoredGrant stored{grant, 0};
  stored.grant.clear_arguments_json();
  *stored.grant.mutable_bash() = bash;
  stored.grant.mutable_bash()->clear_command();
  stored.grant.mutable_bash()->clear_env();

  keeper::SpawnRequest spawn;
  spawn.key = id.ToString();
  spawn.cwd = bash.cwd();
  spawn.log_path = files_.LogPath(id);
  spawn.kill_grace = options_.kill_grace;
  spawn.timeout = FromProto(grant.execution_timeout());
  Environment task_variables = TaskVariables(grant);
  if (bash.templated()) {
    // cwd may be a template too: the SDK's process checks it and goes there.
    spawn.cwd.clear();
    GALE_ASSIGN_OR_RETURN(std::string json, TaskJson(grant, bash, task_variables, code));
    GALE_RETURN_IF_ERROR(files_.WriteTask(id, json));
    Environment environment = inherited_;
    for (auto& [name, value] : task_variables) environment[name] = value;
    std::string& path = environment["PYTHONPATH"];
    if (!options_.sdk.empty()) path = path.empty() ? options_.sdk : options_.sdk + ":" + path;
    if (path.empty()) environment.erase("PYTHONPATH");
    if (code != nullptr) environment["GALE_DAGS_FOLDER"] = code->tree;
    environment["GALE_TASK_FILE"] = files_.TaskPath(id);
    if (!options_.home.empty()) environment["GALE_HOME"] = options_.home;
    spawn.argv = {options_.python, "-m", "gale.bash_task"};
    spawn.env = ToStrings(environment);
    stored.output_offset = files_.LogSize(id);
  } else {
    spawn.argv = {"/bin/bash", "-c", bash.command()};
    spawn.env = ToStrings(BashEnvironment(bash, inherited_, task_variables));
    GALE_ASSIGN_OR_RETURN(stored.output_offset, files_.AppendLog(id, Header(bash.command())));
  }
  GALE_RETURN_IF_ERROR(files_.WriteGrant(id, stored));
  if (!spawn.cwd.empty()) GALE_RETURN_IF_ERROR(CheckCwd(spawn.cwd));
  return spawn;
}

void BashRunner::Conclude(const Conclusion& c, v1::Finished* out) const {
  SetOutcome(c.ending, c.exited, c.stored.grant, out);
  const uint64_t output_end = files_.LogSize(c.ending.attempt);
  EndLog(files_, c, Footer(c.ending, *out), out);
  if (out->outcome() == v1::Finished::SUCCESS && c.stored.grant.do_xcom_push()) {
    AddXCom(c.ending, c.stored, output_end, out);
  }
}

void BashRunner::AddXCom(const Ending& ending, const StoredGrant& stored, uint64_t output_end,
                         v1::Finished* out) const {
  uint64_t start = stored.output_offset;
  if (stored.grant.bash().templated()) {
    start = files_.OutputStart(ending.attempt, start, output_end);
  }
  auto line = files_.LastLine(ending.attempt, start, output_end, limits::kXComBytesMax);
  if (line.ok() && line->has_value()) {
    const bool is_json = stored.grant.bash().output_json();
    if (is_json && !nlohmann::json::accept(**line)) {
      out->set_outcome(v1::Finished::FAILED);
      out->set_reason("its output's last line is no JSON, as output_processor=json.loads wants it");
      auto size = files_.AppendLog(ending.attempt, "Task failed: " + out->reason() + "\n");
      if (size.ok()) out->set_log_bytes(*size);
      return;
    }
    v1::XCom* xcom = out->add_xcoms();
    xcom->set_key(std::string(kXComKey));
    xcom->set_value_json(is_json ? **line : ToJsonString(**line));
    return;
  }
  std::string why =
      line.ok() ? fmt::format("No XCom: the last line is longer than {} bytes (kXComBytesMax)\n",
                              limits::kXComBytesMax)
                : fmt::format("No XCom: {}\n", line.status().message());
  if (auto size = files_.AppendLog(ending.attempt, why); size.ok()) out->set_log_bytes(*size);
}

}  // namespace gale::worker
