#include "master/core/calendar.h"

#include "common/base/limits.h"

namespace gale::core {

void Calendar::Unplan(const Entry& entry) {
  full_.erase(entry.dag->id());
  if (!entry.place.next) return;
  auto [at, end] = due_.equal_range(entry.place.next->run_after);
  for (; at != end; ++at) {
    if (at->second == entry.dag->id()) {
      due_.erase(at);
      return;
    }
  }
}

void Calendar::Plan(Entry& entry, TimePoint now) {
  entry.place.next = entry.dag->timetable().Next(entry.place.last, entry.dag->bounds(), now);
  if (entry.place.next && !entry.paused) {
    due_.emplace(entry.place.next->run_after, entry.dag->id());
  }
}

void Calendar::SetDag(DagPtr dag, bool paused, std::optional<DataInterval> last, TimePoint now) {
  auto [it, fresh] = dags_.try_emplace(dag->id());
  Entry& entry = it->second;
  if (!fresh) Unplan(entry);
  entry.dag = std::move(dag);
  entry.paused = paused;
  if (fresh || last) entry.place.last = last;
  Plan(entry, now);
}

void Calendar::SetPaused(const std::string& dag_id, bool paused, TimePoint now) {
  auto it = dags_.find(dag_id);
  if (it == dags_.end()) return;
  Unplan(it->second);
  it->second.paused = paused;
  Plan(it->second, now);
}

void Calendar::RunEnded(const std::string& dag_id) {
  if (full_.erase(dag_id) == 0) return;
  const Entry& entry = dags_.at(dag_id);
  if (entry.place.next && !entry.paused) due_.emplace(entry.place.next->run_after, dag_id);
}

std::vector<Calendar::Due> Calendar::TakeDue(TimePoint now,
                                             const std::function<size_t(const Dag&)>& room) {
  std::vector<Due> out;
  std::vector<std::string> ids;
  for (auto it = due_.begin(); it != due_.end() && it->first <= now; ++it) {
    ids.push_back(it->second);
  }
  for (const std::string& id : ids) {
    Entry& entry = dags_.at(id);
    Unplan(entry);
    const size_t free = room(*entry.dag);
    size_t left = std::min(free, limits::kScheduledRunsPerPass);
    // Planned anew with today's `now`: without catchup, a run that waited for room may be out of
    // date. (Without a start date the new plan begins after `now`; then what was planned stands.)
    auto& next = entry.place.next;
    auto anew = entry.dag->timetable().Next(entry.place.last, entry.dag->bounds(), now);
    if (anew && anew->run_after <= now) next = anew;
    while (left > 0 && next && next->run_after <= now) {
      out.push_back({entry.dag, *next});
      entry.place.last = next->interval;
      next = entry.dag->timetable().Next(entry.place.last, entry.dag->bounds(), now);
      --left;
    }
    if (!next) continue;
    if (next->run_after <= now && free <= limits::kScheduledRunsPerPass) {
      full_.insert(id);  // all its room is used up
    } else {
      due_.emplace(next->run_after, id);
    }
  }
  return out;
}

std::optional<TimePoint> Calendar::NextWake() const {
  if (due_.empty()) return std::nullopt;
  return due_.begin()->first;
}

const Calendar::Place* Calendar::Find(const std::string& dag_id) const {
  auto it = dags_.find(dag_id);
  return it == dags_.end() ? nullptr : &it->second.place;
}

}  // namespace gale::core
