#include "worker/tasks/task_desk.h"

#include "common/base/limits.h"
#include "common/base/text_limits.h"
#include "worker/runner/json_parts.h"
#include "worker/runner/runner.h"
#include "worker/runner/said.h"

namespace gale::worker {
namespace {

TaskDesk::Answer Fine() { return {std::string(kOk), "", ""}; }

// Not by how far it is right.
bool Same(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  unsigned char differ = 0;
  for (size_t i = 0; i < a.size(); ++i) differ |= static_cast<unsigned char>(a[i] ^ b[i]);
  return differ == 0;
}

// Whether it is about the attempt's own result. One that is short enough goes with its end: that
// saves the master a commit. Whoever else needs it starts after the end.
bool IsOwnResult(const TaskDesk::Welcomed& who, std::string_view message) {
  if (message.size() > limits::kXComValueBytesMax) return false;
  const auto fields = JsonFields(message);
  if (!fields || TextField(*fields, "key") != kReturnValueKey) return false;
  const auto index = fields->find("map_index");
  const std::string_view own_index = index == fields->end() ? "-1" : index->second;
  return TextField(*fields, "dag_id") == who.dag_id && TextField(*fields, "run_id") == who.run_id &&
         TextField(*fields, "task_id") == who.task_id &&
         (own_index == std::to_string(who.attempt.map_index) || own_index == "null");
}

}  // namespace

Result<TaskDesk::Welcomed> TaskDesk::Welcome(const Question& hello) const {
  if (hello.type != "Hello") return InvalidArgument("a line's first word is Hello");
  const auto fields = JsonFields(hello.body);
  const std::string key = fields ? TextField(*fields, "attempt") : "";
  const auto attempt = AttemptId::Parse(key);
  if (!attempt.ok()) return InvalidArgument("'{}' is no attempt", key);
  const auto stored = files_.ReadGrant(*attempt);
  if (stored.status().code() == Code::kNotFound) {
    return NotFound("this worker knows no attempt {}: it is over", key);
  }
  if (!stored.ok()) return AsUnavailable(stored.status());
  if (stored->secret.empty() || !Same(stored->secret, TextField(*fields, "secret"))) {
    return PermissionDenied("attempt {} has another secret", key);
  }
  auto details = files_.ReadTask(*attempt);
  if (!details.ok()) return AsUnavailable(details.status());
  const v1::TaskContext& context = stored->grant.context();
  return Welcomed{*attempt,         stored->grant.task_token(), context.dag_id(),
                  context.run_id(), context.task_id(),          std::move(*details)};
}

Result<std::optional<TaskDesk::Answer>> TaskDesk::Ask(const Welcomed& who,
                                                      const Question& question) const {
  if (IsEnd(question.type)) {
    const auto end = EndToKeep(question.body);
    return Keep(who, end.value_or(""), limits::kTaskSaidBytesMax + limits::kTaskEndBytesMax);
  }
  if (question.type == "MaskSecret") return std::optional(Fine());  // the SDK masks it
  if (question.type == "GetXCom" && IsOwnResult(who, question.body)) return OwnResult(who);
  const bool stays = question.type == "SetRenderedFields" ||
                     question.type == "SkipDownstreamTasks" ||
                     (question.type == "SetXCom" && IsOwnResult(who, question.body));
  if (!stays) return std::optional<Answer>();
  return Keep(who, question.body, limits::kTaskSaidBytesMax);
}

Result<std::optional<TaskDesk::Answer>> TaskDesk::OwnResult(const Welcomed& who) const {
  GALE_ASSIGN_OR_RETURN(const auto said, files_.ReadSaid(who.attempt));
  v1::Finished so_far;
  (void)TakeSaid(said, &so_far);
  if (so_far.xcoms().empty()) return std::optional<Answer>();  // an earlier try's, perhaps
  return std::optional(Answer{fmt::format(R"({{"type":"XComResult","key":"{}","value":{}}})",
                                          kReturnValueKey, so_far.xcoms(0).value_json()),
                              "", ""});
}

Result<std::optional<TaskDesk::Answer>> TaskDesk::Keep(const Welcomed& who,
                                                       std::string_view message,
                                                       size_t bytes_max) const {
  const Status kept = files_.AppendSaid(who.attempt, message, bytes_max);
  if (kept.ok()) return std::optional(Fine());
  if (kept.code() == Code::kResourceExhausted) {
    return std::optional(Answer{"", "GENERIC_ERROR", ToJsonString(kept.message())});
  }
  return AsUnavailable(kept);
}

}  // namespace gale::worker
