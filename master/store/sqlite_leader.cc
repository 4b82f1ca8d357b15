// Who leads.
#include "master/store/bounds.h"
#include "master/store/row_columns.h"
#include "master/store/sqlite_store.h"

namespace gale::sqlite {

Result<Epoch> SqliteStore::AcquireLeadership(const LeaderClaim& claim) {
  GALE_RETURN_IF_ERROR(CheckRow(claim));
  std::lock_guard lock(write_mutex_);
  Transaction transaction(*writer_);
  GALE_RETURN_IF_ERROR(transaction.Begin(Transaction::Kind::kWrite));
  LeaderRow leader;
  {
    GALE_ASSIGN_OR_RETURN(Statement get,
                          writer_->Cached(fmt::format("SELECT {} FROM leader", kLeaderColumns)));
    GALE_ASSIGN_OR_RETURN(bool row, get.Step());
    if (!row) return DataLoss("'{}': the leader table is empty; restore a backup", options_.path);
    get.ReadRow(Columns(leader));
  }
  if (claim.seen && (claim.seen->epoch != leader.epoch || claim.seen->beat != leader.beat)) {
    return Aborted("'{}' leads (epoch {})", leader.owner, leader.epoch.value);
  }
  leader = {Epoch(leader.epoch.value + 1), claim.owner, claim.instance, leader.beat + 1};
  {
    GALE_ASSIGN_OR_RETURN(
        Statement take,
        writer_->Cached("UPDATE leader SET epoch = ?, owner = ?, instance = ?, beat = ?"));
    GALE_RETURN_IF_ERROR(take.BindRow(Columns(std::as_const(leader))).Run());
  }
  GALE_RETURN_IF_ERROR(transaction.Commit());
  return leader.epoch;
}

Status SqliteStore::RenewLeadership(Epoch epoch) {
  std::lock_guard lock(write_mutex_);
  GALE_ASSIGN_OR_RETURN(
      Statement beat,
      writer_->Cached("UPDATE leader SET beat = beat + 1 WHERE epoch = ? RETURNING epoch"));
  GALE_ASSIGN_OR_RETURN(bool row, beat.Bind(epoch).Step());
  return row ? OkStatus() : Aborted("'{}': another master leads", options_.path);
}

Status SqliteStore::ReleaseLeadership(Epoch epoch) {
  std::lock_guard lock(write_mutex_);
  GALE_ASSIGN_OR_RETURN(
      Statement leave,
      writer_->Cached("UPDATE leader SET owner = '', instance = '' WHERE epoch = ?"));
  return leave.Bind(epoch).Run();
}

}  // namespace gale::sqlite
