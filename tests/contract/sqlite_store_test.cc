// SQLite passes the contract, in a file and in memory; and what only a file can do wrong.
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <latch>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <thread>

#include "master/store/sqlite_store.h"
#include "tests/contract/sample_rows.h"
#include "tests/contract/store_contract.h"

namespace gale {
namespace {

using namespace testing_rows;  // NOLINT
namespace fs = std::filesystem;

class TempDir {
 public:
  TempDir() {
    // In memory where there is such a place: hundreds of flushes to a busy disk would take seconds.
    const fs::path base = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : fs::temp_directory_path();
    std::string name = base / "gale-store-XXXXXX";
    GALE_CHECK(mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~TempDir() { fs::remove_all(path_); }
  std::string operator/(const std::string& name) const { return path_ / name; }

 private:
  fs::path path_;
};

std::unique_ptr<Store> MustOpen(const std::string& path, bool full = false) {
  auto store = OpenSqliteStore({.path = path, .synchronous_full = full});
  GALE_CHECK(store.ok(), "{}", store.status().ToString());
  return std::move(*store);
}

class MemoryWorld : public StoreWorld {
 public:
  std::unique_ptr<Store> Open() override { return nullptr; }
  std::unique_ptr<Store> OpenFirst() override { return MustOpen(":memory:"); }
};
class FileWorld : public StoreWorld {
 public:
  explicit FileWorld(bool full) : full_(full) {}
  std::unique_ptr<Store> Open() override { return MustOpen(dir_ / "gale.db", full_); }
  // What a column holds at most stands in its CHECK: "length(x) <= 50", "... BETWEEN 1 AND 250".
  std::vector<SchemaText> TextColumns() override {
    sqlite3* db = nullptr;
    GALE_CHECK(sqlite3_open((dir_ / "gale.db").c_str(), &db) == SQLITE_OK);
    std::vector<SchemaText> found;
    auto take = [](void* out, int, char** row, char**) {
      static_cast<std::vector<SchemaText>*>(out)->push_back({row[0], row[1]});
      const std::string ddl = row[2];
      const std::regex check(
          fmt::format("\\n *{} [^\n]*length\\([^\n]*(?:<=|AND|= |, )\\s*([0-9]+)\\)", row[1]));
      std::smatch match;
      if (std::regex_search(ddl, match, check)) {
        static_cast<std::vector<SchemaText>*>(out)->back().bytes_max = std::stoul(match[1]);
      }
      return 0;
    };
    GALE_CHECK(sqlite3_exec(db,
                            "SELECT t.name, c.name, t.sql FROM sqlite_schema t,"
                            " pragma_table_info(t.name) c WHERE t.type = 'table'"
                            " AND c.type = 'TEXT' AND t.name NOT LIKE 'sqlite_%'",
                            take, &found, nullptr) == SQLITE_OK);
    sqlite3_close(db);
    return found;
  }

 private:
  TempDir dir_;
  bool full_;
};

GALE_INSTANTIATE_STORE_CONTRACT(
    Sqlite, testing::Values(StoreBackend{"memory", [] { return std::make_unique<MemoryWorld>(); }},
                            StoreBackend{"file", [] { return std::make_unique<FileWorld>(false); }},
                            StoreBackend{"durable_file",
                                         [] { return std::make_unique<FileWorld>(true); }}));

std::string ReadFile(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

// Another program with the same file.
class RawConnection {
 public:
  explicit RawConnection(const std::string& path) {
    GALE_CHECK(sqlite3_open(path.c_str(), &db_) == SQLITE_OK);
  }
  ~RawConnection() { sqlite3_close(db_); }
  void Exec(const char* sql) {
    GALE_CHECK(sqlite3_exec(db_, sql, nullptr, nullptr, nullptr) == SQLITE_OK, "{}: {}", sql,
               sqlite3_errmsg(db_));
  }
  // Calls `row` with the two texts of each row.
  void Query(const char* sql, std::function<void(const char*, const char*)> row) {
    auto call = [](void* f, int, char** values, char**) {
      (*static_cast<decltype(row)*>(f))(values[0], values[1]);
      return 0;
    };
    GALE_CHECK(sqlite3_exec(db_, sql, call, &row, nullptr) == SQLITE_OK, "{}", sqlite3_errmsg(db_));
  }

 private:
  sqlite3* db_ = nullptr;
};

void ExpectError(const Status& status, Code code, std::initializer_list<std::string> parts) {
  EXPECT_EQ(status.code(), code) << status.ToString();
  for (const std::string& part : parts) {
    EXPECT_NE(status.message().find(part), std::string::npos)
        << part << " in: " << status.message();
  }
}

TEST(SqliteFile, IsReadableByItsOwnerAlone) {
  TempDir dir;
  const mode_t old = umask(0);
  auto store = MustOpen(dir / "gale.db");
  ASSERT_TRUE(store->Migrate().ok());
  umask(old);
  for (const char* suffix : {"", "-wal", "-shm"}) {
    struct stat info;
    ASSERT_EQ(stat((dir / "gale.db" + suffix).c_str(), &info), 0) << suffix;
    EXPECT_EQ(info.st_mode & 0777, 0600u) << suffix;
  }
}

TEST(SqliteFile, OfAnOlderGaleIsBroughtUpWithAllThatIsInIt) {
  TempDir dir;
  const std::string path = dir / "gale.db";
  {
    auto store = MustOpen(path);
    ASSERT_TRUE(store->Migrate().ok());
    const Epoch epoch = *store->AcquireLeadership({.owner = "me"});
    ASSERT_TRUE(
        store
            ->Commit(epoch, {.dag_versions = {Version("d", 1)},
                             .runs = {DatedRun(1, "d", "r", At(1)), DatedRun(2, "d", "s", At(2)),
                                      DatedRun(3, "d", "next", At(1, 1)),
                                      DatedRun(4, "d", "t", At(4)), DatedRun(5, "e", "r", At(1))},
                             .workers = {{"w", "host", "boot", "0.1.0", At(5)}}})
            .ok());
  }
  for (const char* table : {"task_instance", "task_attempt"}) {
    for (const char* column : {"user_time", "system_time", "rss_bytes_max", "scheduled_at"}) {
      RawConnection(path).Exec(fmt::format("ALTER TABLE {} DROP COLUMN {}", table, column).c_str());
    }
  }
  RawConnection(path).Exec(
      "ALTER TABLE task_instance DROP COLUMN value_length;"
      "ALTER TABLE task_instance DROP COLUMN block_length;"
      "ALTER TABLE task_instance DROP COLUMN reschedules;"
      "ALTER TABLE task_instance DROP COLUMN looks;"
      "ALTER TABLE task_instance DROP COLUMN first_start;"
      "ALTER TABLE task_instance DROP COLUMN skips;"
      "ALTER TABLE task_instance DROP COLUMN rendered_map_index;"
      "ALTER TABLE task_attempt DROP COLUMN reschedules;"
      "ALTER TABLE task_attempt DROP COLUMN looks;"
      "DROP TABLE api_token; DROP TABLE ended_session;"
      "DROP TABLE dag_favorite; ALTER TABLE dag_version DROP COLUMN source;"
      "DROP INDEX event_log_by_dag; DROP INDEX event_log_by_run; DROP INDEX event_log_by_owner;"
      "DROP INDEX event_log_by_event;"
      "DROP TABLE rendered_fields; DROP TABLE task_note; DROP TABLE variable; DROP TABLE "
      "connection;"
      "DROP TABLE cleaned_run;"
      "ALTER TABLE dag DROP COLUMN failed_in_a_row;"
      "DROP INDEX dag_version_head; ALTER TABLE dag_version DROP COLUMN tasks;"
      "DROP INDEX dag_run_by_date; CREATE INDEX dag_run_by_date ON dag_run (dag_id, logical_date);"
      "UPDATE dag_run SET logical_date = (SELECT logical_date FROM dag_run WHERE run_key = 1)"
      " WHERE run_id IN ('s', 't');"
      "DROP INDEX dag_run_by_dag; DROP INDEX dag_run_by_run_after;"
      "DROP INDEX dag_run_by_dag_and_run_after; DROP INDEX event_log_by_time;"
      "DROP TABLE bundle_blob; DROP TABLE version_bundle; ALTER TABLE worker DROP COLUMN drained;"
      "ALTER TABLE worker DROP COLUMN drain_reason; ALTER TABLE worker DROP COLUMN stopped;"
      "DROP TABLE master; ALTER TABLE leader DROP COLUMN instance;"
      "ALTER TABLE leader DROP COLUMN beat; DELETE FROM schema_version WHERE version > 1");
  auto store = MustOpen(path);
  EXPECT_FALSE(store->GetLeader().ok());
  ASSERT_TRUE(store->Migrate().ok());
  EXPECT_EQ(store->GetLeader()->epoch, Epoch(1));
  EXPECT_EQ(store->GetLeader()->owner, "me");
  EXPECT_EQ(Dates(store->reads()), "r=1000000 s=1000001 next=1000003 t=1000002 r=1000000 ");
  EXPECT_TRUE(store->ListMasters()->empty());
  EXPECT_EQ(store->reads().GetDagVersion("d", 1)->bundle, "");
  EXPECT_FALSE(store->LoadLive()->workers.at(0).drained);
}

TEST(SqliteFile, OfANewerGaleIsRefusedAndLeftAlone) {
  TempDir dir;
  const std::string path = dir / "gale.db";
  ASSERT_TRUE(MustOpen(path)->Migrate().ok());
  RawConnection(path).Exec("INSERT INTO schema_version VALUES (999, 'the future')");
  const std::string before = ReadFile(path);
  {
    auto store = MustOpen(path);
    ExpectError(store->Migrate(), Code::kFailedPrecondition, {path, "999", "version 6"});
  }
  EXPECT_TRUE(ReadFile(path) == before);
}

TEST(SqliteFile, ThatIsNoDatabaseIsRefusedAndLeftAlone) {
  TempDir dir;
  for (const std::string& text : {std::string("x"), std::string(5000, 'y')}) {
    const std::string path = dir / "notes.txt";
    std::ofstream(path) << text;
    ExpectError(OpenSqliteStore({.path = path}).status(), Code::kFailedPrecondition,
                {path, "not a SQLite database"});
    EXPECT_TRUE(ReadFile(path) == text);
  }
}

TEST(SqliteFile, OfAnotherProgramIsRefused) {
  TempDir dir;
  RawConnection(dir / "other.db").Exec("CREATE TABLE bookmarks (url TEXT)");
  ExpectError(OpenSqliteStore({.path = dir / "other.db"}).status(), Code::kFailedPrecondition,
              {dir / "other.db", "another program"});
}

TEST(SqliteFile, WithAWrongPathSaysWhatIsWrong) {
  TempDir dir;
  std::ofstream(dir / "file") << "x";
  ExpectError(OpenSqliteStore({.path = dir / ""}).status(), Code::kInvalidArgument,
              {"is a directory"});
  ExpectError(OpenSqliteStore({.path = ""}).status(), Code::kInvalidArgument, {"path is empty"});
  ExpectError(OpenSqliteStore({.path = "/dev/null"}).status(), Code::kInvalidArgument,
              {"/dev/null", "not a regular file"});
  for (const char* path : {"no/such/gale.db", "file/gale.db"}) {
    ExpectError(OpenSqliteStore({.path = dir / path}).status(), Code::kNotFound,
                {dir / path, "directory does not exist"});
  }
}

// Somebody without root's rights, as long as it lives.
class AsNobody {
 public:
  AsNobody() {
    if (user_ == 0) GALE_CHECK(seteuid(65534) == 0);
  }
  ~AsNobody() { GALE_CHECK(seteuid(user_) == 0); }

 private:
  const uid_t user_ = geteuid();
};

TEST(SqliteFile, WithoutPermissionSaysSo) {
  TempDir dir;
  const std::string path = dir / "gale.db";
  { auto store = MustOpen(path); }
  chmod(path.c_str(), 0444);
  chmod((dir / "").c_str(), 0555);
  {
    AsNobody nobody;
    ExpectError(OpenSqliteStore({.path = path}).status(), Code::kPermissionDenied,
                {path, "check the file's owner and mode"});
    ExpectError(OpenSqliteStore({.path = dir / "new.db"}).status(), Code::kPermissionDenied,
                {dir / "new.db"});
  }
  chmod((dir / "").c_str(), 0700);
}

TEST(SqliteFile, LockedByAnotherProcessIsUnavailableAndHealsByItself) {
  TempDir dir;
  const std::string path = dir / "gale.db";
  auto store = MustOpen(path);
  ASSERT_TRUE(store->Migrate().ok());
  const Epoch epoch = *store->AcquireLeadership({.owner = "me"});
  RawConnection other(path);
  other.Exec("BEGIN IMMEDIATE");
  ExpectError(store->Commit(epoch, {.runs = {SparseRun(1, "d", "r")}}), Code::kUnavailable,
              {path, "locked by another process"});
  EXPECT_TRUE(store->LoadLive().ok()) << "readers don't care";
  other.Exec("COMMIT");
  EXPECT_TRUE(store->Commit(epoch, {.runs = {SparseRun(1, "d", "r")}}).ok());
}

// The file may not grow: what a full disk or a quota does.
TEST(SqliteFile, ThatCanNotGrowIsUnavailableAndHealsByItself) {
  TempDir dir;
  const std::string path = dir / "gale.db";
  auto store = MustOpen(path);
  ASSERT_TRUE(store->Migrate().ok());
  const Epoch epoch = *store->AcquireLeadership({.owner = "me"});
  CommitBatch batch{.runs = {SparseRun(1, "d", "r")}};
  for (uint32_t i = 0; i < 1000; ++i) batch.tis.push_back(FullTi(1, i));

  rlimit old;
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &old), 0);
  const auto old_handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit small{fs::file_size(path + "-wal") + 8192, old.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
  const Status status = store->Commit(epoch, batch);
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &old), 0);
  std::signal(SIGXFSZ, old_handler);

