// A few connections to one server, for reads and small facts.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "master/store/mysql_db.h"
#include "master/store/sql.h"

namespace gale::mysql {

// Thread-safe. A read whose connection turns out to be lost is done once more on a new one.
class Pool {
 public:
  // Up to `max` connections, each made when it is needed.
  Pool(const MySqlOptions& options, size_t max) : options_(options), max_(max) {}

  // Does `act`, which may be repeated, with a connection.
  template <class Act>
  auto With(Act act) -> decltype(act(std::declval<Connection&>())) {
    for (;;) {
      GALE_ASSIGN_OR_RETURN(Lease lease, Borrow());
      auto result = act(*lease);
      if (result.ok() || !(*lease).lost() || lease.fresh()) return result;
      DropIdle();  // the others stem from before the loss, too
    }
  }

 private:
  // Given back at the end, unless it is lost.
  class Lease {
   public:
    Lease(Pool* pool, std::unique_ptr<Connection> db, bool fresh)
        : pool_(pool), db_(std::move(db)), fresh_(fresh) {}
    Lease(Lease&&) = default;
    ~Lease();
    Connection& operator*() { return *db_; }
    bool fresh() const { return fresh_; }  // made just now

   private:
    Pool* pool_;
    std::unique_ptr<Connection> db_;
    bool fresh_;
  };
  // Waits while all are in use; UNAVAILABLE after the timeout of a statement.
  Result<Lease> Borrow();
  void DropIdle();

  const MySqlOptions options_;
  const size_t max_;
  std::mutex mutex_;
  std::condition_variable returned_;
  std::vector<std::unique_ptr<Connection>> idle_;  // behind mutex_, as the next
  size_t open_ = 0;                                // all that are open
};

// The SQL seam.
class ConnectionSql : public Sql {
 public:
  // `read_time_max`: of each query, which then is a SELECT; 0: without a limit.
  explicit ConnectionSql(Connection& db, std::chrono::milliseconds read_time_max = {})
      : db_(db), read_time_max_(read_time_max) {}
  using Sql::Query;
  Status Query(const std::string& sql, const std::vector<SqlValue>& values,
               const std::function<void(SqlRow&)>& row) override;
  Status Run(const std::string& sql, const std::vector<SqlValue>& values) override;
  std::string OnConflict(std::string_view key,
                         const std::vector<std::string_view>& others) const override;
  std::string_view for_update() const override { return " FOR UPDATE"; }
  std::string_view for_share() const override { return " LOCK IN SHARE MODE"; }
  std::string_view live_instances() const override {
    return "live_run l JOIN task_instance t ON t.run_key = l.run_key";
  }

 private:
  Connection& db_;
  const std::chrono::milliseconds read_time_max_;
};

class PoolSource : public SqlSource {
 public:
  explicit PoolSource(Pool* pool, std::chrono::milliseconds read_time_max = {})
      : pool_(pool), read_time_max_(read_time_max) {}
  SqlDialect dialect() const override { return SqlDialect::kMySql; }
  Status Read(const Act& act) override;
  Status ReadSnapshot(const Act& act) override;

 private:
  Pool* const pool_;
  const std::chrono::milliseconds read_time_max_;
};

}  // namespace gale::mysql
