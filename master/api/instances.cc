#include "master/api/instances.h"

#include <algorithm>
#include <compare>

#include "common/base/limits.h"

namespace gale {
namespace {

constexpr size_t kKeysPerRead = 100;     // terms of one statement
constexpr size_t kRunsPerRead = 10'000;  // light ones, of a walk

bool AnyOf(const std::vector<std::string>& wanted, const std::string& value) {
  return wanted.empty() || std::ranges::find(wanted, value) != wanted.end();
}

bool Wants(const TaskInstanceQuery& query, TiState state) {
  return query.states.empty() || std::ranges::find(query.states, state) != query.states.end();
}

// Are only instances asked for that an ended run has none of?
bool OnlyUnfinished(const TaskInstanceQuery& query) {
  return !query.states.empty() && std::ranges::all_of(query.states, [](TiState state) {
    return state != TiState::kNone && !IsFinished(state);
  });
}

bool IsOfTask(const Order& order) {
  return order.column == "task_id" || order.column == "priority_weight";
}
bool IsOfRun(const Order& order) {
  return order.column == "run_after" || order.column == "logical_date";
}

// Of elements without a row: their block's state says how far they are.
uint32_t TryOf(TiState of_block) { return of_block == TiState::kScheduled ? 1 : 0; }

// As core::HasInstance.
bool IsThere(const Dag& dag, const RunHead& run, TaskIndex task) {
  return run.type == RunType::kBackfill || dag.in_dates(task, run.logical_date);
}

}  // namespace

TiRow Untouched(RunId run, const Dag& dag, TaskIndex task) {
  TiRow row;
  row.run = run;
  row.task = task;
  row.max_tries = dag.task(task).retries;
  return row;
}

TiRow Untouched(const TiRow& block, const Dag& dag, int32_t map_index) {
  TiRow row = Untouched(block.run, dag, block.task);
  row.map_index = map_index;
  row.state = block.state;
  row.scheduled_at = block.scheduled_at;
  row.try_number = TryOf(block.state);
  return row;
}

// The tasks of a version that a query is about, in the order in which they are listed.
class Instances::Selection {
 public:
  Selection(DagVersionPtr version, const TaskInstanceQuery& query)
      : version_(std::move(version)), all_(version_->dag->size()) {
    const Dag& dag = *version_->dag;
    if (query.task_ids.empty() && query.pools.empty() && query.queues.empty()) return;
    filtered_ = true;
    auto take = [&](TaskIndex t) {
      const TaskSpec& task = dag.task(t);
      if (AnyOf(query.pools, task.pool) && AnyOf(query.queues, task.queue)) some_.push_back(t);
    };
    if (query.task_ids.empty()) {
      for (uint32_t t = 0; t < dag.size(); ++t) take(TaskIndex(t));
      return;
    }
    for (const std::string& id : query.task_ids) {
      if (auto task = dag.Find(id)) take(*task);
    }
    std::ranges::sort(some_);
    some_.erase(std::unique(some_.begin(), some_.end()), some_.end());
  }

  const Dag& dag() const { return *version_->dag; }
  size_t size() const { return filtered_ ? some_.size() : all_; }
  TaskIndex at(size_t place) const {
    return filtered_ ? some_[place] : TaskIndex(static_cast<uint32_t>(place));
  }
  bool Has(TaskIndex task) const {
    return filtered_ ? std::ranges::binary_search(some_, task) : task.value < all_;
  }
  // The first `count` of them in another order; the rest is left in any.
  std::vector<TaskIndex> Ordered(std::span<const Order> orders, size_t count) const {
    std::vector<TaskIndex> tasks(size());
    for (size_t i = 0; i < tasks.size(); ++i) tasks[i] = at(i);
    auto before = [&](TaskIndex a, TaskIndex b) {
      for (const Order& order : orders) {
        const auto way = order.column == "task_id" ? dag().task(a).task_id <=> dag().task(b).task_id
                                                   : dag().priority(a) <=> dag().priority(b);
        if (way != 0) return order.descending ? way > 0 : way < 0;
      }
      return a < b;
    };
    const auto middle = tasks.begin() + static_cast<ptrdiff_t>(std::min(count, tasks.size()));
    std::ranges::partial_sort(tasks, middle, before);
    return tasks;
  }

