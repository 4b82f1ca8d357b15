// What a page watches: one `watch=` of the event stream.
#pragma once

#include <string>
#include <string_view>

#include "common/base/ids.h"
#include "common/base/status.h"

namespace gale::http {

struct Watch {
  enum class Kind : uint8_t {
    kDags,     // all DAGs' rows
    kRuns,     // all runs, no tasks
    kDag,      // a DAG, its runs, their tasks
    kRun,      // a run and its tasks
    kFiles,    // DAG files' import errors
    kPools,    // pools' sizes
    kWorkers,  // workers that come, go, are drained
    kLog,      // that the log of a task's try grew
  };
  Kind kind = Kind::kDags;
  std::string dag_id = {}, run_id = {}, task_id = {};
  int32_t map_index = kUnmapped;
  uint32_t try_number = 0;
};

// "dags", "run:DAG/RUN", "log:DAG/RUN/TASK/MAP/TRY"; parts are percent-encoded. INVALID_ARGUMENT,
// naming the text and what is wrong with it.
Result<Watch> ParseWatch(std::string_view text);

}  // namespace gale::http
