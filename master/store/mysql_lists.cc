// Listings with filters, orders and pages.
#include "master/store/list_orders.h"
#include "master/store/mysql_store.h"
#include "master/store/row_columns.h"

namespace gale::mysql {
namespace {

// A WHERE clause that grows.
class Filter {
 public:
  template <class... T>
  void Add(std::string_view condition, const T&... values) {
    where_ += where_.empty() ? " WHERE " : " AND ";
    where_ += Bind(condition, values...);
  }
  // `condition` of any of `values`; empty: all rows.
  template <class T>
  void AddAny(std::string_view condition, const std::vector<T>& values) {
    if (values.empty()) return;
    std::string any;
    for (const T& value : values) {
      any += any.empty() ? "(" : " OR ";
      any += Bind(condition, value);
    }
    where_ += fmt::format("{}{})", where_.empty() ? " WHERE " : " AND ", any);
  }
  const std::string& where() const { return where_; }

 private:
  std::string where_;
};

struct Listing {
  std::string_view table, columns, key;
  std::span<const OrderColumn> orders;
};

// Total and page, from one snapshot.
template <class Row>
Result<Page<Row>> ReadPage(Connection& db, const std::string& count, const std::string& select) {
  Transaction snapshot(db);
  GALE_RETURN_IF_ERROR(snapshot.BeginSnapshot());
  Page<Row> page;
  {
    GALE_ASSIGN_OR_RETURN(Rows rows, db.Query(count));
    if (rows.Next()) rows.Read(page.total);
  }
  {
    GALE_ASSIGN_OR_RETURN(Rows rows, db.Query(select));
    while (rows.Next()) rows.ReadRow(Columns(page.rows.emplace_back()));
  }
  GALE_RETURN_IF_ERROR(snapshot.Commit());
  return page;
}

struct PageSql {
  std::string count, select;
};
Result<PageSql> MakeSql(const Listing& listing, const Filter& filter, const PageQuery& query) {
  GALE_ASSIGN_OR_RETURN(std::string order,
                        OrderClause(query.order_by, listing.orders, listing.key));
  return PageSql{
      fmt::format("SELECT COUNT(*) FROM {}{}", listing.table, filter.where()),
      fmt::format("SELECT {} FROM {}{} ORDER BY {} LIMIT {} OFFSET {}", QuoteNames(listing.columns),
                  listing.table, filter.where(), order, query.limit, query.offset)};
}

}  // namespace

Result<Page<DagRow>> MySqlStore::ListDags(const DagQuery& query) {
  Filter filter;
  if (!query.id_pattern.empty()) {
    filter.Add("LOCATE(LOWER(?), LOWER(dag_id)) > 0", query.id_pattern);
  }
  std::vector<std::string> tags;  // as JSON has them
  for (const std::string& tag : query.tags) tags.push_back(EncodeList({tag}));
  filter.AddAny("JSON_CONTAINS(tags, ?)", tags);
  if (query.paused) filter.Add("is_paused = ?", *query.paused);
  if (!query.include_stale) filter.Add("is_stale = 0");
  GALE_ASSIGN_OR_RETURN(const PageSql sql,
                        MakeSql({"dag", kDagColumns, "dag_id", kDagOrders}, filter, query));
  return WithReader([&](Connection& db) { return ReadPage<DagRow>(db, sql.count, sql.select); });
}

Result<Page<RunRow>> MySqlStore::ListRuns(const RunQuery& query) {
  Filter filter;
  if (!query.dag_id.empty()) filter.Add("dag_id = ?", query.dag_id);
  if (!query.run_id.empty()) filter.Add("run_id = ?", query.run_id);
  filter.AddAny("state = ?", query.states);
  filter.AddAny("type = ?", query.types);
  if (query.logical_date_gte) filter.Add("logical_date >= ?", *query.logical_date_gte);
  if (query.logical_date_lte) filter.Add("logical_date <= ?", *query.logical_date_lte);
  if (query.run_after_gte) filter.Add("run_after >= ?", *query.run_after_gte);
  if (query.run_after_lte) filter.Add("run_after <= ?", *query.run_after_lte);
  GALE_ASSIGN_OR_RETURN(const PageSql sql,
                        MakeSql({"dag_run", kRunColumns, "run_key", kRunOrders}, filter, query));
  return WithReader([&](Connection& db) { return ReadPage<RunRow>(db, sql.count, sql.select); });
}

Result<Page<EventRow>> MySqlStore::ListEvents(const PageQuery& query) {
  GALE_ASSIGN_OR_RETURN(const PageSql sql,
                        MakeSql({"event_log", kEventColumns, "id", kEventOrders}, Filter(), query));
  return WithReader([&](Connection& db) { return ReadPage<EventRow>(db, sql.count, sql.select); });
}

}  // namespace gale::mysql
