// gale variables list, get, set, delete, import, export.
#include <nlohmann/json.hpp>
#include <ostream>

#include "cli/command.h"
#include "cli/rows.h"
#include "cli/secret_io.h"

namespace gale::cli {
namespace {

using enum Arg::Kind;

Status List(Context& context) {
  GALE_ASSIGN_OR_RETURN(Client * client, context.Connect());
  v1::ListVariablesRequest request;
  request.set_key_pattern(context.args.Get("pattern"));
  Table table = TableOf(kVariableColumns);
  GALE_RETURN_IF_ERROR(
      ForEach(*client, &ControlStub::ListVariables, request, &v1::ListVariablesResponse::variables,
              UINT64_MAX,
              [&](const v1::Variable& variable) { AddRow(table, kVariableColumns, variable); }));
  context.Print(table);
  return OkStatus();
}

Status Get(Context& context) {
  const Args& args = context.args;
  GALE_ASSIGN_OR_RETURN(Client * client, context.Connect());
  v1::GetVariableRequest request;
  request.set_key(args.Get("key"));
  request.set_reveal(true);
  Result<v1::Variable> found = client->Call(&ControlStub::GetVariable, request);
  if (found.status().code() == Code::kNotFound && args.Has("default")) {
    found = v1::Variable();
    found->set_key(request.key());
    found->set_value(args.Get("default"));
  }
  if (!found.ok()) return found.status();
  if (args.Has("json")) {
    const auto value = nlohmann::ordered_json::parse(found->value(), nullptr, false);
    if (value.is_discarded()) {
      return InvalidArgument("variable '{}' isn't JSON: leave out --json", request.key());
    }
    found->set_value(value.dump(2));
  }
  if (context.globals.format == Format::kTable) {
    context.io.out << found->value() << '\n';
    return OkStatus();
  }
  Table table = TableOf(kVariableColumns);
  AddRow(table, kVariableColumns, *found);
  context.PrintRecord(table);
  return OkStatus();
}

Status Set(Context& context) {
  const Args& args = context.args;
  v1::SetVariableRequest request;
  request.set_key(args.Get("key"));
  GALE_ASSIGN_OR_RETURN(std::string value, ReadArgument(context, args.Get("value")));
  if (args.Has("json")) value = nlohmann::json(value).dump();
  request.set_value(std::move(value));
  request.set_description(args.Get("description"));
  GALE_ASSIGN_OR_RETURN(Client * client, context.Connect());
  GALE_RETURN_IF_ERROR(client->Call(&ControlStub::SetVariable, request).status());
  Say(context, fmt::format("variable '{}' is set", request.key()));
  return OkStatus();
}

Status Delete(Context& context) {
  GALE_ASSIGN_OR_RETURN(Client * client, context.Connect());
  v1::DeleteVariableRequest request;
  request.set_key(context.args.Get("key"));
  GALE_RETURN_IF_ERROR(client->Call(&ControlStub::DeleteVariable, request).status());
  Say(context, fmt::format("variable '{}' is deleted", request.key()));
  return OkStatus();
}

Status Import(Context& context) {
  const Args& args = context.args;
  const std::string& file = args.Get("file");
  GALE_ASSIGN_OR_RETURN(const FileFormat format, FormatOfPath(file));
  GALE_ASSIGN_OR_RETURN(const std::string text, ReadFile(file));
  auto variables = ReadVariables(text, format);
  if (!variables.ok()) return variables.status().WithContext(file);
  GALE_ASSIGN_OR_RETURN(Client * client, context.Connect());
  v1::ImportVariablesRequest request;
  request.set_on_existing(args.Has("action-on-existing-key") ? args.Get("action-on-existing-key")
                                                             : "overwrite");
  return ImportAll(context, *variables, "variables", [&](std::span<const Variable> some) {
    request.clear_variables();
    for (const Variable& variable : some) {
      v1::Variable& out = *request.add_variables();
      out.set_key(variable.key);
      out.set_value(variable.value);
      out.set_description(variable.description);
    }
    return client->Call(&ControlStub::ImportVariables, request);
  });
}

Status Export(Context& context) {
  const std::string& file = context.args.Get("file");
  GALE_ASSIGN_OR_RETURN(const FileFormat format,
                        file == "-" ? Result<FileFormat>(FileFormat::kJson) : FormatOfPath(file));
  GALE_ASSIGN_OR_RETURN(Client * client, context.Connect());
  v1::ListVariablesRequest request;
  request.set_reveal(true);
  std::vector<Variable> variables;
  GALE_RETURN_IF_ERROR(
      ForEach(*client, &ControlStub::ListVariables, request, &v1::ListVariablesResponse::variables,
              UINT64_MAX, [&](const v1::Variable& each) {
                variables.push_back({each.key(), each.value(), each.description()});
              }));
  GALE_ASSIGN_OR_RETURN(const std::string text, WriteVariables(variables, format));
  return WriteExport(context, file, text, fmt::format("{} variables", variables.size()));
}

}  // namespace

std::vector<Command> VariableCommands() {
  const Arg key = {kOne, "key", "its key"};
  return {
      {"variables list",
       "List the variables; what their names call secret is ***",
       {{kValue, "--pattern", "only keys that hold this", "TEXT"}},
       "  gale variables list -o json",
       List},
      {"variables get",
       "Print a variable's value",
       {key,
        {kValue, "-d,--default", "what to print if there is none", "TEXT"},
        {kFlag, "-j,--json", "it must be JSON; print it so"}},
       "  gale variables get region\n"
       "  gale variables get region -d eu-west-1",
       Get},
      {"variables set",
       "Make a variable, or change it",
       {key,
        {kOne, "value", "its value; -: read from standard input, which no history keeps"},
        {kValue, "--description", "what it is for", "TEXT"},
        {kFlag, "-j,--json", "store the value as a JSON text, in quotes"}},
       "  gale variables set region eu-west-1 --description 'where the buckets are'\n"
       "  gale variables set config '{\"batch\": 100}'\n"
       "  gale variables set api_token - < token.txt",
       Set},
      {"variables delete", "Delete a variable", {key}, "  gale variables delete region", Delete},
      {"variables import",
       "Make or change the variables of a file, as Airflow exports them",
       {{kOne, "file", ".json, .yaml or .env"},
        {kValue, "-a,--action-on-existing-key",
         "what to do with those that are there: overwrite "
         "(as a rule), fail, skip",
         "ACTION"}},
       "  gale variables import variables.json",
       Import},
      {"variables export",
       "Write all variables into a file, with what is secret",
       {{kOne, "file", ".json, .yaml or .env; -: standard output, as JSON"}},
       "  gale variables export variables.json",
       Export},
  };
}

}  // namespace gale::cli
