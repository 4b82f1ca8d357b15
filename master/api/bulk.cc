#include "master/api/bulk.h"

#include <fmt/ranges.h>

#include <algorithm>

namespace gale {
namespace {

struct Action {
  enum class Kind : uint8_t { kCreate, kUpdate, kDelete } kind = Kind::kCreate;
  // Of entities whose state isn't what the action wants (there already, or not there).
  enum class Otherwise : uint8_t { kFail, kSkip, kOverwrite } otherwise = Otherwise::kFail;
  std::vector<Json> entities;
  std::vector<std::string> keys;  // of each
};

template <size_t kWords>
Result<size_t> WordOf(const Json& action, const char* name,
                      const std::string_view (&words)[kWords]) {
  const auto found = action.find(name);
  const std::string said =
      found == action.end() || !found->is_string() ? "" : found->get<std::string>();
  for (size_t i = 0; i < kWords; ++i) {
    if (words[i] == said) return i;
  }
  return InvalidArgument("{}: '{}' is none of {}", name, said, fmt::join(words, ", "));
}

Result<Action> ReadAction(const Json& json, const BulkOf& of) {
  if (!json.is_object()) return InvalidArgument("expected an object");
  Action action;
  static constexpr std::string_view kKinds[] = {"create", "update", "delete"};
  GALE_ASSIGN_OR_RETURN(const size_t kind, WordOf(json, "action", kKinds));
  action.kind = static_cast<Action::Kind>(kind);
  const bool create = action.kind == Action::Kind::kCreate;
  const char* otherwise = create ? "action_on_existence" : "action_on_non_existence";
  if (json.contains(otherwise)) {
    static constexpr std::string_view kOtherwise[] = {"fail", "skip", "overwrite"};
    GALE_ASSIGN_OR_RETURN(const size_t word, WordOf(json, otherwise, kOtherwise));
    action.otherwise = static_cast<Action::Otherwise>(word);
    if (!create && action.otherwise == Action::Otherwise::kOverwrite) {
      return InvalidArgument("{}: 'overwrite' is none of fail, skip", otherwise);
    }
  }
  for (const auto& [name, value] : json.items()) {
    if (name != "action" && name != "entities" && name != otherwise) {
      return InvalidArgument("'{}' is unknown there", name);
    }
  }
  const auto entities = json.find("entities");
  if (entities == json.end() || !entities->is_array()) {
    return InvalidArgument("entities: expected a list");
  }
  for (const Json& entity : *entities) {
    const bool named = action.kind == Action::Kind::kDelete && entity.is_string();
    if (!named && (!entity.is_object() || !entity.contains(of.key) || !entity[of.key].is_string()))
      return InvalidArgument("entities: each needs its {}", of.key);
    action.keys.push_back(named ? entity.get<std::string>() : entity[of.key].get<std::string>());
    action.entities.push_back(entity);
  }
  return action;
}

struct Outcome {
  Json success = Json::array(), errors = Json::array();

  void Fail(int status, const std::string& error) {
    errors.push_back({{"error", error}, {"status_code", status}});
  }
  std::string ToJson() const { return WriteJson({{"success", success}, {"errors", errors}}); }
};

int HttpStatusOf(Code code) {
  switch (code) {
    case Code::kNotFound: return 404;
    case Code::kAlreadyExists: return 409;
    case Code::kInvalidArgument: return 422;
    default: return 500;
  }
}

// Those of the action's keys that aren't as it wants them.
Result<std::vector<std::string>> Unfit(const Action& action, const BulkOf& of) {
  std::vector<std::string> unfit;
  for (const std::string& key : action.keys) {
    GALE_ASSIGN_OR_RETURN(const bool there, of.exists(key));
    if (there == (action.kind == Action::Kind::kCreate)) unfit.push_back(key);
  }
  return unfit;
}

Status DoOne(const Action& action, size_t i, const BulkOf& of) {
  switch (action.kind) {
    case Action::Kind::kCreate:
      return of.create(action.entities[i], action.otherwise == Action::Otherwise::kOverwrite);
    case Action::Kind::kUpdate: return of.update(action.entities[i]);
    case Action::Kind::kDelete: return of.remove(action.keys[i]);
  }
  return OkStatus();
}

Status DoAction(const Action& action, const BulkOf& of, Outcome& outcome) {
  std::vector<std::string> unfit;
  if (action.otherwise != Action::Otherwise::kOverwrite) {
    GALE_ASSIGN_OR_RETURN(unfit, Unfit(action, of));
    if (!unfit.empty() && action.otherwise == Action::Otherwise::kFail) {
      const bool create = action.kind == Action::Kind::kCreate;
      outcome.Fail(create ? 409 : 404, fmt::format("{}: {}s {}: nothing of this action was done",
                                                   create ? "exist already" : "don't exist",
                                                   of.noun, fmt::join(unfit, ", ")));
      return OkStatus();
    }
  }
  for (size_t i = 0; i < action.keys.size(); ++i) {
    if (std::ranges::find(unfit, action.keys[i]) != unfit.end()) continue;
    const Status done = DoOne(action, i, of);
    if (done.ok()) {
      outcome.success.push_back(action.keys[i]);
    } else {
      outcome.Fail(HttpStatusOf(done.code()), std::string(done.message()));
    }
  }
  return OkStatus();
}

}  // namespace

Result<v1::BulkResponse> DoBulk(const std::string& actions_json, const BulkOf& of) {
  GALE_ASSIGN_OR_RETURN(const Json list, ParseJson("actions", actions_json));
  if (!list.is_array()) return InvalidArgument("actions: expected a list");
  std::vector<Action> actions;
  size_t entities = 0;
  for (size_t i = 0; i < list.size(); ++i) {
    Result<Action> action = ReadAction(list[i], of);
    if (!action.ok()) return action.status().WithContext(fmt::format("actions.{}", i));
    entities += action->keys.size();
    actions.push_back(*std::move(action));
  }
  if (entities > kBulkEntitiesMax) {
    return InvalidArgument("actions: {} entities; at most {} are taken at once", entities,
                           kBulkEntitiesMax);
  }
  std::optional<Outcome> outcomes[3];
  for (const Action& action : actions) {
    std::optional<Outcome>& outcome = outcomes[static_cast<size_t>(action.kind)];
    if (!outcome) outcome.emplace();
    GALE_RETURN_IF_ERROR(DoAction(action, of, *outcome));
  }
  auto text = [](const std::optional<Outcome>& outcome) {
    return outcome ? outcome->ToJson() : std::string("null");
  };
  v1::BulkResponse answer;
  answer.set_create_json(text(outcomes[0]));
  answer.set_update_json(text(outcomes[1]));
  answer.set_delete_json(text(outcomes[2]));
  return answer;
}

}  // namespace gale
