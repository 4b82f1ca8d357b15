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
