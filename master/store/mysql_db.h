// A thin layer over the connector: connections, values as SQL literals, result rows, errors as
// Status. No type or exception of the driver leaves mysql_db.cc.
//
// Statements are sent as text: many rows in a statement, many statements in a packet, so a commit
// is one round trip whatever it holds.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <vector>

#include "common/base/clock.h"
#include "common/base/ids.h"
#include "common/base/status.h"
#include "master/store/list_codec.h"
#include "master/store/sql.h"
#include "master/store/store.h"

namespace gale::mysql {

// The server's error numbers that something is decided by.
namespace errors {
inline constexpr int kNull = 1048;  // NULL for a NOT NULL column
inline constexpr int kUnknownDatabase = 1049;
inline constexpr int kDuplicateColumn = 1060;
inline constexpr int kDuplicateKey = 1061;
inline constexpr int kNothingToDrop = 1091;
inline constexpr int kLockWaitTimeout = 1205;
inline constexpr int kDeadlock = 1213;
inline constexpr int kSubqueryRows = 1242;  // how a commit's fence fails
inline constexpr int kInterrupted = 1317;   // KILL QUERY
inline constexpr int kTimeMariaDb = 1969;   // max_statement_time
inline constexpr int kTimeMySql = 3024;     // MAX_EXECUTION_TIME
}  // namespace errors

// A process that is paused within a transaction (between two packets of a commit) holds its locks, of
// the leader's row, too; the server ends its session after this time, so that another can lead.
inline constexpr int kBetweenPacketsSeconds = 5;
inline constexpr int kIdleSeconds = 28'800;  // then the server closes a connection (its default)

// Literals.

void AppendInt(std::string& out, int64_t value);
void AppendText(std::string& out, std::string_view value);  // quoted and escaped
void AppendBlob(std::string& out, const std::vector<uint8_t>& value);

inline void AppendOther(std::string& out, TimePoint value) {
  AppendInt(out, value.time_since_epoch().count());
}
inline void AppendOther(std::string& out, Duration value) { AppendInt(out, value.count()); }
inline void AppendOther(std::string& out, const std::vector<std::string>& value) {
  AppendText(out, EncodeList(value));
}
inline void AppendOther(std::string& out, const std::vector<uint8_t>& value) {
  AppendBlob(out, value);
}
template <class Tag, class Int>
void AppendOther(std::string& out, StrongInt<Tag, Int> value) {
  AppendInt(out, static_cast<int64_t>(value.value));
}
template <class T>
void AppendOther(std::string& out, const std::optional<T>& value);

template <class T>
void AppendLiteral(std::string& out, const T& value) {
  if constexpr (std::is_enum_v<T> || std::is_integral_v<T>) {
    AppendInt(out, static_cast<int64_t>(value));
  } else if constexpr (std::is_convertible_v<const T&, std::string_view>) {
    AppendText(out, value);
  } else {
    AppendOther(out, value);
  }
}
template <class T>
void AppendOther(std::string& out, const std::optional<T>& value) {
  if (value) {
    AppendLiteral(out, *value);
  } else {
    out += "NULL";
  }
}

// "(1, 'a', NULL)".
template <class... T>
void AppendRow(std::string& out, const std::tuple<T&...>& columns) {
  char before = '(';
  auto append = [&](const auto& value) {
    out += before;
    AppendLiteral(out, value);
    before = ',';
  };
  std::apply([&](const auto&... values) { (append(values), ...); }, columns);
  out += ')';
}

// `sql` with its '?' replaced by the values, in order.
template <class... T>
std::string Bind(std::string_view sql, const T&... values) {
  std::string out;
  [[maybe_unused]] auto next = [&](const auto& value) {
    const size_t mark = sql.find('?');
    GALE_CHECK(mark != std::string_view::npos, "more values than marks");
    out += sql.substr(0, mark);
    AppendLiteral(out, value);
    sql.remove_prefix(mark + 1);
  };
  (next(values), ...);
  return out.append(sql);
}

using gale::QuoteName;
using gale::QuoteNames;

// Rows.

// The rows of a query, all of them fetched already. Must not outlive its connection.
class Rows : public SqlRow {
 public:
  struct Impl;
  explicit Rows(std::unique_ptr<Impl> impl);
  Rows(Rows&&) noexcept;
  ~Rows() override;

  // True: there is a row to read. False: there are no more.
  bool Next();
  bool IsNull(int column) override;
  int64_t Int(int column) override;
  std::string Text(int column) override;

 private:
  std::unique_ptr<Impl> impl_;
};

// Connections.

// What a session is for.
enum class Role {
  kWriter,    // READ COMMITTED, several statements in a packet
  kReader,    // REPEATABLE READ: transactions are snapshots
  kNoSchema,  // kWriter, before the database exists
};

// Used by one thread at a time. Every call ends by a deadline (MySqlOptions). After an error that
// lost the connection, lost() is true and it can only be thrown away.
class Connection {
 public:
  // FAILED_PRECONDITION: a server that Gale can't use. PERMISSION_DENIED: wrong credentials.
  // NOT_FOUND: there is no such database. UNAVAILABLE: can't be reached.
  static Result<std::unique_ptr<Connection>> Open(const MySqlOptions& options, Role role);
  ~Connection();

  Result<Rows> Query(const std::string& sql);
  Status Run(const std::string& sql);
  // Runs the statements in one packet, up to the first that fails; `failed` is its place. Their
  // results are thrown away.
  Status RunAll(std::span<const std::string* const> statements, size_t& failed);

  bool lost() const { return lost_; }
  int last_error() const { return last_error_; }  // the server's number; 0: the last call was fine
  bool is_mariadb() const { return is_mariadb_; }
  size_t packet_bytes_max() const { return packet_bytes_max_; }
  // Compares byte by byte, trailing blanks too.
  std::string_view collation() const {
    return is_mariadb_ ? "utf8mb4_nopad_bin" : "utf8mb4_0900_bin";
  }
  const std::string& name() const { return name_; }  // "mysql://user@host:port/database"

 private:
  struct Driver;
  Connection(std::string name, std::unique_ptr<Driver> driver);
  Status SetUp(Role role);
  Status CheckVersion(std::string_view version);

  std::string name_;
  std::unique_ptr<Driver> driver_;
  bool lost_ = false;
  bool is_mariadb_ = false;
  int last_error_ = 0;
  size_t packet_bytes_max_ = 1 << 20;
};

// The options' server, for messages: no password.
std::string ServerName(const MySqlOptions& options);

// Was a row refused for what it holds?
bool IsRefusal(int error);
// Did the server undo or stop it only because of who else was at work?
bool IsConflict(int error);

// Ends what was begun, unless committed.
class Transaction {
 public:
  explicit Transaction(Connection& db) : db_(db) {}
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;

  Status BeginSnapshot();  // of a kReader: all reads see one state
  Status Begin();          // to write
  Status Commit();

 private:
  Connection& db_;
  bool open_ = false;
};

}  // namespace gale::mysql
