// Verbs: variables and connections.
#include "master/api/bulk.h"
#include "master/api/connection_proto.h"
#include "master/api/json.h"
#include "master/api/pages.h"
#include "master/api/verbs.h"
#include "master/secrets/secrets.h"

namespace gale::verbs {
namespace {

v1::Variable Shown(const Variable& variable, const Masking& masking, bool reveal) {
  v1::Variable out;
  out.set_key(variable.key);
  out.set_value(reveal ? variable.value : masking.OfVariable(variable.key, variable.value));
  out.set_description(variable.description);
  return out;
}

v1::Connection Shown(const Connection& connection, const Masking& masking, bool reveal) {
  v1::Connection out;
  out.set_conn_id(connection.conn_id);
  out.set_conn_type(connection.conn_type);
  out.set_description(connection.description);
  out.set_host(connection.host);
  out.set_schema(connection.schema);
  out.set_login(connection.login);
  if (connection.port) out.set_port(*connection.port);
  if (!connection.password.empty()) {
    out.set_password(reveal ? connection.password : std::string(kMask));
  }
  out.set_extra(reveal ? connection.extra : masking.OfExtra(connection.extra));
  return out;
}

// "~" is any; Airflow's '%' at either end is what a part means anyway.
std::string PatternOf(std::string_view pattern) {
  if (pattern == "~") return "";
  while (pattern.starts_with('%')) pattern.remove_prefix(1);
  while (pattern.ends_with('%')) pattern.remove_suffix(1);
  return std::string(pattern);
}

// A text as it is, anything else as JSON.
Result<std::string> ValueOf(const std::string& value_json) {
  GALE_ASSIGN_OR_RETURN(const Json value, ParseJson("value", value_json));
  return value.is_string() ? value.get<std::string>() : WriteJson(value);
}

Result<Variable> FromProto(const v1::SetVariableRequest& request) {
  Variable variable{request.key(), request.value(), request.description()};
  if (!request.value_json().empty()) {
    GALE_ASSIGN_OR_RETURN(variable.value, ValueOf(request.value_json()));
  }
  return variable;
}

// How an import treats what is there: overwrites it, or keeps it, which it calls an error, or skips.
struct Existing {
  OnExisting put = OnExisting::kOverwrite;
  bool skips = false;
};
Result<Existing> ExistingOf(const std::string& name) {
  if (name.empty() || name == "overwrite") return Existing{};
  if (name == "fail") return Existing{OnExisting::kKeep};
  if (name == "skip") return Existing{OnExisting::kKeep, /*skips=*/true};
  return InvalidArgument("'{}': expected overwrite, fail or skip", name);
}

v1::ImportResponse Imported(const std::vector<Status>& done, const Existing& existing) {
  v1::ImportResponse answer;
  for (const Status& status : done) {
    if (status.ok()) {
      answer.set_done(answer.done() + 1);
    } else if (existing.skips && status.code() == Code::kAlreadyExists) {
      answer.set_skipped(answer.skipped() + 1);
    } else {
      answer.add_errors(std::string(status.message()));
    }
  }
  return answer;
}

// Of one that may be there already; `put` is PutVariables or PutConnections.
Status OnlyStatus(const Result<std::vector<Status>>& done) {
  return done.ok() ? done->front() : done.status();
}

}  // namespace

// Variables.

Result<v1::ListVariablesResponse> ListVariables(Control& control,
                                                const v1::ListVariablesRequest& request,
                                                const Actor&) {
  GALE_ASSIGN_OR_RETURN(Secrets * secrets, control.secrets());
  SecretQuery query;
  ReadPage(request, query);
  query.pattern = PatternOf(request.key_pattern());
  GALE_ASSIGN_OR_RETURN(const Page<Variable> page, secrets->ListVariables(query));
  v1::ListVariablesResponse answer;
  for (const Variable& variable : page.rows) {
    *answer.add_variables() = Shown(variable, secrets->masking(), request.reveal());
  }
  answer.set_total_entries(page.total);
  return answer;
}

Result<v1::Variable> GetVariable(Control& control, const v1::GetVariableRequest& request,
                                 const Actor&) {
  GALE_ASSIGN_OR_RETURN(Secrets * secrets, control.secrets());
  GALE_ASSIGN_OR_RETURN(const Variable variable, secrets->GetVariable(request.key()));
  return Shown(variable, secrets->masking(), request.reveal());
}

Result<v1::Variable> CreateVariable(Control& control, const v1::SetVariableRequest& request,
                                    const Actor& actor) {
  GALE_ASSIGN_OR_RETURN(Secrets * secrets, control.secrets());
  GALE_ASSIGN_OR_RETURN(const Variable variable, FromProto(request));
  GALE_RETURN_IF_ERROR(
      OnlyStatus(secrets->PutVariables({variable}, OnExisting::kKeep, actor.name)));
  return Shown(variable, secrets->masking(), /*reveal=*/false);
}

Result<v1::Variable> SetVariable(Control& control, const v1::SetVariableRequest& request,
                                 const Actor& actor) {
  GALE_ASSIGN_OR_RETURN(Secrets * secrets, control.secrets());
  GALE_ASSIGN_OR_RETURN(const Variable variable, FromProto(request));
  GALE_RETURN_IF_ERROR(secrets->PutVariable(variable, actor.name));
  return Shown(variable, secrets->masking(), /*reveal=*/false);
}

Result<v1::Variable> PatchVariable(Control& control, const v1::PatchVariableRequest& request,
                                   const Actor& actor) {
  GALE_ASSIGN_OR_RETURN(Secrets * secrets, control.secrets());
  std::optional<std::string> value;
  if (request.has_value_json()) {
    GALE_ASSIGN_OR_RETURN(value, ValueOf(request.value_json()));
  }
  auto change = [&](Variable& variable) {
    // What was shown masked and comes back so stays.
    if (value) {
      variable.value = secrets->masking().UnmaskVariable(variable.key, *value, variable.value);
    }
    if (request.has_description()) variable.description = request.description();
    return OkStatus();
  };
  GALE_ASSIGN_OR_RETURN(const Variable variable,
                        secrets->ChangeVariable(request.key(), change, actor.name));
  return Shown(variable, secrets->masking(), /*reveal=*/false);
}

Result<v1::DeleteVariableResponse> DeleteVariable(Control& control,
                                                  const v1::DeleteVariableRequest& request,
                                                  const Actor& actor) {
  GALE_ASSIGN_OR_RETURN(Secrets * secrets, control.secrets());
  GALE_RETURN_IF_ERROR(secrets->DeleteVariable(request.key(), actor.name));
  return v1::DeleteVariableResponse();
}

Result<v1::ImportResponse> ImportVariables(Control& control,
                                           const v1::ImportVariablesRequest& request,
                                           const Actor& actor) {
  GALE_ASSIGN_OR_RETURN(Secrets * secrets, control.secrets());
  GALE_ASSIGN_OR_RETURN(const Existing existing, ExistingOf(request.on_existing()));
  std::vector<Variable> variables;
  for (const v1::Variable& each : request.variables()) {
    variables.push_back({each.key(), each.value(), each.description()});
  }
  GALE_ASSIGN_OR_RETURN(const auto done,
                        secrets->PutVariables(variables, existing.put, actor.name));
  return Imported(done, existing);
}

// Connections.

Result<v1::ListConnectionsResponse> ListConnections(Control& control,
                                                    const v1::ListConnectionsRequest& request,
                                                    const Actor&) {
  GALE_ASSIGN_OR_RETURN(Secrets * secrets, control.secrets());
  SecretQuery query;
  ReadPage(request, query);
  query.pattern = PatternOf(request.id_pattern());
  GALE_ASSIGN_OR_RETURN(const Page<Connection> page, secrets->ListConnections(query));
  v1::ListConnectionsResponse answer;
  for (const Connection& connection : page.rows) {
    *answer.add_connections() = Shown(connection, secrets->masking(), request.reveal());
  }
  answer.set_total_entries(page.total);
  return answer;
}

Result<v1::Connection> GetConnection(Control& control, const v1::GetConnectionRequest& request,
                                     const Actor&) {
  GALE_ASSIGN_OR_RETURN(Secrets * secrets, control.secrets());
  GALE_ASSIGN_OR_RETURN(const Connection connection, secrets->GetConnection(request.conn_id()));
  return Shown(connection, secrets->masking(), request.reveal());
}

Result<v1::Connection> CreateConnection(Control& control, const v1::Connection& request,
                                        const Actor& actor) {
  GALE_ASSIGN_OR_RETURN(Secrets * secrets, control.secrets());
  const Connection connection = ConnectionFromProto(request);
  GALE_RETURN_IF_ERROR(
      OnlyStatus(secrets->PutConnections({connection}, OnExisting::kKeep, actor.name)));
  return Shown(connection, secrets->masking(), /*reveal=*/false);
}

Result<v1::Connection> SetConnection(Control& control, const v1::Connection& request,
                                     const Actor& actor) {
  GALE_ASSIGN_OR_RETURN(Secrets * secrets, control.secrets());
  const Connection connection = ConnectionFromProto(request);
  GALE_RETURN_IF_ERROR(secrets->PutConnection(connection, actor.name));
  return Shown(connection, secrets->masking(), /*reveal=*/false);
}

Result<v1::Connection> PatchConnection(Control& control, const v1::PatchConnectionRequest& request,
                                       const Actor& actor) {
  GALE_ASSIGN_OR_RETURN(Secrets * secrets, control.secrets());
  auto change = [&](Connection& connection) {
    if (request.has_conn_type()) connection.conn_type = request.conn_type();
    if (request.has_description()) connection.description = request.description();
    if (request.has_host()) connection.host = request.host();
    if (request.has_schema()) connection.schema = request.schema();
    if (request.has_login()) connection.login = request.login();
    if (request.has_port()) connection.port = request.port();
    if (request.no_port()) connection.port.reset();
    // What was shown masked and comes back so stays.
    if (request.has_password() && request.password() != kMask) {
      connection.password = request.password();
    }
    if (request.has_extra()) {
      connection.extra = Masking::UnmaskExtra(request.extra(), connection.extra);
    }
    return OkStatus();
  };
  GALE_ASSIGN_OR_RETURN(const Connection connection,
                        secrets->ChangeConnection(request.conn_id(), change, actor.name));
  return Shown(connection, secrets->masking(), /*reveal=*/false);
}

Result<v1::DeleteConnectionResponse> DeleteConnection(Control& control,
                                                      const v1::DeleteConnectionRequest& request,
                                                      const Actor& actor) {
  GALE_ASSIGN_OR_RETURN(Secrets * secrets, control.secrets());
  GALE_RETURN_IF_ERROR(secrets->DeleteConnection(request.conn_id(), actor.name));
  return v1::DeleteConnectionResponse();
}

Result<v1::ImportResponse> ImportConnections(Control& control,
                                             const v1::ImportConnectionsRequest& request,
                                             const Actor& actor) {
  GALE_ASSIGN_OR_RETURN(Secrets * secrets, control.secrets());
  GALE_ASSIGN_OR_RETURN(const Existing existing, ExistingOf(request.on_existing()));
  std::vector<Connection> connections;
  for (const v1::Connection& each : request.connections()) {
    connections.push_back(ConnectionFromProto(each));
  }
  GALE_ASSIGN_OR_RETURN(const auto done,
                        secrets->PutConnections(connections, existing.put, actor.name));
  return Imported(done, existing);
}

Result<v1::TestConnectionResponse> TestConnection(Control& control, const v1::Connection& request,
                                                  const Actor&) {
  GALE_ASSIGN_OR_RETURN(Secrets * secrets, control.secrets());
  GALE_ASSIGN_OR_RETURN(const Probed probed, secrets->TestConnection(ConnectionFromProto(request)));
  v1::TestConnectionResponse answer;
  answer.set_status(probed.reached);
  answer.set_message(probed.message);
  return answer;
}

}  // namespace gale::verbs
