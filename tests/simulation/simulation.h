// One seeded world: a master, workers, people and DAG files on a simulated clock, with everything
// that can break breaking for a while; then the faults stop, and everything must come to its end.
#pragma once

#include <string>
#include <vector>

#include "tests/simulation/context.h"

namespace gale::sim {

struct Report {
  std::string failure;             // empty: all held
  std::vector<std::string> trace;  // if it was asked for
  Coverage coverage{};
  uint64_t fingerprint = 0;  // the same for every run of a seed
  uint64_t steps = 0;
};

Report Simulate(uint64_t seed, bool trace);

}  // namespace gale::sim
