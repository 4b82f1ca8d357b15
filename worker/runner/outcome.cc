#include <cstring>

#include <algorithm>

#include "common/base/limits.h"
#include "common/base/text.h"
#include "common/base/text_limits.h"
#include "common/rpc/convert.h"
#include "worker/runner/runner.h"

namespace gale::worker {
namespace {

constexpr int kSkipExitCode = 99;  // BashOperator's, where the task names none

bool IsSkip(int exit_code, const v1::BashWork& bash) {
  const auto& codes = bash.skip_on_exit_code();
  if (codes.empty()) return exit_code == kSkipExitCode;
  return std::find(codes.begin(), codes.end(), exit_code) != codes.end();
}

std::string KilledBy(int signal, bool out_of_memory) {
  const char* name = ::sigabbrev_np(signal);
  return fmt::format("killed by {}{}",
                     name ? fmt::format("SIG{}", name) : fmt::format("signal {}", signal),
                     out_of_memory ? " (out of memory)" : "");
}

std::pair<v1::Finished::Outcome, std::string> OfExit(const Exit& exit, const keeper::Exited* exited,
                                                     const v1::Grant& grant) {
  if (exit.timed_out) {
    return {v1::Finished::FAILED, fmt::format("timed out after {:g}s (execution_timeout)",
                                              Seconds(FromProto(grant.execution_timeout())))};
  }
  const bool python = grant.has_python();
  if (exit.signal == 0 && exit.code == 0 && !python) return {v1::Finished::SUCCESS, ""};
  if (exited != nullptr && exited->killed) {  // a forced end of the keeper, asked for by no master
    return {v1::Finished::LOST, "killed: the worker stopped"};
  }
  if (exit.signal != 0) return {v1::Finished::FAILED, KilledBy(exit.signal, exit.out_of_memory)};
  if (exit.code < 0) return {v1::Finished::LOST, "it ended, and nobody knows how"};
  if (!python && IsSkip(exit.code, grant.bash())) {
    return {v1::Finished::SKIPPED, fmt::format("exit code {}: skipped", exit.code)};
  }
  return {v1::Finished::FAILED,
          fmt::format("exit code {}{}{}", exit.code, exit.out_of_memory ? " (out of memory)" : "",
                      python ? ": the process ended, and didn't say how its task did" : "")};
}

}  // namespace

void SetOutcome(const Ending& ending, const keeper::Exited* exited, const v1::Grant& grant,
                v1::Finished* out) {
  out->set_exit_code(ending.exit.code);
  out->set_signal(ending.exit.signal);
  auto set = [&](v1::Finished::Outcome outcome, std::string reason) {
    out->set_outcome(outcome);
    out->set_reason(RepairText(reason, limits::kReasonBytesMax));
  };
  switch (ending.end) {
    case End::kExited: {
      auto [outcome, reason] = OfExit(ending.exit, exited, grant);
      return set(outcome, std::move(reason));
    }
    case End::kStartFailed: return set(v1::Finished::FAILED, "could not start: " + ending.reason);
    case End::kHostFailed:
      return set(v1::Finished::UNSTARTED, "could not start on this worker: " + ending.reason);
    case End::kCancelled:
      return set(v1::Finished::FAILED,
                 ending.reason.empty() ? "cancelled" : "cancelled: " + ending.reason);
    case End::kFenced:
      return set(v1::Finished::LOST,
                 ending.reason.empty() ? "killed: the worker's lease ran out" : ending.reason);
    case End::kDrained:
      return set(exited == nullptr ? v1::Finished::UNSTARTED : v1::Finished::LOST, ending.reason);
    case End::kKeeperDied: return set(v1::Finished::LOST, ending.reason);
  }
}

}  // namespace gale::worker
