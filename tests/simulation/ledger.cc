#include "tests/simulation/ledger.h"

namespace gale::sim {

Status WatchedStore::Commit(Epoch epoch, const CommitBatch& batch, BatchRow* refused) {
  if (cut == LedgerCut::kAll) return NotReached();
  Status status = FaultyStore::Commit(epoch, batch, refused);
  const bool committed =
      status.ok() || (last_ == Fault::kFailAfter && status.code() == Code::kUnavailable);
  if (committed) checkers_.OnCommitted(epoch, batch);
  if (committed && !sync_later) checkers_.OnSynced();
  if (status.ok() && on_committed) std::exchange(on_committed, nullptr)();
  if (status.code() == Code::kAborted) context_.Saw(Seen::kDeposedCommits);
  return Answer(std::move(status));
}

Result<Epoch> WatchedStore::AcquireLeadership(const LeaderClaim& claim) {
  if (cut == LedgerCut::kAll) return NotReached();
  GALE_ASSIGN_OR_RETURN(const LeaderRow before, ledger_.Leader());
  Result<Epoch> epoch = FaultyStore::AcquireLeadership(claim);
  if (epoch.ok()) {
    ledger_.leader.reset();
    checkers_.OnAcquired(before, claim, *epoch, leader_lease_, looking_since);
  } else if (epoch.status().code() == Code::kAborted) {
    context_.Saw(Seen::kLateClaims);
  }
  return Answer(std::move(epoch));
}

Status WatchedStore::RenewLeadership(Epoch epoch) {
  if (cut == LedgerCut::kAll) return NotReached();
  Status status = FaultyStore::RenewLeadership(epoch);
  if (status.ok()) {
    ledger_.leader.reset();
    checkers_.OnBeat();
  }
  return Answer(std::move(status));
}

Status WatchedStore::ReleaseLeadership(Epoch epoch) {
  if (cut == LedgerCut::kAll) return NotReached();
  ledger_.leader.reset();
  return Answer(FaultyStore::ReleaseLeadership(epoch));
}

}  // namespace gale::sim
