// Rows for tests: sparse ones with every optional empty, full ones with every member set apart from
// its default, and their comparison by all members.
#pragma once

#include <string>
#include <tuple>
#include <vector>

#include "master/store/reads.h"

namespace gale::testing_rows {

inline TimePoint At(int64_t seconds, int64_t micros = 0) {
  return TimePoint(std::chrono::seconds(1'700'000'000 + seconds) + Duration(micros));
}

// All members of a row. The bindings count them: a new member doesn't compile until it is compared
// here.
inline auto Tie(const Usage& usage) {
  const auto& [a, b, c] = usage;
  return std::tie(a, b, c);
}
inline auto Tie(const DagRow& row) {
  const auto& [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u] = row;
  return std::tie(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u);
}
inline auto Tie(const DagVersionRow& row) {
  const auto& [a, b, c, d, e, f, g, h] = row;
  return std::tie(a, b, c, d, e, f, g, h);
}
inline auto Tie(const RunRow& row) {
  const auto& [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s] = row;
  return std::tie(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s);
}
inline auto Tie(const TiRow& row) {
  const auto& [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v, w, x] = row;
  return std::tuple_cat(std::tie(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, r, s), Tie(q),
                        std::tie(t, u, v, w, x));
}
inline auto Tie(const AttemptRow& row) {
  const auto& [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o] = row;
  return std::tuple_cat(std::tie(a, b, c, d, e, f, g, h, i, j, k, l), Tie(m), std::tie(n, o));
}
inline auto Tie(const XComRow& row) {
  const auto& [a, b, c, d, e, f] = row;
  return std::tie(a, b, c, d, e, f);
}
inline auto Tie(const RenderedRow& row) {
  const auto& [a, b, c, d] = row;
  return std::tie(a, b, c, d);
}
inline auto Tie(const TaskNoteRow& row) {
  const auto& [a, b, c, d] = row;
  return std::tie(a, b, c, d);
}
inline auto Tie(const PoolRow& row) {
  const auto& [a, b, c, d] = row;
  return std::tie(a, b, c, d);
}
inline auto Tie(const WorkerRow& row) {
  const auto& [a, b, c, d, e, f, g, h] = row;
  return std::tie(a, b, c, d, e, f, g, h);
}
inline auto Tie(const VariableRow& row) {
  const auto& [a, b, c, d] = row;
  return std::tie(a, b, c, d);
}
inline auto Tie(const ConnectionRow& row) {
  const auto& [a, b, c, d, e, f, g, h, i, j] = row;
  return std::tie(a, b, c, d, e, f, g, h, i, j);
}
inline auto TieEvent(const EventRow& row) {  // but for the id, which the store gives
  const auto& [id, b, c, d, e, f, g, h] = row;
  return std::tie(b, c, d, e, f, g, h);
}

// All XComs of an instance that isn't mapped, by key.
inline std::vector<XComRow> XComs(Reads& reads, int64_t run, uint32_t task) {
  std::vector<XComRow> rows;
  const TiKey ti{RunId(run), TaskIndex(task), kUnmapped};
  XComQuery query;
  query.limit = 1000;
  const Page<XComHead> page = reads.ListXComs(query).value();
  for (const XComHead& head : page.rows) {
    if (head.run != ti.run || head.task != ti.task || head.map_index != kUnmapped) continue;
    rows.push_back(reads.GetXCom(ti, head.key).value().value());
  }
  return rows;
}

// Not gtest's printing: a 10 MB spec would fill the screen.
template <class Row>
bool Same(const Row& a, const Row& b) {
  return Tie(a) == Tie(b);
}
template <class Row>
bool Same(const std::vector<Row>& a, const std::vector<Row>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const Row& x, const Row& y) { return Same(x, y); });
}

inline DagRow SparseDag(std::string id, int64_t version = 1) {
  DagRow row;
  row.dag_id = std::move(id);
  row.version = version;
  return row;
}
inline DagRow FullDag(std::string id) {
  return {.dag_id = std::move(id),
          .version = 7,
          .fileloc = "/dags/a b.py",
          .is_paused = false,
          .is_stale = true,
          .description = "What it does; \"quoted\"",
          .timetable_summary = "0 3 * * *",
          .timetable_description = "At 03:00",
          .owners = {"ana", "b\"o\\b", "line\nbreak", ""},
          .tags = {"etl", "größe", "a,b", "x\ty"},
          .max_active_runs = 3,
          .max_active_tasks = 4'000'000'000u,
          .last_parsed = At(1, 123456),
          .last_expired = At(2),
          .last_interval_start = At(3),
          .last_interval_end = At(4),
          .next_run_after = At(5),
          .next_logical_date = At(6),
          .next_interval_start = At(7),
          .next_interval_end = At(8, 1),
          .failed_in_a_row = 6};
}
inline DagVersionRow Version(std::string dag_id, int64_t version, std::string spec = "spec") {
  return {.dag_id = std::move(dag_id),
          .version = version,
          .hash = "00ff",
          .spec = std::move(spec),
          .created_at = At(9)};
}

inline RunRow SparseRun(int64_t id, std::string dag_id, std::string run_id,
                        RunState state = RunState::kRunning) {
  RunRow row;
  row.id = RunId(id);
  row.dag_id = std::move(dag_id);
  row.run_id = std::move(run_id);
  row.version = 1;
  row.state = state;
  row.run_after = At(id);
  return row;
}
inline RunRow DatedRun(int64_t id, std::string dag_id, std::string run_id, TimePoint date) {
  RunRow row = SparseRun(id, std::move(dag_id), std::move(run_id));
  row.logical_date = date;
  return row;
}
// "r=10000000 ...": the runs' logical dates, microseconds after At(0).
inline std::string Dates(Reads& reads) {
  std::string text;
  const auto page = reads.ListRuns({}).value();
  for (const RunRow& row : page.rows) {
    text += fmt::format("{}={} ", row.run_id, (*row.logical_date - At(0)).count());
  }
  return text;
}
inline RunRow FullRun(int64_t id, std::string dag_id, std::string run_id) {
  return {.id = RunId(id),
          .dag_id = std::move(dag_id),
          .run_id = std::move(run_id),
          .version = 7,
          .state = RunState::kFailed,
          .type = RunType::kAsset,
          .triggered_by = "rest_api",
          .triggering_user = "ana",
          .logical_date = At(10),
          .interval_start = At(11),
          .interval_end = At(12),
          .run_after = At(13),
          .queued_at = At(14, 999999),
          .start_date = At(15),
          .end_date = TimePoint(Duration(-1)),  // before 1970
          .conf_json = R"({"a": "größe 🚀"})",
          .note = "it's \"noted\"",
          .clear_number = 5,
          .reason = "dagrun_timeout"};
}

inline TiRow SparseTi(int64_t run, uint32_t task, TiState state = TiState::kRunning) {
  TiRow row;
  row.run = RunId(run);
  row.task = TaskIndex(task);
  row.state = state;
  return row;
}
inline TiRow FullTi(int64_t run, uint32_t task) {
  return {.run = RunId(run),
          .task = TaskIndex(task),
          .map_index = 17,
          .state = TiState::kUpForRetry,
          .try_number = 2,
          .max_tries = 3,
          .lost_tries = 1,
          .scheduled_at = At(19, 7),
          .queued_at = At(20),
          .start_date = At(21),
          .end_date = At(22),
          .next_at = At(23, 5),
          .live = true,
          .worker = "host-1",
          .pid = 4'194'304,
          .reason = "exit 1",
          .usage = {Duration(1'234'567), Duration(89), uint64_t{6} << 33},
          .value_length = 3,
          .block_length = 1'000'000,
          .reschedules = 1,
          .looks = 4'000'000'000u,
          .first_start = At(24),
          .skips = "3,7:2",
          .rendered_map_index = "größe 7"};
}
inline AttemptRow FullAttempt(int64_t run, uint32_t task, uint32_t try_number) {
  return {.id = {RunId(run), TaskIndex(task), 17, try_number},
          .state = TiState::kFailed,
          .scheduled_at = At(29, 3),
          .queued_at = At(30),
          .start_date = At(31),
          .end_date = At(32),
          .worker = "host-1",
          .pid = 77,
          .exit_code = -1,
          .signal = 9,
          .reason = "killed",
          .log_bytes = uint64_t{5} << 40,
          .usage = {std::chrono::hours(1), Duration(1), 4096},
          .reschedules = 5,
          .looks = 4};
}
inline XComRow XCom(int64_t run, uint32_t task, std::string key, std::string value_json) {
  return {.run = RunId(run),
          .task = TaskIndex(task),
          .map_index = kUnmapped,
          .key = std::move(key),
          .value_json = std::move(value_json),
          .timestamp = At(40)};
}
inline RenderedRow Rendered(int64_t run, uint32_t task, std::string fields_json) {
  return {.run = RunId(run),
          .task = TaskIndex(task),
          .map_index = kUnmapped,
          .fields_json = std::move(fields_json)};
}
inline TaskNoteRow TaskNote(int64_t run, uint32_t task, std::string note) {
  return {.run = RunId(run), .task = TaskIndex(task), .note = std::move(note)};
}
inline EventRow Event(std::string event, std::string owner, int64_t seconds) {
  return {.when = At(seconds),
          .owner = std::move(owner),
          .event = std::move(event),
          .dag_id = "d",
          .run_id = "r",
          .task_id = "t",
          .extra = "{}"};
}

}  // namespace gale::testing_rows
