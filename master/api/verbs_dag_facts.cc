// Verbs: small facts about DAGs that Airflow's clients ask for.
#include <algorithm>
#include <map>

#include "master/api/pages.h"
#include "master/api/verbs.h"
#include "master/store/list_orders.h"

namespace gale::verbs {

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

// There are none: what Airflow warns of (a pool that isn't there) is said of the task that waits for it.
Result<v1::ListDagWarningsResponse> ListDagWarnings(Control&, const v1::ListDagWarningsRequest&,
                                                    const Actor&) {
  return v1::ListDagWarningsResponse();
}

}  // namespace gale::verbs
