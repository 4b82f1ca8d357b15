#include "worker/puller.h"

#include "common/base/log.h"
#include "common/base/service.h"

namespace gale::worker {

Puller::Puller(std::unique_ptr<RedisPopper> popper, std::vector<std::string> queues,
               std::function<void(std::vector<AttemptId>)> on_popped)
    : popper_(std::move(popper)), queues_(std::move(queues)), on_popped_(std::move(on_popped)) {}

void Puller::Start() {
  thread_ = NamedThread("puller", [this] { Run(); });
}

void Puller::Stop() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  popper_->Stop();
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Puller::SetRoom(uint32_t room) {
  std::lock_guard lock(mutex_);
  room_ = room;
  changed_.notify_all();
}

void Puller::Took() {
  std::lock_guard lock(mutex_);
  given_ = false;
  changed_.notify_all();
}

void Puller::Run() {
  Duration retry = kRetryMin;
  bool healthy = true;
  for (;;) {
    uint32_t room = 0;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [&] { return stopping_ || (room_ > 0 && !given_); });
      if (stopping_) return;
      room = room_;
    }
    Result<std::vector<AttemptId>> popped = popper_->PopWait(queues_, room, kWait);
    if (!popped.ok()) {
      if (popped.status().code() == Code::kCancelled) return;
      if (std::exchange(healthy, false)) {
        GALE_ERROR("no work can be taken, trying again: {}", popped.status().ToString());
      }
      std::unique_lock lock(mutex_);
      changed_.wait_for(lock, retry, [&] { return stopping_; });
      retry = std::min(retry * 2, kRetryMax);
      continue;
    }
    if (!std::exchange(healthy, true)) GALE_INFO("the queue answers again");
    retry = kRetryMin;
    if (popped->empty()) continue;
    {
      std::lock_guard lock(mutex_);
      given_ = true;
    }
    on_popped_(std::move(*popped));
  }
}

}  // namespace gale::worker
