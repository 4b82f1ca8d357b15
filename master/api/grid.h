// The grid of a DAG: runs by tasks, a letter a task in one text a run. Pure.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "gale/v1/views.pb.h"
#include "master/api/control.h"

namespace gale {

using StateCounts64 = std::array<uint64_t, kTiStates>;
// Those that aren't 0, by name.
void WriteCounts(const StateCounts64& counts, google::protobuf::Map<std::string, uint64_t>& out);

// Of a mapped task in one run: how many of its elements are in each state, those without a row too.
class MappedCounts {
 public:
  void Add(const TiCell& cell);
  // Whether it is known how many it has.
  bool expanded() const { return length_.has_value() || rows_ > 0; }
  StateCounts64 Counts() const;
  // As Airflow sums them up: the state that asks most for attention.
  TiState State() const;

 private:
  StateCounts64 counts_{};
  uint64_t rows_ = 0;
  std::optional<uint32_t> length_;
  TiState block_ = TiState::kNone;  // of those without a row; of all, before it is expanded
};

class Grid {
 public:
  static constexpr char kAbsent = '-';

  // `runs`: oldest first. Rows are the latest version's tasks, then those that only versions of
  // these runs have, from the newest on.
  Grid(DagVersionPtr latest, std::vector<RunView> runs);

  // Of these runs, in any order.
  void Add(const TiCell& cell);
  // All but `at`, has_older and the median.
  v1::DagGrid Write() const;

 private:
  struct Version {
    std::vector<uint32_t> columns;  // of each task
  };
  struct Run {
    const Version* version = nullptr;
    std::string cells;
    std::map<uint32_t, MappedCounts> mapped;  // by column
  };
  Version& AddTasks(const DagVersionPtr& version);

  DagVersionPtr latest_;
  std::vector<RunView> runs_;
  std::vector<std::string_view> task_ids_;
  std::unordered_map<std::string_view, uint32_t> column_of_;
  std::map<int64_t, Version> versions_;
  std::map<RunId, size_t> place_of_;
  std::vector<Run> rows_;
  size_t last_ = 0;  // where the last cell went: most come by runs
};

}  // namespace gale
