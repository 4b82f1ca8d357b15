// Verbs: small facts about DAGs that Airflow's clients ask for.
#include <algorithm>
#include <map>

#include "common/rpc/convert.h"
#include "master/api/pages.h"
#include "master/api/verbs.h"
#include "master/api/views.h"
#include "master/store/list_orders.h"

namespace gale::verbs {
namespace {

constexpr const char* kWarningType = "ignored argument";  // Airflow has no word for it
constexpr uint32_t kDagsAtOnce = 500;

}  // namespace

Result<v1::DagStatsResponse> GetDagStats(Control& control, const v1::GetDagStatsRequest& request,
                                         const Actor&) {
  GALE_ASSIGN_OR_RETURN(
      const std::vector<StateRuns> counts,
      control.store().reads().CountStates({request.dag_ids().begin(), request.dag_ids().end()}));
  std::map<std::string, std::map<RunState, uint64_t>> dags;
  for (const StateRuns& count : counts) dags[count.dag_id][count.state] = count.runs;
  v1::DagStatsResponse answer;
  answer.set_total_entries(dags.size());
  for (auto& [dag_id, states] : dags) {
    v1::DagStats& dag = *answer.add_dags();
    dag.set_dag_id(dag_id);
    // All that there are, as Airflow.
    for (const RunState state :
         {RunState::kQueued, RunState::kRunning, RunState::kSuccess, RunState::kFailed}) {
      v1::DagStats::State& count = *dag.add_stats();
      count.set_state(std::string(Name(state)));
      count.set_count(states[state]);
    }
  }
  return answer;
}

Result<v1::ListDagTagsResponse> ListDagTags(Control& control, const v1::ListDagTagsRequest& request,
                                            const Actor&) {
  PageQuery query;
  ReadPage(request, query);
  GALE_ASSIGN_OR_RETURN(const std::vector<Order> orders, ParseOrders(query.order_by, kTagOrders));
  GALE_ASSIGN_OR_RETURN(std::vector<std::string> tags, control.store().reads().ListTags());
  std::erase_if(tags, [&](const std::string& tag) {
    return !request.pattern().empty() && request.pattern() != "~" &&
           tag.find(request.pattern()) == std::string::npos;
  });
  std::ranges::sort(tags);
  if (!orders.empty() && orders[0].descending) std::ranges::reverse(tags);
  v1::ListDagTagsResponse answer;
  answer.set_total_entries(tags.size());
  const size_t end = std::min<size_t>(tags.size(), size_t{query.offset} + query.limit);
  for (size_t i = query.offset; i < end; ++i) answer.add_tags(tags[i]);
  return answer;
}

// What DAGs' files ask for and isn't done, by DAG and as its file says it. What Airflow warns of (a
// pool that isn't there) is said of the task that waits for it.
Result<v1::ListDagWarningsResponse> ListDagWarnings(Control& control,
                                                    const v1::ListDagWarningsRequest& request,
                                                    const Actor&) {
  v1::ListDagWarningsResponse answer;
  if (!request.warning_type().empty() && request.warning_type() != kWarningType) return answer;
  const uint32_t limit =
      request.has_limit() ? std::min(request.limit(), kVerbRowsMax) : limits::kPageRowsDefault;
  uint64_t total = 0;
  const auto add = [&](const DagView& dag) {
    for (const std::string& message : dag.version->dag->spec().warnings) {
      if (total++ < request.offset() || answer.dag_warnings_size() >= static_cast<int>(limit)) {
        continue;
      }
      v1::DagWarning& warning = *answer.add_dag_warnings();
      warning.set_dag_id(dag.row.dag_id);
      warning.set_warning_type(kWarningType);
      warning.set_message(message);
      *warning.mutable_timestamp() = ToProto(dag.version->created_at);
    }
  };
  if (!request.dag_id().empty()) {
    Result<DagView> dag = control.GetDag(request.dag_id());
    if (dag.ok()) add(*dag);
    if (!dag.ok() && dag.status().code() != Code::kNotFound) return dag.status();
  } else {
    DagQuery query;
    query.limit = kDagsAtOnce;
    Page<DagView> page;
    do {
      GALE_ASSIGN_OR_RETURN(page, control.ListDags(query));
      for (const DagView& dag : page.rows) add(dag);
      if (!page.rows.empty()) query.after = page.rows.back().row.dag_id;
    } while (page.rows.size() == query.limit);
  }
  answer.set_total_entries(total);
  return answer;
}

}  // namespace gale::verbs
