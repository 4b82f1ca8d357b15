#include "master/engine/ledger_need.h"

namespace gale {
namespace {

Result<bool> HasRun(Store& store, const std::string& dag_id, const std::string& run_id) {
  const Status found = store.GetRun(dag_id, run_id).status();
  if (!found.ok() && found.code() != Code::kNotFound) return found;
  return found.ok();
}

Result<bool> HasRunOfDate(Store& store, const std::string& dag_id, TimePoint logical_date) {
  RunQuery query;
  query.limit = 1;
  query.dag_id = dag_id;
  query.logical_date_gte = query.logical_date_lte = logical_date;
  GALE_ASSIGN_OR_RETURN(const Page<RunRow> page, store.ListRuns(query));
  return !page.rows.empty();
}

Result<std::optional<RunRow>> SuccessBefore(Store& store, const std::string& dag_id,
                                            TimePoint before) {
  RunQuery query;
  query.limit = 1;
  query.dag_id = dag_id;
  query.states = {RunState::kSuccess};
  query.logical_date_lte = before - std::chrono::microseconds(1);  // no ledger knows finer ones
  query.order_by = {"-logical_date"};
  GALE_ASSIGN_OR_RETURN(Page<RunRow> page, store.ListRuns(query));
  return page.rows.empty() ? std::nullopt : std::optional(std::move(page.rows.front()));
}

Result<StoredRun> ReadRun(Store& store, Catalog& catalog, RunRow row) {
  StoredRun run;
  GALE_ASSIGN_OR_RETURN(DagVersionRow version, store.GetDagVersion(row.dag_id, row.version));
  GALE_ASSIGN_OR_RETURN(const DagVersionPtr made, catalog.Of(version));
  run.dag = made->dag;
  GALE_ASSIGN_OR_RETURN(run.tis, store.ListTis(row.id));
  run.bundle = std::move(version.bundle);
  run.row = std::move(row);
  return run;
}

Status Fill(Store& store, Catalog& catalog, LedgerAnswer& answer) {
  const LedgerNeed& need = answer.need;
  switch (need.key.kind) {
    case LedgerNeed::Kind::kRun: {
      GALE_ASSIGN_OR_RETURN(RunRow row, store.GetRun(need.key.dag_id, need.key.run_id));
      GALE_ASSIGN_OR_RETURN(answer.run, ReadRun(store, catalog, std::move(row)));
      return OkStatus();
    }
    case LedgerNeed::Kind::kPast: {
      GALE_ASSIGN_OR_RETURN(std::optional<RunRow> row,
                            store.PreviousRun(need.key.dag_id, need.before, need.key.run));
      if (!row) return OkStatus();
      GALE_ASSIGN_OR_RETURN(answer.run, ReadRun(store, catalog, *std::move(row)));
      return OkStatus();
    }
    case LedgerNeed::Kind::kSuccess: {
      GALE_ASSIGN_OR_RETURN(answer.success, SuccessBefore(store, need.key.dag_id, need.before));
      return OkStatus();
    }
    case LedgerNeed::Kind::kDue: {
      for (const LedgerNeed::Due& due : need.due) {
        LedgerAnswer::Taken& taken = answer.taken.emplace_back();
        GALE_ASSIGN_OR_RETURN(taken.name, HasRun(store, need.key.dag_id, due.run_id));
        GALE_ASSIGN_OR_RETURN(taken.date, HasRunOfDate(store, need.key.dag_id, due.logical_date));
      }
      return OkStatus();
    }
  }
  return OkStatus();
}

}  // namespace

Status CheckTrigger(Store& store, TriggerRequest& request) {
  if (!request.run_id.empty()) {
    GALE_ASSIGN_OR_RETURN(const bool named, HasRun(store, request.dag_id, request.run_id));
    if (named) {
      return AlreadyExists("DAG '{}' already has a run '{}'", request.dag_id, request.run_id);
    }
  } else if (request.run_after) {  // now is a name that none has had
    GALE_ASSIGN_OR_RETURN(request.numbered,
                          HasRun(store, request.dag_id, MadeRunId(*request.run_after)));
  }
  if (request.logical_date && !request.no_logical_date) {
    GALE_ASSIGN_OR_RETURN(const bool dated,
                          HasRunOfDate(store, request.dag_id, *request.logical_date));
    if (dated) return DateTaken(request.dag_id, *request.logical_date);
  }
  return OkStatus();
}

LedgerAnswer ReadNeed(Store& store, Catalog& catalog, LedgerNeed need) {
  LedgerAnswer answer{std::move(need), OkStatus(), std::nullopt, {}, std::nullopt};
  answer.status = Fill(store, catalog, answer);
  return answer;
}

}  // namespace gale
