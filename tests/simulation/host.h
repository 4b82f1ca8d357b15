// A simulated worker host: the worker's Driver, as the real worker runs it, with a simulated keeper
// and a disk in memory. The keeper and the disk outlive the worker.
//
// It may be killed at any call of the driver's: between two words to the master or the keeper, or at
// an operation on a file. From there on nothing of it comes through.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>

#include "tests/simulation/checkers.h"
#include "tests/simulation/keeper.h"
#include "tests/simulation/network.h"
#include "tests/simulation/scenario.h"
#include "tests/support/faulty_files.h"
#include "tests/support/memory_files.h"
#include "worker/driver.h"

namespace gale::sim {

class MasterPort;  // the master's side of the network

class Host : private worker::Uplink, private worker::LogPort, private Clock {
 public:
  Host(Context& context, const Scenario& scenario, Checkers& checkers, Network& network,
       TaskQueue& queue, size_t number);

  void AddMaster(MasterPort* master) { masters_.push_back(master); }
  const std::string& name() const { return name_; }
  size_t number() const { return number_; }
  uint64_t life() const { return life_; }
  bool up() const { return driver_ != nullptr; }
  // Nothing runs, nothing is kept, nothing is to be said.
  bool idle() const {
    return up() && core().idle() && core().welcomed() && keeper_.alive() &&
           keeper_.running() == 0 && keeper_.untaken() == 0;
  }
  std::string Describe() const;

  // What can happen to it.

  void Start();                                     // after a crash, or for the first time
  void Crash(Duration away);                        // the worker; its keeper goes on
  void CrashSoon(int calls) { crash_in_ = calls; }  // at one of its calls
  void Terminate();                                 // SIGTERM: it drains, and is started anew
  void KeeperDies();
  void LoseStream();           // it notices now, the master later
  void Pause(Duration lasts);  // the worker; its keeper goes on
  void Wake();
  void FillDisk(Duration lasts);
  void SpoilDisk(int operations);  // one of the next fails
  void HealDisk() { full_until_ = MonoTime(), spoilt_in_ = 0; }
  const StreamPtr& stream() const { return stream_; }

  // The master's messages arrive.

  void Receive(const StreamPtr& stream, v1::MasterMessage message);
  void ReceiveWelcome(const StreamPtr& stream, const Welcome& welcome);
  void ReceiveGrant(const StreamPtr& stream, const Grant& grant);
  // The master ended the stream.
  void ReceiveEnd(const StreamPtr& stream, bool for_good);

 private:
  // Bundles that are here at once, or after a while.
  class Code : public worker::CodePort {
   public:
    explicit Code(Host& host) : host_(host) {}
    void Hold(const AttemptId& id, const std::string& digest) override { held_[id] = digest; }
    void Release(const AttemptId& id) override { held_.erase(id); }
    std::optional<worker::DagCode> Find(const std::string& digest) override;
    void Fetch(const AttemptId& id, const std::string& digest) override;

   private:
    Host& host_;
    std::map<AttemptId, std::string> held_;
    std::set<std::string> here_;
  };

  const worker::WorkerCore& core() const { return driver_->core(); }
  // The driver does what `what` says, unless the worker is stopped: then when it goes on.
  void Run(std::function<void()> what);
  // The same later, unless the worker died meanwhile. In the order of asking.
  void RunLater(Duration delay, std::function<void()> what);
  // True: here it dies.
  bool DiesHere();
  int DiskError(bool writes, const std::string& path);
  bool Tell(const AttemptId& id, const std::string& secret, const std::string& message);
  bool ToldWell(const AttemptId& id);
  // What a task told is what the master hears.
  void CheckTold(const v1::Finished& finished);
  void PlanTick();
  void Connect();
  void ConnectIn(Duration delay);
  // After a stream, or a try without one. How long to wait.
  Duration NextTarget();
  void PopSoon();
  void PopNow();
  AttemptResult ToResult(const v1::Finished& finished);
  void SendUp(std::function<void(Loop&, const WorkerLinkPtr&)> what);
  void SendHello(const v1::Hello& said);
  void SendClaim(const v1::Claim& claim);
  void Leave();

  // Uplink.
  void Send(v1::WorkerMessage message) override;
  void Drop(const std::string& reason) override;
  bool Pop(uint32_t room) override;
  // LogPort: the shipper is not simulated.
  void Follow(const AttemptId&) override {}
  void Ended(const AttemptId&) override {}
  void Release(const AttemptId& id) override;
  // Clock.
  TimePoint Now() const override { return context_.wall(); }
  MonoTime Mono() const override { return context_.now(); }

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

  MemoryFiles disk_;
  FaultyFiles keeper_files_{disk_}, worker_files_{disk_};
  MonoTime full_until_;
  int spoilt_in_ = 0;
  Keeper keeper_;

  // The worker process.
  Code code_{*this};
  std::unique_ptr<worker::Driver> driver_;
  uint64_t life_ = 0;
  bool running_ = false;  // the driver is in a call of ours
  bool dying_ = false;
  StreamPtr stream_;
  size_t target_ = 0;      // which master it tries
  uint32_t failures_ = 0;  // in a row
  bool spoke_ = false;     // the master did, on this stream
  bool given_up_ = false;  // the worker had enough of it
  int crash_in_ = 0;
  uint32_t pop_room_ = 0;
  bool pop_planned_ = false;
  bool popping_ = false;
  std::optional<MonoTime> tick_planned_;
  MonoTime last_fed_;
  std::map<AttemptId, uint64_t> claimed_on_;  // the last stream
  bool paused_ = false;
  std::vector<std::function<void()>> asleep_;
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
