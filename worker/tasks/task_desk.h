// What a running task is told by its worker itself, and what it tells that stays here until its end.
// Everything else is for the master. No socket, no thread: the task socket asks, and so can a test.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "gale/v1/worker.pb.h"
#include "worker/runner/attempt_files.h"
#include "worker/tasks/frames.h"

namespace gale::worker {

// Thread-safe. Reads and writes the attempts' files.
class TaskDesk {
 public:
  explicit TaskDesk(AttemptFiles files) : files_(std::move(files)) {}

  struct Welcomed {
    AttemptId attempt;
    std::string token;  // Grant.task_token
    std::string dag_id, run_id, task_id;
    std::string details;  // StartupDetails, as JSON
  };
  // A line's first frame: {"type": "Hello", "attempt": ..., "secret": ...}. kUnavailable: it can't be
  // looked up now; the task may come again. Any other error is final, and for the task's log.
  Result<Welcomed> Welcome(const Question& hello) const;

  struct Answer {  // as AnswerFrame has it
    std::string body, error, detail;
  };
  // nullopt: that is for a master. kUnavailable: the disk refuses what is to be kept; the task may
  // come again.
  Result<std::optional<Answer>> Ask(const Welcomed& who, const Question& question) const;

 private:
  // What it pushed as its result, if that stands here.
  Result<std::optional<Answer>> OwnResult(const Welcomed& who) const;
  Result<std::optional<Answer>> Keep(const Welcomed& who, std::string_view message,
                                     size_t bytes_max) const;

  AttemptFiles files_;
};

}  // namespace gale::worker
