// When the tasks of a run ran: a row a task, with its tries. Pure.
#pragma once

#include <map>
#include <vector>

#include "gale/v1/views.pb.h"
#include "master/api/control.h"
#include "master/api/grid.h"

namespace gale {

// Made for one run: rows of tasks that aren't mapped, what of the mapped ones is known, earlier
// tries. Tasks that nothing happened to have a row in state none.
class Gantt {
 public:
  explicit Gantt(const RunView& run) : run_(run), dag_(*run.version->dag) {}

  void Add(const TiRow& row);       // of one that isn't mapped, or isn't expanded
  void Add(const TiCell& cell);     // of a mapped one, with its times
  void Add(const AttemptRow& row);  // any: those before the row's try count
  // Those that had tries before the one that their row tells of.
  std::vector<TaskIndex> TriedBefore() const;
  void Write(const UsualTimes& usual, v1::Gantt& out) const;

 private:
  struct Mapped {
    MappedCounts counts;
    std::optional<TimePoint> start, end;
    Duration slowest{-1};
  };
  v1::GanttRow RowOf(TaskIndex task) const;
  void WriteMapped(const Mapped& mapped, v1::GanttRow& out) const;

  const RunView& run_;
  const Dag& dag_;
  std::map<TaskIndex, TiRow> rows_;
  std::map<TaskIndex, Mapped> mapped_;
  std::map<TaskIndex, std::vector<AttemptRow>> tries_;
};

}  // namespace gale
