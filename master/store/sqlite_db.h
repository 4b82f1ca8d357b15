// A thin layer over SQLite's C interface: connections and statements that close themselves, typed
// binding and reading, errors as Status. No SQLite type leaves this folder.
#pragma once

#include <sqlite3.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <unordered_map>
#include <utility>
#include <vector>

#include "common/base/clock.h"
#include "common/base/ids.h"
#include "common/base/status.h"
#include "master/store/list_codec.h"
#include "master/store/sql.h"

namespace gale::sqlite {

// A call that finds the file locked by another process waits this long, then is UNAVAILABLE.
inline constexpr std::chrono::milliseconds kBusyTimeout{1000};

class Database;

// A prepared statement: Bind, then Step, and Read the row that it is at, or Run; after Run it may be
// bound anew. Used by one thread, and only while its Database lives. Destroying one that came from
// Cached() gives it back.
class Statement : public SqlRow {
 public:
  Statement(Database* db, sqlite3_stmt* stmt, bool owned) : db_(db), stmt_(stmt), owned_(owned) {}
  Statement(Statement&& other) noexcept
      : SqlRow(),
        db_(other.db_),
        stmt_(std::exchange(other.stmt_, nullptr)),
        owned_(other.owned_) {}
  Statement& operator=(Statement&&) = delete;
  ~Statement() override;

  // Binds all parameters from the first on. Texts are not copied: they must live until the last
  // Step.
  template <class... T>
  Statement& Bind(const T&... values) {
    bound_ = 0;
    (BindOne(values), ...);
    return *this;
  }
  // Binds the next ones, after those of the last Bind or BindMore.
  template <class... T>
  Statement& BindMore(const T&... values) {
    (BindOne(values), ...);
    return *this;
  }
  template <class... T>
  Statement& BindRow(const std::tuple<T&...>& columns) {
    std::apply([this](const auto&... values) { Bind(values...); }, columns);
    return *this;
  }

  // True: there is a row to read. False: there are no more.
  Result<bool> Step();
  // Steps to the end, ignoring rows, and makes the statement ready to be bound anew.
  Status Run();

  bool IsNull(int column) override { return sqlite3_column_type(stmt_, column) == SQLITE_NULL; }
  int64_t Int(int column) override { return sqlite3_column_int64(stmt_, column); }
  std::string Text(int column) override;

 private:
  template <class T>
  void BindOne(const T& value) {
    if constexpr (std::is_enum_v<T> || std::is_integral_v<T>) {
      BindInt(static_cast<int64_t>(value));
    } else if constexpr (std::is_convertible_v<const T&, std::string_view>) {
      BindText(value);
    } else {
      BindOther(value);
    }
  }
  void BindInt(int64_t value);
  void BindText(std::string_view value);
  void BindNull();
  void BindOther(TimePoint value) { BindInt(value.time_since_epoch().count()); }
  void BindOther(Duration value) { BindInt(value.count()); }
  void BindOther(const std::vector<std::string>& value);
  void BindOther(const std::vector<uint8_t>& value);  // a blob
  template <class Tag, class Int>
  void BindOther(StrongInt<Tag, Int> value) {
    BindInt(static_cast<int64_t>(value.value));
  }
  template <class T>
  void BindOther(const std::optional<T>& value) {
    value ? BindOne(*value) : BindNull();
  }

  Database* db_;
  sqlite3_stmt* stmt_;
  bool owned_;
  int bound_ = 0;
  int bind_error_ = SQLITE_OK;  // the first; Step reports it
};

// One connection. Used by one thread at a time; the owner sees to that.
class Database {
 public:
  // `path` exists, or is ":memory:". Errors name it.
  static Result<std::unique_ptr<Database>> Open(const std::string& path);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  const std::string& path() const { return path_; }
  // Runs any number of statements, separated by ';'.
  Status Exec(const std::string& sql);
  // A statement of its own.
  Result<Statement> Prepare(std::string_view sql);
  // The same one every time; not to be held twice at once. For fixed texts only: they are kept.
  Result<Statement> Cached(std::string_view sql);
  // Rows that the latest INSERT, UPDATE or DELETE wrote.
  int64_t Changes() const { return sqlite3_changes64(handle_); }
  // A statement that runs past it ends with DEADLINE_EXCEEDED; nullopt: it may take its time.
  void SetDeadline(std::optional<MonoTime> deadline);
  // The Status of SQLite's result code, with what the connection knows of the latest error.
  Status Error(int code);

 private:
  struct TextHash : std::hash<std::string_view> {
    using is_transparent = void;
  };
  Database(std::string path, sqlite3* handle) : path_(std::move(path)), handle_(handle) {}
  Result<sqlite3_stmt*> Compile(std::string_view sql, unsigned flags);

  friend class Transaction;
  std::string path_;
  sqlite3* handle_;
  MonoTime deadline_;
  std::unordered_map<std::string, sqlite3_stmt*, TextHash, std::equal_to<>> cache_;
};

// Rolls back unless committed.
class Transaction {
 public:
  enum class Kind { kRead, kWrite };
  explicit Transaction(Database& db) : db_(db) {}
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;

  // kWrite takes the write lock at once; kRead fixes what the following reads see.
  Status Begin(Kind kind);
  Status Commit();

 private:
  Database& db_;
};

}  // namespace gale::sqlite
