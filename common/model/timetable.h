// When a DAG's runs are due. Pure arithmetic on UTC instants and a time zone; `now` is an input.
// Semantics: reference airflow.md E10 and E11.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "common/base/status.h"
#include "common/model/dag_spec.h"

namespace gale {

struct DataInterval {
  TimePoint start;
  TimePoint end;
  bool operator==(const DataInterval&) const = default;
};

// A run that is to be made: at `run_after`, for `interval`, called `logical_date`.
struct PlannedRun {
  TimePoint run_after;
  TimePoint logical_date;
  DataInterval interval;
  bool operator==(const PlannedRun&) const = default;
};

class Timetable {
 public:
  Timetable() = default;  // kNone
  // Refuses a bad cron expression (naming the field), an unknown time zone, a delta <= 0.
  static Result<Timetable> Make(const ScheduleSpec& spec);

  struct Bounds {
    std::optional<TimePoint> earliest;  // start date
    std::optional<TimePoint> latest;    // end date: no run with a later logical date
    bool catchup = false;
  };
  // The run that follows `last` (the data interval of the latest scheduled run, if there was one).
  // Without catchup, skips what lies wholly in the past. nullopt: none ever. May be due in the
  // past.
  std::optional<PlannedRun> Next(const std::optional<DataInterval>& last, const Bounds& bounds,
                                 TimePoint now) const;
  // The logical dates beside that of a run which the schedule made: what Airflow's prev_ds and
  // next_ds are. nullopt: there is none.
  std::optional<TimePoint> LogicalBefore(TimePoint logical_date) const;
  std::optional<TimePoint> LogicalAfter(TimePoint logical_date) const;
  // The data interval of a run started by hand at `run_after`.
  DataInterval ManualInterval(TimePoint run_after) const;

  // For people: "0 3 * * *", "1 day, 0:00:00", "@once", or "None"; as Airflow's timetable_summary.
  std::string Summary() const;
  // "At 03:00", "Never, external triggers only": as Airflow's timetable_description.
  std::string Description() const;
  bool is_none() const { return spec_.kind == ScheduleSpec::Kind::kNone; }
  bool is_continuous() const { return spec_.kind == ScheduleSpec::Kind::kContinuous; }

 private:
  ScheduleSpec spec_;
  std::shared_ptr<const class Cron> cron_;
};

}  // namespace gale
