#include "master/engine/ledger_need.h"

namespace gale {
namespace {

Result<bool> HasRun(Reads& reads, const std::string& dag_id, const std::string& run_id) {
  const Status found = reads.GetRun(dag_id, run_id).status();
  if (!found.ok() && found.code() != Code::kNotFound) return found;
  return found.ok();
}

constexpr int kDatesTriedMax = 100;

// Its name.
Result<std::optional<std::string>> RunOfDate(Reads& reads, const std::string& dag_id,
                                             TimePoint logical_date) {
  RunQuery query;
  query.limit = 1;
  query.count = false;
  query.dag_id = dag_id;
  query.logical_date_gte = query.logical_date_lte = logical_date;
  GALE_ASSIGN_OR_RETURN(const Page<RunRow> page, reads.ListRuns(query));
  return page.rows.empty() ? std::nullopt : std::optional(page.rows.front().run_id);
}

Result<std::optional<RunRow>> SuccessBefore(Reads& reads, const std::string& dag_id,
                                            TimePoint before) {
  RunQuery query;
  query.limit = 1;
  query.count = false;
  query.dag_id = dag_id;
  query.states = {RunState::kSuccess};
  query.logical_date_lte = before - std::chrono::microseconds(1);  // no ledger knows finer ones
  query.order_by = {"-logical_date"};
  GALE_ASSIGN_OR_RETURN(Page<RunRow> page, reads.ListRuns(query));
  return page.rows.empty() ? std::nullopt : std::optional(std::move(page.rows.front()));
}

// What its instances returned that others are mapped over.
Result<std::vector<XComRow>> ReadValues(Reads& reads, const std::vector<TiRow>& tis) {
  std::vector<XComRow> values;
  for (const TiRow& ti : tis) {
    if (!ti.value_length) continue;
    GALE_ASSIGN_OR_RETURN(auto value,
                          reads.GetXCom({ti.run, ti.task, ti.map_index}, kReturnValue));
    if (value) values.push_back(*std::move(value));
  }
  return values;
}

Result<StoredRun> ReadRun(Reads& reads, Catalog& catalog, RunRow row) {
  StoredRun run;
  GALE_ASSIGN_OR_RETURN(DagVersionRow version, reads.GetDagVersion(row.dag_id, row.version));
  GALE_ASSIGN_OR_RETURN(const DagVersionPtr made, catalog.Of(version));
  run.dag = made->dag;
  GALE_ASSIGN_OR_RETURN(run.tis, reads.ListTis(row.id));
  GALE_ASSIGN_OR_RETURN(run.values, ReadValues(reads, run.tis));
  run.bundle = std::move(version.bundle);
  run.row = std::move(row);
  return run;
}

Status Fill(Reads& reads, Catalog& catalog, LedgerAnswer& answer) {
  const LedgerNeed& need = answer.need;
  switch (need.key.kind) {
    case LedgerNeed::Kind::kRun: {
      GALE_ASSIGN_OR_RETURN(RunRow row, reads.GetRun(need.key.dag_id, need.key.run_id));
      GALE_ASSIGN_OR_RETURN(answer.run, ReadRun(reads, catalog, std::move(row)));
      return OkStatus();
    }
    case LedgerNeed::Kind::kPast: {
      GALE_ASSIGN_OR_RETURN(std::optional<RunRow> row,
                            reads.PreviousRun(need.key.dag_id, need.before, need.key.run));
      if (!row) return OkStatus();
      GALE_ASSIGN_OR_RETURN(answer.run, ReadRun(reads, catalog, *std::move(row)));
      return OkStatus();
    }
    case LedgerNeed::Kind::kSuccess: {
      GALE_ASSIGN_OR_RETURN(answer.success, SuccessBefore(reads, need.key.dag_id, need.before));
      return OkStatus();
    }
    case LedgerNeed::Kind::kDue: {
      for (const LedgerNeed::Due& due : need.due) {
        LedgerAnswer::Taken& taken = answer.taken.emplace_back();
        GALE_ASSIGN_OR_RETURN(taken.name, HasRun(reads, need.key.dag_id, due.run_id));
        GALE_ASSIGN_OR_RETURN(const auto holder,
                              RunOfDate(reads, need.key.dag_id, due.logical_date));
        taken.date = holder.has_value();
      }
      return OkStatus();
    }
  }
  return OkStatus();
}

}  // namespace

Status CheckTrigger(Reads& reads, TriggerRequest& request) {
  if (!request.run_id.empty()) {
    GALE_ASSIGN_OR_RETURN(const bool named, HasRun(reads, request.dag_id, request.run_id));
    if (named) {
      return AlreadyExists("DAG '{}' already has a run '{}'", request.dag_id, request.run_id);
    }
  } else if (request.run_after) {  // now is a name that none has had
    GALE_ASSIGN_OR_RETURN(request.numbered,
                          HasRun(reads, request.dag_id, MadeRunId(*request.run_after)));
  }
  if (request.logical_date && !request.no_logical_date) {
    GALE_ASSIGN_OR_RETURN(const auto holder,
                          RunOfDate(reads, request.dag_id, *request.logical_date));
    if (holder) return DateTaken(request.dag_id, *request.logical_date, *holder);
  } else if (request.run_after && !request.no_logical_date) {
    TimePoint date = *request.run_after;
    for (int tried = 0; tried < kDatesTriedMax; ++tried, date += Duration(1)) {
      GALE_ASSIGN_OR_RETURN(const auto holder, RunOfDate(reads, request.dag_id, date));
      if (!holder) break;
    }
    request.free_date = date;
  }
  return OkStatus();
}

LedgerAnswer ReadNeed(Reads& reads, Catalog& catalog, LedgerNeed need) {
  LedgerAnswer answer{std::move(need), OkStatus(), std::nullopt, {}, std::nullopt};
  answer.status = Fill(reads, catalog, answer);
  return answer;
}

}  // namespace gale
