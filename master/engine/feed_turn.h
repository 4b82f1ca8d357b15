// From what a turn has committed to what the feed tells of it. Pure.
#pragma once

#include "master/core/scheduler.h"
#include "master/engine/feed.h"
#include "master/store/store.h"

namespace gale {

// Of a batch that is in the ledger; `scheduler` still has the runs that it names. Without a number.
FeedTurn FeedTurnOf(CommitBatch batch, const core::Scheduler& scheduler);

// About what it takes in memory.
size_t BytesOf(const FeedTurn& turn);

}  // namespace gale
