#include "master/api/usual_times.h"

#include <algorithm>
#include <set>

namespace gale {
namespace {

// Of a mapped task: from the first start to the last end of its elements.
struct Span {
  TimePoint start, end;
  double seconds() const { return Seconds(end - start); }
};

}  // namespace

std::optional<double> MedianOf(std::vector<double> values) {
  if (values.empty()) return std::nullopt;
  const auto middle = values.begin() + static_cast<ptrdiff_t>(values.size() / 2);
  std::ranges::nth_element(values, middle);
  if (values.size() % 2 == 1) return *middle;
  return (*middle + *std::max_element(values.begin(), middle)) / 2;
}

std::optional<double> UsualTimes::Of(const std::string& task_id) const {
  const auto found = task_seconds.find(task_id);
  if (found == task_seconds.end()) return std::nullopt;
  return found->second;
}

Result<UsualTimesPtr> UsualTimesOf::Get(const std::string& dag_id) {
  RunQuery query;
  query.dag_id = dag_id;
  query.order_by = {"-id"};
  query.limit = kRunsLooked;
  query.count = false;
  query.without_conf = true;
  GALE_ASSIGN_OR_RETURN(Page<RunRow> runs, reads_.ListRuns(query));
  std::erase_if(runs.rows, [](const RunRow& run) { return !IsFinished(run.state); });
  if (runs.rows.empty()) return std::make_shared<const UsualTimes>();
  const RunRow& newest = runs.rows.front();
  {
    const std::lock_guard lock(mutex_);
    const auto found = kept_.find(dag_id);
    if (found != kept_.end() && found->second.newest == newest.id &&
        found->second.end == newest.end_date) {
      return found->second.times;
    }
  }
  GALE_ASSIGN_OR_RETURN(UsualTimesPtr times, Make(runs.rows));
  const std::lock_guard lock(mutex_);
  if (kept_tasks_ > kKeptTasks) {
    kept_.clear();
    kept_tasks_ = 0;
  }
  Kept& kept = kept_[dag_id];
  if (kept.times) kept_tasks_ -= kept.times->task_seconds.size() + 1;
  kept_tasks_ += times->task_seconds.size() + 1;
  kept = {newest.id, newest.end_date, times};
  return times;
}

Result<UsualTimesPtr> UsualTimesOf::Make(const std::vector<RunRow>& ended) {
  auto times = std::make_shared<UsualTimes>();
  std::vector<double> run_seconds;
  std::map<RunId, DagVersionPtr> versions;
  std::set<int64_t> numbers;
  CellQuery cells;
  size_t instances = 0;
  for (const RunRow& run : ended) {
    if (run.state == RunState::kSuccess && run.start_date && run.end_date) {
      run_seconds.push_back(Seconds(*run.end_date - *run.start_date));
    }
    if (cells.runs.size() >= kRunsOfTasks || instances >= kInstances) continue;
    if (!numbers.contains(run.version) && numbers.size() >= kVersions) continue;
    GALE_ASSIGN_OR_RETURN(DagVersionPtr version, dags_.Get(run.dag_id, run.version));
    instances += version->dag->size();
    numbers.insert(run.version);
    cells.runs.push_back(run.id);
    versions.emplace(run.id, std::move(version));
  }
  times->run_seconds = MedianOf(std::move(run_seconds));
  GALE_ASSIGN_OR_RETURN(const std::vector<TiCell> read, Successes(std::move(cells)));
  auto id = [&](RunId run, TaskIndex task) -> const std::string& {
    return versions.at(run)->dag->task(task).task_id;
  };
  std::unordered_map<std::string, std::vector<double>> seconds;
  std::map<std::pair<RunId, TaskIndex>, Span> spans;
  for (const TiCell& cell : read) {
    if (!cell.start_date || !cell.end_date || cell.block_length) continue;
    const Span took{*cell.start_date, *cell.end_date};
    if (cell.map_index == kUnmapped) {
      seconds[id(cell.run, cell.task)].push_back(took.seconds());
      continue;
    }
    Span& all = spans.try_emplace({cell.run, cell.task}, took).first->second;
    all = {std::min(all.start, took.start), std::max(all.end, took.end)};
  }
  for (const auto& [key, span] : spans) {
    seconds[id(key.first, key.second)].push_back(span.seconds());
  }
  for (auto& [task_id, values] : seconds) {
    times->task_seconds[task_id] = *MedianOf(std::move(values));
  }
  return UsualTimesPtr(std::move(times));
}

// Of fewer runs, if there are too many: mapped tasks have any number. None, if one run has.
Result<std::vector<TiCell>> UsualTimesOf::Successes(CellQuery cells) {
  cells.states = {TiState::kSuccess};
  cells.with_times = true;
  cells.limit = 4 * kInstances;
  for (;; cells.runs.resize(cells.runs.size() / 2)) {
    auto read = reads_.ListCells(cells);
    if (read.status().code() != Code::kResourceExhausted) return read;
  }
}

}  // namespace gale
