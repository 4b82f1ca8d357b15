#include "master/store/secret_rows.h"

#include "master/store/list_orders.h"
#include "master/store/sql_reads.h"
#include "master/store/sql_table.h"

namespace gale {
namespace {

struct Variables {
  using Row = VariableRow;
  static constexpr SqlTable<Row> kTable = {"variable", kVariableColumns};
  static constexpr std::string_view kSeal = "value";
  static std::span<const OrderColumn> orders() { return kVariableOrders; }
  static const std::string& KeyOf(const Row& row) { return row.key; }
};
struct Connections {
  using Row = ConnectionRow;
  static constexpr SqlTable<Row> kTable = {"connection", kConnectionColumns};
  static constexpr std::string_view kSeal = "password";
  static std::span<const OrderColumn> orders() { return kConnectionOrders; }
  static const std::string& KeyOf(const Row& row) { return row.conn_id; }
};

Status AddEvent(Sql& sql, const std::optional<EventRow>& event) {
  return event ? InsertEvent(sql, *event) : OkStatus();
}

template <class Traits>
class SqlSecretRows : public SecretRows<typename Traits::Row> {
 public:
  using Row = Traits::Row;

  SqlSecretRows(SqlDoor read, SqlDoor write) : read_(std::move(read)), write_(std::move(write)) {}

  Result<std::optional<Row>> Get(const std::string& key) override {
    GALE_ASSIGN_OR_RETURN(std::vector<Row> rows, Select(SqlQuery(kTable.by_key(), key)));
    return rows.empty() ? std::nullopt : std::optional(std::move(rows.front()));
  }

  Result<Page<Row>> List(const SecretQuery& query) override {
    const std::string key = QuoteName(kTable.key());
    GALE_ASSIGN_OR_RETURN(const std::string order,
                          OrderClause(query.order_by, Traits::orders(), key));
    SqlFilter filter;
    if (!query.pattern.empty()) {
      filter.Add(fmt::format("instr(lower({}), lower(?)) > 0", key), query.pattern);
    }
    SqlFilter page_filter = filter;
    if (!query.after.empty()) page_filter.Add(fmt::format("{} > ?", key), query.after);
    SqlQuery rest = page_filter.where();
    rest.Add(fmt::format(" ORDER BY {} LIMIT {} OFFSET {}", order, query.limit, query.offset));
    SqlQuery count(fmt::format("SELECT count(*) FROM {}", QuoteName(kTable.name)));
    count.Add(filter.where());
    Page<Row> page;
    GALE_RETURN_IF_ERROR(read_([&](Sql& sql) -> Status {
      page.total = 0;
      if (query.count) {
        GALE_RETURN_IF_ERROR(sql.Query(count, [&](SqlRow& row) { row.Read(page.total); }));
      }
      return SelectRows(sql, kTable, rest, page.rows);
    }));
    return page;
  }

  Result<std::vector<Written>> Write(const std::vector<SecretWrite<Row>>& writes,
                                     const std::string& seal_key) override {
    GALE_CHECK(writes.size() <= kSecretWritesMax);
    for (const SecretWrite<Row>& write : writes) {
      GALE_RETURN_IF_ERROR(CheckRow(write.row));
      if (write.event) GALE_RETURN_IF_ERROR(CheckRow(*write.event));
    }
    std::vector<Written> done;
    GALE_RETURN_IF_ERROR(write_([&](Sql& sql) -> Status {
      done.clear();
      std::string key_now;  // whoever changes it waits for this transaction's end
      GALE_RETURN_IF_ERROR(sql.Query(fmt::format("SELECT value FROM setting WHERE {} = ?{}",
                                                 QuoteName("key"), sql.for_share()),
                                     {ToSql(kSealKeySetting)},
                                     [&](SqlRow& row) { key_now = row.Text(0); }));
      if (key_now != seal_key) return Aborted("the key of the secrets was changed meanwhile");
      for (const SecretWrite<Row>& write : writes) {
        GALE_ASSIGN_OR_RETURN(done.emplace_back(), WriteOne(sql, write));
        if (done.back() == Written::kDone) GALE_RETURN_IF_ERROR(AddEvent(sql, write.event));
      }
      return OkStatus();
    }));
    return done;
  }

  Result<bool> Delete(const std::string& key, const std::optional<EventRow>& event) override {
    if (event) GALE_RETURN_IF_ERROR(CheckRow(*event));
    bool there = false;
    GALE_RETURN_IF_ERROR(write_([&](Sql& sql) -> Status {
      GALE_ASSIGN_OR_RETURN(const std::optional<std::string> seal, Seal(sql, key));
      there = seal.has_value();
      if (!there) return OkStatus();
      GALE_RETURN_IF_ERROR(sql.Run(
          fmt::format("DELETE FROM {}{}", QuoteName(kTable.name), kTable.by_key()), {ToSql(key)}));
      return AddEvent(sql, event);
    }));
    return there;
  }

  Result<std::vector<Row>> NotSealedBy(const std::string& key_id, const std::string& after,
                                       size_t most) override {
    return Select(SqlQuery(fmt::format(" WHERE sealed_by <> ? AND {0} > ? ORDER BY {0} LIMIT {1}",
                                       QuoteName(kTable.key()), most),
                           key_id, after));
  }

 private:
  static constexpr const SqlTable<Row>& kTable = Traits::kTable;

  Result<std::vector<Row>> Select(const SqlQuery& rest) {
    std::vector<Row> rows;
    GALE_RETURN_IF_ERROR(read_([&](Sql& sql) { return SelectRows(sql, kTable, rest, rows); }));
    return rows;
  }

  // Of the row that stands there, held until the transaction ends.
  static Result<std::optional<std::string>> Seal(Sql& sql, const std::string& key) {
    std::optional<std::string> seal;
    GALE_RETURN_IF_ERROR(
        sql.Query(fmt::format("SELECT {} FROM {}{}{}", QuoteName(Traits::kSeal),
                              QuoteName(kTable.name), kTable.by_key(), sql.for_update()),
                  {ToSql(key)}, [&](SqlRow& row) { seal = row.Text(0); }));
    return seal;
  }

  static Result<Written> WriteOne(Sql& sql, const SecretWrite<Row>& write) {
    if (write.before == Before::kNothing) {
      // Looked at afterwards: before, nobody could be kept from adding it.
      GALE_RETURN_IF_ERROR(InsertRow(sql, kTable, write.row, /*anew=*/false));
      GALE_ASSIGN_OR_RETURN(const std::optional<std::string> seal,
                            Seal(sql, Traits::KeyOf(write.row)));
      return seal == SealOf(write.row) ? Written::kDone : Written::kExists;
    }
    if (write.before == Before::kThis) {
      GALE_ASSIGN_OR_RETURN(const std::optional<std::string> seal,
                            Seal(sql, Traits::KeyOf(write.row)));
      if (!seal) return Written::kMissing;
      if (*seal != write.seal) return Written::kChanged;
    }
    GALE_RETURN_IF_ERROR(InsertRow(sql, kTable, write.row, /*anew=*/true));
    return Written::kDone;
  }

  const SqlDoor read_, write_;
};

}  // namespace

std::unique_ptr<SecretRows<VariableRow>> MakeVariableRows(SqlDoor read, SqlDoor write) {
  return std::make_unique<SqlSecretRows<Variables>>(std::move(read), std::move(write));
}
std::unique_ptr<SecretRows<ConnectionRow>> MakeConnectionRows(SqlDoor read, SqlDoor write) {
  return std::make_unique<SqlSecretRows<Connections>>(std::move(read), std::move(write));
}

}  // namespace gale
