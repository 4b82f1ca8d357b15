// What others are told of a turn that is committed.
#include "master/engine/feed_turn.h"
#include "master/engine/loop.h"

namespace gale {

// Before its effects are let out: who hears of a DAG's version finds it.
void Loop::NoteCommitted() {
  for (DagVersionRow& row : batch_.dag_versions) {
    auto made = versions_.find({row.dag_id, row.version});
    if (made == versions_.end()) continue;
    catalog_.Add({made->second.dag, std::move(row.hash), row.created_at});
  }
  FeedTurn turn = FeedTurnOf(std::exchange(batch_, {}), *scheduler_);
  for (const std::string& name : std::exchange(loads_to_tell_, {})) {
    const auto worker = workers_.find(name);
    const auto row = known_workers_.find(name);
    if (worker == workers_.end() || row == known_workers_.end()) continue;
    turn.changes.emplace_back(WorkerChanged{row->second, false, worker->second.load});
  }
  if (turn.changes.empty()) return;
  turn.at = {epoch_.value, ++feed_turn_};
  release_.turn = std::make_shared<const FeedTurn>(std::move(turn));
}

}  // namespace gale
