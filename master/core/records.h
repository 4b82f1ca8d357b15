// What the core knows of a run and its task instances, as the ledger keeps it: one struct a row.
// The columns are documented in docs/schema.md.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "common/base/clock.h"
#include "common/base/ids.h"
#include "common/model/state.h"

namespace gale {

enum class RunType : uint8_t { kManual = 0, kScheduled = 1, kBackfill = 2, kAsset = 3 };

struct RunRow {
  RunId id;
  std::string dag_id;
  std::string run_id;  // what users see; unique within the DAG
  int64_t version = 0;
  RunState state = RunState::kQueued;
  RunType type = RunType::kManual;
  std::string triggered_by;  // cli, rest_api, ui, timetable, operator, test
  std::string triggering_user;
  std::optional<TimePoint> logical_date;
  std::optional<TimePoint> interval_start;
  std::optional<TimePoint> interval_end;
  TimePoint run_after;
  std::optional<TimePoint> queued_at;
  std::optional<TimePoint> start_date;
  std::optional<TimePoint> end_date;
  std::string conf_json = "{}";
  std::string note;
  uint32_t clear_number = 0;
  // Why it failed, if the run itself knows: "dagrun_timeout", ... In a running run: it will end
  // failed.
  std::string reason;
};

// What a try's process took, with all that it started and waited for.
struct Usage {
  Duration user_time{0};
  Duration system_time{0};
  uint64_t rss_bytes_max = 0;  // of its largest process
};

// The latest state of a task instance. One that nothing has happened to has no row.
//
// `try_number` counts starts: an attempt is granted once. A sensor that comes again later
// (up_for_reschedule) goes on with the same try, as people count them: shown_try().
struct TiRow {
  RunId run;
  TaskIndex task;
  int32_t map_index = kUnmapped;
  TiState state = TiState::kNone;
  uint32_t try_number = 0;
  uint32_t max_tries = 0;
  uint32_t lost_tries = 0;  // starts granted for lost hosts: not counted against max_tries
  std::optional<TimePoint> scheduled_at;  // of the current try, as the next three
  std::optional<TimePoint> queued_at;
  std::optional<TimePoint> start_date;
  std::optional<TimePoint> end_date;
  std::optional<TimePoint> next_at;  // up_for_retry, up_for_reschedule: starts again then
  bool live = false;  // granted to `worker`, and its end isn't known: its process may run
  std::string worker;
  int64_t pid = 0;
  std::string reason;  // how the last try ended
  Usage usage;         // of the try, once it has ended
  // What it returned has so many elements, kept where a task is mapped over it; of an element of a
  // mapped task: 0, it returned something.
  std::optional<uint32_t> value_length;
  // Of the row without a map index of a mapped task that was expanded: it has elements with indexes
  // below this, and those without a row are in this row's state: none, or scheduled for their first
  // try.
  std::optional<uint32_t> block_length;
  uint32_t reschedules = 0;              // starts that went on with the try before them
  uint32_t looks = 0;                    // those of the current try
  std::optional<TimePoint> first_start;  // of the current try, if it came again
  std::string skips;  // what its end passed by, of its direct downstream (core/skips.h)
  std::string rendered_map_index;  // what its element is called, until the row changes again

  uint32_t shown_try() const { return try_number - reschedules; }
  uint32_t shown_max_tries() const { return max_tries - reschedules; }
};

// One ended try, for history. (The latest, unended one is in TiRow.)
struct AttemptRow {
  AttemptId id;
  TiState state = TiState::kNone;  // how this try ended
  std::optional<TimePoint> scheduled_at;
  std::optional<TimePoint> queued_at;
  std::optional<TimePoint> start_date;
  std::optional<TimePoint> end_date;
  std::string worker;
  int64_t pid = 0;
  int32_t exit_code = 0;
  int32_t signal = 0;
  std::string reason;
  uint64_t log_bytes = 0;
  Usage usage;
  uint32_t reschedules = 0;  // as TiRow's, at its end
  uint32_t looks = 0;

  uint32_t shown_try() const { return id.try_number - reschedules; }
};

}  // namespace gale
