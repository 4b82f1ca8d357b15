// What a task, and a DAG file while it is read, is answered about variables and connections: the messages
// of the task's channel, as Airflow's supervisor has them.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "common/base/status.h"
#include "master/secrets/secrets.h"

namespace gale {

// GetVariable, PutVariable, DeleteVariable, GetConnection.
bool IsSecretsQuestion(std::string_view type);

// The answer's body: {"type": "VariableResult", "key", "value"}; {"type": "OKResponse", "ok"};
// {"type": "ConnectionResult", "conn_id", "conn_type", "host", ...}; or, of what isn't there,
// {"error": "VARIABLE_NOT_FOUND", "detail": {"key", "message"}} and CONNECTION_NOT_FOUND; of what can't be
// opened here {"error": "GENERIC_ERROR", "detail": the sentence}. Another status than OK: it can't be
// answered now (UNAVAILABLE), or never (INVALID_ARGUMENT: no question, or without its key). `owner`: who
// asks, for the trail.
Result<nlohmann::json> AnswerSecretsQuestion(Secrets& secrets, const nlohmann::json& question,
                                             const std::string& owner);

// The same as text, for who passes both on: what can't be answered is
// {"error": "GENERIC_ERROR", "detail": the sentence}.
std::string AnswerSecretsText(Secrets& secrets, std::string_view question,
                              const std::string& owner);

}  // namespace gale
