#include "common/model/dag.h"

#include <algorithm>
#include <limits>

#include "common/base/limits.h"
#include "common/base/text.h"
#include "common/base/text_limits.h"
#include "common/model/params.h"
#include "common/model/weights.h"

namespace gale {
namespace {

constexpr size_t kCyclePathTasksMax = 20;  // of a longer cycle, this many are printed
constexpr int64_t kPriorityMax = std::numeric_limits<int32_t>::max();
constexpr int64_t kPriorityMin = std::numeric_limits<int32_t>::min();

bool IsIdByte(unsigned char c, std::string_view also) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '_' || c == '.' || c >= 0x80 ||  // letters of other scripts are fine, as in Airflow
         also.find(static_cast<char>(c)) != std::string_view::npos;
}

// A teardown that doesn't count for the state of the run.
bool IsIgnored(const TaskSpec& task) { return task.is_teardown && !task.on_failure_fail_dagrun; }

std::optional<TimePoint> EarliestStart(const DagSpec& spec) {
  auto earliest = spec.start_date;
  for (const TaskSpec& task : spec.tasks) {
    if (task.start_date && (!earliest || *task.start_date < *earliest)) earliest = task.start_date;
  }
  return earliest;
}

// The DAG's end date, unless every task has one of its own: then the last of those.
std::optional<TimePoint> LatestEnd(const DagSpec& spec) {
  std::optional<TimePoint> latest;
  for (const TaskSpec& task : spec.tasks) {
    if (!task.end_date) return spec.end_date;
    latest = std::max(latest.value_or(*task.end_date), *task.end_date);
  }
  return latest ? latest : spec.end_date;
}

Status CheckTask(const TaskSpec& task) {
  GALE_RETURN_IF_ERROR(CheckId("task_id", task.task_id));
  if (task.pool_slots == 0) return InvalidArgument("pool_slots: 0 is too few: expected 1 or more");
  if (task.pool.empty()) return InvalidArgument("pool: empty: name a pool, or leave it out");
  if (task.queue.empty()) return InvalidArgument("queue: empty: name a queue, or leave it out");
  GALE_RETURN_IF_ERROR(CheckText("pool", task.pool, {.bytes_max = limits::kPoolNameBytesMax}));
  GALE_RETURN_IF_ERROR(CheckText("queue", task.queue, {.bytes_max = limits::kQueueNameBytesMax}));
  if (task.retry_delay < Duration(0)) {
    return InvalidArgument("retry_delay: {} s is negative", Seconds(task.retry_delay));
  }
  if (task.max_retry_delay && *task.max_retry_delay < Duration(0)) {
    return InvalidArgument("max_retry_delay: {} s is negative", Seconds(*task.max_retry_delay));
  }
  if (!(task.retry_backoff >= 0)) {
    return InvalidArgument("retry_backoff: {} is no multiplier: expected 0 (none) or more",
                           task.retry_backoff);
  }
  if (task.execution_timeout && *task.execution_timeout <= Duration(0)) {
    return InvalidArgument("execution_timeout: {} s: expected more than 0",
                           Seconds(*task.execution_timeout));
  }
  if (const auto* bash = std::get_if<BashWork>(&task.work);
      bash && bash->command.size() > limits::kCommandBytesMax) {
    return ResourceExhausted("command: {} bytes are over the limit kCommandBytesMax = {}",
                             bash->command.size(), limits::kCommandBytesMax);
  }
  return OkStatus();
}

// A byte as it can be read: 'x', a space, \x0a.
std::string Shown(unsigned char c) {
  if (c == ' ') return "a space";
  const bool plain = c > 0x20 && c < 0x7f;
  return plain ? fmt::format("'{}'", static_cast<char>(c)) : fmt::format("'\\x{:02x}'", c);
}

std::string Printable(std::string_view id) {
  std::string out;
  for (unsigned char c : id) {
    const bool control = c < 0x20 || c == 0x7f;
    out += control ? fmt::format("\\x{:02x}", c) : std::string(1, static_cast<char>(c));
  }
  return out;
}

std::string Names(std::string_view bytes) {
  std::string out;
  for (unsigned char c : bytes) out += ", " + Shown(c);
  return out;
}

}  // namespace

Status CheckId(std::string_view what, std::string_view id, std::string_view also) {
  if (id.empty()) return InvalidArgument("{}: empty", what);
  if (id.size() > limits::kIdBytesMax) {
    return InvalidArgument("{}: '{}...' is {} bytes long: at most {} (kIdBytesMax)", what,
                           Printable(id.substr(0, 40)), id.size(), limits::kIdBytesMax);
  }
  // They become names of directories.
  if (id == "." || id == "..") return InvalidArgument("{}: '{}' is reserved", what, id);
  for (unsigned char c : id) {
    if (IsIdByte(c, also)) continue;
    return InvalidArgument("{}: '{}' may not hold {}: expected letters, digits, '-', '_', '.'{}",
                           what, Printable(id), Shown(c), Names(also));
  }
  return OkStatus();
}

