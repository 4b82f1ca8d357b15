#include "master/api/run_output.h"

#include <algorithm>
#include <charconv>
#include <queue>
#include <tuple>

#include "common/base/limits.h"
#include "common/base/text.h"

namespace gale {
namespace {

constexpr Duration kSettled = std::chrono::milliseconds(250);
// Of a log without times, or a long piece: what is read at once.
constexpr uint64_t kPartBytes = limits::kLogChunkBytesMax;
constexpr uint64_t kLineBytes = limits::kOutputLineBytesMax;

// Of a line among all of its run: when, whose, and the byte that ends it.
struct Place {
  int64_t time = 0;
  int64_t task = 0, map_index = 0, start = 0, end = 0;
  auto Key() const { return std::tie(time, task, map_index, start, end); }
  bool operator<(const Place& other) const { return Key() < other.Key(); }

  std::string ToText() const {
    return fmt::format("{}.{}.{}.{}.{}", time, task, map_index, start, end);
  }
};

Result<Place> ParsePlace(std::string_view text) {
  Place place;
  const char* at = text.data();
  const char* const end = text.data() + text.size();
  for (int64_t* number : {&place.time, &place.task, &place.map_index, &place.start, &place.end}) {
    const auto [behind, error] = std::from_chars(at, end, *number);
    const bool last = number == &place.end;
    if (error != std::errc() || (last ? behind != end : behind == end || *behind != '.')) {
      return InvalidArgument("after: '{}' is no place that a page named", RepairText(text, 80));
    }
    at = behind + 1;
  }
  return place;
}

// One start's log.
struct Log {
  LogKey key;
  OutputLine line;  // whose: without time and text
  int64_t task = 0;
  uint32_t start = 0;
  bool ended = false;
  std::optional<TimePoint> began, end;
};

// A part of a log that came at one time, and whose lines are looked for at once.
struct Part {
  Place place;  // of the first line that may be in it
  size_t log = 0;
  uint64_t from = 0, to = 0;
  bool has_time = true;
  bool is_rest = false;  // the last line, which has no end
  bool operator<(const Part& other) const { return other.place < place; }  // the first on top
};

class Merge {
 public:
  Merge(Control& control, RunOutput& output) : control_(control), output_(output) {}

  Status AddInstance(const RunView& run, const TiRow& row);
  // Lines from `from` on that came before `until`. Where it stopped, if there were more.
  Result<std::optional<Place>> Run(const Place& from, int64_t until);
  bool all_ended() const {
    return std::ranges::all_of(logs_, [](const Log& log) { return log.ended; });
  }

 private:
  void AddStarts(const RunView& run, const TiRow& row, uint32_t first, uint32_t last,
                 uint32_t shown, std::optional<TimePoint> began, std::optional<TimePoint> end);
  Status Plan(size_t index, const Place& from);
  Result<std::optional<Place>> Take(const Part& part, const Place& from);
  bool Full() const {
    return output_.lines.size() >= limits::kOutputLinesMax || bytes_ >= limits::kOutputBytesMax;
  }

