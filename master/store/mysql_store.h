// The ledger on a MySQL or MariaDB server. Reach it through OpenMySqlStore (store.h).
//
// One connection writes, behind a mutex; a pool of a few reads and writes the small facts. Each is
// made when it is needed. A read whose connection turns out to be lost is done once more on a new
// one; a commit is not: its fate is unknown, which is the caller's to know (UNAVAILABLE).
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "master/store/mysql_db.h"
#include "master/store/sql_store.h"

namespace gale::mysql {

class CommitPlan;

class MySqlStore : public SqlStore {
 public:
  explicit MySqlStore(MySqlOptions options) : options_(std::move(options)) {}

  Result<SchemaState> Check() override;
  Status Migrate() override;
  Result<Epoch> AcquireLeadership(const LeaderClaim& claim) override;
  Status RenewLeadership(Epoch epoch) override;
  Status ReleaseLeadership(Epoch epoch) override;
  Result<LeaderRow> GetLeader() override;
  Status Commit(Epoch epoch, const CommitBatch& batch, BatchRow* refused) override;
  Status Sync() override { return OkStatus(); }  // the server's commits are durable
  Result<LiveState> LoadLive() override;

  Result<Page<DagRow>> ListDags(const DagQuery& query) override;
  Result<DagRow> GetDag(const std::string& dag_id) override;
  Result<DagVersionRow> GetDagVersion(const std::string& dag_id, int64_t version) override;
  Status PutBlobs(const std::vector<BlobRow>& blobs) override;
  Result<std::vector<std::string>> MissingBlobs(const std::vector<std::string>& digests) override;
  Result<std::string> GetBlob(const std::string& digest) override;
  Result<Page<RunRow>> ListRuns(const RunQuery& query) override;
  Result<RunRow> GetRun(const std::string& dag_id, const std::string& run_id) override;
  Result<RunRow> GetRunById(RunId id) override;
  Result<std::optional<RunRow>> PreviousRun(const std::string& dag_id, TimePoint before,
                                            RunId except) override;
  Result<std::vector<TiRow>> ListTis(RunId run) override;
  Result<std::vector<AttemptRow>> ListAttempts(RunId run, TaskIndex task,
                                               int32_t map_index) override;
  Result<std::vector<XComRow>> ListXComs(RunId run, TaskIndex task, int32_t map_index) override;
  Result<std::vector<PoolRow>> ListPools() override;
  Result<std::vector<ImportErrorRow>> ListImportErrors() override;
  Result<Page<EventRow>> ListEvents(const PageQuery& query) override;

 private:
  Status ReadSql(const Act& act) override;
  Status WriteSql(const Act& act) override;

  // A connection of the pool; given back at the end, unless it is lost.
  class Lease {
   public:
    Lease(MySqlStore* store, std::unique_ptr<Connection> db, bool fresh)
        : store_(store), db_(std::move(db)), fresh_(fresh) {}
    Lease(Lease&&) = default;
    ~Lease();
    Connection& operator*() { return *db_; }
    bool fresh() const { return fresh_; }  // made just now

   private:
    MySqlStore* store_;
    std::unique_ptr<Connection> db_;
    bool fresh_;
  };
  // Waits while all are in use; UNAVAILABLE after the timeout of a statement.
  Result<Lease> Borrow();
  void DropIdle();

  // Does `act`, which may be repeated, with a connection of the pool.
  template <class Act>
  auto WithReader(Act act) -> decltype(act(std::declval<Connection&>())) {
    for (;;) {
      GALE_ASSIGN_OR_RETURN(Lease lease, Borrow());
      auto result = act(*lease);
      if (result.ok() || !(*lease).lost() || lease.fresh()) return result;
      DropIdle();  // the others stem from before the loss, too
    }
  }
  template <class Row>
  Result<std::vector<Row>> SelectAll(const std::string& sql);

  // The connection that writes, made if there is none. Behind write_mutex_, as long as it is used.
  Result<Connection*> Writer();
  // One try; `repeat` is set if nothing was done and another try may succeed.
  Status TryCommit(Epoch epoch, const CommitPlan& plan, bool& repeat, BatchRow& refused);
  Result<Epoch> TryAcquire(const LeaderClaim& claim, bool& repeat);

  const MySqlOptions options_;
  std::mutex write_mutex_;
  std::unique_ptr<Connection> writer_;  // behind write_mutex_

  std::mutex pool_mutex_;
  std::condition_variable returned_;
  std::vector<std::unique_ptr<Connection>> idle_;  // behind pool_mutex_, as the next
  size_t open_ = 0;                                // all of the pool that are open
};

// Conflicts with other sessions (deadlock, lock wait) are retried this often, of which each waits
// for at most the session's innodb_lock_wait_timeout.
inline constexpr int kConflictTriesMax = 4;

}  // namespace gale::mysql
