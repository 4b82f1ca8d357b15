// Commands as a user types them, against a small master.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <set>

#include "cli/help.h"
#include "tests/unit/cli/fake_master.h"

namespace gale::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class Commands : public ::testing::Test {
 protected:
  Commands() {
    master.AddDag("etl");
    master.AddDag("tasks");  // also a word of the command line
    home.Serve(master);
  }
  Said Run(const std::vector<std::string>& words, const std::string& input = "",
           bool terminal = false) {
    return home.Run(words, input, terminal);
  }
  // One line that says why.
  void ExpectRefused(const Said& said, Exit code, const std::string& word) {
    EXPECT_EQ(said.code, static_cast<int>(code)) << said.err;
    EXPECT_THAT(said.err, StartsWith("gale: "));
    EXPECT_THAT(said.err, HasSubstr(word));
    EXPECT_EQ(std::ranges::count(said.err, '\n'), 1) << said.err;
  }

  FakeMaster master;
  Home home;
};

TEST_F(Commands, GlobalOptionsStandBeforeOrAfterTheCommand) {
  const Said after = Run({"dags", "list", "-o", "json"});
  EXPECT_EQ(after.code, 0) << after.err;
  EXPECT_THAT(after.out, HasSubstr("\"dag_id\": \"etl\""));
  EXPECT_EQ(Run({"-o", "json", "dags", "list"}).out, after.out);
  EXPECT_EQ(Run({"dags", "--output=json", "list"}).out, after.out);
  EXPECT_EQ(Run({"--home", home.path(), "dags", "list", "-ojson"}).out, after.out);
}

TEST_F(Commands, ListsMoreThanOnePage) {
  for (int i = 0; i < 250; ++i) master.AddDag(fmt::format("dag{:03}", i));
  const Said said = Run({"dags", "list", "-o", "plain"});
  EXPECT_EQ(std::ranges::count(said.out, '\n'), 1 + 252);
  EXPECT_THAT(said.out, HasSubstr("dag249"));
}

TEST_F(Commands, ADagMayBeCalledAsACommandIs) {
  EXPECT_EQ(Run({"dags", "unpause", "tasks"}).code, 0);
  EXPECT_EQ(Run({"dags", "trigger", "tasks", "--run-id", "list"}).code, 0);
  EXPECT_EQ(master.runs.at("list").dag_id(), "tasks");
}

TEST_F(Commands, PausesSeveralAndTellsOfTheOneThatIsNotThere) {
  const Said said = Run({"dags", "pause", "etl", "nowhere", "tasks"});
  ExpectRefused(said, Exit::kNotFound, "nowhere");
  EXPECT_TRUE(master.dags["etl"].is_paused());
  EXPECT_TRUE(master.dags["tasks"].is_paused());
  const Said both = Run({"dags", "pause", "nowhere", "etl", "nor_there"});
  EXPECT_THAT(both.err, HasSubstr("'nowhere'"));
  EXPECT_THAT(both.err, HasSubstr("'nor_there'")) << "each that failed is told";
}

TEST_F(Commands, ATimeWithoutAZoneIsOfTheDefaultZone) {
  auto logical_date = [&](const std::string& zone, const std::string& time) {
    home.env = {{"GALE__CORE__DEFAULT_TIMEZONE", zone}};
    return Run({"dags", "trigger", "etl", "-r", time, "-e", time, "-o", "json"});
  };
  EXPECT_THAT(logical_date("Asia/Seoul", "2026-11-01T09:30:00.5").out,
              HasSubstr("\"2026-11-01T00:30:00.500000+00:00\""));
  EXPECT_THAT(logical_date("Asia/Seoul", "2026-11-02").out, HasSubstr("2026-11-01T15:00:00+00:00"));
  EXPECT_THAT(logical_date("Asia/Seoul", "2026-11-03T00:00Z").out,
              HasSubstr("2026-11-03T00:00:00+00:00"));
  EXPECT_THAT(logical_date("UTC", "2026-11-04").out, HasSubstr("2026-11-04T00:00:00+00:00"));
  ExpectRefused(logical_date("Mars/Phobos", "2026-11-05"), Exit::kUsage, "default_timezone");
}