 private:
  DagVersionPtr version_;
  size_t all_;
  bool filtered_ = false;
  std::vector<TaskIndex> some_;
};

// One to be sorted.
struct Instances::Item {
  TiBrief brief;
  const Dag* dag;
  TimePoint run_after;
  std::optional<TimePoint> logical_date;

  std::weak_ordering Compare(const Item& other, std::string_view column) const {
    auto way = [](const auto& a, const auto& b) -> std::weak_ordering {
      if (a < b) return std::weak_ordering::less;
      return b < a ? std::weak_ordering::greater : std::weak_ordering::equivalent;
    };
    if (column == "task_id") {
      return way(dag->task(brief.task).task_id, other.dag->task(other.brief.task).task_id);
    }
    if (column == "priority_weight") {
      return way(dag->priority(brief.task), other.dag->priority(other.brief.task));
    }
    if (column == "state") return way(Name(brief.state), Name(other.brief.state));
    if (column == "try_number") return way(brief.try_number, other.brief.try_number);
    if (column == "map_index") return way(brief.map_index, other.brief.map_index);
    if (column == "queued_when") return way(brief.queued_at, other.brief.queued_at);
    if (column == "start_date") return way(brief.start_date, other.brief.start_date);
    if (column == "end_date") return way(brief.end_date, other.brief.end_date);
    if (column == "run_after") return way(run_after, other.run_after);
    if (column == "logical_date") return way(logical_date, other.logical_date);
    GALE_CHECK(false, "an order of kTiOrders that nothing compares");
  }
};

Result<const Instances::Selection*> Instances::Select(const Version& version,
                                                      const TaskInstanceQuery& query) {
  auto found = selections_.find(version);
  if (found == selections_.end()) {
    GALE_ASSIGN_OR_RETURN(DagVersionPtr laid_out, dags_.Get(version.first, version.second));
    found =
        selections_.emplace(version, std::make_shared<const Selection>(std::move(laid_out), query))
            .first;
  }
  return found->second.get();
}

Result<RunViewPtr> Instances::Run(RunId id) {
  auto found = runs_.find(id);
  if (found != runs_.end()) return found->second;
  return NotFound("there is no run with the key {}", id.value);
}

// The runs of these keys, which aren't known yet.
Status Instances::LoadRuns(const std::vector<TiKey>& keys) {
  std::vector<RunId> missing;
  for (const TiKey& key : keys) {
    if (!runs_.contains(key.run)) missing.push_back(key.run);
  }
  std::ranges::sort(missing);
  missing.erase(std::unique(missing.begin(), missing.end()), missing.end());
  for (size_t from = 0; from < missing.size(); from += kKeysPerRead) {
    RunQuery query;
    query.limit = kKeysPerRead;
    query.count = false;
    for (size_t i = from; i < std::min(missing.size(), from + kKeysPerRead); ++i) {
      query.ids.push_back(missing[i]);
    }
    GALE_ASSIGN_OR_RETURN(Page<RunRow> page, reads_.ListRuns(query));
    for (RunRow& row : page.rows) {
      GALE_ASSIGN_OR_RETURN(DagVersionPtr version, dags_.Get(row.dag_id, row.version));
      const RunId id = row.id;
      runs_[id] = std::make_shared<const RunView>(RunView{std::move(row), std::move(version)});
    }
  }
  return OkStatus();
}

Result<std::vector<TaskInstanceView>> Instances::Views(const std::vector<TiKey>& keys) {
  GALE_RETURN_IF_ERROR(LoadRuns(keys));
  std::vector<TiRange> ranges;
  for (const TiKey& key : keys) {  // neighbours are one range
    TiRange* last = ranges.empty() ? nullptr : &ranges.back();
    if (last != nullptr && last->run == key.run && key.task.value <= last->last.value + 1 &&
        key.task >= last->first) {
      last->last = std::max(last->last, key.task);
    } else {
      ranges.push_back({key.run, key.task, key.task});
    }
  }
  std::map<std::tuple<RunId, TaskIndex, int32_t>, TiRow> rows;
  for (size_t from = 0; from < ranges.size(); from += kKeysPerRead) {
    const auto begin = ranges.begin() + static_cast<ptrdiff_t>(from);
    const auto end =
        ranges.begin() + static_cast<ptrdiff_t>(std::min(ranges.size(), from + kKeysPerRead));
    GALE_ASSIGN_OR_RETURN(std::vector<TiRow> some, reads_.ListTis(std::vector(begin, end)));
    for (TiRow& row : some) {
      const auto key = std::tuple(row.run, row.task, row.map_index);
      rows.emplace(key, std::move(row));
    }
  }
  std::vector<TaskInstanceView> views;
  views.reserve(keys.size());
  for (const TiKey& key : keys) {
    auto run = runs_.find(key.run);
    if (run == runs_.end()) continue;  // cleaned away meanwhile
    const Dag& dag = *run->second->version->dag;
    auto row = rows.find({key.run, key.task, key.map_index});
    auto block = rows.find({key.run, key.task, kUnmapped});
    if (row != rows.end()) {
      views.push_back({run->second, row->second});
    } else if (key.map_index != kUnmapped && block != rows.end()) {
      views.push_back({run->second, Untouched(block->second, dag, key.map_index)});
    } else {
      views.push_back({run->second, Untouched(key.run, dag, key.task)});
    }
  }
  return views;
}

Result<Page<TaskInstanceView>> Instances::OfRun(const RunViewPtr& run,
                                                const TaskInstanceQuery& query) {
  runs_[run->row.id] = run;
  GALE_ASSIGN_OR_RETURN(std::vector<Order> orders, ParseOrders(query.order_by, kTiOrders));
  std::erase_if(orders, [](const Order& o) { return IsOfRun(o); });  // the same for all of a run
  if (run->version->dag->has_mapped() || query.map_index || query.elements_only) {
    return OfMappedRun(run, query, orders);
  }
  std::erase_if(orders, [](const Order& o) { return o.column == "map_index"; });
  if (!query.states.empty() || !std::ranges::all_of(orders, IsOfTask) ||
      run->version->dag->has_task_dates()) {
    return Sorted({run->row.dag_id, run->row.run_id}, query, orders);
  }
  GALE_ASSIGN_OR_RETURN(const Selection* tasks, Select({run->row.dag_id, run->row.version}, query));
  Page<TaskInstanceView> page;
  page.total = tasks->size();
  const size_t end = std::min<size_t>(tasks->size(), size_t{query.offset} + query.limit);
  std::vector<TaskIndex> sorted;
  if (!orders.empty()) sorted = tasks->Ordered(orders, end);
  std::vector<TiKey> keys;
  for (size_t i = query.offset; i < end; ++i) {
    keys.push_back({run->row.id, orders.empty() ? tasks->at(i) : sorted[i], kUnmapped});
  }
  GALE_ASSIGN_OR_RETURN(page.rows, Views(keys));
  return page;
}

Result<Page<TaskInstanceView>> Instances::OfMappedRun(const RunViewPtr& run,
                                                      const TaskInstanceQuery& query,
                                                      std::span<const Order> orders) {
  GALE_ASSIGN_OR_RETURN(const Selection* tasks, Select({run->row.dag_id, run->row.version}, query));
  GALE_ASSIGN_OR_RETURN(std::vector<TiRow> rows, reads_.ListTis(run->row.id));
  const Dag& dag = *run->version->dag;
  std::vector<TaskInstanceView> all;
  auto take = [&](TiRow row) {
    const bool wanted = (!query.map_index || row.map_index == *query.map_index) &&
                        (!query.elements_only || row.map_index >= 0);
    if (wanted && Wants(query, row.state)) all.push_back({run, std::move(row)});
  };
  size_t next = 0;  // in rows, which are in the order of tasks and indexes
  for (size_t i = 0; i < tasks->size(); ++i) {
    const TaskIndex t = tasks->at(i);
    while (next < rows.size() && rows[next].task < t) ++next;
    auto mine = [&] { return next < rows.size() && rows[next].task == t; };
    if (mine() && rows[next].block_length) {
      const TiRow block = rows[next++];
      for (uint32_t k = 0; k < *block.block_length; ++k) {
        const int32_t index = static_cast<int32_t>(k);
        take(mine() && rows[next].map_index == index ? std::move(rows[next++])
                                                     : Untouched(block, dag, index));
      }
    } else if (mine()) {
      take(std::move(rows[next]));
    } else if (core::HasInstance(dag, run->row, t)) {
      take(Untouched(run->row.id, dag, t));
    }
  }
  auto item = [&](const TaskInstanceView& v) {
    const TiRow& r = v.row;
    return Item{
        {r.run, r.task, r.map_index, r.state, r.shown_try(), r.queued_at, r.start_date, r.end_date},
        &dag,
        run->row.run_after,
        run->row.logical_date};
  };
  std::ranges::stable_sort(all, [&](const auto& a, const auto& b) {
    for (const Order& order : orders) {
      const auto way = item(a).Compare(item(b), order.column);
      if (way != 0) return order.descending ? way > 0 : way < 0;
    }
    return false;
  });
  Page<TaskInstanceView> page;
  page.total = all.size();
  const size_t begin = std::min<size_t>(query.offset, all.size());
  const size_t end = std::min<size_t>(all.size(), begin + query.limit);
  page.rows.assign(std::make_move_iterator(all.begin() + static_cast<ptrdiff_t>(begin)),
                   std::make_move_iterator(all.begin() + static_cast<ptrdiff_t>(end)));
  return page;
}

// All instances of the runs that were counted.
Result<uint64_t> Instances::CountTis(const std::vector<VersionRuns>& counts) {
  uint64_t total = 0;
  for (const VersionRuns& count : counts) {
    uint64_t tasks = count.tasks;
    if (tasks == 0) {
      GALE_ASSIGN_OR_RETURN(DagVersionPtr version, dags_.Get(count.dag_id, count.version));
      tasks = version->dag->size();
    }
    total += count.runs * tasks;
  }
  return total;
}

Result<Page<TaskInstanceView>> Instances::OfRuns(RunScope scope, const TaskInstanceQuery& query) {
  GALE_ASSIGN_OR_RETURN(const std::vector<Order> orders, ParseOrders(query.order_by, kTiOrders));
  scope.unfinished = OnlyUnfinished(query);
  GALE_ASSIGN_OR_RETURN(const std::vector<VersionRuns> counts, reads_.CountRuns(scope));
  bool walk = !query.states.empty() || !orders.empty() || query.map_index || query.elements_only;
  for (const VersionRuns& count : counts) {
    if (count.tasks != 0) continue;
    GALE_ASSIGN_OR_RETURN(DagVersionPtr version, dags_.Get(count.dag_id, count.version));
    some_mapped_ = some_mapped_ || version->dag->has_mapped();
    walk = walk || version->dag->has_task_dates() || some_mapped_;
  }
  if (walk) {
    GALE_ASSIGN_OR_RETURN(const uint64_t all, CountTis(counts));
    if (all > limits::kListedInstancesMax) {
      return InvalidArgument(
          "{} task instances would have to be looked through, at most {} can be sorted, filtered "
          "by state, or have tasks with dates of their own, at once (kListedInstancesMax): name a "
          "DAG "
          "or a run",
          all, limits::kListedInstancesMax);
    }
    return Sorted(scope, query, orders);
  }
  const bool filtered = !query.task_ids.empty() || !query.pools.empty() || !query.queues.empty();
  std::map<Version, uint64_t> sizes;
  Page<TaskInstanceView> page;
  for (const VersionRuns& count : counts) {
    uint64_t& size = sizes[{count.dag_id, count.version}];
    size = count.tasks;
    if (filtered || size == 0) {
      GALE_ASSIGN_OR_RETURN(const Selection* tasks, Select({count.dag_id, count.version}, query));
      size = tasks->size();
    }
    page.total += count.runs * size;
  }
  uint64_t skip = query.offset;
  std::vector<TiKey> keys;
  RunId after(0);
  while (keys.size() < query.limit && skip < page.total) {
    GALE_ASSIGN_OR_RETURN(const std::vector<RunHead> heads,
                          reads_.WalkRuns(scope, after, skip == 0 ? query.limit : kRunsPerRead));
    for (const RunHead& head : heads) {
      const uint64_t size = sizes[{head.dag_id, head.version}];  // 0: made since they were counted
      if (skip >= size) {
        skip -= size;
        continue;
      }
      GALE_ASSIGN_OR_RETURN(const Selection* tasks, Select({head.dag_id, head.version}, query));
      for (uint64_t i = skip; i < tasks->size() && keys.size() < query.limit; ++i) {
        keys.push_back({head.id, tasks->at(i), kUnmapped});
      }
      skip = 0;
      if (keys.size() >= query.limit) break;
    }
    if (heads.empty()) break;
    after = heads.back().id;
  }
  GALE_ASSIGN_OR_RETURN(page.rows, Views(keys));
  return page;
}

// All that match, in brief.
Result<std::vector<Instances::Item>> Instances::Gather(const RunScope& scope,
                                                       const TaskInstanceQuery& query) {
  // Those without a row are none, or elements that are scheduled: found beside what has rows.
  const bool untouched =
      Wants(query, TiState::kNone) || (some_mapped_ && Wants(query, TiState::kScheduled));
  TiScan scan{scope, untouched ? std::vector<TiState>() : query.states,
              limits::kListedInstancesMax};
  GALE_ASSIGN_OR_RETURN(const std::vector<TiBrief> briefs, reads_.ScanTis(scan));
  std::vector<Item> items;
  size_t next = 0;  // in briefs: both are in the order of runs
  RunId after(0);
  for (;;) {
    GALE_ASSIGN_OR_RETURN(const std::vector<RunHead> heads,
                          reads_.WalkRuns(scope, after, kRunsPerRead));
    for (const RunHead& head : heads) {
      while (next < briefs.size() && briefs[next].run < head.id) ++next;
      const bool touched = next < briefs.size() && briefs[next].run == head.id;
      if (!touched && !untouched) continue;
      GALE_ASSIGN_OR_RETURN(const Selection* tasks, Select({head.dag_id, head.version}, query));
      auto add = [&](const TiBrief& brief) {
        const bool index = (!query.map_index || brief.map_index == *query.map_index) &&
                           (!query.elements_only || brief.map_index >= 0);
        if (!index || !Wants(query, brief.state) || !tasks->Has(brief.task)) return;
        items.push_back({brief, &tasks->dag(), head.run_after, head.logical_date});
      };
      auto mine = [&](TaskIndex task) {
        return next < briefs.size() && briefs[next].run == head.id && briefs[next].task == task;
      };
      for (size_t i = 0; untouched && i < tasks->size(); ++i) {
        const TaskIndex task = tasks->at(i);
        while (next < briefs.size() && briefs[next].run == head.id && briefs[next].task < task) {
          ++next;
        }
        if (!mine(task) && IsThere(tasks->dag(), head, task)) add({head.id, task});
        if (mine(task) && briefs[next].block_length) {
          const TiBrief block = briefs[next++];
          TiBrief element;
          element.run = head.id;
          element.task = task;
          element.state = block.state;
          element.try_number = TryOf(block.state);
          const uint32_t length = *block.block_length;
          for (uint32_t k = 0; k < length && items.size() <= limits::kListedInstancesMax; ++k) {
            element.map_index = static_cast<int32_t>(k);
            const bool has_row = mine(task) && briefs[next].map_index == element.map_index;
            add(has_row ? briefs[next++] : element);
          }
        }
        for (; mine(task); ++next) add(briefs[next]);
      }
      for (; next < briefs.size() && briefs[next].run == head.id; ++next) {
        if (!untouched) add(briefs[next]);
      }
      if (items.size() > limits::kListedInstancesMax) {
        return InvalidArgument(
            "more than {} task instances match (kListedInstancesMax): name a DAG or a run",
            limits::kListedInstancesMax);
      }
    }
    if (heads.size() < kRunsPerRead) return items;
    after = heads.back().id;
  }
}

Result<Page<TaskInstanceView>> Instances::Sorted(const RunScope& scope,
                                                 const TaskInstanceQuery& query,
                                                 std::span<const Order> orders) {
  GALE_ASSIGN_OR_RETURN(std::vector<Item> items, Gather(scope, query));
  auto before = [&](const Item& a, const Item& b) {
    for (const Order& order : orders) {
      const auto way = a.Compare(b, order.column);
      if (way != 0) return order.descending ? way > 0 : way < 0;
    }
    const TiBrief& x = a.brief;
    const TiBrief& y = b.brief;
    return std::tie(x.run, x.task, x.map_index) < std::tie(y.run, y.task, y.map_index);
  };
  Page<TaskInstanceView> page;
  page.total = items.size();
  const size_t end = std::min<size_t>(items.size(), size_t{query.offset} + query.limit);
  if (!orders.empty()) {  // else they are in order already
    std::ranges::partial_sort(items, items.begin() + static_cast<ptrdiff_t>(end), before);
  }
  std::vector<TiKey> keys;
  for (size_t i = query.offset; i < end; ++i) {
    keys.push_back({items[i].brief.run, items[i].brief.task, items[i].brief.map_index});
  }
  GALE_ASSIGN_OR_RETURN(page.rows, Views(keys));
  return page;
}

}  // namespace gale