Result<std::shared_ptr<const Dag>> Dag::Make(DagSpec spec, int64_t version) {
  auto dag = std::make_shared<Dag>();
  dag->spec_ = std::move(spec);  // from here on at its final address
  dag->version_ = version;
  auto build = [&]() -> Status {
    GALE_RETURN_IF_ERROR(dag->IndexTasks());
    GALE_RETURN_IF_ERROR(dag->ParseRules());
    GALE_RETURN_IF_ERROR(dag->LinkEdges());
    GALE_RETURN_IF_ERROR(dag->Sort());
    GALE_RETURN_IF_ERROR(dag->LayOutGroups());
    GALE_RETURN_IF_ERROR(dag->LayOutMapping());
    return dag->PlanSchedule();
  };
  GALE_RETURN_IF_ERROR(CheckId("dag_id", dag->spec_.dag_id));
  if (Status status = build(); !status.ok()) {
    return status.WithContext(fmt::format("dag '{}'", dag->spec_.dag_id));
  }
  dag->FindLeaves();
  dag->SumWeights();
  return std::shared_ptr<const Dag>(std::move(dag));
}

std::optional<TaskIndex> Dag::Find(std::string_view task_id) const {
  auto found = by_id_.find(task_id);
  if (found == by_id_.end()) return std::nullopt;
  return found->second;
}

bool Dag::in_dates(TaskIndex t, const std::optional<TimePoint>& logical_date) const {
  const TaskSpec& spec = task(t);
  if (!logical_date) return true;
  return (!spec.start_date || *spec.start_date <= *logical_date) &&
         (!spec.end_date || *logical_date <= *spec.end_date);
}

Status Dag::IndexTasks() {
  if (size() > limits::kTasksPerDagMax) {
    return ResourceExhausted("tasks: {} are over the limit kTasksPerDagMax = {}: split the DAG",
                             size(), limits::kTasksPerDagMax);
  }
  by_id_.reserve(size());
  for (uint32_t i = 0; i < size(); ++i) {
    const TaskSpec& task = spec_.tasks[i];
    if (Status status = CheckTask(task); !status.ok()) {
      return status.WithContext(fmt::format("task '{}'", task.task_id));
    }
    if (!by_id_.emplace(task.task_id, TaskIndex(i)).second) {
      return InvalidArgument("task '{}': task_id: used twice; it must be unique in its DAG",
                             task.task_id);
    }
    depends_on_past_ |= task.depends_on_past || task.wait_for_downstream;
    has_task_dates_ |= task.start_date || task.end_date;
  }
  return OkStatus();
}

Status Dag::ParseRules() {
  rules_.reserve(size());
  for (const TaskSpec& task : spec_.tasks) {
    auto rule = ParseTriggerRule(task.trigger_rule);
    if (!rule) {
      return InvalidArgument("task '{}': trigger_rule: '{}' is no trigger rule", task.task_id,
                             task.trigger_rule);
    }
    rules_.push_back(*rule);
    if (task.weight_rule != "downstream" && task.weight_rule != "upstream" &&
        task.weight_rule != "absolute") {
      return InvalidArgument(
          "task '{}': weight_rule: '{}': expected downstream, upstream or absolute", task.task_id,
          task.weight_rule);
    }
  }
  return OkStatus();
}

Status Dag::LinkEdges() {
  down_.begin.assign(size() + 1, 0);
  up_.begin.assign(size() + 1, 0);
  size_t named = 0;
  for (const TaskSpec& task : spec_.tasks) named += task.downstream_task_ids.size();
  if (named > limits::kEdgesPerDagMax) {
    return ResourceExhausted(
        "edges: {} are over the limit kEdgesPerDagMax = {}: put an empty task "
        "between wide layers, or split the DAG",
        named, limits::kEdgesPerDagMax);
  }
  down_.to.reserve(named);
  for (uint32_t i = 0; i < size(); ++i) {
    const TaskSpec& task = spec_.tasks[i];
    const auto first = static_cast<ptrdiff_t>(down_.to.size());
    for (const std::string& id : task.downstream_task_ids) {
      auto found = Find(id);
      if (!found) {
        return InvalidArgument("task '{}': downstream_task_ids: '{}' is no task of this DAG",
                               task.task_id, id);
      }
      down_.to.push_back(*found);
    }
    std::sort(down_.to.begin() + first, down_.to.end());
    down_.to.erase(std::unique(down_.to.begin() + first, down_.to.end()), down_.to.end());
    down_.begin[i + 1] = static_cast<uint32_t>(down_.to.size());
    for (const auto& [id, label] : task.edge_labels) {
      const auto found = Find(id);
      if (!found || !std::binary_search(down_.to.begin() + first, down_.to.end(), *found)) {
        return InvalidArgument("task '{}': edge_labels: '{}' is none of its downstream_task_ids",
                               task.task_id, id);
      }
    }
  }
  for (TaskIndex to : down_.to) ++up_.begin[to.value + 1];
  for (size_t i = 0; i < size(); ++i) up_.begin[i + 1] += up_.begin[i];
  up_.to.resize(down_.to.size());
  std::vector<uint32_t> next(up_.begin.begin(), up_.begin.end() - 1);
  for (uint32_t i = 0; i < size(); ++i) {
    for (TaskIndex to : downstream(TaskIndex(i))) up_.to[next[to.value]++] = TaskIndex(i);
  }
  return OkStatus();
}

