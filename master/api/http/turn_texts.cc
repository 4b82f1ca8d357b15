#include "master/api/http/turn_texts.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <tuple>
#include <utility>

#include "common/base/limits.h"

namespace gale::http {
namespace {

// What changed, apart from how: two changes with the same subject are of the same row.
using Subject = std::tuple<size_t, std::string, std::string>;

Subject SubjectOf(const Change& change) {
  const auto name = [](const auto& one) -> std::pair<std::string, std::string> {
    using One = std::decay_t<decltype(one)>;
    if constexpr (std::is_same_v<One, RunChanged>) return {one.row.dag_id, one.row.run_id};
    if constexpr (std::is_same_v<One, TasksChanged>) return {one.dag_id, one.run_id};
    if constexpr (std::is_same_v<One, DagChanged>) return {one.row.dag_id, ""};
    if constexpr (std::is_same_v<One, FileChanged>) return {one.fileloc, ""};
    if constexpr (std::is_same_v<One, PoolChanged> || std::is_same_v<One, WorkerChanged>) {
      return {one.row.name, ""};
    }
  };
  auto [first, second] = std::visit(name, change);
  return {change.index(), std::move(first), std::move(second)};
}

class LastOfEach {
 public:
  // From the last change to the first.
  void AddEarlier(const Change& change) {
    auto [found, fresh] = by_subject_.try_emplace(SubjectOf(change), latest_first_.size());
    if (const auto* tasks = std::get_if<TasksChanged>(&change)) {
      if (fresh) latest_first_.push_back(TasksChanged{tasks->run, tasks->dag_id, tasks->run_id});
      AddEarlier(*tasks, std::get<TasksChanged>(latest_first_[found->second]));
    } else if (fresh) {
      latest_first_.push_back(change);
    } else if (const auto* run = std::get_if<RunChanged>(&change)) {
      AddMissing(run->counts, std::get<RunChanged>(latest_first_[found->second]).counts);
    } else if (const auto* worker = std::get_if<WorkerChanged>(&change)) {
      AddMissing(worker->load, std::get<WorkerChanged>(latest_first_[found->second]).load);
    }
  }
  std::vector<Change> Take() {
    for (Change& change : latest_first_) {
      if (auto* tasks = std::get_if<TasksChanged>(&change)) {
        std::ranges::reverse(tasks->tasks);
        std::ranges::reverse(tasks->notes);
      }
    }
    std::ranges::reverse(latest_first_);
    return std::move(latest_first_);
  }

 private:
  template <class T>
  static void AddMissing(const std::optional<T>& earlier, std::optional<T>& later) {
    if (!later) later = earlier;
  }
  void AddEarlier(const TasksChanged& earlier, TasksChanged& later) {
    later.whole |= earlier.whole;
    AddMissing(earlier.counts, later.counts);
    for (auto task = earlier.tasks.rbegin(); task != earlier.tasks.rend(); ++task) {
      if (instances_.emplace(earlier.run, task->row.task, task->row.map_index).second) {
        later.tasks.push_back(*task);
      }
    }
    for (auto note = earlier.notes.rbegin(); note != earlier.notes.rend(); ++note) {
      if (noted_.emplace(earlier.run, note->task, note->map_index).second) {
        later.notes.push_back(*note);
      }
    }
  }

  std::vector<Change> latest_first_;
  std::map<Subject, size_t> by_subject_;
  std::set<std::tuple<RunId, TaskIndex, int32_t>> instances_, noted_;
};

}  // namespace

std::vector<Change> Coalesce(const std::vector<FeedTurnPtr>& turns,
                             const std::vector<FeedFilter>& filters) {
  LastOfEach last;
  for (auto turn = turns.rbegin(); turn != turns.rend(); ++turn) {
    const std::vector<Change>& changes = (*turn)->changes;
    for (auto change = changes.rbegin(); change != changes.rend(); ++change) {
      if (std::ranges::any_of(filters, [&](const FeedFilter& f) { return f.Matches(*change); })) {
        last.AddEarlier(*change);
      }
    }
  }
  return last.Take();
}

FeedCursor TurnTexts::RoundTo(FeedCursor from, FeedCursor at, MonoTime now, Duration pause) {
  std::lock_guard lock(mutex_);
  if (from >= to_ || to_.epoch != at.epoch || now >= ends_) {
    to_ = at;
    ends_ = now + pause;
    texts_.clear();
    bytes_ = 0;
  }
  return to_;
}

std::string TurnTexts::Key(std::string_view watched, FeedCursor from) {
  return fmt::format("{} {}", from.ToString(), watched);
}

TurnTexts::Text TurnTexts::Find(std::string_view watched, FeedCursor from) const {
  const std::string key = Key(watched, from);
  std::lock_guard lock(mutex_);
  const auto found = texts_.find(key);
  return found == texts_.end() ? nullptr : found->second;
}

void TurnTexts::Keep(std::string_view watched, FeedCursor from, FeedCursor to, Text text) {
  std::string key = Key(watched, from);
  std::lock_guard lock(mutex_);
  ++made_;
  if (to != to_ || bytes_ + text->size() > limits::kStreamTextsBytesMax) return;
  bytes_ += text->size();
  texts_.emplace(std::move(key), std::move(text));
}

uint64_t TurnTexts::made() const {
  std::lock_guard lock(mutex_);
  return made_;
}

}  // namespace gale::http
