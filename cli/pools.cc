// gale pools list, get, set, delete.
#include <ostream>

#include "cli/command.h"
#include "cli/rows.h"

namespace gale::cli {
namespace {

using enum Arg::Kind;

// Of one pool if `name` isn't empty.
Status PrintPools(Context& context, const std::string& name) {
  GALE_ASSIGN_OR_RETURN(Client * client, context.Connect());
  GALE_ASSIGN_OR_RETURN(v1::ListPoolsResponse pools,
                        client->Call(&ControlStub::ListPools, v1::ListPoolsRequest()));
  Table table = TableOf(kPoolColumns);
  for (const v1::Pool& pool : pools.pools()) {
    if (name.empty() || pool.name() == name) AddRow(table, kPoolColumns, pool);
  }
  if (!name.empty() && table.empty()) {
    return NotFound("there is no pool '{}': `gale pools list` lists them", name);
  }
  context.Print(table);
  return OkStatus();
}

Status List(Context& context) { return PrintPools(context, ""); }
Status Get(Context& context) { return PrintPools(context, context.args.Get("pool")); }

Status Set(Context& context) {
  const Args& args = context.args;
  GALE_ASSIGN_OR_RETURN(const int64_t slots, args.Int("slots", 0, -1, INT32_MAX));
  GALE_ASSIGN_OR_RETURN(Client * client, context.Connect());
  v1::SetPoolRequest request;
  request.set_name(args.Get("pool"));
  request.set_slots(static_cast<int32_t>(slots));
  request.set_description(args.Get("description"));
  request.set_include_deferred(args.Has("include-deferred"));
  GALE_ASSIGN_OR_RETURN(v1::Pool pool, client->Call(&ControlStub::SetPool, request));
  Table table = TableOf(kPoolColumns);
  AddRow(table, kPoolColumns, pool);
  context.Print(table);
  return OkStatus();
}

Status Delete(Context& context) {
  GALE_ASSIGN_OR_RETURN(Client * client, context.Connect());
  v1::DeletePoolRequest request;
  request.set_name(context.args.Get("pool"));
  GALE_RETURN_IF_ERROR(client->Call(&ControlStub::DeletePool, request).status());
  if (context.globals.format == Format::kTable) {
    context.io.out << "pool '" << request.name() << "' is deleted\n";
  }
  return OkStatus();
}

}  // namespace

std::vector<Command> PoolCommands() {
  const Arg pool = {kOne, "pool", "its name"};
  return {
      {"pools list", "List the pools and what is in them", {}, "  gale pools list", List},
      {"pools get", "One pool", {pool}, "  gale pools get default_pool", Get},
      {"pools set",
       "Make a pool, or change it",
       {pool,
        {kOne, "slots", "how many tasks at once; -1: any number"},
        {kOne, "description", "what it is for"},
        {kFlag, "--include-deferred", "deferred tasks count too"}},
       "  gale pools set warehouse 4 'queries that the warehouse stands at once'",
       Set},
      {"pools delete", "Delete a pool", {pool}, "  gale pools delete warehouse", Delete},
  };
}

}  // namespace gale::cli