  Control& control_;
  RunOutput& output_;
  std::vector<Log> logs_;
  std::priority_queue<Part> parts_;
  size_t bytes_ = 0;
};

void Merge::AddStarts(const RunView& run, const TiRow& row, uint32_t first, uint32_t last,
                      uint32_t shown, std::optional<TimePoint> began,
                      std::optional<TimePoint> end) {
  const std::string& task_id = run.version->dag->task(row.task).task_id;
  for (uint32_t start = std::max(1u, first); start <= last; ++start) {
    if (logs_.size() >= limits::kOutputLogsMax) {
      ++output_.logs_left_out;
      continue;
    }
    Log log;
    log.key = {run.row.dag_id, run.row.run_id, task_id, row.map_index, start};
    log.line = {task_id, row.map_index, shown, {}, {}};
    log.task = row.task.value;
    log.start = start;
    log.ended = start < last || end.has_value();
    log.began = began;
    log.end = end;
    logs_.push_back(std::move(log));
  }
}

Status Merge::AddInstance(const RunView& run, const TiRow& row) {
  if (row.try_number == 0) return OkStatus();
  uint32_t next = 1;
  if (row.try_number > 1 || !row.live) {
    GALE_ASSIGN_OR_RETURN(
        const std::vector<AttemptRow> tries,
        control_.store().reads().ListAttempts({row.run, row.task, row.map_index}));
    for (const AttemptRow& one : tries) {
      AddStarts(run, row, one.id.try_number - std::min(one.looks, one.id.try_number),
                one.id.try_number, one.shown_try(), one.start_date, one.end_date);
      next = one.id.try_number + 1;
    }
  }
  if (next <= row.try_number) {
    // The one that goes on; of one that was cut off (marked by hand) nothing comes any more.
    AddStarts(run, row, next, row.try_number, row.shown_try(), row.start_date,
              row.live ? std::nullopt : row.end_date);
  }
  return OkStatus();
}

// The log's parts from `from` on.
Status Merge::Plan(size_t index, const Place& from) {
  const Log& log = logs_[index];
  GALE_ASSIGN_OR_RETURN(const uint64_t size, control_.logs().Size(log.key));
  if (size == 0) return OkStatus();
  GALE_ASSIGN_OR_RETURN(std::vector<LogTime> times, control_.logs().Times(log.key, 0, size));
  const bool has_times = !times.empty();
  if (!has_times || times.front().offset > 0) {
    times.insert(times.begin(),
                 {0, has_times ? times.front().time : log.began.value_or(TimePoint())});
  }
  int64_t time = 0;
  auto add = [&](uint64_t begin, uint64_t end, bool is_rest) {
    const Place first{time, log.task, log.line.map_index, log.start, static_cast<int64_t>(begin)};
    const Place last{time, log.task, log.line.map_index, log.start, static_cast<int64_t>(end)};
    if (!(last < from)) parts_.push({first, index, begin, end, has_times, is_rest});
  };
  for (size_t i = 0; i < times.size(); ++i) {
    const uint64_t end = i + 1 < times.size() ? std::min(size, times[i + 1].offset) : size;
    // A clock that was set back changes no line's place.
    time = std::max<int64_t>(time, times[i].time.time_since_epoch().count());
    for (uint64_t at = times[i].offset; at < end; at += kPartBytes) {
      add(at, std::min(end, at + kPartBytes), false);
    }
  }
  if (log.ended) {
    if (log.end) time = std::max<int64_t>(time, log.end->time_since_epoch().count());
    add(size, size, true);
  }
  return OkStatus();
}

// Its lines from `from` on. Where it stopped because the page is full.
Result<std::optional<Place>> Merge::Take(const Part& part, const Place& from) {
  const Log& log = logs_[part.log];
  const uint64_t begin = part.from - std::min(part.from, kLineBytes);
  GALE_ASSIGN_OR_RETURN(const std::string data,
                        control_.logs().Read(log.key, begin, part.to - begin));
  const size_t own = part.from - begin;  // a line's end stands from here on
  size_t line = 0;                       // where it begins
  bool cut = begin > 0;                  // and whether that is its beginning
  if (own > 0) {
    if (const size_t before = data.rfind('\n', own - 1); before != std::string::npos) {
      line = before + 1;
      cut = false;
    }
  }
  for (size_t at = own;;) {
    size_t end = data.find('\n', at);
    if (part.is_rest ? line >= data.size() : end == std::string::npos)
      return std::optional<Place>();
    if (part.is_rest) end = data.size();
    Place place = part.place;
    place.end = static_cast<int64_t>(begin + end);
    if (!(place < from)) {
      if (Full()) return std::optional(place);
      OutputLine& out = output_.lines.emplace_back(log.line);
      if (part.has_time) out.time = TimePoint(Duration(place.time));
      std::string_view text = std::string_view(data).substr(line, end - line);
      if (text.ends_with('\r')) text.remove_suffix(1);
      out.text = (cut ? "[...] " : "") + RepairText(text, kLineBytes);
      bytes_ += out.text.size() + out.task_id.size();
    }
    if (part.is_rest) return std::optional<Place>();
    at = line = end + 1;
    cut = false;
  }
}

Result<std::optional<Place>> Merge::Run(const Place& from, int64_t until) {
  for (size_t i = 0; i < logs_.size(); ++i) GALE_RETURN_IF_ERROR(Plan(i, from));
  while (!parts_.empty()) {
    const Part part = parts_.top();
    parts_.pop();
    if (part.place.time >= until) break;
    GALE_ASSIGN_OR_RETURN(const std::optional<Place> stopped, Take(part, from));
    if (stopped) return stopped;
  }
  return std::optional<Place>();
}

}  // namespace

Result<RunOutput> ReadRunOutput(Control& control, const std::string& dag_id,
                                const std::string& run_id, const std::string& after) {
  Place from;
  if (!after.empty()) {
    GALE_ASSIGN_OR_RETURN(from, ParsePlace(after));
  }
  GALE_ASSIGN_OR_RETURN(const RunView run, control.GetRun(dag_id, run_id));
  const TimePoint now = Clock::Real().Now();
  GALE_ASSIGN_OR_RETURN(std::vector<TiRow> rows, control.store().reads().ListTis(run.row.id));
  // Those that started first, so that who starts later changes nothing of what was shown.
  std::ranges::stable_sort(rows, {}, [](const TiRow& row) {
    const auto began = row.first_start ? row.first_start : row.start_date;
    return began.value_or(TimePoint::max());
  });
  RunOutput output;
  Merge merge(control, output);
  for (const TiRow& row : rows) {
    if (output.logs_left_out > 0) {
      output.logs_left_out += row.try_number;
      continue;
    }
    GALE_RETURN_IF_ERROR(merge.AddInstance(run, row));
  }
  const bool ended = IsFinished(run.row.state) && merge.all_ended();
  const int64_t until = ended ? INT64_MAX : (now - kSettled).time_since_epoch().count();
  GALE_ASSIGN_OR_RETURN(const std::optional<Place> stopped, merge.Run(from, until));
  if (stopped) {
    output.next = stopped->ToText();
  } else if (!ended) {
    Place place;
    place.time = std::max(until, from.time);
    if (place < from) place = from;
    output.next = place.ToText();
  }
  output.complete = ended && !stopped;
  return output;
}

}  // namespace gale
