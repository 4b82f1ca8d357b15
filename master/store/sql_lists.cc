// Listings with filters, orders and pages.
#include <algorithm>

#include "master/store/list_orders.h"
#include "master/store/row_columns.h"
#include "master/store/sql_reads.h"

namespace gale {
namespace {

struct Listing {
  std::string_view table, columns, key;
  std::span<const OrderColumn> orders;
  std::string_view hint = {};  // after the table's name, for the page
  bool one_of_each = false;    // of what the first order is by: the key is not needed
  bool without_conf = false;   // "{}" instead
};

// Total, if it is wanted, and rows, from one snapshot.
template <class Row, class Columns>
Result<Page<Row>> Paged(SqlSource& source, const PageQuery& query, const SqlQuery& count,
                        const SqlQuery& select, Columns columns) {
  Page<Row> page;
  auto read = [&](Sql& sql) -> Status {
    page.total = 0;
    if (query.count) {
      GALE_RETURN_IF_ERROR(sql.Query(count, [&](SqlRow& row) { row.Read(page.total); }));
    }
    return ReadRows(sql, select, columns, page.rows);
  };
  GALE_RETURN_IF_ERROR(query.count ? source.ReadSnapshot(read) : source.Read(read));
  return page;
}

// Rows that an offset skips are entries of an index, if the
// order has one: only the page's own rows are read whole. `page_filter`: that of the page, which
// may begin after a key.
template <class Row>
Result<Page<Row>> ListPage(SqlSource& source, const Listing& listing, const SqlFilter& filter,
                           const SqlFilter& page_filter, const PageQuery& query) {
  GALE_ASSIGN_OR_RETURN(const std::string order,
                        OrderClause(query.order_by, listing.orders,
                                    listing.one_of_each ? std::string_view() : listing.key));
  const std::string cut =
      fmt::format(" ORDER BY {} LIMIT {} OFFSET {}", order, query.limit, query.offset);
  SqlQuery count(fmt::format("SELECT count(*) FROM {}", listing.table));
  count.Add(filter.where());
  std::string columns = QuoteNames(listing.columns);
  constexpr std::string_view kConf = "`conf`";
  if (listing.without_conf) columns.replace(columns.find(kConf), kConf.size(), "'{}'");
  SqlQuery select(fmt::format("SELECT {} FROM {}", columns, listing.table));
  if (query.offset == 0) {
    select.Add(listing.hint).Add(page_filter.where()).Add(cut);
  } else {
    select.Add(fmt::format(" JOIN (SELECT {} FROM {}", listing.key, listing.table))
        .Add(listing.hint)
        .Add(page_filter.where())
        .Add(cut)
        .Add(fmt::format(") page USING ({}) ORDER BY {}", listing.key, order));
  }
  return Paged<Row>(source, query, count, select, [](Row& row) { return Columns(row); });
}

// A DAG's runs by key. A server would take another of the DAG's indexes, and sort them all.
std::string_view HintOfDag(SqlDialect dialect) {
  return dialect == SqlDialect::kMySql ? " FORCE INDEX (dag_run_by_dag)" : "";
}

// "run_key > ?", or "<" where the newest come first.
std::string Beyond(std::string_view key, const PageQuery& query) {
  const bool down = !query.order_by.empty() && query.order_by[0].starts_with('-');
  return fmt::format("{} {} ?", key, down ? "<" : ">");
}

auto HeadColumns(RunHead& r) {
  return std::tie(r.id, r.dag_id, r.version, r.type, r.run_after, r.logical_date);
}
auto CountColumns(VersionRuns& r) { return std::tie(r.dag_id, r.version, r.runs, r.tasks); }
auto BriefColumns(TiBrief& r) {
  return std::tie(r.run, r.task, r.map_index, r.state, r.try_number, r.queued_at, r.start_date,
                  r.end_date, r.block_length);
}
auto XComColumns(XComHead& r) { return std::tie(r.run, r.task, r.map_index, r.key, r.timestamp); }
constexpr char kVersionHeadColumns[] = "dag_id, version, hash, created_at";
auto Columns(DagVersionHead& r) { return std::tie(r.dag_id, r.version, r.hash, r.created_at); }

}  // namespace

void SqlFilter::AddScope(const RunScope& scope, SqlDialect dialect) {
  if (!scope.dag_id.empty()) Add("r.dag_id = ?", scope.dag_id);
  if (!scope.run_id.empty()) Add("r.run_id = ?", scope.run_id);
  if (scope.unfinished) AddUnfinished("r.state", "r.run_key", dialect);
}

void SqlFilter::AddUnfinished(std::string_view state, std::string_view key, SqlDialect dialect) {
  Add(fmt::format("{} < 2", state));  // SQLite has an index of these
  if (dialect == SqlDialect::kMySql) Add(fmt::format("{} IN (SELECT run_key FROM live_run)", key));
}

Result<Page<DagRow>> SqlReads::ListDags(const DagQuery& query) {
  SqlFilter filter;
  if (!query.id_pattern.empty()) filter.Add("instr(lower(dag_id), lower(?)) > 0", query.id_pattern);
  if (!query.tags.empty()) {
    SqlQuery any;
    if (source_->dialect() == SqlDialect::kSqlite) {
      any.Add("EXISTS (SELECT 1 FROM json_each(dag.tags) WHERE value IN (")
          .AddList(query.tags)
          .Add("))");
    } else {
      for (const std::string& tag : query.tags) {  // as JSON has it
        any.Add(any.text().empty() ? "(" : " OR ").Add("JSON_CONTAINS(tags, ?)", EncodeList({tag}));
      }
      any.Add(")");
    }
    filter.Add(any);
  }
  if (query.paused) filter.Add("is_paused = ?", *query.paused);
  if (!query.include_stale) filter.Add("is_stale = 0");
  SqlFilter page = filter;
  if (!query.after.empty()) page.Add("dag_id > ?", query.after);
  return ListPage<DagRow>(*source_, {"dag", kDagColumns, "dag_id", kDagOrders}, filter, page,
                          query);
}

Result<Page<DagVersionHead>> SqlReads::ListDagVersions(const std::string& dag_id,
                                                       const PageQuery& query) {
  GALE_ASSIGN_OR_RETURN(const std::string order,
                        OrderClause(query.order_by, kVersionOrders, "version"));
  SqlFilter filter;
  filter.Add("dag_id = ?", dag_id);
  SqlQuery count("SELECT count(*) FROM dag_version");
  count.Add(filter.where());
  SqlQuery select(fmt::format("SELECT {} FROM dag_version", kVersionHeadColumns));
  select.Add(filter.where())
      .Add(fmt::format(" ORDER BY {} LIMIT {} OFFSET {}", order, query.limit, query.offset));
  return Paged<DagVersionHead>(*source_, query, count, select,
                               [](DagVersionHead& row) { return Columns(row); });
}

Result<Page<ImportErrorRow>> SqlReads::ListImportErrors(const ImportErrorQuery& query) {
  SqlFilter filter;
  if (query.id) filter.Add("id = ?", *query.id);
  filter.AddAny("filename", query.filenames);
  GALE_ASSIGN_OR_RETURN(const std::string order,
                        OrderClause(query.order_by, kImportErrorOrders, "id"));
  SqlQuery count("SELECT count(*) FROM import_error");
  count.Add(filter.where());
  SqlQuery select(fmt::format("SELECT id, filename, {}, `timestamp` FROM import_error",
                              query.without_traces ? "''" : "stack_trace"));
  select.Add(filter.where())
      .Add(fmt::format(" ORDER BY {} LIMIT {} OFFSET {}", order, query.limit, query.offset));
  return Paged<ImportErrorRow>(*source_, query, count, select,
                               [](ImportErrorRow& row) { return gale::Columns(row); });
}

Result<Page<RunRow>> SqlReads::ListRuns(const RunQuery& query) {
  SqlFilter filter;
  if (!query.dag_id.empty()) filter.Add("dag_id = ?", query.dag_id);
  if (!query.run_id.empty()) filter.Add("run_id = ?", query.run_id);
  filter.AddAny("run_key", query.ids);
  filter.AddAny("state", query.states);
  if (!query.states.empty() &&
      std::ranges::none_of(query.states, [](RunState s) { return IsFinished(s); })) {
    filter.AddUnfinished("state", "run_key", source_->dialect());
  }
  filter.AddAny("type", query.types);
  if (query.logical_date_gte) filter.Add("logical_date >= ?", *query.logical_date_gte);
  if (query.logical_date_lte) filter.Add("logical_date <= ?", *query.logical_date_lte);
  if (query.run_after_gte) filter.Add("run_after >= ?", *query.run_after_gte);
  if (query.run_after_lte) filter.Add("run_after <= ?", *query.run_after_lte);
  SqlFilter page = filter;
  if (query.after) page.Add(Beyond("run_key", query), *query.after);
  Listing listing{"dag_run", kRunColumns, "run_key", kRunOrders};
  listing.without_conf = query.without_conf;
  // In a DAG a date is one run's: with the key behind it a server would not use their index.
  const std::string_view first = query.order_by.empty() ? "" : std::string_view(query.order_by[0]);
  listing.one_of_each =
      !query.dag_id.empty() && (first == "logical_date" || first == "-logical_date");
  const bool dated = query.logical_date_gte || query.logical_date_lte || query.run_after_gte ||
                     query.run_after_lte;
  const bool by_key = first.empty() || first == "id" || first == "-id";
  if (by_key && !query.dag_id.empty() && query.run_id.empty() && query.ids.empty() && !dated) {
    listing.hint = HintOfDag(source_->dialect());
  }
  return ListPage<RunRow>(*source_, listing, filter, page, query);
}

Result<Page<EventRow>> SqlReads::ListEvents(const EventQuery& query) {
  SqlFilter filter;
  if (query.id) filter.Add("id = ?", *query.id);
  const std::pair<std::string_view, const EventQuery::Text&> texts[] = {
      {"dag_id", query.dag_id}, {"run_id", query.run_id}, {"task_id", query.task_id},
      {"owner", query.owner},   {"event", query.event},
  };
  for (const auto& [column, text] : texts) {
    if (text.is) filter.Add(fmt::format("{} = ?", column), *text.is);
    if (!text.has.empty()) {
      filter.Add(fmt::format("instr(lower({}), lower(?)) > 0", column), text.has);
    }
  }
  filter.AddAny("event", query.included);
  if (!query.excluded.empty()) {
    SqlQuery none("event NOT IN (");
    filter.Add(none.AddList(query.excluded).Add(")"));
  }
  if (query.since) filter.Add("logged_at > ?", *query.since);
  if (query.until) filter.Add("logged_at < ?", *query.until);
  SqlFilter page = filter;
  if (query.after) page.Add(Beyond("id", query), *query.after);
  return ListPage<EventRow>(*source_, {"event_log", kEventColumns, "id", kEventOrders}, filter,
                            page, query);
}

Result<std::vector<VersionRuns>> SqlReads::CountRuns(const RunScope& scope) {
  SqlFilter filter;
  filter.AddScope(scope, source_->dialect());
  SqlQuery query(
      "SELECT n.dag_id, n.version, n.runs, coalesce(v.tasks, 0) FROM"
      " (SELECT r.dag_id, r.version, count(*) AS runs FROM dag_run r");
  query.Add(filter.where())
      .Add(
          " GROUP BY r.dag_id, r.version) n LEFT JOIN dag_version v"
          " ON v.dag_id = n.dag_id AND v.version = n.version ORDER BY n.dag_id, n.version");
  std::vector<VersionRuns> counts;
  GALE_RETURN_IF_ERROR(
      source_->Read([&](Sql& sql) { return ReadRows(sql, query, CountColumns, counts); }));
  return counts;
}

Result<std::vector<RunHead>> SqlReads::WalkRuns(const RunScope& scope, RunId after, size_t limit) {
  SqlFilter filter;
  filter.AddScope(scope, source_->dialect());
  filter.Add("r.run_key > ?", after);
  SqlQuery query(
      "SELECT r.run_key, r.dag_id, r.version, r.type, r.run_after, r.logical_date FROM dag_run r");
  if (!scope.dag_id.empty() && scope.run_id.empty() && !scope.unfinished) {
    query.Add(HintOfDag(source_->dialect()));
  }
  query.Add(filter.where()).Add(fmt::format(" ORDER BY r.run_key LIMIT {}", limit));
  std::vector<RunHead> heads;
  GALE_RETURN_IF_ERROR(
      source_->Read([&](Sql& sql) { return ReadRows(sql, query, HeadColumns, heads); }));
  return heads;
}

Result<std::vector<TiBrief>> SqlReads::ScanTis(const TiScan& scan) {
  SqlFilter filter;
  filter.AddScope(scan.runs, source_->dialect());
  filter.AddAny("t.state", scan.states);
  SqlQuery query(
      "SELECT t.run_key, t.task_index, t.map_index, t.state, t.try_number - t.reschedules,"
      " t.queued_at, t.start_date, t.end_date, t.block_length FROM dag_run r");
  // CROSS: SQLite begins with the runs, of which few go on, and not with all instances there are.
  query.Add(scan.runs.unfinished ? " CROSS JOIN" : " JOIN")
      .Add(" task_instance t ON t.run_key = r.run_key")
      .Add(filter.where())
      .Add(fmt::format(" ORDER BY r.run_key, t.task_index, t.map_index LIMIT {}", scan.limit + 1));
  std::vector<TiBrief> briefs;
  GALE_RETURN_IF_ERROR(
      source_->Read([&](Sql& sql) { return ReadRows(sql, query, BriefColumns, briefs); }));
  if (briefs.size() <= scan.limit) return briefs;
  return ResourceExhausted(
      "more than {} task instances match (kListedInstancesMax): name a DAG or a run", scan.limit);
}

Result<Page<XComHead>> SqlReads::ListXComs(const XComQuery& query) {
  GALE_ASSIGN_OR_RETURN(
      const std::string order,
      OrderClause(query.order_by, kXComOrders, "x.run_key, x.task_index, x.map_index, x.`key`"));
  SqlFilter filter;
  filter.AddScope(query.runs, source_->dialect());
  if (!query.tasks.empty()) {
    SqlQuery any;
    for (const XComQuery::Task& task : query.tasks) {
      any.Add(any.text().empty() ? "(" : " OR ")
          .Add("(r.dag_id = ? AND r.version = ? AND x.task_index = ?)", task.dag_id, task.version,
               task.task);
    }
    filter.Add(any.Add(")"));
  }
  if (query.map_index) filter.Add("x.map_index = ?", *query.map_index);
  if (query.key) filter.Add("x.`key` = ?", *query.key);
  constexpr std::string_view kFrom = " FROM dag_run r JOIN xcom x ON x.run_key = r.run_key";
  SqlQuery count("SELECT count(*)");
  count.Add(kFrom).Add(filter.where());
  SqlQuery select("SELECT x.run_key, x.task_index, x.map_index, x.`key`, x.`timestamp`");
  select.Add(kFrom).Add(filter.where());
  select.Add(fmt::format(" ORDER BY {} LIMIT {} OFFSET {}", order, query.limit, query.offset));
  return Paged<XComHead>(*source_, query, count, select, XComColumns);
}

}  // namespace gale
