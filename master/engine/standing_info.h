// How things stand, as the engine tells it: what waits and for what, queues, who holds a pool's slots,
// what has ended lately, what workers' machines do. Plain data.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "master/core/check.h"

namespace gale {

// A task instance; of a run alone: without a task_id.
struct NamedInstance {
  std::string dag_id, run_id, task_id;
  int32_t map_index = -1;
};

struct WaitInfo {
  core::Check check;
  uint64_t count = 0;
  std::optional<TimePoint> oldest;
  std::vector<std::string> dag_ids;  // those with the most, at most 5
  uint64_t dags = 0;
  std::vector<NamedInstance> examples;
};
struct WaitsInfo {
  uint64_t total = 0;
  std::vector<WaitInfo> waits;  // the most first, at most kWaitGroupsMax
};
// What a DAG waits for most.
struct DagWait {
  uint64_t count = 0;  // for everything
  core::Check check;
};

struct QueueInfo {
  std::string name;
  uint64_t queued = 0;
  std::optional<TimePoint> oldest;
  uint64_t running = 0;
  uint64_t slots = 0;                // of those:
  std::vector<std::string> workers;  // that serve it and take work
  uint64_t started_per_minute = 0;
};

struct HolderInfo {
  NamedInstance name;
  std::string state;
  uint32_t pool_slots = 0;
  std::optional<TimePoint> since;
  int64_t priority = 0;
  std::string worker;
};
struct PoolHolders {
  std::vector<HolderInfo> holders, waiting;
  uint64_t waiting_total = 0;
};

// Of a minute: task instances that ended for good.
struct FinishedMinute {
  TimePoint minute;
  uint64_t success = 0, failed = 0;
};
struct StandingInfo {
  uint64_t running_tasks = 0, waiting_tasks = 0, waiting_runs = 0;
  uint64_t slots_used = 0, slots_total = 0;  // of connected workers
  std::vector<FinishedMinute> finished;      // oldest first, also those in which nothing did
  TimePoint finished_since;                  // counted since: this master leads
  uint64_t finished_today = 0;               // since midnight UTC, or finished_since
  // From queued to started, of those that were in the last Throughput::kWaitMinutes; nullopt: none.
  std::optional<Duration> queue_wait_p50, queue_wait_p99;
};

// What a worker's machine does, by its own last word.
struct WorkerLoad {
  struct Device {
    uint32_t index = 0;
    std::string model;
    std::optional<double> load;  // 0 to 1
    uint64_t memory_used_bytes = 0, memory_bytes = 0;
    std::optional<double> temperature;  // degrees Celsius
  };
  double cpu_count = 0, cpu_load = 0;  // cores; those in use
  uint64_t memory_bytes = 0, memory_used_bytes = 0;
  std::vector<Device> devices;
};

}  // namespace gale
