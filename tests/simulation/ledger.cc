#include "tests/simulation/ledger.h"

namespace gale::sim {

Status WatchedStore::Commit(Epoch epoch, const CommitBatch& batch, BatchRow* refused) {
  if (cut == LedgerCut::kAll) return NotReached();
  Status status = FaultyStore::Commit(epoch, batch, refused);
  if (IsRefused(status)) context_.Saw(Seen::kRefusedCommits);
  const bool committed =
      status.ok() || (last_ == Fault::kFailAfter && status.code() == Code::kUnavailable);
  if (committed) checkers_.OnCommitted(epoch, batch);
  if (committed && !sync_later) checkers_.OnSynced();
  if (status.ok() && on_committed) std::exchange(on_committed, nullptr)();
  if (status.code() == Code::kAborted) context_.Saw(Seen::kDeposedCommits);
  return Answer(std::move(status));
}

WatchedStore::Refusal WatchedStore::Guilty(const CommitBatch& batch) {
  using List = BatchRow::List;
  const auto guilty = [](std::string_view text) { return text.find(kGuilty) != text.npos; };
  // The code, and for a pool also whether the row is said, by its name: the dice decide elsewhere
  // what they always did.
  auto refuse = [](List list, size_t at, std::string_view name) -> Refusal {
    const bool odd = name.size() % 2 != 0, large = name.size() % 3 == 0;
    const bool says = list != List::kPools || odd;
    return {Status(large ? Code::kResourceExhausted : Code::kInvalidArgument,
                   fmt::format("injected fault: '{}' is refused", name)),
            says ? BatchRow{list, at} : BatchRow{}};
  };
  for (size_t i = 0; i < batch.dag_versions.size(); ++i) {
    if (guilty(batch.dag_versions[i].hash)) {
      return refuse(List::kDagVersions, i, batch.dag_versions[i].hash);
    }
  }
  for (size_t i = 0; i < batch.xcoms.size(); ++i) {
    if (guilty(batch.xcoms[i].key)) return refuse(List::kXComs, i, batch.xcoms[i].key);
  }
  for (size_t i = 0; i < batch.pools.size(); ++i) {
    if (guilty(batch.pools[i].name)) return refuse(List::kPools, i, batch.pools[i].name);
  }
  for (size_t i = 0; i < batch.import_errors.size(); ++i) {
    const std::string& text = batch.import_errors[i].stack_trace;
    if (text.starts_with(kGuilty)) return refuse(List::kImportErrors, i, text);
  }
  return {};
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
