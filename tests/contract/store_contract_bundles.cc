// The contract's part about bundles: DAG code by digest, and which version's is which.
#include "common/base/limits.h"
#include "tests/contract/sample_rows.h"
#include "tests/contract/store_contract.h"

namespace gale {
namespace {

using namespace testing_rows;  // NOLINT

std::string Digest(char letter) { return std::string(64, letter); }

TEST_P(StoreContract, ABlobComesBackByteForByteAndIsNeverChanged) {
  const std::string bytes("\0'\\\xff\n%s", 8);
  ASSERT_TRUE(store_->PutBlobs({{Digest('a'), bytes, At(1)}, {Digest('b'), "", At(1)}}).ok());
  EXPECT_EQ(*store_->GetBlob(Digest('a')), bytes);
  EXPECT_EQ(*store_->GetBlob(Digest('b')), "");
  ASSERT_TRUE(store_->PutBlobs({{Digest('a'), "other", At(2)}, {Digest('c'), "new", At(2)}}).ok());
  EXPECT_EQ(*store_->GetBlob(Digest('a')), bytes);
  EXPECT_EQ(*store_->GetBlob(Digest('c')), "new");
  const Status missing = store_->GetBlob(Digest('d')).status();
  EXPECT_EQ(missing.code(), Code::kNotFound);
  EXPECT_NE(missing.message().find(Digest('d')), std::string::npos) << missing.message();
}

TEST_P(StoreContract, ALargeBlobIsTaken) {
  std::string bytes(limits::kBundleFileBytesMax, '\0');
  for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>((i * 2654435761u) >> 13);
  ASSERT_TRUE(store_->PutBlobs({{Digest('a'), bytes, At(1)}, {Digest('b'), bytes, At(1)}}).ok());
  EXPECT_TRUE(*store_->GetBlob(Digest('b')) == bytes);
}

TEST_P(StoreContract, MissingBlobsAreThoseThatAreNotThereInTheirOrder) {
  ASSERT_TRUE(store_->PutBlobs({{Digest('a'), "1", At(1)}, {Digest('c'), "2", At(1)}}).ok());
  EXPECT_EQ(*store_->MissingBlobs({Digest('d'), Digest('c'), Digest('b'), Digest('a')}),
            (std::vector<std::string>{Digest('d'), Digest('b')}));
  EXPECT_TRUE(store_->MissingBlobs({})->empty());
  EXPECT_TRUE(store_->PutBlobs({}).ok());
}

TEST_P(StoreContract, AVersionKeepsTheBundleThatItIsGivenUntilAnotherIs) {
  EXPECT_EQ(store_->LoadLive()->bundle, "");
  MustCommit({.dags = {SparseDag("d", 2)},
              .dag_versions = {Version("d", 1), Version("d", 2)},
              .bundle = Digest('a'),
              .version_bundles = {{"d", 1, Digest('b')}}});
  EXPECT_EQ(store_->LoadLive()->bundle, Digest('a'));
  EXPECT_EQ(store_->reads().GetDagVersion("d", 1)->bundle, Digest('b'));
  EXPECT_EQ(store_->reads().GetDagVersion("d", 2)->bundle, "");

  MustCommit(
      {.bundle = Digest('c'), .version_bundles = {{"d", 1, Digest('a')}, {"d", 2, Digest('b')}}});
  EXPECT_EQ(store_->LoadLive()->bundle, Digest('c'));
  EXPECT_EQ(store_->LoadLive()->versions[0].bundle, Digest('b'));
  EXPECT_EQ(store_->reads().GetDagVersion("d", 1)->bundle, Digest('a'));
  MustCommit({.version_bundles = {{"d", 2, ""}}});
  EXPECT_EQ(store_->reads().GetDagVersion("d", 2)->bundle, "");
  EXPECT_EQ(store_->LoadLive()->bundle, Digest('c')) << "a batch without one changes nothing";
}

}  // namespace
}  // namespace gale
