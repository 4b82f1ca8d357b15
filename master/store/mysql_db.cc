#include "master/store/mysql_db.h"

#include <charconv>
#include <mutex>

#include "master/store/mysql_driver.h"

namespace gale::mysql {
namespace {

constexpr int kMySqlOldest = 8'00'16;  // enforces CHECK
constexpr int kMariaDbOldest = 10'06'00;
constexpr int kLockWaitSeconds = 1;  // of kConflictTriesMax times
constexpr int kSecondsMax = 3600;    // of a timeout

// The driver keeps state for each thread.
void PrepareThread() {
  static std::mutex mutex;
  static sql::Driver* driver = nullptr;
  struct Thread {
    Thread() { driver->threadInit(); }
    ~Thread() { driver->threadEnd(); }
  };
  {
    std::lock_guard lock(mutex);
    if (driver == nullptr) driver = get_driver_instance();
  }
  thread_local Thread thread;
}

bool IsLost(int error) {
  switch (error) {
    case 1053:  // the server shuts down
    case 1080:
    case 1927:  // killed (MariaDB)
    case 2000:
    case 2006:  // gone away
    case 2013:  // lost during the query, or its deadline passed
    case 2014:  // out of sync: what it answers next would be another's
    case 2026:  // TLS
    case 2027:  // malformed packet
    case 2055:
    case 4031:  // idle for too long (MySQL)
      return true;
    // 0: the driver's own complaint; whatever it is, a new connection is sounder.
    default: return error == 0 || (error >= 2000 && error < 3000);
  }
}

Status ErrorOf(const std::string& server, int error, const std::string& message) {
  auto make = [&](Code code, std::string_view advice) {
    return Status(code, fmt::format("'{}': {} (error {}){}{}", server, message, error,
                                    advice.empty() ? "" : "; ", advice));
  };
  if (IsRefusal(error)) return make(Code::kInvalidArgument, "");
  if (IsConflict(error)) return make(Code::kUnavailable, "");
  switch (error) {
    case 1062: return make(Code::kAlreadyExists, "");
    case 1044:
    case 1142:
    case 1143:
    case 1227:
    case 1370:
      return make(Code::kPermissionDenied,
                  "the user needs all privileges on its database: GRANT ALL ON `<database>`.* TO "
                  "'<user>'@'%'");
    case 1045:
    case 1698:
    case 3118:
      return make(Code::kPermissionDenied,
                  "check the user and the password of the database URL, and from which hosts the "
                  "server lets that user in");
    case 1130: return make(Code::kPermissionDenied, "the server doesn't let this host in");
    case errors::kUnknownDatabase:
      return make(Code::kNotFound, "run `gale db migrate`, which makes it");
    case 1146:
    case 1054:
      return make(Code::kFailedPrecondition, "the schema is missing or old; run `gale db migrate`");
    case 1290:
    case 1836:
      return make(Code::kUnavailable,
                  "is the server read-only? Connect to the primary, or SET GLOBAL read_only = 0");
    case 1665: return make(Code::kFailedPrecondition, "set the server's binlog_format to ROW");
    case 1115:
    case 1273:
      return make(Code::kFailedPrecondition, "the server lacks a character set that Gale needs");
    case 1153:
    case 1301:
    case 2020: return make(Code::kInvalidArgument, "raise the server's max_allowed_packet");
    case 1021:
    case 1114: return make(Code::kUnavailable, "free space on its disk, then it goes on by itself");
    case 1040:
    case 1203:
    case 1226: return make(Code::kUnavailable, "raise the server's limits on connections");
    case 2002:
    case 2003:
    case 2005: return make(Code::kUnavailable, "does it run, and is it reachable from here?");
    case 2026: return make(Code::kUnavailable, "check the ssl_* options of the database URL");
    default: break;
  }
  if (IsLost(error)) return make(Code::kUnavailable, "the connection is lost and made anew");
  return make(Code::kInternal, "");
}

// "8.0.36-28" -> 80036, "10.11.19-MariaDB-..." -> 101119.
int VersionNumber(std::string_view text) {
  int version = 0;
  for (int part = 0; part < 3; ++part) {
    int number = 0;
    const auto end = std::from_chars(text.data(), text.data() + text.size(), number).ptr;
    version = version * 100 + number;
    text.remove_prefix(static_cast<size_t>(end - text.data()));
    if (text.starts_with('.')) text.remove_prefix(1);
  }
  return version;
}

int SecondsOf(std::chrono::seconds timeout) {
  return static_cast<int>(std::clamp<int64_t>(timeout.count(), 1, kSecondsMax));
}

void SetTls(const MySqlOptions& options, sql::ConnectOptionsMap& map) {
  using Tls = MySqlOptions::Tls;
  if (!options.tls_ca.empty()) map["sslCA"] = sql::SQLString(options.tls_ca);
  if (!options.tls_cert.empty()) map["sslCert"] = sql::SQLString(options.tls_cert);
  if (!options.tls_key.empty()) map["sslKey"] = sql::SQLString(options.tls_key);
#ifdef GALE_MYSQL_SSL_MODE
  switch (options.tls) {
    case Tls::kDisabled: map["OPT_SSL_MODE"] = static_cast<int>(sql::SSL_MODE_DISABLED); break;
    case Tls::kPreferred: map["OPT_SSL_MODE"] = static_cast<int>(sql::SSL_MODE_PREFERRED); break;
    case Tls::kRequired: map["OPT_SSL_MODE"] = static_cast<int>(sql::SSL_MODE_REQUIRED); break;
    case Tls::kVerifyCa: map["OPT_SSL_MODE"] = static_cast<int>(sql::SSL_MODE_VERIFY_CA); break;
    case Tls::kVerifyIdentity:
      map["OPT_SSL_MODE"] = static_cast<int>(sql::SSL_MODE_VERIFY_IDENTITY);
      break;
  }
#else
  if (options.tls >= Tls::kRequired) map["sslEnforce"] = true;
  if (options.tls >= Tls::kVerifyCa) map["sslVerify"] = true;
#endif
}

}  // namespace

bool IsRefusal(int error) {
  switch (error) {
    case errors::kNull:
    case 1264:  // out of range
    case 1265:
    case 1292:
    case 1366:  // not UTF-8
    case 1406:  // too long
    case 3819:  // CHECK (MySQL)
    case 4025:  // CHECK (MariaDB)
      return true;
    default: return false;
  }
}

bool IsConflict(int error) {
  return error == errors::kDeadlock || error == errors::kLockWaitTimeout ||
         error == errors::kInterrupted;
}

std::string ServerName(const MySqlOptions& options) {
  return fmt::format("mysql://{}@{}:{}/{}", options.user, options.host, options.port,
                     options.database);
}

// Literals.

void AppendInt(std::string& out, int64_t value) {
  char digits[24];
  out.append(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
}

// The session has neither NO_BACKSLASH_ESCAPES nor a character set in which a backslash may be the
// second half of a character.
void AppendText(std::string& out, std::string_view value) {
  out += '\'';
  for (char c : value) {
    switch (c) {
      case '\0': out += "\\0"; break;
      case '\'': out += "\\'"; break;
      case '\\': out += "\\\\"; break;
      case '\n': out += "\\n"; break;
      case '\r': out += "\\r"; break;
      case '\x1a': out += "\\Z"; break;
      default: out += c;
    }
  }
  out += '\'';
}

void AppendBlob(std::string& out, const std::vector<uint8_t>& value) {
  out += "_binary";
  AppendText(out, {reinterpret_cast<const char*>(value.data()), value.size()});
}

// Rows.

struct Rows::Impl {
  std::unique_ptr<sql::Statement> statement;  // must outlive the result
  std::unique_ptr<sql::ResultSet> result;
};

Rows::Rows(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Rows::Rows(Rows&&) noexcept = default;
Rows::~Rows() = default;

// The rows lie in our memory: the driver throws here only if we ask for what isn't there, which is
// our bug.
bool Rows::Next() { return impl_->result->next(); }
// The driver counts columns from 1.
bool Rows::IsNull(int column) { return impl_->result->isNull(static_cast<unsigned>(column + 1)); }
int64_t Rows::Int(int column) { return impl_->result->getInt64(static_cast<unsigned>(column + 1)); }
std::string Rows::Text(int column) {
  return impl_->result->getString(static_cast<unsigned>(column + 1)).asStdString();
}

// Connections.

struct Connection::Driver {
  std::unique_ptr<sql::Connection> connection;
};

Connection::Connection(std::string name, std::unique_ptr<Driver> driver)
    : name_(std::move(name)), driver_(std::move(driver)) {}
Connection::~Connection() = default;

Result<std::unique_ptr<Connection>> Connection::Open(const MySqlOptions& options, Role role) {
  PrepareThread();
  sql::ConnectOptionsMap map;
  map["hostName"] = sql::SQLString("tcp://" + options.host);
  map["port"] = static_cast<int>(options.port);
  map["userName"] = sql::SQLString(options.user);
  map["password"] = sql::SQLString(options.password);
  if (role != Role::kNoSchema) map["schema"] = sql::SQLString(options.database);
  map["OPT_CONNECT_TIMEOUT"] = SecondsOf(options.connect_timeout);
  map["OPT_READ_TIMEOUT"] = SecondsOf(options.io_timeout);
  map["OPT_WRITE_TIMEOUT"] = SecondsOf(options.io_timeout);
  map["OPT_CHARSET_NAME"] = sql::SQLString("utf8mb4");
  map["CLIENT_MULTI_STATEMENTS"] = role != Role::kReader;
  SetTls(options, map);
  auto driver = std::make_unique<Driver>();
  try {
    driver->connection.reset(get_driver_instance()->connect(map));
  } catch (const sql::SQLException& e) {
    return ErrorOf(ServerName(options), e.getErrorCode(), e.what());
  }
  std::unique_ptr<Connection> db(new Connection(ServerName(options), std::move(driver)));
  GALE_RETURN_IF_ERROR(db->SetUp(role));
  return db;
}

Status Connection::SetUp(Role role) {
  std::string version;
  {
    GALE_ASSIGN_OR_RETURN(Rows rows, Query("SELECT @@version, @@max_allowed_packet"));
    if (rows.Next()) rows.Read(version, packet_bytes_max_);
  }
  is_mariadb_ = version.find("MariaDB") != std::string::npos;
  GALE_RETURN_IF_ERROR(CheckVersion(version));
  GALE_RETURN_IF_ERROR(Run(fmt::format(
      "SET NAMES utf8mb4 COLLATE {}, SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION',"
      " SESSION wait_timeout = {}, SESSION innodb_lock_wait_timeout = {}, SESSION autocommit = 1",
      collation(), kIdleSeconds, kLockWaitSeconds)));
  return Run(fmt::format("SET SESSION TRANSACTION ISOLATION LEVEL {}",
                         role == Role::kReader ? "REPEATABLE READ" : "READ COMMITTED"));
}

Status Connection::CheckVersion(std::string_view version) {
  const int number = VersionNumber(version);
  if (number >= (is_mariadb_ ? kMariaDbOldest : kMySqlOldest)) return OkStatus();
  return FailedPrecondition(
      "'{}': the server is {} {}, which is too old; Gale needs MySQL 8.0.16 or MariaDB 10.6", name_,
      is_mariadb_ ? "MariaDB" : "MySQL", version);
}

Result<Rows> Connection::Query(const std::string& sql) {
  PrepareThread();
  last_error_ = 0;
  try {
    auto impl = std::make_unique<Rows::Impl>();
    impl->statement.reset(driver_->connection->createStatement());
    impl->result.reset(impl->statement->executeQuery(sql));
    return Rows(std::move(impl));
  } catch (const sql::SQLException& e) {
    last_error_ = e.getErrorCode();
    lost_ = lost_ || IsLost(last_error_);
    return ErrorOf(name_, last_error_, e.what());
  }
}

Status Connection::Run(const std::string& sql) {
  size_t failed = 0;
  const std::string* one = &sql;
  return RunAll({&one, 1}, failed);
}

Status Connection::RunAll(std::span<const std::string* const> statements, size_t& failed) {
  PrepareThread();
  last_error_ = 0;
  failed = 0;
  std::string packet;
  for (const std::string* statement : statements) {
    if (!packet.empty()) packet += ';';
    packet += *statement;
  }
  try {
    std::unique_ptr<sql::Statement> statement(driver_->connection->createStatement());
    bool has_rows = statement->execute(packet);
    for (;;) {
      if (has_rows) std::unique_ptr<sql::ResultSet>(statement->getResultSet());
      if (failed + 1 == statements.size()) return OkStatus();
      ++failed;
      has_rows = statement->getMoreResults();
    }
  } catch (const sql::SQLException& e) {
    last_error_ = e.getErrorCode();
    lost_ = lost_ || IsLost(last_error_);
    return ErrorOf(name_, last_error_, e.what());
  }
}

// Transaction.

Transaction::~Transaction() {
  if (open_ && !db_.lost()) (void)db_.Run("ROLLBACK");
}

Status Transaction::BeginSnapshot() {
  GALE_RETURN_IF_ERROR(db_.Run("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY"));
  open_ = true;
  return OkStatus();
}

Status Transaction::Begin() {
  GALE_RETURN_IF_ERROR(db_.Run("START TRANSACTION"));
  open_ = true;
  return OkStatus();
}

Status Transaction::Commit() {
  open_ = false;
  return db_.Run("COMMIT");
}

}  // namespace gale::mysql
