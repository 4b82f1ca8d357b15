// The contract's first part: who may write, and whose schema it is.
#include "tests/contract/store_contract.h"

#include "tests/contract/sample_rows.h"

namespace gale {
namespace {

using namespace testing_rows;  // NOLINT

// Leadership.

TEST_P(StoreContract, EachLeadershipHasALargerEpoch) {
  auto next = store_->AcquireLeadership({.owner = "another"});
  ASSERT_TRUE(next.ok());
  EXPECT_GT(*next, epoch_);
}

TEST_P(StoreContract, ADeposedMasterCanNotWrite) {
  const Epoch ours = epoch_;
  ASSERT_TRUE(store_->AcquireLeadership({.owner = "another"}).ok());
  Status status = store_->Commit(ours, {.runs = {SparseRun(1, "d", "r")}});
  EXPECT_EQ(status.code(), Code::kAborted);
  EXPECT_NE(status.message().find("another master leads (epoch"), std::string::npos)
      << status.message();
  EXPECT_EQ(store_->reads().GetRun("d", "r").status().code(), Code::kNotFound);
  // An empty commit tells it too.
  EXPECT_EQ(store_->Commit(ours, {}).code(), Code::kAborted);
}

TEST_P(StoreContract, AnEpochThatWasNeverGivenCanNotWrite) {
  EXPECT_EQ(store_->Commit(Epoch(epoch_.value + 1), {}).code(), Code::kAborted);
  EXPECT_EQ(store_->Commit(Epoch(0), {}).code(), Code::kAborted);
  EXPECT_TRUE(Commit({}).ok());
}

TEST_P(StoreContract, AClaimOnAnOldSightOfTheLeaderChangesNothing) {
  const LeaderRow seen = *store_->GetLeader();
  EXPECT_EQ(seen.epoch, epoch_);
  ASSERT_TRUE(store_->RenewLeadership(epoch_).ok());
  const LeaderClaim claim{.owner = "b", .instance = "b's home", .seen = seen};
  EXPECT_EQ(store_->AcquireLeadership(claim).status().code(), Code::kAborted);
  EXPECT_TRUE(Commit({}).ok()) << "we still lead";

  const LeaderClaim again{.owner = "b", .instance = "b's home", .seen = *store_->GetLeader()};
  auto epoch = store_->AcquireLeadership(again);
  ASSERT_TRUE(epoch.ok()) << epoch.status().ToString();
  const LeaderRow now = *store_->GetLeader();
  EXPECT_EQ(now.epoch, *epoch);
  EXPECT_EQ(now.owner, "b");
  EXPECT_EQ(now.instance, "b's home");
  EXPECT_GT(now.beat, seen.beat) << "a takeover is a sign of life";
  EXPECT_EQ(store_->AcquireLeadership(again).status().code(), Code::kAborted) << "one wins";
}

TEST_P(StoreContract, ADeposedLeaderCanNeitherRenewNorRelease) {
  auto next = store_->AcquireLeadership({.owner = "next"});
  const LeaderRow before = *store_->GetLeader();
  EXPECT_EQ(store_->RenewLeadership(epoch_).code(), Code::kAborted);
  EXPECT_TRUE(store_->ReleaseLeadership(epoch_).ok());
  EXPECT_EQ(store_->GetLeader()->owner, "next");
  EXPECT_EQ(store_->GetLeader()->beat, before.beat);
  ASSERT_TRUE(store_->ReleaseLeadership(*next).ok());
  EXPECT_EQ(store_->GetLeader()->owner, "");
  EXPECT_EQ(store_->GetLeader()->epoch, *next);
}

TEST_P(StoreContract, MastersAreKnownByNameAsTheyLastSaid) {
  MasterRow a{"a", "home-a", "10.0.0.1:8081", "http://10.0.0.1:8080", "0.1", At(1), At(2)};
  MasterRow b{"b", "home-b", "10.0.0.2:8081", "http://10.0.0.2:8080", "0.1", At(3), At(4)};
  for (const MasterRow& row : {b, a}) ASSERT_TRUE(store_->PutMaster(row).ok());
  a.seen_at = At(9);
  ASSERT_TRUE(store_->PutMaster(a).ok());
  auto all = store_->ListMasters();
  ASSERT_TRUE(all.ok()) << all.status().ToString();
  ASSERT_EQ(all->size(), 2u);
  EXPECT_EQ((*all)[0].name, "a");
  EXPECT_EQ((*all)[0].seen_at, At(9));
  EXPECT_EQ((*all)[1].rest, "http://10.0.0.2:8080");
}

TEST_P(StoreContract, BeforeAnybodyLeadsNobodyCanWrite) {
  auto world = GetParam().make_world();
  auto store = world->OpenFirst();
  ASSERT_TRUE(store->Migrate().ok());
  EXPECT_EQ(store->Commit(Epoch(0), {.runs = {SparseRun(1, "d", "r")}}).code(), Code::kAborted);
}

TEST_P(StoreContract, MigratingAgainChangesNothing) {
  MustCommit({.pools = {{.name = "default_pool", .slots = 5}}, .pool_deletes = {}});
  ASSERT_TRUE(store_->Migrate().ok());
  auto live = store_->LoadLive();
  ASSERT_EQ(live->pools.size(), 1u);
  EXPECT_EQ(live->pools.front().slots, 5);
  EXPECT_TRUE(Commit({}).ok()) << "we still lead";
}

TEST_P(StoreContract, BeforeTheMigrationEverythingSaysWhatToRun) {
  auto world = GetParam().make_world();
  auto store = world->OpenFirst();
  for (const Status& status : {store->Commit(Epoch(1), {}), store->LoadLive().status(),
                               store->AcquireLeadership({.owner = "me"}).status()}) {
    EXPECT_EQ(status.code(), Code::kFailedPrecondition) << status.ToString();
    EXPECT_NE(status.message().find("gale db migrate"), std::string::npos) << status.message();
  }
}

}  // namespace
}  // namespace gale
