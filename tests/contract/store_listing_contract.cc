// The contract's listing half: filters, orders, pages.
#include <algorithm>

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
  EXPECT_EQ(Ids(store_->reads().ListEvents({})), "b a c of 3");
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

TEST_P(StoreListing, RunsWithoutTheirConfAreElseTheSame) {
  RunQuery query;
  query.without_conf = true;
  EXPECT_EQ(Runs(query), "r1 r2 r3 r4 r5 r6 of 6");
  query.offset = 1;
  query.limit = 2;
  EXPECT_EQ(Runs(query), "r2 r3 of 6");
  CommitBatch batch;
  batch.runs = {FullRun(70, "etl_daily", "full")};
  MustCommit(batch);
  query = {};
  query.run_id = "full";
  RunRow whole = store_->reads().ListRuns(query).value().rows.at(0);
  query.without_conf = true;
  const RunRow brief = store_->reads().ListRuns(query).value().rows.at(0);
  EXPECT_NE(whole.conf_json, "{}");
  whole.conf_json = "{}";
  EXPECT_TRUE(Same(brief, whole));
}

TEST_P(StoreListing, OrdersDescendAfterAMinusAndTiesFallToTheKey) {
  RunQuery query;
  query.order_by = {"-start_date"};
  EXPECT_EQ(Runs(query), "r6 r5 r4 r3 r2 r1 of 6");
  query.order_by = {"start_date", "-id"};
  EXPECT_EQ(Runs(query), "r3 r2 r1 r6 r5 r4 of 6");
  query.order_by = {"logical_date"};
  EXPECT_EQ(Runs(query), "r3 r1 r2 r4 r5 r6 of 6") << "those without one come first";
  EventQuery events;
  events.order_by = {"-when"};
  EXPECT_EQ(Ids(store_->reads().ListEvents(events)), "c a b of 3");
  events.order_by = {"owner", "-id"};
  EXPECT_EQ(Ids(store_->reads().ListEvents(events)), "c b a of 3");
}

TEST_P(StoreListing, EveryScalarMemberIsAnOrder) {
  for (const char* name :
       {"id", "dag_id", "run_id", "version", "state", "type", "triggered_by", "triggering_user",
        "logical_date", "interval_start", "interval_end", "run_after", "queued_at", "start_date",
        "end_date", "note", "clear_number", "reason"}) {
    RunQuery query;
    query.order_by = {name, std::string("-") + name};
    EXPECT_TRUE(store_->reads().ListRuns(query).ok()) << name;
  }
  for (const char* name :
       {"dag_id", "version", "fileloc", "is_paused", "is_stale", "description", "timetable_summary",
        "timetable_description", "max_active_runs", "max_active_tasks", "last_parsed",
        "last_expired", "last_interval_start", "last_interval_end", "next_run_after",
        "next_logical_date", "next_interval_start", "next_interval_end"}) {
    DagQuery query;
    query.order_by = {name};
    EXPECT_TRUE(store_->reads().ListDags(query).ok()) << name;
  }
  for (const char* name :
       {"id", "when", "owner", "event", "dag_id", "run_id", "task_id", "extra"}) {
    EventQuery query;
    query.order_by = {name};
    EXPECT_TRUE(store_->reads().ListEvents(query).ok()) << name;
  }
}

TEST_P(StoreListing, AnUnknownOrderIsRefusedByName) {
  for (const char* bad : {"nope", "", "-", "--id", "id; DROP TABLE dag_run", "run_key", "ID"}) {
    RunQuery runs;
    runs.order_by = {"id", bad};
    EXPECT_EQ(store_->reads().ListRuns(runs).status().code(), Code::kInvalidArgument) << bad;
    DagQuery dags;
    dags.order_by = {bad};
    EXPECT_EQ(store_->reads().ListDags(dags).status().code(), Code::kInvalidArgument) << bad;
    EventQuery events;
    events.order_by = {bad};
    EXPECT_EQ(store_->reads().ListEvents(events).status().code(), Code::kInvalidArgument) << bad;
  }
  RunQuery query;
  query.order_by = {"-duration"};
  EXPECT_NE(store_->reads().ListRuns(query).status().message().find(
                "Ordering with 'duration' is disallowed"),
            std::string::npos);
}

