#include "master/engine/feed_turn.h"

#include "common/base/limits.h"

namespace gale {
namespace {

std::optional<StateCounts> CountsOf(const core::Run* run) {
  if (run == nullptr) return std::nullopt;
  StateCounts counts{};
  for (size_t s = 0; s < counts.size(); ++s) counts[s] = run->count(static_cast<TiState>(s));
  // Of what it has no instance, there is nothing to count.
  uint32_t& removed = counts[static_cast<size_t>(TiState::kRemoved)];
  for (uint32_t t = 0; removed > 0 && t < run->size(); ++t) removed -= run->absent(TaskIndex(t));
  return counts;
}

void AddRuns(std::vector<RunRow> rows, const core::Scheduler& scheduler, FeedTurn& turn) {
  for (RunRow& row : rows) {
    row.conf_json.clear();
    const core::Run* run = scheduler.Find(row.id);
    turn.changes.emplace_back(RunChanged{std::move(row), CountsOf(run)});
  }
}

// Rows of one run stand together.
void AddTasks(std::vector<TiRow> rows, const core::Scheduler& scheduler, FeedTurn& turn) {
  for (size_t begin = 0, end = 0; begin < rows.size(); begin = end) {
    const RunId id = rows[begin].run;
    while (end < rows.size() && rows[end].run == id) ++end;
    const core::Run* run = scheduler.Find(id);
    if (run == nullptr) continue;
    TasksChanged tasks{id, run->head.dag_id, run->head.run_id, {}, false, CountsOf(run)};
    tasks.whole = end - begin > limits::kFeedTasksPerRunMax;
    for (size_t i = begin; i < end && !tasks.whole; ++i) {
      tasks.tasks.push_back({run->dag().task(rows[i].task).task_id, std::move(rows[i])});
    }
    turn.changes.emplace_back(std::move(tasks));
  }
}

// The same. They are told beside the tasks: what else the instance's row holds is as it was.
void AddNotes(std::vector<TaskNoteRow> rows, const core::Scheduler& scheduler, FeedTurn& turn) {
  for (size_t begin = 0, end = 0; begin < rows.size(); begin = end) {
    const RunId id = rows[begin].run;
    while (end < rows.size() && rows[end].run == id) ++end;
    const core::Run* run = scheduler.Find(id);
    if (run == nullptr) continue;
    TasksChanged change{id, run->head.dag_id, run->head.run_id, {}, false, CountsOf(run)};
    change.whole = end - begin > limits::kFeedTasksPerRunMax;
    for (size_t i = begin; i < end && !change.whole; ++i) {
      change.notes.push_back({run->dag().task(rows[i].task).task_id, rows[i].task,
                              rows[i].map_index, std::move(rows[i].note)});
    }
    turn.changes.emplace_back(std::move(change));
  }
}

size_t BytesOf(const Change& change) {
  size_t bytes = sizeof(Change);
  if (const auto* run = std::get_if<RunChanged>(&change)) {
    const RunRow& row = run->row;
    bytes += row.dag_id.size() + row.run_id.size() + row.note.size() + row.reason.size();
  } else if (const auto* tasks = std::get_if<TasksChanged>(&change)) {
    bytes += tasks->dag_id.size() + tasks->run_id.size();
    for (const TaskChange& task : tasks->tasks) {
      bytes += sizeof task + task.task_id.size() + task.row.worker.size() + task.row.reason.size();
    }
    for (const TaskNote& note : tasks->notes) {
      bytes += sizeof note + note.task_id.size() + note.note.size();
    }
  } else if (const auto* dag = std::get_if<DagChanged>(&change)) {
    const DagRow& row = dag->row;
    bytes += row.dag_id.size() + row.fileloc.size() + row.description.size() +
             row.timetable_summary.size() + row.timetable_description.size();
    for (const std::string& tag : row.tags) bytes += sizeof tag + tag.size();
    for (const std::string& owner : row.owners) bytes += sizeof owner + owner.size();
  }
  return bytes;
}

}  // namespace

size_t BytesOf(const FeedTurn& turn) {
  size_t bytes = sizeof turn;
  for (const Change& change : turn.changes) bytes += BytesOf(change);
  return bytes;
}

FeedTurn FeedTurnOf(CommitBatch batch, const core::Scheduler& scheduler) {
  FeedTurn turn;
  AddRuns(std::move(batch.runs), scheduler, turn);
  AddTasks(std::move(batch.tis), scheduler, turn);
  AddNotes(std::move(batch.task_notes), scheduler, turn);
  for (DagRow& row : batch.dags) turn.changes.emplace_back(DagChanged{std::move(row)});
  for (ImportErrorRow& row : batch.import_errors) {
    turn.changes.emplace_back(FileChanged{std::move(row.filename), true});
  }
  for (std::string& file : batch.import_error_deletes) {
    turn.changes.emplace_back(FileChanged{std::move(file), false});
  }
  for (PoolRow& row : batch.pools) turn.changes.emplace_back(PoolChanged{std::move(row)});
  for (std::string& name : batch.pool_deletes) {
    turn.changes.emplace_back(PoolChanged{PoolRow{std::move(name)}, true});
  }
  for (WorkerRow& row : batch.workers) turn.changes.emplace_back(WorkerChanged{std::move(row)});
  for (std::string& name : batch.worker_deletes) {
    turn.changes.emplace_back(WorkerChanged{WorkerRow{std::move(name)}, true});
  }
  if (BytesOf(turn) > limits::kFeedTurnBytesMax) {
    for (Change& change : turn.changes) {
      auto* tasks = std::get_if<TasksChanged>(&change);
      if (tasks == nullptr) continue;
      tasks->tasks.clear();
      tasks->notes.clear();
      tasks->whole = true;
    }
  }
  return turn;
}

}  // namespace gale
