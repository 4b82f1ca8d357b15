// Opening, the schema, and the SQL seam.
#include "master/store/sqlite_store.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>

#include "master/store/row_columns.h"
#include "master/store/schema_version.h"
#include "master/store/sqlite_migrations.h"

namespace gale::sqlite {
namespace {

// Pages of the log at which a commit folds it into the file: 16 MB, so that few commits pay for it.
constexpr int kCheckpointPages = 4000;
constexpr int kWriterCacheKib = 32 << 10;
constexpr off_t kHeaderBytes = 512;  // the smallest page of SQLite

// Makes the file, readable by its owner alone, if there is none. Never opens one that exists:
// closing it would drop the locks that this process may hold on it.
Status MakeFile(const std::string& path) {
  if (path.empty())
    return InvalidArgument("the database's path is empty; give a file or ':memory:'");
  const int fd = open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd >= 0) {
    close(fd);
    return OkStatus();
  }
  const int error = errno;
  if (error == EEXIST || error == EISDIR) {
    struct stat info;
    if (stat(path.c_str(), &info) != 0) {
      return Unavailable("'{}': {}; give the path of a file", path, std::strerror(errno));
    }
    if (S_ISDIR(info.st_mode)) {
      return InvalidArgument("'{}': is a directory; give the path of a file in it", path);
    }
    // SQLite takes a file that is shorter than any database for an empty one, and would write over
    // it.
    if (S_ISREG(info.st_mode) && info.st_size > 0 && info.st_size < kHeaderBytes) {
      return FailedPrecondition("'{}': not a SQLite database; give another path", path);
    }
    if (!S_ISREG(info.st_mode)) return InvalidArgument("'{}': is not a regular file", path);
    if (faccessat(AT_FDCWD, path.c_str(), R_OK | W_OK, AT_EACCESS) == 0) return OkStatus();
    return PermissionDenied("'{}': {}; check the file's owner and mode", path,
                            std::strerror(errno));
  }
  if (error == ENOENT || error == ENOTDIR) {
    return NotFound("'{}': its directory does not exist; make it first", path);
  }
  if (error == EACCES || error == EPERM || error == EROFS) {
    return PermissionDenied("'{}': can't be made: {}", path, std::strerror(error));
  }
  return Unavailable("'{}': can't be made: {}", path, std::strerror(error));
}

// 0: an empty database. FAILED_PRECONDITION: another program's.
Result<int64_t> ReadVersion(Database& db) {
  GALE_ASSIGN_OR_RETURN(
      Statement tables,
      db.Prepare(
          "SELECT count(*), count(*) FILTER (WHERE name = 'schema_version') FROM sqlite_schema"));
  GALE_RETURN_IF_ERROR(tables.Step().status());
  int64_t all = 0, ours = 0;
  tables.Read(all, ours);
  if (all == 0) return int64_t{0};
  if (ours == 0) {
    return FailedPrecondition("'{}': holds the tables of another program; give another path",
                              db.path());
  }
  GALE_ASSIGN_OR_RETURN(Statement latest,
                        db.Prepare("SELECT coalesce(max(version), 0) FROM schema_version"));
  GALE_RETURN_IF_ERROR(latest.Step().status());
  int64_t version = 0;
  latest.Read(version);
  return version;
}

Status CheckVersion(const Database& db, int64_t version) {
  return CheckSchemaVersion(db.path(), version, Migrations().back().version);
}

Status UseWal(Database& db) {
  GALE_ASSIGN_OR_RETURN(Statement pragma, db.Prepare("PRAGMA journal_mode = WAL"));
  GALE_RETURN_IF_ERROR(pragma.Step().status());
  std::string mode;
  pragma.Read(mode);
  if (mode == "wal") return OkStatus();
  return FailedPrecondition(
      "'{}': its file system has no shared memory for SQLite's write-ahead log; "
      "put the file on a local disk",
      db.path());
}

std::unique_ptr<Readers> MakeReaders(const SqliteOptions& options, Database& writer,
                                     std::mutex& mutex, size_t max) {
  if (options.path == ":memory:") return std::make_unique<Readers>(&writer, &mutex);
  return std::make_unique<Readers>(options.path, max, options.reader_wait_max);
}

}  // namespace

SqliteStore::SqliteStore(SqliteOptions options, std::unique_ptr<Database> writer)
    : options_(std::move(options)),
      writer_(std::move(writer)),
      api_readers_(MakeReaders(options_, *writer_, write_mutex_, kReadersMax)),
      own_readers_(MakeReaders(options_, *writer_, write_mutex_, kOwnReadersMax)),
      reads_(std::make_unique<ReadersSource>(api_readers_.get(), options_.read_time_max)),
      loader_(std::make_unique<ReadersSource>(own_readers_.get(), options_.read_time_max)) {}

