// What an attempt is to its host: from a Grant to what the keeper is to spawn, and from its end to
// what the master is told. The driver knows this much; what kind of task it is, only the runners
// do.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "common/base/status.h"
#include "gale/v1/worker.pb.h"
#include "worker/core/events.h"
#include "worker/keeper/protocol.h"
#include "worker/runner/attempt_files.h"
#include "worker/runner/python_templates.h"

namespace gale::worker {

struct RunnerOptions {
  std::string python = "python3";    // GALE_PYTHON: renders templated commands, runs Python tasks
  std::string sdk;                   // GALE_SDK: the folder that holds the `gale` package
  std::string home;                  // GALE_HOME of templates: where gale.cfg stands
  std::vector<std::string> environ;  // the worker's own, "NAME=value"
  std::vector<std::string> secrets;  // values that no task may see
  Duration kill_grace = keeper::kKillGraceDefault;
  std::string task_socket;  // where Python tasks find their worker
  TemplateSettings templates;
};

// Where the DAG's code stands on this host, if it was fetched.
struct DagCode {
  std::string tree;    // a folder with the same files as...
  std::string folder;  // ...this one on the master: TaskContext.fileloc begins with it
};

// How an attempt ended, as the worker's core and the keeper say it.
struct Conclusion {
  const Ending& ending;
  const keeper::Exited* exited;  // the keeper's record; null: nothing ran
  const StoredGrant& stored;     // empty if it can't be read
};

// One kind of work. Thread-safe. Reads and writes the attempt's files, nothing else.
class Runner {
 public:
  virtual ~Runner() = default;

  // Writes the attempt's files and says what to spawn. An error is the reason for which the attempt
  // fails without a start; kUnavailable: on this host.
  // `code`: what grant.bundle names; null: the DAG file is at its own path, or nowhere.
  virtual Result<keeper::SpawnRequest> Prepare(const v1::Grant& grant,
                                               const DagCode* code) const = 0;

  // Fills in outcome, reason, results and log_bytes; writes the log's last lines.
  virtual void Conclude(const Conclusion& c, v1::Finished* out) const = 0;
};

// All kinds.
class Runners {
 public:
  Runners(const AttemptFiles& files, const RunnerOptions& options);

  Result<keeper::SpawnRequest> Prepare(const v1::Grant& grant, const DagCode* code = nullptr) const;
  // What the master is told of this end. `exited` as in Conclusion.
  v1::Finished Conclude(const Ending& ending, const keeper::Exited* exited, TimePoint now) const;

 private:
  AttemptFiles files_;
  std::unique_ptr<Runner> bash_, python_;
};

// What the runners share.

// What is wanted of the DAG's code, besides the grant: nothing, or its bundle.
bool NeedsBundle(const v1::Grant& grant);

// The master's path of the DAG file, or the same file's here.
std::string FileHere(const std::string& fileloc, const DagCode* code);

// Appends `lines` (each with its newline; none: nothing) and what the keeper has to say of the end,
// and notes in `out` how long the log is. A full disk costs these lines and nothing else.
void EndLog(const AttemptFiles& files, const Conclusion& c, std::string lines, v1::Finished* out);

// The outcome and the reason (Finished's outcome, exit_code, signal, reason), by the process's end
// alone.
void SetOutcome(const Ending& ending, const keeper::Exited* exited, const v1::Grant& grant,
                v1::Finished* out);

// `text` as a JSON string. Bytes that are no UTF-8 become "\xNN", as Python's backslashreplace
// does.
std::string ToJsonString(std::string_view text);

}  // namespace gale::worker
