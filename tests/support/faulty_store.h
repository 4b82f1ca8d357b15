// A store whose commits and reads fail when the test wants it: a decorator over a real one.
#pragma once

#include <functional>
#include <memory>
#include <utility>

#include "master/store/store.h"
#include "tests/support/faulty_reads.h"

namespace gale {

enum class Fault {
  kNone,
  kFailBefore,  // UNAVAILABLE, and nothing was done
  kFailAfter,   // UNAVAILABLE, though it was committed: the answer got lost
};

// Thread-safe as far as `hook` is. What Commit's inner store refuses itself is passed on.
class FaultyStore : public Store {
 public:
  using Hook = std::function<Fault(const CommitBatch&)>;

  // A row that is refused, though the inner store would take it; INVALID_ARGUMENT or another of
  // IsRefused. OK: none.
  struct Refusal {
    Status why;
    BatchRow row;
  };
  std::function<Refusal(const CommitBatch&)> refuse;

  // Called before each read but LoadLive, by whoever reads; may block. Set before use.
  std::function<void()> on_read;

  // Doesn't own `inner`, which must outlive it.
  FaultyStore(Store& inner, Hook hook, FaultyReads::Hook reads = {})
      : inner_(inner),
        hook_(std::move(hook)),
        reads_(inner.loader(), [this, reads = std::move(reads)] {
          if (on_read) on_read();
          return reads ? reads() : OkStatus();
        }) {}

  Status Commit(Epoch epoch, const CommitBatch& batch, BatchRow* refused = nullptr) override {
    if (refuse) {
      if (Refusal refusal = refuse(batch); !refusal.why.ok()) {
        if (refused != nullptr) *refused = refusal.row;
        return refusal.why;
      }
    }
    const Fault fault = hook_ ? hook_(batch) : Fault::kNone;
    if (fault == Fault::kFailBefore) return Unavailable("injected fault: nothing was committed");
    Status status = inner_.Commit(epoch, batch, refused);
    if (fault == Fault::kFailAfter && status.ok()) {
      return Unavailable("injected fault: committed, but the answer was lost");
    }
    return status;
  }

  Result<SchemaState> Check() override { return inner_.Check(); }
  Status Migrate() override { return inner_.Migrate(); }
  Result<Epoch> AcquireLeadership(const LeaderClaim& claim) override {
    return inner_.AcquireLeadership(claim);
  }
  Status RenewLeadership(Epoch epoch) override { return inner_.RenewLeadership(epoch); }
  Status ReleaseLeadership(Epoch epoch) override { return inner_.ReleaseLeadership(epoch); }
  Result<LeaderRow> GetLeader() override { return inner_.GetLeader(); }
  Status PutMaster(const MasterRow& master) override { return inner_.PutMaster(master); }
  Result<std::vector<MasterRow>> ListMasters() override { return inner_.ListMasters(); }
  Status Sync() override { return inner_.Sync(); }
  Result<LiveState> LoadLive() override { return inner_.LoadLive(); }
  Reads& reads() override { return reads_; }
  Reads& loader() override { return reads_; }
  Status PutBlobs(const std::vector<BlobRow>& blobs) override { return inner_.PutBlobs(blobs); }
  Result<std::vector<std::string>> MissingBlobs(const std::vector<std::string>& digests) override {
    return inner_.MissingBlobs(digests);
  }
  Result<std::string> GetBlob(const std::string& digest) override { return inner_.GetBlob(digest); }
  Result<std::optional<UserRow>> GetUser(const std::string& name) override {
    return inner_.GetUser(name);
  }
  Status PutUser(const UserRow& user) override { return inner_.PutUser(user); }
  Result<UserRow> AddUser(const UserRow& user) override { return inner_.AddUser(user); }
  Result<std::vector<UserRow>> ListUsers() override { return inner_.ListUsers(); }
  Status WriteUser(const UserWrite& write) override { return inner_.WriteUser(write); }
  Result<bool> SetFavorite(const FavoriteRow& row, bool favorite) override {
    return inner_.SetFavorite(row, favorite);
  }
  Result<std::optional<std::string>> GetSetting(const std::string& key) override {
    return inner_.GetSetting(key);
  }
  Status PutSetting(const std::string& key, const std::string& value) override {
    return inner_.PutSetting(key, value);
  }
  Result<std::string> AddSetting(const std::string& key, const std::string& value) override {
    return inner_.AddSetting(key, value);
  }
  SecretRows<VariableRow>& variables() override { return inner_.variables(); }
  SecretRows<ConnectionRow>& connections() override { return inner_.connections(); }
  TokenRows& tokens() override { return inner_.tokens(); }

 private:
  Store& inner_;
  Hook hook_;
  FaultyReads reads_;
};

}  // namespace gale
