// The inside of WorkerNode: one thread that owns the driver, and the ports that the driver uses.
#pragma once

#include <memory>
#include <thread>
#include <variant>

#include "worker/bundle_cache.h"
#include "worker/driver.h"
#include "worker/keeper_link.h"
#include "worker/load_watch.h"
#include "worker/log_shipper.h"
#include "worker/mailbox.h"
#include "worker/puller.h"
#include "worker/session.h"
#include "worker/tasks/task_socket.h"
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

class WorkerNode::Impl : private Uplink, private CodePort {
 public:
  static constexpr size_t kMailboxMax = 4096;
  // Of the time that Stop has: the drain's; the rest is for killing, acks and logs.
  static constexpr double kStopDrainShare = 0.7;

  explicit Impl(WorkerOptions options);
  ~Impl() override;
  Status Start();
  void Stop(MonoTime deadline);
  void Drain(Duration grace) { mailbox_.Post(letter::Drain{grace}); }
  bool WaitDrained(MonoTime deadline);

 private:
  Status LockHome();
  Status MakePuller();
  void Run();
  void TellState();

  // Letters: on the worker's thread.
  void On(letter::Opened& l);
  void On(letter::Message& l);
  void On(letter::Closed& l);
  void On(letter::FromKeeper& l);
  void On(letter::KeeperClosed& l);
  void On(letter::Popped& l);
  void On(letter::Fetched& l) { driver_.OnFetched(l.attempt, l.status); }
  void On(letter::Drain& l) { driver_.OnDrain(l.grace); }
  void On(letter::Quit&) { quit_ = true; }

  // Uplink.
  void Send(v1::WorkerMessage message) override;
  void Drop(const std::string& reason) override { session_.Drop(stream_, reason); }
  bool Pop(uint32_t room) override;
  // CodePort.
  void Hold(const AttemptId& id, const std::string& digest) override { bundles_.Hold(id, digest); }
  void Release(const AttemptId& id) override { bundles_.Release(id); }
  std::optional<DagCode> Find(const std::string& digest) override { return bundles_.Find(digest); }
  void Fetch(const AttemptId& id, const std::string& digest) override;

  const WorkerOptions options_;
  Files& files_;
  File lock_;
  Mailbox<Letter> mailbox_{kMailboxMax};

  KeeperLink keeper_;
  BundleCache bundles_;
  LogShipper shipper_;
  LoadWatch load_;
  TaskSocket tasks_;
  Session session_;
  std::unique_ptr<Puller> puller_;  // null without a broker

  // Of the worker's thread alone (and of Start and Stop while it doesn't run).
  Driver driver_;
  uint64_t stream_ = 0;  // the session's, as of its Opened
  std::shared_ptr<grpc::Channel> channel_;
  bool quit_ = false;
  std::thread thread_;

  std::mutex state_mutex_;
  std::condition_variable state_changed_;
  bool drained_ = false;
};

}  // namespace gale::worker
