// The inside of WorkerNode: one thread that owns the core, and does what it says.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <thread>
#include <variant>

#include "worker/bundle_cache.h"
#include "worker/core/worker_core.h"
#include "worker/keeper/keeper_client.h"
#include "worker/log_shipper.h"
#include "worker/mailbox.h"
#include "worker/messages.h"
#include "worker/puller.h"
#include "worker/runner/bash_runner.h"
#include "worker/session.h"
#include "worker/spool.h"
#include "worker/worker.h"

namespace gale::worker {

// What the other threads tell the worker's.
namespace letter {
struct Opened {
  uint64_t stream;
  std::shared_ptr<grpc::Channel> channel;
};
struct Message {
  uint64_t stream;
  v1::MasterMessage message;
};
struct Closed {
  uint64_t stream;
};
struct FromKeeper {
  uint64_t keeper;
  keeper::KeeperEvent event;
};
struct KeeperClosed {
  uint64_t keeper;
  Status why;
};
struct Popped {
  std::vector<AttemptId> attempts;
};
struct Fetched {
  AttemptId attempt;
  Status status;
};
struct Drain {
  Duration grace;
};
struct Quit {};
}  // namespace letter
using Letter = std::variant<letter::Opened, letter::Message, letter::Closed, letter::FromKeeper,
                            letter::KeeperClosed, letter::Popped, letter::Fetched, letter::Drain,
                            letter::Quit>;

class WorkerNode::Impl {
 public:
  static constexpr size_t kMailboxMax = 4096;
  static constexpr Duration kKeeperRetry = std::chrono::seconds(1);
  static constexpr Duration kListTimeout = std::chrono::seconds(10);
  // Of the time that Stop has: the drain's; the rest is for killing, acks and logs.
  static constexpr double kStopDrainShare = 0.7;

  explicit Impl(WorkerOptions options);
  ~Impl();
  Status Start();
  void Stop(MonoTime deadline);
  void Drain(Duration grace) { mailbox_.Post(letter::Drain{grace}); }
  bool WaitDrained(MonoTime deadline);

 private:
  Status LockHome();
  Status Recover();
  Status ConnectKeeper();
  Status ListKeeper();
  Status MakePuller();
  void ReplaceKeeper();
  void ShipOrphans();
  void Run();
  void TellState();

  void On(letter::Opened& l);
  void On(letter::Message& l);
  void On(letter::Closed& l);
  void On(letter::FromKeeper& l);
  void On(letter::KeeperClosed& l);
  void On(letter::Popped& l);
  void On(letter::Fetched& l);
  void On(letter::Drain& l);
  void On(letter::Quit& l);
  void OnMaster(v1::MasterMessage& message);
  void OnGrant(v1::Grant& grant);
  void OnExited(const keeper::Exited& exited);
  Exit KeepExit(const AttemptId& id, const keeper::Exited& exited);

  // One event into the core, its actions done in order, then those that came of them.
  template <class E>
  void Feed(E e) {
    to_feed_.push_back({Clock::Real().Mono(), std::move(e)});
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
  void Send(v1::WorkerMessage message) { session_.Send(stream_, std::move(message)); }
  // Of the grant in the attempt's files; its bundle is held from now on.
  Epoch TakeUpGrant(const AttemptId& id);

  const WorkerOptions options_;
  const v1::Hello identity_;
  File lock_;
  Mailbox<Letter> mailbox_{kMailboxMax};

  // Of the worker's thread alone (and of Start and Stop while it doesn't run).
  WorkerCore core_;
  AttemptFiles files_;
  BashRunner runner_;
  Spool spool_;
  Results results_;                            // that no master has acked
  std::map<AttemptId, v1::Grant> grants_;      // not spawned yet
  std::map<AttemptId, keeper::Exited> exits_;  // not concluded yet
  std::deque<Event> to_feed_;
  bool feeding_ = false;
  uint64_t stream_ = 0;  // the session's, as of its Opened
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<keeper::KeeperClient> keeper_;  // null while it is being replaced
  uint64_t keeper_number_ = 0;
  std::optional<MonoTime> keeper_retry_at_;
  bool quit_ = false;

  std::unique_ptr<Puller> puller_;  // null without a broker

  BundleCache bundles_;
  LogShipper shipper_;
  Session session_;
  std::thread thread_;

  std::mutex state_mutex_;
  std::condition_variable state_changed_;
  bool drained_ = false;
};

}  // namespace gale::worker
