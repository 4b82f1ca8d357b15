#include "master/secrets/rotation.h"

#include <gmock/gmock.h>

#include "tests/unit/master/secrets/world.h"

namespace gale {
namespace {

class RotationTest : public SecretsWorld {
 protected:
  void Fill(int variables) {
    std::vector<Variable> many;
    for (int i = 0; i < variables; ++i) many.push_back({fmt::format("v{}", i), "hush", ""});
    GALE_CHECK(secrets_->PutVariables(many, OnExisting::kKeep, "me").ok());
    Connection connection;
    connection.conn_id = "c";
    connection.conn_type = "http";
    connection.password = "hush";
    GALE_CHECK(secrets_->PutConnection(connection, "me").ok());
  }
  void ExpectAllOpen(Secrets& secrets, int variables) {
    for (int i = 0; i < variables; ++i) {
      const auto variable = secrets.GetVariable(fmt::format("v{}", i));
      EXPECT_TRUE(variable.ok() && variable->value == "hush") << i;
    }
    EXPECT_EQ(secrets.GetConnection("c")->password, "hush");
  }
  std::string KeyNow() { return store_->GetSetting("secrets_key")->value(); }
  Result<Rotated> Rotate(const std::function<bool()>& step = {},
                         std::vector<std::string> others = {}) {
    return RotateSealKey(*store_, files_, key_file(), others, step);
  }

  std::unique_ptr<Secrets> secrets_ = Master();
};

TEST_F(RotationTest, SealsEverythingByANewKeyBesideARunningMaster) {
  Fill(50);
  const std::string former = KeyNow();
  const Rotated rotated = Rotate([&] {
                            EXPECT_TRUE(secrets_->PutVariable({"v3", "hush", ""}, "me").ok());
                            return true;
                          }).value();
  EXPECT_EQ(rotated.variables + rotated.connections, 50u) << "v3 was sealed anew before";
  EXPECT_FALSE(rotated.resumed);
  EXPECT_NE(KeyNow(), former);
  EXPECT_EQ(KeyNow(), rotated.key_id);
  EXPECT_TRUE(store_->variables().NotSealedBy(rotated.key_id, "", 1)->empty());
  ExpectAllOpen(*secrets_, 50);

  EXPECT_EQ(*ForgetSealKeys(*store_, files_, key_file()), 1u);
  EXPECT_EQ(ReadKeyFile(files_, key_file())->ids(), std::vector<std::string>{rotated.key_id});
  ExpectAllOpen(*Master(), 50);
}

// Whatever transaction it is killed after.
TEST_F(RotationTest, OneThatWasKilledGoesOnWhereItStopped) {
  Fill(50);
  for (int stop_after = 1; stop_after <= 4; ++stop_after) {
    int steps = 0;
    const auto stopped = Rotate([&] { return ++steps < stop_after; });
    ExpectAllOpen(*secrets_, 50);
    if (stopped.ok()) continue;
    const std::string target = KeyNow();
    EXPECT_EQ(ForgetSealKeys(*store_, files_, key_file()).status().code(),
              stop_after == 4 ? Code::kOk : Code::kFailedPrecondition)
        << stop_after;
    if (stop_after == 4) break;  // it was at its last
    const auto resumed = Rotate();
    ASSERT_TRUE(resumed.ok()) << resumed.status().ToString();
    EXPECT_TRUE(resumed->resumed);
    EXPECT_EQ(resumed->key_id, target) << "no further key";
    EXPECT_TRUE(store_->variables().NotSealedBy(target, "", 1)->empty());
  }
  ExpectAllOpen(*Master(), 50);
}

TEST_F(RotationTest, OneThatDiedBeforeTheLedgerKnewTheKeyUsesIt) {
  Fill(1);
  const std::string prepared = PrepareSealKey(*store_, files_, key_file()).value();
  EXPECT_NE(prepared, KeyNow());
  EXPECT_EQ(*PrepareSealKey(*store_, files_, key_file()), prepared);
  ASSERT_TRUE(secrets_->PutVariable({"w", "1", ""}, "me").ok());
  EXPECT_NE(store_->variables().Get("w")->value().sealed_by, prepared) << "others may lack it";
  EXPECT_EQ(Rotate()->key_id, prepared);
  ExpectAllOpen(*secrets_, 1);
}

TEST_F(RotationTest, WithOtherMastersAKeyMustHaveBeenPrepared) {
  Fill(1);
  const std::string former = KeyNow();
  EXPECT_EQ(
      Rotate({}, {"m2", "m3"}).status().message(),
      fmt::format("other masters use this database (m2, m3): `gale secrets rotate --prepare` puts "
                  "a new key into '{}'; copy that file to them, then `gale secrets rotate`",
                  key_file()));
  EXPECT_EQ(KeyNow(), former);
  EXPECT_EQ(ReadKeyFile(files_, key_file())->ids().size(), 1u);
  ASSERT_TRUE(PrepareSealKey(*store_, files_, key_file()).ok());
  EXPECT_TRUE(Rotate({}, {"m2"}).ok());
}

TEST_F(RotationTest, WhatCannotBeOpenedIsNamedAndHoldsNobodyUp) {
  Fill(30);
  VariableRow bad = store_->variables().Get("v7")->value();
  bad.value = "AAAA";
  ASSERT_TRUE(store_->variables().Write({{bad}}, KeyNow()).ok());
  for (int i = 0; i < 2; ++i) {
    const Rotated rotated = Rotate().value();
    EXPECT_FALSE(rotated.resumed);
    EXPECT_EQ(rotated.variables, 29u);
    EXPECT_THAT(rotated.left,
                testing::ElementsAre(testing::StartsWith("variable 'v7': its value doesn't open")));
  }
}

TEST_F(RotationTest, WhoHasLostTheKeyBeginsWithANewOne) {
  Fill(2);
  EXPECT_EQ(ReplaceLostSealKey(*store_, files_, key_file()).status().code(),
            Code::kFailedPrecondition);
  ASSERT_TRUE(files_.Remove(key_file()).ok());
  auto secrets = Master();
  EXPECT_EQ(secrets->PutVariable({"new", "1", ""}, "me").code(), Code::kFailedPrecondition);
  const auto fresh = ReplaceLostSealKey(*store_, files_, key_file());
  EXPECT_EQ(*fresh, KeyNow());
  EXPECT_TRUE(secrets->PutVariable({"new", "1", ""}, "me").ok());
  EXPECT_EQ(secrets->GetVariable("v0").status().code(), Code::kFailedPrecondition);
  EXPECT_TRUE(secrets->PutVariable({"v0", "again", ""}, "me").ok());
  EXPECT_EQ(secrets->GetVariable("v0")->value, "again");
  EXPECT_TRUE(secrets->DeleteVariable("v1", "me").ok());
}

TEST_F(RotationTest, WithoutSecretsOrWithoutTheKeyNothingIsDone) {
  EXPECT_EQ(Rotate().status().code(), Code::kFailedPrecondition);
  Fill(1);
  ASSERT_TRUE(files_.Remove(key_file()).ok());
  const Status status = Rotate().status();
  EXPECT_EQ(status.code(), Code::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), testing::HasSubstr("copy that file"));
  EXPECT_FALSE(files_.Exists(key_file()));
}

}  // namespace
}  // namespace gale
