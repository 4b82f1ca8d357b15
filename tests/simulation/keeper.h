// A simulated host's keeper and its processes: outlives the worker, and dies apart from it.
//
// It ends processes on their own terms, at their execution timeout, when told to (with a grace), and
// all of them when its fence passes. Its records are the real ones, on the host's disk.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>

#include "master/engine/messages.h"
#include "tests/simulation/checkers.h"
#include "tests/simulation/scenario.h"
#include "worker/keeper/records.h"
#include "worker/ports.h"

namespace gale::sim {

class Keeper : public worker::KeeperPort {
 public:
  Keeper(Context& context, const Scenario& scenario, Checkers& checkers, Files& files,
         std::string worker, uint32_t slots)
      : context_(context),
        scenario_(scenario),
        checkers_(checkers),
        files_(files),
        worker_(std::move(worker)),
        slots_(slots) {}

  // What it says to its worker, after a while.
  std::function<void(Duration delay, keeper::KeeperEvent)> tell;
  // Whether its worker dies at this word to it.
  std::function<bool()> dies_here;
  // A Python task tells its worker something; false: it wasn't answered.
  std::function<bool(const AttemptId&, const std::string& secret, const std::string& message)>
      tells;
  // Whether it stands there that the task ended well.
  std::function<bool(const AttemptId&)> told_well;
  // Over which stream the lease came that the fence stands for.
  std::function<StreamPtr()> stream;

  // What a process that is spawned for it will be.
  void Granted(const Grant& grant) {
    tasks_[grant.attempt] = {grant.epoch, grant.dag->task(grant.attempt.task)};
  }
  void Die();
  // The type of the end that this Python task told, and was answered; empty: none.
  std::string ToldBy(const AttemptId& id) const {
    auto it = told_.find(id);
    return it == told_.end() ? "" : it->second;
  }

  bool alive() const { return records_.has_value(); }
  uint64_t life() const { return life_; }
  size_t running() const { return processes_.size(); }
  size_t untaken() const { return untaken_.size(); }
  struct Times {
    MonoTime start;
    std::optional<MonoTime> end;
  };
  std::optional<Times> TimesOf(const AttemptId& id) const {
    auto it = times_.find(id);
    return it == times_.end() ? std::nullopt : std::optional(it->second);
  }

  Status Connect() override;
  void Leave() override {}
  Result<keeper::Listing> List() override;
  Status Spawn(const keeper::SpawnRequest& request) override;
  Status Kill(const std::string& key, const std::string& reason) override;
  Status Fence(MonoTime at) override;
  Status Take(const std::string& key) override;

 private:
  struct Task {
    Epoch epoch;
    TaskSpec spec;
  };
  struct Process {
    keeper::RunningRecord record;
    std::string log_path;
    Task task;
    bool ending = false;  // TERM was sent
    // Of a Python task: what it will tell, the end's type, and its process's own end after it.
    bool python = false;
    std::string secret;
    std::vector<std::string> words;
    std::string end;
    int code = 0, signal = 0;
    keeper::Exited exit;
  };

  // In the order of asking.
  void Later(Duration delay, std::function<void()> what);
  void Start(const keeper::SpawnRequest& request);
  // How its process ends by itself.
  void PlanEnd(const AttemptId& attempt, const keeper::SpawnRequest& request);
  void PlanPythonEnd(const AttemptId& attempt, const keeper::SpawnRequest& request, Fate fate);
  void Tell(const AttemptId& attempt, int32_t pid, size_t word);
  Status Record(const keeper::SpawnRequest& request, keeper::RunningRecord& record);
  void Term(const AttemptId& attempt, bool timed_out);
  void Exit(const AttemptId& attempt, int code, int signal);
  void CheckFence();
  bool fenced() const { return fence_ && context_.now() >= *fence_; }

  Context& context_;
  const Scenario& scenario_;
  Checkers& checkers_;
  Files& files_;
  const std::string worker_;
  const uint32_t slots_;

  std::map<AttemptId, Task> tasks_;
  std::map<AttemptId, Times> times_;
  std::map<AttemptId, std::string> told_;  // the ends of Python tasks that were answered
  int32_t last_pid_ = 1000;

  uint64_t life_ = 0;
  std::optional<keeper::Records> records_;  // none: it is dead
  MonoTime last_heard_;
  std::map<AttemptId, Process> processes_;
  std::map<std::string, keeper::Exited> untaken_;
  MonoTime renewed_{};  // the latest fence that it was told, in any life
  std::optional<MonoTime> fence_;
};

}  // namespace gale::sim
