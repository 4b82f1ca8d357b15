#include "master/api/dag_list.h"

#include <algorithm>

#include "common/rpc/convert.h"
#include "master/api/usual_times.h"
#include "master/api/views.h"

namespace gale {
namespace {

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool Holds(std::string_view text, std::string_view lower) {
  const auto same = [](char a, char b) { return Lower(a) == b; };
  return std::search(text.begin(), text.end(), lower.begin(), lower.end(), same) != text.end();
}

bool AnyOf(const std::vector<std::string>& wanted, const std::vector<std::string>& has) {
  return wanted.empty() || std::ranges::any_of(wanted, [&](const std::string& one) {
           return std::ranges::find(has, one) != has.end();
         });
}

template <class Map>
const typename Map::mapped_type* Find(const Map& map, const std::string& key) {
  const auto found = map.find(key);
  return found == map.end() ? nullptr : &found->second;
}

bool Wants(const DagsKnown& known, const DagListQuery& query, std::string_view lower,
           const DagRow& dag) {
  if (query.paused && dag.is_paused != *query.paused) return false;
  if (query.favorite && known.favorites.contains(dag.dag_id) != *query.favorite) return false;
  if (query.waiting && known.waits.contains(dag.dag_id) != *query.waiting) return false;
  if (query.never || query.state) {
    const RunBrief* last = Find(known.latest, dag.dag_id);
    if (query.never != (last == nullptr)) return false;
    if (query.state && last->state != *query.state) return false;
  }
  if (!AnyOf(query.tags, dag.tags) || !AnyOf(query.owners, dag.owners)) return false;
  const auto holds = [&](const std::string& text) { return Holds(text, lower); };
  return lower.empty() || holds(dag.dag_id) || std::ranges::any_of(dag.tags, holds) ||
         std::ranges::any_of(dag.owners, holds);
}

// What a DAG is ordered by; nullopt: it has none, and comes last.
std::optional<int64_t> KeyOf(const DagsKnown& known, DagListQuery::Order order, const DagRow& dag) {
  const RunBrief* last = Find(known.latest, dag.dag_id);
  switch (order) {
    case DagListQuery::Order::kDagId: return 0;
    case DagListQuery::Order::kNextRun:
      if (!dag.next_run_after || dag.is_paused) return std::nullopt;
      return dag.next_run_after->time_since_epoch().count();
    case DagListQuery::Order::kLastRun:
      if (last == nullptr) return std::nullopt;
      return last->run_after.time_since_epoch().count();
    case DagListQuery::Order::kDuration:
      if (last == nullptr || !last->start_date || !last->end_date) return std::nullopt;
      return (*last->end_date - *last->start_date).count();
  }
  return std::nullopt;
}

void CountAll(const DagsKnown& known, v1::DagList& answer) {
  v1::DagCounts& counts = *answer.mutable_counts();
  std::set<std::string_view> tags, owners;
  uint64_t paused = 0, failing = 0, running = 0, waiting = 0, favorite = 0;
  for (const DagRow& dag : known.dags) {
    paused += dag.is_paused ? 1 : 0;
    const RunBrief* last = Find(known.latest, dag.dag_id);
    failing += last != nullptr && last->state == RunState::kFailed ? 1 : 0;
    const DagsKnown::Live* live = Find(known.live, dag.dag_id);
    running += live != nullptr && live->running > 0 ? 1 : 0;
    waiting += known.waits.contains(dag.dag_id) ? 1 : 0;
    favorite += known.favorites.contains(dag.dag_id) ? 1 : 0;
    tags.insert(dag.tags.begin(), dag.tags.end());
    owners.insert(dag.owners.begin(), dag.owners.end());
  }
  counts.set_all(known.dags.size());
  counts.set_active(known.dags.size() - paused);
  counts.set_paused(paused);
  counts.set_failing(failing);
  counts.set_running(running);
  counts.set_waiting(waiting);
  counts.set_favorite(favorite);
  for (const std::string_view tag : tags) answer.add_tags(std::string(tag));
  for (const std::string_view owner : owners) answer.add_owners(std::string(owner));
}

}  // namespace

Result<DagListQuery> ReadDagListQuery(const v1::ListDagItemsRequest& request) {
  DagListQuery query;
  query.q = request.q();
  query.tags.assign(request.tags().begin(), request.tags().end());
  query.owners.assign(request.owners().begin(), request.owners().end());
  if (request.state() == "never") {
    query.never = true;
  } else if (!request.state().empty()) {
    query.state = ParseRunState(request.state());
    if (!query.state) {
      return InvalidArgument(
          "'{}' is no state of a last run: use queued, running, success, failed or never",
          request.state());
    }
  }
  if (request.has_waiting()) query.waiting = request.waiting();
  if (request.has_paused()) query.paused = request.paused();
  if (request.has_favorite()) query.favorite = request.favorite();
  std::string_view order = request.order_by();
  query.descending = order.starts_with('-');
  if (query.descending) order.remove_prefix(1);
  using Order = DagListQuery::Order;
  const std::map<std::string_view, Order> orders = {{"", Order::kDagId},
                                                    {"dag_id", Order::kDagId},
                                                    {"last_run", Order::kLastRun},
                                                    {"next_run", Order::kNextRun},
                                                    {"duration", Order::kDuration}};
  const auto found = orders.find(order);
  if (found == orders.end()) {
    return InvalidArgument(
        "Ordering with '{}' is disallowed or the attribute does not exist on the model: choose "
        "from dag_id, last_run, next_run, duration",
        order);
  }
  query.order = found->second;
  query.limit = request.has_limit() ? std::min<uint32_t>(request.limit(), limits::kPageRowsMax)
                                    : limits::kPageRowsDefault;
  query.offset = request.offset();
  return query;
}

v1::DagList ListOf(const DagsKnown& known, const DagListQuery& query, std::vector<size_t>& page) {
  v1::DagList answer;
  CountAll(known, answer);
  std::string lower = query.q;
  std::ranges::transform(lower, lower.begin(), Lower);
  struct Found {
    std::optional<int64_t> key;
    size_t place;
  };
  std::vector<Found> found;
  for (size_t i = 0; i < known.dags.size(); ++i) {
    if (!Wants(known, query, lower, known.dags[i])) continue;
    found.push_back({KeyOf(known, query.order, known.dags[i]), i});
  }
  answer.set_total_entries(found.size());
  const bool by_id = query.order == DagListQuery::Order::kDagId;
  std::ranges::sort(found, [&](const Found& a, const Found& b) {
    if (a.key.has_value() != b.key.has_value()) return a.key.has_value();
    if (a.key != b.key) return query.descending ? a.key > b.key : a.key < b.key;
    return by_id && query.descending ? a.place > b.place : a.place < b.place;
  });
  page.clear();
  const size_t end = std::min<size_t>(found.size(), size_t{query.offset} + query.limit);
  for (size_t i = query.offset; i < end; ++i) page.push_back(found[i].place);
  return answer;
}

v1::RunBar BarOf(const RunBrief& run) {
  v1::RunBar out;
  out.set_run_id(run.run_id);
  out.set_state(std::string(Name(run.state)));
  out.set_run_type(std::string(Name(run.type)));
  *out.mutable_run_after() = ToProto(run.run_after);
  if (run.start_date) *out.mutable_start_date() = ToProto(*run.start_date);
  if (run.end_date) *out.mutable_end_date() = ToProto(*run.end_date);
  return out;
}

std::optional<double> MedianSeconds(const std::vector<RunBrief>& runs) {
  std::vector<double> seconds;
  for (const RunBrief& run : runs) {
    if (run.state != RunState::kSuccess || !run.start_date || !run.end_date) continue;
    seconds.push_back(Seconds(*run.end_date - *run.start_date));
  }
  return MedianOf(std::move(seconds));
}

v1::DagItem ItemOf(const DagsKnown& known, const DagRow& dag, const std::vector<RunBrief>& runs) {
  v1::DagItem out;
  out.set_dag_id(dag.dag_id);
  out.set_is_paused(dag.is_paused);
  out.set_is_stale(dag.is_stale);
  out.set_is_favorite(known.favorites.contains(dag.dag_id));
  out.set_fileloc(dag.fileloc);
  out.set_description(dag.description);
  for (const std::string& owner : dag.owners) out.add_owners(owner);
  for (const std::string& tag : dag.tags) out.add_tags(tag);
  out.set_timetable_summary(dag.timetable_summary);
  out.set_timetable_description(dag.timetable_description);
  if (dag.next_run_after) *out.mutable_next_run_after() = ToProto(*dag.next_run_after);
  if (const auto median = MedianSeconds(runs)) out.set_median_seconds(*median);
  for (size_t i = runs.size(); i-- > 0;) *out.add_last_runs() = BarOf(runs[i]);
  if (const DagsKnown::Live* live = Find(known.live, dag.dag_id)) {
    out.set_queued_runs(live->queued);
    out.set_running_runs(live->running);
  }
  if (const DagWait* waits = Find(known.waits, dag.dag_id)) {
    out.mutable_waiting()->set_count(waits->count);
    *out.mutable_waiting()->mutable_check() = ToProto(waits->check);
  }
  return out;
}

}  // namespace gale
