// The feed's turns as messages between masters, and as JSON for pages.
#pragma once

#include "gale/v1/feed.pb.h"
#include "master/api/json.h"
#include "master/engine/feed.h"

namespace gale {

v1::FeedTurn ToProto(const FeedTurn& turn);
FeedTurn FromProto(const v1::FeedTurn& turn);

// What a page needs to patch itself: {"kind": "run" | "tasks" | "dag" | "file" | "pool" | "worker",
// ...}; names and shapes as Airflow's REST has them where it has them.
Json ChangeJson(const Change& change);

}  // namespace gale
