// One worker's lease, shared by the session that hears the worker (any thread) and the loop that
// gives it up. Whichever comes first is final: a lease that was given up is never renewed, so an
// attempt that was declared lost is not kept alive by a late answer.
#pragma once

#include <mutex>

#include "common/base/clock.h"

namespace gale {

class WorkerLease {
 public:
  // Its Hello was taken.
  void Begin(MonoTime now) {
    std::lock_guard lock(mutex_);
    alive_ = true;
    heard_ = std::max(heard_, now);
  }
  // Heard of again. False: there is no lease, or not any more; the worker must not be told of one.
  bool Renew(MonoTime now) {
    std::lock_guard lock(mutex_);
    if (alive_) heard_ = std::max(heard_, now);
    return alive_;
  }
  // Ends it for good if nothing was heard since `since`.
  bool EndIfSilentSince(MonoTime since) {
    std::lock_guard lock(mutex_);
    if (heard_ <= since) alive_ = false;
    return !alive_;
  }
  void End() {
    std::lock_guard lock(mutex_);
    alive_ = false;
  }
  MonoTime heard() const {
    std::lock_guard lock(mutex_);
    return heard_;
  }

 private:
  mutable std::mutex mutex_;
  bool alive_ = false;
  MonoTime heard_{};
};

}  // namespace gale
