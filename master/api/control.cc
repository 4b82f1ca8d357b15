// DAGs, runs, and what is neither. Task instances: control_tasks.cc, logs: control_logs.cc.
#include "master/api/control.h"

#include <algorithm>
#include <set>

#include "common/base/limits.h"
#include "common/base/text.h"
#include "common/model/params.h"
#include "common/rpc/convert.h"
#include "master/api/json.h"

namespace gale {

Control::Control(Engine& engine, Store& store, LogStore& logs, ControlOptions options)
    : engine_(engine),
      store_(store),
      reads_(store.reads()),
      logs_(logs),
      options_(std::move(options)),
      dags_(engine.catalog()),
      usual_times_(reads_, dags_) {}

Health Control::GetHealth() const {
  Health health;
  health.metadatabase.healthy = engine_.reaches_ledger();
  health.scheduler.healthy = engine_.healthy() && engine_.fatal().ok();
  health.scheduler.heartbeat = engine_.last_turn();
  if (options_.dag_processor) health.dag_processor = options_.dag_processor();
  return health;
}

// DAGs.

Result<std::vector<DagView>> Control::ViewsOf(std::vector<DagRow> rows) {
  std::vector<DagView> views;
  if (rows.empty()) return views;
  ImportErrorQuery of_these;
  of_these.limit = static_cast<uint32_t>(rows.size());  // a file has one at most
  of_these.without_traces = true;
  of_these.count = false;
  for (const DagRow& row : rows) of_these.filenames.push_back(row.fileloc);
  GALE_ASSIGN_OR_RETURN(const Page<ImportErrorRow> errors, reads_.ListImportErrors(of_these));
  for (DagRow& row : rows) {
    DagView view;
    GALE_ASSIGN_OR_RETURN(view.version, dags_.Get(row.dag_id, row.version));
    view.has_import_errors =
        std::ranges::find(errors.rows, row.fileloc, &ImportErrorRow::filename) != errors.rows.end();
    view.row = std::move(row);
    views.push_back(std::move(view));
  }
  return views;
}

Result<DagView> Control::SubmitDag(DagSpec spec, const Actor& actor) {
  const std::string dag_id = spec.dag_id;
  const std::string fileloc = "grpc:" + dag_id;
  spec.fileloc = fileloc;
  if (auto made = Dag::Make(spec); !made.ok()) return made.status();
  if (auto row = reads_.GetDag(dag_id); row.ok() && !row->is_stale && row->fileloc != fileloc) {
    return AlreadyExists(
        "DAG '{}' is defined by {}: submit it under another dag_id, or remove it there", dag_id,
        row->fileloc);
  }
  FileReport report;
  report.fileloc = fileloc;
  report.dags.push_back({spec, SpecHash(spec), SerializeSpec(spec)});
  if (report.dags[0].bytes.size() > limits::kSpecBytesMax) {
    return InvalidArgument("DAG '{}' has {} bytes, at most {} are taken (kSpecBytesMax)", dag_id,
                           report.dags[0].bytes.size(), limits::kSpecBytesMax);
  }
  GALE_RETURN_IF_ERROR(engine_.Call<Status>([report](Loop& loop) {
    loop.ReportFile(report);
    return OkStatus();
  }));
  GALE_ASSIGN_OR_RETURN(DagView view, GetDag(dag_id));
  if (view.row.fileloc != fileloc) {  // a file came first, a moment ago
    return AlreadyExists("DAG '{}' is defined by {}", dag_id, view.row.fileloc);
  }
  (void)actor;  // the engine keeps no audit of definitions: versions are their own trail
  return view;
}

Result<Page<DagView>> Control::ListDags(const DagQuery& query) {
  GALE_ASSIGN_OR_RETURN(Page<DagRow> rows, reads_.ListDags(query));
  Page<DagView> page;
  page.total = rows.total;
  GALE_ASSIGN_OR_RETURN(page.rows, ViewsOf(std::move(rows.rows)));
  return page;
}

Result<DagRow> Control::GetDagRow(const std::string& dag_id) {
  auto row = reads_.GetDag(dag_id);
  if (row.status().code() == Code::kNotFound) return NotFound("DAG '{}' not found", dag_id);
  return row;
}

Result<DagView> Control::GetDag(const std::string& dag_id) {
  GALE_ASSIGN_OR_RETURN(DagRow row, GetDagRow(dag_id));
  GALE_ASSIGN_OR_RETURN(std::vector<DagView> views, ViewsOf({std::move(row)}));
  return std::move(views.front());
}

Result<int64_t> Control::CurrentVersion(const std::string& dag_id) {
  GALE_ASSIGN_OR_RETURN(const DagRow row, GetDagRow(dag_id));
  return row.version;
}

Result<DagView> Control::SetDagPaused(const std::string& dag_id, bool paused, const Actor& actor) {
  GALE_ASSIGN_OR_RETURN(DagRow row, engine_.Call<Result<DagRow>>([=](Loop& loop) {
    return loop.SetPaused(dag_id, paused, actor);
  }));
  GALE_ASSIGN_OR_RETURN(std::vector<DagView> views, ViewsOf({std::move(row)}));
  return std::move(views.front());
}

Result<Page<DagVersionHead>> Control::ListDagVersions(const std::string& dag_id,
                                                      const PageQuery& query) {
  GALE_RETURN_IF_ERROR(GetDagRow(dag_id).status());
  return reads_.ListDagVersions(dag_id, query);
}

Result<DagVersionPtr> Control::GetDagVersion(const std::string& dag_id, int64_t version) {
  auto found = dags_.Get(dag_id, version);
  if (found.status().code() == Code::kNotFound) {
    return NotFound("DAG '{}' has no version {}", dag_id, version);
  }
  return found;
}

Result<Page<ImportErrorRow>> Control::ListImportErrors(const ImportErrorQuery& query) {
  return reads_.ListImportErrors(query);
}

Result<ImportErrorRow> Control::GetImportError(int64_t id) {
  ImportErrorQuery query;
  query.id = id;
  query.count = false;
  GALE_ASSIGN_OR_RETURN(Page<ImportErrorRow> errors, reads_.ListImportErrors(query));
  if (errors.rows.empty()) return NotFound("there is no import error {}", id);
  return std::move(errors.rows.front());
}

// Runs.

Result<RunView> Control::ViewOf(RunRow row) {
  RunView view;
  GALE_ASSIGN_OR_RETURN(view.version, dags_.Get(row.dag_id, row.version));
  view.row = std::move(row);
  return view;
}

Result<RunView> Control::Trigger(TriggerRequest request, const Actor& actor) {
  if (request.conf_json.empty()) request.conf_json = "{}";
  if (request.conf_json.size() > limits::kConfBytesMax) {
    return InvalidArgument("conf has {} bytes, at most {} are taken (kConfBytesMax)",
                           request.conf_json.size(), limits::kConfBytesMax);
  }
  GALE_RETURN_IF_ERROR(ParseJsonObject("conf", request.conf_json).status());
  if (auto dag = reads_.GetDag(request.dag_id); dag.ok()) {
    GALE_ASSIGN_OR_RETURN(const DagVersionPtr version, dags_.Get(dag->dag_id, dag->version));
    GALE_RETURN_IF_ERROR(CheckParams(version->dag->spec(), request.conf_json));
  }
  if (request.interval_start.has_value() != request.interval_end.has_value()) {
    return InvalidArgument("data_interval_start and data_interval_end: give both or neither");
  }
  if (request.interval_start && *request.interval_start > *request.interval_end) {
    return InvalidArgument("data_interval_start {} is after data_interval_end {}",
                           FormatTime(*request.interval_start), FormatTime(*request.interval_end));
  }
  GALE_RETURN_IF_ERROR(CheckTrigger(reads_, request));
  GALE_ASSIGN_OR_RETURN(RunRow row, engine_.Call<Result<RunRow>>(
                                        [=](Loop& loop) { return loop.Trigger(request, actor); }));
  return ViewOf(std::move(row));
}

Result<Page<RunView>> Control::ListRuns(const RunQuery& query) {
  if (!query.dag_id.empty()) {
    GALE_RETURN_IF_ERROR(GetDagRow(query.dag_id).status());
  }
  GALE_ASSIGN_OR_RETURN(Page<RunRow> rows, reads_.ListRuns(query));
  Page<RunView> page;
  page.total = rows.total;
  for (RunRow& row : rows.rows) {
    GALE_ASSIGN_OR_RETURN(RunView view, ViewOf(std::move(row)));
    page.rows.push_back(std::move(view));
  }
  return page;
}

Result<RunView> Control::GetRun(const std::string& dag_id, const std::string& run_id) {
  auto row = reads_.GetRun(dag_id, run_id);
  if (row.ok()) return ViewOf(std::move(row).value());
  if (row.status().code() != Code::kNotFound) return row.status();
  if (reads_.GetDag(dag_id).status().code() == Code::kNotFound) {
    return NotFound("DAG '{}' not found", dag_id);
  }
  return NotFound("DAG '{}' has no run '{}'", dag_id, run_id);
}

Result<RunView> Control::GetRunById(RunId id) {
  GALE_ASSIGN_OR_RETURN(RunRow row, reads_.GetRunById(id));
  return ViewOf(std::move(row));
}

Result<RunView> Control::SetRunState(const std::string& dag_id, const std::string& run_id,
                                     RunState state, const Actor& actor) {
  GALE_RETURN_IF_ERROR(GetRun(dag_id, run_id).status());
  auto set = [=](Loop& loop) { return loop.SetRunState(dag_id, run_id, state, actor); };
  GALE_ASSIGN_OR_RETURN(RunRow row, engine_.CallOnRun<Result<RunRow>>(dag_id, run_id, set));
  return ViewOf(std::move(row));
}

Result<RunView> Control::SetRunNote(const std::string& dag_id, const std::string& run_id,
                                    const std::string& note, const Actor& actor) {
  GALE_RETURN_IF_ERROR(GetRun(dag_id, run_id).status());
  auto set = [=](Loop& loop) { return loop.SetRunNote(dag_id, run_id, note, actor); };
  GALE_ASSIGN_OR_RETURN(RunRow row, engine_.CallOnRun<Result<RunRow>>(dag_id, run_id, set));
  return ViewOf(std::move(row));
}

// The rest.

Result<std::vector<PoolInfo>> Control::ListPools() {
  return engine_.Call<Result<std::vector<PoolInfo>>>([](Loop& loop) { return loop.Pools(); });
}

Result<PoolInfo> Control::GetPool(const std::string& name) {
  GALE_ASSIGN_OR_RETURN(std::vector<PoolInfo> pools, ListPools());
  for (PoolInfo& pool : pools) {
    if (pool.row.name == name) return std::move(pool);
  }
  return NotFound("there is no pool '{}'", name);
}

Result<PoolInfo> Control::SetPool(const PoolRow& pool, const Actor& actor) {
  GALE_RETURN_IF_ERROR(
      engine_.Call<Result<PoolRow>>([=](Loop& loop) { return loop.SetPool(pool, actor); })
          .status());
  return GetPool(pool.name);
}

Status Control::DeletePool(const std::string& name, const Actor& actor) {
  return engine_.Call<Status>([=](Loop& loop) { return loop.DeletePool(name, actor); });
}

Result<std::vector<WorkerInfo>> Control::ListWorkers() {
  return engine_.Call<Result<std::vector<WorkerInfo>>>([](Loop& loop) { return loop.Workers(); });
}

Status Control::DrainWorker(const std::string& name, bool drained, const std::string& reason,
                            const Actor& actor) {
  GALE_RETURN_IF_ERROR(
      CheckText("reason", reason, {.bytes_max = limits::kNoteBytesMax, .limit = "kNoteBytesMax"}));
  return engine_.Call<Status>(
      [=](Loop& loop) { return loop.DrainWorker(name, drained, reason, actor); });
}

Status Control::ForgetWorker(const std::string& name, const Actor& actor) {
  return engine_.Call<Status>([=](Loop& loop) { return loop.ForgetWorker(name, actor); });
}

Result<Page<EventRow>> Control::ListEvents(const EventQuery& query) {
  return reads_.ListEvents(query);
}

}  // namespace gale
