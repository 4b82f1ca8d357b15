#include "common/config/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "common/config/ini.h"

namespace gale {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class ConfigTest : public ::testing::Test {
 protected:
  ConfigTest() {
    char name[] = "/tmp/gale_config_XXXXXX";
    home_ = ::mkdtemp(name);
  }
  ~ConfigTest() override { std::filesystem::remove_all(home_); }

  std::string Write(const std::string& name, const std::string& text) {
    std::string path = home_ + "/" + name;
    std::ofstream(path) << text;
    return path;
  }
  Result<Config> Load(const Environment& env = {}) { return Config::Load(home_, "", env); }
  // What is wrong with this gale.cfg.
  std::string ErrorOf(const std::string& text) {
    Write("gale.cfg", text);
    const Result<Config> config = Load();
    return config.ok() ? "no error" : std::string(config.status().message());
  }

  std::string home_;
};

TEST_F(ConfigTest, WithoutAFileEveryKeyHasItsDefaultAndSaysSo) {
  const Config config = Load().value();
  EXPECT_EQ(config.GetPath(Key::kDagsFolder), home_ + "/dags");
  EXPECT_EQ(config.GetString(Key::kSqlAlchemyConn), "sqlite:///" + home_ + "/gale.db");
  EXPECT_EQ(config.GetInt(Key::kApiPort), 8080);
  EXPECT_TRUE(config.GetBool(Key::kDagsArePausedAtCreation));
  EXPECT_EQ(config.GetDuration(Key::kLeaseSeconds), std::chrono::seconds(8));
  EXPECT_FALSE(config.GetString(Key::kWorkerName).empty());
  for (const KeyInfo& info : AllKeys()) EXPECT_EQ(config.Get(info.key).source, "default");
}

TEST_F(ConfigTest, TheFileWinsOverTheDefaultAndIsNamedWithItsLine) {
  Write("gale.cfg", "# mine\n[core]\nparallelism = 64\nDags_Folder = ~/x\n\n[api]\nport: 9000\n");
  const Config config = Load().value();
  EXPECT_EQ(config.GetInt(Key::kParallelism), 64);
  EXPECT_EQ(config.Get(Key::kParallelism).source, home_ + "/gale.cfg:3");
  EXPECT_EQ(config.GetPath(Key::kDagsFolder), std::string(::getenv("HOME")) + "/x");
  EXPECT_EQ(config.GetInt(Key::kApiPort), 9000);
  EXPECT_EQ(config.Get(Key::kApiPort).source, home_ + "/gale.cfg:7");
}

TEST_F(ConfigTest, GaleEnvironmentWinsOverAirflowEnvironmentWinsOverTheFile) {
  Write("gale.cfg", "[core]\nparallelism = 1\nmax_active_runs_per_dag = 1\n");
  const Config config = Load({{"GALE__CORE__PARALLELISM", "3"},
                              {"AIRFLOW__CORE__PARALLELISM", "2"},
                              {"AIRFLOW__CORE__MAX_ACTIVE_RUNS_PER_DAG", "2"},
                              {"GALE_HOME", "/elsewhere"}})
                            .value();
  EXPECT_EQ(config.GetInt(Key::kParallelism), 3);
  EXPECT_EQ(config.Get(Key::kParallelism).source, "env GALE__CORE__PARALLELISM");
  EXPECT_EQ(config.GetInt(Key::kMaxActiveRunsPerDag), 2);
  EXPECT_EQ(config.Get(Key::kMaxActiveRunsPerDag).source,
            "env AIRFLOW__CORE__MAX_ACTIVE_RUNS_PER_DAG");
}

TEST_F(ConfigTest, AFlagWinsOverAllAndIsCheckedToo) {
  Config config = Load({{"GALE__API__PORT", "9000"}}).value();
  ASSERT_TRUE(config.Override(Key::kApiPort, "9001", "--port").ok());
  EXPECT_EQ(config.GetInt(Key::kApiPort), 9001);
  EXPECT_EQ(config.Get(Key::kApiPort).source, "--port");
  const Status bad = config.Override(Key::kApiPort, "70000", "--port");
  EXPECT_EQ(bad.code(), Code::kInvalidArgument);
  EXPECT_EQ(bad.message(), "--port: [api] port: 70000 is out of range: 0 to 65535");
  EXPECT_EQ(config.GetInt(Key::kApiPort), 9001);
}

TEST_F(ConfigTest, AnUnknownKeyIsRefusedWithFileLineAndTheNearestKey) {
  EXPECT_EQ(
      ErrorOf("[core]\nparalellism = 3\n"),
      home_ + "/gale.cfg:2: unknown key [core] paralellism; did you mean [core] parallelism?");
  EXPECT_THAT(ErrorOf("[core]\nport = 3\n"), HasSubstr("did you mean [api] port?"));
  EXPECT_THAT(ErrorOf("[core]\nzzzzzz = 3\n"),
              HasSubstr("`gale config list` shows the known ones"));
  EXPECT_THAT(Load({{"GALE__CORE__DAG_FOLDER", "/x"}}).status().message(),
              HasSubstr("unknown key [core]"));
}

TEST_F(ConfigTest, AnUnknownVariableIsRefusedByItsName) {
  EXPECT_EQ(Load({{"GALE__CORE__DAG_FOLDER", "/x"}}).status().message(),
            "env GALE__CORE__DAG_FOLDER: unknown key [core] dag_folder; did you mean [core] "
            "dags_folder?");
  EXPECT_THAT(Load({{"GALE__CORE", "/x"}}).status().message(), HasSubstr("GALE__SECTION__KEY"));
}

TEST_F(ConfigTest, ABadValueIsRefusedWithWhatWasExpected) {
  EXPECT_EQ(ErrorOf("[api]\nport = 80 # the web\n"),
            home_ + "/gale.cfg:2: [api] port: '80 # the web' is not a whole number");
  EXPECT_THAT(ErrorOf("[api]\nport = 65536\n"), HasSubstr("out of range: 0 to 65535"));
  EXPECT_THAT(ErrorOf("[core]\nload_examples = maybe\n"), HasSubstr("is not True or False"));
  EXPECT_THAT(ErrorOf("[database]\nsqlite_synchronous = OFF\n"), HasSubstr("one of FULL|NORMAL"));
  EXPECT_THAT(ErrorOf("[master]\nlease_seconds = soon\n"), HasSubstr("is not a duration"));
  EXPECT_THAT(ErrorOf("[master]\nlease_seconds = 2h\n"), HasSubstr("1 to 3600 seconds"));
  EXPECT_THAT(ErrorOf("[core]\ndags_folder =\n"), HasSubstr("expected a path"));
}

TEST_F(ConfigTest, ALeaseShorterThanThreeHeartbeatsIsRefused) {
  EXPECT_THAT(ErrorOf("[master]\nlease_seconds = 2\n"), HasSubstr("at least three heartbeats"));
}

TEST_F(ConfigTest, ALineThatIsNoEntryIsRefusedWithItsPlace) {
  EXPECT_THAT(ErrorOf("port = 1\n"), HasSubstr("gale.cfg:1: 'port' stands before any [section]"));
  EXPECT_THAT(ErrorOf("[api\n"), HasSubstr("gale.cfg:1: '[api' is not a section"));
  EXPECT_THAT(ErrorOf("[api]\nhello\n"), HasSubstr("gale.cfg:2: 'hello' is neither"));
  EXPECT_THAT(ErrorOf("[api]\nport=1\n[core]\n[api]\nport=2\n"),
              HasSubstr("gale.cfg:5: [api] port stands twice"));
}

TEST_F(ConfigTest, DurationsTakeUnits) {
  Write("gale.cfg",
        "[master]\nheartbeat_seconds = 1500ms\nlease_seconds = 2m\n"
        "[api_auth]\njwt_expiration_time=1 d\n[worker]\nkill_grace_seconds = 0.25\n");
  const Config config = Load().value();
  EXPECT_EQ(config.GetDuration(Key::kHeartbeatSeconds), std::chrono::milliseconds(1500));
  EXPECT_EQ(config.GetDuration(Key::kLeaseSeconds), std::chrono::minutes(2));
  EXPECT_EQ(config.GetDuration(Key::kJwtExpirationTime), std::chrono::hours(24));
  EXPECT_EQ(config.GetDuration(Key::kKillGraceSeconds), std::chrono::milliseconds(250));
}

TEST_F(ConfigTest, ARelativePathStartsAtHome) {
  Write("gale.cfg", "[core]\ndags_folder = my/../pipelines/\n");
  EXPECT_EQ(Load().value().GetPath(Key::kDagsFolder), home_ + "/pipelines");
}

TEST_F(ConfigTest, AnAirflowFileWorksAndWhatIsUnknownIsAWarning) {
  const std::string file = Write("airflow.cfg",
                                 "[core]\ndags_folder = /srv/dags\nexecutor = CeleryExecutor\n"
                                 "[database]\nsql_alchemy_conn = sqlite:////srv/airflow.db\n"
                                 "[celery]\nworker_concurrency = 4\n"
                                 "[logging]\nlog_format = [%%(asctime)s]\n  {%%(filename)s}\n");
  const Config config = Config::Load(home_, file, {}).value();
  EXPECT_EQ(config.GetPath(Key::kDagsFolder), "/srv/dags");
  EXPECT_EQ(config.GetInt(Key::kWorkerSlots), 4);
  EXPECT_EQ(config.GetString(Key::kSqlAlchemyConn), "sqlite:///" + home_ + "/gale.db");
  EXPECT_THAT(config.warnings(),
              ElementsAre(AllOf(HasSubstr("airflow.cfg:3"), HasSubstr("[core] executor")),
                          AllOf(HasSubstr("airflow.cfg:5"), HasSubstr("Airflow's own tables")),
                          AllOf(HasSubstr("airflow.cfg"), HasSubstr("[logging] log_format"))));
}

TEST_F(ConfigTest, TheTutorialsAirflowFileIsACluster) {
  const std::string file =
      Write("airflow.cfg",
            "[core]\nexecutor = CeleryExecutor\nload_examples = False\n"
            "sql_alchemy_conn = mysql+pymysql://airflow:pw@127.0.0.1:3306/airflow\n"
            "[scheduler]\ncatchup_by_default = False\n"
            "[celery]\nbroker_url = redis://airflow@127.0.0.1:6379\n"
            "result_backend = db+mysql://airflow:pw@127.0.0.1:3306/airflow\n");
  const Config config = Config::Load(home_, file, {}).value();
  EXPECT_EQ(config.GetString(Key::kBrokerUrl), "redis://airflow@127.0.0.1:6379");
  EXPECT_EQ(config.GetString(Key::kSqlAlchemyConn),
            "mysql+pymysql://airflow:pw@127.0.0.1:3306/airflow");
  EXPECT_TRUE(config.IsDefault(Key::kLoadExamples)) << "said, and what it is anyway";
  EXPECT_NE(config.Get(Key::kCatchupByDefault).source, "default");
  EXPECT_THAT(config.warnings(),
              ElementsAre(AllOf(HasSubstr("[core] executor"), HasSubstr("Redis")),
                          AllOf(HasSubstr("[celery] result_backend"), HasSubstr("leader"))));
}

TEST_F(ConfigTest, ABrokerIsUsedOnlyByAnExecutorThatHasOne) {
  auto broker = [&](const std::string& executor, const Environment& env = {}) {
    const std::string file =
        Write("airflow.cfg", "[celery]\nbroker_url = redis://redis:6379/0\n[core]\n" + executor);
    return Config::Load(home_, file, env).value().GetString(Key::kBrokerUrl);
  };
  EXPECT_EQ(broker("executor = LocalExecutor\n"), "");
  EXPECT_EQ(broker("executor = SequentialExecutor\n"), "");
  EXPECT_NE(broker("executor = CeleryKubernetesExecutor\n"), "");
  EXPECT_NE(broker("parallelism = 4\n"), "") << "no executor is said";
  EXPECT_EQ(broker("executor = LocalExecutor\n", {{"GALE__CELERY__BROKER_URL", "redis://own:1"}}),
            "redis://own:1")
      << "what is said to Gale itself counts";
}

TEST_F(ConfigTest, AFileThatAirflowWroteIsOneWarning) {
  std::string text = "[smtp]\n";
  for (int i = 0; i < 200; ++i) text += fmt::format("key_{:03} = x\n", i);
  const Config config = Config::Load(home_, Write("airflow.cfg", text), {}).value();
  EXPECT_THAT(config.warnings(),
              ElementsAre(AllOf(HasSubstr("[smtp] key_000"), HasSubstr("and 192 more"))));
}

TEST_F(ConfigTest, AnExplicitFileReplacesTheHomesOwnAndMustExist) {
  Write("gale.cfg", "[core]\nparallelism = 1\n");
  const std::string file = Write("other.cfg", "[core]\nmax_active_runs_per_dag = 2\n");
  EXPECT_EQ(Config::Load(home_, file, {}).value().GetInt(Key::kParallelism), 32);
  const Result<Config> missing = Config::Load(home_, home_ + "/nowhere.cfg", {});
  EXPECT_EQ(missing.status().code(), Code::kInvalidArgument);
  EXPECT_THAT(missing.status().message(), HasSubstr("nowhere.cfg': No such file"));
}

TEST_F(ConfigTest, TheWrittenDefaultFileNamesEveryKeyAndChangesNothing) {
  ASSERT_TRUE(Config::WriteDefault(home_).ok());
  std::stringstream text;
  text << std::ifstream(home_ + "/gale.cfg").rdbuf();
  for (const KeyInfo& info : AllKeys()) {
    EXPECT_THAT(text.str(), HasSubstr(fmt::format("# {} = {}\n", info.name, info.default_value)));
  }
  for (const KeyInfo& info : AllKeys()) EXPECT_EQ(Load().value().Get(info.key).source, "default");
  // With every # taken away from the settings it is a valid file of the same values.
  std::string live = text.str();
  for (const KeyInfo& info : AllKeys()) {
    const size_t at = live.find(fmt::format("# {} =", info.name));
    live.erase(at, 2);
  }
  Write("gale.cfg", live);
  EXPECT_EQ(Load().value().GetPath(Key::kBaseLogFolder), home_ + "/logs");
  EXPECT_NE(Load().value().Get(Key::kBaseLogFolder).source, "default");
}

TEST_F(ConfigTest, AnExistingFileIsNeverOverwritten) {
  Write("gale.cfg", "[core]\nparallelism = 7\n");
  ASSERT_TRUE(Config::WriteDefault(home_).ok());
  EXPECT_EQ(Load().value().GetInt(Key::kParallelism), 7);
}

TEST_F(ConfigTest, AnEmptyFileIsAFile) {
  Write("gale.cfg", "");
  EXPECT_TRUE(Load().ok());
}

TEST_F(ConfigTest, ListsAreSplitAtCommas) {
  Write("gale.cfg", "[worker]\nqueues = gpu, default,,\n  slow\n");
  EXPECT_THAT(Load().value().GetList(Key::kWorkerQueues), ElementsAre("gpu", "default", "slow"));
}

TEST_F(ConfigTest, TheHomeComesFromTheEnvironment) {
  EXPECT_EQ(DefaultHome({{"GALE_HOME", "/srv/gale/"}}), "/srv/gale");
  EXPECT_EQ(DefaultHome({}), std::string(::getenv("HOME")) + "/.gale");
}

TEST(SqlitePathTest, TakesOnlySqliteUrlsAndHidesThePassword) {
  EXPECT_EQ(SqlitePath("sqlite:////srv/gale.db", "/home/g").value(), "/srv/gale.db");
  EXPECT_EQ(SqlitePath("sqlite:///gale.db", "/home/g").value(), "/home/g/gale.db");
  const Status status = SqlitePath("mysql+pymysql://u:secret@db/gale", "/h").status();
  EXPECT_THAT(status.message(), HasSubstr("'mysql+pymysql' is not a database that Gale can use"));
  EXPECT_THAT(status.message(), ::testing::Not(HasSubstr("secret")));
}

TEST(IniTest, LongValuesGoOnOverIndentedLinesAndPercentSignsComeInPairs) {
  const auto entries = ParseIni("[a]\nx = 1\n  # not this\n  2\n\n  3%%\ny=\n", "f").value();
  ASSERT_EQ(entries.size(), 2u);
  EXPECT_EQ(entries[0].value, "1\n2\n3%");
  EXPECT_EQ(entries[0].line, 2);
  EXPECT_EQ(entries[1].value, "");
}

}  // namespace
}  // namespace gale
