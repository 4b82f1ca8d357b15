#include "master/core/run.h"

#include <algorithm>
#include <cmath>

#include "common/base/limits.h"
#include "common/model/expand.h"

namespace gale::core {
namespace {

uint32_t* Counter(UpstreamCounts& up, TiState s) {
  switch (s) {
    case TiState::kSuccess: return &up.success;
    case TiState::kSkipped: return &up.skipped;
    case TiState::kFailed: return &up.failed;
    case TiState::kUpstreamFailed: return &up.upstream_failed;
    case TiState::kRemoved: return &up.removed;
    case TiState::kNone:
    case TiState::kScheduled:
    case TiState::kQueued:
    case TiState::kRunning:
    case TiState::kUpForRetry:
    case TiState::kUpForReschedule:
    case TiState::kDeferred:
    case TiState::kRestarting: return nullptr;
  }
  return nullptr;
}

void Count(UpstreamCounts& up, TiState s, uint32_t more = 1) {
  if (uint32_t* n = Counter(up, s)) *n += more;
}

int64_t OrZero(const std::optional<TimePoint>& t) { return t ? Micros(*t) : 0; }

uint32_t& Of(Run::Counts& counts, TiState s) { return counts[static_cast<size_t>(s)]; }

// As Airflow: a task in a mapped group with one of these waits for any instance of its upstreams.
// Source: ti_deps/deps/trigger_rule_dep.py, is_fast_triggered.
bool IsFast(TriggerRule rule) {
  return rule == TriggerRule::kOneSuccess || rule == TriggerRule::kOneFailed ||
         rule == TriggerRule::kOneDone;
}

}  // namespace

void Ti::Queue(int64_t now) {
  const int64_t since = queued_at;
  waited =
      since == 0 ? -1 : static_cast<float>(Seconds(Duration(std::max<int64_t>(now - since, 0))));
  queued_at = now;
}

std::optional<TimePoint> Ti::scheduled_at() const {
  if (state == TiState::kScheduled) return OptionalTime(queued_at);
  if (queued_at == 0 || waited < 0) return std::nullopt;
  return FromMicros(queued_at - std::llround(double{waited} * 1e6));
}

bool HasInstance(const Dag& dag, const RunRow& run, TaskIndex t) {
  return run.type == RunType::kBackfill || dag.in_dates(t, run.logical_date);
}

Run::Run(RunRow h, DagPtr dag)
    : head(std::move(h)), dag_(std::move(dag)), tis_(dag_->size()), up_(dag_->size()) {
  Of(counts_, TiState::kNone) = static_cast<uint32_t>(tis_.size());
  for (uint32_t i = 0; i < size(); ++i) {
    tis_[i] = Fresh(TaskIndex(i));
    AddToTotals(TaskIndex(i), 1);
  }
  if (!dag_->has_task_dates()) return;
  for (uint32_t i = 0; i < size(); ++i) {
    if (!HasInstance(*dag_, head, TaskIndex(i))) SetAbsent(TaskIndex(i), true);
  }
}

Run::Run(RunRow h, DagPtr dag, const std::vector<TiRow>& rows) : Run(std::move(h), std::move(dag)) {
  for (const TiRow& row : rows) {
    GALE_CHECK(row.run == head.id && row.task.value < size(), "row of another run: {}",
               row.run.value);
    if (!row.block_length) continue;
    if (absent(row.task)) SetAbsent(row.task, false);
    Expand(row.task, *row.block_length);
    if (row.state == TiState::kScheduled) ScheduleBlock(row.task, OrZero(row.scheduled_at));
  }
  for (const TiRow& row : rows) {
    if (!row.block_length) Load(row);
  }
}

void Run::Load(const TiRow& row) {
  const Inst i{row.task, row.map_index};
  if (absent(row.task)) SetAbsent(row.task, false);   // it is there: made by an older Gale
  if (i.map_index < 0 && expanded(row.task)) return;  // from before the expansion
  if (i.map_index >= 0 && !has(i)) Expand(row.task, static_cast<uint32_t>(i.map_index) + 1);
  if (Block* block = FindBlock(i.task)) block->fresh = false;
  Ti& ti = At(i);
  ti.try_number = row.try_number;
  ti.max_tries = row.max_tries;
  ti.lost_tries = static_cast<uint16_t>(std::min<uint32_t>(row.lost_tries, UINT16_MAX));
  ti.queued_at = OrZero(row.scheduled_at);
  if (row.queued_at) ti.Queue(Micros(*row.queued_at));
  ti.start = OrZero(row.start_date);
  ti.end = OrZero(row.end_date);
  ti.next_at = OrZero(row.next_at);
  SetState(i, row.state);  // not by the table: a row may stand for many transitions
  if (row.live) SetLive(i, {row.worker, row.pid});
  SetValue(i, row.value_length);
  if (row.reschedules > 0 || row.first_start) {
    looks_[i] = {row.reschedules, row.looks, OrZero(row.first_start)};
  }
  SetSkips(i, ParseSkips(row.skips));
}

Ti Run::Fresh(TaskIndex t) const {
  Ti ti;
  ti.max_tries = dag_->task(t).retries;
  return ti;
}

Ti& Run::At(Inst i) {
  if (i.map_index < 0) return tis_[i.task.value];
  return FindBlock(i.task)->tis[static_cast<size_t>(i.map_index)];
}

bool Run::has(Inst i) const {
  if (i.task.value >= size()) return false;
  const Block* block = FindBlock(i.task);
  if (block == nullptr) return i.map_index == kUnmapped;
  return i.map_index >= 0 && static_cast<size_t>(i.map_index) < block->tis.size();
}

uint32_t Run::width(TaskIndex t) const {
  const Block* block = FindBlock(t);
  return block == nullptr ? 1 : static_cast<uint32_t>(block->tis.size());
}

uint32_t Run::count(TaskIndex t, TiState s) const {
  if (const Block* block = FindBlock(t)) return block->counts[static_cast<size_t>(s)];
  return tis_[t.value].state == s;
}

bool Run::by_index(TaskIndex upstream, TaskIndex reader) const {
  if (!dag_->has_mapped() || dag_->SharedMappedGroups(upstream, reader) == 0) return false;
  return !(dag_->in_mapped_group_directly(reader) && IsFast(dag_->rule(reader)));
}

void Run::AddToTotals(TaskIndex t, uint32_t more) {
  for (TaskIndex d : dag_->downstream(t)) {
    if (!by_index(t, d)) up_[d.value].total += more;
  }
}

void Run::SetAbsent(TaskIndex t, bool absent) {
  absent_.resize(size());
  absent_[t.value] = absent;
  --Of(counts_, tis_[t.value].state);
  tis_[t.value].state = absent ? TiState::kRemoved : TiState::kNone;
  ++Of(counts_, tis_[t.value].state);
  AddToTotals(t, absent ? static_cast<uint32_t>(-1) : 1);
}

// Every counter that hangs on it, whatever the transition.
void Run::SetState(Inst i, TiState to) {
  Ti& ti = At(i);
  const TiState from = ti.state;
  if (from == to) return;
  --Of(counts_, from);
  ++Of(counts_, to);
  if (Block* block = FindBlock(i.task)) {
    --Of(block->counts, from);
    ++Of(block->counts, to);
    block->fresh = false;
  }
  ti.state = to;
  if (!IsFinished(from) && !IsFinished(to)) return;
  for (TaskIndex d : dag_->downstream(i.task)) {
    if (by_index(i.task, d)) continue;
    Count(up_[d.value].counts, from, static_cast<uint32_t>(-1));
    Count(up_[d.value].counts, to);
  }
}

void Run::Apply(Inst i, TiState to) {
  Ti& ti = At(i);
  GALE_CHECK(MayFollow(ti.state, to), "run {} task '{}': {} may not follow {}", head.id.value,
             dag_->task(i.task).task_id, Name(to), Name(ti.state));
  if (ti.state == to) return;
  SetState(i, to);
  ti.waits_for_past = false;
}

void Run::Expand(TaskIndex t, uint32_t length) {
  if (blocks_.empty()) blocks_.resize(size());
  const uint32_t before = width(t);
  std::unique_ptr<Block>& block = blocks_[t.value];
  uint32_t more = length;
  if (!block) {
    SetState(t, TiState::kNone);
    --Of(counts_, TiState::kNone);
    block = std::make_unique<Block>();
  } else {
    if (length <= before) return;
    block->fresh = false;
    more = length - before;
  }
  block->tis.reserve(length);
  block->tis.resize(length, Fresh(t));
  Of(block->counts, TiState::kNone) += more;
  Of(counts_, TiState::kNone) += more;
  AddToTotals(t, length - before);
}

void Run::ScheduleBlock(TaskIndex t, int64_t at) {
  Block& block = *FindBlock(t);
  block.scheduled_at = at;
  for (Ti& ti : block.tis) {
    ti.state = TiState::kScheduled;
    ti.try_number = 1;
    ti.queued_at = at;
    ti.waits_for_past = false;
  }
  const uint32_t n = static_cast<uint32_t>(block.tis.size());
  Of(block.counts, TiState::kNone) -= n;
  Of(block.counts, TiState::kScheduled) += n;
  Of(counts_, TiState::kNone) -= n;
  Of(counts_, TiState::kScheduled) += n;
  block.rest = TiState::kScheduled;
  block.fresh = false;
}

bool Run::fresh(TaskIndex t) const {
  const Block* block = FindBlock(t);
  return block != nullptr && block->fresh;
}

std::optional<TiState> Run::rest(TaskIndex t) const {
  const Block* block = FindBlock(t);
  return block == nullptr ? std::nullopt : std::optional(block->rest);
}

void Run::SetLive(Inst i, LiveAttempt attempt) {
  At(i).live = true;
  live_[i] = std::move(attempt);
}

void Run::ClearLive(Inst i) {
  At(i).live = false;
  live_.erase(i);
}

void Run::SetPid(Inst i, int64_t pid) {
  if (auto it = live_.find(i); it != live_.end()) it->second.pid = pid;
}

const LiveAttempt* Run::live(Inst i) const {
  auto it = live_.find(i);
  return it == live_.end() ? nullptr : &it->second;
}

void Run::SetValue(Inst i, std::optional<uint32_t> length) {
  At(i).has_value = length.has_value();
  if (i.map_index >= 0) return;  // of an element it counts that there is one
  lengths_.erase(i.task.value);
  if (length) lengths_[i.task.value] = *length;
}

std::optional<uint64_t> Run::ValueLength(TaskIndex t) const {
  const Block* block = FindBlock(t);
  if (block == nullptr) {
    auto it = lengths_.find(t.value);
    if (it != lengths_.end()) return it->second;
    // A mapped one that isn't expanded and is over (of zero length): nothing was returned.
    if (dag_->is_mapped(t) && IsFinished(tis_[t.value].state)) return 0;
    return std::nullopt;
  }
  uint64_t values = 0;
  for (const Ti& ti : block->tis) {
    if (!IsFinished(ti.state)) return std::nullopt;
    values += ti.has_value;
  }
  return values;
}

std::optional<uint64_t> Run::MapLength(TaskIndex t) const {
  uint64_t product = 1;
  for (const uint32_t m : dag_->mapping(t)) {
    const auto length = ExpandedLength(dag_->expand(m), [&](const ExpandSource& source) {
      return ValueLength(*dag_->Find(source.task_id));
    });
    if (!length) return std::nullopt;
    product = std::min<uint64_t>(product * *length, limits::kMapElementsMax + 1);
  }
  return product;
}

uint32_t Run::unfinished() const {
  const uint32_t all = count(TiState::kSuccess) + count(TiState::kFailed) +
                       count(TiState::kSkipped) + count(TiState::kUpstreamFailed) +
                       count(TiState::kRemoved);
  uint32_t total = 0;
  for (const uint32_t n : counts_) total += n;
  return total - all;
}

bool Run::anything_moving() const { return unfinished() > count(TiState::kNone); }

// An element's place in the groups around both is its place in all of them, without what is mapped
// further inside. Source: models/taskinstance.py, get_relevant_upstream_map_indexes.
Run::Range Run::Matching(Inst i, TaskIndex to) const {
  const size_t shared = dag_->SharedMappedGroups(i.task, to);
  if (shared == dag_->mapping(i.task).size() && shared == dag_->mapping(to).size()) {
    const uint32_t at = static_cast<uint32_t>(i.map_index);
    return {std::min(at, width(to)), std::min(at + 1, width(to))};
  }
  uint64_t around = 1;
  for (size_t k = 0; k < shared; ++k) {
    const auto length = ExpandedLength(dag_->expand(dag_->mapping(to)[k]), [&](const auto& source) {
      return ValueLength(*dag_->Find(source.task_id));
    });
    around *= std::max<uint64_t>(1, length.value_or(1));
  }
  const uint64_t here = std::max<uint64_t>(1, width(i.task) / around);
  const uint64_t there = std::max<uint64_t>(1, width(to) / around);
  const uint64_t at = static_cast<uint64_t>(i.map_index) / here * there;
  return {static_cast<uint32_t>(std::min<uint64_t>(at, width(to))),
          static_cast<uint32_t>(std::min<uint64_t>(at + there, width(to)))};
}

Run::Up Run::UpstreamsOf(Inst i) const {
  Up up = up_[i.task.value];
  if (!dag_->has_mapped()) return up;
  for (TaskIndex u : dag_->upstream(i.task)) {
    if (absent(u) || !by_index(u, i.task)) continue;
    if (!expanded(u)) {
      ++up.total;
      Count(up.counts, tis_[u.value].state);
    } else if (i.map_index >= 0) {  // what isn't expanded waits for none of them
      const Range range = Matching(i, u);
      up.total += range.end - range.begin;
      for (uint32_t k = range.begin; k < range.end; ++k) {
        Count(up.counts, FindBlock(u)->tis[k].state);
      }
    }
  }
  return up;
}

SetupCounts Run::setups(Inst i) const {
  SetupCounts out;
  if (dag_->rule(i.task) != TriggerRule::kAllDoneSetupSuccess) return out;
  auto add = [&](TiState s) {
    ++out.total;
    out.success += s == TiState::kSuccess;
    out.skipped += s == TiState::kSkipped;
  };
  for (TaskIndex u : dag_->upstream(i.task)) {
    if (!dag_->task(u).is_setup || absent(u)) continue;
    if (!expanded(u)) {
      add(tis_[u.value].state);
      continue;
    }
    Range range{0, width(u)};
    if (by_index(u, i.task)) range = i.map_index >= 0 ? Matching(i, u) : Range{};
    for (uint32_t k = range.begin; k < range.end; ++k) add(FindBlock(u)->tis[k].state);
  }
  return out;
}

Verdict Run::verdict(Inst i) const {
  const Up up = UpstreamsOf(i);
  return Evaluate(dag_->rule(i.task), up.counts, up.total, setups(i), i.map_index);
}

std::string Run::AuditSums() const {
  Counts all{};
  for (uint32_t n = 0; n < size(); ++n) {
    const TaskIndex t(n);
    auto broken = [&](std::string_view what) {
      return fmt::format("run {} task '{}': {}", head.id.value, dag_->task(t).task_id, what);
    };
    Counts own{};
    ForEachOf(t, [&](Inst i) {
      ++Of(own, ti(i).state);
      ++Of(all, ti(i).state);
    });
    if (const Block* block = FindBlock(t); block != nullptr && block->counts != own) {
      return broken("its instances are miscounted");
    }
    Up up;
    for (TaskIndex u : dag_->upstream(t)) {
      if (absent(u) || by_index(u, t)) continue;
      ForEachOf(u, [&](Inst i) {
        ++up.total;
        Count(up.counts, ti(i).state);
      });
    }
    if (up.total != up_[n].total || up.counts != up_[n].counts) {
      return broken("upstream counters are off");
    }
  }
  if (all != counts_) return fmt::format("run {}: its instances are miscounted", head.id.value);
  return "";
}

TiRow Run::ToRow(Inst i) const {
  TiRow row;
  row.run = head.id;
  row.task = i.task;
  row.map_index = i.map_index;
  if (const Block* block = FindBlock(i.task); block != nullptr && i.map_index < 0) {
    row.state = block->rest;
    row.scheduled_at = OptionalTime(block->scheduled_at);
    row.block_length = width(i.task);
    return row;
  }
  const Ti& ti = this->ti(i);
  row.state = ti.state;
  row.try_number = ti.try_number;
  row.max_tries = ti.max_tries;
  row.lost_tries = ti.lost_tries;
  row.scheduled_at = ti.scheduled_at();
  if (ti.state != TiState::kScheduled) row.queued_at = OptionalTime(ti.queued_at);
  row.start_date = OptionalTime(ti.start);
  row.end_date = OptionalTime(ti.end);
  row.next_at = OptionalTime(ti.next_at);
  row.live = ti.live;
  const Looks looks = this->looks(i);
  row.reschedules = looks.all;
  row.looks = looks.of_try;
  row.first_start = OptionalTime(looks.first_start);
  if (auto skips = skips_.find(i); skips != skips_.end()) row.skips = FormatSkips(skips->second);
  if (ti.has_value) {
    auto length = lengths_.find(i.task.value);
    row.value_length = i.map_index < 0 && length != lengths_.end() ? length->second : 0;
  }
  if (const LiveAttempt* attempt = live(i)) {
    row.worker = attempt->worker;
    row.pid = attempt->pid;
  }
  return row;
}

}  // namespace gale::core
