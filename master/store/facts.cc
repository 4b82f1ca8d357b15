// Small tables: users, settings, masters. A new one is a row, its columns (row_columns.h), its bounds
// (bounds.cc), a migration, and a few lines here.
#include "master/store/bounds.h"
#include "master/store/row_columns.h"
#include "master/store/sql_store.h"

namespace gale {
namespace {

// A table whose first column is its key.
template <class Row>
struct Table {
  const char* name;
  const char* columns;
};
constexpr Table<UserRow> kUsers = {"user", kUserColumns};
constexpr Table<MasterRow> kMasters = {"master", kMasterColumns};

struct SettingRow {
  std::string key, value;
};
constexpr Table<SettingRow> kSettings = {"setting", "key, value"};
template <class Row>
requires std::same_as<std::remove_const_t<Row>, SettingRow>
auto Columns(Row& r) { return std::tie(r.key, r.value); }
Status CheckRow(const SettingRow& row) { return CheckSetting(row.key, row.value); }
std::string Describe(const SettingRow& row) { return fmt::format("setting '{}'", row.key); }

template <class Row>
std::vector<SqlValue> Values(const Row& row) {
  return std::apply([](const auto&... members) { return std::vector<SqlValue>{ToSql(members)...}; },
                    Columns(row));
}

// `anew`: a row that is there gets these values; else it is left as it is.
template <class Row>
Status Insert(Sql& sql, const Table<Row>& table, const Row& row, bool anew) {
  std::vector<std::string_view> names = SplitNames(table.columns);
  const std::string_view key = names.front();
  const std::string insert = fmt::format("INSERT INTO {} ({}) VALUES ({})", QuoteName(table.name),
                                         QuoteNames(table.columns), Marks(names.size()));
  names.erase(names.begin());
  if (!anew) names.clear();
  return sql.Run(insert + sql.OnConflict(key, names), Values(row)).WithContext(Describe(row));
}

template <class Row>
Status Select(Sql& sql, const Table<Row>& table, const std::string& rest,
              const std::vector<SqlValue>& values, std::vector<Row>& rows) {
  rows.clear();
  return sql.Query(
      fmt::format("SELECT {} FROM {}{}", QuoteNames(table.columns), QuoteName(table.name), rest),
      values, [&](SqlRow& row) { row.ReadRow(Columns(rows.emplace_back())); });
}

template <class Row>
std::string ByKey(const Table<Row>& table) {
  return fmt::format(" WHERE {} = ?", QuoteName(SplitNames(table.columns).front()));
}

}  // namespace

Status SqlStore::PutMaster(const MasterRow& master) {
  GALE_RETURN_IF_ERROR(CheckRow(master));
  return WriteSql([&](Sql& sql) { return Insert(sql, kMasters, master, /*anew=*/true); });
}

Result<std::vector<MasterRow>> SqlStore::ListMasters() {
  std::vector<MasterRow> rows;
  GALE_RETURN_IF_ERROR(
      ReadSql([&](Sql& sql) { return Select(sql, kMasters, " ORDER BY name", {}, rows); }));
  return rows;
}

Result<std::optional<UserRow>> SqlStore::GetUser(const std::string& name) {
  std::vector<UserRow> rows;
  GALE_RETURN_IF_ERROR(
      ReadSql([&](Sql& sql) { return Select(sql, kUsers, ByKey(kUsers), {name}, rows); }));
  return rows.empty() ? std::nullopt : std::optional(rows.front());
}

Status SqlStore::PutUser(const UserRow& user) {
  GALE_RETURN_IF_ERROR(CheckRow(user));
  return WriteSql([&](Sql& sql) { return Insert(sql, kUsers, user, /*anew=*/true); });
}

Result<UserRow> SqlStore::AddUser(const UserRow& user) {
  GALE_RETURN_IF_ERROR(CheckRow(user));
  GALE_RETURN_IF_ERROR(
      WriteSql([&](Sql& sql) { return Insert(sql, kUsers, user, /*anew=*/false); }));
  GALE_ASSIGN_OR_RETURN(std::optional<UserRow> now, GetUser(user.name));
  if (now) return *std::move(now);
  return Aborted("user '{}' was removed while it was added", user.name);
}

Result<std::optional<std::string>> SqlStore::GetSetting(const std::string& key) {
  std::vector<SettingRow> rows;
  GALE_RETURN_IF_ERROR(
      ReadSql([&](Sql& sql) { return Select(sql, kSettings, ByKey(kSettings), {key}, rows); }));
  return rows.empty() ? std::nullopt : std::optional(rows.front().value);
}

Status SqlStore::PutSetting(const std::string& key, const std::string& value) {
  const SettingRow row{key, value};
  GALE_RETURN_IF_ERROR(CheckRow(row));
  return WriteSql([&](Sql& sql) { return Insert(sql, kSettings, row, /*anew=*/true); });
}

Result<std::string> SqlStore::AddSetting(const std::string& key, const std::string& value) {
  const SettingRow row{key, value};
  GALE_RETURN_IF_ERROR(CheckRow(row));
  GALE_RETURN_IF_ERROR(
      WriteSql([&](Sql& sql) { return Insert(sql, kSettings, row, /*anew=*/false); }));
  GALE_ASSIGN_OR_RETURN(std::optional<std::string> now, GetSetting(key));
  if (now) return *std::move(now);
  return Aborted("setting '{}' was removed while it was added", key);
}

}  // namespace gale
