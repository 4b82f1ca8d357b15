#include "master/dags/parse_answers.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include "common/base/check.h"
#include "common/base/log.h"
#include "common/base/service.h"

namespace gale {

ParseAnswers::ParseAnswers(ParseQuestionAnswerer answerer)
    : answerer_(std::move(answerer)), fd_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  GALE_CHECK(fd_ >= 0, "eventfd: no descriptors are left");
  thread_ = NamedThread("parse answers", [this] { Main(); });
}

ParseAnswers::~ParseAnswers() {
  {
    std::lock_guard lock(mutex_);
    stop_ = true;
  }
  changed_.notify_all();
  thread_.join();
  close(fd_);
}

void ParseAnswers::Ask(int64_t file, std::string question) {
  {
    std::lock_guard lock(mutex_);
    if (waiting_.size() >= kWaitingMax) {
      GALE_WARN("{} questions of DAG files wait to be answered; one more is dropped", kWaitingMax);
      return;
    }
    waiting_.push_back({file, std::move(question), Clock::Real().Mono()});
  }
  changed_.notify_all();
}

std::vector<ParseAnswers::Answered> ParseAnswers::Take() {
  uint64_t count = 0;
  (void)!read(fd_, &count, sizeof count);
  std::lock_guard lock(mutex_);
  return std::exchange(answered_, {});
}

void ParseAnswers::Main() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return stop_ || !waiting_.empty(); });
    if (stop_) return;
    const Question question = std::move(waiting_.front());
    waiting_.pop_front();
    if (Clock::Real().Mono() - question.at > kStale) continue;
    lock.unlock();
    std::string answer = answerer_(question.text);
    lock.lock();
    answered_.push_back({question.file, std::move(answer)});
    const uint64_t one = 1;
    (void)!write(fd_, &one, sizeof one);
  }
}

}  // namespace gale
