// Variables and connections that a running task asks for: master/secrets answers.
#include "common/base/text.h"
#include "master/api/task_calls.h"
#include "master/secrets/answers.h"

namespace gale {
namespace {

constexpr size_t kOwnerBytesMax = 500;  // as the audit trail's

// Who it is in the audit trail.
std::string OwnerOf(const TaskAsk& ask) {
  return RepairText(fmt::format("task:{}.{}", ask.run->row.dag_id, ask.task().task_id),
                    kOwnerBytesMax);
}

Result<TaskReply> AnswerOf(Secrets& secrets, const TaskAsk& ask) {
  const nlohmann::json question = ask.body;
  GALE_ASSIGN_OR_RETURN(const nlohmann::json answer,
                        AnswerSecretsQuestion(secrets, question, OwnerOf(ask)));
  if (const auto error = answer.find("error"); error != answer.end()) {
    return Refuse(error->get<std::string>(), Json(answer.value("detail", nlohmann::json())));
  }
  return TaskReply{WriteJson(Json(answer))};
}

}  // namespace

void AddSecretsCalls(TaskCalls& calls, Secrets& secrets) {
  for (const char* type : {"GetVariable", "PutVariable", "DeleteVariable", "GetConnection"}) {
    GALE_CHECK(IsSecretsQuestion(type), "{}", type);
    calls.Add(type, [&secrets](const TaskAsk& ask) { return AnswerOf(secrets, ask); });
  }
}

}  // namespace gale
