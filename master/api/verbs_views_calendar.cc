// Verb: a DAG's runs by day.
#include <array>
#include <chrono>
#include <map>

#include "common/base/limits.h"
#include "common/model/zone.h"
#include "common/rpc/convert.h"
#include "master/api/summary.h"
#include "master/api/verbs.h"

namespace gale::verbs {
namespace {

using Day = std::chrono::local_days;

constexpr std::chrono::days kDays{366}, kDaysMax{3 * 366};

std::string NameOf(Day day) {
  const std::chrono::year_month_day date(day);
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
}

// "2026-11-28".
Result<Day> DayOf(std::string_view what, const std::string& text) {
  const auto time = text.size() == 10 ? ParseTime(text + "T00:00:00Z")
                                      : Result<TimePoint>(InvalidArgument("no day"));
  if (!time.ok()) {
    return InvalidArgument("{}: '{}' is no day: write it as 2026-11-28", what, text);
  }
  return Day(std::chrono::floor<std::chrono::days>(*time).time_since_epoch());
}

TimePoint StartOf(Day day, const Zone& zone) {
  return zone.ToInstant(std::chrono::time_point_cast<std::chrono::seconds>(day));
}
Day DayIn(TimePoint time, const Zone& zone) {
  return std::chrono::floor<std::chrono::days>(
      zone.ToWall(std::chrono::floor<std::chrono::seconds>(time)));
}

}  // namespace

Result<v1::DagCalendar> GetDagCalendar(Control& control, const v1::GetDagCalendarRequest& request,
                                       const Actor&) {
  v1::DagCalendar answer;
  answer.set_at(control.feed().at().ToString());
  const auto zone = Zone::Find(request.timezone());
  if (!zone.ok()) {
    return InvalidArgument("timezone: '{}' is no time zone that is known here", request.timezone());
  }
  const TimePoint now = Clock::Real().Now();
  Day to = DayIn(now, *zone);
  if (!request.to().empty()) {
    GALE_ASSIGN_OR_RETURN(to, DayOf("to", request.to()));
  }
  Day from = to - kDays;
  if (!request.from().empty()) {
    GALE_ASSIGN_OR_RETURN(from, DayOf("from", request.from()));
  }
  if (from > to) return InvalidArgument("from {} is after to {}", NameOf(from), NameOf(to));
  if (to - from > kDaysMax) {
    return InvalidArgument("from {} to {}: {} days are shown at most", NameOf(from), NameOf(to),
                           kDaysMax.count());
  }
  GALE_ASSIGN_OR_RETURN(const DagView dag, control.GetDag(request.dag_id()));
  const TimePoint until = StartOf(to + std::chrono::days(1), *zone);
  GALE_ASSIGN_OR_RETURN(const std::vector<RunTime> runs,
                        control.reads().RunTimes({request.dag_id(), StartOf(from, *zone), until,
                                                  limits::kCalendarRunsMax}));
  std::map<Day, std::array<uint64_t, kRunStates>> days;
  Zone::Span span = zone->At(std::chrono::floor<std::chrono::seconds>(now));
  for (const RunTime& run : runs) {
    const Instant at = std::chrono::floor<std::chrono::seconds>(run.run_after);
    if (at < span.begin || at >= span.end) span = zone->At(at);
    const Day day =
        std::chrono::floor<std::chrono::days>(Wall(at.time_since_epoch() + span.offset));
    ++days[day][static_cast<size_t>(run.state)];
  }
  for (const auto& [day, counts] : days) {
    v1::CalendarDay& out = *answer.add_days();
    out.set_date(NameOf(day));
    for (size_t state = 0; state < kRunStates; ++state) {
      if (counts[state] == 0) continue;
      (*out.mutable_counts())[std::string(Name(static_cast<RunState>(state)))] = counts[state];
    }
  }
  for (const TimePoint time :
       PlannedRuns(dag.row, *dag.version->dag, until, limits::kPlannedRunsMax)) {
    *answer.add_planned() = ToProto(time);
  }
  return answer;
}

}  // namespace gale::verbs
