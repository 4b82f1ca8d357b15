// How long a DAG's runs and tasks usually take: medians of the last ones that succeeded. Bounded
// reads by keys, kept until another run is the DAG's newest that ended.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "master/engine/catalog.h"
#include "master/store/reads.h"

namespace gale {

// nullopt: of none.
std::optional<double> MedianOf(std::vector<double> values);

struct UsualTimes {
  std::optional<double> run_seconds;
  std::unordered_map<std::string, double> task_seconds;  // by task_id; of those that are known
  std::optional<double> Of(const std::string& task_id) const;
};
using UsualTimesPtr = std::shared_ptr<const UsualTimes>;

// Thread-safe.
class UsualTimesOf {
 public:
  static constexpr uint32_t kRunsLooked = 60;  // the DAG's newest: those that ended count
  static constexpr size_t kRunsOfTasks = 20;   // whose tasks are read
  static constexpr size_t kInstances =
      50'000;                             // of fewer runs, if their DAG is large; of one at least
  static constexpr size_t kVersions = 3;  // that those runs are of
  static constexpr size_t kKeptTasks = 500'000;  // in all

  // Both must outlive it.
  UsualTimesOf(Reads& reads, Catalog& dags) : reads_(reads), dags_(dags) {}

  Result<UsualTimesPtr> Get(const std::string& dag_id);

 private:
  struct Kept {
    RunId newest;  // that ended
    std::optional<TimePoint> end;
    UsualTimesPtr times;
  };
  Result<UsualTimesPtr> Make(const std::vector<RunRow>& ended);
  Result<std::vector<TiCell>> Successes(CellQuery cells);

  Reads& reads_;
  Catalog& dags_;
  std::mutex mutex_;  // guards what follows
  std::map<std::string, Kept> kept_;
  size_t kept_tasks_ = 0;
};

}  // namespace gale
