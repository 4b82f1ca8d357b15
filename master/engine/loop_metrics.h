// What the engine's mind counts: written by its thread, read by any.
#pragma once

#include <array>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "common/base/metrics.h"
#include "common/model/state.h"

namespace gale {

struct LoopMetrics {
  Counter grants;                                 // attempts that a worker was told to start
  Counter claims_refused;                         // stale, doubled or replayed
  Counter attempts_lost;                          // their worker was
  Counter rung_again;                             // queue entries that the queue had lost
  std::array<Counter, kTiStates> attempts_ended;  // by the state that the try ended in
  Counter runs_succeeded, runs_failed;
  DurationHistogram dispatch;       // from queued to granted
  DurationHistogram run_succeeded;  // from a run's start to its end
  DurationHistogram run_failed;
  DurationHistogram schedule_delay;  // from when a scheduled run was due to its start

  // How things stand, as of the last turn (at most kPublish ago).
  static constexpr Duration kPublish = std::chrono::milliseconds(500);
  // Names that become labels: so many, whatever there is.
  static constexpr size_t kNamedMax = 200;
  static constexpr char kOthers[] = "(others)";
  struct Pool {
    std::string name;
    int64_t slots = 0;  // -1: no limit
    uint64_t held = 0, waiting = 0, running = 0;
  };
  struct Worker {
    std::string name;
    uint64_t slots = 0, running = 0;
    uint64_t spool_entries = 0, spool_bytes = 0, keeper_restarts = 0;
  };
  struct Standing {
    int64_t epoch = 0;
    uint64_t runs_queued = 0, runs_running = 0;
    std::array<uint64_t, kTiStates> instances{};  // of live runs
    std::vector<Pool> pools;
    std::vector<Worker> workers_by_name;              // at most kNamedMax of them
    std::map<std::string, uint64_t> queued_by_queue;  // at most kNamedMax; the others as kOthers
    uint64_t workers = 0, worker_slots = 0, attempts_live = 0;
    uint64_t dags = 0, dags_paused = 0, files_with_errors = 0;
  };
  void Publish(Standing standing);
  // From any thread.
  void Report(MetricSink& sink) const;

 private:
  mutable std::mutex mutex_;
  Standing standing_;
};

}  // namespace gale
