#include "master/api/thread_pool.h"

#include "common/base/service.h"

namespace gale {

ThreadPool::ThreadPool(const char* name, size_t threads, size_t waiting_max)
    : waiting_max_(waiting_max) {
  for (size_t i = 0; i < threads; ++i) threads_.push_back(NamedThread(name, [this] { Main(); }));
}

ThreadPool::~ThreadPool() { Stop(); }

bool ThreadPool::Post(std::function<void()> task) {
  {
    std::lock_guard lock(mutex_);
    if (stopping_ || tasks_.size() >= waiting_max_) return false;
    tasks_.push_back(std::move(task));
  }
  wake_.notify_one();
  return true;
}

void ThreadPool::Stop() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  for (std::thread& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

void ThreadPool::Main() {
  for (;;) {
    std::unique_lock lock(mutex_);
    wake_.wait(lock, [&] { return stopping_ || !tasks_.empty(); });
    if (tasks_.empty()) return;
    auto task = std::move(tasks_.front());
    tasks_.pop_front();
    lock.unlock();
    task();
  }
}

size_t ThreadPool::waiting() const {
  std::lock_guard lock(mutex_);
  return tasks_.size();
}

}  // namespace gale
