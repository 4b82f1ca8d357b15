#include "master/store/mysql_pool.h"

namespace gale::mysql {
namespace {

// The statement with its values in their places.
std::string Bound(std::string_view sql, const std::vector<SqlValue>& values) {
  std::string out;
  for (const SqlValue& value : values) {
    const size_t mark = sql.find('?');
    GALE_CHECK(mark != std::string_view::npos, "more values than marks");
    out += sql.substr(0, mark);
    if (const auto* number = std::get_if<int64_t>(&value)) {
      AppendInt(out, *number);
    } else if (const auto* text = std::get_if<std::string>(&value)) {
      AppendText(out, *text);
    } else {
      out += "NULL";
    }
    sql.remove_prefix(mark + 1);
  }
  return out.append(sql);
}

// The server gives `select` up after so long.
std::string Limited(const std::string& select, std::chrono::milliseconds time, bool mariadb) {
  if (mariadb) {
    return fmt::format("SET STATEMENT max_statement_time = {}.{:03} FOR {}", time.count() / 1000,
                       time.count() % 1000, select);
  }
  constexpr std::string_view kSelect = "SELECT ";
  if (!select.starts_with(kSelect)) return select;  // EXPLAIN, which takes no time
  return fmt::format("SELECT /*+ MAX_EXECUTION_TIME({}) */ {}", time.count(),
                     std::string_view(select).substr(kSelect.size()));
}

}  // namespace

Result<Pool::Lease> Pool::Borrow() {
  {
    std::unique_lock lock(mutex_);
    if (!returned_.wait_for(lock, options_.io_timeout,
                            [this] { return !idle_.empty() || open_ < max_; })) {
      return Unavailable(
          "'{}': all {} connections for reading are busy; ask again, for less at a time",
          ServerName(options_), max_);
    }
    if (!idle_.empty()) {
      Lease lease(this, std::move(idle_.back()), /*fresh=*/false);
      idle_.pop_back();
      return lease;
    }
    ++open_;
  }
  auto opened = Connection::Open(options_, Role::kReader);
  if (opened.ok()) return Lease(this, std::move(*opened), /*fresh=*/true);
  std::lock_guard lock(mutex_);
  --open_;
  returned_.notify_one();
  if (opened.status().code() == Code::kNotFound) {  // the database itself, not what was asked for
    return FailedPrecondition("{}", opened.status().message());
  }
  return opened.status();
}

Pool::Lease::~Lease() {
  if (!db_) return;
  std::unique_ptr<Connection> lost;  // closed after the lock
  std::lock_guard lock(pool_->mutex_);
  if (db_->lost()) {
    lost = std::move(db_);
    --pool_->open_;
  } else {
    pool_->idle_.push_back(std::move(db_));
  }
  pool_->returned_.notify_one();
}

void Pool::DropIdle() {
  std::vector<std::unique_ptr<Connection>> dropped;
  std::lock_guard lock(mutex_);
  dropped.swap(idle_);
  open_ -= dropped.size();
  returned_.notify_all();
}

Status ConnectionSql::Query(const std::string& sql, const std::vector<SqlValue>& values,
                            const std::function<void(SqlRow&)>& row) {
  std::string text = Bound(sql, values);
  if (read_time_max_.count() > 0) text = Limited(text, read_time_max_, db_.is_mariadb());
  Result<Rows> rows = db_.Query(text);
  if (db_.last_error() == errors::kTimeMariaDb || db_.last_error() == errors::kTimeMySql) {
    return ReadTookTooLong(db_.name(), read_time_max_);
  }
  if (!rows.ok()) return rows.status();
  while (rows->Next()) row(*rows);
  return OkStatus();
}

Status ConnectionSql::Run(const std::string& sql, const std::vector<SqlValue>& values) {
  return db_.Run(Bound(sql, values));
}

std::string ConnectionSql::OnConflict(std::string_view key,
                                      const std::vector<std::string_view>& others) const {
  if (others.empty()) return fmt::format(" ON DUPLICATE KEY UPDATE {0} = {0}", QuoteName(key));
  std::string sets;
  for (std::string_view name : others) {
    sets += fmt::format("{0}{1} = VALUES({1})", sets.empty() ? "" : ", ", QuoteName(name));
  }
  return " ON DUPLICATE KEY UPDATE " + sets;
}

Status PoolSource::Read(const Act& act) {
  return pool_->With([&](Connection& db) {
    ConnectionSql sql(db, read_time_max_);
    return act(sql);
  });
}

Status PoolSource::ReadSnapshot(const Act& act) {
  return pool_->With([&](Connection& db) -> Status {
    Transaction snapshot(db);
    GALE_RETURN_IF_ERROR(snapshot.BeginSnapshot());
    ConnectionSql sql(db, read_time_max_);
    GALE_RETURN_IF_ERROR(act(sql));
    return snapshot.Commit();
  });
}

}  // namespace gale::mysql
