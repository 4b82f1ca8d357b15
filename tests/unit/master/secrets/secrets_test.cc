#include "master/secrets/secrets.h"

#include <gmock/gmock.h>

#include "master/secrets/answers.h"
#include "tests/unit/master/secrets/world.h"

namespace gale {
namespace {

using nlohmann::json;
using testing::HasSubstr;

using SecretsTest = SecretsWorld;

Connection Warehouse() {
  Connection connection;
  connection.conn_id = "warehouse";
  connection.conn_type = "postgres";
  connection.host = "db1";
  connection.port = 5432;
  connection.password = "hush";
  connection.extra = R"({"sslmode": "require"})";
  return connection;
}

TEST_F(SecretsTest, AreSealedInTheLedgerAndOpenForWhoAsks) {
  auto secrets = Master();
  ASSERT_TRUE(secrets->PutVariable({"v", "in the clear", "what it is"}, "admin").ok());
  EXPECT_EQ(secrets->GetVariable("v")->value, "in the clear");
  EXPECT_EQ(secrets->GetVariable("v")->description, "what it is");
  EXPECT_THAT(store_->variables().Get("v")->value().value, testing::Not(HasSubstr("in the clear")));

  ASSERT_TRUE(secrets->PutConnection(Warehouse(), "admin").ok());
  EXPECT_EQ(ConnectionToJson(*secrets->GetConnection("warehouse")), ConnectionToJson(Warehouse()));
  const ConnectionRow row = store_->connections().Get("warehouse")->value();
  EXPECT_EQ(row.host, "db1");
  EXPECT_THAT(row.password + row.extra, testing::Not(HasSubstr("hush")));

  // Another process on the same home, and the trail, which holds no values.
  EXPECT_EQ(Master()->GetVariable("v")->value, "in the clear");
  const std::vector<EventRow> events = store_->reads().ListEvents({})->rows;
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[0].event + " " + events[0].extra + " " + events[0].owner,
            "set_variable v admin");
  EXPECT_EQ(events[1].event + " " + events[1].extra, "set_connection warehouse");
}

TEST_F(SecretsTest, OneThatIsMissingIsNamedWithWhatSetsIt) {
  auto secrets = Master();
  EXPECT_EQ(secrets->GetVariable("my_key").status().message(),
            "variable 'my_key' doesn't exist: set it by `gale variables set my_key VALUE`, or as "
            "AIRFLOW_VAR_MY_KEY in the environment");
  EXPECT_EQ(secrets->GetConnection("db").status().message(),
            "connection 'db' doesn't exist: set it by `gale connections set db URI`, or as "
            "AIRFLOW_CONN_DB in the environment");
  EXPECT_EQ(secrets->DeleteVariable("my_key", "me").code(), Code::kNotFound);
  EXPECT_FALSE(files_.Exists(key_file())) << "nothing was written yet";
}

TEST_F(SecretsTest, AMasterWithoutTheKeySaysWhichFileAndWhatToDo) {
  ASSERT_TRUE(Master()->PutVariable({"v", "1", ""}, "me").ok());
  auto other = Master(home_ + "/other.key");
  for (const Status& status : {other->Check(), other->GetVariable("v").status(),
                               other->PutVariable({"w", "2", ""}, "me")}) {
    EXPECT_EQ(status.code(), Code::kFailedPrecondition);
    EXPECT_THAT(std::string(status.message()), HasSubstr(home_ + "/other.key"));
    EXPECT_THAT(std::string(status.message()), HasSubstr("copy that file from the master"));
  }
  const json asked = {{"type", "GetVariable"}, {"key", "v"}};
  EXPECT_EQ((*AnswerSecretsQuestion(*other, asked, "a task"))["error"], "GENERIC_ERROR");
  ASSERT_TRUE(files_.Link(key_file(), home_ + "/other.key").ok());
  EXPECT_TRUE(other->Check().ok()) << "without a restart";
  EXPECT_EQ(other->GetVariable("v")->value, "1");
}

TEST_F(SecretsTest, ManyAreWrittenEachByItself) {
  auto secrets = Master();
  std::vector<Variable> many;
  for (int i = 0; i < 250; ++i) many.push_back({fmt::format("v{}", i), fmt::format("{}", i), ""});
  many[7].key = "";
  const std::vector<Status> done = secrets->PutVariables(many, OnExisting::kKeep, "me").value();
  EXPECT_EQ(done[7].message(), "a variable needs a key");
  EXPECT_EQ(std::ranges::count_if(done, [](const Status& s) { return s.ok(); }), 249);
  EXPECT_EQ(secrets->GetVariable("v249")->value, "249");

  const std::vector<Variable> again = {{"v1", "other", ""}, {"new", "1", ""}};
  EXPECT_EQ(secrets->PutVariables(again, OnExisting::kKeep, "me")->at(0).message(),
            "variable 'v1' exists already");
  EXPECT_EQ(secrets->GetVariable("v1")->value, "1");
  EXPECT_TRUE(secrets->PutVariables(again, OnExisting::kOverwrite, "me")->at(0).ok());
  EXPECT_EQ(secrets->GetVariable("v1")->value, "other");
}

TEST_F(SecretsTest, AChangeStartsFromWhatStandsThere) {
  auto secrets = Master();
  ASSERT_TRUE(secrets->PutVariable({"v", "1", "text"}, "me").ok());
  int calls = 0;
  const auto changed = secrets->ChangeVariable(
      "v",
      [&](Variable& variable) {
        // Somebody else is faster, once.
        if (++calls == 1) {
          EXPECT_TRUE(secrets->PutVariable({"v", "2", "theirs"}, "other").ok());
        }
        variable.value += "+";
        return OkStatus();
      },
      "me");
  EXPECT_EQ(changed->value, "2+");
  EXPECT_EQ(secrets->GetVariable("v")->description, "theirs");
  EXPECT_EQ(calls, 2);
}

TEST_F(SecretsTest, ARowMovedOrChangedInTheDatabaseIsNotTakenForAnother) {
  auto secrets = Master();
  ASSERT_TRUE(secrets->PutVariable({"a", "1", ""}, "me").ok());
  VariableRow row = store_->variables().Get("a")->value();
  const std::string key = row.sealed_by;
  row.key = "b";
  ASSERT_TRUE(store_->variables().Write({{row}}, key).ok());
  EXPECT_EQ(
      secrets->GetVariable("b").status().ToString(),
      "DATA_LOSS: variable 'b': its value doesn't open: it was changed in the database; set it "
      "again");
}

TEST_F(SecretsTest, ATasksQuestionsAreAnsweredAsAirflowsSupervisorDoes) {
  auto secrets = Master();
  auto ask = [&](const json& question) {
    const auto answer = AnswerSecretsQuestion(*secrets, question, "task d.r.t");
    return answer.ok() ? *answer : json(answer.status().ToString());
  };
  EXPECT_EQ(ask({{"type", "PutVariable"}, {"key", "k"}, {"value", "v"}, {"description", nullptr}}),
            (json{{"type", "OKResponse"}, {"ok", true}}));
  EXPECT_EQ(ask({{"type", "GetVariable"}, {"key", "k"}}),
            (json{{"type", "VariableResult"}, {"key", "k"}, {"value", "v"}}));
  EXPECT_EQ(ask({{"type", "DeleteVariable"}, {"key", "k"}}),
            (json{{"type", "OKResponse"}, {"ok", true}}));
  EXPECT_EQ(ask({{"type", "DeleteVariable"}, {"key", "k"}})["ok"], false);
  EXPECT_EQ(ask({{"type", "GetVariable"}, {"key", "k"}})["error"], "VARIABLE_NOT_FOUND");
  EXPECT_EQ(ask({{"type", "GetConnection"}, {"conn_id", "c"}})["error"], "CONNECTION_NOT_FOUND");
  EXPECT_EQ(ask({{"type", "GetConnection"}, {"conn_id", "c"}})["detail"]["conn_id"], "c");
  ASSERT_TRUE(secrets->PutConnection(Warehouse(), "me").ok());
  EXPECT_EQ(ask({{"type", "GetConnection"}, {"conn_id", "warehouse"}}),
            (json{{"type", "ConnectionResult"},
                  {"conn_id", "warehouse"},
                  {"conn_type", "postgres"},
                  {"description", nullptr},
                  {"host", "db1"},
                  {"login", nullptr},
                  {"password", "hush"},
                  {"schema", nullptr},
                  {"port", 5432},
                  {"extra", R"({"sslmode": "require"})"}}));
  for (const json& bad : {json(), json{{"type", 5}}, json{{"type", "GetVariable"}, {"key", 1}},
                          json{{"type", "GetXCom"}}}) {
    EXPECT_THAT(ask(bad).dump(), HasSubstr("INVALID_ARGUMENT")) << bad;
  }
}

TEST(Masking, WhatWasShownMaskedAndComesBackSoStays) {
  const Masking masking;
  EXPECT_EQ(masking.UnmaskVariable("db_password", "***", "hush"), "hush");
  EXPECT_EQ(masking.UnmaskVariable("db_password", "new", "hush"), "new");
  EXPECT_EQ(masking.UnmaskVariable("stars", "***", "hush"), "***");
  EXPECT_EQ(Masking::UnmaskExtra(R"({"token": "***", "a": [{"secret": "***"}], "x": 1})",
                                 R"({"token": "t", "a": [{"secret": {"s": 1}}]})"),
            R"({"a":[{"secret":{"s":1}}],"token":"t","x":1})");
  for (const char* said : {R"({"token":"new"})", R"({"other":"***"})", "***", "no ***"}) {
    EXPECT_EQ(Masking::UnmaskExtra(said, R"({"token":"t"})"), said);
  }
}

TEST(Masking, GoesByNamesAsAirflowsDoes) {
  const Masking masking("Internal_Id, ,");
  for (const char* name : {"password", "DB_PASSWORD", "my-api_key-2", "Token", "x_secret_y",
                           "aws_private_key", "internal_id", "https_proxy"}) {
    EXPECT_TRUE(masking.IsSensitive(name)) << name;
  }
  for (const char* name : {"", "key", "pass", "host", "extra"}) {
    EXPECT_FALSE(masking.IsSensitive(name)) << name;
  }
  EXPECT_EQ(masking.OfVariable("db_password", "hush"), "***");
  EXPECT_EQ(masking.OfVariable("db_password", ""), "");
  EXPECT_EQ(masking.OfVariable("db", "plain text"), "plain text");
  EXPECT_EQ(masking.OfVariable("db", R"({"a": [{"token": {"x": 1}}], "b":2})"),
            R"({"a":[{"token":"***"}],"b":2})");
  EXPECT_EQ(masking.OfExtra(R"({ "region": "eu" })"), R"({ "region": "eu" })") << "as it is";
  EXPECT_EQ(masking.OfExtra("no JSON"), "no JSON");
  EXPECT_EQ(masking.OfExtra(R"({"secret": null, "token": ""})"),
            R"({"secret": null, "token": ""})");
  const std::string deep = std::string(100'000, '[') + std::string(100'000, ']');
  EXPECT_LT(masking.OfExtra(deep).size(), 100u);
}

}  // namespace
}  // namespace gale
