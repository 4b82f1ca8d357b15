// Python tasks of a simulated host: what they tell their worker, and what becomes of it.
#include "common/rpc/convert.h"
#include "tests/simulation/host.h"
#include "worker/runner/said.h"
#include "worker/tasks/task_desk.h"

namespace gale::sim {

// A task's line, without the socket: it has one only while the worker lives, and whoever dies at a
// word has not answered it.
bool Host::Tell(const AttemptId& id, const std::string& secret, const std::string& message) {
  if (!up() || paused_) return false;
  bool answered = false;
  Run([&] {
    const worker::TaskDesk desk(worker::AttemptFiles("/" + name_, worker_files_));
    const std::string hello = fmt::format(R"([0,{{"type":"Hello","attempt":"{}","secret":"{}"}}])",
                                          id.ToString(), secret);
    const auto who = desk.Welcome(*worker::ParseQuestion(hello));
    const std::string frame = "[1," + message + "]";
    if (!who.ok()) return;
    const auto answer = desk.Ask(*who, *worker::ParseQuestion(frame));
    answered = answer.ok() && answer->has_value() && (*answer)->error.empty();
  });
  return answered && up();
}

bool Host::ToldWell(const AttemptId& id) {
  const worker::AttemptFiles files("/" + name_, disk_);
  v1::Finished out;
  return worker::TakeSaid(files.ReadSaid(id).value_or({}), &out) &&
         out.outcome() == v1::Finished::SUCCESS;
}

void Host::CheckTold(const v1::Finished& finished) {
  const AttemptId id = FromProto(finished.attempt());
  const std::string end = keeper_.ToldBy(id);
  if (end.empty()) return;
  const auto told = end == "SucceedTask" ? v1::Finished::SUCCESS
                    : end == "TaskState" ? v1::Finished::SKIPPED
                                         : v1::Finished::FAILED;
  if (finished.outcome() == told) return context_.Saw(Seen::kTold);
  context_.Fail(fmt::format("{} told {}, was answered, and its worker says {} ({})", id.ToString(),
                            end, v1::Finished::Outcome_Name(finished.outcome()),
                            finished.reason()));
}

}  // namespace gale::sim
