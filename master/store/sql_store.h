// What every database does alike, written once over the SQL seam: the tables that people edit (and
// that masters write of themselves), and the cleaning of what is old.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "master/store/clean.h"
#include "master/store/sql.h"
#include "master/store/store.h"

namespace gale {

class SqlStore : public Store, public Cleaning {
 public:
  Status PutMaster(const MasterRow& master) final;
  Result<std::vector<MasterRow>> ListMasters() final;
  Result<std::optional<UserRow>> GetUser(const std::string& name) final;
  Status PutUser(const UserRow& user) final;
  Result<UserRow> AddUser(const UserRow& user) final;
  Result<std::vector<UserRow>> ListUsers() final;
  Status WriteUser(const UserWrite& write) final;
  Result<bool> SetFavorite(const FavoriteRow& row, bool favorite) final;
  Result<std::optional<std::string>> GetSetting(const std::string& key) final;
  Status PutSetting(const std::string& key, const std::string& value) final;
  Result<std::string> AddSetting(const std::string& key, const std::string& value) final;
  SecretRows<VariableRow>& variables() final { return *variables_; }
  SecretRows<ConnectionRow>& connections() final { return *connections_; }
  TokenRows& tokens() final { return *tokens_; }

  Result<std::vector<OldRows>> CountOld(CleanTable table, TimePoint before) final;
  Result<uint64_t> TakeOldRuns(TimePoint before, TimePoint now, OfLeader fence) final;
  Result<std::vector<CleanedRun>> RunsToFinish(TimePoint taken_before) final;
  Result<bool> FinishRun(const CleanedRun& run, OfLeader fence) final;
  Status EndRun(const CleanedRun& run, OfLeader fence) final;
  Result<uint64_t> ForgetRuns(TimePoint taken_before, OfLeader fence) final;
  Result<std::vector<std::string>> UsedBundles() final;
  Result<std::vector<std::string>> UsedSources() final;
  Result<std::vector<std::string>> OldBlobs(TimePoint before, const std::string& after,
                                            size_t most) final;
  Result<uint64_t> RemoveBlobs(const std::vector<std::string>& digests, TimePoint before,
                               OfLeader fence) final;
  Status KeepBlobs(const std::vector<std::string>& digests, TimePoint now) final;
  Result<uint64_t> CleanSome(CleanTable table, TimePoint before, OfLeader fence) final;

 protected:
  using Act = std::function<Status(Sql&)>;
  SqlStore();
  // From one snapshot, or none: what was committed before. May be repeated.
  virtual Status ReadSql(const Act& act) = 0;
  // In one write transaction, undone if `act` fails. May be repeated.
  virtual Status WriteSql(const Act& act) = 0;

 private:
  struct Removal;
  static Removal OldRowsOf(CleanTable table, const Sql& sql);
  static Removal OldNotes();
  Result<uint64_t> Remove(const Removal& what, size_t most, TimePoint before, OfLeader fence);

  const std::unique_ptr<SecretRows<VariableRow>> variables_;
  const std::unique_ptr<SecretRows<ConnectionRow>> connections_;
  const std::unique_ptr<TokenRows> tokens_;
};

}  // namespace gale
