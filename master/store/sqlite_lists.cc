// Listings with filters, orders and pages.
#include <functional>
#include <span>

#include "master/store/list_orders.h"
#include "master/store/row_columns.h"
#include "master/store/sqlite_store.h"

namespace gale::sqlite {
namespace {

// A WHERE clause that grows, and the values of its marks in the same order. The values must outlive
// it.
class Filter {
 public:
  template <class T>
  void Add(std::string_view condition, const T& value) {
    AddCondition(condition);
    binders_.push_back([&value](Statement& s) { s.BindMore(value); });
  }
  // Any of `values`; empty: all rows.
  template <class T>
  void AddAny(std::string_view before, const std::vector<T>& values, std::string_view after) {
    if (values.empty()) return;
    std::string marks;
    for (const T& value : values) {
      marks += marks.empty() ? "?" : ", ?";
      binders_.push_back([&value](Statement& s) { s.BindMore(value); });
    }
    AddCondition(fmt::format("{}{}{}", before, marks, after));
  }
  void AddCondition(std::string_view condition) {
    where_ += where_.empty() ? " WHERE " : " AND ";
    where_ += condition;
  }
  const std::string& where() const { return where_; }
  void BindTo(Statement& statement) const {
    for (const auto& bind : binders_) bind(statement);
  }

 private:
  std::string where_;
  std::vector<std::function<void(Statement&)>> binders_;
};

struct Listing {
  std::string_view table, columns, key;
  std::span<const OrderColumn> orders;
};

// Total and page, from one snapshot.
template <class Row>
Result<Page<Row>> ListPage(Database& db, const Listing& listing, const Filter& filter,
                           const PageQuery& query) {
  GALE_ASSIGN_OR_RETURN(std::string order,
                        OrderClause(query.order_by, listing.orders, listing.key));
  Transaction snapshot(db);
  GALE_RETURN_IF_ERROR(snapshot.Begin(Transaction::Kind::kRead));
  Page<Row> page;
  {
    GALE_ASSIGN_OR_RETURN(Statement count, db.Prepare(fmt::format("SELECT count(*) FROM {}{}",
                                                                  listing.table, filter.where())));
    filter.BindTo(count);
    GALE_RETURN_IF_ERROR(count.Step().status());
    count.Read(page.total);
  }
  {
    GALE_ASSIGN_OR_RETURN(Statement select,
                          db.Prepare(fmt::format(
                              "SELECT {} FROM {}{} ORDER BY {} LIMIT {} OFFSET {}", listing.columns,
                              listing.table, filter.where(), order, query.limit, query.offset)));
    filter.BindTo(select);
    for (;;) {
      GALE_ASSIGN_OR_RETURN(bool more, select.Step());
      if (!more) break;
      select.ReadRow(Columns(page.rows.emplace_back()));
    }
  }
  GALE_RETURN_IF_ERROR(snapshot.Commit());
  return page;
}

}  // namespace

Result<Page<DagRow>> SqliteStore::ListDags(const DagQuery& query) {
  Filter filter;
  if (!query.id_pattern.empty()) filter.Add("instr(lower(dag_id), lower(?)) > 0", query.id_pattern);
  filter.AddAny("EXISTS (SELECT 1 FROM json_each(dag.tags) WHERE value IN (", query.tags, "))");
  if (query.paused) filter.Add("is_paused = ?", *query.paused);
  if (!query.include_stale) filter.AddCondition("is_stale = 0");
  GALE_ASSIGN_OR_RETURN(Reader db, Read());
  return ListPage<DagRow>(*db, {"dag", kDagColumns, "dag_id", kDagOrders}, filter, query);
}

Result<Page<RunRow>> SqliteStore::ListRuns(const RunQuery& query) {
  Filter filter;
  if (!query.dag_id.empty()) filter.Add("dag_id = ?", query.dag_id);
  if (!query.run_id.empty()) filter.Add("run_id = ?", query.run_id);
  filter.AddAny("state IN (", query.states, ")");
  filter.AddAny("type IN (", query.types, ")");
  if (query.logical_date_gte) filter.Add("logical_date >= ?", *query.logical_date_gte);
  if (query.logical_date_lte) filter.Add("logical_date <= ?", *query.logical_date_lte);
  if (query.run_after_gte) filter.Add("run_after >= ?", *query.run_after_gte);
  if (query.run_after_lte) filter.Add("run_after <= ?", *query.run_after_lte);
  GALE_ASSIGN_OR_RETURN(Reader db, Read());
  return ListPage<RunRow>(*db, {"dag_run", kRunColumns, "run_key", kRunOrders}, filter, query);
}

Result<Page<EventRow>> SqliteStore::ListEvents(const PageQuery& query) {
  GALE_ASSIGN_OR_RETURN(Reader db, Read());
  return ListPage<EventRow>(*db, {"event_log", kEventColumns, "id", kEventOrders}, Filter(), query);
}

}  // namespace gale::sqlite
