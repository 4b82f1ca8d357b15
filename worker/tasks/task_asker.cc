#include "worker/tasks/task_asker.h"

#include <algorithm>
#include <atomic>

#include "common/base/limits.h"
#include "common/base/log.h"
#include "common/rpc/convert.h"
#include "common/rpc/status.h"
#include "worker/runner/runner.h"

namespace gale::worker {
namespace {

using Steady = std::chrono::steady_clock;

// Whether another try, perhaps at another master, may go better.
bool Passes(grpc::StatusCode code) {
  return code == grpc::StatusCode::UNAVAILABLE || code == grpc::StatusCode::DEADLINE_EXCEEDED ||
         code == grpc::StatusCode::CANCELLED || code == grpc::StatusCode::ABORTED;
}
bool IsVague(grpc::StatusCode code) {
  return code == grpc::StatusCode::UNKNOWN || code == grpc::StatusCode::INTERNAL;
}

}  // namespace

struct TaskAsker::Pending {
  uint64_t line = 0;
  v1::TaskQuestion question;
  Done done;
  std::atomic<bool> dropped = false;
  uint32_t failures = 0;
  Steady::time_point at;  // not before
  std::unique_ptr<grpc::ClientContext> context;
  v1::TaskAnswer answer;
};

Status TaskAsker::Start() {
  thread_ = NamedThread("task asker", [this] { Run(); });
  return OkStatus();
}

void TaskAsker::Stop(MonoTime) {
  if (!thread_.joinable()) return;
  {
    std::unique_lock lock(mutex_);
    stopping_ = true;
    waiting_.clear();
    for (const PendingPtr& pending : flying_) {
      pending->dropped = true;
      pending->context->TryCancel();
    }
    changed_.notify_all();
    changed_.wait(lock, [&] { return flying_.empty(); });
  }
  thread_.join();
}

void TaskAsker::SetChannel(std::shared_ptr<grpc::Channel> channel) {
  std::lock_guard lock(mutex_);
  channel_ = std::move(channel);
  stub_ = channel_ ? v1::Worker::NewStub(channel_) : nullptr;
  for (const PendingPtr& pending : waiting_) pending->at = {};
  changed_.notify_all();
}

void TaskAsker::Ask(uint64_t line, v1::TaskQuestion question, Done done) {
  auto pending = std::make_shared<Pending>();
  pending->line = line;
  pending->question = std::move(question);
  pending->done = std::move(done);
  std::lock_guard lock(mutex_);
  if (stopping_) return;
  waiting_.push_back(std::move(pending));
  changed_.notify_all();
}

void TaskAsker::Drop(uint64_t line) {
  std::lock_guard lock(mutex_);
  waiting_.remove_if([&](const PendingPtr& pending) { return pending->line == line; });
  for (const PendingPtr& pending : flying_) {
    if (pending->line == line) pending->dropped = true;
  }
}

void TaskAsker::Run() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    if (!stub_ || waiting_.empty() || flying_.size() >= limits::kTaskAsksMax) {
      changed_.wait(lock);
      continue;
    }
    const auto next =
        std::ranges::min_element(waiting_, {}, [](const PendingPtr& p) { return p->at; });
    if ((*next)->at > Steady::now()) {
      changed_.wait_until(lock, (*next)->at);
      continue;
    }
    const PendingPtr pending = std::move(*next);
    waiting_.erase(next);
    CallLocked(pending);
  }
}

void TaskAsker::CallLocked(const PendingPtr& pending) {
  flying_.insert(pending);
  pending->context = std::make_unique<grpc::ClientContext>();
  pending->context->AddMetadata("authorization", "Bearer " + join_token_);
  pending->context->set_deadline(std::chrono::system_clock::now() + kCallTimeout);
  pending->answer.Clear();
  stub_->async()->Ask(pending->context.get(), &pending->question, &pending->answer,
                      [this, pending](const grpc::Status& status) { OnAnswer(pending, status); });
}

void TaskAsker::OnAnswer(const PendingPtr& pending, const grpc::Status& status) {
  const grpc::StatusCode code = status.error_code();
  {
    std::lock_guard lock(mutex_);
    const bool again =
        !status.ok() && (Passes(code) || (IsVague(code) && pending->failures < kVagueMax));
    if (again && !stopping_ && !pending->dropped) {
      Duration wait = kBackoffMin;
      for (uint32_t i = 0; i < pending->failures && wait < kBackoffMax; ++i) wait *= 2;
      ++pending->failures;
      pending->at = Steady::now() + std::min(wait, kBackoffMax);
      flying_.erase(pending);
      waiting_.push_back(pending);
      changed_.notify_all();
      return;
    }
  }
  if (!pending->dropped) pending->done(AnswerOf(*pending, status));
  std::lock_guard lock(mutex_);  // Stop waits until it flies no more
  flying_.erase(pending);
  changed_.notify_all();
}

TaskDesk::Answer TaskAsker::AnswerOf(Pending& pending, const grpc::Status& status) {
  if (status.ok()) {
    return {std::move(*pending.answer.mutable_body_json()), pending.answer.error(),
            std::move(*pending.answer.mutable_detail_json())};
  }
  const std::string said = FromGrpc(status).ToString();
  GALE_WARN("attempt {}: a question of its task was refused: {}",
            FromProto(pending.question.attempt()).ToString(), said);
  return {"", "GENERIC_ERROR", ToJsonString(said)};
}

}  // namespace gale::worker
