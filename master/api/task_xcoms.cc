// XComs that a running task asks for, sets and deletes. A value is passed on as the text that it is:
// JSON of any size of number.
#include <algorithm>

#include "common/model/json_elements.h"
#include "master/api/task_calls.h"
#include "master/store/bounds.h"

namespace gale {
namespace {

constexpr uint32_t kRowsAtATime = 200;
// Runs that one question looks through for include_prior_dates, the newest first; and at a time.
constexpr uint32_t kPriorRunsMax = 1000;
constexpr uint32_t kPriorRunsAtATime = 20;

struct XComPlace {
  RunViewPtr run;
  std::optional<TaskIndex> task;  // nullopt: any
  std::string task_id;
  std::optional<int32_t> map_index;
  std::string key;
};

std::string Quoted(const std::string& text) { return WriteJson(Json(text)); }

Result<RunViewPtr> RunOf(const TaskWorld& world, const TaskAsk& ask, const TaskFields& fields) {
  GALE_ASSIGN_OR_RETURN(const std::string dag_id, fields.Text("dag_id"));
  GALE_ASSIGN_OR_RETURN(const std::string run_id, fields.Text("run_id"));
  if (dag_id == ask.run->row.dag_id && run_id == ask.run->row.run_id) return ask.run;
  GALE_ASSIGN_OR_RETURN(RunView run, world.control.GetRun(dag_id, run_id));
  return RunViewPtr(std::make_shared<const RunView>(std::move(run)));
}

// NOT_FOUND: there is no such run, or no such task in it.
Result<XComPlace> PlaceOf(const TaskWorld& world, const TaskAsk& ask) {
  const TaskFields fields(ask.body);
  XComPlace place;
  GALE_ASSIGN_OR_RETURN(place.key, fields.Text("key"));
  GALE_ASSIGN_OR_RETURN(place.run, RunOf(world, ask, fields));
  GALE_ASSIGN_OR_RETURN(const auto map_index, fields.MaybeInt("map_index"));
  if (map_index) {
    if (*map_index < kUnmapped || *map_index > INT32_MAX) {
      return InvalidArgument("map_index: {} is none", *map_index);
    }
    place.map_index = static_cast<int32_t>(*map_index);
  }
  GALE_ASSIGN_OR_RETURN(const auto task_id, fields.MaybeText("task_id"));
  if (!task_id) return place;
  place.task_id = *task_id;
  place.task = place.run->version->dag->Find(*task_id);
  if (place.task) return place;
  return NotFound("DAG '{}' has no task '{}' in version {}, which run '{}' is of",
                  place.run->row.dag_id, *task_id, place.run->row.version, place.run->row.run_id);
}

// Without a map index: of the one that isn't mapped, else of the last element.
Result<std::optional<XComRow>> FindValue(Reads& reads, const XComPlace& place) {
  const RunId run = place.run->row.id;
  if (!place.task) return reads.LatestXCom(run, place.key);
  const int32_t index = place.map_index.value_or(kUnmapped);
  GALE_ASSIGN_OR_RETURN(auto row, reads.GetXCom({run, *place.task, index}, place.key));
  if (row || place.map_index) return row;
  GALE_ASSIGN_OR_RETURN(auto rows, reads.TaskXComs({run, *place.task, place.key, true, 0, 1}));
  if (!rows.empty()) row = std::move(rows.front());
  return row;
}

// The same of the DAG's runs of earlier dates, the newest first.
Result<std::optional<XComRow>> FindEarlier(const TaskWorld& world, const XComPlace& place) {
  std::optional<XComRow> none;
  const RunRow& run = place.run->row;
  if (!run.logical_date) return none;
  RunQuery query;
  query.dag_id = run.dag_id;
  query.logical_date_lte = *run.logical_date - Duration(1);
  query.order_by = {"-logical_date"};
  query.limit = kPriorRunsAtATime;
  query.count = false;
  for (; query.offset < kPriorRunsMax; query.offset += kPriorRunsAtATime) {
    GALE_ASSIGN_OR_RETURN(const Page<RunView> page, world.control.ListRuns(query));
    for (const RunView& earlier : page.rows) {
      XComPlace there = place;
      there.run = std::make_shared<const RunView>(earlier);
      if (place.task) there.task = earlier.version->dag->Find(place.task_id);
      if (place.task && !there.task) continue;
      GALE_ASSIGN_OR_RETURN(auto row, FindValue(world.reads, there));
      if (row) return row;
    }
    if (page.rows.size() < kPriorRunsAtATime) break;
  }
  return none;
}

Result<TaskReply> GetXCom(const TaskWorld& world, const TaskAsk& ask) {
  const TaskFields fields(ask.body);
  std::string value = "null";  // as Airflow's: there is none, or no such task
  const Result<XComPlace> place = PlaceOf(world, ask);
  if (!place.ok() && place.status().code() != Code::kNotFound) return place.status();
  GALE_ASSIGN_OR_RETURN(const std::string key, fields.Text("key"));
  if (place.ok()) {
    GALE_ASSIGN_OR_RETURN(auto row, FindValue(world.reads, *place));
    GALE_ASSIGN_OR_RETURN(const bool prior, fields.Flag("include_prior_dates"));
    if (!row && prior) {
      GALE_ASSIGN_OR_RETURN(row, FindEarlier(world, *place));
    }
    if (row) value = std::move(row->value_json);
  }
  return TaskReply{
      fmt::format(R"({{"type": "XComResult", "key": {}, "value": {}}})", Quoted(key), value)};
}

Result<XComsOfTask> SequenceOf(const XComPlace& place) {
  if (!place.task) return InvalidArgument("task_id: it is missing");
  return XComsOfTask{place.run->row.id, *place.task, place.key};
}

Result<TaskReply> GetCount(const TaskWorld& world, const TaskAsk& ask) {
  GALE_ASSIGN_OR_RETURN(const XComPlace place, PlaceOf(world, ask));
  GALE_ASSIGN_OR_RETURN(const XComsOfTask query, SequenceOf(place));
  GALE_ASSIGN_OR_RETURN(const uint64_t count, world.reads.CountTaskXComs(query));
  return TaskReply{fmt::format(R"({{"type": "XComCountResponse", "len": {}}})", count)};
}

Result<TaskReply> GetItem(const TaskWorld& world, const TaskAsk& ask) {
  GALE_ASSIGN_OR_RETURN(const auto offset, TaskFields(ask.body).MaybeInt("offset"));
  if (!offset) return InvalidArgument("offset: it is missing");
  GALE_ASSIGN_OR_RETURN(const XComPlace place, PlaceOf(world, ask));
  GALE_ASSIGN_OR_RETURN(XComsOfTask query, SequenceOf(place));
  query.backwards = *offset < 0;
  const int64_t from = *offset < 0 ? -(*offset + 1) : *offset;
  std::vector<XComRow> rows;
  if (from <= static_cast<int64_t>(limits::kMapElementsMax)) {
    query.offset = static_cast<uint32_t>(from);
    GALE_ASSIGN_OR_RETURN(rows, world.reads.TaskXComs(query));
  }
  if (rows.empty()) {
    return Refuse("XCOM_NOT_FOUND", {{"dag_id", place.run->row.dag_id},
                                     {"run_id", place.run->row.run_id},
                                     {"task_id", place.task_id},
                                     {"key", place.key},
                                     {"offset", *offset}});
  }
  return TaskReply{
      fmt::format(R"({{"type": "XComSequenceIndexResult", "root": {}}})", rows.front().value_json)};
}

// Python's slice of `size` things: the first, how far apart, how many.
struct Slice {
  int64_t first = 0, step = 1, count = 0;
};
Slice SliceOf(int64_t size, std::optional<int64_t> start, std::optional<int64_t> stop,
              int64_t step) {
  const int64_t low = step > 0 ? 0 : -1, high = step > 0 ? size : size - 1;
  auto place = [&](std::optional<int64_t> at, int64_t otherwise) {
    if (!at) return otherwise;
    return std::clamp(*at < 0 ? std::max(*at, -size - 1) + size : *at, low, high);
  };
  const int64_t first = place(start, step > 0 ? low : high);
  const int64_t end = place(stop, step > 0 ? high : low);
  const int64_t way = step > 0 ? end - first : first - end;
  const int64_t stride = step > 0 ? step : -step;
  return {first, step, way > 0 ? (way - 1) / stride + 1 : 0};
}

// What stands at first, first + step, ...: read forwards, in pages.
Status ReadSlice(Reads& reads, XComsOfTask query, const Slice& slice,
                 std::vector<std::string>& values) {
  const int64_t last = slice.first + slice.step * (slice.count - 1);
  const int64_t from = std::min(slice.first, last), to = std::max(slice.first, last) + 1;
  const int64_t stride = slice.step > 0 ? slice.step : -slice.step;
  size_t bytes = 0;
  for (int64_t at = from; at < to; at += kRowsAtATime) {
    query.offset = static_cast<uint32_t>(at);
    query.limit = static_cast<uint32_t>(std::min<int64_t>(kRowsAtATime, to - at));
    GALE_ASSIGN_OR_RETURN(std::vector<XComRow> rows, reads.TaskXComs(query));
    for (size_t i = 0; i < rows.size(); ++i) {
      if ((at + static_cast<int64_t>(i) - from) % stride != 0) continue;
      bytes += rows[i].value_json.size() + 2;
      if (bytes > limits::kAskAnswerBytesMax) {
        return ResourceExhausted(
            "the values of key '{}' have more than {} bytes together (kAskAnswerBytesMax): ask for "
            "fewer at a time",
            query.key, limits::kAskAnswerBytesMax);
      }
      values.push_back(std::move(rows[i].value_json));
    }
    if (rows.size() < query.limit) break;
  }
  if (slice.step < 0) std::reverse(values.begin(), values.end());
  return OkStatus();
}

Result<TaskReply> GetSlice(const TaskWorld& world, const TaskAsk& ask) {
  const TaskFields fields(ask.body);
  GALE_ASSIGN_OR_RETURN(const auto start, fields.MaybeInt("start"));
  GALE_ASSIGN_OR_RETURN(const auto stop, fields.MaybeInt("stop"));
  GALE_ASSIGN_OR_RETURN(const auto step, fields.MaybeInt("step"));
  if (step == 0 || (step && (*step > INT32_MAX || *step < -INT32_MAX))) {
    return InvalidArgument("step: {} is none", *step);
  }
  std::vector<std::string> values;
  const Result<XComPlace> place = PlaceOf(world, ask);
  if (!place.ok() && place.status().code() != Code::kNotFound) return place.status();
  if (place.ok()) {
    GALE_ASSIGN_OR_RETURN(const XComsOfTask query, SequenceOf(*place));
    GALE_ASSIGN_OR_RETURN(const uint64_t count, world.reads.CountTaskXComs(query));
    const Slice slice = SliceOf(static_cast<int64_t>(count), start, stop, step.value_or(1));
    if (slice.count > 0) GALE_RETURN_IF_ERROR(ReadSlice(world.reads, query, slice, values));
  }
  return TaskReply{fmt::format(R"({{"type": "XComSequenceSliceResult", "root": [{}]}})",
                               fmt::join(values, ", "))};
}

// The text of a member of the question.
std::optional<std::string> RawMember(const std::string& raw, std::string_view name) {
  const auto members = JsonElements::Parse(raw);
  if (!members) return std::nullopt;
  for (size_t i = 0; i < members->size(); ++i) {
    const auto member = JsonElements::Parse(members->at(i));  // [name, value]
    if (member && member->at(0) == Quoted(std::string(name))) return member->at(1);
  }
  return std::nullopt;
}

// An XCom is written of an instance that is named.
Result<TiKey> TargetOf(const XComPlace& place) {
  if (!place.task) return InvalidArgument("task_id: it is missing");
  return TiKey{place.run->row.id, *place.task, place.map_index.value_or(kUnmapped)};
}

Result<TaskReply> SetXCom(const TaskWorld& world, const TaskAsk& ask) {
  GALE_ASSIGN_OR_RETURN(const XComPlace place, PlaceOf(world, ask));
  GALE_ASSIGN_OR_RETURN(const TiKey target, TargetOf(place));
  const auto value = RawMember(ask.raw, "value");
  if (!value) return InvalidArgument("value: it is missing");
  XComRow row{target.run, target.task, target.map_index, place.key, *value, {}};
  GALE_RETURN_IF_ERROR(CheckRow(row));
  GALE_RETURN_IF_ERROR(world.engine.Call<Status>(
      [by = ask.attempt, row](Loop& loop) { return loop.SetXCom(by, row); }));
  return Done();
}

Result<TaskReply> DeleteXCom(const TaskWorld& world, const TaskAsk& ask) {
  GALE_ASSIGN_OR_RETURN(const XComPlace place, PlaceOf(world, ask));
  GALE_ASSIGN_OR_RETURN(const TiKey target, TargetOf(place));
  GALE_RETURN_IF_ERROR(
      world.engine.Call<Status>([by = ask.attempt, name = XComName{target, place.key}](Loop& loop) {
        return loop.DeleteXCom(by, name);
      }));
  return Done();
}

}  // namespace

void AddXComCalls(TaskCalls& calls, TaskWorld world) {
  auto add = [&](const char* type, auto answer) {
    calls.Add(type, [world, answer](const TaskAsk& ask) { return answer(world, ask); });
  };
  add("GetXCom", GetXCom);
  add("GetXComCount", GetCount);
  add("GetNumberXComs", GetCount);
  add("GetXComSequenceItem", GetItem);
  add("GetXComSequenceSlice", GetSlice);
  add("SetXCom", SetXCom);
  add("DeleteXCom", DeleteXCom);
}

}  // namespace gale
