// Users, and what they have marked: written by any master, beside the engine.
#include "common/base/limits.h"
#include "master/store/sql_store.h"
#include "master/store/sql_table.h"

namespace gale {
namespace {

constexpr SqlTable<UserRow> kUsers = {"user", kUserColumns};
constexpr std::string_view kAdmin = "Admin";

Status Add(Sql& sql, const UserRow& user) {
  std::vector<UserRow> there;
  GALE_RETURN_IF_ERROR(SelectRows(sql, kUsers, SqlQuery(kUsers.by_key(), user.name), there));
  if (!there.empty()) return AlreadyExists("there is already a user '{}'", user.name);
  GALE_ASSIGN_OR_RETURN(const size_t all, ReadCount(sql, SqlQuery("SELECT count(*) FROM `user`")));
  if (all >= limits::kUsersMax) {
    return ResourceExhausted("there are {} users already (kUsersMax)", all);
  }
  return InsertRow(sql, kUsers, user, /*anew=*/false);
}

// Of one that is there.
Status ChangeOrRemove(Sql& sql, const UserWrite& write) {
  // All of them are locked, so that two who leave one another as the last Admin don't both do it.
  std::vector<UserRow> admins, there;
  SqlQuery wanted(" WHERE role = ? OR name = ?", kAdmin, write.user.name);
  std::vector<UserRow> found;
  GALE_RETURN_IF_ERROR(SelectRows(sql, kUsers, wanted.Add(sql.for_update()), found));
  for (const UserRow& row : found) {
    if (row.role == kAdmin) admins.push_back(row);
    if (row.name == write.user.name) there.push_back(row);
  }
  if (there.empty()) return NotFound("there is no user '{}'", write.user.name);
  UserRow row = there.front();
  const bool remove = write.what == UserWrite::What::kRemove;
  const bool demoted = !write.user.role.empty() && write.user.role != kAdmin;
  if (row.role == kAdmin && admins.size() == 1 && (remove || demoted)) {
    return FailedPrecondition("'{}' is the last Admin: make another one first", row.name);
  }
  if (remove) {
    GALE_RETURN_IF_ERROR(sql.Run("DELETE FROM dag_favorite WHERE `user` = ?", {ToSql(row.name)}));
    GALE_RETURN_IF_ERROR(sql.Run("DELETE FROM api_token WHERE `user` = ?", {ToSql(row.name)}));
    return sql.Run("DELETE FROM `user` WHERE name = ?", {ToSql(row.name)});
  }
  if (!write.user.role.empty()) row.role = write.user.role;
  if (!write.user.password_hash.empty()) row.password_hash = write.user.password_hash;
  return InsertRow(sql, kUsers, row, /*anew=*/true);
}

}  // namespace

Result<std::vector<UserRow>> SqlStore::ListUsers() {
  std::vector<UserRow> rows;
  GALE_RETURN_IF_ERROR(
      ReadSql([&](Sql& sql) { return SelectRows(sql, kUsers, SqlQuery(" ORDER BY name"), rows); }));
  return rows;
}

Status SqlStore::WriteUser(const UserWrite& write) {
  UserRow checked = write.user;
  if (checked.role.empty()) checked.role = kAdmin;  // as it is: not written
  GALE_RETURN_IF_ERROR(CheckRow(checked));
  GALE_RETURN_IF_ERROR(CheckRow(write.event));
  return WriteSql([&](Sql& sql) -> Status {
    GALE_RETURN_IF_ERROR(write.what == UserWrite::What::kAdd ? Add(sql, write.user)
                                                             : ChangeOrRemove(sql, write));
    return InsertEvent(sql, write.event);
  });
}

Result<bool> SqlStore::SetFavorite(const FavoriteRow& row, bool favorite) {
  GALE_RETURN_IF_ERROR(CheckRow(row));
  const std::vector<SqlValue> values = {ToSql(row.user), ToSql(row.dag_id)};
  bool changed = false;
  GALE_RETURN_IF_ERROR(WriteSql([&](Sql& sql) -> Status {
    SqlQuery query("SELECT count(*) FROM dag_favorite WHERE `user` = ? AND dag_id = ?", row.user,
                   row.dag_id);
    GALE_ASSIGN_OR_RETURN(const size_t there, ReadCount(sql, query.Add(sql.for_update())));
    changed = (there > 0) != favorite;
    if (!changed) return OkStatus();
    return sql.Run(favorite ? "INSERT INTO dag_favorite (`user`, dag_id) VALUES (?, ?)"
                            : "DELETE FROM dag_favorite WHERE `user` = ? AND dag_id = ?",
                   values);
  }));
  return changed;
}

}  // namespace gale
