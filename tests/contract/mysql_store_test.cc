// MariaDB and MySQL pass the contract; what is wrong with a server is said so that it can be
// mended.
#include "tests/contract/mysql_world.h"
#include "tests/contract/sample_rows.h"

#include "master/store/mysql_migrations.h"
#include "master/store/sql_reads.h"
#include "master/store/sqlite_migrations.h"

namespace gale {
namespace {

using namespace testing_rows;  // NOLINT

StoreBackend Backend(const char* name, MySqlKind kind) {
  return {name, [kind] { return std::make_unique<MySqlWorld>(SharedServer(kind)); }};
}

GALE_INSTANTIATE_STORE_CONTRACT(MySql, testing::Values(Backend("mariadb", MySqlKind::kMariaDb),
                                                       Backend("mysql", MySqlKind::kMySql)));

void ExpectError(const Status& status, Code code, std::initializer_list<std::string> parts) {
  EXPECT_EQ(status.code(), code) << status.ToString();
  for (const std::string& part : parts) {
    EXPECT_NE(status.message().find(part), std::string::npos)
        << part << " in: " << status.message();
  }
}

void MustRun(mysql::Connection& db, const std::string& sql) {
  const Status status = db.Run(sql);
  ASSERT_TRUE(status.ok()) << sql << ": " << status.ToString();
}

class MySqlTest : public testing::TestWithParam<MySqlKind> {
 protected:
  void SetUp() override {
    world_ = std::make_unique<MySqlWorld>(SharedServer(GetParam()));
    root_ = Root(world_->server());
    name_ = mysql::QuoteName(world_->options().database);
  }
  // A user with these rights (on the test's database, if there are any), gone with the test.
  MySqlOptions User(const std::string& rights) {
    MustRun(*root_, "DROP USER IF EXISTS 'gale-test'@'%'");
    MustRun(*root_, "CREATE USER 'gale-test'@'%' IDENTIFIED BY 'se''cret%'");
    if (!rights.empty()) {
      MustRun(*root_, fmt::format("GRANT {} ON {}.* TO 'gale-test'@'%'", rights, name_));
    }
    MySqlOptions options = world_->options();
    options.user = "gale-test";
    options.password = "se'cret%";
    return options;
  }
  Status Migrate(const MySqlOptions& options) { return (*OpenMySqlStore(options))->Migrate(); }

