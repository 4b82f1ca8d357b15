// What a worker does around its core, written once: what comes becomes the core's events, and the
// core's actions become calls on keeper, spool, stream, code and logs, in their order. It has no
// thread, no socket and no clock of its own; whoever has (WorkerNode; the simulation) tells it what
// happens and lends it the ports.
//
//   Start -> OnOpened, OnMaster, OnKeeper, ... in any order; OnTick at next_tick()
//
// It holds what goes with an attempt and means nothing to the core: its grant until it is spawned,
// the keeper's record until it is concluded, its result until it is acked.
//
// One thread. Nothing waits but Start and a keeper's replacement.
#pragma once

#include <deque>
#include <map>
#include <optional>

#include "worker/core/worker_core.h"
#include "worker/messages.h"
#include "worker/ports.h"
#include "worker/spool.h"

namespace gale::worker {

struct DriverOptions {
  std::string name;  // for the log
  std::string home;
  v1::Hello identity;
  CoreOptions core;
  RunnerOptions runner;
};

class Driver {
 public:
  static constexpr Duration kKeeperRetry = std::chrono::seconds(1);

  // All must outlive it.
  struct Ports {
    const Clock& clock;
    Files& files;
    Uplink& uplink;
    KeeperPort& keeper;
    CodePort& code;
    LogPort& logs;
  };

  Driver(DriverOptions options, Ports ports);

  // Takes over what an earlier process left on disk and at the keeper.
  Status Start();

  void OnOpened() { Feed(event::Opened{}); }
  void OnClosed() { Feed(event::Disconnected{}); }
  void OnMaster(v1::MasterMessage& message);
  void OnPopped(std::vector<AttemptId> attempts) { Feed(event::Popped{std::move(attempts)}); }
  void OnFetched(const AttemptId& id, const Status& status);
  // Of the keeper that Connect found last.
  void OnKeeper(const keeper::KeeperEvent& event);
  void OnKeeperGone(const Status& why);
  void OnDrain(Duration grace) { Feed(event::DrainRequested{grace}); }
  // What is due by now.
  void OnTick();
  std::optional<MonoTime> next_tick() const;

  const WorkerCore& core() const { return core_; }

 private:
  Status ListKeeper();
  void ReplaceKeeper();
  void ShipOrphans();
  void OnGrant(v1::Grant& grant);
  Exit KeepExit(const AttemptId& id, const keeper::Exited& exited);
  // Of the grant in the attempt's files; its bundle is held from now on.
  Epoch TakeUpGrant(const AttemptId& id);

  // One event into the core, its actions done in order, then those that came of them.
  template <class E>
  void Feed(E e) {
    to_feed_.push_back({ports_.clock.Mono(), std::move(e)});
    if (!feeding_) FeedAll();
  }
  void FeedAll();
  void Do(const action::SendHello& a);
  void Do(const action::SendWant& a);
  void Do(const action::PopQueue& a);
  void Do(const action::SendClaim& a);
  void Do(const action::SendStarted& a);
  void Do(const action::SendFinished& a);
  void Do(const action::SendHeartbeat& a);
  void Do(const action::SendGoodbye& a);
  void Do(const action::DropConnection& a);
  void Do(const action::FetchBundle& a);
  void Do(const action::KeeperSpawn& a);
  void Do(const action::KeeperKill& a);
  void Do(const action::KeeperFence& a);
  void Do(const action::KeeperTake& a);
  void Do(const action::SpoolWrite& a);
  void Do(const action::SpoolDelete& a);
  void Do(const action::TellHealth& a);
  void Do(const action::CheckHost& a);

  const DriverOptions options_;
  const Ports ports_;
  WorkerCore core_;
  AttemptFiles files_;
  Runners runner_;
  Spool spool_;
  Results results_;                            // that no master has acked
  std::map<AttemptId, v1::Grant> grants_;      // not spawned yet
  std::map<AttemptId, keeper::Exited> exits_;  // not concluded yet
  std::deque<Event> to_feed_;
  bool feeding_ = false;
  uint64_t hellos_ = 0;
  std::optional<MonoTime> keeper_retry_at_;  // none listens
  bool said_ill_ = false;                    // in the log
  uint64_t keepers_replaced_ = 0;
};

}  // namespace gale::worker
