// Opening, the pool, leadership, and the small tables.
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

// Small tables.

Result<std::optional<UserRow>> MySqlStore::GetUser(const std::string& name) {
  using Found = Result<std::optional<UserRow>>;
  return WithReader([&](Connection& db) -> Found {
    GALE_ASSIGN_OR_RETURN(
        Rows rows,
        db.Query(Bind("SELECT name, password_hash, role FROM user WHERE name = ?", name)));
    std::optional<UserRow> user;
    if (rows.Next()) rows.ReadRow(Columns(user.emplace()));
    return user;
  });
}

Status MySqlStore::PutUser(const UserRow& user) {
  const std::string sql = Bind(
      "INSERT INTO user (name, password_hash, role) VALUES (?, ?, ?) ON DUPLICATE KEY UPDATE"
      " password_hash = VALUES(password_hash), role = VALUES(role)",
      user.name, user.password_hash, user.role);
  return WithReader([&](Connection& db) { return db.Run(sql); })
      .WithContext(fmt::format("user '{}'", user.name));
}

Result<UserRow> MySqlStore::AddUser(const UserRow& user) {
  const std::string sql = Bind(
      "INSERT INTO user (name, password_hash, role) VALUES (?, ?, ?)"
      " ON DUPLICATE KEY UPDATE name = name",
      user.name, user.password_hash, user.role);
  GALE_RETURN_IF_ERROR(WithReader([&](Connection& db) {
                         return db.Run(sql);
                       }).WithContext(fmt::format("user '{}'", user.name)));
  GALE_ASSIGN_OR_RETURN(std::optional<UserRow> now, GetUser(user.name));
  if (now) return *std::move(now);
  return Aborted("user '{}' was removed while it was added", user.name);
}

Result<std::optional<std::string>> MySqlStore::GetSetting(const std::string& key) {
  using Found = Result<std::optional<std::string>>;
  return WithReader([&](Connection& db) -> Found {
    GALE_ASSIGN_OR_RETURN(Rows rows,
                          db.Query(Bind("SELECT value FROM setting WHERE `key` = ?", key)));
    std::optional<std::string> value;
    if (rows.Next()) rows.Read(value.emplace());
    return value;
  });
}

Status MySqlStore::PutSetting(const std::string& key, const std::string& value) {
  const std::string sql = Bind(
      "INSERT INTO setting (`key`, value) VALUES (?, ?) ON DUPLICATE KEY UPDATE"
      " value = VALUES(value)",
      key, value);
  return WithReader([&](Connection& db) { return db.Run(sql); })
      .WithContext(fmt::format("setting '{}'", key));
}

Result<std::string> MySqlStore::AddSetting(const std::string& key, const std::string& value) {
  const std::string sql =
      Bind("INSERT INTO setting (`key`, value) VALUES (?, ?) ON DUPLICATE KEY UPDATE value = value",
           key, value);
  GALE_RETURN_IF_ERROR(WithReader([&](Connection& db) {
                         return db.Run(sql);
                       }).WithContext(fmt::format("setting '{}'", key)));
  GALE_ASSIGN_OR_RETURN(std::optional<std::string> now, GetSetting(key));
  if (now) return *std::move(now);
  return Aborted("setting '{}' was removed while it was added", key);
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
