// gale tasks render, xcoms: what a task was given in a run, and what it left for others.
#include <nlohmann/json.hpp>
#include <ostream>

#include "cli/command.h"
#include "cli/rows.h"
#include "common/base/ids.h"
#include "common/rpc/convert.h"

namespace gale::cli {
namespace {

using enum Arg::Kind;
using Json = nlohmann::ordered_json;

constexpr uint32_t kValuesMax = kPage;  // each is asked for by itself
constexpr const char* kLine = "# ----------------------------------------------------------\n";

// Which task of which run, as the words say it.
template <class Request>
Result<Request> Named(const Args& args) {
  GALE_ASSIGN_OR_RETURN(const int64_t map_index, args.Int("map-index", kUnmapped, -1, INT32_MAX));
  Request request;
  request.set_dag_id(args.Get("dag_id"));
  request.set_run_id(args.Get("run_id"));
  request.set_task_id(args.Get("task_id"));
  if (map_index != kUnmapped) request.set_map_index(static_cast<int32_t>(map_index));
  return request;
}

// A text as it is, anything else as JSON.
std::string Readable(const Json& value) {
  return value.is_string() ? value.get<std::string>()
                           : value.dump(2, ' ', false, Json::error_handler_t::replace);
}

Status Render(Context& context) {
  GALE_ASSIGN_OR_RETURN(auto request, Named<v1::GetTaskInstanceRequest>(context.args));
  request.set_detail(true);
  GALE_ASSIGN_OR_RETURN(Client * client, context.Connect());
  GALE_ASSIGN_OR_RETURN(const v1::TaskInstance task,
                        client->Call(&ControlStub::GetTaskInstance, request));
  const Json fields = Json::parse(task.rendered_fields_json(), nullptr, false);
  if (!fields.is_object() || fields.empty()) {
    return NotFound(
        "task '{}' of run '{}' has no rendered fields: Python tasks have them, once they started",
        request.task_id(), request.run_id());
  }
  if (context.globals.format == Format::kTable) {  // as Airflow
    for (const auto& [name, value] : fields.items()) {
      context.io.out << kLine << "# property: " << name << '\n' << kLine << Readable(value) << '\n';
    }
    return OkStatus();
  }
  Table table({{"property"}, {"value"}});
  for (const auto& [name, value] : fields.items()) {
    table.Add({name, RawJson{value.dump(-1, ' ', false, Json::error_handler_t::replace)}});
  }
  context.Print(table);
  return OkStatus();
}

Status PrintValue(Context& context, Client& client) {
  GALE_ASSIGN_OR_RETURN(auto request, Named<v1::GetXComRequest>(context.args));
  request.set_key(context.args.Get("key"));
  GALE_ASSIGN_OR_RETURN(const v1::XComEntry entry, client.Call(&ControlStub::GetXCom, request));
  const Json value = Json::parse(entry.value_json(), nullptr, false);
  const bool plain = context.globals.format == Format::kTable && !value.is_discarded();
  context.io.out << (plain ? Readable(value) : entry.value_json()) << '\n';
  return OkStatus();
}

Status XComs(Context& context) {
  GALE_ASSIGN_OR_RETURN(auto request, Named<v1::ListXComsRequest>(context.args));
  GALE_ASSIGN_OR_RETURN(Client * client, context.Connect());
  if (context.args.Has("key")) return PrintValue(context, *client);
  request.set_limit(kValuesMax);
  GALE_ASSIGN_OR_RETURN(const v1::ListXComsResponse list,
                        client->Call(&ControlStub::ListXComs, request));
  Table table({{"map_index"}, {"key"}, {"timestamp"}, {"value"}});
  for (const v1::XComEntry& entry : list.xcom_entries()) {
    v1::GetXComRequest one;
    one.set_dag_id(entry.dag_id());
    one.set_run_id(entry.run_id());
    one.set_task_id(entry.task_id());
    if (entry.map_index() != kUnmapped) one.set_map_index(entry.map_index());
    one.set_key(entry.key());
    const Result<v1::XComEntry> whole = client->Call(&ControlStub::GetXCom, one);
    if (whole.status().code() == Code::kNotFound) continue;  // cleared meanwhile
    GALE_RETURN_IF_ERROR(whole.status());
    table.Add({int64_t{entry.map_index()}, entry.key(), FromProto(entry.timestamp()),
               RawJson{whole->value_json()}});
  }
  context.Print(table);
  if (list.total_entries() > static_cast<uint64_t>(list.xcom_entries_size())) {
    context.io.err << fmt::format("gale: the first {} of {}: --map-index names one instance's\n",
                                  list.xcom_entries_size(), list.total_entries());
  }
  return OkStatus();
}

}  // namespace

std::vector<Command> ValueCommands() {
  return {
      {"tasks render",
       "What a task's templates became in a run",
       {kDagId, kRunId, kTaskId, kMapIndex},
       "  gale tasks render my_dag my_run my_task",
       Render},
      {"tasks xcoms",
       "What a task left for others in a run",
       {kDagId, kRunId, kTaskId, kMapIndex, {kValue, "-k,--key", "only this one's value", "KEY"}},
       "  gale tasks xcoms my_dag my_run my_task\n"
       "  gale tasks xcoms my_dag my_run my_task --key return_value",
       XComs},
  };
}

}  // namespace gale::cli
