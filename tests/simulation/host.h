// A simulated worker host: a WorkerCore, a keeper with its processes, and a disk.
//
// The keeper and the disk outlive the worker. The keeper ends processes on their own terms, at
// their execution_timeout, when told to (with a grace), and all of them when its fence passes.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "tests/simulation/checkers.h"
#include "tests/simulation/network.h"
#include "tests/simulation/scenario.h"
#include "worker/core/worker_core.h"

namespace gale::sim {

class MasterPort;  // the master's side of the network

class Host {
 public:
  Host(Context& context, const Scenario& scenario, Checkers& checkers, Network& network,
       TaskQueue& queue, size_t number);

  void AddMaster(MasterPort* master) { masters_.push_back(master); }
  const std::string& name() const { return name_; }
  size_t number() const { return number_; }
  uint64_t life() const { return life_; }
  bool up() const { return core_ != nullptr; }
  // Nothing runs, nothing is kept, nothing is to be said.
  bool idle() const {
    return up() && core_->idle() && core_->welcomed() && processes_.empty() && exits_.empty() &&
           spool_.empty();
  }
  std::string Describe() const;

  // What can happen to it.

  void Start();                                         // after a crash, or for the first time
  void Crash(Duration away);                            // the worker; its keeper goes on
  void CrashSoon(int actions) { crash_in_ = actions; }  // between two of its actions
  void Terminate();                                     // SIGTERM: it drains, and is started anew
  void KeeperDies();
  void LoseStream();           // it notices now, the master later
  void Pause(Duration lasts);  // the worker; its keeper goes on
  void Wake();
  const StreamPtr& stream() const { return stream_; }

  // The master's messages arrive.

  void Receive(const StreamPtr& stream, worker::Event event);
  void ReceiveWelcome(const StreamPtr& stream, const Welcome& welcome);
  void ReceiveGrant(const StreamPtr& stream, const Grant& grant);
  // The master ended the stream.
  void ReceiveEnd(const StreamPtr& stream, bool for_good);

 private:
  struct Process {
    Epoch epoch;
    int64_t pid = 0;
    bool ending = false;  // TERM was sent
    bool timed_out = false;
    TaskSpec task;
  };

  template <class E>
  void Step(E event) {
    StepEvent({context_.now(), std::move(event)});
  }
  void StepEvent(worker::Event event);
  // Feeds the core later, unless the worker died meanwhile. In the order of asking.
  template <class E>
  void FeedLater(Duration delay, E event);
  void PlanTick();
  void Connect();
  void ConnectIn(Duration delay);
  // After a stream, or a try without one. How long to wait.
  Duration NextTarget();
  void PopSoon();
  void Pop();
  void Exit(const AttemptId& attempt, worker::Exit exit);
  void Term(const AttemptId& attempt, bool timed_out);
  void Spawn(const AttemptId& attempt, Epoch epoch, const TaskSpec& task);
  void CheckFence();
  bool fenced() const { return fence_ && context_.now() >= *fence_; }
  AttemptResult ToResult(const worker::Ending& ending) const;
  void SendUp(std::function<void(Loop&, const WorkerLinkPtr&)> what);

  void Do(const worker::action::SendHello& a);
  void Do(const worker::action::SendWant& a);
  void Do(const worker::action::PopQueue& a);
  void Do(const worker::action::SendClaim& a);
  void Do(const worker::action::SendStarted& a);
  void Do(const worker::action::SendFinished& a);
  void Do(const worker::action::SendHeartbeat& a);
  void Do(const worker::action::SendGoodbye&);
  void Do(const worker::action::DropConnection& a);
  void Do(const worker::action::KeeperSpawn& a);
  void Do(const worker::action::KeeperKill& a);
  void Do(const worker::action::KeeperFence& a);
  void Do(const worker::action::KeeperTake& a);
  void Do(const worker::action::SpoolWrite& a);
  void Do(const worker::action::SpoolDelete& a);
  void Do(const worker::action::FetchBundle& a);

  Context& context_;
  const Scenario& scenario_;
  Checkers& checkers_;
  Network& network_;
  TaskQueue& queue_;
  std::vector<MasterPort*> masters_;
  const size_t number_;
  const std::string name_;
  const uint32_t slots_;
  std::vector<std::string> queues_;

  // The worker process.
  std::unique_ptr<worker::WorkerCore> core_;
  uint64_t life_ = 0;
  StreamPtr stream_;
  size_t target_ = 0;      // which master it tries
  uint32_t failures_ = 0;  // in a row
  bool spoke_ = false;     // the master did, on this stream
  bool given_up_ = false;  // the worker had enough of it
  int crash_in_ = 0;
  bool leaving_ = false;  // it said Goodbye
  uint32_t pop_room_ = 0;
  bool pop_planned_ = false;
  bool popping_ = false;
  std::optional<MonoTime> tick_planned_;
  MonoTime last_fed_;
  std::map<AttemptId, std::pair<Epoch, TaskSpec>> grants_;
  std::map<AttemptId, uint64_t> claimed_on_;  // the last stream
  bool paused_ = false;
  std::vector<worker::Event> asleep_;

  // The keeper.
  uint64_t keeper_life_ = 1;
  int64_t last_pid_ = 1000;
  std::map<AttemptId, Process> processes_;
  std::map<AttemptId, worker::event::Ended> exits_;  // that nobody has taken
  std::optional<MonoTime> fence_;

  std::map<AttemptId, worker::Ending> spool_;  // the disk
  // When processes started and ended: stands in what the keeper and the disk keep.
  std::map<AttemptId, std::pair<MonoTime, std::optional<MonoTime>>> times_;
};

// What a host needs of whoever is the master now.
class MasterPort {
 public:
  virtual ~MasterPort() = default;
  // 0: nobody listens.
  virtual uint64_t life() const = 0;
  virtual WorkerLinkPtr LinkOf(const StreamPtr& stream) = 0;
  // The stream ended without the master's doing; it notices after `delay`.
  virtual void StreamEnded(const StreamPtr& stream, Duration delay) = 0;
  // Answered beside the turns.
  virtual void Heartbeat(const StreamPtr& stream, uint64_t sequence) = 0;
  virtual void Deliver(const StreamPtr& stream,
                       std::function<void(Loop&, const WorkerLinkPtr&)> what) = 0;
};

}  // namespace gale::sim
