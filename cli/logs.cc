#include "cli/logs.h"

#include <ostream>

#include "common/base/ids.h"
#include "common/base/limits.h"

namespace gale::cli {
namespace {

using enum Arg::Kind;

Status Logs(Context& context) {
  const Args& args = context.args;
  GALE_ASSIGN_OR_RETURN(const int64_t try_number, args.Int("try", 0, 1, limits::kTriesMax));
  GALE_ASSIGN_OR_RETURN(const int64_t map_index, args.Int("map-index", kUnmapped, -1, INT32_MAX));
  GALE_ASSIGN_OR_RETURN(Client * client, context.Connect());
  v1::TailLogRequest request;
  request.set_dag_id(args.Get("dag_id"));
  request.set_run_id(args.Get("run_id"));
  request.set_task_id(args.Get("task_id"));
  request.set_map_index(static_cast<int32_t>(map_index));
  request.set_try_number(static_cast<uint32_t>(try_number));
  request.set_follow(args.Has("follow"));

  for (int failures = 0;;) {
    grpc::ClientContext call;
    client->Prepare(call);
    auto reader = client->stub().TailLog(&call, request);
    v1::TailLogResponse part;
    while (reader->Read(&part)) {
      failures = 0;
      context.io.out << part.data();
      context.io.out.flush();
      request.set_offset(part.offset() + part.data().size());
      request.set_try_number(part.try_number());
    }
    const grpc::Status end = reader->Finish();
    if (end.ok()) return OkStatus();
    const Status why = client->Explain(end);
    const bool waits = request.follow() && why.code() == Code::kUnavailable;
    // Another master goes on where this one ended.
    if (!waits || ++failures > Client::kReconnectsMax) return why;
    (void)client->Reconnect();
  }
}

}  // namespace

Command LogsCommand() {
  return {"tasks logs",
          "The output of a task in a run",
          {{kOne, "dag_id", "the DAG"},
           {kOne, "run_id", "the run"},
           {kOne, "task_id", "the task"},
           {kValue, "--try", "of this try (default: the latest)", "N"},
           {kValue, "--map-index", "of a mapped task", "N"},
           {kFlag, "-f,--follow", "go on until the task ends"}},
          "  gale tasks logs my_dag my_run my_task\n"
          "  gale tasks logs my_dag my_run my_task --try 1\n"
          "  gale tasks logs my_dag my_run my_task --follow",
          Logs};
}

}  // namespace gale::cli
