// A few threads for work that blocks, with a bounded queue before them.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace gale {

class ThreadPool {
 public:
  // `name` is what `top -H` calls its threads.
  ThreadPool(const char* name, size_t threads, size_t waiting_max);
  // Does what was posted, then ends the threads.
  ~ThreadPool();

  // False (and `task` is dropped) if `waiting_max` wait already, or after Stop. Thread-safe; never
  // blocks.
  bool Post(std::function<void()> task);
  // Does what was posted, then ends the threads. Not from one of them.
  void Stop();
  // Tasks that no thread has begun. Thread-safe.
  size_t waiting() const;

 private:
  void Main();

  const size_t waiting_max_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> tasks_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace gale
