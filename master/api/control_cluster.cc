// Who leads, which masters there are, and how database and queue are.
#include "master/api/control.h"

namespace gale {

Result<std::string> Control::GetMetrics() const {
  if (!options_.metrics) return NotFound("this process has no metrics");
  return options_.metrics();
}

std::optional<MasterRow> Control::LeaderElsewhere() {
  if (engine_.leads()) return std::nullopt;
  auto read = store_.GetLeader();  // fresher than what the engine saw last
  const LeaderRow leader = read.ok() ? *std::move(read) : engine_.leader();
  auto masters = store_.ListMasters();
  if (leader.owner.empty() || !masters.ok()) return std::nullopt;
  for (MasterRow& master : *masters) {
    if (master.name == leader.owner && master.instance == leader.instance) return std::move(master);
  }
  return std::nullopt;
}

ClusterInfo Control::GetCluster() {
  ClusterInfo info;
  const MonoTime asked = Clock::Real().Mono();
  auto leader = store_.GetLeader();
  info.database.latency = Clock::Real().Mono() - asked;
  info.database.name = options_.database;
  info.database.status = leader.status();
  if (leader.ok()) info.leader = *std::move(leader);
  if (auto masters = store_.ListMasters(); masters.ok()) {
    const TimePoint now = Clock::Real().Now();
    for (MasterRow& row : *masters) {
      if (now - row.seen_at > kMasterForgotten) continue;
      const bool leads = row.name == info.leader.owner && row.instance == info.leader.instance;
      // One that is alone on its ledger tells nobody that it lives: but it answers.
      if (row.name == options_.master_name) row.seen_at = now;
      const bool alive = now - row.seen_at < kMasterSilent;
      info.masters.push_back({std::move(row), leads, alive});
    }
  }
  info.audits = engine_.audits();
  info.answered_by = options_.master_name;
  if (options_.queue) info.queue = options_.queue();
  return info;
}

}  // namespace gale