TEST_P(StoreListing, EventsAreFiltered) {
  std::vector<EventRow> events;
  for (const auto& [event, dag, run, task] :
       std::vector<std::array<std::string, 4>>{{"clear", "qq", "r", "t"},
                                               {"clear", "qq", "r", "u"},
                                               {"pause", "qq", "", ""},
                                               {"Trigger", "QQ_2", "r", ""}}) {
    EventRow row;
    row.when = At(1000 + static_cast<int64_t>(events.size()));
    row.owner = event == "pause" ? "eve" : "Ann";
    row.event = event;
    row.dag_id = dag;
    row.run_id = run;
    row.task_id = task;
    events.push_back(row);
  }
  MustCommit({.events = events});
  auto list = [&](auto set) {
    EventQuery query;
    set(query);
    return Ids(store_->reads().ListEvents(query));
  };
  EXPECT_EQ(list([](EventQuery& q) { q.dag_id.is = "qq"; }), "clear clear pause of 3");
  EXPECT_EQ(list([](EventQuery& q) { q.dag_id.is = "QQ"; }), "of 0");
  EXPECT_EQ(list([](EventQuery& q) { q.dag_id.has = "qq"; }), "clear clear pause Trigger of 4");
  EXPECT_EQ(list([](EventQuery& q) { q.dag_id.has = "_"; }), "Trigger of 1");
  EXPECT_EQ(list([](EventQuery& q) { q.dag_id.is = "qq", q.run_id.is = "r"; }), "clear clear of 2");
  EXPECT_EQ(list([](EventQuery& q) { q.task_id.is = "u"; }), "clear of 1");
  EXPECT_EQ(list([](EventQuery& q) { q.owner.is = "eve"; }), "pause of 1");
  EXPECT_EQ(list([](EventQuery& q) { q.owner.has = "ann"; }), "clear clear Trigger of 3");
  EXPECT_EQ(list([](EventQuery& q) { q.event.is = "Trigger"; }), "Trigger of 1");
  EXPECT_EQ(list([](EventQuery& q) { q.included = {"pause", "Trigger"}; }), "pause Trigger of 2");
  EXPECT_EQ(list([](EventQuery& q) {
              q.excluded = {"a", "b", "c", "clear"};
            }),
            "pause Trigger of 2");
  EXPECT_EQ(list([](EventQuery& q) { q.since = At(1000), q.until = At(1003); }),
            "clear pause of 2");
  const int64_t id = store_->reads().ListEvents({})->rows.back().id;
  EXPECT_EQ(list([&](EventQuery& q) { q.id = id; }), "Trigger of 1");
  EXPECT_EQ(list([](EventQuery& q) { q.dag_id.is = "qq", q.limit = 1, q.order_by = {"-id"}; }),
            "pause of 3");
}

TEST_P(StoreListing, TagsAndRunsAreCounted) {
  DagRow dag = SparseDag("tagged");
  dag.tags = {"b", "a \"quoted\"", "b"};
  DagRow gone = SparseDag("gone");
  gone.tags = {"z"};
  gone.is_stale = true;
  MustCommit({.dags = {dag, gone}});
  const std::vector<std::string> tags = store_->reads().ListTags().value();
  EXPECT_EQ(std::ranges::count(tags, "b"), 1);
  EXPECT_EQ(std::ranges::count(tags, "a \"quoted\""), 1);
  EXPECT_EQ(std::ranges::count(tags, "z"), 0);
  std::string counts;
  const auto states = store_->reads().CountStates({"etl_daily"}).value();
  for (const StateRuns& count : states) {
    counts += fmt::format("{} {}={} ", count.dag_id, Name(count.state), count.runs);
  }
  uint64_t all = 0;
  for (const StateRuns& count : states) all += count.runs;
  EXPECT_EQ(all, 4u) << counts;
  EXPECT_GT(store_->reads().CountStates({})->size(), states.size());
  EXPECT_TRUE(store_->reads().CountStates({"nobody"})->empty());
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
  auto page = store_->reads().ListEvents({});
  ASSERT_EQ(page->rows.size(), 3u);
  EXPECT_TRUE(TieEvent(page->rows[0]) == TieEvent(Event("b", "ana", 1)));
  EXPECT_LT(page->rows[0].id, page->rows[1].id);
}

