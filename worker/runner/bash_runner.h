// Bash tasks: from a Grant to what the keeper is to spawn, and from an end to what the master is
// told.
#pragma once

#include <string>
#include <vector>

#include "worker/core/events.h"
#include "worker/keeper/protocol.h"
#include "worker/runner/attempt_files.h"
#include "worker/runner/environment.h"

namespace gale::worker {

struct RunnerOptions {
  std::string python = "python3";    // GALE_PYTHON: renders templated commands
  std::string sdk;                   // GALE_SDK: the folder that holds the `gale` package
  std::string home;                  // GALE_HOME of templates: where gale.cfg stands
  std::vector<std::string> environ;  // the worker's own, "NAME=value"
  std::vector<std::string> secrets;  // values that no task may see
  Duration kill_grace = keeper::kKillGraceDefault;
};

// Where the DAG's code stands on this host, if it was fetched.
struct DagCode {
  std::string tree;    // a folder with the same files as...
  std::string folder;  // ...this one on the master: TaskContext.fileloc begins with it
};

// Thread-safe. Reads and writes the attempt's files, nothing else.
class BashRunner {
 public:
  // The log shows at most this much of a command.
  static constexpr size_t kCommandShownBytesMax = 4096;

  BashRunner(AttemptFiles files, RunnerOptions options);

  // Writes the attempt's files and says what to spawn. An error is the reason for which the attempt
  // fails without a start: no such cwd, no work in the grant, a full disk.
  // `code`: what grant.bundle names; null: the DAG file is at its own path, or nowhere.
  Result<keeper::SpawnRequest> Prepare(const v1::Grant& grant, const DagCode* code = nullptr) const;

  // What the master is told of this end. `exited` is the keeper's record, null if nothing ran.
  // Writes the log's last lines; takes the XCom from it.
  v1::Finished Conclude(const Ending& ending, const keeper::Exited* exited, TimePoint now) const;

 private:
  Status CheckCwd(const std::string& cwd) const;
  // `bash`: the grant's, with the instance's own arguments.
  Result<std::string> TaskJson(const v1::Grant& grant, const v1::BashWork& bash,
                               const Environment& task_variables, const DagCode* code) const;
  void AddXCom(const Ending& ending, const StoredGrant& stored, uint64_t output_end,
               v1::Finished* out) const;

  AttemptFiles files_;
  RunnerOptions options_;
  Environment inherited_;
};

// The outcome and the reason alone (Finished's outcome, exit_code, signal, reason).
void SetOutcome(const Ending& ending, const keeper::Exited* exited, const v1::Grant& grant,
                v1::Finished* out);

// `text` as a JSON string. Bytes that are no UTF-8 become "\xNN", as Python's backslashreplace
// does.
std::string ToJsonString(std::string_view text);

}  // namespace gale::worker
