// A few connections to read a SQLite file on, beside the one that writes.
#pragma once

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "master/store/sql.h"
#include "master/store/sqlite_db.h"

namespace gale::sqlite {

// Thread-safe.
class Readers {
 public:
  // A connection, given back at the end.
  class Lease {
   public:
    Lease(Readers* pool, std::unique_ptr<Database> own) : pool_(pool), own_(std::move(own)) {}
    Lease(Database* shared, std::unique_lock<std::mutex> lock)
        : shared_(shared), lock_(std::move(lock)) {}
    Lease(Lease&&) = default;
    ~Lease();
    Database& operator*() { return own_ ? *own_ : *shared_; }
    Database* operator->() { return &**this; }

   private:
    Readers* pool_ = nullptr;
    std::unique_ptr<Database> own_;
    Database* shared_ = nullptr;
    std::unique_lock<std::mutex> lock_;
  };

  // Of the file `path`: up to `max`, each opened when it is first needed. `wait`: for one that
  // others hold.
  Readers(std::string path, size_t max, std::chrono::milliseconds wait)
      : path_(std::move(path)), max_(max), wait_(wait) {}
  // ":memory:" has one connection for all, behind one mutex.
  Readers(Database* shared, std::mutex* mutex) : shared_(shared), shared_mutex_(mutex) {}

  // UNAVAILABLE: all were in use for so long.
  Result<Lease> Borrow();

 private:
  const std::string path_;
  const size_t max_ = 1;
  const std::chrono::milliseconds wait_{0};
  Database* const shared_ = nullptr;
  std::mutex* const shared_mutex_ = nullptr;

  std::mutex mutex_;
  std::condition_variable free_;
  std::vector<std::unique_ptr<Database>> idle_;  // behind mutex_, as the next
  size_t open_ = 0;                              // all that are open
};

// The SQL seam.
class DatabaseSql : public Sql {
 public:
  // `read_time_max`: of each query; 0: without a limit.
  explicit DatabaseSql(Database& db, std::chrono::milliseconds read_time_max = {})
      : db_(db), read_time_max_(read_time_max) {}
  using Sql::Query;
  Status Query(const std::string& sql, const std::vector<SqlValue>& values,
               const std::function<void(SqlRow&)>& row) override;
  Status Run(const std::string& sql, const std::vector<SqlValue>& values) override;
  std::string OnConflict(std::string_view key,
                         const std::vector<std::string_view>& others) const override;
  std::string_view for_update() const override { return ""; }  // a writer is alone
  std::string_view for_share() const override { return ""; }
  std::string_view live_instances() const override { return "task_instance t"; }

 private:
  Result<Statement> Bound(const std::string& sql, const std::vector<SqlValue>& values);

  Database& db_;
  const std::chrono::milliseconds read_time_max_;
};

class ReadersSource : public SqlSource {
 public:
  explicit ReadersSource(Readers* readers, std::chrono::milliseconds read_time_max = {})
      : readers_(readers), read_time_max_(read_time_max) {}
  SqlDialect dialect() const override { return SqlDialect::kSqlite; }
  Status Read(const Act& act) override;
  Status ReadSnapshot(const Act& act) override;

 private:
  Readers* const readers_;
  const std::chrono::milliseconds read_time_max_;
};

}  // namespace gale::sqlite
