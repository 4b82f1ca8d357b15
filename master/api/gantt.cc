#include "master/api/gantt.h"

#include <algorithm>

#include "common/rpc/convert.h"
#include "master/api/dag_order.h"
#include "master/core/run.h"

namespace gale {
namespace {

void Set(google::protobuf::Timestamp* out, TimePoint time) { *out = ToProto(time); }

}  // namespace

#define GALE_SET_TIME(message, field, time) \
  if (time) Set((message).mutable_##field(), *(time))

void Gantt::Add(const TiRow& row) { rows_[row.task] = row; }

void Gantt::Add(const TiCell& cell) {
  if (cell.map_index == kUnmapped && !cell.block_length) {  // not expanded
    TiRow row;
    row.run = cell.run;
    row.task = cell.task;
    row.state = cell.state;
    row.max_tries = dag_.task(cell.task).retries;
    row.start_date = cell.start_date;
    row.end_date = cell.end_date;
    if (dag_.is_mapped(cell.task)) rows_.try_emplace(cell.task, row);
    return;
  }
  Mapped& mapped = mapped_[cell.task];
  mapped.counts.Add(cell);
  if (cell.map_index == kUnmapped || !cell.start_date) return;
  mapped.start = mapped.start ? std::min(*mapped.start, *cell.start_date) : *cell.start_date;
  if (!cell.end_date) return;
  mapped.end = mapped.end ? std::max(*mapped.end, *cell.end_date) : *cell.end_date;
  mapped.slowest = std::max(mapped.slowest, *cell.end_date - *cell.start_date);
}

void Gantt::Add(const AttemptRow& row) { tries_[row.id.task].push_back(row); }

std::vector<TaskIndex> Gantt::TriedBefore() const {
  std::vector<TaskIndex> tasks;
  for (const auto& [task, row] : rows_) {
    if (!mapped_.contains(task) && row.shown_try() >= 2) tasks.push_back(task);
  }
  return tasks;
}

void Gantt::WriteMapped(const Mapped& mapped, v1::GanttRow& out) const {
  const StateCounts64 counts = mapped.counts.Counts();
  out.set_state(std::string(Name(mapped.counts.State())));
  WriteCounts(counts, *out.mutable_counts());
  GALE_SET_TIME(out, start_date, mapped.start);
  bool ended = true;
  for (size_t state = 0; state < kTiStates; ++state) {
    ended = ended && (counts[state] == 0 || IsFinished(static_cast<TiState>(state)));
  }
  if (ended) GALE_SET_TIME(out, end_date, mapped.end);
  if (mapped.slowest >= Duration(0)) out.set_slowest_seconds(Seconds(mapped.slowest));
}

v1::GanttRow Gantt::RowOf(TaskIndex task) const {
  v1::GanttRow out;
  out.set_task_id(dag_.task(task).task_id);
  out.set_max_tries(dag_.task(task).retries);
  out.set_state(std::string(Name(TiState::kNone)));
  if (const auto mapped = mapped_.find(task); mapped != mapped_.end()) {
    WriteMapped(mapped->second, out);
    return out;
  }
  const auto found = rows_.find(task);
  if (found == rows_.end()) return out;
  const TiRow& row = found->second;
  out.set_state(std::string(Name(row.state)));
  out.set_try_number(row.shown_try());
  out.set_max_tries(row.shown_max_tries());
  GALE_SET_TIME(out, scheduled_when, row.scheduled_at);
  GALE_SET_TIME(out, queued_when, row.queued_at);
  GALE_SET_TIME(out, start_date, row.start_date);
  GALE_SET_TIME(out, end_date, row.end_date);
  GALE_SET_TIME(out, next_retry_at, row.next_at);
  out.set_hostname(row.worker);
  out.set_reason(row.reason);
  const auto tries = tries_.find(task);
  if (tries == tries_.end()) return out;
  for (const AttemptRow& attempt : tries->second) {
    if (attempt.shown_try() >= row.shown_try()) continue;
    v1::GanttTry& one = *out.add_tries();
    one.set_try_number(attempt.shown_try());
    one.set_state(std::string(Name(attempt.state)));
    GALE_SET_TIME(one, scheduled_when, attempt.scheduled_at);
    GALE_SET_TIME(one, queued_when, attempt.queued_at);
    GALE_SET_TIME(one, start_date, attempt.start_date);
    GALE_SET_TIME(one, end_date, attempt.end_date);
    one.set_reason(attempt.reason);
  }
  return out;
}

void Gantt::Write(const UsualTimes& usual, v1::Gantt& out) const {
  for (const TaskIndex task : OrderOf(dag_).tasks) {
    const bool there = rows_.contains(task) || mapped_.contains(task);
    if (!there && !core::HasInstance(dag_, run_.row, task)) continue;
    v1::GanttRow& row = *out.add_rows();
    row = RowOf(task);
    if (const auto seconds = usual.Of(row.task_id())) row.set_usual_seconds(*seconds);
  }
  if (usual.run_seconds) out.set_median_seconds(*usual.run_seconds);
}

}  // namespace gale
