// The ledger: the port between Gale and its database. Implementations: SQLite (standalone); MySQL
// and MariaDB (cluster). One contract suite: tests/contract/store_contract.h.
//
// Promises of every implementation:
//   - Commit is one transaction: all of a batch or nothing, safe from any process's death when it
//     returns OK; from a power cut, too, once Sync has returned.
//   - Commit is idempotent: rows are upserts of latest states, so a batch whose fate is unknown may
//     be committed again as it is.
//   - Thread-safe. Commit is called by one thread at a time (the engine); the rest may come from any
//     thread.
// What is only read, and by whom, is another port: reads.h.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/base/limits.h"
#include "common/base/status.h"
#include "master/store/reads.h"
#include "master/store/rows.h"
#include "master/store/secret_rows.h"
#include "master/store/token_rows.h"

namespace gale {

// The rows that one turn of the engine changed, each at most once, in its latest state.
struct CommitBatch {
  std::vector<DagRow> dags;
  // Inserted; an existing (dag_id, version) is left as it is.
  std::vector<DagVersionRow> dag_versions;
  // The digest of the DAGs folder as it is now.
  std::optional<std::string> bundle = std::nullopt;
  struct VersionBundle {
    std::string dag_id;
    int64_t version;
    std::string bundle;  // as DagVersionRow's
  };
  std::vector<VersionBundle> version_bundles;
  // A run's id, dag_id, run_id and logical_date are written once. ALREADY_EXISTS: another run has
  // the id, the (dag_id, run_id), or the (dag_id, logical_date).
  std::vector<RunRow> runs;
  std::vector<TiRow> tis;
  std::vector<AttemptRow> attempts;
  std::vector<XComRow> xcoms;
  // XComs of a task instance that starts anew are deleted before `xcoms` are written.
  std::vector<TiKey> xcom_deletes;
  std::vector<XComName> xcom_name_deletes;  // one by one, before `xcoms` too
  std::vector<RenderedRow> rendered;
  std::vector<TaskNoteRow> task_notes;
  std::vector<PoolRow> pools;
  std::vector<std::string> pool_deletes;
  std::vector<WorkerRow> workers;
  std::vector<std::string> worker_deletes;        // after `workers`
  std::vector<ImportErrorRow> import_errors;      // replaces the file's former error
  std::vector<std::string> import_error_deletes;  // file names
  // Appended. On a repeated commit of the same batch an event may stand twice: it is a trail, not a
  // fact.
  std::vector<EventRow> events;

  bool empty() const {
    return dags.empty() && dag_versions.empty() && !bundle && version_bundles.empty() &&
           runs.empty() && tis.empty() && attempts.empty() && xcoms.empty() &&
           xcom_deletes.empty() && xcom_name_deletes.empty() && rendered.empty() &&
           task_notes.empty() && pools.empty() && pool_deletes.empty() && workers.empty() &&
           worker_deletes.empty() && import_errors.empty() && import_error_deletes.empty() &&
           events.empty();
  }
};

// A row of a CommitBatch: the list that it stands in, and its place there.
struct BatchRow {
  enum class List {
    kNone,  // no row in particular
    kDags,
    kDagVersions,
    kVersionBundles,
    kRuns,
    kTis,
    kAttempts,
    kXComs,
    kRendered,
    kTaskNotes,
    kPools,
    kWorkers,
    kImportErrors,
    kEvents,
  };
  List list = List::kNone;
  size_t at = 0;
};

// Of Commit: a row of the batch was refused. The same batch would be refused again.
inline bool IsRefused(const Status& commit) {
  return commit.code() == Code::kInvalidArgument || commit.code() == Code::kAlreadyExists ||
         commit.code() == Code::kResourceExhausted;
}

// What Commit says of a run whose logical date `holder` has, a run of the same DAG.
inline Status LogicalDateTaken(const RunRow& run, std::string_view holder) {
  return AlreadyExists("dag '{}' already has a run of the logical date {}: '{}'", run.dag_id,
                       FormatTime(*run.logical_date), holder);
}

// All that the engine needs to go on where the last one stopped.
struct LiveState {
  std::vector<DagRow> dags;
  std::vector<DagVersionRow> versions;  // the current ones, and those that live runs are pinned to
  std::vector<RunRow> runs;     // not finished, or with a process that may live (TiRow::live)
  std::vector<TiRow> tis;       // of those runs
  std::vector<XComRow> values;  // what they returned: of those with a value_length
  std::vector<PoolRow> pools;
  std::vector<WorkerRow> workers;
  std::vector<std::string> files_with_errors;  // of ImportErrorRow
  RunId last_run_id;                           // the largest ever given
  std::string bundle;                          // CommitBatch's; empty: never set
};

// What Check found.
struct SchemaState {
  int64_t version = 0;  // 0: there is none yet
  int64_t known = 0;    // this build's
};

// Who wants to lead, and on what grounds.
struct LeaderClaim {
  std::string owner;
  std::string instance = {};
  // Only if the leader's row still has this epoch and beat; nullopt: whoever leads (one master
  // only, or the same one again).
  std::optional<LeaderRow> seen = std::nullopt;
};

class Store {
 public:
  virtual ~Store() = default;

  // Whether the database can be used, by this build and this user; changes nothing. OK too for a
  // schema that Migrate would make or bring up: the versions tell. Else what Migrate would say.
  virtual Result<SchemaState> Check() = 0;
  // Brings the schema to this build's version. FAILED_PRECONDITION, changing nothing, if the
  // database was made by a newer gale: the message names the file or server and both versions.
  virtual Status Migrate() = 0;

