// Bash tasks: from a Grant to what the keeper is to spawn, and from an end to what the master is
// told.
#pragma once

#include <string>

#include "worker/runner/environment.h"
#include "worker/runner/runner.h"

namespace gale::worker {

class BashRunner : public Runner {
 public:
  // The log shows at most this much of a command.
  static constexpr size_t kCommandShownBytesMax = 4096;

  BashRunner(AttemptFiles files, RunnerOptions options);

  Result<keeper::SpawnRequest> Prepare(const v1::Grant& grant, const DagCode* code) const override;
  // Takes the XCom from the log, too.
  void Conclude(const Conclusion& c, v1::Finished* out) const override;

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

}  // namespace gale::worker
