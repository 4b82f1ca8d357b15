// What every database does alike, written once over the SQL seam: the tables that people edit, and
// that masters write of themselves.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "master/store/sql.h"
#include "master/store/store.h"

namespace gale {

class SqlStore : public Store {
 public:
  Status PutMaster(const MasterRow& master) final;
  Result<std::vector<MasterRow>> ListMasters() final;
  Result<std::optional<UserRow>> GetUser(const std::string& name) final;
  Status PutUser(const UserRow& user) final;
  Result<UserRow> AddUser(const UserRow& user) final;
  Result<std::optional<std::string>> GetSetting(const std::string& key) final;
  Status PutSetting(const std::string& key, const std::string& value) final;
  Result<std::string> AddSetting(const std::string& key, const std::string& value) final;

 protected:
  using Act = std::function<Status(Sql&)>;
  // From one snapshot, or none: what was committed before. May be repeated.
  virtual Status ReadSql(const Act& act) = 0;
  // In one write transaction, undone if `act` fails. May be repeated.
  virtual Status WriteSql(const Act& act) = 0;
};

}  // namespace gale