TEST_F(Commands, TriggerHandsOnWhatItIsGiven) {
  const Said said = Run({"dags", "trigger", "etl", "-r", "r1", "-c", R"({"a": 1})", "-e",
                         "2026-11-01T00:00:00Z", "-o", "json"});
  EXPECT_EQ(said.code, 0) << said.err;
  EXPECT_THAT(said.out, HasSubstr("\"run_id\": \"r1\""));
  EXPECT_THAT(said.out, HasSubstr("\"conf\": {\"a\": 1}"));
  EXPECT_THAT(said.out, HasSubstr("\"logical_date\": \"2026-11-01T00:00:00+00:00\""));
  ExpectRefused(Run({"dags", "trigger", "etl", "-r", "r1"}), Exit::kConflict, "r1");
  ExpectRefused(Run({"dags", "trigger", "etl", "-c", "{no json"}), Exit::kUsage, "conf");
  ExpectRefused(Run({"dags", "trigger", "etl", "-c", "[1]"}), Exit::kUsage, "conf");
  ExpectRefused(Run({"dags", "trigger", "etl", "-e", "soon"}), Exit::kUsage, "logical-date");
}

TEST_F(Commands, TriggerWaitsAndFailsIfTheRunFails) {
  const Said good = Run({"dags", "trigger", "etl", "-r", "r1", "--wait"});
  EXPECT_EQ(good.code, 0) << good.err;
  EXPECT_THAT(good.out, HasSubstr("r1 success"));
  master.end_state = "failed";
  ExpectRefused(Run({"dags", "trigger", "etl", "-r", "r2", "--wait"}), Exit::kFailed, "r2");
}

TEST_F(Commands, LogsComeAsTheyAre) {
  master.log = "hello\tairflow\nno newline at the end";
  EXPECT_EQ(Run({"tasks", "logs", "etl", "r1", "t", "--follow"}).out, master.log);
}

TEST_F(Commands, ClearMatchesTasksAndAsksFirst) {
  master.runs["r1"].set_run_id("r1");
  master.runs["r2"].set_run_id("r2");
  ExpectRefused(Run({"tasks", "clear", "etl", "-t", "^load_"}), Exit::kUsage, "--yes");
  EXPECT_TRUE(master.cleared.empty());
  ExpectRefused(Run({"tasks", "clear", "etl", "-t", "^load_"}, "n\n", true), Exit::kFailed,
                "nothing");
  EXPECT_TRUE(master.cleared.empty());
  EXPECT_EQ(Run({"tasks", "clear", "etl", "-t", "(?i)^LOAD_a", "-n"}).code, 0) << "as in Python";
  ExpectRefused(Run({"tasks", "clear", "etl", "-t", "(?=load)", "-n"}), Exit::kUsage,
                "RE2's: Python's without look-around");
  ExpectRefused(Run({"tasks", "clear", "etl", "-t", "(?x) load", "-n"}), Exit::kUsage, "flags");
  EXPECT_EQ(Run({"tasks", "clear", "etl", "-t", "^load_", "-n"}).code, 0);
  EXPECT_TRUE(master.cleared.empty());

  EXPECT_EQ(Run({"tasks", "clear", "etl", "-t", "^load_", "-d"}, "y\n", true).code, 0);
  ASSERT_EQ(master.cleared.size(), 2u);  // in both runs
  EXPECT_THAT(master.cleared[0].task_ids(), ::testing::ElementsAre("load_a", "load_b"));
  EXPECT_TRUE(master.cleared[0].include_downstream());

  EXPECT_EQ(Run({"tasks", "clear", "etl", "-r", "r2", "-t", "extract", "-y"}).code, 0);
  ASSERT_EQ(master.cleared.size(), 3u);
  EXPECT_EQ(master.cleared[2].run_id(), "r2");
  ExpectRefused(Run({"tasks", "clear", "etl", "-t", "nosuch", "-y"}), Exit::kNotFound, "nosuch");
  ExpectRefused(Run({"tasks", "clear", "etl", "-t", "(", "-y"}), Exit::kUsage, "regular");
}

TEST_F(Commands, APoolMayHaveMinusOneSlots) {
  const Said said = Run({"pools", "set", "wide", "-1", "no bound", "-o", "json"});
  EXPECT_EQ(said.code, 0) << said.err;
  EXPECT_THAT(said.out, HasSubstr("\"slots\": -1"));
  ExpectRefused(Run({"pools", "set", "wide", "many", "no bound"}), Exit::kUsage, "many");
}

TEST_F(Commands, UnknownThingsAreNotFound) {
  ExpectRefused(Run({"dags", "trigger", "nowhere"}), Exit::kNotFound, "nowhere");
  ExpectRefused(Run({"tasks", "states-for-dag-run", "etl", "norun"}), Exit::kNotFound, "norun");
  master.runs["r1"];
  ExpectRefused(Run({"tasks", "state", "etl", "r1", "nosuchtask"}), Exit::kNotFound, "nosuchtask");
}

TEST_F(Commands, WhatIsForbiddenSaysSo) {
  ExpectRefused(Run({"pools", "delete", "p"}), Exit::kNotPermitted, "Op");
}

