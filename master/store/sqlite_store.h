// The ledger in one SQLite file. Reach it through OpenSqliteStore (store.h).
//
// A file has one connection that writes, behind a mutex, and a few that read beside it (WAL:
// neither waits for the other). ":memory:" has one connection for all.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "master/store/sql_store.h"
#include "master/store/sqlite_db.h"

namespace gale::sqlite {

inline constexpr size_t kReadersMax = 4;  // connections; a fifth reader waits for one of them

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

  // A connection to read from, given back at the end.
  class Reader {
   public:
    Reader(SqliteStore* store, std::unique_ptr<Database> own)
        : store_(store), own_(std::move(own)) {}
    Reader(SqliteStore* store, std::unique_lock<std::mutex> lock)
        : store_(store), lock_(std::move(lock)) {}
    Reader(Reader&&) = default;
    ~Reader();
    Database& operator*() { return own_ ? *own_ : *store_->writer_; }
    Database* operator->() { return &**this; }

   private:
    SqliteStore* store_;
    std::unique_ptr<Database> own_;      // a file's
    std::unique_lock<std::mutex> lock_;  // :memory: holds the one connection
  };

  SqliteStore(SqliteOptions options, std::unique_ptr<Database> writer)
      : options_(std::move(options)), writer_(std::move(writer)) {}
  bool in_memory() const { return options_.path == ":memory:"; }
  // Waits while all of them are in use.
  Result<Reader> Read();

  const SqliteOptions options_;
  std::mutex write_mutex_;
  std::unique_ptr<Database> writer_;  // behind write_mutex_

  std::mutex sync_mutex_;
  int wal_fd_ = -1;  // behind sync_mutex_

  std::mutex readers_mutex_;
  std::condition_variable reader_free_;
  std::vector<std::unique_ptr<Database>> idle_readers_;  // behind readers_mutex_, as the next
  size_t readers_ = 0;                                   // all that are open
};

}  // namespace gale::sqlite
