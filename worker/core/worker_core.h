// WorkerCore: every decision that a worker makes, as a state machine. Events in, actions out; no
// I/O, no clock, no threads, no chance. Copyable: a copy is a fork of the worker's mind.
//
// One attempt's life, with what makes it move:
//
//   Granted -> waiting -> spawning -> running -> spooling -> unacked -> (forgotten)
//               slot free   Started     Exited     Spooled     Acked
//
// An attempt whose code is not here yet goes Granted -> fetching -> (Fetched) waiting. It has no
// slot at the keeper, but counts as busy: no other work is asked for in its stead. What is fetching
// or waiting and is to be killed ends at once.
//
// The rules it keeps, whatever is lost, doubled or restarted:
//   - An attempt that it knows (or lately knew) is never spawned again.
//   - A result is on disk before it is sent (if the disk refuses, the keeper keeps its record and
//     the result is sent from memory), and is said in every Hello until a master acks it.
//   - The keeper's exit record is taken after the result is on disk, so one of the two always has
//     it.
//   - The keeper's fence stands at kFenceShare of the lease, counted from when the heartbeat (or
//     the Hello) was SENT: the children are dead before the master's lease, counted later, ends.
//   - What the master calls unwanted is killed and never reported.
//
// How to drive it: do the actions of one Step in their order, before the next Step. Call
// Step(Tick) at, or soon after, next_tick(). The first events of a process are SpoolLoaded and
// KeeperListed. Events of a stream that was dropped must not come after its Disconnected.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <set>

#include "worker/core/events.h"

namespace gale::worker {

struct CoreOptions {
  uint32_t slots = 1;
  size_t results_max = 100'000;  // unacked results; at the bound no new work is asked for
  // Without a Welcome the stream is dropped. Short: before the fence another master must be found.
  Duration hello_timeout = std::chrono::seconds(2);
  // After a start that failed by the host's fault, or a result that the disk refused, no new work is
  // asked for and what waits is handed back: else the worker would take all there is. So often it
  // is looked whether the host is well again.
  Duration host_check = std::chrono::seconds(5);
};

class WorkerCore {
 public:
  // The part of a lease after which the keeper kills: the rest is for the killing.
  static constexpr double kFenceShare = 0.8;
  // Results in one Hello; the others follow after Welcome. Keeps the message under gRPC's limit.
  static constexpr size_t kHelloResultsMax = 500;
  // Of the queue that all workers pop it takes a part of its room at a time: else the first to come
  // takes what three could have run at once.
  static constexpr uint32_t kPopShares = 4;
  // Attempts remembered after their ack, to know a doubled grant by.
  static constexpr size_t kForgottenMax = 4096;

  explicit WorkerCore(CoreOptions options);

  Actions Step(const Event& event);

  // When the next Tick is due; nothing is, if absent.
  std::optional<MonoTime> next_tick() const;

  // Runs it, holds its result, or lately forgot it: a grant of it would be ignored.
  bool Knows(const AttemptId& id) const { return Known(id); }
  // How many more attempts it would take now.
  uint32_t room() const;
  // Why it takes no new work though it is to; empty: it is well.
  const std::string& ill() const { return ill_; }
  bool draining() const { return drain_at_.has_value(); }
  // It holds nothing, and has said Goodbye if it could.
  bool drained() const { return draining() && live_.empty() && results_.empty() && said_goodbye_; }
  bool idle() const { return live_.empty() && results_.empty(); }
  bool welcomed() const { return link_ == Link::kWelcomed; }
  size_t live() const { return live_.size(); }
  size_t unacked() const { return results_.size(); }
  std::optional<MonoTime> fence_at() const { return fence_at_; }

 private:
  enum class Link { kDown, kGreeting, kWelcomed };
  enum class Phase { kFetching, kWaiting, kSpawning, kRunning };
  struct Live {
    Epoch epoch;
    Phase phase = Phase::kWaiting;
    int64_t pid = 0;
    uint64_t order = 0;         // of the grants
    bool started_told = false;  // on this connection
    bool unwanted = false;
    std::optional<End> killed;  // why we killed it
    std::string kill_reason;
    bool at_keeper() const { return phase == Phase::kSpawning || phase == Phase::kRunning; }
  };
  struct Unacked {
    Ending ending;
    bool on_disk = false;
    bool spooling = true;
    bool in_keeper = false;  // its exit record is to be taken
    bool told = false;       // on this connection
  };

