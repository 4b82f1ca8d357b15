#include "master/api/feed_codec.h"

#include "common/rpc/convert.h"
#include "master/api/grants.h"
#include "master/api/views.h"

namespace gale {
namespace {

int64_t Micros(TimePoint t) { return t.time_since_epoch().count(); }
int64_t Micros(const std::optional<TimePoint>& t) { return t ? Micros(*t) : 0; }
TimePoint Time(int64_t us) { return TimePoint(Duration(us)); }
std::optional<TimePoint> MaybeTime(int64_t us) {
  return us == 0 ? std::nullopt : std::optional(Time(us));
}

// By another build: a state that this one doesn't know is none.
TiState TiStateOf(uint32_t state) {
  return state < kTiStates ? static_cast<TiState>(state) : TiState::kNone;
}

template <class Message>
void PutCounts(const std::optional<StateCounts>& counts, Message& out) {
  if (counts) out.mutable_counts()->Add(counts->begin(), counts->end());
}
template <class Message>
std::optional<StateCounts> CountsOf(const Message& in) {
  if (in.counts().empty()) return std::nullopt;
  StateCounts counts{};
  for (size_t s = 0; s < counts.size() && s < static_cast<size_t>(in.counts_size()); ++s) {
    counts[s] = in.counts(static_cast<int>(s));
  }
  return counts;
}

void Put(const RunChanged& change, v1::FeedChange& out) {
  const RunRow& row = change.row;
  v1::FeedRun& run = *out.mutable_run();
  run.set_id(row.id.value);
  run.set_dag_id(row.dag_id);
  run.set_run_id(row.run_id);
  run.set_version(row.version);
  run.set_state(static_cast<uint32_t>(row.state));
  run.set_type(static_cast<uint32_t>(row.type));
  run.set_triggered_by(row.triggered_by);
  run.set_triggering_user(row.triggering_user);
  run.set_has_logical_date(row.logical_date.has_value());
  run.set_logical_date(Micros(row.logical_date));
  run.set_has_interval(row.interval_start && row.interval_end);
  run.set_interval_start(Micros(row.interval_start));
  run.set_interval_end(Micros(row.interval_end));
  run.set_run_after(Micros(row.run_after));
  run.set_queued_at(Micros(row.queued_at));
  run.set_start_date(Micros(row.start_date));
  run.set_end_date(Micros(row.end_date));
  run.set_note(row.note);
  run.set_clear_number(row.clear_number);
  run.set_reason(row.reason);
  PutCounts(change.counts, run);
}

RunChanged Take(const v1::FeedRun& run) {
  RunRow row;
  row.id = RunId(run.id());
  row.dag_id = run.dag_id();
  row.run_id = run.run_id();
  row.version = run.version();
  row.state = static_cast<RunState>(run.state());
  row.type = static_cast<RunType>(run.type());
  row.triggered_by = run.triggered_by();
  row.triggering_user = run.triggering_user();
  if (run.has_logical_date()) row.logical_date = Time(run.logical_date());
  if (run.has_interval()) {
    row.interval_start = Time(run.interval_start());
    row.interval_end = Time(run.interval_end());
  }
  row.run_after = Time(run.run_after());
  row.queued_at = MaybeTime(run.queued_at());
  row.start_date = MaybeTime(run.start_date());
  row.end_date = MaybeTime(run.end_date());
  row.conf_json.clear();
  row.note = run.note();
  row.clear_number = run.clear_number();
  row.reason = run.reason();
  return {std::move(row), CountsOf(run)};
}

void Put(const TasksChanged& change, v1::FeedChange& out) {
  v1::FeedTasks& tasks = *out.mutable_tasks();
  tasks.set_run(change.run.value);
  tasks.set_dag_id(change.dag_id);
  tasks.set_run_id(change.run_id);
  tasks.set_whole(change.whole);
  PutCounts(change.counts, tasks);
  for (const auto& [task_id, row] : change.tasks) {
    v1::FeedTask& task = *tasks.add_tasks();
    task.set_task_id(task_id);
    task.set_task(row.task.value);
    task.set_map_index(row.map_index);
    task.set_state(static_cast<uint32_t>(row.state));
    task.set_try_number(row.try_number);
    task.set_max_tries(row.max_tries);
    task.set_lost_tries(row.lost_tries);
    task.set_queued_at(Micros(row.queued_at));
    task.set_start_date(Micros(row.start_date));
    task.set_end_date(Micros(row.end_date));
    task.set_next_at(Micros(row.next_at));
    task.set_live(row.live);
    task.set_worker(row.worker);
    task.set_pid(row.pid);
    task.set_reason(row.reason);
    task.set_user_time(row.usage.user_time.count());
    task.set_system_time(row.usage.system_time.count());
    task.set_rss_bytes_max(row.usage.rss_bytes_max);
    if (row.value_length) task.set_value_length(*row.value_length);
    if (row.block_length) task.set_block_length(*row.block_length);
    task.set_reschedules(row.reschedules);
    task.set_looks(row.looks);
    task.set_first_start(Micros(row.first_start));
    task.set_skips(row.skips);
    task.set_rendered_map_index(row.rendered_map_index);
    task.set_scheduled_at(Micros(row.scheduled_at));
  }
  for (const TaskNote& note : change.notes) {
    v1::FeedTaskNote& one = *tasks.add_notes();
    one.set_task_id(note.task_id);
    one.set_task(note.task.value);
    one.set_map_index(note.map_index);
    one.set_note(note.note);
  }
}

TasksChanged Take(const v1::FeedTasks& in) {
  TasksChanged change{RunId(in.run()), in.dag_id(), in.run_id(), {}, in.whole(), CountsOf(in)};
  for (const v1::FeedTask& task : in.tasks()) {
    TiRow row;
    row.run = change.run;
    row.task = TaskIndex(task.task());
    row.map_index = task.map_index();
    row.state = TiStateOf(task.state());
    row.try_number = task.try_number();
    row.max_tries = task.max_tries();
    row.lost_tries = task.lost_tries();
    row.queued_at = MaybeTime(task.queued_at());
    row.start_date = MaybeTime(task.start_date());
    row.end_date = MaybeTime(task.end_date());
    row.next_at = MaybeTime(task.next_at());
    row.live = task.live();
    row.worker = task.worker();
    row.pid = task.pid();
    row.reason = task.reason();
    row.usage = {Duration(task.user_time()), Duration(task.system_time()), task.rss_bytes_max()};
    if (task.has_value_length()) row.value_length = task.value_length();
    if (task.has_block_length()) row.block_length = task.block_length();
    row.reschedules = task.reschedules();
    row.looks = task.looks();
    row.first_start = MaybeTime(task.first_start());
    row.skips = task.skips();
    row.rendered_map_index = task.rendered_map_index();
    row.scheduled_at = MaybeTime(task.scheduled_at());
    change.tasks.push_back({task.task_id(), std::move(row)});
  }
  for (const v1::FeedTaskNote& note : in.notes()) {
    change.notes.push_back({note.task_id(), TaskIndex(note.task()), note.map_index(), note.note()});
  }
  return change;
}

void Put(const DagChanged& change, v1::FeedChange& out) {
  const DagRow& row = change.row;
  v1::FeedDag& dag = *out.mutable_dag();
  dag.set_dag_id(row.dag_id);
  dag.set_version(row.version);
  dag.set_fileloc(row.fileloc);
  dag.set_is_paused(row.is_paused);
  dag.set_is_stale(row.is_stale);
  dag.set_description(row.description);
  dag.set_timetable_summary(row.timetable_summary);
  dag.set_timetable_description(row.timetable_description);
  for (const std::string& owner : row.owners) dag.add_owners(owner);
  for (const std::string& tag : row.tags) dag.add_tags(tag);
  dag.set_max_active_runs(row.max_active_runs);
  dag.set_max_active_tasks(row.max_active_tasks);
  dag.set_last_parsed(Micros(row.last_parsed));
  dag.set_next_run_after(Micros(row.next_run_after));
  dag.set_failed_in_a_row(row.failed_in_a_row);
}

DagChanged Take(const v1::FeedDag& dag) {
  DagRow row;
  row.dag_id = dag.dag_id();
  row.version = dag.version();
  row.fileloc = dag.fileloc();
  row.is_paused = dag.is_paused();
  row.is_stale = dag.is_stale();
  row.description = dag.description();
  row.timetable_summary = dag.timetable_summary();
  row.timetable_description = dag.timetable_description();
  row.owners.assign(dag.owners().begin(), dag.owners().end());
  row.tags.assign(dag.tags().begin(), dag.tags().end());
  row.max_active_runs = dag.max_active_runs();
  row.max_active_tasks = dag.max_active_tasks();
  row.last_parsed = Time(dag.last_parsed());
  row.next_run_after = MaybeTime(dag.next_run_after());
  row.failed_in_a_row = dag.failed_in_a_row();
  return {std::move(row)};
}

void Put(const FileChanged& change, v1::FeedChange& out) {
  out.mutable_file()->set_fileloc(change.fileloc);
  out.mutable_file()->set_has_error(change.has_error);
}

void Put(const PoolChanged& change, v1::FeedChange& out) {
  v1::FeedPool& pool = *out.mutable_pool();
  pool.set_name(change.row.name);
  pool.set_slots(change.row.slots);
  pool.set_description(change.row.description);
  pool.set_include_deferred(change.row.include_deferred);
  pool.set_gone(change.gone);
}

void Put(const WorkerChanged& change, v1::FeedChange& out) {
  v1::FeedWorker& worker = *out.mutable_worker();
  worker.set_name(change.row.name);
  worker.set_host(change.row.host);
  worker.set_version(change.row.version);
  worker.set_last_hello(Micros(change.row.last_hello));
  worker.set_drained(change.row.drained);
  worker.set_drain_reason(change.row.drain_reason);
  worker.set_stopped(change.row.stopped);
  worker.set_gone(change.gone);
  if (change.load) *worker.mutable_load() = ToProto(*change.load);
}

WorkerChanged Take(const v1::FeedWorker& worker) {
  WorkerRow row;
  row.name = worker.name();
  row.host = worker.host();
  row.version = worker.version();
  row.last_hello = Time(worker.last_hello());
  row.drained = worker.drained();
  row.drain_reason = worker.drain_reason();
  row.stopped = worker.stopped();
  WorkerChanged out{std::move(row), worker.gone()};
  if (worker.has_load()) out.load = FromProto(worker.load());
  return out;
}

Json Text(const std::optional<TimePoint>& t) { return t ? Json(FormatTime(*t)) : Json(nullptr); }

Json CountsJson(const std::optional<StateCounts>& counts) {
  if (!counts) return nullptr;
  Json json = Json::object();
  for (size_t s = 0; s < counts->size(); ++s) {
    if ((*counts)[s] > 0) json[std::string(Name(static_cast<TiState>(s)))] = (*counts)[s];
  }
  return json;
}

Json ToJson(const RunChanged& change) {
  const RunRow& row = change.row;
  return {{"kind", "run"},
          {"dag_id", row.dag_id},
          {"dag_run_id", row.run_id},
          {"run_type", Name(row.type)},
          {"state", Name(row.state)},
          {"dag_version", row.version},
          {"logical_date", Text(row.logical_date)},
          {"run_after", FormatTime(row.run_after)},
          {"queued_at", Text(row.queued_at)},
          {"start_date", Text(row.start_date)},
          {"end_date", Text(row.end_date)},
          {"note", row.note.empty() ? Json(nullptr) : Json(row.note)},
          {"triggered_by", row.triggered_by},
          {"reason", row.reason.empty() ? Json(nullptr) : Json(row.reason)},
          {"task_counts", CountsJson(change.counts)}};
}

Json ToJson(const TasksChanged& change) {
  Json tasks = Json::array();
  for (const auto& [task_id, row] : change.tasks) {
    tasks.push_back({{"task_id", task_id},
                     {"map_index", row.map_index},
                     {"state", row.state == TiState::kNone ? Json(nullptr) : Json(Name(row.state))},
                     {"try_number", row.shown_try()},
                     {"max_tries", row.shown_max_tries()},
                     {"scheduled_when", Text(row.scheduled_at)},
                     {"queued_when", Text(row.queued_at)},
                     {"start_date", Text(row.start_date)},
                     {"end_date", Text(row.end_date)},
                     {"next_retry_at", Text(row.next_at)},
                     {"hostname", row.worker},
                     {"cpu_seconds", Seconds(row.usage.user_time + row.usage.system_time)},
                     {"rss_bytes_max", row.usage.rss_bytes_max},
                     {"reason", row.reason.empty() ? Json(nullptr) : Json(row.reason)}});
  }
  Json notes = Json::array();
  for (const TaskNote& note : change.notes) {
    notes.push_back({{"task_id", note.task_id},
                     {"map_index", note.map_index},
                     {"note", note.note.empty() ? Json(nullptr) : Json(note.note)}});
  }
  return {{"kind", "tasks"},
          {"dag_id", change.dag_id},
          {"dag_run_id", change.run_id},
          {"read_again", change.whole},
          {"task_instances", std::move(tasks)},
          {"notes", std::move(notes)},
          {"task_counts", CountsJson(change.counts)}};
}

Json ToJson(const DagChanged& change) {
  const DagRow& row = change.row;
  return {{"kind", "dag"},
          {"dag_id", row.dag_id},
          {"is_paused", row.is_paused},
          {"is_stale", row.is_stale},
          {"dag_version", row.version},
          {"fileloc", row.fileloc},
          {"timetable_summary", row.timetable_summary},
          {"failed_in_a_row", row.failed_in_a_row},
          {"next_dagrun_run_after", Text(row.next_run_after)}};
}

Json ToJson(const FileChanged& change) {
  return {{"kind", "file"}, {"fileloc", change.fileloc}, {"has_import_error", change.has_error}};
}

Json ToJson(const PoolChanged& change) {
  return {{"kind", "pool"},
          {"name", change.row.name},
          {"slots", change.row.slots},
          {"deleted", change.gone}};
}

Json ToJson(const WorkerChanged& change) {
  Json out = {{"kind", "worker"},
              {"name", change.row.name},
              {"host", change.row.host},
              {"drained", change.row.drained},
              {"stopped", change.row.stopped},
              {"deleted", change.gone}};
  if (change.load) {
    out["cpu_count"] = change.load->cpu_count;
    out["cpu_load"] = change.load->cpu_load;
    out["memory_bytes"] = change.load->memory_bytes;
    out["memory_used_bytes"] = change.load->memory_used_bytes;
    out["devices"] = Json::array();
    for (const WorkerLoad::Device& device : change.load->devices) {
      out["devices"].push_back(
          {{"index", device.index},
           {"model", device.model},
           {"load", device.load ? Json(*device.load) : Json(nullptr)},
           {"memory_used_bytes", device.memory_used_bytes},
           {"memory_bytes", device.memory_bytes},
           {"temperature", device.temperature ? Json(*device.temperature) : Json(nullptr)}});
    }
  }
  return out;
}

}  // namespace

v1::FeedTurn ToProto(const FeedTurn& turn) {
  v1::FeedTurn out;
  out.set_epoch(turn.at.epoch);
  out.set_turn(turn.at.turn);
  for (const Change& change : turn.changes) {
    v1::FeedChange& into = *out.add_changes();
    std::visit([&](const auto& one) { Put(one, into); }, change);
  }
  return out;
}

FeedTurn FromProto(const v1::FeedTurn& in) {
  FeedTurn turn;
  turn.at = {in.epoch(), in.turn()};
  for (const v1::FeedChange& change : in.changes()) {
    switch (change.change_case()) {
      case v1::FeedChange::kRun: turn.changes.emplace_back(Take(change.run())); break;
      case v1::FeedChange::kTasks: turn.changes.emplace_back(Take(change.tasks())); break;
      case v1::FeedChange::kDag: turn.changes.emplace_back(Take(change.dag())); break;
      case v1::FeedChange::kFile:
        turn.changes.emplace_back(FileChanged{change.file().fileloc(), change.file().has_error()});
        break;
      case v1::FeedChange::kPool:
        turn.changes.emplace_back(
            PoolChanged{{change.pool().name(), change.pool().slots(), change.pool().description(),
                         change.pool().include_deferred()},
                        change.pool().gone()});
        break;
      case v1::FeedChange::kWorker: turn.changes.emplace_back(Take(change.worker())); break;
      case v1::FeedChange::CHANGE_NOT_SET:
        break;  // of a newer master: a kind that nobody here knows
    }
  }
  return turn;
}

Json ChangeJson(const Change& change) {
  return std::visit([](const auto& one) { return ToJson(one); }, change);
}

}  // namespace gale
