// What every Store promises (store.h), as tests over a factory. An implementation's own test file
// instantiates the suite:
//   GALE_INSTANTIATE_STORE_CONTRACT(Mysql, testing::Values(StoreBackend{"mysql", MakeWorld}));
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>

#include "master/store/store.h"

namespace gale {

// A column that holds text, as the schema has it.
struct SchemaText {
  std::string table, column;
  size_t bytes_max = SIZE_MAX;  // or characters
};

// A place that holds one database, empty at first and gone with the world.
class StoreWorld {
 public:
  virtual ~StoreWorld() = default;
  // Another store on the same database, not migrated; nullptr if this kind can't have a second one.
  virtual std::unique_ptr<Store> Open() = 0;
  // The first store's; the same as Open() unless the kind can only ever have one.
  virtual std::unique_ptr<Store> OpenFirst() { return Open(); }
  // Of the migrated database; empty if this kind can't be looked into.
  virtual std::vector<SchemaText> TextColumns() { return {}; }
};

struct StoreBackend {
  std::string name;
  std::function<std::unique_ptr<StoreWorld>()> make_world;
};
inline void PrintTo(const StoreBackend& backend, std::ostream* out) { *out << backend.name; }
inline std::string BackendName(const testing::TestParamInfo<StoreBackend>& info) {
  return info.param.name;
}

// A migrated store whose leader we are.
class StoreContract : public testing::TestWithParam<StoreBackend> {
 protected:
  void SetUp() override {
    world_ = GetParam().make_world();
    store_ = world_->OpenFirst();
    ASSERT_NE(store_, nullptr);
    ASSERT_TRUE(store_->Migrate().ok());
    Result<Epoch> epoch = store_->AcquireLeadership({.owner = "test"});
    ASSERT_TRUE(epoch.ok()) << epoch.status().ToString();
    epoch_ = *epoch;
  }
  Status Commit(const CommitBatch& batch) { return store_->Commit(epoch_, batch); }
  void MustCommit(const CommitBatch& batch) {
    Status status = Commit(batch);
    ASSERT_TRUE(status.ok()) << status.ToString();
  }

  std::unique_ptr<StoreWorld> world_;
  std::unique_ptr<Store> store_;
  Epoch epoch_;
};

// The same, with a few DAGs, runs and events to list.
class StoreListing : public StoreContract {
 protected:
  void SetUp() override;
  // The ids of the page's rows, and the total: "r1 r2 of 6".
  std::string Runs(const RunQuery& query);
  std::string Dags(const DagQuery& query);
};

// The runs of store_contract_views.cc.
class StoreViews : public StoreContract {
 protected:
  void SetUp() override;
};

// Runs the contract for testing::Values(StoreBackend{...}, ...).
#define GALE_INSTANTIATE_STORE_CONTRACT(Name, backends)                 \
  INSTANTIATE_TEST_SUITE_P(Name, StoreContract, backends, BackendName); \
  INSTANTIATE_TEST_SUITE_P(Name, StoreListing, backends, BackendName);  \
  INSTANTIATE_TEST_SUITE_P(Name, StoreViews, backends, BackendName)

}  // namespace gale
