// In which order pages show the tasks of a DAG: as Airflow's grid has them, topologically, members
// of a group together. Pure.
#pragma once

#include <cstdint>
#include <vector>

#include "common/model/dag.h"

namespace gale {

struct DagOrder {
  std::vector<TaskIndex> tasks;
  std::vector<uint32_t> groups;  // places in the spec's groups; a parent before its children
};

// In each group, and in the DAG itself, its tasks and groups are sorted as Airflow does it: again and
// again through those that are left, in the order of their definition, each that waits for none that
// is left is next. A group stands where its first task does, and waits for what any of its tasks
// waits for; where groups wait for each other, the one that was defined first is taken.
DagOrder OrderOf(const Dag& dag);

// An id without that of the group around it: "load" of "etl.load" in "etl".
std::string_view LabelIn(std::string_view group_id, std::string_view id);

}  // namespace gale