TEST_F(Commands, WrongUsageIsNamedWithWhatWasMeant) {
  ExpectRefused(Run({"dags", "trigge", "etl"}), Exit::kUsage, "did you mean 'trigger'?");
  ExpectRefused(Run({"dag", "list"}), Exit::kUsage, "did you mean 'dags'?");
  ExpectRefused(Run({"dags", "frobnicate"}), Exit::kUsage, "frobnicate");
  ExpectRefused(Run({"dags", "trigger"}), Exit::kUsage, "dag_id");
  ExpectRefused(Run({"dags", "list", "--wrong"}), Exit::kUsage, "--wrong");
  ExpectRefused(Run({"dags", "list", "-o", "xml"}), Exit::kUsage, "xml");
  ExpectRefused(Run({"dags", "list-runs", "--limit", "0"}), Exit::kUsage, "limit");
  ExpectRefused(Run({"triggerer"}), Exit::kUsage, "triggerer");
  ExpectRefused(Run({"tasks", "test", "etl", "a"}), Exit::kUsage, "gale dags trigger");
  ExpectRefused(Run({"users", "reset-password", "ann"}), Exit::kUsage, "gale users set");
  ExpectRefused(Run({"users", "set", "ann"}), Exit::kUsage, "--role");
  ExpectRefused(Run({"tokens", "create", "ci"}), Exit::kUsage, "--user");
  ExpectRefused(Run({"tokens", "create", "ci", "--user", "ann", "--expires-in", "soon"}),
                Exit::kUsage, "90d");
  ExpectRefused(Run({"master", "--roles", "dags"}), Exit::kUsage, "scheduler");
  ExpectRefused(Run({"master", "--roles", "scheduler,ui"}), Exit::kUsage, "'ui'");
  ExpectRefused(Run({"scheduler", "-D"}), Exit::kUsage, "systemd");
  ExpectRefused(Run({"--wrong", "dags"}), Exit::kUsage, "--wrong");
}

TEST_F(Commands, AirflowsOldNamesWork) {
  EXPECT_EQ(Run({"list_dags", "-o", "json"}).out, Run({"dags", "list", "-o", "json"}).out);
  EXPECT_EQ(Run({"trigger_dag", "etl", "-r", "old", "-e", "2020-02-09"}).code, 0);
  EXPECT_TRUE(master.runs.contains("old"));
}

TEST_F(Commands, AirflowsNamesStandBehindGlobalOptions) {
  const std::string config = home.path() + "/airflow.cfg";
  std::ofstream(config) << "[core]\nexecutor = LocalExecutor\n";
  EXPECT_THAT(Run({"--config", config, "initdb"}).out, HasSubstr("schema version"));
  EXPECT_THAT(Run({"--config=" + config, "celery", "flower"}).out,
              HasSubstr("/api/gale/v1/workers"));
  EXPECT_EQ(Run({"flower", "-p", "5555"}).code, 0);
  EXPECT_THAT(Run({"dag-processor"}).out, HasSubstr("gale scheduler"));
}

TEST_F(Commands, TheFirstOfSeveralMastersThatAnswersIsAsked) {
  const std::string server = "127.0.0.1:" + std::to_string(home.ServeTcp(master));
  EXPECT_EQ(Run({"dags", "list", "--server", "127.0.0.1:1," + server}).code, 0);
  ExpectRefused(Run({"dags", "list", "--server", "127.0.0.1:1,127.0.0.1:2"}), Exit::kUnreachable,
                "127.0.0.1:1, 127.0.0.1:2");
  ExpectRefused(Run({"dags", "list", "--server", server + ",nohost"}), Exit::kUsage, "host:port");
}

TEST_F(Commands, WhatOnlyTheLeaderCanDoIsAskedOfTheLeader) {
  FakeMaster leader;
  leader.AddDag("etl");
  master.leader = "127.0.0.1:" + std::to_string(home.ServeTcp(leader));
  leader.token_needed = master.leader_token = "of-a-minute";
  const Said said = Run({"dags", "trigger", "etl", "-r", "r1", "--wait"});
  EXPECT_EQ(said.code, 0) << said.err;
  EXPECT_TRUE(leader.runs.contains("r1"));
  EXPECT_FALSE(master.runs.contains("r1"));

  // A leader that is gone, too: one try, and its name.
  master.leader = "127.0.0.1:1";
  ExpectRefused(Run({"dags", "trigger", "etl", "-r", "r2"}), Exit::kUnreachable, "127.0.0.1:1");
}

