// What people ask for.
#include <algorithm>

#include "common/base/log.h"
#include "common/base/text_limits.h"
#include "master/engine/loop.h"
#include "master/store/bounds.h"

namespace gale {

void Loop::Audit(const Actor& actor, std::string event, std::string dag_id, std::string run_id,
                 std::string task_id, std::string extra) {
  batch_.events.push_back({0, now_, actor.name, std::move(event), std::move(dag_id),
                           std::move(run_id), std::move(task_id),
                           RepairText(extra, limits::kEventTextBytesMax)});
}

Result<Loop::DagEntry*> Loop::UsableDag(const std::string& dag_id) {
  auto it = dags_.find(dag_id);
  if (it == dags_.end()) return NotFound("DAG '{}' not found", dag_id);
  if (it->second.row.is_stale) {
    return NotFound("DAG '{}' was removed: '{}' no longer has it", dag_id, it->second.row.fileloc);
  }
  return &it->second;
}

Result<core::Run*> Loop::FindRun(const std::string& dag_id, const std::string& run_id) {
  if (!dags_.contains(dag_id)) return NotFound("DAG '{}' not found", dag_id);
  if (core::Run* run = scheduler_->Find(dag_id, run_id)) return run;
  return Unavailable("run '{}' of DAG '{}' isn't in memory; try again", run_id, dag_id);
}

RunRow& Loop::Insert(RunRow row, const DagPtr& dag) {
  row.id = last_run_ = RunId(last_run_.value + 1);
  row.state = RunState::kQueued;
  row.queued_at = now_;
  return scheduler_->AddRun(std::move(row), dag).head;
}

namespace {

// Each kind of run has its own names, as in Airflow: a manual one takes no other's.
Status CheckOwnName(std::string_view run_id) {
  using Reserved = std::pair<std::string_view, std::string_view>;
  static constexpr Reserved kReserved[] = {{"scheduled__", "the scheduler's"},
                                           {"backfill__", "a backfill's"},
                                           {"asset_triggered__", "asset events'"},
                                           {"asset_materialization__", "asset materializations'"}};
  for (const auto& [prefix, whose] : kReserved) {
    if (!run_id.starts_with(prefix)) continue;
    return InvalidArgument(
        "run_id: '{}': names that begin with '{}' are {} own; take another, as "
        "'manual__...'",
        run_id, prefix, whose);
  }
  return OkStatus();
}

Status CheckTexts(const TriggerRequest& request) {
  if (request.conf_json.size() > limits::kConfBytesMax) {
    return InvalidArgument("conf has {} bytes, at most {} are taken (kConfBytesMax)",
                           request.conf_json.size(), limits::kConfBytesMax);
  }
  if (request.note.size() > limits::kNoteBytesMax) {
    return InvalidArgument("note has {} bytes, at most {} are taken (kNoteBytesMax)",
                           request.note.size(), limits::kNoteBytesMax);
  }
  if (request.run_id.empty()) return OkStatus();
  GALE_RETURN_IF_ERROR(CheckId("run_id", request.run_id, "+:~ "));
  return CheckOwnName(request.run_id);
}

}  // namespace

// A date has one run; who names none gets the next free instant.
Status Loop::SetDates(const TriggerRequest& request, LastGiven& last, RunRow& row) const {
  const Dag& dag = *scheduler_->FindDag(row.dag_id);
  if (request.no_logical_date) {
    row.logical_date.reset();
  } else if (request.logical_date) {
    row.logical_date = request.logical_date;
    if (const auto holder = RunOfDate(row.dag_id, *row.logical_date)) {
      return DateTaken(row.dag_id, *row.logical_date, *holder);
    }
    // Not before its date (Airflow's runnable_exec_date).
    row.run_after = std::max(row.run_after, *row.logical_date);
  } else if (dag.spec().profile != "3") {
    TimePoint date = request.free_date.value_or(row.run_after);
    const Duration back = last.date - date;  // much: the clock was set
    if (back >= Duration(0) && back < std::chrono::seconds(1)) date = last.date + Duration(1);
    while (RunOfDate(row.dag_id, date)) date += Duration(1);
    row.logical_date = last.date = date;
  }
  const std::optional<TimePoint> latest = dag.bounds().latest;
  if (row.logical_date && latest && *row.logical_date > *latest) {
    return InvalidArgument("logical_date: {} is after the end_date of DAG '{}', {}",
                           FormatTime(*row.logical_date), row.dag_id, FormatTime(*latest));
  }
  if (request.interval_start && request.interval_end) {
    row.interval_start = request.interval_start;
    row.interval_end = request.interval_end;
  } else if (row.logical_date) {
    const DataInterval interval = dag.timetable().ManualInterval(*row.logical_date);
    row.interval_start = interval.start;
    row.interval_end = interval.end;
  }
  return OkStatus();
}

Result<RunRow> Loop::Trigger(const TriggerRequest& request, const Actor& actor) {
  if (request.by) GALE_RETURN_IF_ERROR(CheckRuns(*request.by));
  GALE_ASSIGN_OR_RETURN(DagEntry * entry, UsableDag(request.dag_id));
  GALE_RETURN_IF_ERROR(CheckTexts(request));
  const bool named = !request.run_id.empty();
  RunRow row;
  row.dag_id = request.dag_id;
  row.version = entry->row.version;
  row.type = RunType::kManual;
  row.triggered_by = actor.via;
  row.triggering_user = actor.name;
  row.run_after = request.run_after.value_or(now_);
  row.conf_json = request.conf_json;
  row.note = request.note;
  row.run_id = named ? request.run_id : MadeRunId(row.run_after);
  if (named && scheduler_->Find(row.dag_id, row.run_id) != nullptr) {
    return AlreadyExists("DAG '{}' already has a run '{}'", row.dag_id, row.run_id);
  }
  LastGiven& last = last_given_[request.dag_id];
  // The second of an instant, or after a clock was set back.
  const bool again = !request.run_after && row.run_after <= last.trigger;
  if (!named && (again || request.numbered || scheduler_->Find(row.dag_id, row.run_id))) {
    row.run_id += fmt::format("_{}", last_run_.value + 1);
  }
  GALE_RETURN_IF_ERROR(SetDates(request, last, row));
  GALE_RETURN_IF_ERROR(CheckRow(row));
  if (!request.run_after) last.trigger = std::max(last.trigger, now_);
  Audit(actor, "trigger_dag_run", row.dag_id, row.run_id);
  return Insert(std::move(row), scheduler_->FindDag(request.dag_id));
}

Result<DagRow> Loop::SetPaused(const std::string& dag_id, bool paused, const Actor& actor) {
  auto it = dags_.find(dag_id);
  if (it == dags_.end()) return NotFound("DAG '{}' not found", dag_id);
  DagEntry& entry = it->second;
  if (entry.row.is_paused != paused) Pause(entry, paused, actor);
  return entry.row;
}

Result<RunRow> Loop::SetRunState(const std::string& dag_id, const std::string& run_id,
                                 RunState state, const Actor& actor) {
  if (state == RunState::kRunning) {
    return InvalidArgument("a run can't be set to running: use queued, success or failed");
  }
  GALE_ASSIGN_OR_RETURN(core::Run * run, FindRun(dag_id, run_id));
  scheduler_->Handle(run->id(), core::SetRun{state}, now_);
  Audit(actor, fmt::format("set_dag_run_{}", Name(state)), dag_id, run_id);
  return run->head;
}

Result<RunRow> Loop::SetRunNote(const std::string& dag_id, const std::string& run_id,
                                const std::string& note, const Actor& actor) {
  GALE_RETURN_IF_ERROR(
      CheckText("note", note, {.bytes_max = limits::kNoteBytesMax, .limit = "kNoteBytesMax"}));
  GALE_ASSIGN_OR_RETURN(core::Run * run, FindRun(dag_id, run_id));
  run->head.note = note;
  dirty_runs_.insert(run->id());
  Audit(actor, "set_note", dag_id, run_id);
  return run->head;
}

Result<PoolRow> Loop::SetPool(const PoolRow& pool, const Actor& actor) {
  GALE_RETURN_IF_ERROR(CheckRow(pool));
  if (pool.slots < -1) {
    return InvalidArgument("pool '{}': {} slots; use -1 for unlimited, or 0 and more", pool.name,
                           pool.slots);
  }
  if (pool.include_deferred) {
    return InvalidArgument(
        "pool '{}': include_deferred: this version defers no task, so that none could hold slots "
        "meanwhile",
        pool.name);
  }
  pools_[pool.name] = pool;
  scheduler_->admission().SetPool(pool.name, pool.slots);
  batch_.pools.push_back(pool);
  Audit(actor, "set_pool", "", "", "", fmt::format("{}: {} slots", pool.name, pool.slots));
  return pool;
}

Status Loop::DeletePool(const std::string& name, const Actor& actor) {
  if (name == "default_pool") return InvalidArgument("default_pool can't be deleted");
  if (pools_.erase(name) == 0) return NotFound("there is no pool '{}'", name);
  scheduler_->admission().DeletePool(name);
  std::erase_if(batch_.pools, [&](const PoolRow& p) { return p.name == name; });
  batch_.pool_deletes.push_back(name);
  Audit(actor, "delete_pool", "", "", "", name);
  return OkStatus();
}

std::vector<PoolInfo> Loop::Pools() const {
  std::map<std::string, uint64_t> running;
  for (const auto& [id, run] : scheduler_->runs()) {
    for (const auto& [inst, live] : run->live()) {
      const TaskSpec& spec = run->dag().task(inst.task);
      running[spec.pool] += spec.pool_slots;
    }
  }
  std::vector<PoolInfo> out;
  for (const auto& [name, row] : pools_) {
    const auto usage = scheduler_->admission().Usage(name);
    out.push_back({row, usage.held, running[name], usage.waiting});
  }
  return out;
}

}  // namespace gale
