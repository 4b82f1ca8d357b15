// DAGs, runs, and what is neither. Task instances: control_tasks.cc, logs: control_logs.cc.
#include "master/api/control.h"

#include <algorithm>
#include <set>

#include "common/base/limits.h"
#include "common/model/params.h"
#include "common/rpc/convert.h"
#include "master/api/json.h"

namespace gale {

Control::Control(Engine& engine, Store& store, LogStore& logs, ControlOptions options)
    : engine_(engine),
      store_(store),
      logs_(logs),
      options_(std::move(options)),
      dags_(engine.catalog()) {}

Health Control::GetHealth() const {
  Health health;
  health.metadatabase.healthy = engine_.reaches_ledger();
  health.scheduler.healthy = engine_.healthy() && engine_.fatal().ok();
  health.scheduler.heartbeat = engine_.last_turn();
  if (options_.dag_processor) health.dag_processor = options_.dag_processor();
  return health;
}

// DAGs.

Result<DagView> Control::ViewOf(DagRow row, const std::vector<ImportErrorRow>& errors) {
  DagView view;
  GALE_ASSIGN_OR_RETURN(view.version, dags_.Get(row.dag_id, row.version));
  view.has_import_errors = std::ranges::any_of(
      errors, [&](const ImportErrorRow& error) { return error.filename == row.fileloc; });
  view.row = std::move(row);
  return view;
}

Result<DagView> Control::SubmitDag(DagSpec spec, const Actor& actor) {
  const std::string dag_id = spec.dag_id;
  const std::string fileloc = "grpc:" + dag_id;
  spec.fileloc = fileloc;
  if (auto made = Dag::Make(spec); !made.ok()) return made.status();
  if (auto row = store_.GetDag(dag_id); row.ok() && !row->is_stale && row->fileloc != fileloc) {
    return AlreadyExists(
        "DAG '{}' is defined by {}: submit it under another dag_id, or remove it there", dag_id,
        row->fileloc);
  }
  FileReport report;
  report.fileloc = fileloc;
  report.dags.push_back({spec, SpecHash(spec), SerializeSpec(spec)});
  if (report.dags[0].bytes.size() > limits::kSpecBytesMax) {
    return InvalidArgument("DAG '{}' has {} bytes, at most {} are taken", dag_id,
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
  GALE_ASSIGN_OR_RETURN(Page<DagRow> rows, store_.ListDags(query));
  GALE_ASSIGN_OR_RETURN(std::vector<ImportErrorRow> errors, store_.ListImportErrors());
  Page<DagView> page;
  page.total = rows.total;
  for (DagRow& row : rows.rows) {
    GALE_ASSIGN_OR_RETURN(DagView view, ViewOf(std::move(row), errors));
    page.rows.push_back(std::move(view));
  }
  return page;
}

Result<DagView> Control::GetDag(const std::string& dag_id) {
  auto row = store_.GetDag(dag_id);
  if (row.status().code() == Code::kNotFound) return NotFound("DAG '{}' not found", dag_id);
  if (!row.ok()) return row.status();
  GALE_ASSIGN_OR_RETURN(std::vector<ImportErrorRow> errors, store_.ListImportErrors());
  return ViewOf(std::move(row).value(), errors);
}

Result<DagView> Control::SetDagPaused(const std::string& dag_id, bool paused, const Actor& actor) {
  GALE_ASSIGN_OR_RETURN(DagRow row, engine_.Call<Result<DagRow>>([=](Loop& loop) {
    return loop.SetPaused(dag_id, paused, actor);
  }));
  GALE_ASSIGN_OR_RETURN(std::vector<ImportErrorRow> errors, store_.ListImportErrors());
  return ViewOf(std::move(row), errors);
}

Result<DagVersionPtr> Control::GetDagVersion(const std::string& dag_id, int64_t version) {
  auto found = dags_.Get(dag_id, version);
  if (found.status().code() == Code::kNotFound) {
    return NotFound("DAG '{}' has no version {}", dag_id, version);
  }
  return found;
}

Result<std::vector<ImportErrorRow>> Control::ListImportErrors() {
  return store_.ListImportErrors();
}

Result<ImportErrorRow> Control::GetImportError(int64_t id) {
  GALE_ASSIGN_OR_RETURN(std::vector<ImportErrorRow> errors, store_.ListImportErrors());
  auto found = std::ranges::find(errors, id, &ImportErrorRow::id);
  if (found == errors.end()) return NotFound("there is no import error {}", id);
  return *found;
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
    return InvalidArgument("conf has {} bytes, at most {} are taken", request.conf_json.size(),
                           limits::kConfBytesMax);
  }
  GALE_RETURN_IF_ERROR(ParseJsonObject("conf", request.conf_json).status());
  if (auto dag = store_.GetDag(request.dag_id); dag.ok()) {
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
  GALE_RETURN_IF_ERROR(CheckTrigger(store_, request));
  GALE_ASSIGN_OR_RETURN(RunRow row, engine_.Call<Result<RunRow>>(
                                        [=](Loop& loop) { return loop.Trigger(request, actor); }));
  return ViewOf(std::move(row));
}

Result<Page<RunView>> Control::ListRuns(const RunQuery& query) {
  if (!query.dag_id.empty()) {
    if (auto dag = store_.GetDag(query.dag_id); dag.status().code() == Code::kNotFound) {
      return NotFound("DAG '{}' not found", query.dag_id);
    }
  }
  GALE_ASSIGN_OR_RETURN(Page<RunRow> rows, store_.ListRuns(query));
  Page<RunView> page;
  page.total = rows.total;
  for (RunRow& row : rows.rows) {
    GALE_ASSIGN_OR_RETURN(RunView view, ViewOf(std::move(row)));
    page.rows.push_back(std::move(view));
  }
  return page;
}

Result<RunView> Control::GetRun(const std::string& dag_id, const std::string& run_id) {
  auto row = store_.GetRun(dag_id, run_id);
  if (row.ok()) return ViewOf(std::move(row).value());
  if (row.status().code() != Code::kNotFound) return row.status();
  if (store_.GetDag(dag_id).status().code() == Code::kNotFound) {
    return NotFound("DAG '{}' not found", dag_id);
  }
  return NotFound("DAG '{}' has no run '{}'", dag_id, run_id);
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

Status Control::DrainWorker(const std::string& name, bool drained, const Actor& actor) {
  return engine_.Call<Status>([=](Loop& loop) { return loop.DrainWorker(name, drained, actor); });
}

Result<Page<EventRow>> Control::ListEvents(const PageQuery& query) {
  return store_.ListEvents(query);
}

}  // namespace gale
