#include "worker/runner/runner.h"

#include "common/base/log.h"
#include "common/rpc/convert.h"
#include "worker/runner/bash_runner.h"
#include "worker/runner/python_runner.h"

namespace gale::worker {

bool NeedsBundle(const v1::Grant& grant) {
  // Only a template may need more than a command's text: the DAG's file, and what stands beside it.
  return !grant.bundle().empty() && (grant.has_python() || grant.bash().templated());
}

std::string FileHere(const std::string& fileloc, const DagCode* code) {
  if (code == nullptr) return fileloc;
  std::string prefix = code->folder;
  if (prefix.empty() || prefix.back() != '/') prefix += '/';
  if (fileloc.compare(0, prefix.size(), prefix) != 0) return fileloc;
  return code->tree + "/" + fileloc.substr(prefix.size());
}

void EndLog(const AttemptFiles& files, const Conclusion& c, std::string lines, v1::Finished* out) {
  if (c.ending.end == End::kExited && !c.ending.exit.timed_out && c.exited != nullptr &&
      !c.exited->reason.empty()) {  // what the keeper has to say of it
    lines = "Note: " + c.exited->reason + "\n" + lines;
  }
  const uint64_t before = files.LogSize(c.ending.attempt);
  out->set_log_bytes(before);
  if (lines.empty()) return;
  auto size = files.AppendLog(c.ending.attempt, lines);
  if (size.ok()) {
    out->set_log_bytes(*size);
  } else {  // a full disk: the result matters more than its last line
    GALE_WARN("attempt {}: {}", c.ending.attempt.ToString(), size.status().ToString());
  }
}

Runners::Runners(const AttemptFiles& files, const RunnerOptions& options)
    : files_(files),
      bash_(std::make_unique<BashRunner>(files, options)),
      python_(std::make_unique<PythonRunner>(files, options)) {}

Result<keeper::SpawnRequest> Runners::Prepare(const v1::Grant& grant, const DagCode* code) const {
  return (grant.has_python() ? python_ : bash_)->Prepare(grant, code);
}

v1::Finished Runners::Conclude(const Ending& ending, const keeper::Exited* exited,
                               TimePoint now) const {
  StoredGrant stored;
  bool python = false;
  if (auto read = files_.ReadGrant(ending.attempt); read.ok()) {
    stored = std::move(*read);
    python = stored.grant.has_python();
  } else if (ending.end == End::kExited) {
    python = files_.HasSaid(ending.attempt);
    GALE_WARN("attempt {}: ended, and its grant can't be read; it gets no XCom: {}",
              ending.attempt.ToString(), read.status().ToString());
  }
  v1::Finished out;
  *out.mutable_attempt() = ToProto(ending.attempt);
  *out.mutable_finished_at() = ToProto(exited ? exited->ended_at : now);
  if (exited != nullptr) {
    *out.mutable_started_at() = ToProto(exited->started_at);
    *out.mutable_usage()->mutable_user_time() = ToProto(exited->user_time);
    *out.mutable_usage()->mutable_system_time() = ToProto(exited->system_time);
    out.mutable_usage()->set_rss_bytes_max(static_cast<uint64_t>(exited->max_rss_bytes));
  }
  (python ? python_ : bash_)->Conclude({ending, exited, stored}, &out);
  return out;
}

}  // namespace gale::worker
