// The ledger on a MySQL or MariaDB server. Reach it through OpenMySqlStore (store.h).
//
// One connection writes, behind a mutex. A pool of a few reads for the API; another one reads for
// the engine's loader and writes the small facts, so that none of these waits for a listing. Each is
// made when it is needed. A read whose connection turns out to be lost is done once more on a new
// one; a commit is not: its fate is unknown, which is the caller's to know (UNAVAILABLE).
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "master/store/mysql_db.h"
#include "master/store/mysql_pool.h"
#include "master/store/sql_reads.h"
#include "master/store/sql_store.h"

namespace gale::mysql {

class CommitPlan;

inline constexpr size_t kOwnReadersMax = 4;  // beside the API's: MySqlOptions::readers_max

class MySqlStore : public SqlStore {
 public:
  explicit MySqlStore(MySqlOptions options)
      : options_(std::move(options)),
        api_pool_(options_, options_.readers_max),
        own_pool_(options_, kOwnReadersMax),
        reads_(std::make_unique<PoolSource>(&api_pool_, options_.read_time_max)),
        loader_(std::make_unique<PoolSource>(&own_pool_, options_.read_time_max)) {}

  Result<SchemaState> Check() override;
  Status Migrate() override;
  Result<Epoch> AcquireLeadership(const LeaderClaim& claim) override;
  Status RenewLeadership(Epoch epoch) override;
  Status ReleaseLeadership(Epoch epoch) override;
  Result<LeaderRow> GetLeader() override;
  Status Commit(Epoch epoch, const CommitBatch& batch, BatchRow* refused) override;
  Status Sync() override { return OkStatus(); }  // the server's commits are durable
  Result<LiveState> LoadLive() override;

  Reads& reads() override { return reads_; }
  Reads& loader() override { return loader_; }

  Status PutBlobs(const std::vector<BlobRow>& blobs) override;
  Result<std::vector<std::string>> MissingBlobs(const std::vector<std::string>& digests) override;
  Result<std::string> GetBlob(const std::string& digest) override;

 private:
  Status ReadSql(const Act& act) override;
  Status WriteSql(const Act& act) override;

  // With a connection that API readers have no part in.
  template <class Act>
  auto WithReader(Act act) {
    return own_pool_.With(std::move(act));
  }

  // The connection that writes, made if there is none. Behind write_mutex_, as long as it is used.
  Result<Connection*> Writer();
  // One try; `repeat` is set if nothing was done and another try may succeed.
  Status TryCommit(Epoch epoch, const CommitPlan& plan, bool& repeat, BatchRow& refused);
  Result<Epoch> TryAcquire(const LeaderClaim& claim, bool& repeat);

  const MySqlOptions options_;
  std::mutex write_mutex_;
  std::unique_ptr<Connection> writer_;  // behind write_mutex_

  Pool api_pool_, own_pool_;
  SqlReads reads_, loader_;
};

// Conflicts with other sessions (deadlock, lock wait) are retried this often, of which each waits
// for at most the session's innodb_lock_wait_timeout.
inline constexpr int kConflictTriesMax = 4;

}  // namespace gale::mysql
