#include "master/api/grid.h"

#include <algorithm>

#include "common/rpc/convert.h"
#include "master/api/dag_order.h"
#include "master/api/views.h"
#include "master/core/run.h"

namespace gale {
namespace {

char LetterOf(TiState state) { return static_cast<char>('a' + static_cast<uint8_t>(state)); }

// Airflow 3's state_priority.
constexpr TiState kByAttention[] = {
    TiState::kFailed,     TiState::kUpstreamFailed, TiState::kUpForRetry, TiState::kUpForReschedule,
    TiState::kQueued,     TiState::kScheduled,      TiState::kDeferred,   TiState::kRunning,
    TiState::kRestarting, TiState::kNone,           TiState::kSuccess,    TiState::kSkipped,
    TiState::kRemoved,
};
static_assert(std::size(kByAttention) == kTiStates);

void WriteRun(const RunRow& run, v1::GridRun& out) {
  out.set_run_id(run.run_id);
  out.set_state(std::string(Name(run.state)));
  out.set_run_type(std::string(Name(run.type)));
  if (run.logical_date) *out.mutable_logical_date() = ToProto(*run.logical_date);
  *out.mutable_run_after() = ToProto(run.run_after);
  if (run.queued_at) *out.mutable_queued_at() = ToProto(*run.queued_at);
  if (run.start_date) *out.mutable_start_date() = ToProto(*run.start_date);
  if (run.end_date) *out.mutable_end_date() = ToProto(*run.end_date);
  out.set_dag_version(run.version);
  out.set_note(run.note);
  out.set_triggered_by(run.triggered_by);
}

}  // namespace

void WriteCounts(const StateCounts64& counts, google::protobuf::Map<std::string, uint64_t>& out) {
  for (size_t state = 0; state < counts.size(); ++state) {
    if (counts[state] > 0) out[std::string(Name(static_cast<TiState>(state)))] = counts[state];
  }
}

void MappedCounts::Add(const TiCell& cell) {
  if (cell.map_index == kUnmapped) {
    length_ = cell.block_length;
    block_ = cell.state;
    return;
  }
  ++counts_[static_cast<size_t>(cell.state)];
  ++rows_;
}

StateCounts64 MappedCounts::Counts() const {
  StateCounts64 counts = counts_;
  if (length_ && *length_ > rows_) counts[static_cast<size_t>(block_)] += *length_ - rows_;
  return counts;
}

TiState MappedCounts::State() const {
  const auto counts = Counts();
  for (const TiState state : kByAttention) {
    if (counts[static_cast<size_t>(state)] > 0) return state;
  }
  return block_;
}

Grid::Grid(DagVersionPtr latest, std::vector<RunView> runs)
    : latest_(std::move(latest)), runs_(std::move(runs)), rows_(runs_.size()) {
  AddTasks(latest_);
  for (size_t i = runs_.size(); i-- > 0;) {
    const RunView& run = runs_[i];
    auto known = versions_.find(run.row.version);
    rows_[i].version = known != versions_.end() ? &known->second : &AddTasks(run.version);
    place_of_.emplace(run.row.id, i);
  }
  for (size_t i = 0; i < runs_.size(); ++i) {
    const Dag& dag = *runs_[i].version->dag;
    std::string& cells = rows_[i].cells;
    cells.assign(task_ids_.size(), kAbsent);
    for (uint32_t t = 0; t < dag.size(); ++t) {
      if (dag.has_task_dates() && !core::HasInstance(dag, runs_[i].row, TaskIndex(t))) continue;
      cells[rows_[i].version->columns[t]] = LetterOf(TiState::kNone);
    }
  }
}

Grid::Version& Grid::AddTasks(const DagVersionPtr& version) {
  const Dag& dag = *version->dag;
  Version& added = versions_[dag.version()];
  added.columns.resize(dag.size());
  for (const TaskIndex task : OrderOf(dag).tasks) {
    const std::string_view id = dag.task(task).task_id;
    const auto [at, is_new] = column_of_.emplace(id, static_cast<uint32_t>(task_ids_.size()));
    if (is_new) task_ids_.push_back(id);
    added.columns[task.value] = at->second;
  }
  return added;
}

void Grid::Add(const TiCell& cell) {
  if (last_ >= runs_.size() || runs_[last_].row.id != cell.run) {
    const auto found = place_of_.find(cell.run);
    if (found == place_of_.end()) return;
    last_ = found->second;
  }
  Run& run = rows_[last_];
  if (cell.task.value >= run.version->columns.size()) return;
  const uint32_t column = run.version->columns[cell.task.value];
  if (cell.map_index == kUnmapped && !cell.block_length) {
    run.cells[column] = LetterOf(cell.state);
  } else {
    run.mapped[column].Add(cell);
  }
}

v1::DagGrid Grid::Write() const {
  v1::DagGrid answer;
  for (uint8_t state = 0; state < kTiStates; ++state) {
    answer.add_states(std::string(Name(static_cast<TiState>(state))));
  }
  for (const std::string_view id : task_ids_) answer.add_task_ids(std::string(id));
  for (size_t i = 0; i < runs_.size(); ++i) {
    v1::GridRun& out = *answer.add_runs();
    WriteRun(runs_[i].row, out);
    std::string cells = rows_[i].cells;
    for (const auto& [column, mapped] : rows_[i].mapped) {
      cells[column] = LetterOf(mapped.State());
      v1::GridMapped& of = *out.add_mapped();
      of.set_task(column);
      WriteCounts(mapped.Counts(), *of.mutable_counts());
    }
    out.set_cells(std::move(cells));
  }
  return answer;
}

}  // namespace gale
