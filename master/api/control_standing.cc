// How things stand: what only the leader's engine knows.
#include "master/api/control.h"

namespace gale {

Result<WaitsInfo> Control::ListWaits(const std::string& dag_id) {
  return engine_.Call<Result<WaitsInfo>>([=](Loop& loop) { return loop.Waits(dag_id); });
}

Result<std::map<std::string, DagWait>> Control::ListDagWaits() {
  using Waits = Result<std::map<std::string, DagWait>>;
  return engine_.Call<Waits>([](Loop& loop) { return Waits(loop.DagWaits()); });
}

Result<std::vector<QueueInfo>> Control::ListQueues() {
  using Queues = Result<std::vector<QueueInfo>>;
  return engine_.Call<Queues>([](Loop& loop) { return Queues(loop.Queues()); });
}

Result<PoolHolders> Control::ListHolders(const std::string& pool, size_t max) {
  return engine_.Call<Result<PoolHolders>>([=](Loop& loop) { return loop.Holders(pool, max); });
}

Result<StandingInfo> Control::GetStanding(size_t minutes) {
  using Standing = Result<StandingInfo>;
  return engine_.Call<Standing>([=](Loop& loop) { return Standing(loop.Standing(minutes)); });
}

}  // namespace gale
