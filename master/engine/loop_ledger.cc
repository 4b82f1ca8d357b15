// What the loop needs from the ledger, and doesn't read itself: finished runs that somebody asks
// for, the run before another, and whether a due run is there already.
#include <algorithm>

#include "common/base/log.h"
#include "master/engine/loop.h"

namespace gale {

namespace {

std::string_view WhatIsRead(LedgerNeed::Kind kind) {
  switch (kind) {
    case LedgerNeed::Kind::kRun: return "a run";
    case LedgerNeed::Kind::kPast: return "a run's previous run";
    case LedgerNeed::Kind::kSuccess: return "which run succeeded before another";
    case LedgerNeed::Kind::kDue: return "which of its due runs there are";
  }
  return "a run";
}

}  // namespace

std::vector<LedgerNeed> Loop::TakeNeeds() { return waits_.TakeNeeds(turn_); }

void Loop::WithRun(const std::string& dag_id, const std::string& run_id, Then then) {
  if (!dags_.contains(dag_id)) return then(*this, NotFound("DAG '{}' not found", dag_id));
  if (scheduler_->Find(dag_id, run_id) != nullptr) return then(*this, OkStatus());
  if (waits_.requests() >= limits::kLedgerRequestsMax) {
    return then(*this,
                Unavailable("{} requests wait for their runs to be read already, the most that "
                            "may (kLedgerRequestsMax); try again",
                            waits_.requests()));
  }
  LedgerNeed need;
  need.key = {LedgerNeed::Kind::kRun, dag_id, run_id, {}};
  waits_.Need(std::move(need), std::move(then));
}

// Runs that are read one after the other, each once the one before is there.
struct Loop::Gathering {
  std::string dag_id;
  std::vector<std::string> run_ids;
  Then then;
  size_t next = 0;
  std::vector<RunId> kept = {};
};

void Loop::WithRuns(const std::string& dag_id, std::vector<std::string> run_ids, Then then) {
  Gather(std::make_shared<Gathering>(Gathering{dag_id, std::move(run_ids), std::move(then)}));
}

void Loop::Gather(const std::shared_ptr<Gathering>& gathering) {
  Gathering& g = *gathering;
  for (; g.next < g.run_ids.size(); ++g.next) {
    const std::string& run_id = g.run_ids[g.next];
    if (const core::Run* run = scheduler_->Find(g.dag_id, run_id)) {
      ++kept_runs_[run->id()];
      g.kept.push_back(run->id());
      continue;
    }
    return WithRun(g.dag_id, run_id, [gathering](Loop& loop, const Status& status) {
      status.ok() ? loop.Gather(gathering) : loop.EndGathering(*gathering, status);
    });
  }
  EndGathering(g, OkStatus());
}

void Loop::EndGathering(const Gathering& gathering, const Status& status) {
  gathering.then(*this, status);
  for (RunId id : gathering.kept) {
    const auto kept = kept_runs_.find(id);
    if (kept == kept_runs_.end() || --kept->second > 0) continue;
    kept_runs_.erase(kept);
    release_.ended.push_back(id);  // leaves memory again if it is still at rest after this turn
  }
}

void Loop::Unload(const std::vector<RunId>& ended) {
  std::vector<RunId> gone;
  for (RunId id : ended) {
    const core::Run* run = scheduler_->Find(id);
    if (run == nullptr || !run->at_rest() || kept_runs_.contains(id)) continue;
    waits_.OnUnload(*run, turn_);
    ForgetValues(id);
    gone.push_back(id);
  }
  scheduler_->UnloadAtRest(gone);
}

void Loop::Answer(LedgerAnswer answer) {
  if (answer.need.key.kind != LedgerNeed::Kind::kRun && !answer.status.ok()) {
    GALE_WARN("dag '{}': {} can't be read, trying again: {}", answer.need.key.dag_id,
              WhatIsRead(answer.need.key.kind), answer.status.ToString());
    waits_.Postpone(answer.need);
    next_sweep_ = std::min(next_sweep_, mono_ + std::chrono::seconds(1));
    return;
  }
  const std::optional<LedgerWaits::Waiting> waiting = waits_.Take(answer);
  if (!waiting) return;
  switch (answer.need.key.kind) {
    case LedgerNeed::Kind::kRun: {
      const Status taken = TakeRun(answer);
      for (const Then& then : waiting->then) then(*this, taken);
      return;
    }
    case LedgerNeed::Kind::kPast: return AnswerPast(answer);
    case LedgerNeed::Kind::kSuccess: return AnswerSuccess(answer);
    case LedgerNeed::Kind::kDue: return MakeDueRuns(answer, waiting->due);
  }
}

// Two copies of one version would be two too many.
DagPtr Loop::TakeVersion(const StoredRun& run) {
  return versions_.try_emplace({run.row.dag_id, run.row.version}, Version{run.dag, run.bundle})
      .first->second.dag;
}

Status Loop::TakeRun(LedgerAnswer& answer) {
  const std::string &dag_id = answer.need.key.dag_id, &run_id = answer.need.key.run_id;
  if (scheduler_->Find(dag_id, run_id) != nullptr) return OkStatus();  // it was made meanwhile
  if (answer.status.code() == Code::kNotFound) {
    return NotFound("DAG '{}' has no run '{}'", dag_id, run_id);
  }
  GALE_RETURN_IF_ERROR(answer.status);
  const StoredRun& stored = *answer.run;
  if (auto aside = aside_runs_.find(stored.row.id); aside != aside_runs_.end()) {
    return FailedPrecondition("run '{}' of dag '{}' is set aside until a master starts anew: {}",
                              run_id, dag_id, aside->second);
  }
  // We don't lead any more, and don't know it yet: its number may even be one that we have given.
  if (stored.row.id > last_run_ || scheduler_->Find(stored.row.id) != nullptr) {
    return Unavailable("run '{}' was made by another master, which leads now; try again", run_id);
  }
  core::Run& run = scheduler_->LoadRun(stored.row, TakeVersion(stored), stored.tis, now_);
  for (const auto& [inst, attempt] : run.live()) {
    WorkerNamed(attempt.worker).held.insert(run.attempt(inst));
  }
  for (const XComRow& value : stored.values) {
    KeepValue({value.run, value.task, value.map_index, 0}, value.value_json);
  }
  // Leaves memory again if it is still at rest after this turn.
  release_.ended.push_back(run.id());
  return OkStatus();
}

void Loop::NeedPast(RunId id) {
  core::Run* run = scheduler_->Find(id);
  if (run == nullptr) return;
  if (!run->head.logical_date) {
    scheduler_->Handle(id, core::PastKnown{}, now_);
    return;
  }
  LedgerNeed need;
  need.key = {LedgerNeed::Kind::kPast, run->head.dag_id, "", id};
  need.before = *run->head.logical_date;
  waits_.Need(std::move(need), nullptr);
}

void Loop::AnswerPast(const LedgerAnswer& answer) {
  const RunId id = answer.need.key.run;
  core::Run* run = scheduler_->Find(id);
  if (run == nullptr) return;
  core::PastKnown past;
  auto know = [&](const core::Run& previous) {
    past.exists = true;
    past.run = previous.id();
    past.ok.resize(run->size());
    for (uint32_t i = 0; i < run->size(); ++i) {
      past.ok[i] = core::Scheduler::PastAllows(previous, run->dag(), TaskIndex(i));
    }
  };
  const core::Run* live = scheduler_->LivePrevious(*run);
  const std::optional<StoredRun>& stored = answer.run;
  // Another master's, which leads now: we don't know it yet, and its versions aren't ours.
  if (stored && stored->row.id > last_run_) return;
  const bool nearer = stored && scheduler_->Find(stored->row.id) == nullptr &&
                      (!live || *stored->row.logical_date > *live->head.logical_date);
  if (nearer) {
    know(core::Run(stored->row, stored->dag, stored->tis));
  } else if (live != nullptr) {
    know(*live);
  }
  scheduler_->Handle(id, past, now_);
}

void Loop::NeedSuccess(const core::Run& run) {
  LedgerNeed need;
  need.key = {LedgerNeed::Kind::kSuccess, run.head.dag_id, "", run.id()};
  need.before = *run.head.logical_date;
  waits_.Need(std::move(need), nullptr);
}

void Loop::AnswerSuccess(const LedgerAnswer& answer) {
  const core::Run* run = scheduler_->Find(answer.need.key.run);
  if (run == nullptr) return;
  std::optional<PreviousSuccess> success;
  if (const std::optional<RunRow>& row = answer.success) {
    success = {*row->logical_date, row->interval_start, row->interval_end, row->start_date,
               row->end_date};
  }
  for (auto& [name, worker] : workers_) {
    if (!worker.link) continue;  // it gets what it holds, and doesn't know, at its next Hello
    bool any = false;
    for (const AttemptId& attempt : worker.ungranted) {
      if (attempt.run != run->id() || !worker.held.contains(attempt)) continue;
      ReleaseGrant(worker, attempt, success);
      any = true;
    }
    // Who leads no more lets no grant out: a row of this turn makes the ledger say so.
    if (any) batch_.workers.push_back(known_workers_[name]);
  }
}

namespace {

std::string NameOf(const PlannedRun& run) {
  return "scheduled__" + FormatTimeOffset(run.run_after);
}

LedgerNeed::Key DueKey(const std::string& dag_id) {
  return {LedgerNeed::Kind::kDue, dag_id, "", {}};
}

}  // namespace

void Loop::FindDueRuns() {
  std::map<std::string, std::optional<DataInterval>> places;
  auto room = [&](const Dag& dag) -> size_t {
    if (DueRunsOf(dag.id()) != nullptr) return 0;  // those first
    places[dag.id()] = calendar_->Find(dag.id())->last;
    const size_t open = scheduler_->UnfinishedRuns(dag.id());
    const size_t max = dag.timetable().is_continuous() ? 1 : dag.spec().max_active_runs;
    return open < max ? max - open : 0;
  };
  std::map<std::string, LedgerWaits::DueRuns> all;
  for (core::Calendar::Due& due : calendar_->TakeDue(now_, room)) {
    const std::string id = due.dag->id();
    all.try_emplace(id, LedgerWaits::DueRuns{places.at(id), {}})
        .first->second.runs.push_back(std::move(due));
  }
  for (auto& [id, due] : all) {
    LedgerNeed need;
    need.key = DueKey(id);
    for (const core::Calendar::Due& d : due.runs) {
      need.due.push_back({NameOf(d.run), d.run.logical_date});
    }
    waits_.Need(std::move(need), nullptr, std::move(due));
  }
}

const LedgerWaits::DueRuns* Loop::DueRunsOf(const std::string& dag_id) const {
  const LedgerWaits::Waiting* waiting = waits_.Find(DueKey(dag_id));
  return waiting == nullptr ? nullptr : &waiting->due;
}

std::optional<std::string> Loop::RunOfDate(const std::string& dag_id, TimePoint date) const {
  if (const core::Run* run = scheduler_->FindByDate(dag_id, date)) return run->head.run_id;
  const LedgerWaits::DueRuns* due = DueRunsOf(dag_id);
  if (due == nullptr) return std::nullopt;
  for (const core::Calendar::Due& d : due->runs) {
    if (d.run.logical_date == date) return NameOf(d.run);
  }
  return std::nullopt;
}

void Loop::MakeDueRuns(const LedgerAnswer& answer, const LedgerWaits::DueRuns& due) {
  const std::string& dag_id = answer.need.key.dag_id;
  if (!dags_.contains(dag_id)) return;
  for (size_t i = 0; i < due.runs.size(); ++i) {
    const PlannedRun& planned = due.runs[i].run;
    RunRow row;
    row.dag_id = dag_id;
    row.run_id = NameOf(planned);
    // One run a date: somebody has made this one by hand, or it is of an older ledger.
    if (answer.taken[i].date || scheduler_->FindByDate(dag_id, planned.logical_date) != nullptr) {
      GALE_INFO("dag '{}': {} has its run already; on to the next", dag_id,
                FormatTime(planned.logical_date));
      continue;
    }
    // Of another date, from when such names weren't the scheduler's alone: this one is made all the
    // same.
    if (answer.taken[i].name || scheduler_->Find(dag_id, row.run_id) != nullptr) {
      row.run_id += fmt::format("_{}", last_run_.value + 1);
    }
    row.version = due.runs[i].dag->version();
    row.type = RunType::kScheduled;
    row.triggered_by = "timetable";
    row.logical_date = planned.logical_date;
    row.interval_start = planned.interval.start;
    row.interval_end = planned.interval.end;
    row.run_after = planned.run_after;
    if (refused_.due.contains({row.dag_id, row.run_id})) continue;  // said by LeaveOut
    about_.due.insert(Insert(std::move(row), due.runs[i].dag).id);
  }
  // A turn that was taken back has put the calendar to its place before them.
  const DagRow& row = dags_.at(dag_id).row;
  calendar_->SetDag(versions_.at({dag_id, row.version}).dag, Rests(row),
                    due.runs.back().run.interval, now_);
  dirty_dags_.insert(dag_id);
}

}  // namespace gale
