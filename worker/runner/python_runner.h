// Python tasks: `python -m gale.task_runner`, a process that runs the DAG's file again, finds its
// task by its ids and calls it. It knows its worker by the task socket (worker/tasks): there it gets
// its StartupDetails, asks, and tells how it ended. That end counts, not the process's.
#pragma once

#include "worker/runner/environment.h"
#include "worker/runner/runner.h"

namespace gale::worker {

class PythonRunner : public Runner {
 public:
  // The task's own process raises AirflowTaskTimeout after execution_timeout, which begins with
  // execute(). The keeper ends one that doesn't listen (in a C library, or while it reads its file),
  // so much later.
  static constexpr Duration kTimeoutGrace = std::chrono::seconds(30);

  PythonRunner(AttemptFiles files, RunnerOptions options);

  // The .task file is StartupDetails, as JSON.
  Result<keeper::SpawnRequest> Prepare(const v1::Grant& grant, const DagCode* code) const override;
  // An end that was told decides; else what became of the process does. What was told and can't be
  // read makes it LOST.
  void Conclude(const Conclusion& c, v1::Finished* out) const override;

 private:
  AttemptFiles files_;
  RunnerOptions options_;
  Environment inherited_;
};

// What the task's process is told of itself: Airflow's StartupDetails, and Gale's fileloc,
// dags_folder, log_url, prev_logical_date, next_logical_date, prev_successful_dagrun.
std::string StartupDetailsJson(const v1::Grant& grant, const DagCode* code);

}  // namespace gale::worker
