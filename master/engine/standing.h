// Whether this master may go on: what its beats and its flushes say. Thread-safe: beats, flushes and
// workers' heartbeats come beside the loop.
#pragma once

#include <mutex>

#include "common/base/clock.h"
#include "common/base/status.h"
#include "master/store/rows.h"

namespace gale {

class Standing {
 public:
  // One that is alone on its ledger. It leads until another does.
  Standing() = default;
  // One of several: without a beat for `lease` it may be deposed; while the ledger can't be reached
  // nobody can take the lead, so workers' leases are renewed for `outage` more.
  Standing(Duration lease, Duration outage) : several_(true), holds_(lease + outage) {}

  bool several() const { return several_; }

  // It leads in `epoch`, by a claim that was sent then.
  void Begin(Epoch epoch, MonoTime sent) {
    std::lock_guard lock(mutex_);
    leads_ = true;
    epoch_ = epoch;
    beat_ = sent;
    deposed_ = OkStatus();
  }
  void End() {
    std::lock_guard lock(mutex_);
    leads_ = false;
  }
  bool leads() const {
    std::lock_guard lock(mutex_);
    return leads_;
  }
  Epoch epoch() const {
    std::lock_guard lock(mutex_);
    return epoch_;
  }

  // A beat of `epoch`, sent then, was answered so.
  void OnBeat(Epoch epoch, const Status& status, MonoTime sent, MonoTime now) {
    std::lock_guard lock(mutex_);
    if (epoch != epoch_ || !leads_) return;
    if (status.ok()) {
      beat_ = sent;
    } else if (status.code() == Code::kAborted || !Holds(now)) {
      deposed_ = status;
    }
  }
  // A flush failed. What a second one says proves nothing: the system reports a page that it could
  // not write once, and may then take it for written. Only a new process can tell, which reads what
  // is there.
  void OnFlushFailed(const Status& status) {
    std::lock_guard lock(mutex_);
    if (flush_.ok()) flush_ = status;
  }
  Status flush() const {
    std::lock_guard lock(mutex_);
    return flush_;
  }

  // Whether a worker that is heard of now may be told that its lease is renewed.
  bool MayRenewLeases(MonoTime now) const {
    std::lock_guard lock(mutex_);
    return leads_ && Holds(now);
  }
  // Not OK: it leads no more, or can't know.
  Status Check(MonoTime now) const {
    std::lock_guard lock(mutex_);
    if (!deposed_.ok()) return deposed_;
    if (Holds(now)) return OkStatus();
    return Unavailable("the ledger has not been reached for {:.0f} s", Seconds(holds_));
  }
  // Something that the loop's thread should look at at once.
  bool IsBroken() const {
    std::lock_guard lock(mutex_);
    return !flush_.ok() || !deposed_.ok();
  }

 private:
  bool Holds(MonoTime now) const { return !several_ || now < beat_ + holds_; }

  const bool several_ = false;
  const Duration holds_{0};
  mutable std::mutex mutex_;
  bool leads_ = false;
  Epoch epoch_;
  MonoTime beat_;  // when the last that arrived was sent
  Status deposed_;
  Status flush_;
};

}  // namespace gale
