#include "master/api/dag_list.h"

#include <gtest/gtest.h>

#include "master/api/summary.h"

namespace gale {
namespace {

TimePoint At(int64_t seconds) { return TimePoint(std::chrono::seconds(1'700'000'000 + seconds)); }

RunBrief RunOf(int64_t id, std::string dag_id, RunState state, int64_t start = 0, int64_t end = 0) {
  RunBrief run;
  run.id = RunId(id);
  run.dag_id = std::move(dag_id);
  run.run_id = "r" + std::to_string(id);
  run.state = state;
  run.run_after = At(id);
  if (start > 0) run.start_date = At(start);
  if (end > 0) run.end_date = At(end);
  return run;
}

// etl failed, wide runs (and ran longest), new has no run, old is paused.
DagsKnown Known() {
  DagsKnown known;
  for (const char* id : {"etl", "new", "old", "wide"}) {
    DagRow row;
    row.dag_id = id;
    row.is_paused = row.dag_id == "old";
    known.dags.push_back(row);
  }
  known.dags[0].tags = {"Daily", "prod"};
  known.dags[0].owners = {"ana"};
  known.dags[0].next_run_after = At(50);
  known.dags[2].next_run_after = At(10);  // paused: it isn't due
  known.dags[3].tags = {"prod"};
  known.dags[3].next_run_after = At(20);
  known.latest = {{"etl", RunOf(5, "etl", RunState::kFailed, 10, 20)},
                  {"old", RunOf(9, "old", RunState::kSuccess, 10, 15)},
                  {"wide", RunOf(7, "wide", RunState::kRunning, 30)}};
  known.live["wide"] = {2, 1};
  known.favorites = {"new"};
  known.waits["wide"].count = 3;
  known.waits["wide"].check.kind = core::CheckKind::kPoolFull;
  return known;
}

std::string Shown(const v1::ListDagItemsRequest& request) {
  const auto query = ReadDagListQuery(request);
  if (!query.ok()) return query.status().ToString();
  const DagsKnown known = Known();
  std::vector<size_t> page;
  const v1::DagList list = ListOf(known, *query, page);
  std::string out;
  for (const size_t place : page) out += known.dags[place].dag_id + " ";
  return out + "of " + std::to_string(list.total_entries());
}

TEST(DagListTest, Filters) {
  v1::ListDagItemsRequest request;
  EXPECT_EQ(Shown(request), "etl new old wide of 4");
  request.set_q("DAI");
  EXPECT_EQ(Shown(request), "etl of 1") << "a tag, any case";
  request.set_q("an");
  EXPECT_EQ(Shown(request), "etl of 1") << "an owner";
  request.set_q("w");
  EXPECT_EQ(Shown(request), "new wide of 2");
  request.set_paused(false);
  request.set_favorite(true);
  EXPECT_EQ(Shown(request), "new of 1");
  request.set_favorite(false);
  EXPECT_EQ(Shown(request), "wide of 1");
  request = {};
  request.add_tags("prod");
  EXPECT_EQ(Shown(request), "etl wide of 2");
  request.add_owners("ana");
  EXPECT_EQ(Shown(request), "etl of 1");
  request = {};
  request.set_waiting(true);
  EXPECT_EQ(Shown(request), "wide of 1");
  for (const auto& [state, ids] : std::map<std::string, std::string>{{"failed", "etl of 1"},
                                                                     {"running", "wide of 1"},
                                                                     {"success", "old of 1"},
                                                                     {"queued", "of 0"},
                                                                     {"never", "new of 1"}}) {
    request = {};
    request.set_state(state);
    EXPECT_EQ(Shown(request), ids) << state;
  }
}

TEST(DagListTest, OrdersPutWhatHasNoneLast) {
  v1::ListDagItemsRequest request;
  for (const auto& [order, ids] :
       std::map<std::string, std::string>{{"-dag_id", "wide old new etl of 4"},
                                          {"last_run", "etl wide old new of 4"},
                                          {"-last_run", "old wide etl new of 4"},
                                          {"next_run", "wide etl new old of 4"},
                                          {"-next_run", "etl wide new old of 4"},
                                          {"duration", "old etl new wide of 4"},
                                          {"-duration", "etl old new wide of 4"}}) {
    request.set_order_by(order);
    EXPECT_EQ(Shown(request), ids) << order;
  }
  request.set_order_by("-duration");
  request.set_limit(2);
  request.set_offset(1);
  EXPECT_EQ(Shown(request), "old new of 4");
  request.set_order_by("fileloc");
  EXPECT_NE(Shown(request).find("disallowed"), std::string::npos);
}

TEST(DagListTest, CountsAreOfAllWhateverTheFilter) {
  DagListQuery query;
  query.q = "nothing";
  std::vector<size_t> page;
  const v1::DagList list = ListOf(Known(), query, page);
  const v1::DagCounts& counts = list.counts();
  EXPECT_EQ(list.total_entries(), 0u);
  EXPECT_EQ(counts.all(), 4u);
  EXPECT_EQ(counts.active(), 3u);
  EXPECT_EQ(counts.paused(), 1u);
  EXPECT_EQ(counts.failing(), 1u);
  EXPECT_EQ(counts.running(), 1u);
  EXPECT_EQ(counts.waiting(), 1u);
  EXPECT_EQ(counts.favorite(), 1u);
  EXPECT_EQ(list.tags_size(), 2);
  EXPECT_EQ(list.owners_size(), 1);
}

TEST(DagListTest, AnItemHasItsRunsOldestFirstAndTheMedianOfThoseThatSucceeded) {
  const DagsKnown known = Known();
  const v1::DagItem item = ItemOf(
      known, known.dags[3],
      {RunOf(7, "wide", RunState::kRunning, 30), RunOf(6, "wide", RunState::kSuccess, 10, 14),
       RunOf(5, "wide", RunState::kFailed, 1, 90), RunOf(4, "wide", RunState::kSuccess, 10, 16)});
  ASSERT_EQ(item.last_runs_size(), 4);
  EXPECT_EQ(item.last_runs(0).run_id(), "r4");
  EXPECT_EQ(item.last_runs(3).state(), "running");
  EXPECT_EQ(item.median_seconds(), 5);
  EXPECT_EQ(item.queued_runs(), 2u);
  EXPECT_EQ(item.running_runs(), 1u);
  EXPECT_EQ(item.waiting().check().kind(), "pool_full");
}

TEST(SummaryTest, WhatFailedLastIsOfTheLatestRunThatEnded) {
  const std::vector<RunBrief> latest = {
      RunOf(1, "a", RunState::kFailed, 1, 10), RunOf(2, "b", RunState::kSuccess, 1, 20),
      RunOf(9, "c", RunState::kRunning, 1), RunOf(8, "d", RunState::kQueued)};
  const std::vector<RunBrief> last = {
      RunOf(9, "c", RunState::kRunning, 1),     RunOf(5, "c", RunState::kFailed, 1, 30),
      RunOf(4, "c", RunState::kFailed, 1, 25),  RunOf(8, "d", RunState::kQueued),
      RunOf(7, "d", RunState::kSuccess, 1, 40), RunOf(6, "d", RunState::kFailed, 1, 35)};
  std::string ids;
  for (const RunBrief& run : FailedLast(latest, last)) ids += run.run_id + " ";
  EXPECT_EQ(ids, "r5 r1 ");
}

TEST(SummaryTest, TheLastLineOfALogThatTellsOfAnError) {
  EXPECT_EQ(LastErrorLine("a\nTraceback:\n  x\nValueError: \x1b[31mbad\x1b[0m row 7\nbye\n\n"),
            "ValueError: bad row 7");
  EXPECT_EQ(LastErrorLine("one\n two \r\n\n"), "two") << "of none, the last that isn't blank";
  EXPECT_EQ(LastErrorLine("Output:\nno such table\nCommand exited with return code 1\n"),
            "no such table");
  EXPECT_EQ(LastErrorLine(""), "");
  EXPECT_EQ(LastErrorLine("\xff\xfe Error"), "?? Error") << "UTF-8, whatever the task wrote";
  const std::string cut =
      LastErrorLine("Error " + std::string(150, 'x') + std::string(1000, '\xc3'));
  EXPECT_LE(cut.size(), 303u);
  std::string korean = "Error ";
  for (int i = 0; i < 200; ++i) korean += "한";
  const std::string line = LastErrorLine(korean);
  EXPECT_LE(line.size(), 303u);
  EXPECT_TRUE(line.ends_with("한…")) << "cut between characters";
}

TEST(SummaryTest, PlannedRunsFollowTheTimetable) {
  DagSpec spec;
  spec.dag_id = "d";
  TaskSpec task;
  task.task_id = "t";
  spec.tasks.push_back(task);
  spec.schedule.kind = ScheduleSpec::Kind::kCronTrigger;
  spec.schedule.cron = "0 * * * *";
  const DagPtr dag = Dag::Make(spec).value();
  DagRow row;
  row.is_paused = false;
  const TimePoint first = ParseTime("2026-11-28T10:00:00Z").value();
  row.next_run_after = row.next_logical_date = row.next_interval_start = row.next_interval_end =
      first;
  const auto hours = [&](int n) { return first + std::chrono::hours(n); };
  EXPECT_EQ(PlannedRuns(row, *dag, hours(3), 100),
            (std::vector<TimePoint>{hours(0), hours(1), hours(2)}));
  EXPECT_EQ(PlannedRuns(row, *dag, hours(1000), 2).size(), 2u);
  EXPECT_TRUE(PlannedRuns(row, *dag, first, 100).empty());
  row.is_paused = true;
  EXPECT_TRUE(PlannedRuns(row, *dag, hours(3), 100).empty());
}

}  // namespace
}  // namespace gale