  ExpectError(status, Code::kUnavailable, {path, "disk I/O error"});
  EXPECT_TRUE(store->reads().ListTis(RunId(1))->empty());
  ASSERT_TRUE(store->Commit(epoch, batch).ok());
  EXPECT_EQ(store->reads().ListTis(RunId(1))->size(), 1000u);
}

TEST(Schema, IsDocumentedColumnByColumn) {
  TempDir dir;
  ASSERT_TRUE(MustOpen(dir / "gale.db")->Migrate().ok());
  const std::string page = ReadFile(std::string(GALE_TESTS_DIR) + "/../docs/schema.md");
  ASSERT_FALSE(page.empty());
  // Each table's heading with its columns, as the page must have them.
  std::map<std::string, std::set<std::string>> schema, documented;
  RawConnection(dir / "gale.db")
      .Query(
          "SELECT m.name, c.name FROM sqlite_schema m, pragma_table_info(m.name) c"
          " WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%'",
          [&](const char* table, const char* column) { schema[table].insert(column); });
  std::istringstream lines(page);
  std::string table;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("## ")) table = line.substr(3);
    if (line.starts_with("| `")) documented[table].insert(line.substr(3, line.find('`', 3) - 3));
  }
  EXPECT_EQ(documented, schema);
}

TEST(SqliteFile, AReaderWaitsForAConnectionOnlySoLong) {
  TempDir dir;
  ASSERT_TRUE(MustOpen(dir / "gale.db")->Migrate().ok());
  sqlite::Readers readers(dir / "gale.db", 2, std::chrono::milliseconds(10));
  auto first = readers.Borrow();
  ASSERT_TRUE(first.ok());
  {
    auto second = readers.Borrow();
    ASSERT_TRUE(second.ok());
    ExpectError(readers.Borrow().status(), Code::kUnavailable,
                {"gale.db", "all 2 connections for reading are busy"});
  }
  EXPECT_TRUE(readers.Borrow().ok()) << "one was given back";
}

