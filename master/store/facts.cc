// Small tables: users, settings, masters. A new one is a row, its columns (row_columns.h), its bounds
// (bounds.cc), a migration, and a few lines here.
#include "master/store/sql_store.h"
#include "master/store/sql_table.h"

namespace gale {
namespace {

constexpr SqlTable<UserRow> kUsers = {"user", kUserColumns};
constexpr SqlTable<MasterRow> kMasters = {"master", kMasterColumns};

struct SettingRow {
  std::string key, value;
};
constexpr SqlTable<SettingRow> kSettings = {"setting", "key, value"};
template <class Row>
requires std::same_as<std::remove_const_t<Row>, SettingRow>
auto Columns(Row& r) { return std::tie(r.key, r.value); }
Status CheckRow(const SettingRow& row) { return CheckSetting(row.key, row.value); }
std::string Describe(const SettingRow& row) { return fmt::format("setting '{}'", row.key); }

}  // namespace

SqlStore::SqlStore()
    : variables_(MakeVariableRows([this](const Act& act) { return ReadSql(act); },
                                  [this](const Act& act) { return WriteSql(act); })),
      connections_(MakeConnectionRows([this](const Act& act) { return ReadSql(act); },
                                      [this](const Act& act) { return WriteSql(act); })),
      tokens_(MakeTokenRows([this](const Act& act) { return ReadSql(act); },
                            [this](const Act& act) { return WriteSql(act); })) {}

Status SqlStore::PutMaster(const MasterRow& master) {
  GALE_RETURN_IF_ERROR(CheckRow(master));
  return WriteSql([&](Sql& sql) { return InsertRow(sql, kMasters, master, /*anew=*/true); });
}

Result<std::vector<MasterRow>> SqlStore::ListMasters() {
  std::vector<MasterRow> rows;
  GALE_RETURN_IF_ERROR(ReadSql(
      [&](Sql& sql) { return SelectRows(sql, kMasters, SqlQuery(" ORDER BY name"), rows); }));
  return rows;
}

Result<std::optional<UserRow>> SqlStore::GetUser(const std::string& name) {
  std::vector<UserRow> rows;
  GALE_RETURN_IF_ERROR(ReadSql(
      [&](Sql& sql) { return SelectRows(sql, kUsers, SqlQuery(kUsers.by_key(), name), rows); }));
  return rows.empty() ? std::nullopt : std::optional(rows.front());
}

Status SqlStore::PutUser(const UserRow& user) {
  GALE_RETURN_IF_ERROR(CheckRow(user));
  return WriteSql([&](Sql& sql) { return InsertRow(sql, kUsers, user, /*anew=*/true); });
}

Result<UserRow> SqlStore::AddUser(const UserRow& user) {
  GALE_RETURN_IF_ERROR(CheckRow(user));
  GALE_RETURN_IF_ERROR(
      WriteSql([&](Sql& sql) { return InsertRow(sql, kUsers, user, /*anew=*/false); }));
  GALE_ASSIGN_OR_RETURN(std::optional<UserRow> now, GetUser(user.name));
  if (now) return *std::move(now);
  return Aborted("user '{}' was removed while it was added", user.name);
}

Result<std::optional<std::string>> SqlStore::GetSetting(const std::string& key) {
  std::vector<SettingRow> rows;
  GALE_RETURN_IF_ERROR(ReadSql([&](Sql& sql) {
    return SelectRows(sql, kSettings, SqlQuery(kSettings.by_key(), key), rows);
  }));
  return rows.empty() ? std::nullopt : std::optional(rows.front().value);
}

Status SqlStore::PutSetting(const std::string& key, const std::string& value) {
  const SettingRow row{key, value};
  GALE_RETURN_IF_ERROR(CheckRow(row));
  return WriteSql([&](Sql& sql) { return InsertRow(sql, kSettings, row, /*anew=*/true); });
}

Result<std::string> SqlStore::AddSetting(const std::string& key, const std::string& value) {
  const SettingRow row{key, value};
  GALE_RETURN_IF_ERROR(CheckRow(row));
  GALE_RETURN_IF_ERROR(
      WriteSql([&](Sql& sql) { return InsertRow(sql, kSettings, row, /*anew=*/false); }));
  GALE_ASSIGN_OR_RETURN(std::optional<std::string> now, GetSetting(key));
  if (now) return *std::move(now);
  return Aborted("setting '{}' was removed while it was added", key);
}

}  // namespace gale