TEST_P(StoreListing, ThePreviousRunIsTheLatestOneThatStartedBefore) {
  auto previous = [&](int64_t before, int64_t except) -> std::string {
    auto run = store_->reads().PreviousRun("etl_daily", At(before), RunId(except));
    if (!run.ok()) return run.status().ToString();
    return run->has_value() ? (*run)->run_id : "none";
  };
  EXPECT_EQ(previous(400, 4), "r2") << "r3 has no date";
  EXPECT_EQ(previous(401, 4), "r2") << "never the excepted one";
  EXPECT_EQ(previous(401, 9), "r2") << "r4 is queued";
  EXPECT_EQ(previous(200, 2), "r1") << "strictly before";
  EXPECT_EQ(previous(100, 1), "none");
}

TEST_P(StoreListing, APageByKeyGoesOnAfterTheLastRowThatWasSeen) {
  RunQuery runs;
  runs.limit = 2;
  runs.after = RunId(4);
  EXPECT_EQ(Runs(runs), "r5 r6 of 6") << "the total is that of the whole";
  runs.order_by = {"-id"};
  EXPECT_EQ(Runs(runs), "r3 r2 of 6");
  runs.count = false;
  EXPECT_EQ(Runs(runs), "r3 r2 of 0");
  DagQuery dags;
  dags.after = "Train%Model";
  EXPECT_EQ(Dags(dags), "etl_daily of 2");
  EventQuery events;
  events.after = store_->reads().ListEvents({})->rows[0].id;
  EXPECT_EQ(Ids(store_->reads().ListEvents(events)), "a c of 3");
  events.order_by = {"-id"};
  events.after = store_->reads().ListEvents({})->rows[2].id;
  EXPECT_EQ(Ids(store_->reads().ListEvents(events)), "a b of 3");
}

TEST_P(StoreListing, AnOffsetCutsTheSamePageInAnyOrder) {
  RunQuery query;
  query.limit = 2;
  query.offset = 2;
  query.order_by = {"-start_date"};
  EXPECT_EQ(Runs(query), "r4 r3 of 6");
  query.order_by = {"run_type", "-logical_date"};
  EXPECT_EQ(Runs(query), "r3 r6 of 6");
  EXPECT_EQ(Runs({.ids = {RunId(2), RunId(5), RunId(9)}}), "r2 r5 of 2");
}

TEST_P(StoreListing, RunsAreCountedByVersionAndWalkedByKey) {
  DagVersionRow one = Version("etl_daily", 1), two = Version("etl_daily", 2);
  one.tasks = 3;
  RunRow later = SparseRun(7, "etl_daily", "r7");
  later.version = 2;
  RunRow first = SparseRun(8, "etl_daily", "r8");
  first.version = 1;
  MustCommit({.dag_versions = {one, two}, .runs = {later, first}});
  auto counted = [&](const RunScope& scope) {
    std::string text;
    const auto counts = store_->reads().CountRuns(scope).value();
    for (const VersionRuns& runs : counts) {
      text += fmt::format("{}/{}: {} of {}, ", runs.dag_id, runs.version, runs.runs, runs.tasks);
    }
    return text;
  };
  EXPECT_EQ(counted({.dag_id = "etl_daily"}), "etl_daily/1: 5 of 3, etl_daily/2: 1 of 0, ");
  EXPECT_EQ(counted({.run_id = "r6"}), "Train%Model/1: 1 of 0, ");
  EXPECT_EQ(counted({.unfinished = true}),
            "Train%Model/1: 1 of 0, etl_daily/1: 3 of 3, etl_daily/2: 1 of 0, ");
  auto walked = [&](const RunScope& scope, int64_t after, size_t limit) {
    std::string text;
    const auto heads = store_->reads().WalkRuns(scope, RunId(after), limit).value();
    for (const RunHead& head : heads) {
      text += fmt::format("{}/{} ", head.id.value, head.version);
    }
    return text;
  };
  EXPECT_EQ(walked({}, 0, 3), "1/1 2/1 3/1 ");
  EXPECT_EQ(walked({.dag_id = "etl_daily"}, 3, 9), "4/1 7/2 8/1 ");
  EXPECT_EQ(walked({.dag_id = "etl_daily"}, 8, 9), "");
}

