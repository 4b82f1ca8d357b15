// gale workers list, drain, undrain, forget; gale queues list.
#include <ostream>

#include "cli/command.h"
#include "cli/rows.h"

namespace gale::cli {
namespace {

using enum Arg::Kind;

Status ListWorkers(Context& context) {
  GALE_ASSIGN_OR_RETURN(Client * client, context.Connect());
  GALE_ASSIGN_OR_RETURN(v1::ListWorkersResponse workers,
                        client->Call(&ControlStub::ListWorkers, v1::ListWorkersRequest()));
  Table table = TableOf(kWorkerColumns);
  for (const v1::WorkerInfo& worker : workers.workers()) AddRow(table, kWorkerColumns, worker);
  context.Print(table);
  return OkStatus();
}

Status SetDrained(Context& context, bool drained) {
  GALE_ASSIGN_OR_RETURN(Client * client, context.Connect());
  v1::DrainWorkerRequest request;
  request.set_name(context.args.Get("worker"));
  request.set_undrain(!drained);
  if (drained) request.set_reason(context.args.Get("reason"));
  GALE_RETURN_IF_ERROR(client->Call(&ControlStub::DrainWorker, request).status());
  if (context.globals.format == Format::kTable) {
    context.io.out << fmt::format(
        "worker '{}' {}\n", request.name(),
        drained ? "gets no more work; what it runs goes on" : "gets work again");
  }
  return OkStatus();
}

Status Forget(Context& context) {
  GALE_ASSIGN_OR_RETURN(Client * client, context.Connect());
  v1::ForgetWorkerRequest request;
  request.set_name(context.args.Get("worker"));
  GALE_RETURN_IF_ERROR(client->Call(&ControlStub::ForgetWorker, request).status());
  if (context.globals.format == Format::kTable) {
    context.io.out << fmt::format("worker '{}' is forgotten\n", request.name());
  }
  return OkStatus();
}

Status ListQueues(Context& context) {
  GALE_ASSIGN_OR_RETURN(Client * client, context.Connect());
  GALE_ASSIGN_OR_RETURN(v1::ListQueuesResponse queues,
                        client->Call(&ControlStub::ListQueues, v1::ListQueuesRequest()));
  Table table = TableOf(kQueueColumns);
  for (const v1::QueueInfo& queue : queues.queues()) AddRow(table, kQueueColumns, queue);
  context.Print(table);
  return OkStatus();
}

}  // namespace

std::vector<Command> WorkerCommands() {
  const Arg worker = {kOne, "worker", "its name"};
  return {
      {"workers list",
       "List the workers, what they run and what their machines do",
       {},
       "  gale workers list",
       ListWorkers},
      {"workers drain",
       "Give a worker no more work, also after it is started again; what it runs goes on",
       {worker, {kValue, "--reason", "why, for others"}},
       "  gale workers drain gpu-1 --reason 'new fans'",
       [](Context& context) { return SetDrained(context, true); }},
      {"workers undrain",
       "Give a drained worker work again",
       {worker},
       "  gale workers undrain gpu-1",
       [](Context& context) { return SetDrained(context, false); }},
      {"workers forget",
       "List a worker no more that is lost or has stopped",
       {worker},
       "  gale workers forget gpu-1",
       Forget},
      {"queues list", "List the queues and who serves them", {}, "  gale queues list", ListQueues},
  };
}

}  // namespace gale::cli