  void On(const event::SpoolLoaded& e, MonoTime now);
  void On(const event::KeeperListed& e, MonoTime now);
  void On(const event::Opened& e, MonoTime now);
  void On(const event::Welcome& e, MonoTime now);
  void On(const event::Disconnected& e, MonoTime now);
  void On(const event::Granted& e, MonoTime now);
  void On(const event::Refused& e, MonoTime now);
  void On(const event::Popped& e, MonoTime now);
  void On(const event::Acked& e, MonoTime now);
  void On(const event::CancelRequested& e, MonoTime now);
  void On(const event::DrainRequested& e, MonoTime now);
  void On(const event::TakeWork& e, MonoTime now);
  void On(const event::LeaseRenewed& e, MonoTime now);
  void On(const event::Tick& e, MonoTime now);
  void On(const event::Started& e, MonoTime now);
  void On(const event::StartFailed& e, MonoTime now);
  void On(const event::Exited& e, MonoTime now);
  void On(const event::Spooled& e, MonoTime now);
  void On(const event::Fetched& e, MonoTime now);
  void On(const event::HostChecked& e, MonoTime now);

  using LiveMap = std::map<AttemptId, Live>;
  void Do(Action action) { out_.push_back(std::move(action)); }
  // May end it: `it` is then invalid.
  void Kill(LiveMap::iterator it, End why, std::string reason);
  // Moves it from live to unacked (or forgets it, if unwanted).
  void Finish(LiveMap::iterator it, End end, const Exit& exit, std::string reason, bool in_keeper);
  void Forget(const AttemptId& id);
  void SpawnWaiting(MonoTime now);
  // A master answered what was sent at `sent`: its lease runs from then. A later answer replaces an
  // earlier one even if its lease is shorter: that is what this master goes by.
  void Renew(MonoTime sent, Duration lease);
  void GoDown();
  void FallIll(const std::string& why, MonoTime now);
  bool Fenced(MonoTime now) const { return fence_at_ && now >= *fence_at_; }
  void ClaimPopped();
  void TellRoom();
  uint32_t PopRoom() const;
  // It takes nothing, however many slots are free.
  bool Closed() const;
  void TellGoodbye();
  bool Known(const AttemptId& id) const;
  std::vector<AttemptId> Running() const;
  size_t Busy() const;  // slots in use

  CoreOptions options_;
  Actions out_;  // of the Step in progress

  LiveMap live_;
  std::map<AttemptId, Unacked> results_;
  std::set<AttemptId> claimed_;
  std::set<AttemptId> popped_;             // and not yet claimed
  std::map<uint64_t, AttemptId> waiting_;  // grant order -> attempt; only what is in kWaiting
  size_t at_keeper_ = 0;                   // spawning or running
  size_t spooling_ = 0;                    // results that are not on disk yet
  std::set<AttemptId> forgotten_;
  std::deque<AttemptId> forgotten_order_;
  uint64_t grants_ = 0;

  std::string ill_;
  std::optional<MonoTime> check_at_;

  Link link_ = Link::kDown;
  bool serves_queue_ = true;
  bool takes_work_ = true;  // an operator lets it
  MonoTime greeted_at_;
  std::optional<uint32_t> told_room_;  // on this connection, less the grants since
  bool told_closed_ = false;           // with it: a room that grants filled is no word of ours

  Duration heartbeat_{};
  MonoTime heartbeat_at_;  // the next
  uint64_t sequence_ = 0;
  std::map<uint64_t, MonoTime> beats_;  // sent and not answered
  MonoTime renewed_from_;               // when that was sent which the last renewal answered
  std::optional<MonoTime> fence_at_;

  std::optional<MonoTime> drain_at_;  // when the grace ends
  bool drain_killed_ = false;
  bool said_goodbye_ = false;
};

}  // namespace gale::worker
