#include "master/api/task_calls.h"

#include "common/base/text.h"
#include "common/base/text_limits.h"
#include "common/rpc/convert.h"

namespace gale {
namespace {

v1::TaskAnswer ToProto(const TaskReply& reply) {
  v1::TaskAnswer out;
  out.set_body_json(reply.body);
  out.set_error(reply.error);
  if (!reply.detail.is_null()) out.set_detail_json(WriteJson(reply.detail));
  return out;
}

}  // namespace

TaskReply Refuse(std::string error, Json detail) {
  return {"null", std::move(error), std::move(detail)};
}

TaskReply Done(bool ok) { return {fmt::format(R"({{"type": "OKResponse", "ok": {}}})", ok)}; }

TaskCalls::TaskCalls(Control& control, Engine& engine, Store& store)
    : control_(control), engine_(engine), store_(store) {
  AddXComCalls(*this, {control_, engine_, store.reads()});
  AddRunCalls(*this, {control_, engine_, store.reads()});
}

Result<TaskAsk> TaskCalls::Read(const v1::TaskQuestion& question) {
  TaskAsk ask;
  ask.attempt = FromProto(question.attempt());
  if (!tokens_.Is(ask.attempt, question.token())) {
    return Unauthenticated("the token is not that of attempt {}", ask.attempt.ToString());
  }
  const TiKey key{ask.attempt.run, ask.attempt.task, ask.attempt.map_index};
  GALE_ASSIGN_OR_RETURN(std::optional<TiRow> row, store_.reads().GetTi(key));
  if (!row || !row->live || row->try_number != ask.attempt.try_number ||
      row->state != TiState::kRunning) {
    return FailedPrecondition("attempt {} isn't running any more", ask.attempt.ToString());
  }
  if (!question.worker().empty() && question.worker() != row->worker) {
    return FailedPrecondition("attempt {} runs on worker '{}', not '{}'", ask.attempt.ToString(),
                              row->worker, RepairText(question.worker(), limits::kIdBytesMax));
  }
  ask.ti = *std::move(row);
  GALE_ASSIGN_OR_RETURN(RunView run, control_.GetRunById(ask.attempt.run));
  ask.run = std::make_shared<const RunView>(std::move(run));
  return ask;
}

Result<v1::TaskAnswer> TaskCalls::Answer(const v1::TaskQuestion& question) {
  GALE_ASSIGN_OR_RETURN(TaskAsk ask, Read(question));
  ask.raw = question.body_json();
  auto answer = [&]() -> Result<TaskReply> {
    GALE_ASSIGN_OR_RETURN(ask.body, ParseJsonObject("the question", ask.raw));
    GALE_ASSIGN_OR_RETURN(const std::string type, TaskFields(ask.body).Text("type"));
    const auto found = answerers_.find(type);
    if (found == answerers_.end()) {
      return InvalidArgument("there is no question '{}'", RepairText(type, limits::kIdBytesMax));
    }
    return found->second(ask);
  };
  const Result<TaskReply> reply = answer();
  if (reply.ok()) return ToProto(*reply);
  const Status& why = reply.status();
  if (why.code() == Code::kUnavailable || why.code() == Code::kFailedPrecondition) return why;
  return ToProto(Refuse("GENERIC_ERROR", {{"message", std::string(why.message())}}));
}

const Json* TaskFields::Find(const char* name) const {
  const auto found = body_.find(name);
  return found == body_.end() || found->is_null() ? nullptr : &*found;
}

Result<std::optional<std::string>> TaskFields::MaybeText(const char* name) const {
  const Json* value = Find(name);
  if (value == nullptr) return std::optional<std::string>();
  if (value->is_string()) return std::optional(value->get<std::string>());
  return InvalidArgument("{}: must be a text, not {}", name, value->type_name());
}

Result<std::string> TaskFields::Text(const char* name) const {
  GALE_ASSIGN_OR_RETURN(std::optional<std::string> text, MaybeText(name));
  if (text) return *std::move(text);
  return InvalidArgument("{}: it is missing", name);
}

Result<std::optional<int64_t>> TaskFields::MaybeInt(const char* name) const {
  const Json* value = Find(name);
  if (value == nullptr) return std::optional<int64_t>();
  if (value->is_number_integer()) return std::optional(value->get<int64_t>());
  return InvalidArgument("{}: must be a whole number, not {}", name, value->type_name());
}

Result<bool> TaskFields::Flag(const char* name) const {
  const Json* value = Find(name);
  if (value == nullptr) return false;
  if (value->is_boolean()) return value->get<bool>();
  return InvalidArgument("{}: must be true or false, not {}", name, value->type_name());
}

Result<std::optional<TimePoint>> TaskFields::MaybeTime(const char* name) const {
  GALE_ASSIGN_OR_RETURN(const std::optional<std::string> text, MaybeText(name));
  if (!text) return std::optional<TimePoint>();
  Result<TimePoint> time = ParseTime(*text);
  if (!time.ok()) return time.status().WithContext(name);
  return std::optional(*time);
}

Result<std::optional<std::vector<std::string>>> TaskFields::MaybeTexts(const char* name) const {
  const Json* value = Find(name);
  if (value == nullptr) return std::optional<std::vector<std::string>>();
  std::vector<std::string> texts;
  if (value->is_string()) {
    texts.push_back(value->get<std::string>());
    return std::optional(std::move(texts));
  }
  if (!value->is_array()) {
    return InvalidArgument("{}: must be a list of texts, not {}", name, value->type_name());
  }
  if (value->size() > limits::kAskNamesMax) {
    return InvalidArgument("{}: has {} entries; at most {} are taken (kAskNamesMax)", name,
                           value->size(), limits::kAskNamesMax);
  }
  for (const Json& each : *value) {
    if (!each.is_string() && !each.is_null()) {
      return InvalidArgument("{}: must hold texts, not {}", name, each.type_name());
    }
    texts.push_back(each.is_null() ? "" : each.get<std::string>());
  }
  return std::optional(std::move(texts));
}

}  // namespace gale
