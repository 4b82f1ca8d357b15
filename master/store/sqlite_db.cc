#include "master/store/sqlite_db.h"

#include <cstring>

namespace gale::sqlite {
namespace {

constexpr int kStepsPerLook = 10'000;  // of SQLite's machine, well under a millisecond

}  // namespace

// Statement.

Statement::~Statement() {
  if (stmt_ == nullptr) return;
  if (owned_) {
    sqlite3_finalize(stmt_);
  } else {
    sqlite3_reset(stmt_);  // or it would hold its snapshot, and the log could not be folded in
    sqlite3_clear_bindings(stmt_);
  }
}

void Statement::BindInt(int64_t value) {
  const int code = sqlite3_bind_int64(stmt_, ++bound_, value);
  if (bind_error_ == SQLITE_OK) bind_error_ = code;
}

void Statement::BindText(std::string_view value) {
  const char* data = value.data() == nullptr ? "" : value.data();  // a null pointer would bind NULL
  const int code =
      sqlite3_bind_text64(stmt_, ++bound_, data, value.size(), SQLITE_STATIC, SQLITE_UTF8);
  if (bind_error_ == SQLITE_OK) bind_error_ = code;
}

void Statement::BindNull() {
  const int code = sqlite3_bind_null(stmt_, ++bound_);
  if (bind_error_ == SQLITE_OK) bind_error_ = code;
}

void Statement::BindOther(const std::vector<std::string>& value) {
  const std::string json = EncodeList(value);
  const int code =
      sqlite3_bind_text64(stmt_, ++bound_, json.data(), json.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
  if (bind_error_ == SQLITE_OK) bind_error_ = code;
}

void Statement::BindOther(const std::vector<uint8_t>& value) {
  const void* data = value.empty() ? static_cast<const void*>("") : value.data();
  const int code = sqlite3_bind_blob64(stmt_, ++bound_, data, value.size(), SQLITE_STATIC);
  if (bind_error_ == SQLITE_OK) bind_error_ = code;
}

Result<bool> Statement::Step() {
  if (bind_error_ != SQLITE_OK) return db_->Error(std::exchange(bind_error_, SQLITE_OK));
  const int code = sqlite3_step(stmt_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return db_->Error(code);
}

Status Statement::Run() {
  for (;;) {
    Result<bool> row = Step();
    if (row.ok() && *row) continue;
    sqlite3_reset(stmt_);
    return row.status();
  }
}

// A text's bytes are UTF-8, as the database is.
std::string Statement::Text(int column) {
  const auto* data = static_cast<const char*>(sqlite3_column_blob(stmt_, column));
  if (data == nullptr) return {};
  return {data, static_cast<size_t>(sqlite3_column_bytes(stmt_, column))};
}

// Database.

Result<std::unique_ptr<Database>> Database::Open(const std::string& path) {
  // Nobody reads SQLite's memory statistics, and counting them takes one lock for all connections.
  static const int configured = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
  (void)configured;  // misuse when another user of SQLite was first: then it counts
  sqlite3* handle = nullptr;
  // Our own locks guard the connection, so SQLite needs none.
  const int code =
      sqlite3_open_v2(path.c_str(), &handle,
                      SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nullptr);
  if (handle == nullptr) return Unavailable("'{}': out of memory", path);
  std::unique_ptr<Database> db(new Database(path, handle));
  if (code != SQLITE_OK) return db->Error(code);
  if (sqlite3_db_readonly(handle, "main") == 1) {
    return PermissionDenied("'{}': can't be written to; check the file's owner and mode", path);
  }
  sqlite3_busy_timeout(handle, static_cast<int>(kBusyTimeout.count()));
  return db;
}

Database::~Database() {
  for (auto& [sql, stmt] : cache_) sqlite3_finalize(stmt);
  GALE_CHECK(sqlite3_close(handle_) == SQLITE_OK, "a statement outlives its connection");
}

Status Database::Exec(const std::string& sql) {
  const int code = sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr);
  return code == SQLITE_OK ? OkStatus() : Error(code);
}

Result<sqlite3_stmt*> Database::Compile(std::string_view sql, unsigned flags) {
  sqlite3_stmt* stmt = nullptr;
  const int code =
      sqlite3_prepare_v3(handle_, sql.data(), static_cast<int>(sql.size()), flags, &stmt, nullptr);
  if (code == SQLITE_OK) return stmt;
  if (std::strstr(sqlite3_errmsg(handle_), "no such") != nullptr) {
    return FailedPrecondition("'{}': {}: the schema is missing or old; run `gale db migrate`",
                              path_, sqlite3_errmsg(handle_));
  }
  return Error(code);
}

Result<Statement> Database::Prepare(std::string_view sql) {
  GALE_ASSIGN_OR_RETURN(sqlite3_stmt * stmt, Compile(sql, 0));
  return Statement(this, stmt, /*owned=*/true);
}

Result<Statement> Database::Cached(std::string_view sql) {
  auto found = cache_.find(sql);
  if (found == cache_.end()) {
    GALE_ASSIGN_OR_RETURN(sqlite3_stmt * stmt, Compile(sql, SQLITE_PREPARE_PERSISTENT));
    found = cache_.emplace(sql, stmt).first;
  }
  return Statement(this, found->second, /*owned=*/false);
}

void Database::SetDeadline(std::optional<MonoTime> deadline) {
  if (!deadline) return sqlite3_progress_handler(handle_, 0, nullptr, nullptr);
  deadline_ = *deadline;
  sqlite3_progress_handler(
      handle_, kStepsPerLook,
      [](void* self) {
        return static_cast<int>(Clock::Real().Mono() > static_cast<Database*>(self)->deadline_);
      },
      this);
}

Status Database::Error(int code) {
  const char* message = sqlite3_errmsg(handle_);
  switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return Unavailable(
          "'{}': locked by another process for {} ms; is a second gale or a tool using it?", path_,
          kBusyTimeout.count());
    case SQLITE_FULL:
      return Unavailable("'{}': the disk is full; free space, then it goes on by itself", path_);
    case SQLITE_IOERR: {
      const int error = sqlite3_system_errno(handle_);
      return Unavailable("'{}': {} (SQLite code {}{}{}); check the disk and its quota", path_,
                         message, code, error == 0 ? "" : ": ",
                         error == 0 ? "" : std::strerror(error));
    }
    case SQLITE_INTERRUPT: return DeadlineExceeded("'{}'", path_);
    case SQLITE_NOMEM: return Unavailable("'{}': out of memory", path_);
    case SQLITE_CANTOPEN: {
      const int error = sqlite3_system_errno(handle_);
      return Unavailable("'{}': can't open it or the files beside it: {}", path_,
                         error == 0 ? message : std::strerror(error));
    }
    case SQLITE_CONSTRAINT:
      if (code == SQLITE_CONSTRAINT_UNIQUE || code == SQLITE_CONSTRAINT_PRIMARYKEY) {
        return AlreadyExists("'{}': {}", path_, message);
      }
      return InvalidArgument("'{}': {}", path_, message);
    case SQLITE_TOOBIG:
    case SQLITE_MISMATCH: return InvalidArgument("'{}': {}", path_, message);
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
      return PermissionDenied("'{}': {}; check the file's owner and mode", path_, message);
    case SQLITE_NOTADB:
      return FailedPrecondition("'{}': not a SQLite database; give another path", path_);
    case SQLITE_CORRUPT: return DataLoss("'{}': {}; restore it from a backup", path_, message);
    default: return Internal("'{}': {} (SQLite code {})", path_, message, code);
  }
}

// Transaction.

Transaction::~Transaction() {
  // Some errors (disk full, I/O) have rolled back already.
  if (sqlite3_get_autocommit(db_.handle_) != 0) return;
  auto rollback = db_.Cached("ROLLBACK");
  if (rollback.ok()) (void)rollback->Run();
}

Status Transaction::Begin(Kind kind) {
  GALE_ASSIGN_OR_RETURN(Statement begin,
                        db_.Cached(kind == Kind::kWrite ? "BEGIN IMMEDIATE" : "BEGIN"));
  return begin.Run();
}

Status Transaction::Commit() {
  GALE_ASSIGN_OR_RETURN(Statement commit, db_.Cached("COMMIT"));
  return commit.Run();
}

}  // namespace gale::sqlite
