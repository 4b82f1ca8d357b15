// Verbs: Airflow's bulk requests about variables and connections.
#include "master/api/bulk.h"
#include "master/api/verbs.h"
#include "master/secrets/secrets.h"

namespace gale::verbs {
namespace {

Status CheckKeys(const Json& entity, std::initializer_list<std::string_view> known) {
  for (const auto& [name, value] : entity.items()) {
    if (std::ranges::find(known, name) == known.end()) {
      return InvalidArgument("'{}' is unknown there", name);
    }
  }
  return OkStatus();
}

Result<bool> IsThere(const Status& found) {
  if (found.ok()) return true;
  if (found.code() == Code::kNotFound) return false;
  return found;
}

Status First(const Result<std::vector<Status>>& done) {
  return done.ok() ? done->front() : done.status();
}

// What the entity says goes into the variable.
Status Fill(const Json& entity, const Masking& masking, Variable& variable) {
  GALE_RETURN_IF_ERROR(CheckKeys(entity, {"key", "value", "description", "team_name"}));
  variable.key = entity["key"].get<std::string>();
  if (const auto value = entity.find("value"); value != entity.end()) {
    const std::string said = value->is_string() ? value->get<std::string>() : WriteJson(*value);
    variable.value = masking.UnmaskVariable(variable.key, said, variable.value);
  }
  if (const auto text = entity.find("description"); text != entity.end()) {
    if (!text->is_string() && !text->is_null()) return InvalidArgument("description: no text");
    variable.description = text->is_null() ? "" : text->get<std::string>();
  }
  return OkStatus();
}

Status Fill(const Json& entity, const Masking&, Connection& connection) {
  GALE_RETURN_IF_ERROR(
      CheckKeys(entity, {"connection_id", "conn_type", "description", "host", "login", "schema",
                         "port", "password", "extra", "team_name"}));
  nlohmann::json fields = ConnectionToJson(connection);
  for (const auto& [name, value] : entity.items()) {
    if (name == "connection_id" || name == "team_name") continue;
    if (name == "password" && value == std::string(kMask)) continue;
    fields[name] = nlohmann::json(value);
  }
  GALE_ASSIGN_OR_RETURN(Connection said, ConnectionFromJson(fields));
  said.conn_id = entity["connection_id"].get<std::string>();
  said.extra = Masking::UnmaskExtra(said.extra, connection.extra);
  connection = std::move(said);
  return OkStatus();
}

OnExisting OnExistingOf(bool overwrite) {
  return overwrite ? OnExisting::kOverwrite : OnExisting::kKeep;
}

}  // namespace

Result<v1::BulkResponse> BulkVariables(Control& control, const v1::BulkRequest& request,
                                       const Actor& actor) {
  GALE_ASSIGN_OR_RETURN(Secrets * secrets, control.secrets());
  BulkOf of;
  of.noun = "variable";
  of.key = "key";
  of.exists = [&](const std::string& key) { return IsThere(secrets->GetVariable(key).status()); };
  of.create = [&](const Json& entity, bool overwrite) -> Status {
    Variable variable;
    if (!entity.contains("value")) return InvalidArgument("value: is missing");
    GALE_RETURN_IF_ERROR(Fill(entity, secrets->masking(), variable));
    return First(secrets->PutVariables({variable}, OnExistingOf(overwrite), actor.name));
  };
  of.update = [&](const Json& entity) {
    return secrets
        ->ChangeVariable(
            entity["key"].get<std::string>(),
            [&](Variable& variable) { return Fill(entity, secrets->masking(), variable); },
            actor.name)
        .status();
  };
  of.remove = [&](const std::string& key) { return secrets->DeleteVariable(key, actor.name); };
  return DoBulk(request.actions_json(), of);
}

Result<v1::BulkResponse> BulkConnections(Control& control, const v1::BulkRequest& request,
                                         const Actor& actor) {
  GALE_ASSIGN_OR_RETURN(Secrets * secrets, control.secrets());
  BulkOf of;
  of.noun = "connection";
  of.key = "connection_id";
  of.exists = [&](const std::string& key) { return IsThere(secrets->GetConnection(key).status()); };
  of.create = [&](const Json& entity, bool overwrite) -> Status {
    Connection connection;
    GALE_RETURN_IF_ERROR(Fill(entity, secrets->masking(), connection));
    return First(secrets->PutConnections({connection}, OnExistingOf(overwrite), actor.name));
  };
  of.update = [&](const Json& entity) {
    return secrets
        ->ChangeConnection(
            entity["connection_id"].get<std::string>(),
            [&](Connection& connection) { return Fill(entity, secrets->masking(), connection); },
            actor.name)
        .status();
  };
  of.remove = [&](const std::string& key) { return secrets->DeleteConnection(key, actor.name); };
  return DoBulk(request.actions_json(), of);
}

}  // namespace gale::verbs