TEST_P(StoreListing, VersionsAreListedWithoutTheirSpecs) {
  MustCommit({.dag_versions = {Version("d", 1), Version("d", 2), Version("d", 3)}});
  PageQuery query;
  query.limit = 2;
  query.order_by = {"-version_number"};
  const auto page = store_->reads().ListDagVersions("d", query).value();
  ASSERT_EQ(page.rows.size(), 2u);
  EXPECT_EQ(page.total, 3u);
  EXPECT_EQ(page.rows[0].version, 3);
  EXPECT_EQ(page.rows[0].hash, "00ff");
  EXPECT_EQ(page.rows[0].created_at, At(9));
  EXPECT_EQ(page.rows[1].version, 2);
  EXPECT_TRUE(store_->reads().ListDagVersions("e", query)->rows.empty());
}

TEST_P(StoreListing, ImportErrorsAreFoundByFileAndById) {
  MustCommit({.import_errors = {{.filename = "/b.py", .stack_trace = "one", .timestamp = At(2)},
                                {.filename = "/a.py", .stack_trace = "two", .timestamp = At(1)}}});
  ImportErrorQuery query;
  query.filenames = {"/a.py", "/none.py"};
  query.without_traces = true;
  const auto found = store_->reads().ListImportErrors(query).value();
  ASSERT_EQ(found.rows.size(), 1u);
  EXPECT_EQ(found.total, 1u);
  EXPECT_EQ(found.rows[0].filename, "/a.py");
  EXPECT_EQ(found.rows[0].stack_trace, "");
  ImportErrorQuery by_id;
  by_id.id = found.rows[0].id;
  EXPECT_EQ(store_->reads().ListImportErrors(by_id)->rows.at(0).stack_trace, "two");
  ImportErrorQuery sorted;
  sorted.order_by = {"timestamp"};
  sorted.limit = 1;
  EXPECT_EQ(store_->reads().ListImportErrors(sorted)->rows.at(0).filename, "/a.py");
  EXPECT_EQ(store_->reads().ListImportErrors(sorted)->total, 2u);
}

std::string Places(const std::vector<TiRow>& rows) {
  std::string text;
  for (const TiRow& row : rows) {
    text += fmt::format("{}.{}.{} ", row.run.value, row.task.value, row.map_index);
  }
  return text;
}

TEST_P(StoreListing, TaskInstancesAreReadByRangesAndOneByOne) {
  MustCommit({.tis = {SparseTi(1, 0), SparseTi(1, 2), SparseTi(1, 5), SparseTi(2, 0),
                      SparseTi(2, 1), FullTi(2, 1)}});
  Reads& reads = store_->reads();
  EXPECT_EQ(Places(*reads.ListTis(RunId(1))), "1.0.-1 1.2.-1 1.5.-1 ");
  EXPECT_EQ(Places(*reads.ListTis({{RunId(1), TaskIndex(1), TaskIndex(2)}})), "1.2.-1 ");
  EXPECT_EQ(Places(*reads.ListTis(
                {{RunId(2), TaskIndex(1), TaskIndex(9)}, {RunId(1), TaskIndex(5), TaskIndex(5)}})),
            "1.5.-1 2.1.-1 2.1.17 ");
  EXPECT_TRUE(reads.ListTis(std::vector<TiRange>())->empty());
  EXPECT_TRUE(Same(reads.GetTi({RunId(2), TaskIndex(1), 17}).value().value(), FullTi(2, 1)));
  EXPECT_FALSE(reads.GetTi({RunId(2), TaskIndex(2)})->has_value());
}

