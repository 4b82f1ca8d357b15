// From which templates a Python process of a task may be forked (worker/keeper/README.md).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/base/status.h"
#include "worker/keeper/protocol.h"
#include "worker/runner/environment.h"

namespace gale::worker {

// How much of a task's Python process is its own.
enum class PythonIsolation {
  kFile,   // forked from a process that has imported the SDK and the DAG's file
  kSdk,    // forked from one that has imported the SDK: the file is imported in each task
  kFresh,  // a Python of its own
};

// kInvalidArgument names what there is.
Result<PythonIsolation> ParsePythonIsolation(std::string_view text);

struct TemplateSettings {
  PythonIsolation isolation = PythonIsolation::kFile;  // where the task doesn't say
  uint32_t number_max = 8;                             // 0: all are fresh
  int64_t bytes_max = int64_t{2} << 30;                // of memory, all together
  Duration import_max = std::chrono::seconds(30);
  // Names this worker's life: the code of the next one's SDK may be another. Templates of the last
  // one are used no more, and go.
  std::string life;
};

// The DAG file that a task's process would import; an empty path: none.
struct TemplateFile {
  std::string path;    // on this host
  std::string folder;  // that its imports start at
  bool fixed = false;  // they never change: a bundle's
};

// Names in `spawn` what it may be forked from. Its argv is `PYTHON -m MODULE`. `environment` is what
// every task of this file has, without the task's own.
void NameTemplates(const TemplateSettings& settings, PythonIsolation isolation,
                   const TemplateFile& file, const Environment& environment,
                   keeper::SpawnRequest* spawn);

}  // namespace gale::worker
