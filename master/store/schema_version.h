// One check that every kind of database makes of its schema.
#pragma once

#include <string_view>

#include "common/base/status.h"

namespace gale {

// FAILED_PRECONDITION if the schema of `database` is newer than what this build knows.
inline Status CheckSchemaVersion(std::string_view database, int64_t version, int64_t known) {
  if (version <= known) return OkStatus();
  return FailedPrecondition(
      "'{}': its schema is version {}, made by a newer gale; this one knows version {}. "
      "Run the newer gale, or restore a backup",
      database, version, known);
}

}  // namespace gale