TEST_P(StoreListing, TaskInstancesAreScannedInBriefAndNoFurtherThanWanted) {
  TiRow failed = SparseTi(1, 1);
  failed.state = TiState::kFailed;
  failed.try_number = 2;
  failed.end_date = At(5);
  failed.block_length = 7;
  MustCommit({.tis = {SparseTi(1, 0), failed, SparseTi(5, 0)}});
  Reads& reads = store_->reads();
  const auto some = reads.ScanTis({{.dag_id = "etl_daily"}, {TiState::kFailed}, 9}).value();
  ASSERT_EQ(some.size(), 1u);
  EXPECT_EQ(some[0].run, RunId(1));
  EXPECT_EQ(some[0].task, TaskIndex(1));
  EXPECT_EQ(some[0].try_number, 2u);
  EXPECT_EQ(some[0].end_date, At(5));
  EXPECT_EQ(some[0].block_length, 7u);
  EXPECT_FALSE(some[0].start_date);
  EXPECT_EQ(reads.ScanTis({{}, {}, 3})->size(), 3u);
  EXPECT_EQ(reads.ScanTis({{}, {}, 2}).status().code(), Code::kResourceExhausted);
}

TEST_P(StoreListing, OneTryIsReadByItsNumber) {
  AttemptRow first, second;
  first.id = {RunId(1), TaskIndex(0), kUnmapped, 1};
  second.id = {RunId(1), TaskIndex(0), kUnmapped, 2};
  second.exit_code = 7;
  MustCommit({.attempts = {first, second}});
  const auto tries = store_->reads().ListAttempts({RunId(1), TaskIndex(0)}, 2).value();
  ASSERT_EQ(tries.size(), 1u);
  EXPECT_EQ(tries[0].exit_code, 7);
  EXPECT_TRUE(store_->reads().ListAttempts({RunId(1), TaskIndex(0)}, 3)->empty());
}

TEST_P(StoreListing, XComsAreListedWithoutValuesOfOneRunOrOfMany) {
  MustCommit({.xcoms = {XCom(1, 0, "a", "1"), XCom(1, 0, "b", "2"), XCom(1, 3, "a", "3"),
                        XCom(2, 0, "a", "4"), XCom(5, 0, "a", "5")}});
  auto listed = [&](const XComQuery& query) {
    const auto page = store_->reads().ListXComs(query).value();
    std::string text;
    for (const XComHead& x : page.rows) {
      text += fmt::format("{}.{}.{} ", x.run.value, x.task.value, x.key);
    }
    return text + fmt::format("of {}", page.total);
  };
  XComQuery query;
  EXPECT_EQ(listed(query), "1.0.a 1.0.b 1.3.a 2.0.a 5.0.a of 5");
  query.limit = 2;
  query.offset = 1;
  EXPECT_EQ(listed(query), "1.0.b 1.3.a of 5");
  query = {};
  query.runs = {.dag_id = "etl_daily"};
  query.key = "a";
  EXPECT_EQ(listed(query), "1.0.a 1.3.a 2.0.a of 3");
  query.tasks = {{"etl_daily", 1, TaskIndex(3)}, {"Train%Model", 0, TaskIndex(0)}};
  EXPECT_EQ(listed(query), "1.3.a of 1");
  query = {};
  query.order_by = {"-key"};
  query.runs = {.dag_id = "etl_daily", .run_id = "r1"};
  EXPECT_EQ(listed(query), "1.0.b 1.3.a 1.0.a of 3");
  EXPECT_EQ(store_->reads().GetXCom({RunId(2), TaskIndex(0)}, "a").value()->value_json, "4");
  EXPECT_FALSE(store_->reads().GetXCom({RunId(2), TaskIndex(0)}, "b")->has_value());
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

std::string StoreListing::Runs(const RunQuery& query) {
  return Ids(store_->reads().ListRuns(query));
}
std::string StoreListing::Dags(const DagQuery& query) {
  return Ids(store_->reads().ListDags(query));
}

}  // namespace gale
