// Task instances. Their logs: control_logs.cc.
#include <algorithm>
#include <array>

#include "master/api/control.h"

namespace gale {
namespace {

bool AnyOf(const std::vector<std::string>& wanted, const std::string& value) {
  return wanted.empty() || std::ranges::find(wanted, value) != wanted.end();
}

struct Order {
  std::string_view name;
  bool (*less)(const TaskInstanceView&, const TaskInstanceView&);
};
constexpr std::array kOrders = {
    Order{"task_id", [](const TaskInstanceView& a,
                        const TaskInstanceView& b) { return a.task().task_id < b.task().task_id; }},
    Order{"state", [](const TaskInstanceView& a,
                      const TaskInstanceView& b) { return Name(a.row.state) < Name(b.row.state); }},
    Order{"map_index", [](const TaskInstanceView& a,
                          const TaskInstanceView& b) { return a.row.map_index < b.row.map_index; }},
    Order{"try_number",
          [](const TaskInstanceView& a, const TaskInstanceView& b) {
            return a.row.try_number < b.row.try_number;
          }},
    Order{"queued_when",
          [](const TaskInstanceView& a, const TaskInstanceView& b) {
            return a.row.queued_at < b.row.queued_at;
          }},
    Order{"start_date",
          [](const TaskInstanceView& a, const TaskInstanceView& b) {
            return a.row.start_date < b.row.start_date;
          }},
    Order{"end_date", [](const TaskInstanceView& a,
                         const TaskInstanceView& b) { return a.row.end_date < b.row.end_date; }},
    Order{"run_after",
          [](const TaskInstanceView& a, const TaskInstanceView& b) {
            return a.run->row.run_after < b.run->row.run_after;
          }},
    Order{"logical_date",
          [](const TaskInstanceView& a, const TaskInstanceView& b) {
            return a.run->row.logical_date < b.run->row.logical_date;
          }},
    Order{"priority_weight", [](const TaskInstanceView& a,
                                const TaskInstanceView& b) { return a.priority() < b.priority(); }},
};

// The last order first: stable sorts from the least to the most important.
Status Sort(const std::vector<std::string>& order_by, std::vector<TaskInstanceView>& tis) {
  std::vector<std::pair<const Order*, bool>> orders;
  for (const std::string& order : order_by) {
    const bool descending = order.starts_with('-');
    auto found = std::ranges::find(kOrders, std::string_view(order).substr(descending ? 1 : 0),
                                   &Order::name);
    if (found == kOrders.end())
      return InvalidArgument("task instances can't be ordered by '{}'", order);
    orders.emplace_back(&*found, descending);
  }
  for (auto it = orders.rbegin(); it != orders.rend(); ++it) {
    auto [order, descending] = *it;
    std::ranges::stable_sort(
        tis, [order = order, descending = descending](const auto& a, const auto& b) {
          return descending ? order->less(b, a) : order->less(a, b);
        });
  }
  return OkStatus();
}

TiRow Untouched(const RunView& run, TaskIndex task) {
  TiRow row;
  row.run = run.row.id;
  row.task = task;
  row.max_tries = run.version->dag->task(task).retries;
  return row;
}

}  // namespace

Status Control::CollectTasks(const RunViewPtr& run, const TaskInstanceQuery& query,
                             std::vector<TaskInstanceView>& out) {
  GALE_ASSIGN_OR_RETURN(std::vector<TiRow> rows, store_.ListTis(run->row.id));
  const Dag& dag = *run->version->dag;
  size_t next = 0;  // in rows, which are in the order of tasks
  auto take = [&](TiRow row) {
    const TaskSpec& task = dag.task(row.task);
    if (!query.states.empty() && std::ranges::find(query.states, row.state) == query.states.end())
      return;
    if (AnyOf(query.task_ids, task.task_id) && AnyOf(query.pools, task.pool) &&
        AnyOf(query.queues, task.queue)) {
      out.push_back({run, std::move(row)});
    }
  };
  for (uint32_t t = 0; t < dag.size(); ++t) {
    bool known = false;
    for (; next < rows.size() && rows[next].task.value <= t; ++next) {
      if (rows[next].task.value < t) continue;
      known = true;
      take(std::move(rows[next]));
    }
    if (!known && core::HasInstance(dag, run->row, TaskIndex(t))) {
      take(Untouched(*run, TaskIndex(t)));
    }
  }
  return OkStatus();
}

Result<Page<TaskInstanceView>> Control::ListTaskInstances(const TaskInstanceQuery& query) {
  const bool any_dag = query.dag_id.empty() || query.dag_id == "~";
  const bool any_run = query.run_id.empty() || query.run_id == "~";
  std::vector<TaskInstanceView> tis;
  if (!any_dag && !any_run) {
    GALE_ASSIGN_OR_RETURN(RunView run, GetRun(query.dag_id, query.run_id));
    GALE_RETURN_IF_ERROR(CollectTasks(std::make_shared<RunView>(std::move(run)), query, tis));
  } else {
    RunQuery runs;
    runs.limit = limits::kPageRowsMax;
    if (!any_dag) runs.dag_id = query.dag_id;
    if (!any_run) runs.run_id = query.run_id;
    for (;;) {
      GALE_ASSIGN_OR_RETURN(Page<RunView> page, ListRuns(runs));
      if (page.total > kWildcardRunsMax) {
        return InvalidArgument(
            "{} runs match, at most {} can be listed at once: name a DAG or a run", page.total,
            kWildcardRunsMax);
      }
      for (RunView& run : page.rows) {
        GALE_RETURN_IF_ERROR(CollectTasks(std::make_shared<RunView>(std::move(run)), query, tis));
      }
      if (page.rows.size() < runs.limit) break;
      runs.offset += runs.limit;
    }
  }
  GALE_RETURN_IF_ERROR(Sort(query.order_by, tis));
  Page<TaskInstanceView> page;
  page.total = tis.size();
  const size_t begin = std::min<size_t>(query.offset, tis.size());
  const size_t end = std::min(tis.size(), begin + query.limit);
  page.rows.assign(std::make_move_iterator(tis.begin() + static_cast<ptrdiff_t>(begin)),
                   std::make_move_iterator(tis.begin() + static_cast<ptrdiff_t>(end)));
  return page;
}

Result<TaskInstanceView> Control::GetTaskInstance(const std::string& dag_id,
                                                  const std::string& run_id,
                                                  const std::string& task_id, int32_t map_index) {
  GALE_ASSIGN_OR_RETURN(RunView view, GetRun(dag_id, run_id));
  auto run = std::make_shared<const RunView>(std::move(view));
  auto task = run->version->dag->Find(task_id);
  if (!task) {
    return NotFound("DAG '{}' has no task '{}' (in version {}, which run '{}' is of)", dag_id,
                    task_id, run->row.version, run_id);
  }
  GALE_ASSIGN_OR_RETURN(std::vector<TiRow> rows, store_.ListTis(run->row.id));
  for (TiRow& row : rows) {
    if (row.task == *task && row.map_index == map_index)
      return TaskInstanceView{run, std::move(row)};
  }
  if (map_index != kUnmapped) {
    return NotFound("task '{}' of run '{}' has no map index {}", task_id, run_id, map_index);
  }
  if (!core::HasInstance(*run->version->dag, run->row, *task)) {
    return NotFound("run '{}' has no instance of task '{}': its date is outside of the task's",
                    run_id, task_id);
  }
  return TaskInstanceView{run, Untouched(*run, *task)};
}

Result<std::vector<AttemptRow>> Control::ListTries(const TaskInstanceView& ti) {
  return store_.ListAttempts(ti.row.run, ti.row.task, ti.row.map_index);
}

Status Control::CheckTaskIds(const std::string& dag_id, const std::string& run_id,
                             const std::vector<std::string>& task_ids) {
  GALE_ASSIGN_OR_RETURN(RunView run, GetRun(dag_id, run_id));
  for (const std::string& id : task_ids) {
    if (!run.version->dag->Find(id)) return NotFound("DAG '{}' has no task '{}'", dag_id, id);
  }
  return OkStatus();
}

Result<std::vector<TaskInstanceView>> Control::ViewsOf(const std::string& dag_id,
                                                       const std::string& run_id,
                                                       const std::vector<TiRow>& rows) {
  GALE_ASSIGN_OR_RETURN(RunView view, GetRun(dag_id, run_id));
  auto run = std::make_shared<const RunView>(std::move(view));
  std::vector<TaskInstanceView> views;
  for (const TiRow& row : rows) views.push_back({run, row});
  return views;
}

Result<std::vector<TaskInstanceView>> Control::SetTasks(const SetTasksRequest& request,
                                                        const Actor& actor) {
  GALE_RETURN_IF_ERROR(CheckTaskIds(request.dag_id, request.run_id, request.task_ids));
  GALE_ASSIGN_OR_RETURN(auto rows, engine_.CallOnRun<Result<std::vector<TiRow>>>(
                                       request.dag_id, request.run_id,
                                       [=](Loop& loop) { return loop.SetTasks(request, actor); }));
  return ViewsOf(request.dag_id, request.run_id, rows);
}

Result<std::vector<TaskInstanceView>> Control::Clear(const ClearRequest& request,
                                                     const Actor& actor) {
  GALE_RETURN_IF_ERROR(CheckTaskIds(request.dag_id, request.run_id, request.task_ids));
  GALE_ASSIGN_OR_RETURN(auto rows, engine_.CallOnRun<Result<std::vector<TiRow>>>(
                                       request.dag_id, request.run_id,
                                       [=](Loop& loop) { return loop.Clear(request, actor); }));
  return ViewsOf(request.dag_id, request.run_id, rows);
}

Result<Explanation> Control::Explain(const std::string& dag_id, const std::string& run_id,
                                     const std::string& task_id) {
  GALE_RETURN_IF_ERROR(GetRun(dag_id, run_id).status());
  return engine_.CallOnRun<Result<Explanation>>(
      dag_id, run_id, [=](Loop& loop) { return loop.Explain(dag_id, run_id, task_id); });
}

Result<std::vector<XComRow>> Control::ListXComs(const TaskInstanceView& ti) {
  return store_.ListXComs(ti.row.run, ti.row.task, ti.row.map_index);
}

}  // namespace gale
