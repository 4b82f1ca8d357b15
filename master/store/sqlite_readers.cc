#include "master/store/sqlite_readers.h"

namespace gale::sqlite {
namespace {

class Deadline {
 public:
  Deadline(Database& db, std::chrono::milliseconds after) : db_(db) {
    if (after.count() > 0) db_.SetDeadline(Clock::Real().Mono() + after);
  }
  ~Deadline() { db_.SetDeadline(std::nullopt); }

 private:
  Database& db_;
};

}  // namespace

Result<Readers::Lease> Readers::Borrow() {
  if (shared_ != nullptr) return Lease(shared_, std::unique_lock(*shared_mutex_));
  {
    std::unique_lock lock(mutex_);
    if (!free_.wait_for(lock, wait_, [this] { return !idle_.empty() || open_ < max_; })) {
      return Unavailable(
          "'{}': all {} connections for reading are busy with other requests; ask again, for less "
          "at a time",
          path_, max_);
    }
    if (!idle_.empty()) {
      Lease lease(this, std::move(idle_.back()));
      idle_.pop_back();
      return lease;
    }
    ++open_;
  }
  auto opened = Database::Open(path_);
  Status status = opened.ok() ? (*opened)->Exec("PRAGMA query_only = 1; PRAGMA temp_store = MEMORY")
                              : opened.status();
  if (status.ok()) return Lease(this, std::move(*opened));
  std::lock_guard lock(mutex_);
  --open_;
  free_.notify_one();
  return status;
}

Readers::Lease::~Lease() {
  if (!own_) return;
  std::lock_guard lock(pool_->mutex_);
  pool_->idle_.push_back(std::move(own_));
  pool_->free_.notify_one();
}

Status DatabaseSql::Query(const std::string& sql, const std::vector<SqlValue>& values,
                          const std::function<void(SqlRow&)>& row) {
  GALE_ASSIGN_OR_RETURN(Statement statement, Bound(sql, values));
  const Deadline deadline(db_, read_time_max_);
  for (;;) {
    const Result<bool> more = statement.Step();
    if (more.status().code() == Code::kDeadlineExceeded) {
      return ReadTookTooLong(db_.path(), read_time_max_);
    }
    if (!more.ok() || !*more) return more.status();
    row(statement);
  }
}

Status DatabaseSql::Run(const std::string& sql, const std::vector<SqlValue>& values) {
  GALE_ASSIGN_OR_RETURN(Statement statement, Bound(sql, values));
  return statement.Run();
}

std::string DatabaseSql::OnConflict(std::string_view key,
                                    const std::vector<std::string_view>& others) const {
  std::string sets;
  for (std::string_view name : others) {
    sets += fmt::format("{0}{1} = excluded.{1}", sets.empty() ? "" : ", ", QuoteName(name));
  }
  return fmt::format(" ON CONFLICT ({}) DO {}", QuoteName(key),
                     sets.empty() ? "NOTHING" : "UPDATE SET " + sets);
}

Result<Statement> DatabaseSql::Bound(const std::string& sql, const std::vector<SqlValue>& values) {
  GALE_ASSIGN_OR_RETURN(Statement statement, db_.Prepare(sql));
  statement.Bind();
  for (const SqlValue& value : values) {
    if (const auto* number = std::get_if<int64_t>(&value)) {
      statement.BindMore(*number);
    } else if (const auto* text = std::get_if<std::string>(&value)) {
      statement.BindMore(*text);
    } else {
      statement.BindMore(std::optional<int64_t>());
    }
  }
  return statement;
}

Status ReadersSource::Read(const Act& act) {
  GALE_ASSIGN_OR_RETURN(Readers::Lease lease, readers_->Borrow());
  DatabaseSql sql(*lease, read_time_max_);
  return act(sql);
}

Status ReadersSource::ReadSnapshot(const Act& act) {
  GALE_ASSIGN_OR_RETURN(Readers::Lease lease, readers_->Borrow());
  Transaction snapshot(*lease);
  GALE_RETURN_IF_ERROR(snapshot.Begin(Transaction::Kind::kRead));
  DatabaseSql sql(*lease, read_time_max_);
  GALE_RETURN_IF_ERROR(act(sql));
  return snapshot.Commit();
}

}  // namespace gale::sqlite