TEST(CommandsWithoutAMaster, SayWhereItWouldBe) {
  Home home;
  const Said said = home.Run({"dags", "list"});
  EXPECT_EQ(said.code, static_cast<int>(Exit::kUnreachable));
  EXPECT_EQ(
      said.err,
      fmt::format(
          "gale: no master answers at {}/run/gale.sock: is `gale standalone` or `gale master` "
          "running with this home?\n",
          home.path()));
  const Said missing = home.Run({"dags", "list", "--home", home.path() + "/nowhere"});
  EXPECT_EQ(missing.code, static_cast<int>(Exit::kNotFound));
  EXPECT_THAT(missing.err, HasSubstr("nowhere"));
  const Said remote = home.Run({"dags", "list", "--server", "127.0.0.1:1"});
  EXPECT_EQ(remote.code, static_cast<int>(Exit::kUnreachable)) << remote.err;
  EXPECT_THAT(remote.err, HasSubstr("127.0.0.1:1"));
  EXPECT_EQ(home.Run({"dags", "list", "--server", "nohost"}).code, static_cast<int>(Exit::kUsage));
}

TEST(LocalCommands, ShowSettingsAndWhereTheyComeFrom) {
  Home home;
  std::ofstream(home.path() + "/gale.cfg") << "[core]\nparallelism = 7\n";
  EXPECT_EQ(home.Run({"config", "get-value", "core", "parallelism"}).out, "7\n");
  const Said list = home.Run({"config", "list", "--section", "core", "-o", "plain"});
  EXPECT_THAT(list.out, HasSubstr("gale.cfg:2"));
  const Said unknown = home.Run({"config", "get-value", "core", "paralelism"});
  EXPECT_EQ(unknown.code, static_cast<int>(Exit::kNotFound));
  EXPECT_THAT(unknown.err, HasSubstr("parallelism"));
}

TEST(LocalCommands, ShowNoPasswords) {
  Home home;
  std::ofstream(home.path() + "/gale.cfg")
      << "[database]\nsql_alchemy_conn = mysql://u:s3cret@db:3306/gale\n"
         "[celery]\nbroker_url = redis://:s3cr@t@redis:6379/0\n";
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{"info"}, {"config", "list"}}) {
    const Said said = home.Run(words);
    EXPECT_EQ(said.code, 0) << said.err;
    EXPECT_THAT(said.out, HasSubstr("mysql://u:***@db:3306/gale"));
    EXPECT_THAT(said.out, ::testing::Not(HasSubstr("s3cr")));
  }
}

TEST(LocalCommands, TheDatabaseIsMadeCheckedAndNumbered) {
  Home home;
  EXPECT_EQ(home.Run({"db", "check"}).code, static_cast<int>(Exit::kNotFound));
  EXPECT_EQ(home.Run({"db", "init"}).code, 0);  // Airflow's old name of migrate
  EXPECT_EQ(home.Run({"db", "check"}).code, 0);
  EXPECT_GE(std::stoi(home.Run({"db", "version"}).out), 1);
  std::ofstream(home.path() + "/gale.db")
      << "this is no database, and longer than a header of one ...."
         "..............................................";
  EXPECT_NE(home.Run({"db", "check"}).code, 0);
}

TEST(Help, EveryCommandHasAnExampleAndOwnHelp) {
  Home home;
  std::set<std::string_view> paths;
  for (const Command& command : AllCommands()) {
    EXPECT_TRUE(paths.insert(command.path).second) << command.path;
    EXPECT_THAT(std::string(command.examples), HasSubstr("gale " + std::string(command.path)));
    std::vector<std::string> words;
    std::istringstream path{std::string(command.path)};
    for (std::string word; path >> word;) words.push_back(word);
    words.push_back("-h");
    const Said said = home.Run(words);
    EXPECT_EQ(said.code, 0) << command.path << said.err;
    EXPECT_THAT(said.out, HasSubstr(std::string(command.examples)));
  }
}

TEST(Help, TheBareProgramShowsWhatThereIsAndIsWrongUsage) {
  Home home;
  EXPECT_EQ(home.Run({}).code, static_cast<int>(Exit::kUsage));
  EXPECT_EQ(home.Run({"-h"}).code, 0);
  EXPECT_EQ(home.Run({"dags", "-h"}).code, 0);
  EXPECT_THAT(home.Run({"-h"}).out, HasSubstr("standalone"));
  EXPECT_THAT(home.Run({"dags"}).out, HasSubstr("list-import-errors"));
}

TEST(Help, CompletionIsAScriptThatBashTakes) {
  Home home;
  const std::string path = home.path() + "/completion";
  std::ofstream(path) << CompletionScript(false);
  const std::string command = fmt::format(
      "bash -c 'source {} && COMP_WORDS=(gale dags tri) COMP_CWORD=2 && _gale && "
      "[[ ${{COMPREPLY[*]}} == trigger ]]'",
      path);
  EXPECT_EQ(std::system(command.c_str()), 0);
}

}  // namespace
}  // namespace gale::cli