  // Takes the leadership: bumps the epoch and returns it. From then on commits of an older epoch
  // are refused (ABORTED). ABORTED, changing nothing: the claim's `seen` is not what stands there.
  virtual Result<Epoch> AcquireLeadership(const LeaderClaim& claim) = 0;
  // One more beat. ABORTED: another master leads. Beside Commit, from any thread, as all below.
  virtual Status RenewLeadership(Epoch epoch) = 0;
  // Leaves the owner empty, so that nobody has to wait for the lease; no error if another leads.
  virtual Status ReleaseLeadership(Epoch epoch) = 0;
  virtual Result<LeaderRow> GetLeader() = 0;
  virtual Status PutMaster(const MasterRow& master) = 0;  // by name
  virtual Result<std::vector<MasterRow>> ListMasters() = 0;

  // ABORTED: another master leads. UNAVAILABLE: unknown whether it was done; commit the same again.
  // ALREADY_EXISTS, INVALID_ARGUMENT, RESOURCE_EXHAUSTED (IsRefused): a row of the batch is refused,
  // by its name, the table and what is wrong with it; nothing was done. `refused`: which one.
  virtual Status Commit(Epoch epoch, const CommitBatch& batch, BatchRow* refused = nullptr) = 0;

  // Returns when everything that was committed before the call survives a power cut. Does nothing
  // where Commit itself promises that. May run beside a Commit.
  virtual Status Sync() = 0;

  virtual Result<LiveState> LoadLive() = 0;

  // Reads for API, CLI and UI; and the same for the engine and who loads for it, on connections of
  // their own: they never wait for those of the API. Both live as long as the store.
  virtual Reads& reads() = 0;
  virtual Reads& loader() = 0;

  // Contents by digest: what is there already is left as it is. From any thread, and by any master:
  // a content never changes, and what no bundle names harms nobody.
  virtual Status PutBlobs(const std::vector<BlobRow>& blobs) = 0;
  // Those of `digests` that are not there.
  virtual Result<std::vector<std::string>> MissingBlobs(
      const std::vector<std::string>& digests) = 0;
  virtual Result<std::string> GetBlob(const std::string& digest) = 0;  // NOT_FOUND

  virtual Result<std::optional<UserRow>> GetUser(const std::string& name) = 0;
  virtual Status PutUser(const UserRow& user) = 0;
  // Unless there is one of this name: whoever is first wins. The user that there is then.
  virtual Result<UserRow> AddUser(const UserRow& user) = 0;
  virtual Result<std::vector<UserRow>> ListUsers() = 0;  // by name
  // ALREADY_EXISTS, NOT_FOUND; FAILED_PRECONDITION: there would be no Admin any more;
  // RESOURCE_EXHAUSTED: kUsersMax. What a removed user has marked
  // goes, too, and so do his tokens.
  virtual Status WriteUser(const UserWrite& write) = 0;
  // False: it was so already. Nobody looks whether there is such a DAG.
  virtual Result<bool> SetFavorite(const FavoriteRow& row, bool favorite) = 0;
  // Small facts of the installation ("jwt_secret"). nullopt if never set.
  virtual Result<std::optional<std::string>> GetSetting(const std::string& key) = 0;
  virtual Status PutSetting(const std::string& key, const std::string& value) = 0;
  // Unless it is set: whoever is first wins. The value that it has then.
  virtual Result<std::string> AddSetting(const std::string& key, const std::string& value) = 0;

  // Written by any master, beside the engine. They live as long as the store.
  virtual SecretRows<VariableRow>& variables() = 0;
  virtual SecretRows<ConnectionRow>& connections() = 0;
  virtual TokenRows& tokens() = 0;
};

// Opens (and makes, mode 0600) the SQLite file; ":memory:" lives as long as the store.
struct SqliteOptions {
  std::string path;
  // true: every commit is flushed to the disk (survives a power cut). false: it survives any
  // process's death, and a power cut once Sync has returned.
  bool synchronous_full = true;
  // How long a read waits for a connection that others hold.
  std::chrono::milliseconds reader_wait_max{2000};
  std::chrono::milliseconds read_time_max = limits::kReadTimeMax;  // of reads() and loader()
};
Result<std::unique_ptr<Store>> OpenSqliteStore(const SqliteOptions& options);

// MySQL 8.0.16+ or MariaDB 10.6+. A URL of Airflow's kind becomes these by ParseMySqlUrl
// (mysql_url.h).
struct MySqlOptions {
  enum class Tls { kDisabled, kPreferred, kRequired, kVerifyCa, kVerifyIdentity };

  std::string host = "127.0.0.1";
  uint16_t port = 3306;
  std::string user;
  std::string password;  // never in a message
  std::string database;
  Tls tls = Tls::kPreferred;
  std::string tls_ca, tls_cert, tls_key;  // PEM files; empty: none
  std::chrono::seconds connect_timeout{3};
  // The server's answer; then the connection is given up. Below limits::kCommitRetryMax, so that a
  // commit whose connection silently died is repeated before its master steps down.
  std::chrono::seconds io_timeout{6};
  size_t readers_max = 8;  // connections; one more reader waits for one of them
  std::chrono::milliseconds read_time_max = limits::kReadTimeMax;  // of reads() and loader()
};
// Connects when it is first used, and anew whenever the connection is lost. INVALID_ARGUMENT: an
// option is. What is wrong with a server is said by Migrate (and by every other call), which also
// makes the database, if it is missing and the user may.
Result<std::unique_ptr<Store>> OpenMySqlStore(const MySqlOptions& options);

}  // namespace gale
