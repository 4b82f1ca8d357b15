#include "cli/rows.h"

#include "cli/text.h"
#include "common/rpc/convert.h"

namespace gale::cli {
namespace {

constexpr auto kState = Column::Style::kState;
constexpr auto kHidden = Column::Style::kHidden;

Cell TextOrNull(const std::string& text) {
  if (text.empty()) return std::monostate();
  return text;
}

// Empty while it runs, and where nobody knows.
Cell CpuSeconds(const v1::TaskInstance& ti) {
  const Duration cpu = FromProto(ti.user_time()) + FromProto(ti.system_time());
  if (cpu == Duration(0)) return std::monostate();
  return RawJson{fmt::format("{:.2f}", Seconds(cpu))};
}

Cell RssMib(const v1::TaskInstance& ti) {
  if (ti.rss_bytes_max() == 0) return std::monostate();
  return static_cast<int64_t>((ti.rss_bytes_max() + (1 << 20) - 1) >> 20);
}

}  // namespace

Cell TimeCell(bool has, const google::protobuf::Timestamp& time) {
  if (!has) return std::monostate();
  return FromProto(time);
}

Table DagTable() {
  return Table({{"dag_id"},
                {"fileloc"},
                {"owners"},
                {"is_paused"},
                {"schedule"},
                {"next_run_after"},
                {"has_import_errors"},
                {"is_stale", kHidden},
                {"description", kHidden},
                {"tags", kHidden},
                {"version", kHidden},
                {"max_active_runs", kHidden},
                {"max_active_tasks", kHidden},
                {"last_parsed", kHidden}});
}

void AddDag(Table& table, const v1::DagInfo& dag) {
  const std::vector<std::string> owners(dag.owners().begin(), dag.owners().end());
  table.Add({dag.dag_id(), dag.fileloc(), Join(owners, ", "), dag.is_paused(),
             TextOrNull(dag.timetable_summary()),
             TimeCell(dag.has_next_run_after(), dag.next_run_after()), dag.has_import_errors(),
             dag.is_stale(), dag.description(),
             std::vector<std::string>(dag.tags().begin(), dag.tags().end()), dag.version(),
             int64_t{dag.max_active_runs()}, int64_t{dag.max_active_tasks()},
             TimeCell(dag.has_last_parsed(), dag.last_parsed())});
}

Table RunTable() {
  return Table({{"dag_id"},
                {"run_id"},
                {"state", kState},
                {"run_after"},
                {"logical_date"},
                {"start_date"},
                {"end_date"},
                {"state_reason", kHidden},
                {"run_type", kHidden},
                {"triggered_by", kHidden},
                {"data_interval_start", kHidden},
                {"data_interval_end", kHidden},
                {"queued_at", kHidden},
                {"conf", kHidden},
                {"note", kHidden},
                {"dag_version", kHidden}});
}

void AddRun(Table& table, const v1::DagRun& run) {
  table.Add(
      {run.dag_id(), run.run_id(), run.state(), TimeCell(run.has_run_after(), run.run_after()),
       TimeCell(run.has_logical_date(), run.logical_date()),
       TimeCell(run.has_start_date(), run.start_date()),
       TimeCell(run.has_end_date(), run.end_date()), TextOrNull(run.state_reason()), run.run_type(),
       run.triggered_by(), TimeCell(run.has_data_interval_start(), run.data_interval_start()),
       TimeCell(run.has_data_interval_end(), run.data_interval_end()),
       TimeCell(run.has_queued_at(), run.queued_at()),
       RawJson{run.conf_json().empty() ? "{}" : run.conf_json()}, TextOrNull(run.note()),
       run.dag_version()});
}

Table TaskInstanceTable() {
  return Table({{"dag_id", kHidden},
                {"run_id"},
                {"task_id"},
                {"map_index", kHidden},
                {"state", kState},
                {"start_date"},
                {"end_date"},
                {"try_number"},
                {"max_tries", kHidden},
                {"next_retry_at", kHidden},
                {"cpu_seconds"},
                {"rss_mib_max"},
                {"reason"},
                {"worker", kHidden},
                {"pid", kHidden},
                {"operator", kHidden},
                {"pool", kHidden},
                {"pool_slots", kHidden},
                {"queue", kHidden},
                {"priority_weight", kHidden}});
}

void AddTaskInstance(Table& table, const v1::TaskInstance& ti) {
  table.Add({ti.dag_id(),
             ti.run_id(),
             ti.task_id(),
             int64_t{ti.map_index()},
             ti.state(),
             TimeCell(ti.has_start_date(), ti.start_date()),
             TimeCell(ti.has_end_date(), ti.end_date()),
             int64_t{ti.try_number()},
             int64_t{ti.max_tries()},
             TimeCell(ti.has_next_retry_at(), ti.next_retry_at()),
             CpuSeconds(ti),
             RssMib(ti),
             TextOrNull(ti.reason()),
             TextOrNull(ti.worker()),
             ti.pid(),
             ti.operator_name(),
             ti.pool(),
             int64_t{ti.pool_slots()},
             ti.queue(),
             ti.priority_weight()});
}

Result<v1::ListTaskInstancesResponse> ListTasksOfRun(Client& client, const std::string& dag_id,
                                                     const std::string& run_id,
                                                     const std::string& task_id) {
  v1::ListTaskInstancesRequest request;
  request.set_dag_id(dag_id);
  request.set_run_id(run_id);
  request.set_task_id(task_id);
  return client.Call(&ControlStub::ListTaskInstances, request);
}

}  // namespace gale::cli
