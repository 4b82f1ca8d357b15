#include "worker/runner/environment.h"

#include <algorithm>

#include "common/rpc/convert.h"

namespace gale::worker {

Environment WithoutSecrets(const std::vector<std::string>& environ,
                           const std::vector<std::string>& secrets) {
  Environment kept;
  for (const std::string& variable : environ) {
    size_t equals = variable.find('=');
    if (equals == std::string::npos || equals == 0) continue;
    std::string value = variable.substr(equals + 1);
    bool secret = std::any_of(secrets.begin(), secrets.end(), [&](const std::string& s) {
      return !s.empty() && value.find(s) != std::string::npos;
    });
    if (!secret) kept[variable.substr(0, equals)] = std::move(value);
  }
  return kept;
}

Environment TaskVariables(const v1::Grant& grant) {
  const v1::TaskContext& context = grant.context();
  AttemptId id = FromProto(grant.attempt());
  // As people count them; the attempt's counts starts.
  const uint32_t try_number = context.try_number() > 0 ? context.try_number() : id.try_number;
  Environment out = {
      {"AIRFLOW_CTX_DAG_ID", context.dag_id()},
      {"AIRFLOW_CTX_TASK_ID", context.task_id()},
      {"AIRFLOW_CTX_DAG_RUN_ID", context.run_id()},
      {"AIRFLOW_CTX_TRY_NUMBER", std::to_string(try_number)},
      {"AIRFLOW_CTX_DAG_OWNER", context.owner()},
      {"GALE_DAG_ID", context.dag_id()},
      {"GALE_RUN_ID", context.run_id()},
      {"GALE_TASK_ID", context.task_id()},
      {"GALE_MAP_INDEX", std::to_string(id.map_index)},
      {"GALE_TRY_NUMBER", std::to_string(try_number)},
      {"GALE_ATTEMPT", id.ToString()},
      {"GALE_IDEMPOTENCY_TOKEN", context.idempotency_token()},
  };
  if (context.has_logical_date()) {
    std::string date = FormatTimeOffset(FromProto(context.logical_date()));
    out["AIRFLOW_CTX_EXECUTION_DATE"] = date;
    out["AIRFLOW_CTX_LOGICAL_DATE"] = date;  // Airflow 3's name for it
  }
  std::erase_if(out, [](const auto& variable) { return variable.second.empty(); });
  return out;
}

Environment BashEnvironment(const v1::BashWork& bash, const Environment& inherited,
                            const Environment& task_variables) {
  Environment out;
  if (!bash.has_env() || bash.append_env()) out = inherited;
  for (const auto& [name, value] : bash.env()) out[name] = value;
  for (const auto& [name, value] : task_variables) out[name] = value;
  return out;
}

std::vector<std::string> ToStrings(const Environment& environment) {
  std::vector<std::string> out;
  out.reserve(environment.size());
  for (const auto& [name, value] : environment) out.push_back(name + "=" + value);
  return out;
}

}  // namespace gale::worker
