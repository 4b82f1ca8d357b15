// Each read of reads.h finds its rows by an index, and in their order: what the database says that it
// will do, of each statement, in a ledger that is large enough to make a difference to it.
//
// Not held to it, and bounded by limits::kReadTimeMax instead: orders that no index has (docs/schema.md
// names those that have one).
#include <fmt/format.h>

#include "master/store/sql_reads.h"
#include "tests/contract/sample_rows.h"
#include "tests/contract/store_contract.h"

namespace gale {
namespace {

using namespace testing_rows;  // NOLINT

constexpr int64_t kRuns = 4000, kDags = 20, kTasks = 3;

// What the database says of one table of one statement.
struct Step {
  std::string statement, said;
  bool scans = false;  // the whole table, and not an index of it
  bool sorts = false;
};

// Lets each query be explained before it is done.
class Explained final : public SqlSource {
 public:
  Explained(SqlSource& inner, std::vector<Step>& steps) : inner_(inner), steps_(steps) {}
  SqlDialect dialect() const override { return inner_.dialect(); }
  Status Read(const Act& act) override {
    return inner_.Read([&](Sql& sql) { return Do(act, sql); });
  }
  Status ReadSnapshot(const Act& act) override {
    return inner_.ReadSnapshot([&](Sql& sql) { return Do(act, sql); });
  }

 private:
  class Connection final : public Sql {
   public:
    Connection(Explained& source, Sql& inner) : source_(source), inner_(inner) {}
    using Sql::Query;
    Status Query(const std::string& sql, const std::vector<SqlValue>& values,
                 const std::function<void(SqlRow&)>& row) override {
      GALE_RETURN_IF_ERROR(source_.Explain(inner_, sql, values));
      return inner_.Query(sql, values, row);
    }
    Status Run(const std::string&, const std::vector<SqlValue>&) override {
      return Internal("reads write nothing");
    }
    std::string OnConflict(std::string_view key,
                           const std::vector<std::string_view>& others) const override {
      return inner_.OnConflict(key, others);
    }
    std::string_view for_update() const override { return inner_.for_update(); }
    std::string_view live_instances() const override { return inner_.live_instances(); }
    std::string_view for_share() const override { return inner_.for_share(); }

   private:
    Explained& source_;
    Sql& inner_;
  };

  Status Do(const Act& act, Sql& sql) {
    Connection connection(*this, sql);
    return act(connection);
  }
  Status Explain(Sql& sql, const std::string& text, const std::vector<SqlValue>& values) {
    if (dialect() == SqlDialect::kSqlite) {
      return sql.Query("EXPLAIN QUERY PLAN " + text, values, [&](SqlRow& row) {
        const std::string said = row.Text(3);
        const bool outermost = row.Int(1) == 0;
        // In the order of the primary key, a table is its own index; a page's rows are few.
        const bool by_key = text.find(" WHERE ") == std::string::npos &&
                            (text.find(" ORDER BY run_key") != std::string::npos ||
                             text.find(" ORDER BY id") != std::string::npos);
        const bool of_page = text.find(") page USING (") != std::string::npos && outermost;
        steps_.push_back({text, said,
                          said.starts_with("SCAN ") && said.find(" USING ") == std::string::npos &&
                              !said.starts_with("SCAN page") && !said.starts_with("SCAN n") &&
                              !by_key,
                          said.find("TEMP B-TREE FOR ") != std::string::npos && !of_page});
      });
    }
    std::string version;
    GALE_RETURN_IF_ERROR(
        sql.Query("SELECT @@version", {}, [&](SqlRow& row) { version = row.Text(0); }));
    const int more = version.find("MariaDB") == std::string::npos ? 1 : 0;  // "partitions"
    return sql.Query("EXPLAIN FORMAT=TRADITIONAL " + text, values, [&](SqlRow& row) {
      const std::string table = row.IsNull(2) ? "" : row.Text(2);
      const std::string type = row.IsNull(3 + more) ? "" : row.Text(3 + more);
      const std::string key = row.IsNull(5 + more) ? "" : row.Text(5 + more);
      const std::string rows = row.IsNull(8 + more) ? "" : row.Text(8 + more);
      const int last = 9 + 2 * more;  // and "filtered"
      const std::string extra = row.IsNull(last) ? "" : row.Text(last);
      const bool derived = table.starts_with("<derived");  // a page, or counts
      steps_.push_back({text, fmt::format("{} {} {} {} {}", table, type, key, rows, extra),
                        type == "ALL" && !derived,
                        extra.find("filesort") != std::string::npos && !derived});
    });
  }

