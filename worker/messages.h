// From the core's actions to the session's messages.
#pragma once

#include <map>
#include <string>

#include "gale/v1/worker.pb.h"
#include "worker/core/events.h"
#include "worker/worker.h"

namespace gale::worker {

using Results = std::map<AttemptId, v1::Finished>;

// Who this process is; the fixed part of every Hello.
v1::Hello Identity(const WorkerOptions& options);

v1::WorkerMessage HelloMessage(const v1::Hello& identity, const action::SendHello& hello,
                               const Results& results, TimePoint now);
v1::WorkerMessage StartedMessage(const action::SendStarted& started);
// How a worker is, beside what its slots tell.
struct WorkerHealth {
  uint64_t spool_entries = 0, spool_bytes = 0;
  uint64_t keeper_restarts = 0;
};
v1::WorkerMessage HeartbeatMessage(const action::SendHeartbeat& heartbeat,
                                   const WorkerHealth& health);

event::Welcome ToEvent(const v1::Welcome& welcome);
// A result of an earlier process, as the core knows it. Only what the core needs of it.
Ending ToEnding(const v1::Finished& finished);

}  // namespace gale::worker
