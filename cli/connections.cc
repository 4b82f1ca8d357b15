// gale connections list, get, add, set, delete, test, import, export.
#include <nlohmann/json.hpp>
#include <ostream>

#include "cli/command.h"
#include "cli/rows.h"
#include "cli/secret_io.h"
#include "master/api/connection_proto.h"

namespace gale::cli {
namespace {

using enum Arg::Kind;

v1::Connection ToProto(const Connection& connection) {
  v1::Connection out;
  out.set_conn_id(connection.conn_id);
  out.set_conn_type(connection.conn_type);
  out.set_description(connection.description);
  out.set_host(connection.host);
  out.set_schema(connection.schema);
  out.set_login(connection.login);
  if (connection.port) out.set_port(*connection.port);
  out.set_password(connection.password);
  out.set_extra(connection.extra);
  return out;
}

Status List(Context& context) {
  GALE_ASSIGN_OR_RETURN(Client * client, context.Connect());
  v1::ListConnectionsRequest request;
  const std::string& id = context.args.Get("conn-id");
  request.set_id_pattern(id);
  Table table = TableOf(kConnectionColumns);
  GALE_RETURN_IF_ERROR(ForEach(*client, &ControlStub::ListConnections, request,
                               &v1::ListConnectionsResponse::connections, UINT64_MAX,
                               [&](const v1::Connection& each) {
                                 if (id.empty() || each.conn_id() == id)
                                   AddRow(table, kConnectionColumns, each);
                               }));
  context.Print(table);
  return OkStatus();
}

Result<v1::Connection> Find(Context& context, bool reveal) {
  GALE_ASSIGN_OR_RETURN(Client * client, context.Connect());
  v1::GetConnectionRequest request;
  request.set_conn_id(context.args.Get("conn_id"));
  request.set_reveal(reveal);
  return client->Call(&ControlStub::GetConnection, request);
}

Status Get(Context& context) {
  GALE_ASSIGN_OR_RETURN(const v1::Connection found, Find(context, /*reveal=*/true));
  if (context.args.Has("uri")) {
    context.io.out << ConnectionToUri(ConnectionFromProto(found)) << '\n';
    return OkStatus();
  }
  Table table = TableOf(kConnectionColumns);
  AddRow(table, kConnectionColumns, found);
  context.PrintRecord(table);
  return OkStatus();
}

// Of one of the three ways to say it: a URI, JSON, or its parts.
Result<Connection> Said(Context& context) {
  const Args& args = context.args;
  static constexpr std::string_view kParts[] = {"conn-type",     "conn-host",   "conn-login",
                                                "conn-password", "conn-schema", "conn-port"};
  const auto* part =
      std::ranges::find_if(kParts, [&](std::string_view name) { return args.Has(name); });
  int ways = part == std::end(kParts) ? 0 : 1;
  std::string whole;
  for (std::string_view name : {"uri", "conn-uri", "conn-json"}) {
    if (!args.Has(name)) continue;
    ++ways;
    whole = args.Get(name);
  }
  if (ways != 1) {
    return InvalidArgument(
        "say what it is: as a URI, as --conn-json, or by its parts (--conn-type ...)"
        "{}",
        ways == 0 ? "" : ", and in one way only");
  }
  Connection connection;
  if (!whole.empty()) {
    GALE_ASSIGN_OR_RETURN(const std::string text, ReadArgument(context, whole));
    GALE_ASSIGN_OR_RETURN(connection, ConnectionFromText(text));
    if (args.Has("conn-extra")) {
      return InvalidArgument("--conn-extra goes with the parts: a URI or JSON has its own");
    }
  } else {
    nlohmann::json fields = nlohmann::json::object();
    for (std::string_view name : kParts) {
      if (args.Has(name)) fields[std::string(name.substr(5))] = args.Get(name);
    }
    if (args.Has("conn-type")) {
      fields["conn_type"] = fields["type"];
      fields.erase("type");
    }
    GALE_ASSIGN_OR_RETURN(connection, ConnectionFromJson(fields));
    connection.extra = args.Get("conn-extra");
  }
  if (args.Has("conn-description")) connection.description = args.Get("conn-description");
  connection.conn_id = args.Get("conn_id");
  GALE_RETURN_IF_ERROR(CheckConnection(connection));
  return connection;
}

Status Put(Context& context, bool anew) {
  const std::string what = fmt::format("connection '{}'", context.args.Get("conn_id"));
  auto said = Said(context);
  if (!said.ok()) return said.status().WithContext(what);
  GALE_ASSIGN_OR_RETURN(Client * client, context.Connect());
  const v1::Connection request = ToProto(*said);
  GALE_RETURN_IF_ERROR((anew ? client->Call(&ControlStub::CreateConnection, request)
                             : client->Call(&ControlStub::SetConnection, request))
                           .status());
  Say(context, what + " is set");
  return OkStatus();
}

Status Delete(Context& context) {
  GALE_ASSIGN_OR_RETURN(Client * client, context.Connect());
  v1::DeleteConnectionRequest request;
  request.set_conn_id(context.args.Get("conn_id"));
  GALE_RETURN_IF_ERROR(client->Call(&ControlStub::DeleteConnection, request).status());
  Say(context, fmt::format("connection '{}' is deleted", request.conn_id()));
  return OkStatus();
}

Status Test(Context& context) {
  GALE_ASSIGN_OR_RETURN(const v1::Connection found, Find(context, /*reveal=*/false));
  GALE_ASSIGN_OR_RETURN(Client * client, context.Connect());
  GALE_ASSIGN_OR_RETURN(const v1::TestConnectionResponse answer,
                        client->Call(&ControlStub::TestConnection, found));
  if (context.globals.format == Format::kTable) {
    context.io.out << answer.message() << '\n';
  } else {
    Table table({{"status"}, {"message"}});
    table.Add({answer.status(), answer.message()});
    context.PrintRecord(table);
  }
  if (!answer.status()) context.exit_code = 1;
  return OkStatus();
}

Status Import(Context& context) {
  const Args& args = context.args;
  const std::string& file = args.Get("file");
  GALE_ASSIGN_OR_RETURN(const FileFormat format, FormatOfPath(file));
  GALE_ASSIGN_OR_RETURN(const std::string text, ReadFile(file));
  auto connections = ReadConnections(text, format);
  if (!connections.ok()) return connections.status().WithContext(file);
  GALE_ASSIGN_OR_RETURN(Client * client, context.Connect());
  v1::ImportConnectionsRequest request;
  request.set_on_existing(args.Has("overwrite") ? "overwrite" : "skip");
  return ImportAll(context, *connections, "connections", [&](std::span<const Connection> some) {
    request.clear_connections();
    for (const Connection& connection : some) *request.add_connections() = ToProto(connection);
    return client->Call(&ControlStub::ImportConnections, request);
  });
}

Status Export(Context& context) {
  const Args& args = context.args;
  const std::string& file = args.Get("file");
  Result<FileFormat> format = FileFormat::kJson;
  if (args.Has("file-format")) {
    format = FileFormatOf(args.Get("file-format"));
  } else if (file != "-") {
    format = FormatOfPath(file);
  }
  if (!format.ok()) return format.status();
  const std::string& written = args.Get("serialization-format");
  if (!written.empty() && written != "uri" && written != "json") {
    return InvalidArgument("--serialization-format '{}': expected uri or json", written);
  }
  if (!written.empty() && *format != FileFormat::kEnv) {
    return InvalidArgument("--serialization-format goes with .env");
  }
  GALE_ASSIGN_OR_RETURN(Client * client, context.Connect());
  v1::ListConnectionsRequest request;
  request.set_reveal(true);
  std::vector<Connection> connections;
  GALE_RETURN_IF_ERROR(ForEach(
      *client, &ControlStub::ListConnections, request, &v1::ListConnectionsResponse::connections,
      UINT64_MAX,
      [&](const v1::Connection& each) { connections.push_back(ConnectionFromProto(each)); }));
  GALE_ASSIGN_OR_RETURN(const std::string text,
                        WriteConnections(connections, *format, /*as_uri=*/written != "json"));
  return WriteExport(context, file, text, fmt::format("{} connections", connections.size()));
}

std::vector<Arg> SayingIt(Arg::Kind uri) {
  return {
      {kOne, "conn_id", "its id"},
      {uri, uri == kOptional ? "uri" : "--conn-uri",
       "type://login:password@host:port/schema?extra, or JSON; -: read from standard input", "URI"},
      {kValue, "--conn-json", "its fields as JSON", "JSON"},
      {kValue, "--conn-type", "postgres, http, ...", "TYPE"},
      {kValue, "--conn-host", "where it is", "HOST"},
      {kValue, "--conn-port", "its port", "PORT"},
      {kValue, "--conn-login", "who one is there", "NAME"},
      {kValue, "--conn-password", "the password", "TEXT"},
      {kValue, "--conn-schema", "a database's name, as a rule", "NAME"},
      {kValue, "--conn-extra", "what else it needs, as JSON", "JSON"},
      {kValue, "--conn-description", "what it is for", "TEXT"}};
}

}  // namespace

std::vector<Command> ConnectionCommands() {
  const Arg conn_id = {kOne, "conn_id", "its id"};
  return {
      {"connections list",
       "List the connections; passwords, and what is secret in extra, are ***",
       {{kValue, "--conn-id", "only this one", "ID"}},
       "  gale connections list",
       List},
      {"connections get",
       "One connection, with its password",
       {conn_id, {kFlag, "--uri", "print it as a URI"}},
       "  gale connections get warehouse -o json\n"
       "  gale connections get warehouse --uri",
       Get},
      {"connections add", "Make a connection; fails if there is one", SayingIt(kValue),
       "  gale connections add warehouse --conn-uri postgres://me:secret@db1:5432/sales\n"
       "  gale connections add api --conn-type http --conn-host https://api.example "
       "--conn-password x",
       [](Context& context) { return Put(context, /*anew=*/true); }},
      {"connections set", "Make a connection, or replace it", SayingIt(kOptional),
       "  gale connections set warehouse postgres://me:secret@db1:5432/sales\n"
       "  gale connections set warehouse - < uri.txt",
       [](Context& context) { return Put(context, /*anew=*/false); }},
      {"connections delete",
       "Delete a connection",
       {conn_id},
       "  gale connections delete warehouse",
       Delete},
      {"connections test",
       "Whether the master reaches the connection's host ([core] test_connection allows it)",
       {conn_id},
       "  gale connections test warehouse",
       Test},
      {"connections import",
       "Make the connections of a file, as Airflow exports them",
       {{kOne, "file", ".json, .yaml or .env"},
        {kFlag, "--overwrite", "replace those that are there"}},
       "  gale connections import connections.json --overwrite",
       Import},
      {"connections export",
       "Write all connections into a file, with their passwords",
       {{kOne, "file", ".json, .yaml or .env; -: standard output"},
        {kValue, "--format,--file-format", "json, yaml or env, whatever the file's name", "FORMAT"},
        {kValue, "--serialization-format", "of .env: uri or json", "FORMAT"}},
       "  gale connections export connections.json\n"
       "  gale connections export - --file-format env",
       Export},
  };
}

}  // namespace gale::cli
