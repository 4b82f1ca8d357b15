// The ledger in one SQLite file. Reach it through OpenSqliteStore (store.h).
//
// A file has one connection that writes, behind a mutex, and a few that read beside it (WAL:
// neither waits for the other): some for the API, others for the engine's loader and the small
// facts. ":memory:" has one connection for all.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "master/store/sql_reads.h"
#include "master/store/sql_store.h"
#include "master/store/sqlite_db.h"
#include "master/store/sqlite_readers.h"

namespace gale::sqlite {

inline constexpr size_t kReadersMax = 4;     // connections for the API; a fifth reader waits
inline constexpr size_t kOwnReadersMax = 3;  // for the engine, its loader, and the small facts

class SqliteStore : public SqlStore {
 public:
  static Result<std::unique_ptr<Store>> Open(const SqliteOptions& options);
  ~SqliteStore() override;

  Result<SchemaState> Check() override;
  Status Migrate() override;
  Result<Epoch> AcquireLeadership(const LeaderClaim& claim) override;
  Status RenewLeadership(Epoch epoch) override;
  Status ReleaseLeadership(Epoch epoch) override;
  Result<LeaderRow> GetLeader() override;
  Status Commit(Epoch epoch, const CommitBatch& batch, BatchRow* refused) override;
  Status Sync() override;
  Result<LiveState> LoadLive() override;

  Reads& reads() override { return reads_; }
  Reads& loader() override { return loader_; }

  Status PutBlobs(const std::vector<BlobRow>& blobs) override;
  Result<std::vector<std::string>> MissingBlobs(const std::vector<std::string>& digests) override;
  Result<std::string> GetBlob(const std::string& digest) override;

 private:
  Status ReadSql(const Act& act) override;
  Status WriteSql(const Act& act) override;

  using Reader = Readers::Lease;

  SqliteStore(SqliteOptions options, std::unique_ptr<Database> writer);
  bool in_memory() const { return options_.path == ":memory:"; }
  // A connection that API readers have no part in.
  Result<Reader> Read() { return own_readers_->Borrow(); }

  const SqliteOptions options_;
  std::mutex write_mutex_;
  std::unique_ptr<Database> writer_;  // behind write_mutex_

  std::mutex sync_mutex_;
  int wal_fd_ = -1;  // behind sync_mutex_

  const std::unique_ptr<Readers> api_readers_, own_readers_;
  SqlReads reads_, loader_;
};

}  // namespace gale::sqlite