// Kahn's algorithm; order_ is its queue.
Status Dag::Sort() {
  std::vector<uint32_t> waits_for(size());
  order_.reserve(size());
  for (uint32_t i = 0; i < size(); ++i) {
    waits_for[i] = static_cast<uint32_t>(upstream(TaskIndex(i)).size());
    if (waits_for[i] == 0) order_.push_back(TaskIndex(i));
  }
  for (size_t done = 0; done < order_.size(); ++done) {
    for (TaskIndex to : downstream(order_[done])) {
      if (--waits_for[to.value] == 0) order_.push_back(to);
    }
  }
  if (order_.size() == size()) return OkStatus();
  return InvalidArgument("downstream_task_ids: the tasks form a cycle: {}", CyclePath());
}

// Every task that Sort couldn't place has an upstream that it couldn't place either: walking up
// from any of them must come round.
std::string Dag::CyclePath() const {
  std::vector<bool> placed(size());
  for (TaskIndex t : order_) placed[t.value] = true;
  TaskIndex at(
      static_cast<uint32_t>(std::find(placed.begin(), placed.end(), false) - placed.begin()));
  std::vector<TaskIndex> walk;
  std::vector<bool> seen(size());
  while (!seen[at.value]) {
    seen[at.value] = true;
    walk.push_back(at);
    auto ups = upstream(at);
    at = *std::find_if(ups.begin(), ups.end(), [&](TaskIndex up) { return !placed[up.value]; });
  }
  walk.erase(walk.begin(), std::find(walk.begin(), walk.end(), at));
  std::reverse(walk.begin(), walk.end());  // now downwards, and `at` is last
  std::string path = task(at).task_id;
  for (size_t i = 0; i < walk.size(); ++i) {
    if (i == kCyclePathTasksMax && walk.size() > kCyclePathTasksMax + 1) {
      path += fmt::format(" -> ({} more)", walk.size() - i - 1);
      i = walk.size() - 1;
    }
    path += " -> " + task(walk[i]).task_id;
  }
  return path;
}

Status Dag::PlanSchedule() {
  auto timetable = Timetable::Make(spec_.schedule);
  if (!timetable.ok()) return timetable.status().WithContext("schedule");
  timetable_ = std::move(timetable).value();
  GALE_RETURN_IF_ERROR(CheckParamDefaults(spec_));
  bounds_ = {EarliestStart(spec_), LatestEnd(spec_), spec_.catchup};
  return OkStatus();
}

void Dag::FindLeaves() {
  auto nothing_after = [&](TaskIndex t) {
    auto downs = downstream(t);
    return std::all_of(downs.begin(), downs.end(),
                       [&](TaskIndex down) { return IsIgnored(task(down)); });
  };
  for (uint32_t i = 0; i < size(); ++i) {
    if (!IsIgnored(spec_.tasks[i]) && nothing_after(TaskIndex(i))) leaves_.push_back(TaskIndex(i));
  }
  if (!leaves_.empty()) return;
  for (uint32_t i = 0; i < size(); ++i) {  // nothing but teardowns: then they do count
    if (downstream(TaskIndex(i)).empty()) leaves_.push_back(TaskIndex(i));
  }
}

void Dag::SumWeights() {
  priorities_.reserve(size());
  bool sum_down = false, sum_up = false;
  for (const TaskSpec& task : spec_.tasks) {
    priorities_.push_back(task.priority_weight);
    sum_down |= task.weight_rule == "downstream";
    sum_up |= task.weight_rule == "upstream";
  }
  std::vector<int64_t> down, up;
  if (sum_down) down = SumReachable(order_, down_.begin, down_.to, priorities_);
  if (sum_up) {
    std::vector<TaskIndex> reversed(order_.rbegin(), order_.rend());
    up = SumReachable(reversed, up_.begin, up_.to, priorities_);
  }
  for (uint32_t i = 0; i < size(); ++i) {
    const std::string& rule = spec_.tasks[i].weight_rule;
    if (rule == "downstream") priorities_[i] = down[i];
    if (rule == "upstream") priorities_[i] = up[i];
    priorities_[i] = std::clamp(priorities_[i], kPriorityMin, kPriorityMax);
  }
}

std::vector<TaskIndex> Dag::Closure(std::span<const TaskIndex> from, bool downwards) const {
  std::vector<bool> seen(size());
  std::vector<TaskIndex> reached;
  auto reach = [&](std::span<const TaskIndex> tasks) {
    for (TaskIndex t : tasks) {
      if (!seen[t.value]) reached.push_back(t);
      seen[t.value] = true;
    }
  };
  reach(from);
  for (size_t i = 0; i < reached.size(); ++i) {
    reach(downwards ? downstream(reached[i]) : upstream(reached[i]));
  }
  return reached;
}

}  // namespace gale
