// All that waits, by cause: counted as it comes and goes, so that to ask costs by the causes, DAGs and
// limits that there are, not by how many wait. Pure; one thread.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "master/core/check.h"
#include "master/core/instance.h"
#include "master/core/tally.h"

namespace gale::core {

// What waits for one thing.
struct WaitGroup {
  static constexpr size_t kExamplesMax = 5;
  Check check;
  uint64_t count = 0;
  std::optional<TimePoint> oldest;       // to the second: since when the first of them has waited
  std::map<std::string, uint64_t> dags;  // how many of each
  std::vector<TiRef> examples;           // next in line
  std::vector<RunId> runs;               // of runs that wait: the same
};

// By kind and subject; of limits of tasks, apart what counts in a run and what in all.
class WaitGroups {
 public:
  // Of several limits that are one cause the check tells of the one with the most.
  WaitGroup& Add(const Check& check, const std::string& dag_id, uint64_t count,
                 std::optional<TimePoint> oldest);
  uint64_t count() const { return count_; }
  // The most first, then by kind and subject. Leaves it empty.
  std::vector<WaitGroup> Take();

 private:
  using Key = std::tuple<CheckKind, std::string, int64_t>;
  std::map<Key, WaitGroup> groups_;
  uint64_t count_ = 0;
};

// Task instances that wait for no slot any more, or not yet: in a queue, for an instant, for a
// trigger; and those that run, by queue.
class WaitBook {
 public:
  enum class Place : uint8_t { kNowhere, kQueue, kRetry, kReschedule, kTrigger, kRuns };

  // It is there now and nowhere else. `queue` counts for kQueue and kRuns; `dag_id` and it are the
  // instance's for good.
  void Set(TiRef ref, Place place, const std::string& queue, const std::string& dag_id,
           TimePoint since);

  struct Queue {
    uint64_t queued = 0, running = 0;
    std::optional<TimePoint> oldest;
  };
  std::map<std::string, Queue> Queues() const;
  // What waits of one DAG; empty: of all. `served`: whether somebody takes work of that queue.
  void AddTo(WaitGroups& groups, const std::string& dag_id,
             const std::function<bool(const std::string&)>& served) const;
  // How many are at each place: to be held against the states.
  std::map<Place, uint64_t> Counts() const;

 private:
  using Key = std::tuple<Place, std::string, std::string>;  // queue and DAG
  // Microseconds: the first has waited longest.
  using Members = std::set<std::pair<int64_t, TiRef>>;
  struct At {
    std::map<Key, Members>::iterator group;
    int64_t since;
  };
  std::map<Key, Members> groups_;
  std::unordered_map<TiRef, At, TiRefHash> at_;
};

}  // namespace gale::core
