// A DAG's tasks as an ASCII tree.
#pragma once

#include <string>

#include "gale/v1/dag.pb.h"

namespace gale::cli {

// Roots first, each task under one that it waits for: "> " before it if it is the only one that does,
// so that only branches indent. A task is drawn whole once; elsewhere it stands with "..." for what is
// under it, also where it would stand too far to the right.
std::string DrawTree(const v1::DagSpec& spec);

}  // namespace gale::cli
