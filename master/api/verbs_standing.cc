// How things stand: what waits and for what, queues, and who holds a pool's slots.
#include "common/base/limits_standing.h"
#include "master/api/verbs.h"
#include "master/api/views.h"

namespace gale::verbs {

Result<v1::ListWaitsResponse> ListWaits(Control& control, const v1::ListWaitsRequest& request,
                                        const Actor&) {
  GALE_ASSIGN_OR_RETURN(const WaitsInfo waits, control.ListWaits(request.dag_id()));
  v1::ListWaitsResponse answer;
  answer.set_total(waits.total);
  for (const WaitInfo& wait : waits.waits) *answer.add_waits() = ToProto(wait);
  return answer;
}

Result<v1::ListQueuesResponse> ListQueues(Control& control, const v1::ListQueuesRequest&,
                                          const Actor&) {
  GALE_ASSIGN_OR_RETURN(const auto queues, control.ListQueues());
  v1::ListQueuesResponse answer;
  for (const QueueInfo& queue : queues) *answer.add_queues() = ToProto(queue);
  answer.set_total_entries(queues.size());
  return answer;
}

Result<v1::ListPoolHoldersResponse> ListPoolHolders(Control& control,
                                                    const v1::ListPoolHoldersRequest& request,
                                                    const Actor&) {
  const size_t max = request.has_limit() ? request.limit() : limits::kHoldersDefault;
  if (max > limits::kHoldersMax) {
    return InvalidArgument("limit {}: at most {} are told (kHoldersMax)", max, limits::kHoldersMax);
  }
  GALE_ASSIGN_OR_RETURN(const PoolHolders found, control.ListHolders(request.name(), max));
  v1::ListPoolHoldersResponse answer;
  for (const HolderInfo& holder : found.holders) *answer.add_holders() = ToProto(holder);
  for (const HolderInfo& holder : found.waiting) *answer.add_waiting() = ToProto(holder);
  answer.set_waiting_total(found.waiting_total);
  return answer;
}

}  // namespace gale::verbs
