// Sums over everything that a task reaches, for DAGs too large for a matrix of reachability.
#pragma once

#include <span>
#include <vector>

#include "common/base/ids.h"

namespace gale {

// For every task: its own weight plus the weights of all the tasks it reaches over one or more
// edges, each counted once. `order` has every task before those it has edges to; the edges of task
// t are to[begin[t]] .. to[begin[t + 1] - 1]. Memory: 32 bytes a task; time: tasks / 256 passes
// over the edges, and none at all for chains and trees.
std::vector<int64_t> SumReachable(std::span<const TaskIndex> order, std::span<const uint32_t> begin,
                                  std::span<const TaskIndex> to, std::span<const int64_t> weights);

}  // namespace gale