  SqlSource& inner_;
  std::vector<Step>& steps_;
};

void Fill(Store& store, Epoch epoch) {
  CommitBatch batch;
  for (int64_t d = 0; d < kDags; ++d) {
    const std::string id = fmt::format("dag{}", d);
    batch.dags.push_back(SparseDag(id));
    batch.dag_versions.push_back(Version(id, 1));
  }
  for (int64_t r = 1; r <= kRuns; ++r) {
    const RunState state = r % 500 == 0 ? RunState::kRunning : RunState::kSuccess;
    RunRow run = SparseRun(r, fmt::format("dag{}", r % kDags), fmt::format("run{}", r), state);
    run.logical_date = At(r);
    batch.runs.push_back(std::move(run));
    for (uint32_t t = 0; t < kTasks; ++t) {
      TiRow ti;
      ti.run = RunId(r);
      ti.task = TaskIndex(t);
      ti.state = state == RunState::kRunning ? TiState::kRunning : TiState::kSuccess;
      batch.tis.push_back(std::move(ti));
    }
    batch.xcoms.push_back({RunId(r), TaskIndex(0), kUnmapped, "return_value", "1", At(r)});
    EventRow event;
    event.when = At(r);
    event.event = fmt::format("trigger{}", r % kDags);
    event.owner = fmt::format("me{}", r % kDags);
    event.dag_id = fmt::format("dag{}", r % kDags);
    event.run_id = fmt::format("run{}", r);
    batch.events.push_back(std::move(event));
  }
  ASSERT_TRUE(store.Commit(epoch, batch).ok());
}

using Read = std::function<Status(SqlReads&)>;
Read Runs(RunQuery query) {
  query.limit = 10;
  return [=](SqlReads& reads) { return reads.ListRuns(query).status(); };
}
template <class Act>
Read Of(Act act) {
  return [=](SqlReads& reads) { return act(reads).status(); };
}
RunQuery InOrder(std::string order, std::string dag_id = "", uint32_t offset = 0) {
  RunQuery query;
  query.order_by = {std::move(order)};
  query.dag_id = std::move(dag_id);
  query.offset = offset;
  return query;
}

struct Case {
  std::string name;
  Read read;
  std::string sorts = {}, scans = {};  // why it may; empty: it may not
};

std::vector<Case> RunCases() {
  std::vector<Case> cases;
  RunQuery query;
  cases.push_back({"all", Runs(query)});
  query.offset = 100;
  cases.push_back({"all, offset", Runs(query)});
  query = {};
  query.after = RunId(3000);
  cases.push_back({"after a key", Runs(query)});
  query.dag_id = "dag3";
  cases.push_back({"of a DAG after a key", Runs(query)});
  for (const std::string dag_id : {"", "dag3"}) {
    for (const std::string order : {"id", "-id", "run_after", "-run_after"}) {
      cases.push_back({order + " of " + dag_id, Runs(InOrder(order, dag_id))});
      cases.push_back({order + " of " + dag_id + ", offset", Runs(InOrder(order, dag_id, 50))});
    }
  }
  for (const std::string order : {"logical_date", "-logical_date"}) {
    cases.push_back({order, Runs(InOrder(order, "dag3"))});
    cases.push_back({order + ", offset", Runs(InOrder(order, "dag3", 50))});
  }
  query = {};
  query.dag_id = "dag3";
  query.logical_date_gte = query.logical_date_lte = At(5);
  cases.push_back({"of a date", Runs(query), "what the dates leave"});
  query = {};
  query.run_after_gte = At(5);
  query.run_after_lte = At(50);
  cases.push_back({"run after", Runs(query), "what the times leave"});
  query = {};
  query.states = {RunState::kRunning};
  cases.push_back({"running", Runs(query), "those that run"});
  query.dag_id = "dag0";
  cases.push_back({"running of a DAG", Runs(query), "those that run"});
  query = {};
  query.ids = {RunId(3), RunId(5)};
  cases.push_back({"by keys", Runs(query)});
  query = {};
  query.dag_id = "dag3";
  query.run_id = "run3";
  cases.push_back({"by name", Runs(query)});
  cases.push_back({"one", Of([](SqlReads& r) { return r.GetRun("dag3", "run3"); })});
  cases.push_back({"one by key", Of([](SqlReads& r) { return r.GetRunById(RunId(3)); })});
  cases.push_back(
      {"previous", Of([](SqlReads& r) { return r.PreviousRun("dag3", At(3900), RunId(3)); })});
  return cases;
}

std::vector<Case> ViewCases() {
  std::vector<Case> cases;
  RunQuery page = InOrder("-run_after", "dag3");
  page.without_conf = true;
  page.run_after_lte = At(3900);
  page.states = {RunState::kSuccess};
  cases.push_back({"runs of a grid", Runs(page)});
  CellQuery cells;
  for (int64_t run = 3; run < 2003; run += 20) cells.runs.push_back(RunId(run));
  cells.limit = 1000;
  cases.push_back({"cells", Of([=](SqlReads& r) { return r.ListCells(cells); })});
  cells.with_times = true;
  cells.states = {TiState::kSuccess};
  cases.push_back({"cells that succeeded", Of([=](SqlReads& r) { return r.ListCells(cells); })});
  const char* kDagsAreFew = "DAGs are few";
  cases.push_back({"latest runs", Of([](SqlReads& r) { return r.LatestRuns(); }), "", kDagsAreFew});
  cases.push_back({"last runs", Of([](SqlReads& r) { return r.LastRuns({"dag3", "dag5"}, 24); })});
  cases.push_back(
      {"unfinished by DAG", Of([](SqlReads& r) { return r.CountUnfinished(); }), "those that run"});
  for (const std::string dag_id : {"", "dag3"}) {
    const RunWindow window{dag_id, At(3800), At(3900), 100};
    cases.push_back(
        {"runs between of " + dag_id, Of([=](SqlReads& r) { return r.RunsBetween(window); })});
    cases.push_back({"times of " + dag_id, Of([=](SqlReads& r) { return r.RunTimes(window); })});
  }
  cases.push_back({"tries of many", Of([](SqlReads& r) {
                     return r.ListAttempts(RunId(3), {TaskIndex(0), TaskIndex(2)}, 100);
                   })});
  return cases;
}

std::vector<Case> ScopeCases() {
  std::vector<Case> cases;
  for (const RunScope& scope : {RunScope{}, RunScope{"dag3", ""}, RunScope{"dag3", "run3"},
                                RunScope{"", "", true}, RunScope{"dag3", "", true}}) {
    const std::string of = fmt::format(" of '{}' '{}'{}", scope.dag_id, scope.run_id,
                                       scope.unfinished ? ", live" : "");
    const char* all = scope.run_id.empty() ? "they are looked at, up to kListedInstancesMax" : "";
    cases.push_back({"count" + of, Of([=](SqlReads& r) { return r.CountRuns(scope); }),
                     "versions, which are few"});
    cases.push_back({"walk" + of, Of([=](SqlReads& r) { return r.WalkRuns(scope, RunId(1), 10); }),
                     scope.unfinished ? "those that run" : ""});
    cases.push_back({"scan" + of, Of([=](SqlReads& r) {
                       return r.ScanTis({scope, {TiState::kRunning}, 100});
                     }),
                     all, scope.dag_id.empty() && !scope.unfinished ? all : ""});
    XComQuery xcoms;
    xcoms.limit = 10;
    xcoms.runs = scope;
    cases.push_back({"xcoms" + of, Of([=](SqlReads& r) { return r.ListXComs(xcoms); }),
                     scope.run_id.empty() ? "of many runs: bounded by kReadTimeMax" : ""});
  }
  return cases;
}

std::vector<Case> OtherCases() {
  std::vector<Case> cases;
  const TiKey ti{RunId(3), TaskIndex(0), kUnmapped};
  cases.push_back({"instances", Of([](SqlReads& r) {
                     return r.ListTis({{RunId(3)}, {RunId(5), TaskIndex(1), TaskIndex(2)}});
                   }),
                   "what the ranges hold"});
  cases.push_back({"instance", Of([=](SqlReads& r) { return r.GetTi(ti); })});
  cases.push_back({"tries", Of([=](SqlReads& r) { return r.ListAttempts(ti, std::nullopt); })});
  cases.push_back({"xcom", Of([=](SqlReads& r) { return r.GetXCom(ti, "return_value"); })});
  DagQuery dags;
  dags.limit = 10;
  cases.push_back({"dags", Of([=](SqlReads& r) { return r.ListDags(dags); }), "", "DAGs are few"});
  dags.after = "dag3";
  cases.push_back(
      {"dags after", Of([=](SqlReads& r) { return r.ListDags(dags); }), "", "DAGs are few"});
  cases.push_back({"dag", Of([](SqlReads& r) { return r.GetDag("dag3"); })});
  cases.push_back({"versions", Of([](SqlReads& r) { return r.ListDagVersions("dag3", {}); })});
  cases.push_back({"version", Of([](SqlReads& r) { return r.GetDagVersion("dag3", 1); })});
  cases.push_back({"import errors", Of([](SqlReads& r) { return r.ListImportErrors({}); }), "",
                   "files are few"});
  for (const std::string order : {"id", "-id", "when", "-when"}) {
    for (const uint32_t offset : {0u, 100u}) {
      EventQuery events;
      events.limit = 10;
      events.order_by = {order};
      events.offset = offset;
      cases.push_back({fmt::format("events by {} from {}", order, offset),
                       Of([=](SqlReads& r) { return r.ListEvents(events); })});
    }
  }
  using Query = EventQuery;
  const std::pair<const char*, std::function<void(Query&)>> filters[] = {
      {"a DAG", [](Query& q) { q.dag_id.is = "dag3"; }},
      {"a run", [](Query& q) { q.dag_id.is = "dag3", q.run_id.is = "run3"; }},
      {"an owner", [](Query& q) { q.owner.is = "me3"; }},
      {"a kind", [](Query& q) { q.event.is = "trigger3"; }},
      {"a time", [](Query& q) { q.since = At(5), q.until = At(50); }},
      {"one", [](Query& q) { q.id = 7; }},
  };
  for (const auto& [name, set] : filters) {
    for (const std::string order : {"id", "-id"}) {
      EventQuery events;
      events.limit = 10;
      events.order_by = {order};
      set(events);
      const bool by_time = events.since.has_value();
      cases.push_back({fmt::format("events of {} by {}", name, order),
                       Of([=](SqlReads& r) { return r.ListEvents(events); }),
                       by_time ? "what the times leave" : ""});
    }
  }
  cases.push_back({"favorites", Of([](SqlReads& r) { return r.ListFavorites("me"); })});
  cases.push_back(
      {"tags", Of([](SqlReads& r) { return r.ListTags(); }), "DAGs are few", "so they are"});
  cases.push_back({"states of a DAG", Of([](SqlReads& r) { return r.CountStates({"dag3"}); }),
                   "runs of the DAG"});
  cases.push_back({"states", Of([](SqlReads& r) { return r.CountStates({}); }),
                   "all are counted: bounded by kReadTimeMax", "the same"});
  return cases;
}

TEST_P(StoreContract, EachReadGoesByAnIndexAndInItsOrder) {
  Fill(*store_, epoch_);
  SqlSource& source = dynamic_cast<SqlReads&>(store_->reads()).source();
  if (source.dialect() == SqlDialect::kMySql) {  // which counts in the background, some time later
    const Status counted = source.Read([](Sql& sql) {
      return sql.Query("ANALYZE TABLE dag, dag_run, task_instance, xcom, event_log", {},
                       [](SqlRow&) {});
    });
    ASSERT_TRUE(counted.ok()) << counted.ToString();
  }
  std::vector<Step> steps;
  SqlReads reads(std::make_unique<Explained>(source, steps));
  size_t seen = 0;
  for (const auto& cases : {RunCases(), ViewCases(), ScopeCases(), OtherCases()}) {
    for (const Case& each : cases) {
      steps.clear();
      const Status status = each.read(reads);
      EXPECT_TRUE(status.ok()) << each.name << ": " << status.ToString();
      EXPECT_FALSE(steps.empty()) << each.name << ": nothing was explained";
      for (const Step& step : steps) {
        ++seen;
        EXPECT_FALSE(step.scans && each.scans.empty())
            << each.name << " reads a whole table: " << step.said << "\n  " << step.statement;
        EXPECT_FALSE(step.sorts && each.sorts.empty())
            << each.name << " sorts: " << step.said << "\n  " << step.statement;
      }
    }
  }
  EXPECT_GT(seen, 100u);
}

}  // namespace
}  // namespace gale
