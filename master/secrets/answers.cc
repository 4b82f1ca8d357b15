#include "master/secrets/answers.h"

namespace gale {
namespace {

using nlohmann::json;

Result<std::string> TextOf(const json& question, const char* name) {
  const auto found = question.find(name);
  if (found != question.end() && found->is_string()) return found->get<std::string>();
  return InvalidArgument("a question about variables and connections needs a text '{}'", name);
}

// `status` as an answer, if it says that there is none.
Result<json> NotThere(const Status& status, std::string_view error, const char* name,
                      const std::string& key) {
  if (status.code() != Code::kNotFound) return status;
  return json{{"error", error}, {"detail", {{name, key}, {"message", status.message()}}}};
}

Result<json> GetVariable(Secrets& secrets, const json& question) {
  GALE_ASSIGN_OR_RETURN(const std::string key, TextOf(question, "key"));
  const Result<Variable> found = secrets.GetVariable(key);
  if (!found.ok()) return NotThere(found.status(), "VARIABLE_NOT_FOUND", "key", key);
  return json{{"type", "VariableResult"}, {"key", key}, {"value", found->value}};
}

Result<json> PutVariable(Secrets& secrets, const json& question, const std::string& owner) {
  Variable variable;
  GALE_ASSIGN_OR_RETURN(variable.key, TextOf(question, "key"));
  GALE_ASSIGN_OR_RETURN(variable.value, TextOf(question, "value"));
  if (const auto said = question.find("description"); said != question.end() && said->is_string()) {
    variable.description = said->get<std::string>();
  }
  GALE_RETURN_IF_ERROR(secrets.PutVariable(variable, owner));
  return json{{"type", "OKResponse"}, {"ok", true}};
}

Result<json> DeleteVariable(Secrets& secrets, const json& question, const std::string& owner) {
  GALE_ASSIGN_OR_RETURN(const std::string key, TextOf(question, "key"));
  const Status gone = secrets.DeleteVariable(key, owner);
  if (!gone.ok() && gone.code() != Code::kNotFound) return gone;
  return json{{"type", "OKResponse"}, {"ok", gone.ok()}};
}

Result<json> GetConnection(Secrets& secrets, const json& question) {
  GALE_ASSIGN_OR_RETURN(const std::string conn_id, TextOf(question, "conn_id"));
  const Result<Connection> found = secrets.GetConnection(conn_id);
  if (!found.ok()) return NotThere(found.status(), "CONNECTION_NOT_FOUND", "conn_id", conn_id);
  json answer = ConnectionToJson(*found);
  answer["type"] = "ConnectionResult";
  answer["conn_id"] = conn_id;
  return answer;
}

Result<json> Answer(Secrets& secrets, const json& question, const std::string& owner) {
  if (!question.is_object()) return InvalidArgument("expected a question");
  GALE_ASSIGN_OR_RETURN(const std::string type, TextOf(question, "type"));
  if (type == "GetVariable") return GetVariable(secrets, question);
  if (type == "PutVariable") return PutVariable(secrets, question, owner);
  if (type == "DeleteVariable") return DeleteVariable(secrets, question, owner);
  if (type == "GetConnection") return GetConnection(secrets, question);
  return InvalidArgument("'{}' asks for no variable or connection", type);
}

}  // namespace

bool IsSecretsQuestion(std::string_view type) {
  return type == "GetVariable" || type == "PutVariable" || type == "DeleteVariable" ||
         type == "GetConnection";
}

Result<json> AnswerSecretsQuestion(Secrets& secrets, const json& question,
                                   const std::string& owner) {
  Result<json> answer = Answer(secrets, question, owner);
  const Code code = answer.status().code();
  if (code != Code::kFailedPrecondition && code != Code::kDataLoss) return answer;
  return json{{"error", "GENERIC_ERROR"}, {"detail", answer.status().message()}};
}

std::string AnswerSecretsText(Secrets& secrets, std::string_view question,
                              const std::string& owner) {
  Result<json> answer = AnswerSecretsQuestion(
      secrets, json::parse(question, nullptr, /*allow_exceptions=*/false), owner);
  if (!answer.ok()) {
    answer = json{{"error", "GENERIC_ERROR"}, {"detail", answer.status().message()}};
  }
  return answer->dump(-1, ' ', /*ensure_ascii=*/false, json::error_handler_t::replace);
}

}  // namespace gale
