// The simulated master process: one Loop, driven in turns over a ledger whose commits may fail,
// that may die at any point of a turn and be started again from the ledger.
#pragma once

#include <memory>
#include <vector>

#include "common/queue/memory_queue.h"
#include "tests/simulation/host.h"
#include "tests/support/faulty_store.h"

namespace gale::sim {

// What goes wrong with the next commits.
struct CommitFault {
  enum class Then { kRetry, kStepDown, kCrash };
  Fault fault = Fault::kNone;
  Then then = Then::kRetry;
  int times = 1;
};

// The ledger with faults, and with the checkers watching what is really committed.
class WatchedStore : public FaultyStore {
 public:
  WatchedStore(Store& inner, Checkers& checkers)
      : FaultyStore(inner, [this](const CommitBatch&) { return last_ = Draw(); }),
        checkers_(checkers) {}

  Status Commit(Epoch epoch, const CommitBatch& batch) override {
    Status status = FaultyStore::Commit(epoch, batch);
    const bool committed =
        status.ok() || (last_ == Fault::kFailAfter && status.code() == Code::kUnavailable);
    if (committed) checkers_.OnCommitted(batch);
    if (committed && !sync_later) checkers_.OnSynced();
    return status;
  }
  Status Sync() override {
    checkers_.OnSynced();
    return FaultyStore::Sync();
  }
  CommitFault plan;
  bool sync_later = false;

 private:
  Fault Draw() {
    if (plan.times <= 0) return Fault::kNone;
    --plan.times;
    return plan.fault;
  }
  Checkers& checkers_;
  Fault last_ = Fault::kNone;
};

// The queue, with the sweep counted.
class WatchedQueue : public MemoryQueue {
 public:
  explicit WatchedQueue(Context& context) : context_(context) {}
  Result<std::vector<QueueEntry>> Missing(std::span<const QueueEntry> entries) override {
    auto missing = MemoryQueue::Missing(entries);
    context_.Saw(Seen::kSweepRings, missing->size());
    return missing;
  }

 private:
  Context& context_;
};

class Master : public MasterPort {
 public:
  Master(Context& context, const Scenario& scenario, Checkers& checkers, Network& network,
         WatchedStore& store, MemoryQueue& queue, std::vector<std::unique_ptr<Host>>& hosts);

  void Start();
  void Crash(Duration away);
  // After so many more messages have left it.
  void CrashMidRelease(int messages) { sends_left_ = messages; }
  void PlanFault(CommitFault fault) { store_.plan = fault; }
  bool up() const { return loop_ != nullptr; }
  bool retrying() const { return retrying_; }
  // Nothing lives in memory.
  bool idle() const {
    return up() && !retrying_ && mail_.empty() && loop_->scheduler().runs().empty();
  }
  std::string Describe() const;
  // Somebody asks something of it. Lost if it is down.
  void Post(std::function<void(Loop&)> what);

  uint64_t life() const override { return up() ? life_ : 0; }
  WorkerLinkPtr LinkOf(const StreamPtr& stream) override;
  void StreamEnded(const StreamPtr& stream, Duration delay) override;
  void Deliver(const StreamPtr& stream,
               std::function<void(Loop&, const WorkerLinkPtr&)> what) override;

 private:
  class Link;
  void Recover(bool step_down);
  void PlanTurn(Duration delay);
  void PlanWake();
  void Turn();
  void AfterCommit(Status status);
  void FlushLater();
  // Whether one more message leaves.
  bool MaySend();

  Context& context_;
  const Scenario& scenario_;
  Checkers& checkers_;
  Network& network_;
  WatchedStore& store_;
  MemoryQueue& queue_;
  std::vector<std::unique_ptr<Host>>& hosts_;
  std::unique_ptr<Loop> loop_;
  uint64_t life_ = 0;
  bool retrying_ = false;
  bool turn_planned_ = false;
  bool flushing_ = false;
  int retries_left_ = 0;
  int sends_left_ = -1;  // negative: as many as it likes
  std::optional<MonoTime> wake_planned_;
  std::vector<std::function<void(Loop&)>> mail_;
  std::map<uint64_t, WorkerLinkPtr> links_;  // by stream
  std::set<AttemptId> ever_granted_;
};

}  // namespace gale::sim