// With one connection for all, the writer's too has its time again.
TEST(SqliteFile, AReadHasSoLongAndItsConnectionGoesOn) {
  TempDir dir;
  for (const std::string& path : {dir / "gale.db", std::string(":memory:")}) {
    auto store =
        std::move(*OpenSqliteStore({.path = path, .read_time_max = std::chrono::milliseconds(50)}));
    ASSERT_TRUE(store->Migrate().ok());
    const Epoch epoch = *store->AcquireLeadership({.owner = "me"});
    const auto endless = [](Sql& sql) {
      return sql.Query(
          "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)"
          " SELECT max(i) FROM n",
          {}, [](SqlRow&) {});
    };
    for (Reads* reads : {&store->reads(), &store->loader()}) {
      SqlSource& source = dynamic_cast<SqlReads&>(*reads).source();
      ExpectError(source.Read(endless), Code::kDeadlineExceeded,
                  {path, "longer than 0.05 s (kReadTimeMax)"});
      ExpectError(source.ReadSnapshot(endless), Code::kDeadlineExceeded, {"kReadTimeMax"});
    }
    EXPECT_TRUE(store->Commit(epoch, {.runs = {SparseRun(1, "d", "r")}}).ok());
    EXPECT_TRUE(store->reads().GetRun("d", "r").ok());
  }
}

