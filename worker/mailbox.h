// The bounded queue in front of the worker's one thread.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>

#include "common/base/clock.h"

namespace gale::worker {

template <class T>
class Mailbox {
 public:
  explicit Mailbox(size_t size_max) : size_max_(size_max) {}

  // Waits while it is full: for senders that a pause holds back, as a stream's reader. Drops once
  // closed.
  void PostOrWait(T item) {
    std::unique_lock lock(mutex_);
    room_.wait(lock, [&] { return closed_ || items_.size() < size_max_; });
    PushLocked(std::move(item));
  }
  // Never waits: for senders whose number of letters is bounded by something else (attempts,
  // streams).
  void Post(T item) {
    std::lock_guard lock(mutex_);
    PushLocked(std::move(item));
  }
  // All that is there; waits for a first one until `deadline`, for ever if there is none.
  std::deque<T> TakeAll(std::optional<MonoTime> deadline) {
    std::unique_lock lock(mutex_);
    auto some = [&] { return !items_.empty() || closed_; };
    if (deadline) {
      filled_.wait_until(lock, std::chrono::steady_clock::time_point(deadline->time_since_epoch()),
                         some);
    } else {
      filled_.wait(lock, some);
    }
    std::deque<T> taken;
    taken.swap(items_);
    room_.notify_all();
    return taken;
  }
  void Close() {
    std::lock_guard lock(mutex_);
    closed_ = true;
    room_.notify_all();
    filled_.notify_all();
  }

 private:
  void PushLocked(T item) {
    if (closed_) return;
    items_.push_back(std::move(item));
    filled_.notify_one();
  }

  const size_t size_max_;
  std::mutex mutex_;
  std::condition_variable filled_, room_;
  std::deque<T> items_;
  bool closed_ = false;
};

}  // namespace gale::worker
