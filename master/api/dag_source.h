// The text of a DAG's file, of each version.
#pragma once

#include <optional>
#include <string>

#include "master/api/control.h"

namespace gale {

struct DagSource {
  int64_t version = 0;
  std::string text;  // UTF-8
};

// Of the current version (none is asked for): the file as it stands, while it is what the version is
// of and can be read here. Of others, what was kept when the version was made, or else what its
// bundle has. NOT_FOUND: there is no such version, or its source wasn't kept: the message says why.
Result<DagSource> ReadDagSource(Control& control, const std::string& dag_id,
                                std::optional<int64_t> version);

}  // namespace gale