// What API readers hold is none of the loader's business.
TEST(SqliteFile, ListingsThatNeverEndKeepOtherListingsWaitingAndNobodyElse) {
  TempDir dir;
  auto store = std::move(*OpenSqliteStore(
      {.path = dir / "gale.db", .reader_wait_max = std::chrono::milliseconds(10)}));
  ASSERT_TRUE(store->Migrate().ok());
  const Epoch epoch = *store->AcquireLeadership({.owner = "me"});
  ASSERT_TRUE(store->Commit(epoch, {.runs = {SparseRun(1, "d", "r")}}).ok());
  SqlSource& listings = dynamic_cast<SqlReads&>(store->reads()).source();
  std::latch listing(sqlite::kReadersMax), enough(1);
  std::vector<std::thread> readers;
  for (size_t i = 0; i < sqlite::kReadersMax; ++i) {
    readers.emplace_back([&] {
      EXPECT_TRUE(listings
                      .Read([&](Sql&) {
                        listing.count_down();
                        enough.wait();
                        return OkStatus();
                      })
                      .ok());
    });
  }
  listing.wait();
  ExpectError(store->reads().GetRun("d", "r").status(), Code::kUnavailable, {"busy"});
  EXPECT_TRUE(store->loader().GetRun("d", "r").ok());
  EXPECT_TRUE(store->GetUser("admin").ok());
  EXPECT_TRUE(store->Commit(epoch, {.runs = {SparseRun(2, "d", "s")}}).ok());
  enough.count_down();
  for (std::thread& reader : readers) reader.join();
  EXPECT_TRUE(store->reads().GetRun("d", "s").ok());
}

TEST(SqliteFile, WithADamagedSpecSaysWhichOne) {
  TempDir dir;
  auto store = MustOpen(dir / "gale.db");
  ASSERT_TRUE(store->Migrate().ok());
  ASSERT_TRUE(
      store->Commit(*store->AcquireLeadership({.owner = "me"}), {.dag_versions = {Version("d", 1)}})
          .ok());
  RawConnection(dir / "gale.db").Exec("UPDATE dag_version SET spec = substr(spec, 1, 8)");
  ExpectError(store->reads().GetDagVersion("d", 1).status(), Code::kDataLoss,
              {"version 1 of dag 'd'"});
}

}  // namespace
}  // namespace gale
