// A DAG's tasks as an ASCII tree.
#pragma once

#include <string>

#include "gale/v1/dag.pb.h"

namespace gale::cli {

// Roots first, each task under one that it waits for. A task that several wait for is drawn whole
// once; elsewhere it stands with "..." for what is under it.
std::string DrawTree(const v1::DagSpec& spec);

}  // namespace gale::cli