  std::unique_ptr<MySqlWorld> world_;
  std::unique_ptr<mysql::Connection> root_;
  std::string name_;  // of the database, quoted
};
INSTANTIATE_TEST_SUITE_P(Servers, MySqlTest,
                         testing::Values(MySqlKind::kMariaDb, MySqlKind::kMySql),
                         [](const auto& info) {
                           return info.param == MySqlKind::kMariaDb ? "mariadb" : "mysql";
                         });

// It is the server that gives up: a client that only went away would leave it at work.
TEST_P(MySqlTest, AReadHasSoLongAndItsConnectionGoesOn) {
  MySqlOptions options = world_->options();
  options.readers_max = 1;
  options.read_time_max = std::chrono::milliseconds(50);
  ASSERT_TRUE(Migrate(options).ok());
  auto store = std::move(*OpenMySqlStore(options));
  const Epoch epoch = *store->AcquireLeadership({.owner = "me"});
  ASSERT_TRUE(store->Commit(epoch, {.runs = {SparseRun(1, "d", "r")}}).ok());
  const auto endless = [](Sql& sql) {
    return sql.Query("SELECT run_id FROM dag_run WHERE SLEEP(1000) = 0", {}, [](SqlRow&) {});
  };
  for (Reads* reads : {&store->reads(), &store->loader()}) {
    SqlSource& source = dynamic_cast<SqlReads&>(*reads).source();
    ExpectError(source.Read(endless), Code::kDeadlineExceeded,
                {mysql::ServerName(options), "longer than 0.05 s (kReadTimeMax)"});
    ExpectError(source.ReadSnapshot(endless), Code::kDeadlineExceeded, {"kReadTimeMax"});
  }
  EXPECT_TRUE(store->reads().GetRun("d", "r").ok());
}

TEST_P(MySqlTest, AMissingDatabaseIsMadeByWhoMay) {
  const MySqlOptions options = User("ALL");
  ExpectError((*OpenMySqlStore(options))->LoadLive().status(), Code::kFailedPrecondition,
              {"gale db migrate"});
  EXPECT_TRUE(Migrate(options).ok());
  EXPECT_TRUE((*OpenMySqlStore(options))->LoadLive().ok());
}

TEST_P(MySqlTest, AMissingDatabaseThatTheUserMayNotMakeSaysWhatAnAdministratorTypes) {
  ExpectError(Migrate(User("")), Code::kPermissionDenied, {"gale-test@127.0.0.1"});
}

TEST_P(MySqlTest, AWrongPasswordIsSaidWithoutSayingIt) {
  MySqlOptions options = User("ALL");
  options.password = "hunter2";
  const Status status = Migrate(options);
  ExpectError(status, Code::kPermissionDenied,
              {"Access denied", "mysql://gale-test@127.0.0.1", "check the user and the password"});
  EXPECT_EQ(status.message().find("hunter2"), std::string::npos);
}

TEST_P(MySqlTest, AMissingPrivilegeIsNamed) {
  ASSERT_TRUE(Migrate(world_->options()).ok());
  ExpectError(Migrate(User("SELECT, INSERT, UPDATE, CREATE")), Code::kPermissionDenied,
              {"DELETE", "GRANT ALL"});
  MustRun(*root_, fmt::format("DROP TABLE {}.schema_version", name_));
  MustRun(*root_, fmt::format("DROP DATABASE {0}", name_));
  MustRun(*root_, fmt::format("CREATE DATABASE {0}", name_));
  ExpectError(Migrate(User("SELECT, INSERT, UPDATE, DELETE")), Code::kPermissionDenied, {"CREATE"});
}

TEST_P(MySqlTest, ACheckMakesNoDatabaseAndNamesWhatIsWrong) {
  auto check = [](const MySqlOptions& options) { return (*OpenMySqlStore(options))->Check(); };
  ASSERT_TRUE(check(User("ALL")).ok());
  auto rows = root_->Query(
      mysql::Bind("SELECT COUNT(*) FROM information_schema.schemata WHERE schema_name = ?",
                  world_->options().database));
  int64_t databases = 1;
  ASSERT_TRUE(rows->Next());
  rows->Read(databases);
  EXPECT_EQ(databases, 0);

  ASSERT_TRUE(Migrate(world_->options()).ok());
  ExpectError(check(User("SELECT, INSERT, UPDATE")).status(), Code::kPermissionDenied, {"DELETE"});
  MySqlOptions wrong = User("ALL");
  wrong.password = "hunter2";
  ExpectError(check(wrong).status(), Code::kPermissionDenied, {"Access denied"});
  MustRun(*root_, "SET GLOBAL read_only = 1");
  const Status read_only = check(User("ALL")).status();
  MustRun(*root_, "SET GLOBAL read_only = 0");
  ExpectError(read_only, Code::kUnavailable, {"read-only"});
  MustRun(*root_, fmt::format("ALTER TABLE {}.leader ENGINE = MyISAM", name_));
  ExpectError(check(world_->options()).status(), Code::kFailedPrecondition, {"leader", "InnoDB"});
  MustRun(*root_, fmt::format("ALTER TABLE {}.leader ENGINE = InnoDB", name_));
  MustRun(*root_, fmt::format("INSERT INTO {}.schema_version VALUES (999, 'x')", name_));
  ExpectError(check(world_->options()).status(), Code::kFailedPrecondition, {"999"});
}

TEST_P(MySqlTest, AReadOnlyServerIsSaidAndHealsByItself) {
  const MySqlOptions options = User("ALL");
  auto store = std::move(*OpenMySqlStore(options));
  ASSERT_TRUE(store->Migrate().ok());
  const Epoch epoch = *store->AcquireLeadership({.owner = "me"});
  MustRun(*root_, "SET GLOBAL read_only = 1");
  const Status status = store->Commit(epoch, {.runs = {SparseRun(1, "d", "r")}});
  MustRun(*root_, "SET GLOBAL read_only = 0");
  ExpectError(status, Code::kUnavailable, {"read-only", "Connect to the primary"});
  EXPECT_TRUE(store->Commit(epoch, {.runs = {SparseRun(1, "d", "r")}}).ok());
}

TEST_P(MySqlTest, ASchemaOfANewerGaleIsRefused) {
  ASSERT_TRUE(Migrate(world_->options()).ok());
  MustRun(*root_, fmt::format("INSERT INTO {}.schema_version VALUES (999, 'the future')", name_));
  ExpectError(Migrate(world_->options()), Code::kFailedPrecondition, {"999", "version 6"});
}

TEST_P(MySqlTest, AnotherProgramsDatabaseIsRefusedAndLeftAlone) {
  MustRun(*root_, fmt::format("CREATE DATABASE {}", name_));
  MustRun(*root_, fmt::format("CREATE TABLE {}.dag (dag_id INT)", name_));
  ExpectError(Migrate(world_->options()), Code::kFailedPrecondition, {"another program"});
  auto rows = root_->Query(
      mysql::Bind("SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = ?",
                  world_->options().database));
  int64_t tables = 0;
  ASSERT_TRUE(rows->Next());
  rows->Read(tables);
  EXPECT_EQ(tables, 1);
}

TEST_P(MySqlTest, AMigrationThatWasCutOffIsFinished) {
  ASSERT_TRUE(Migrate(world_->options()).ok());
  MustRun(*root_, fmt::format("DELETE FROM {}.schema_version", name_));
  MustRun(*root_, fmt::format("DROP TABLE {}.xcom", name_));
  EXPECT_TRUE(Migrate(world_->options()).ok());
  EXPECT_TRUE((*OpenMySqlStore(world_->options()))->reads().ListXComs({}).ok());
}

TEST_P(MySqlTest, ASchemaOfAnOlderGaleIsBroughtUpWithAllThatIsInIt) {
  ASSERT_TRUE(Migrate(world_->options()).ok());
  {
    auto store = std::move(*OpenMySqlStore(world_->options()));
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
    MustRun(*root_, fmt::format("ALTER TABLE {}.{} DROP COLUMN user_time, DROP COLUMN system_time,"
                                " DROP COLUMN rss_bytes_max, DROP COLUMN reschedules,"
                                " DROP COLUMN looks, DROP COLUMN scheduled_at",
                                name_, table));
  }
  MustRun(*root_, fmt::format("ALTER TABLE {}.task_instance DROP COLUMN value_length,"
                              " DROP COLUMN block_length, DROP COLUMN first_start,"
                              " DROP COLUMN skips, DROP COLUMN rendered_map_index",
                              name_));
  MustRun(*root_, fmt::format("ALTER TABLE {}.dag_run DROP KEY dag_run_by_date,"
                              " ADD KEY dag_run_by_date (dag_id, logical_date)",
                              name_));
  MustRun(*root_, fmt::format("UPDATE {}.dag_run SET logical_date = {} WHERE run_id IN ('s', 't')",
                              name_, At(1).time_since_epoch().count()));
  MustRun(*root_, fmt::format("DROP TABLE {0}.bundle_blob, {0}.version_bundle, {0}.master,"
                              " {0}.rendered_fields, {0}.task_note, {0}.variable, {0}.connection",
                              name_));
  MustRun(*root_, fmt::format("ALTER TABLE {}.worker DROP COLUMN drained,"
                              " DROP COLUMN drain_reason, DROP COLUMN stopped",
                              name_));
  MustRun(*root_, fmt::format("ALTER TABLE {}.dag DROP COLUMN failed_in_a_row", name_));
  MustRun(*root_, fmt::format("ALTER TABLE {}.leader DROP COLUMN instance, DROP COLUMN beat,"
                              " ADD COLUMN lease_until BIGINT NOT NULL DEFAULT 0",
                              name_));
  MustRun(*root_, fmt::format("DELETE FROM {}.schema_version WHERE version > 1", name_));
  ASSERT_TRUE(Migrate(world_->options()).ok());
  auto store = std::move(*OpenMySqlStore(world_->options()));
  EXPECT_EQ(store->GetLeader()->owner, "me");
  EXPECT_EQ(Dates(store->reads()), "r=1000000 s=1000001 next=1000003 t=1000002 r=1000000 ");
  EXPECT_TRUE(store->ListMasters()->empty());
  EXPECT_EQ(store->reads().GetDagVersion("d", 1)->bundle, "");
  EXPECT_FALSE(store->LoadLive()->workers.at(0).drained);
}

TEST_P(MySqlTest, ATableWithAWrongCharacterSetIsNamed) {
  ASSERT_TRUE(Migrate(world_->options()).ok());
  MustRun(*root_, fmt::format("ALTER TABLE {}.worker CONVERT TO CHARACTER SET latin1", name_));
  ExpectError(Migrate(world_->options()), Code::kFailedPrecondition,
              {"table worker", "latin1", "ALTER TABLE `worker`"});
}

TEST_P(MySqlTest, ARowThatNeedsALargerPacketIsNamed) {
  MustRun(*root_, "SET GLOBAL max_allowed_packet = 262144");
  auto store = world_->Open();
  ASSERT_TRUE(store->Migrate().ok());
  const Status status = store->Commit(*store->AcquireLeadership({.owner = "me"}),
                                      {.xcoms = {XCom(1, 0, "big", std::string(300'000, 'x'))}});
  MustRun(*root_, "SET GLOBAL max_allowed_packet = 16777216");
  ExpectError(status, Code::kInvalidArgument, {"XCom 'big' of 1.0.-1", "max_allowed_packet"});
}

TEST_P(MySqlTest, ASpecThatNeedsALargerPacketIsNamedByItsPlace) {
  MustRun(*root_, "SET GLOBAL max_allowed_packet = 1048576");
  auto store = world_->Open();
  ASSERT_TRUE(store->Migrate().ok());
  std::string large;  // that does not compress well
  uint64_t state = 1;
  while (large.size() < (4 << 20)) {
    state = state * 6364136223846793005ull + 1442695040888963407ull;
    large += static_cast<char>(state >> 56);
  }
  BatchRow row;
  const Status status =
      store->Commit(*store->AcquireLeadership({.owner = "me"}),
                    {.dag_versions = {Version("small", 1, "x"), Version("large", 3, large)}}, &row);
  MustRun(*root_, "SET GLOBAL max_allowed_packet = 16777216");
  ExpectError(status, Code::kInvalidArgument, {"version 3 of dag 'large'", "max_allowed_packet"});
  EXPECT_EQ(row.list, BatchRow::List::kDagVersions);
  EXPECT_EQ(row.at, 1u);
}

TEST(MySqlMigrations, AreNumberedAndNamedAsThoseOfSqlite) {
  ASSERT_EQ(mysql::Migrations().size(), sqlite::Migrations().size());
  for (size_t i = 0; i < mysql::Migrations().size(); ++i) {
    EXPECT_EQ(mysql::Migrations()[i].version, sqlite::Migrations()[i].version);
    EXPECT_STREQ(mysql::Migrations()[i].name, sqlite::Migrations()[i].name);
  }
}

TEST(MySqlTls, IsUsedAndChecked) {
  using Tls = MySqlOptions::Tls;
  MySqlServer server({.tls = true});
  auto root = Root(server);
  MustRun(*root, "CREATE USER 'careful'@'%' IDENTIFIED BY 'p' REQUIRE SSL");
  MustRun(*root, "GRANT ALL ON gale.* TO 'careful'@'%'");
  MySqlOptions options = RootOptions(server);
  options.user = "careful";
  options.password = "p";
  options.database = "gale";
  options.tls = Tls::kDisabled;
  EXPECT_EQ((*OpenMySqlStore(options))->Migrate().code(), Code::kPermissionDenied);
  options.tls = Tls::kVerifyIdentity;
  options.tls_ca = server.ca_file();
  const Status status = (*OpenMySqlStore(options))->Migrate();
  EXPECT_TRUE(status.ok()) << status.ToString();
  MySqlServer other({.tls = true});
  options.tls_ca = other.ca_file();  // which didn't sign the first's certificate
  EXPECT_EQ((*OpenMySqlStore(options))->Migrate().code(), Code::kUnavailable);
}

TEST(MySqlOpen, ThatCanNotReachTheServerSaysSo) {
  MySqlOptions options{.user = "u", .database = "d"};
  options.port = 1;  // nobody listens there
  ExpectError((*OpenMySqlStore(options))->Migrate(), Code::kUnavailable,
              {"mysql://u@127.0.0.1:1/d", "does it run"});
  EXPECT_EQ(OpenMySqlStore({}).status().code(), Code::kInvalidArgument);
}

}  // namespace
}  // namespace gale
