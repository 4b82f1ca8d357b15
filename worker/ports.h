// What a worker's driver does things with. A real worker's are threads, sockets and processes
// (worker_ports.h), the simulation's its own world (tests/simulation/host.h). All are called from
// the driver's one thread.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "gale/v1/worker.pb.h"
#include "worker/keeper/keeper_client.h"
#include "worker/runner/runner.h"

namespace gale::worker {

// The way to the masters: one stream at a time. What is sent without one is dropped.
class Uplink {
 public:
  virtual ~Uplink() = default;
  virtual void Send(v1::WorkerMessage message) = 0;
  // Leaves the stream for a new one; Disconnected follows.
  virtual void Drop(const std::string& reason) = 0;
  // Takes up to this many ids from the queue, waits for them if need be. Replaces the last word.
  // False: this worker knows no way to the queue.
  virtual bool Pop(uint32_t room) = 0;
};

// The way to the keeper. Errors of what is only sent are kUnavailable: it is gone.
class KeeperPort {
 public:
  virtual ~KeeperPort() = default;
  // Finds the home's keeper, or starts one. May take seconds.
  virtual Status Connect() = 0;
  virtual void Leave() = 0;
  virtual Result<keeper::Listing> List() = 0;
  virtual Status Spawn(const keeper::SpawnRequest& request) = 0;
  virtual Status Kill(const std::string& key, const std::string& reason) = 0;
  virtual Status Fence(MonoTime at) = 0;
  virtual Status Take(const std::string& key) = 0;
};

// DAGs' code on this host (BundleCache).
class CodePort {
 public:
  virtual ~CodePort() = default;
  // Until Release the bundle is not dropped.
  virtual void Hold(const AttemptId& id, const std::string& digest) = 0;
  virtual void Release(const AttemptId& id) = 0;
  virtual std::optional<DagCode> Find(const std::string& digest) = 0;
  // Driver::OnFetched follows.
  virtual void Fetch(const AttemptId& id, const std::string& digest) = 0;
};

// Attempts' logs on their way to a master (LogShipper).
class LogPort {
 public:
  virtual ~LogPort() = default;
  virtual void Follow(const AttemptId& id) = 0;   // it grows
  virtual void Ended(const AttemptId& id) = 0;    // it grows no more
  virtual void Release(const AttemptId& id) = 0;  // the result is acked: the file may go, too
};

}  // namespace gale::worker
