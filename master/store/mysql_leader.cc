// Who leads.
#include "master/store/bounds.h"
#include "master/store/mysql_store.h"
#include "master/store/row_columns.h"

namespace gale::mysql {
namespace {

std::string SelectLeader() { return fmt::format("SELECT {} FROM leader", kLeaderColumns); }

Result<LeaderRow> ReadLeader(Connection& db, const std::string& sql) {
  GALE_ASSIGN_OR_RETURN(Rows rows, db.Query(sql));
  if (!rows.Next()) return DataLoss("'{}': the leader table is empty; restore a backup", db.name());
  LeaderRow leader;
  rows.ReadRow(Columns(leader));
  return leader;
}

}  // namespace

Result<Epoch> MySqlStore::AcquireLeadership(const LeaderClaim& claim) {
  GALE_RETURN_IF_ERROR(CheckRow(claim));
  std::lock_guard lock(write_mutex_);
  for (int attempt = 1;; ++attempt) {
    bool repeat = false;
    Result<Epoch> epoch = TryAcquire(claim, repeat);
    if (epoch.ok() || !repeat || attempt == kConflictTriesMax) return epoch;
  }
}

// Waits for the commit that holds the row, and every later commit finds the new epoch.
Result<Epoch> MySqlStore::TryAcquire(const LeaderClaim& claim, bool& repeat) {
  GALE_ASSIGN_OR_RETURN(Connection * db, Writer());
  auto take = [&]() -> Result<Epoch> {
    GALE_RETURN_IF_ERROR(db->Run("START TRANSACTION"));
    GALE_ASSIGN_OR_RETURN(LeaderRow leader, ReadLeader(*db, SelectLeader() + " FOR UPDATE"));
    if (claim.seen && (claim.seen->epoch != leader.epoch || claim.seen->beat != leader.beat)) {
      return Aborted("'{}' leads (epoch {})", leader.owner, leader.epoch.value);
    }
    const Epoch epoch(leader.epoch.value + 1);
    const std::string statements[] = {
        Bind("UPDATE leader SET epoch = ?, owner = ?, instance = ?, beat = beat + 1", epoch,
             claim.owner, claim.instance),
        // What commits could not know to be over (mysql_commit.cc).
        "DELETE FROM live_run WHERE NOT EXISTS (SELECT 1 FROM dag_run r WHERE r.run_key = "
        "live_run.run_key"
        " AND r.state < 2) AND NOT EXISTS (SELECT 1 FROM task_instance t"
        " WHERE t.run_key = live_run.run_key AND t.live = 1)",
        "COMMIT",
    };
    const std::string* pointers[] = {&statements[0], &statements[1], &statements[2]};
    size_t failed = 0;
    GALE_RETURN_IF_ERROR(db->RunAll(pointers, failed));
    return epoch;
  };
  Result<Epoch> epoch = take();
  if (epoch.ok()) return epoch;
  repeat = IsConflict(db->last_error());
  if (!db->lost()) (void)db->Run("ROLLBACK");
  return epoch;
}

// One round trip: the beat and, in the same packet, who leads.
Status MySqlStore::RenewLeadership(Epoch epoch) {
  return WithReader([&](Connection& db) -> Status {
    GALE_RETURN_IF_ERROR(db.Run(Bind("UPDATE leader SET beat = beat + 1 WHERE epoch = ?", epoch)));
    GALE_ASSIGN_OR_RETURN(LeaderRow leader, ReadLeader(db, SelectLeader()));
    if (leader.epoch == epoch) return OkStatus();
    return Aborted("'{}': another master leads: '{}' (epoch {})", db.name(), leader.owner,
                   leader.epoch.value);
  });
}

Status MySqlStore::ReleaseLeadership(Epoch epoch) {
  const std::string sql =
      Bind("UPDATE leader SET owner = '', instance = '' WHERE epoch = ?", epoch);
  return WithReader([&](Connection& db) { return db.Run(sql); });
}

Result<LeaderRow> MySqlStore::GetLeader() {
  return WithReader([](Connection& db) { return ReadLeader(db, SelectLeader()); });
}

}  // namespace gale::mysql
