// The contract's part of users, what they have marked, and versions' sources.
#include <gmock/gmock.h>

#include <thread>

#include "master/store/clean.h"
#include "tests/contract/sample_rows.h"
#include "tests/contract/store_contract.h"

namespace gale {
namespace {

using namespace testing_rows;  // NOLINT
using testing::ElementsAre;
using testing::IsEmpty;
using What = UserWrite::What;

UserWrite Write(What what, UserRow user) {
  UserWrite write{what, std::move(user), {}};
  write.event.when = At(1);
  write.event.owner = "root";
  write.event.event = "write_user";
  write.event.extra = write.user.name;
  return write;
}

std::string Users(Store& store) {
  std::string all;
  for (const std::vector<UserRow> users = store.ListUsers().value(); const UserRow& user : users) {
    all += fmt::format("{}/{}/{} ", user.name, user.password_hash, user.role);
  }
  return all;
}

TEST_P(StoreContract, UsersAreAddedChangedAndRemovedEachWithItsEvent) {
  ASSERT_TRUE(store_->WriteUser(Write(What::kAdd, {"root", "h", "Admin"})).ok());
  ASSERT_TRUE(store_->WriteUser(Write(What::kAdd, {"ana", "h", "Viewer"})).ok());
  EXPECT_EQ(Users(*store_), "ana/h/Viewer root/h/Admin ");
  EXPECT_EQ(store_->WriteUser(Write(What::kAdd, {"ana", "x", "Op"})).code(), Code::kAlreadyExists);
  ASSERT_TRUE(store_->WriteUser(Write(What::kChange, {"ana", "", "Op"})).ok());
  ASSERT_TRUE(store_->WriteUser(Write(What::kChange, {"ana", "h2", ""})).ok());
  EXPECT_EQ(Users(*store_), "ana/h2/Op root/h/Admin ");
  EXPECT_EQ(store_->WriteUser(Write(What::kChange, {"bo", "", "Op"})).code(), Code::kNotFound);
  EXPECT_EQ(store_->WriteUser(Write(What::kRemove, {"bo", "", ""})).code(), Code::kNotFound);
  EXPECT_EQ(store_->WriteUser(Write(What::kAdd, {"bo", "h", "Emperor"})).code(),
            Code::kInvalidArgument);
  ASSERT_TRUE(store_->WriteUser(Write(What::kRemove, {"ana", "", ""})).ok());
  EXPECT_EQ(Users(*store_), "root/h/Admin ");
  EXPECT_EQ(store_->reads().ListEvents({})->total, 5u) << "what was refused leaves none";
}

TEST_P(StoreContract, OneAdminIsLeft) {
  ASSERT_TRUE(store_->WriteUser(Write(What::kAdd, {"root", "h", "Admin"})).ok());
  for (const UserWrite& write :
       {Write(What::kRemove, {"root", "", ""}), Write(What::kChange, {"root", "", "Op"})}) {
    EXPECT_EQ(store_->WriteUser(write).code(), Code::kFailedPrecondition);
  }
  ASSERT_TRUE(store_->WriteUser(Write(What::kChange, {"root", "h2", "Admin"})).ok());
  ASSERT_TRUE(store_->WriteUser(Write(What::kAdd, {"two", "h", "Admin"})).ok());
  // Each lets the other be the last one.
  std::vector<Status> done(2);
  {
    std::jthread one([&] { done[0] = store_->WriteUser(Write(What::kRemove, {"root", "", ""})); });
    std::jthread two([&] { done[1] = store_->WriteUser(Write(What::kChange, {"two", "", "Op"})); });
  }
  EXPECT_NE(done[0].ok(), done[1].ok()) << done[0].ToString() << ", " << done[1].ToString();
  EXPECT_THAT(Users(*store_), testing::HasSubstr("/Admin "));
}

TEST_P(StoreContract, FavoritesAreAUsersAndGoWithHim) {
  ASSERT_TRUE(store_->WriteUser(Write(What::kAdd, {"ana", "h", "Viewer"})).ok());
  EXPECT_TRUE(store_->SetFavorite({"ana", "b"}, true).value());
  EXPECT_FALSE(store_->SetFavorite({"ana", "b"}, true).value());
  EXPECT_TRUE(store_->SetFavorite({"ana", "a"}, true).value());
  EXPECT_TRUE(store_->SetFavorite({"bo", "a"}, true).value());
  EXPECT_THAT(store_->reads().ListFavorites("ana").value(), ElementsAre("a", "b"));
  EXPECT_TRUE(store_->SetFavorite({"ana", "a"}, false).value());
  EXPECT_FALSE(store_->SetFavorite({"ana", "a"}, false).value());
  EXPECT_THAT(store_->reads().ListFavorites("ana").value(), ElementsAre("b"));
  EXPECT_THAT(store_->reads().ListFavorites("Ana").value(), IsEmpty());
  ASSERT_TRUE(store_->WriteUser(Write(What::kRemove, {"ana", "", ""})).ok());
  EXPECT_THAT(store_->reads().ListFavorites("ana").value(), IsEmpty());
  EXPECT_THAT(store_->reads().ListFavorites("bo").value(), ElementsAre("a"));
}

TokenRow Token(const std::string& id, const std::string& user, const std::string& name) {
  return {id, user, name, "hash of " + id, At(1), {}, {}};
}
EventRow Event(std::string_view what) {
  EventRow event;
  event.when = At(1);
  event.owner = "root";
  event.event = what;
  return event;
}
std::string Tokens(Store& store, const std::string& user) {
  std::string all;
  const Page<TokenRow> page = store.tokens().List(user, {}).value();
  for (const TokenRow& token : page.rows) all += fmt::format("{}/{} ", token.user, token.name);
  return all + std::to_string(page.total);
}

TEST_P(StoreContract, TokensAreAUsersAndGoWithHim) {
  ASSERT_TRUE(store_->WriteUser(Write(What::kAdd, {"ana", "h", "Viewer"})).ok());
  ASSERT_TRUE(store_->WriteUser(Write(What::kAdd, {"bo", "h", "Op"})).ok());
  TokenRows& tokens = store_->tokens();
  TokenRow whole = Token("1", "ana", "ci");
  whole.expires_at = At(9);
  ASSERT_TRUE(tokens.Add(whole, Event("create_token")).ok());
  ASSERT_TRUE(tokens.Add(Token("2", "ana", "backup"), Event("create_token")).ok());
  ASSERT_TRUE(tokens.Add(Token("3", "bo", "ci"), Event("create_token")).ok());
  EXPECT_EQ(tokens.Add(Token("4", "bo", "ci"), Event("x")).code(), Code::kAlreadyExists);
  EXPECT_EQ(tokens.Add(Token("4", "eve", "ci"), Event("x")).code(), Code::kNotFound);
  EXPECT_EQ(Tokens(*store_, "ana"), "ana/backup ana/ci 2");
  EXPECT_EQ(Tokens(*store_, ""), "ana/backup ana/ci bo/ci 3");
  PageQuery second;
  second.limit = second.offset = 1;
  EXPECT_EQ(tokens.List("ana", second)->rows.at(0).name, "ci");

  const std::optional<TokenHolder> held = tokens.Holder("1").value();
  ASSERT_TRUE(held);
  EXPECT_EQ(held->token.hash, "hash of 1");
  EXPECT_EQ(held->token.expires_at, At(9));
  EXPECT_EQ(held->token.last_used_at, std::nullopt);
  EXPECT_EQ(held->user.name + "/" + held->user.role, "ana/Viewer");
  EXPECT_FALSE(tokens.Holder("none")->has_value());

  EXPECT_EQ(tokens.Remove("3", "ana", Event("x")).status().code(), Code::kNotFound);
  EXPECT_EQ(tokens.Remove("none", "", Event("x")).status().code(), Code::kNotFound);
  EXPECT_EQ(tokens.Remove("2", "ana", Event("delete_token"))->name, "backup");
  EXPECT_FALSE(tokens.Holder("2")->has_value());
  EXPECT_EQ(tokens.Remove("3", "", Event("delete_token"))->user, "bo");
  EventQuery deleted;
  deleted.event = {.is = "delete_token"};
  EXPECT_EQ(store_->reads().ListEvents(deleted)->rows.at(0).extra, "token 'backup' of user 'ana'");

  ASSERT_TRUE(store_->WriteUser(Write(What::kRemove, {"ana", "", ""})).ok());
  EXPECT_FALSE(tokens.Holder("1")->has_value());
  EXPECT_EQ(Tokens(*store_, ""), "0");
}

TEST_P(StoreContract, ATokensUseIsNotedOnceAnHour) {
  ASSERT_TRUE(store_->WriteUser(Write(What::kAdd, {"ana", "h", "Viewer"})).ok());
  TokenRows& tokens = store_->tokens();
  ASSERT_TRUE(tokens.Add(Token("1", "ana", "ci"), Event("create_token")).ok());
  const auto used = [&](int64_t seconds) {
    EXPECT_TRUE(tokens.NoteUse("1", At(seconds)).ok());
    return tokens.Holder("1").value()->token.last_used_at.value();
  };
  EXPECT_EQ(used(10), At(10));
  EXPECT_EQ(used(3609), At(10));
  EXPECT_EQ(used(3610), At(3610));
  EXPECT_EQ(used(20), At(3610)) << "another master's clock";
}

TEST_P(StoreContract, AUserHasOnlySoManyTokens) {
  ASSERT_TRUE(store_->WriteUser(Write(What::kAdd, {"ana", "h", "Viewer"})).ok());
  const auto add = [&](size_t number) {
    const std::string name = std::to_string(number);
    return store_->tokens().Add(Token(name, "ana", name), Event("create_token")).code();
  };
  for (size_t i = 0; i < limits::kTokensOfUserMax; ++i) ASSERT_EQ(add(i), Code::kOk);
  EXPECT_EQ(add(limits::kTokensOfUserMax), Code::kResourceExhausted);
}

TEST_P(StoreContract, AnEndedSessionIsKnownUntilItWouldBeOver) {
  ASSERT_TRUE(store_->WriteUser(Write(What::kAdd, {"ana", "h", "Viewer"})).ok());
  TokenRows& tokens = store_->tokens();
  const auto ended = [&](const std::string& id) {
    return tokens.SessionOf("ana", id).value().value().ended;
  };
  EXPECT_FALSE(ended("s"));
  EXPECT_EQ(tokens.SessionOf("ana", "s").value()->user.password_hash, "h");
  EXPECT_FALSE(tokens.SessionOf("eve", "s")->has_value());
  ASSERT_TRUE(tokens.EndSession({"s", "ana", At(100)}, At(10)).ok());
  ASSERT_TRUE(tokens.EndSession({"s", "ana", At(100)}, At(11)).ok()) << "once more";
  EXPECT_TRUE(ended("s"));
  EXPECT_FALSE(ended("t"));
  // A master whose clock is behind may take the token a little longer.
  ASSERT_TRUE(tokens.EndSession({"t", "ana", At(9000)}, At(100 + 3600)).ok());
  EXPECT_TRUE(ended("s"));
  ASSERT_TRUE(tokens.EndSession({"u", "ana", At(9000)}, At(100 + 3601)).ok());
  EXPECT_FALSE(ended("s"));
  EXPECT_TRUE(ended("t"));
  for (size_t i = 2; i < limits::kEndedSessionsOfUserMax; ++i) {
    ASSERT_TRUE(tokens.EndSession({std::to_string(i), "ana", At(9000)}, At(3800)).ok());
  }
  EXPECT_EQ(tokens.EndSession({"more", "ana", At(9000)}, At(3800)).code(),
            Code::kResourceExhausted);
  EXPECT_TRUE(tokens.EndSession({"more", "bo", At(9000)}, At(3800)).ok());
}

TEST_P(StoreContract, AVersionsSourceIsUsedAsLongAsItIsThere) {
  DagVersionRow version = Version("d", 1);
  version.source = std::string(64, 'a');
  MustCommit({.dags = {SparseDag("d")}, .dag_versions = {version, Version("e", 1)}});
  EXPECT_EQ(store_->reads().GetDagVersion("d", 1)->source, version.source);
  EXPECT_EQ(store_->reads().GetDagVersion("e", 1)->source, "");
  EXPECT_EQ(store_->LoadLive()->versions.at(0).source, version.source);
  Cleaning* cleaning = CleaningOf(*store_);
  ASSERT_NE(cleaning, nullptr);
  EXPECT_THAT(cleaning->UsedSources().value(), ElementsAre(version.source));
}

}  // namespace
}  // namespace gale
