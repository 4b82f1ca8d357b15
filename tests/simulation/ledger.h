// The ledger and the queue as one master sees them: they fail and are cut off as its faults want,
// and the checkers watch what is really done.
#pragma once

#include "common/queue/memory_queue.h"
#include "tests/simulation/checkers.h"
#include "tests/simulation/scenario.h"
#include "tests/support/faulty_store.h"

namespace gale::sim {

// What goes wrong with the next commits.
struct CommitFault {
  enum class Then { kRetry, kStepDown, kCrash };
  Fault fault = Fault::kNone;
  Then then = Then::kRetry;
  int times = 1;
};

// Between one master and the ledger.
enum class LedgerCut {
  kNone,
  kAll,      // nothing arrives
  kAnswers,  // what is sent is done; the answers get lost
};

// What all masters share: the ledger, and the leader's row as it stands there. A follower reads it
// ten times a second; most of these reads need no SQL.
struct Ledger {
  Store& store;
  std::optional<LeaderRow> leader;

  Result<LeaderRow> Leader() {
    if (!leader) {
      GALE_ASSIGN_OR_RETURN(leader, store.GetLeader());
    }
    return *leader;
  }
};

class WatchedStore : public FaultyStore {
 public:
  WatchedStore(Context& context, Ledger& ledger, Checkers& checkers, Duration leader_lease)
      : FaultyStore(
            ledger.store, [this](const CommitBatch&) { return last_ = Draw(); },
            [this] { return cut == LedgerCut::kNone ? OkStatus() : NotReached(); }),
        context_(context),
        ledger_(ledger),
        checkers_(checkers),
        leader_lease_(leader_lease) {
    refuse = [this](const CommitBatch& batch) { return Guilty(batch); };
  }

  CommitFault plan;
  LedgerCut cut = LedgerCut::kNone;
  bool sync_later = false;
  bool flush_fails = false;  // the next one; all after it say that they went well, as Linux does
  bool flush_failed = false;
  bool cut_short = false;              // the next takeover fails after the row was taken
  MonoTime looking_since;              // see Checkers::OnAcquired
  std::function<void()> on_committed;  // before the master knows

  Status Commit(Epoch epoch, const CommitBatch& batch, BatchRow* refused) override;
  Status Sync() override {
    if (std::exchange(flush_fails, false)) {
      flush_failed = true;
      return Unavailable("injected fault: the log can't be flushed");
    }
    if (!flush_failed) checkers_.OnSynced();
    return FaultyStore::Sync();
  }
  Result<Epoch> AcquireLeadership(const LeaderClaim& claim) override;
  Status RenewLeadership(Epoch epoch) override;
  Status ReleaseLeadership(Epoch epoch) override;
  Result<LeaderRow> GetLeader() override {
    if (cut != LedgerCut::kNone) return NotReached();
    return ledger_.Leader();
  }

  Result<LiveState> LoadLive() override {
    if (std::exchange(cut_short, false)) {
      context_.Saw(Seen::kTakeoversCutShort);
      return NotReached();
    }
    if (cut != LedgerCut::kNone) return NotReached();
    return FaultyStore::LoadLive();
  }

 private:
  static Status NotReached() { return Unavailable("injected fault: the ledger is not reached"); }
  // Refuses the rows that are named so (see kGuilty).
  Refusal Guilty(const CommitBatch& batch);
  Fault Draw() {
    if (plan.times <= 0) return Fault::kNone;
    --plan.times;
    return plan.fault;
  }
  // What a write that was done answers.
  template <class R>
  R Answer(R result) {
    if (cut != LedgerCut::kAnswers) return result;
    context_.Saw(Seen::kAnswersLost);
    return NotReached();
  }

  Context& context_;
  Ledger& ledger_;
  Checkers& checkers_;
  const Duration leader_lease_;
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

}  // namespace gale::sim
