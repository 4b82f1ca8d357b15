// Opening, the pool, and the SQL seam.
#include "master/store/mysql_store.h"

#include "common/base/limits.h"
#include "master/store/row_columns.h"

namespace gale::mysql {
namespace {

// Names of databases and tables are no longer than this.
constexpr size_t kNameCharactersMax = 64;

}  // namespace

// The pool.

Result<MySqlStore::Lease> MySqlStore::Borrow() {
  {
    std::unique_lock lock(pool_mutex_);
    if (!returned_.wait_for(lock, options_.io_timeout,
                            [this] { return !idle_.empty() || open_ < options_.readers_max; })) {
      return Unavailable("'{}': all {} connections are busy; the server is too slow",
                         ServerName(options_), options_.readers_max);
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
  std::lock_guard lock(pool_mutex_);
  --open_;
  returned_.notify_one();
  if (opened.status().code() == Code::kNotFound) {  // the database itself, not what was asked for
    return FailedPrecondition("{}", opened.status().message());
  }
  return opened.status();
}

MySqlStore::Lease::~Lease() {
  if (!db_) return;
  std::unique_ptr<Connection> lost;  // closed after the lock
  std::lock_guard lock(store_->pool_mutex_);
  if (db_->lost()) {
    lost = std::move(db_);
    --store_->open_;
  } else {
    store_->idle_.push_back(std::move(db_));
  }
  store_->returned_.notify_one();
}

void MySqlStore::DropIdle() {
  std::vector<std::unique_ptr<Connection>> dropped;
  std::lock_guard lock(pool_mutex_);
  dropped.swap(idle_);
  open_ -= dropped.size();
  returned_.notify_all();
}

// Writing.

Result<Connection*> MySqlStore::Writer() {
  if (writer_ && writer_->lost()) writer_.reset();
  if (!writer_) {
    auto opened = Connection::Open(options_, Role::kWriter);
    if (opened.status().code() == Code::kNotFound) {
      return FailedPrecondition("{}", opened.status().message());
    }
    if (!opened.ok()) return opened.status();
    writer_ = std::move(*opened);
  }
  return writer_.get();
}

// The SQL seam.

namespace {

class Row : public SqlRow {
 public:
  explicit Row(Rows& rows) : rows_(rows) {}
  int64_t Int(int column) override { return rows_.Int(static_cast<unsigned>(column) + 1); }
  std::string Text(int column) override { return rows_.Text(static_cast<unsigned>(column) + 1); }

 private:
  Rows& rows_;
};

class ConnectionSql : public Sql {
 public:
  explicit ConnectionSql(Connection& db) : db_(db) {}
  Status Query(const std::string& sql, const std::vector<SqlValue>& values,
               const std::function<void(SqlRow&)>& row) override {
    GALE_ASSIGN_OR_RETURN(Rows rows, db_.Query(Bound(sql, values)));
    Row at(rows);
    while (rows.Next()) row(at);
    return OkStatus();
  }
  Status Run(const std::string& sql, const std::vector<SqlValue>& values) override {
    return db_.Run(Bound(sql, values));
  }
  std::string OnConflict(std::string_view key,
                         const std::vector<std::string_view>& others) const override {
    if (others.empty()) return fmt::format(" ON DUPLICATE KEY UPDATE {0} = {0}", QuoteName(key));
    std::string sets;
    for (std::string_view name : others) {
      sets += fmt::format("{0}{1} = VALUES({1})", sets.empty() ? "" : ", ", QuoteName(name));
    }
    return " ON DUPLICATE KEY UPDATE " + sets;
  }
  std::string_view for_update() const override { return " FOR UPDATE"; }
  std::string_view for_share() const override { return " LOCK IN SHARE MODE"; }

 private:
  static std::string Bound(std::string_view sql, const std::vector<SqlValue>& values) {
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

  Connection& db_;
};

}  // namespace

Status MySqlStore::ReadSql(const Act& act) {
  return WithReader([&](Connection& db) {
    ConnectionSql sql(db);
    return act(sql);
  });
}

Status MySqlStore::WriteSql(const Act& act) {
  for (int attempt = 1;; ++attempt) {
    bool repeat = false;
    const Status status = WithReader([&](Connection& db) -> Status {
      // A process that is paused in the middle holds locks, of the leader's row, too.
      GALE_RETURN_IF_ERROR(
          db.Run(fmt::format("SET SESSION wait_timeout = {}", kBetweenPacketsSeconds)));
      GALE_RETURN_IF_ERROR(db.Run("SET TRANSACTION ISOLATION LEVEL READ COMMITTED"));
      Status acted;
      {
        Transaction transaction(db);
        GALE_RETURN_IF_ERROR(transaction.Begin());
        ConnectionSql sql(db);
        acted = act(sql);
        if (acted.ok()) acted = transaction.Commit();
        repeat = !acted.ok() && IsConflict(db.last_error());
      }
      if (!db.lost()) (void)db.Run(fmt::format("SET SESSION wait_timeout = {}", kIdleSeconds));
      return acted;
    });
    if (status.ok() || !repeat || attempt == kConflictTriesMax) return status;
  }
}

}  // namespace gale::mysql

namespace gale {

Result<std::unique_ptr<Store>> OpenMySqlStore(const MySqlOptions& options) {
  if (options.host.empty() || options.user.empty() || options.database.empty()) {
    return InvalidArgument("'{}': host, user and database must be given",
                           mysql::ServerName(options));
  }
  if (options.database.size() > mysql::kNameCharactersMax) {
    return InvalidArgument("'{}': the database's name has more than {} characters",
                           mysql::ServerName(options), mysql::kNameCharactersMax);
  }
  if (options.readers_max == 0 || options.port == 0) {
    return InvalidArgument("'{}': port and readers_max must be at least 1",
                           mysql::ServerName(options));
  }
  return std::unique_ptr<Store>(new mysql::MySqlStore(options));
}

}  // namespace gale
