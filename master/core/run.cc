#include "master/core/run.h"

namespace gale::core {
namespace {

uint32_t* Counter(UpstreamCounts& up, TiState s) {
  switch (s) {
    case TiState::kSuccess: return &up.success;
    case TiState::kSkipped: return &up.skipped;
    case TiState::kFailed: return &up.failed;
    case TiState::kUpstreamFailed: return &up.upstream_failed;
    case TiState::kNone:
    case TiState::kScheduled:
    case TiState::kQueued:
    case TiState::kRunning:
    case TiState::kUpForRetry:
    case TiState::kUpForReschedule:
    case TiState::kDeferred:
    case TiState::kRestarting:
    case TiState::kRemoved: return nullptr;
  }
  return nullptr;
}

int64_t OrZero(const std::optional<TimePoint>& t) { return t ? Micros(*t) : 0; }

}  // namespace

bool HasInstance(const Dag& dag, const RunRow& run, TaskIndex t) {
  return run.type == RunType::kBackfill || dag.in_dates(t, run.logical_date);
}

Run::Run(RunRow h, DagPtr dag) : head(std::move(h)), dag_(std::move(dag)), tis_(dag_->size()) {
  counts_[static_cast<size_t>(TiState::kNone)] = static_cast<uint32_t>(tis_.size());
  for (size_t i = 0; i < tis_.size(); ++i) {
    tis_[i].max_tries = dag_->task(TaskIndex(static_cast<uint32_t>(i))).retries;
  }
  if (!dag_->has_task_dates()) return;
  for (uint32_t i = 0; i < size(); ++i) {
    if (!HasInstance(*dag_, head, TaskIndex(i))) SetAbsent(TaskIndex(i), true);
  }
}

void Run::SetAbsent(TaskIndex t, bool absent) {
  absent_.resize(size());
  absent_up_.resize(size());
  absent_[t.value] = absent;
  const TiState from = absent ? TiState::kNone : TiState::kRemoved;
  tis_[t.value].state = absent ? TiState::kRemoved : TiState::kNone;
  --counts_[static_cast<size_t>(from)];
  ++counts_[static_cast<size_t>(tis_[t.value].state)];
  for (TaskIndex d : dag_->downstream(t)) {
    absent ? ++absent_up_[d.value] : --absent_up_[d.value];
  }
}

Run::Run(RunRow h, DagPtr dag, const std::vector<TiRow>& rows) : Run(std::move(h), std::move(dag)) {
  for (const TiRow& row : rows) {
    GALE_CHECK(row.run == head.id && row.task.value < tis_.size(), "row of another run: {}",
               row.run.value);
    if (absent(row.task)) SetAbsent(row.task, false);  // it is there: made by an older Gale
    Ti& ti = tis_[row.task.value];
    ti.try_number = row.try_number;
    ti.max_tries = row.max_tries;
    ti.lost_tries = row.lost_tries;
    ti.queued_at = OrZero(row.queued_at);
    ti.start = OrZero(row.start_date);
    ti.end = OrZero(row.end_date);
    ti.next_at = OrZero(row.next_at);
    // Not by the table: the ledger is believed, and a row may stand for many transitions.
    --counts_[static_cast<size_t>(ti.state)];
    ti.state = row.state;
    ++counts_[static_cast<size_t>(ti.state)];
    for (TaskIndex d : dag_->downstream(row.task)) {
      if (uint32_t* n = Counter(tis_[d.value].up, row.state)) ++*n;
    }
    if (row.live) SetLive(row.task, {row.worker, row.pid});
  }
}

void Run::Apply(TaskIndex t, TiState to) {
  Ti& ti = tis_[t.value];
  const TiState from = ti.state;
  GALE_CHECK(MayFollow(from, to), "run {} task '{}': {} may not follow {}", head.id.value,
             dag_->task(t).task_id, Name(to), Name(from));
  if (from == to) return;
  --counts_[static_cast<size_t>(from)];
  ++counts_[static_cast<size_t>(to)];
  ti.state = to;
  ti.waits_for_past = false;
  if (!IsFinished(from) && !IsFinished(to)) return;
  for (TaskIndex d : dag_->downstream(t)) {
    UpstreamCounts& up = tis_[d.value].up;
    if (uint32_t* n = Counter(up, from)) --*n;
    if (uint32_t* n = Counter(up, to)) ++*n;
  }
}

void Run::SetLive(TaskIndex t, LiveAttempt attempt) {
  tis_[t.value].live = true;
  live_[t.value] = std::move(attempt);
}

void Run::ClearLive(TaskIndex t) {
  tis_[t.value].live = false;
  live_.erase(t.value);
}

void Run::SetPid(TaskIndex t, int64_t pid) {
  if (auto it = live_.find(t.value); it != live_.end()) it->second.pid = pid;
}

const LiveAttempt* Run::live(TaskIndex t) const {
  auto it = live_.find(t.value);
  return it == live_.end() ? nullptr : &it->second;
}

uint32_t Run::unfinished() const {
  return static_cast<uint32_t>(tis_.size()) - count(TiState::kSuccess) - count(TiState::kFailed) -
         count(TiState::kSkipped) - count(TiState::kUpstreamFailed) - count(TiState::kRemoved);
}

bool Run::anything_moving() const { return unfinished() > count(TiState::kNone); }

SetupCounts Run::setups(TaskIndex t) const {
  SetupCounts out;
  if (dag_->rule(t) != TriggerRule::kAllDoneSetupSuccess) return out;
  for (TaskIndex u : dag_->upstream(t)) {
    if (!dag_->task(u).is_setup || absent(u)) continue;
    ++out.total;
    out.success += ti(u).state == TiState::kSuccess;
    out.skipped += ti(u).state == TiState::kSkipped;
  }
  return out;
}

Verdict Run::verdict(TaskIndex t) const {
  uint32_t upstreams = static_cast<uint32_t>(dag_->upstream(t).size());
  if (!absent_up_.empty()) upstreams -= absent_up_[t.value];
  return Evaluate(dag_->rule(t), ti(t).up, upstreams, setups(t));
}

TiRow Run::ToRow(TaskIndex t) const {
  const Ti& ti = tis_[t.value];
  TiRow row;
  row.run = head.id;
  row.task = t;
  row.state = ti.state;
  row.try_number = ti.try_number;
  row.max_tries = ti.max_tries;
  row.lost_tries = ti.lost_tries;
  row.queued_at = OptionalTime(ti.queued_at);
  row.start_date = OptionalTime(ti.start);
  row.end_date = OptionalTime(ti.end);
  row.next_at = OptionalTime(ti.next_at);
  row.live = ti.live;
  if (const LiveAttempt* attempt = live(t)) {
    row.worker = attempt->worker;
    row.pid = attempt->pid;
  }
  return row;
}

}  // namespace gale::core
