#include "master/api/summary.h"

#include <algorithm>

#include "common/base/limits.h"
#include "common/base/text.h"
#include "common/rpc/convert.h"

namespace gale {
namespace {

constexpr size_t kLineBytesMax = 300;
constexpr std::string_view kExitLine =
    "Command exited with return code";  // says no more than the reason

// A line without what only a terminal understands.
std::string Plain(std::string_view line) {
  std::string out;
  for (size_t i = 0; i < line.size(); ++i) {
    const auto c = static_cast<unsigned char>(line[i]);
    if (c == 0x1b && i + 1 < line.size() && line[i + 1] == '[') {  // to the letter that ends it
      i += 2;
      while (i < line.size() && (line[i] < '@' || line[i] > '~')) ++i;
    } else if (c >= 0x20 || c == '\t') {
      out += line[i];
    }
  }
  const size_t begin = out.find_first_not_of(" \t");
  if (begin == std::string::npos) return "";
  out.erase(0, begin);
  out.erase(out.find_last_not_of(" \t") + 1);
  for (size_t bad; (bad = FindBadUtf8(out)) != std::string::npos;) out[bad] = '?';
  if (out.size() <= kLineBytesMax) return out;
  size_t end = kLineBytesMax;
  while (end > 0 && (static_cast<unsigned char>(out[end]) & 0xc0) == 0x80) --end;
  return out.substr(0, end) + "…";
}

bool TellsOfAnError(std::string_view line) {
  for (const char* word : {"Error", "ERROR", "error:", "Exception", "exception:", "FATAL",
                           "fatal:", "CRITICAL", "Traceback", "command not found", "Killed"}) {
    if (line.find(word) != std::string_view::npos) return true;
  }
  return false;
}

}  // namespace

std::string LastErrorLine(std::string_view end_of_log) {
  std::string last;
  while (!end_of_log.empty()) {
    const size_t newline = end_of_log.rfind('\n');
    const size_t begin = newline == std::string_view::npos ? 0 : newline + 1;
    const std::string line = Plain(end_of_log.substr(begin));
    end_of_log = end_of_log.substr(0, newline == std::string_view::npos ? 0 : newline);
    if (TellsOfAnError(line)) return line;
    if (last.empty() && !line.starts_with(kExitLine)) last = line;
  }
  return last;
}

std::vector<RunBrief> FailedLast(const std::vector<RunBrief>& latest,
                                 const std::vector<RunBrief>& last) {
  std::vector<RunBrief> failed;
  auto take = [&](const RunBrief& run) {
    if (run.state == RunState::kFailed) failed.push_back(run);
  };
  for (const RunBrief& run : latest) {
    if (IsFinished(run.state)) take(run);
  }
  std::string_view of;
  for (const RunBrief& run : last) {
    if (!IsFinished(run.state) || run.dag_id == of) continue;
    of = run.dag_id;
    take(run);
  }
  std::ranges::sort(failed, [](const RunBrief& a, const RunBrief& b) {
    return std::tie(a.end_date, a.id) > std::tie(b.end_date, b.id);
  });
  if (failed.size() > limits::kSummaryNeedsMax) failed.resize(limits::kSummaryNeedsMax);
  return failed;
}

std::vector<TimePoint> PlannedRuns(const DagRow& row, const Dag& dag, TimePoint until,
                                   size_t most) {
  std::vector<TimePoint> times;
  if (row.is_paused || row.is_stale || !row.next_run_after) return times;
  std::optional<PlannedRun> plan = PlannedRun{};
  plan->run_after = *row.next_run_after;
  plan->interval = {row.next_interval_start.value_or(*row.next_run_after),
                    row.next_interval_end.value_or(*row.next_run_after)};
  while (plan && plan->run_after < until && times.size() < most) {
    times.push_back(plan->run_after);
    if (dag.timetable().is_continuous()) break;  // when it comes depends on the one before
    const TimePoint before = plan->run_after;
    plan = dag.timetable().Next(plan->interval, dag.bounds(), before);
    if (plan && plan->run_after <= before) break;
  }
  return times;
}

std::map<std::string, v1::TimelineRow> Timeline(const std::vector<RunBrief>& runs) {
  std::map<std::string, std::vector<const RunBrief*>> by_dag;
  for (const RunBrief& run : runs) {
    auto& of = by_dag[run.dag_id];
    if (of.size() < limits::kTimelineDagRunsMax) of.push_back(&run);
  }
  std::map<std::string, v1::TimelineRow> rows;
  for (const auto& [dag_id, of] : by_dag) {
    v1::TimelineRow& row = rows[dag_id];
    row.set_dag_id(dag_id);
    std::vector<RunBrief> own;
    for (size_t i = of.size(); i-- > 0;) {
      *row.add_runs() = BarOf(*of[i]);
      own.push_back(*of[i]);
    }
    if (const auto median = MedianSeconds(own)) row.set_median_seconds(*median);
  }
  return rows;
}

}  // namespace gale