Result<std::unique_ptr<Store>> SqliteStore::Open(const SqliteOptions& options) {
  const bool memory = options.path == ":memory:";
  if (!memory) GALE_RETURN_IF_ERROR(MakeFile(options.path));
  GALE_ASSIGN_OR_RETURN(std::unique_ptr<Database> db, Database::Open(options.path));
  if (!memory) {
    GALE_RETURN_IF_ERROR(db->Exec(fmt::format(
        "PRAGMA synchronous = {}; PRAGMA wal_autocheckpoint = {};"
        "PRAGMA cache_size = -{}; PRAGMA foreign_keys = OFF; PRAGMA temp_store = MEMORY",
        options.synchronous_full ? "FULL" : "NORMAL", kCheckpointPages, kWriterCacheKib)));
    GALE_RETURN_IF_ERROR(ReadVersion(*db).status());  // is it a database, and ours?
  }
  return std::unique_ptr<Store>(new SqliteStore(options, std::move(db)));
}

Result<SchemaState> SqliteStore::Check() {
  std::lock_guard lock(write_mutex_);
  SchemaState state{.known = Migrations().back().version};
  GALE_ASSIGN_OR_RETURN(state.version, ReadVersion(*writer_));
  GALE_RETURN_IF_ERROR(CheckVersion(*writer_, state.version));
  return state;
}

Status SqliteStore::Migrate() {
  std::lock_guard lock(write_mutex_);
  const int64_t known = Migrations().back().version;
  GALE_ASSIGN_OR_RETURN(int64_t version, ReadVersion(*writer_));
  GALE_RETURN_IF_ERROR(CheckVersion(*writer_, version));
  if (!in_memory()) GALE_RETURN_IF_ERROR(UseWal(*writer_));
  if (version == known) return OkStatus();

  Transaction transaction(*writer_);
  GALE_RETURN_IF_ERROR(transaction.Begin(Transaction::Kind::kWrite));
  GALE_ASSIGN_OR_RETURN(version, ReadVersion(*writer_));  // another process may have been faster
  GALE_RETURN_IF_ERROR(CheckVersion(*writer_, version));
  for (const Migration& migration : Migrations()) {
    if (migration.version <= version) continue;
    if (Status s = writer_->Exec(migration.sql); !s.ok()) {
      return s.WithContext(fmt::format("migration {} ({})", migration.version, migration.name));
    }
    GALE_ASSIGN_OR_RETURN(Statement note,
                          writer_->Prepare("INSERT INTO schema_version VALUES (?, ?)"));
    GALE_RETURN_IF_ERROR(note.Bind(migration.version, migration.name).Run());
  }
  return transaction.Commit();
}

SqliteStore::~SqliteStore() {
  if (wal_fd_ >= 0) close(wal_fd_);
}

// What is committed is in the log, or was flushed into the file by the checkpoint that emptied the
// log (with synchronous = NORMAL SQLite flushes both around a checkpoint): flushing the log is
// enough.
Status SqliteStore::Sync() {
  if (in_memory() || options_.synchronous_full) return OkStatus();
  std::lock_guard lock(sync_mutex_);
  const std::string wal = options_.path + "-wal";
  if (wal_fd_ < 0) wal_fd_ = open(wal.c_str(), O_RDONLY | O_CLOEXEC);
  if (wal_fd_ < 0 || fdatasync(wal_fd_) != 0) {
    return Unavailable("'{}': can't be flushed to the disk: {}", wal, std::strerror(errno));
  }
  return OkStatus();
}

// The SQL seam.

Status SqliteStore::ReadSql(const Act& act) { return ReadersSource(own_readers_.get()).Read(act); }

Status SqliteStore::WriteSql(const Act& act) {
  std::lock_guard lock(write_mutex_);
  Transaction transaction(*writer_);
  GALE_RETURN_IF_ERROR(transaction.Begin(Transaction::Kind::kWrite));
  DatabaseSql sql(*writer_);
  GALE_RETURN_IF_ERROR(act(sql));
  return transaction.Commit();
}

}  // namespace gale::sqlite

namespace gale {

Result<std::unique_ptr<Store>> OpenSqliteStore(const SqliteOptions& options) {
  return sqlite::SqliteStore::Open(options);
}

}  // namespace gale
