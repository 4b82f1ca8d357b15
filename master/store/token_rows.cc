#include "master/store/token_rows.h"

#include "common/base/limits.h"
#include "master/store/sql_reads.h"
#include "master/store/sql_table.h"

namespace gale {
namespace {

constexpr SqlTable<TokenRow> kTokens = {"api_token", kTokenColumns};
constexpr SqlTable<EndedSessionRow> kEnded = {"ended_session", kEndedSessionColumns};
constexpr SqlTable<UserRow> kUsers = {"user", kUserColumns};

Status AddToken(Sql& sql, const TokenRow& token) {
  // Held until the transaction ends: two who add don't pass the limit, and nobody removes him meanwhile.
  std::vector<UserRow> users;
  SqlQuery user(kUsers.by_key(), token.user);
  GALE_RETURN_IF_ERROR(SelectRows(sql, kUsers, user.Add(sql.for_update()), users));
  if (users.empty()) return NotFound("there is no user '{}'", token.user);
  GALE_ASSIGN_OR_RETURN(
      const size_t same,
      ReadCount(sql, SqlQuery("SELECT count(*) FROM api_token WHERE `user` = ? AND name = ?",
                              token.user, token.name)));
  if (same > 0)
    return AlreadyExists("there is already a token '{}' of '{}'", token.name, token.user);
  GALE_ASSIGN_OR_RETURN(
      const size_t all,
      ReadCount(sql, SqlQuery("SELECT count(*) FROM api_token WHERE `user` = ?", token.user)));
  if (all >= limits::kTokensOfUserMax) {
    return ResourceExhausted("'{}' has {} tokens (kTokensOfUserMax): delete one first", token.user,
                             all);
  }
  return InsertRow(sql, kTokens, token, /*anew=*/false);
}

Status AddEnded(Sql& sql, const EndedSessionRow& session, TimePoint now) {
  GALE_RETURN_IF_ERROR(
      sql.Run("DELETE FROM ended_session WHERE expires_at < ?", {ToSql(now - kEndedSessionKept)}));
  GALE_ASSIGN_OR_RETURN(
      const size_t all,
      ReadCount(sql,
                SqlQuery("SELECT count(*) FROM ended_session WHERE `user` = ?", session.user)));
  if (all >= limits::kEndedSessionsOfUserMax) {
    return ResourceExhausted(
        "'{}' has ended {} sessions that would be valid still (kEndedSessionsOfUserMax); a new "
        "password ends all",
        session.user, all);
  }
  return InsertRow(sql, kEnded, session, /*anew=*/false);
}

class SqlTokenRows : public TokenRows {
 public:
  SqlTokenRows(SqlDoor read, SqlDoor write) : read_(std::move(read)), write_(std::move(write)) {}

  Status Add(const TokenRow& token, const EventRow& event) override {
    GALE_RETURN_IF_ERROR(CheckRow(token));
    GALE_RETURN_IF_ERROR(CheckRow(event));
    return write_([&](Sql& sql) -> Status {
      GALE_RETURN_IF_ERROR(AddToken(sql, token));
      return InsertEvent(sql, event);
    });
  }

  Result<Page<TokenRow>> List(const std::string& user, const PageQuery& query) override {
    SqlFilter filter;
    if (!user.empty()) filter.Add("`user` = ?", user);
    SqlQuery rest = filter.where();
    rest.Add(fmt::format(" ORDER BY `user`, name LIMIT {} OFFSET {}", query.limit, query.offset));
    SqlQuery count("SELECT count(*) FROM api_token");
    count.Add(filter.where());
    Page<TokenRow> page;
    GALE_RETURN_IF_ERROR(read_([&](Sql& sql) -> Status {
      GALE_ASSIGN_OR_RETURN(page.total, ReadCount(sql, count));
      return SelectRows(sql, kTokens, rest, page.rows);
    }));
    return page;
  }

  Result<TokenRow> Remove(const std::string& id, const std::string& user,
                          const EventRow& event) override {
    std::vector<TokenRow> rows;
    GALE_RETURN_IF_ERROR(write_([&](Sql& sql) -> Status {
      SqlQuery query(kTokens.by_key(), id);
      GALE_RETURN_IF_ERROR(SelectRows(sql, kTokens, query.Add(sql.for_update()), rows));
      if (rows.empty() || (!user.empty() && rows.front().user != user)) {
        return NotFound("there is no token '{}'{}", id, user.empty() ? "" : " of yours");
      }
      GALE_RETURN_IF_ERROR(sql.Run("DELETE FROM api_token WHERE id = ?", {ToSql(id)}));
      EventRow told = event;
      told.extra = Describe(rows.front());
      GALE_RETURN_IF_ERROR(CheckRow(told));
      return InsertEvent(sql, told);
    }));
    return std::move(rows.front());
  }

  Result<std::optional<TokenHolder>> Holder(const std::string& id) override {
    std::optional<TokenHolder> found;
    const SqlQuery query(
        "SELECT t.id, t.`user`, t.name, t.hash, t.created_at, t.expires_at, t.last_used_at,"
        " u.password_hash, u.role FROM api_token t JOIN `user` u ON u.name = t.`user`"
        " WHERE t.id = ?",
        id);
    GALE_RETURN_IF_ERROR(read_([&](Sql& sql) {
      found.reset();
      return sql.Query(query, [&](SqlRow& row) {
        TokenRow& t = found.emplace().token;
        UserRow& u = found->user;
        row.Read(t.id, t.user, t.name, t.hash, t.created_at, t.expires_at, t.last_used_at,
                 u.password_hash, u.role);
        u.name = t.user;
      });
    }));
    return found;
  }

  Status NoteUse(const std::string& id, TimePoint when) override {
    return write_([&](Sql& sql) {
      return sql.Run(
          "UPDATE api_token SET last_used_at = ? WHERE id = ? AND"
          " (last_used_at IS NULL OR last_used_at <= ?)",
          {ToSql(when), ToSql(id), ToSql(when - kTokenUseEvery)});
    });
  }

  Result<std::optional<SessionHolder>> SessionOf(const std::string& user,
                                                 const std::string& session_id) override {
    std::optional<SessionHolder> found;
    const SqlQuery query(
        "SELECT name, password_hash, role, (SELECT count(*) FROM ended_session WHERE id = ?)"
        " FROM `user` WHERE name = ?",
        session_id, user);
    GALE_RETURN_IF_ERROR(read_([&](Sql& sql) {
      found.reset();
      return sql.Query(query, [&](SqlRow& row) {
        UserRow& u = found.emplace().user;
        row.Read(u.name, u.password_hash, u.role, found->ended);
      });
    }));
    return found;
  }

  Status EndSession(const EndedSessionRow& session, TimePoint now) override {
    GALE_RETURN_IF_ERROR(CheckRow(session));
    return write_([&](Sql& sql) { return AddEnded(sql, session, now); });
  }

 private:
  const SqlDoor read_, write_;
};

}  // namespace

std::unique_ptr<TokenRows> MakeTokenRows(SqlDoor read, SqlDoor write) {
  return std::make_unique<SqlTokenRows>(std::move(read), std::move(write));
}

}  // namespace gale
