// The contract's listing half: filters, orders, pages.
#include "tests/contract/sample_rows.h"
#include "tests/contract/store_contract.h"

namespace gale {
namespace {

using namespace testing_rows;  // NOLINT

template <class Row>
std::string Ids(const Result<Page<Row>>& page) {
  if (!page.ok()) return page.status().ToString();
  std::string ids;
  for (const Row& row : page->rows) {
    if constexpr (std::is_same_v<Row, DagRow>) ids += row.dag_id + " ";
    if constexpr (std::is_same_v<Row, RunRow>) ids += row.run_id + " ";
    if constexpr (std::is_same_v<Row, EventRow>) ids += row.event + " ";
  }
  return ids + "of " + std::to_string(page->total);
}

TEST_P(StoreListing, WithoutAnOrderItIsByPrimaryKey) {
  EXPECT_EQ(Runs({}), "r1 r2 r3 r4 r5 r6 of 6");
  EXPECT_EQ(Dags({}), "Train%Model etl_daily of 2");
  EXPECT_EQ(Ids(store_->ListEvents({})), "b a c of 3");
}

TEST_P(StoreListing, APageIsACutOfTheWholeAndTotalCountsAll) {
  RunQuery query;
  query.limit = 2;
  EXPECT_EQ(Runs(query), "r1 r2 of 6");
  query.offset = 4;
  EXPECT_EQ(Runs(query), "r5 r6 of 6");
  query.offset = 6;
  EXPECT_EQ(Runs(query), "of 6");
  query.limit = 0;
  EXPECT_EQ(Runs(query), "of 6");
}

TEST_P(StoreListing, OrdersDescendAfterAMinusAndTiesFallToTheKey) {
  RunQuery query;
  query.order_by = {"-start_date"};
  EXPECT_EQ(Runs(query), "r4 r5 r6 r1 r2 r3 of 6");
  query.order_by = {"start_date", "-id"};
  EXPECT_EQ(Runs(query), "r3 r2 r1 r6 r5 r4 of 6");
  query.order_by = {"logical_date"};
  EXPECT_EQ(Runs(query), "r3 r1 r2 r4 r5 r6 of 6") << "those without one come first";
  PageQuery events;
  events.order_by = {"-when"};
  EXPECT_EQ(Ids(store_->ListEvents(events)), "c a b of 3");
  events.order_by = {"owner", "-id"};
  EXPECT_EQ(Ids(store_->ListEvents(events)), "c b a of 3");
}

TEST_P(StoreListing, EveryScalarMemberIsAnOrder) {
  for (const char* name :
       {"id", "dag_id", "run_id", "version", "state", "type", "triggered_by", "triggering_user",
        "logical_date", "interval_start", "interval_end", "run_after", "queued_at", "start_date",
        "end_date", "note", "clear_number", "reason"}) {
    RunQuery query;
    query.order_by = {name, std::string("-") + name};
    EXPECT_TRUE(store_->ListRuns(query).ok()) << name;
  }
  for (const char* name :
       {"dag_id", "version", "fileloc", "is_paused", "is_stale", "description", "timetable_summary",
        "timetable_description", "max_active_runs", "max_active_tasks", "last_parsed",
        "last_expired", "last_interval_start", "last_interval_end", "next_run_after",
        "next_logical_date", "next_interval_start", "next_interval_end"}) {
    DagQuery query;
    query.order_by = {name};
    EXPECT_TRUE(store_->ListDags(query).ok()) << name;
  }
  for (const char* name :
       {"id", "when", "owner", "event", "dag_id", "run_id", "task_id", "extra"}) {
    PageQuery query;
    query.order_by = {name};
    EXPECT_TRUE(store_->ListEvents(query).ok()) << name;
  }
}

TEST_P(StoreListing, AnUnknownOrderIsRefusedByName) {
  for (const char* bad : {"nope", "", "-", "--id", "id; DROP TABLE dag_run", "run_key", "ID"}) {
    RunQuery runs;
    runs.order_by = {"id", bad};
    EXPECT_EQ(store_->ListRuns(runs).status().code(), Code::kInvalidArgument) << bad;
    DagQuery dags;
    dags.order_by = {bad};
    EXPECT_EQ(store_->ListDags(dags).status().code(), Code::kInvalidArgument) << bad;
    EXPECT_EQ(store_->ListEvents(dags).status().code(), Code::kInvalidArgument) << bad;
  }
  RunQuery query;
  query.order_by = {"-duration"};
  EXPECT_NE(store_->ListRuns(query).status().message().find("can't order by 'duration'"),
            std::string::npos);
}

TEST_P(StoreListing, RunsAreFiltered) {
  EXPECT_EQ(Runs({.dag_id = "etl_daily"}), "r1 r2 r3 r4 of 4");
  EXPECT_EQ(Runs({.dag_id = "etl_dail"}), "of 0");
  EXPECT_EQ(Runs({.run_id = "r5"}), "r5 of 1");
  EXPECT_EQ(Runs({.states = {RunState::kRunning, RunState::kFailed}}), "r1 r3 r5 of 3");
  EXPECT_EQ(Runs({.types = {RunType::kScheduled}}), "r2 r4 r6 of 3");
  EXPECT_EQ(Runs({.logical_date_gte = At(200), .logical_date_lte = At(500)}), "r2 r4 r5 of 3");
  EXPECT_EQ(Runs({.run_after_gte = At(2), .run_after_lte = At(3)}), "r2 r3 of 2");
  RunQuery all{.dag_id = "etl_daily",
               .run_id = "r2",
               .states = {RunState::kSuccess},
               .types = {RunType::kScheduled, RunType::kManual},
               .logical_date_gte = At(0),
               .logical_date_lte = At(900),
               .run_after_gte = At(0),
               .run_after_lte = At(9)};
  all.order_by = {"-logical_date"};
  EXPECT_EQ(Runs(all), "r2 of 1");
}

TEST_P(StoreListing, DagsAreFiltered) {
  EXPECT_EQ(Dags({.include_stale = true}), "Train%Model etl_daily old_etl of 3");
  EXPECT_EQ(Dags({.id_pattern = "ETL"}), "etl_daily of 1") << "a substring, in any case";
  EXPECT_EQ(Dags({.id_pattern = "etl", .include_stale = true}), "etl_daily old_etl of 2");
  EXPECT_EQ(Dags({.id_pattern = "%"}), "Train%Model of 1") << "not a wildcard";
  EXPECT_EQ(Dags({.id_pattern = "l_d"}), "etl_daily of 1") << "not a wildcard either";
  EXPECT_EQ(Dags({.tags = {"prod"}}), "Train%Model etl_daily of 2");
  EXPECT_EQ(Dags({.tags = {"ml", "data"}}), "Train%Model etl_daily of 2") << "any of the tags";
  EXPECT_EQ(Dags({.tags = {"pro"}}), "of 0");
  EXPECT_EQ(Dags({.paused = true}), "Train%Model of 1");
  EXPECT_EQ(Dags({.paused = false}), "etl_daily of 1");
}

TEST_P(StoreListing, TagsAreComparedAsTheyAre) {
  DagRow dag = SparseDag("odd");
  dag.tags = {"größe", "a\"b", "back\\slash", "Case"};
  MustCommit({.dags = {dag}});
  for (const std::string& tag : dag.tags) EXPECT_EQ(Dags({.tags = {tag}}), "odd of 1") << tag;
  EXPECT_EQ(Dags({.tags = {"case"}}), "of 0");
  EXPECT_EQ(Dags({.tags = {"a"}}), "of 0");
}

TEST_P(StoreListing, EventsKeepAllTheirMembers) {
  auto page = store_->ListEvents({});
  ASSERT_EQ(page->rows.size(), 3u);
  EXPECT_TRUE(TieEvent(page->rows[0]) == TieEvent(Event("b", "ana", 1)));
  EXPECT_LT(page->rows[0].id, page->rows[1].id);
}

TEST_P(StoreListing, ThePreviousRunIsTheLatestOneThatStartedBefore) {
  auto previous = [&](int64_t before, int64_t except) -> std::string {
    auto run = store_->PreviousRun("etl_daily", At(before), RunId(except));
    if (!run.ok()) return run.status().ToString();
    return run->has_value() ? (*run)->run_id : "none";
  };
  EXPECT_EQ(previous(400, 4), "r2") << "r3 has no date";
  EXPECT_EQ(previous(401, 4), "r2") << "never the excepted one";
  EXPECT_EQ(previous(401, 9), "r2") << "r4 is queued";
  EXPECT_EQ(previous(200, 2), "r1") << "strictly before";
  EXPECT_EQ(previous(100, 1), "none");
}

}  // namespace

void StoreListing::SetUp() {
  StoreContract::SetUp();
  if (IsSkipped()) return;
  DagRow etl = SparseDag("etl_daily"), train = SparseDag("Train%Model"), old = SparseDag("old_etl");
  etl.tags = {"data", "prod"};
  etl.is_paused = false;
  train.tags = {"ml", "prod"};
  old.is_stale = true;
  old.tags = {"data"};
  train.max_active_runs = 1;
  std::vector<RunRow> runs;
  for (int64_t i = 1; i <= 6; ++i) {
    RunRow run = SparseRun(i, i <= 4 ? "etl_daily" : "Train%Model", "r" + std::to_string(i));
    run.state = static_cast<RunState>(i % 4);
    run.type = i % 2 == 0 ? RunType::kScheduled : RunType::kManual;
    if (i != 3) run.logical_date = At(100 * i);
    run.start_date = At(i <= 3 ? 1 : 2);
    runs.push_back(run);
  }
  MustCommit({.dags = {etl, train, old},
              .runs = runs,
              .events = {Event("b", "ana", 1), Event("a", "bo", 2), Event("c", "ana", 3)}});
}

std::string StoreListing::Runs(const RunQuery& query) { return Ids(store_->ListRuns(query)); }
std::string StoreListing::Dags(const DagQuery& query) { return Ids(store_->ListDags(query)); }

}  // namespace gale
