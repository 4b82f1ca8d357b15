// gale dags list, details, show, pause, unpause, list-import-errors, next-execution, delete.
#include <algorithm>
#include <ostream>

#include "cli/command.h"
#include "cli/rows.h"
#include "cli/text.h"
#include "cli/tree.h"
#include "common/rpc/convert.h"

namespace gale::cli {
namespace {

using enum Arg::Kind;

Result<v1::GetDagResponse> GetDag(Context& context) {
  GALE_ASSIGN_OR_RETURN(Client * client, context.Connect());
  v1::GetDagRequest request;
  request.set_dag_id(context.args.Get("dag_id"));
  return client->Call(&ControlStub::GetDag, request);
}

Status ListDags(Context& context) {
  GALE_ASSIGN_OR_RETURN(Client * client, context.Connect());
  v1::ListDagsRequest request;
  request.set_dag_id_pattern(context.args.Get("dag-id-pattern"));
  request.set_include_stale(context.args.Has("all"));
  Table table = TableOf(kDagColumns);
  GALE_RETURN_IF_ERROR(ForEach(*client, &ControlStub::ListDags, request,
                               &v1::ListDagsResponse::dags, UINT64_MAX,
                               [&](const v1::DagInfo& dag) { AddRow(table, kDagColumns, dag); }));
  context.Print(table);
  return OkStatus();
}

Status Details(Context& context) {
  GALE_ASSIGN_OR_RETURN(v1::GetDagResponse dag, GetDag(context));
  const v1::DagInfo& info = dag.info();
  const v1::DagSpec& spec = dag.spec();
  Table table({{"dag_id"},
               {"description"},
               {"fileloc"},
               {"is_paused"},
               {"is_stale"},
               {"owners"},
               {"tags"},
               {"schedule"},
               {"next_run_after"},
               {"start_date"},
               {"end_date"},
               {"catchup"},
               {"max_active_runs"},
               {"max_active_tasks"},
               {"task_count"},
               {"version"},
               {"last_parsed"},
               {"has_import_errors"}});
  table.Add({info.dag_id(), info.description(), info.fileloc(), info.is_paused(), info.is_stale(),
             std::vector<std::string>(info.owners().begin(), info.owners().end()),
             std::vector<std::string>(info.tags().begin(), info.tags().end()),
             info.timetable_summary(), TimeCell(info.has_next_run_after(), info.next_run_after()),
             TimeCell(spec.has_start_date(), spec.start_date()),
             TimeCell(spec.has_end_date(), spec.end_date()), spec.catchup(),
             int64_t{info.max_active_runs()}, int64_t{info.max_active_tasks()},
             int64_t{spec.tasks_size()}, info.version(),
             TimeCell(info.has_last_parsed(), info.last_parsed()), info.has_import_errors()});
  context.PrintRecord(table);
  return OkStatus();
}

Status Show(Context& context) {
  GALE_ASSIGN_OR_RETURN(v1::GetDagResponse dag, GetDag(context));
  context.io.out << DrawTree(dag.spec());
  return OkStatus();
}

// All of them are tried; what went wrong with the others is said on the way, the last one's decides.
Status SetPaused(Context& context, bool paused) {
  GALE_ASSIGN_OR_RETURN(Client * client, context.Connect());
  Table table({{"dag_id"}, {"is_paused"}});
  Status failed;
  for (const std::string& dag_id : context.args.All("dag_id")) {
    v1::SetDagPausedRequest request;
    request.set_dag_id(dag_id);
    request.set_is_paused(paused);
    Result<v1::DagInfo> dag = client->Call(&ControlStub::SetDagPaused, request);
    if (dag.ok()) {
      table.Add({dag->dag_id(), dag->is_paused()});
    } else {
      if (!failed.ok()) context.io.err << "gale: " << OneLine(failed.message()) << '\n';
      failed = dag.status();
    }
  }
  if (!table.empty()) context.Print(table);
  return failed;
}

Status Pause(Context& context) { return SetPaused(context, true); }
Status Unpause(Context& context) { return SetPaused(context, false); }

Status ListImportErrors(Context& context) {
  GALE_ASSIGN_OR_RETURN(Client * client, context.Connect());
  GALE_ASSIGN_OR_RETURN(
      v1::ListImportErrorsResponse errors,
      client->Call(&ControlStub::ListImportErrors, v1::ListImportErrorsRequest()));
  const bool people = context.globals.format == Format::kTable;
  Table table({{"filepath"}, {"error"}, {"timestamp"}});
  for (const v1::ImportError& error : errors.import_errors()) {
    if (people) {  // a trace has many lines: not for a table's cell
      context.io.out << error.filename() << '\n' << error.stack_trace() << "\n\n";
    }
    table.Add({error.filename(), error.stack_trace(),
               TimeCell(error.has_timestamp(), error.timestamp())});
  }
  if (!people || table.empty()) context.Print(table);
  return OkStatus();
}

Status NextExecution(Context& context) {
  GALE_ASSIGN_OR_RETURN(v1::GetDagResponse dag, GetDag(context));
  context.io.out << (dag.info().has_next_run_after()
                         ? FormatTimeOffset(FromProto(dag.info().next_run_after()))
                         : "None")
                 << '\n';
  if (dag.info().has_next_run_after()) return OkStatus();
  const std::string& id = dag.info().dag_id();
  if (dag.info().is_paused()) {
    context.io.err << fmt::format("DAG '{0}' is paused: gale dags unpause {0}\n", id);
  } else if (dag.info().is_stale()) {
    context.io.err << fmt::format("DAG '{}' is stale: its file is gone\n", id);
  } else {
    context.io.err << fmt::format("DAG '{}' makes no more runs by itself (schedule: {})\n", id,
                                  dag.info().timetable_summary());
  }
  return OkStatus();
}

Status Delete(Context& context) {
  return Unimplemented(
      "dag '{0}' can't be deleted: this version of Gale keeps every DAG's history. Remove its "
      "file: "
      "it is stale then and makes no more runs; or `gale dags pause {0}`",
      context.args.Get("dag_id"));
}

}  // namespace

std::vector<Command> DagCommands() {
  return {
      {"dags list",
       "List the DAGs",
       {{kValue, "-p,--dag-id-pattern", "only ids that contain this", "TEXT"},
        {kFlag, "-a,--all", "also those whose file is gone"}},
       "  gale dags list\n  gale dags list -o json | jq '.[] | select(.is_paused) | .dag_id'",
       ListDags},
      {"dags details",
       "All that is known of a DAG",
       {kDagId},
       "  gale dags details my_dag",
       Details},
      {"dags show", "Draw a DAG's tasks as a tree", {kDagId}, "  gale dags show my_dag", Show},
      {"dags pause",
       "Pause DAGs: no more of their tasks start",
       {{kMany, "dag_id", "the DAGs"}},
       "  gale dags pause my_dag\n  gale dags pause first second",
       Pause},
      {"dags unpause",
       "Unpause DAGs",
       {{kMany, "dag_id", "the DAGs"}},
       "  gale dags unpause my_dag\n  gale dags unpause first second",
       Unpause},
      {"dags list-import-errors",
       "List the DAG files that can't be read, and why",
       {},
       "  gale dags list-import-errors\n  gale dags list-import-errors -o json",
       ListImportErrors},
      {"dags next-execution",
       "When a DAG's next run is due",
       {kDagId},
       "  gale dags next-execution my_dag",
       NextExecution},
      {"dags delete",
       "Not possible yet: says what to do",
       {kDagId, {kFlag, "-y,--yes", "don't ask"}},
       "  gale dags delete my_dag",
       Delete},
  };
}

}  // namespace gale::cli
