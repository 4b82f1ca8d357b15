// Which DAG is due for a run, when. Holds each DAG's place in its timetable; pure, one thread.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "common/model/dag.h"

namespace gale::core {

class Calendar {
 public:
  struct Place {
    std::optional<DataInterval> last;  // of the latest scheduled run
    std::optional<PlannedRun> next;    // nullopt: none will ever come
  };

  // A DAG, or its new version. `last` is the data interval of its latest scheduled run, if it had
  // one.
  void SetDag(DagPtr dag, bool paused, std::optional<DataInterval> last, TimePoint now);
  void SetPaused(const std::string& dag_id, bool paused, TimePoint now);
  // A run of it ended: max_active_runs may have room again.
  void RunEnded(const std::string& dag_id);

  struct Due {
    DagPtr dag;
    PlannedRun run;
  };
  // The runs to be made now, at most limits::kScheduledRunsPerPass a DAG; each counts as made.
  // `room` says how many more runs a DAG may have unfinished; a DAG without room waits for
  // RunEnded.
  std::vector<Due> TakeDue(TimePoint now, const std::function<size_t(const Dag&)>& room);

  // The next instant at which something is due.
  std::optional<TimePoint> NextWake() const;
  // nullptr if there is no such DAG.
  const Place* Find(const std::string& dag_id) const;

 private:
  struct Entry {
    DagPtr dag;
    bool paused = true;
    Place place;
  };
  void Plan(Entry& entry, TimePoint now);
  void Unplan(const Entry& entry);

  std::unordered_map<std::string, Entry> dags_;
  std::multimap<TimePoint, std::string> due_;  // unpaused DAGs with a next run
  std::set<std::string> full_;                 // due, without room
};

}  // namespace gale::core
