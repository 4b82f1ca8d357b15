// What happens to a worker (events) and what it is to do about it (actions): the two vocabularies
// of WorkerCore. Plain values, copyable and comparable by eye; no protobuf, so that the simulation
// can speak them.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "common/base/clock.h"
#include "common/base/ids.h"

namespace gale::worker {

// How the keeper says that a child ended.
struct Exit {
  int code = 0;                // if signal is 0
  int signal = 0;              // 0: it exited by itself
  bool fenced = false;         // the keeper killed it: the lease had run out
  bool timed_out = false;      // the keeper killed it: execution_timeout
  bool out_of_memory = false;  // the kernel killed it
  // Its keeper died, the next one killed it; code and signal mean nothing.
  bool keeper_died = false;
};

// Why an attempt came to its end. The runner turns it and the Exit into an outcome.
enum class End {
  kExited,       // by itself, by a stray signal, or at its execution_timeout: see Exit
  kStartFailed,  // never ran, by its own fault; `reason` says why
  kHostFailed,   // never ran, handed back: this worker can start nothing now; `reason` says why
  kCancelled,    // killed because the master asked
  kFenced,       // killed (or not started) because the lease had run out
  kDrained,      // killed (or not started) because the worker had to leave
  kKeeperDied,   // the keeper, and with it the child, died
};

// The end of one attempt. Kept until a master acks it.
struct Ending {
  AttemptId attempt;
  End end = End::kExited;
  Exit exit;
  std::string reason;  // for people; empty where the Exit says it all
};

// Events.

namespace event {

struct Held {
  AttemptId attempt;
  Epoch epoch;
  int64_t pid = 0;
};
struct Ended {
  AttemptId attempt;
  Epoch epoch;
  Exit exit;
};
// The first event of a process: the results on disk that no master has acked.
struct SpoolLoaded {
  std::vector<Ending> endings;
};
// All that the keeper holds: after SpoolLoaded, and again whenever the keeper had to be replaced.
// What should be at the keeper and isn't in here is lost.
struct KeeperListed {
  std::vector<Held> running;
  std::vector<Ended> exits;  // that nobody has taken
};
// A stream is open: time for Hello.
struct Opened {};
struct Welcome {
  Duration lease{};
  Duration heartbeat{};
  Epoch epoch;
  std::vector<AttemptId> adopted;
  std::vector<AttemptId> unwanted;
  bool serves_queue = true;
  bool drained = false;  // as if TakeWork{false} followed
};
struct Disconnected {};
struct Granted {
  AttemptId attempt;
  Epoch epoch;
  bool fetch = false;  // its code is not here yet
};
// The answer to action::FetchBundle.
struct Fetched {
  AttemptId attempt;
  bool ok = true;
  std::string reason;  // why not
  bool host = false;   // as in StartFailed: this host's disk refuses
};
struct Refused {
  AttemptId attempt;
};
// Ids that this worker took from the queue itself (only where the master does not serve it).
struct Popped {
  std::vector<AttemptId> attempts;
};
struct Acked {
  std::vector<AttemptId> attempts;
};
struct CancelRequested {
  AttemptId attempt;
  std::string reason;
};
// It is to end.
struct DrainRequested {
  Duration grace{};  // from now; then the rest is killed
};
// Whether an operator lets it take new work. What it has goes on.
struct TakeWork {
  bool on = true;
};
struct LeaseRenewed {
  uint64_t sequence = 0;
  Duration lease{};
};
struct Tick {};
struct Started {
  AttemptId attempt;
  int64_t pid = 0;
};
struct StartFailed {
  AttemptId attempt;
  std::string reason;
  bool host = false;  // nothing can be started here now: a full disk, no more processes
};
struct Exited {
  AttemptId attempt;
  Exit exit;
};
// The answer to action::SpoolWrite. Not ok: the disk refuses; the keeper then keeps its record.
struct Spooled {
  AttemptId attempt;
  bool ok = true;
  std::string why;  // not
};
// The answer to action::CheckHost.
struct HostChecked {
  std::string why;  // it is still ill; empty: it is well
};

}  // namespace event

struct Event {
  MonoTime now;
  std::variant<event::SpoolLoaded, event::KeeperListed, event::Opened, event::Welcome,
               event::Disconnected, event::Granted, event::Refused, event::Popped, event::Acked,
               event::CancelRequested, event::DrainRequested, event::TakeWork, event::LeaseRenewed,
               event::Tick, event::Started, event::StartFailed, event::Exited, event::Spooled,
               event::Fetched, event::HostChecked>
      what;
};

// Actions.

namespace action {

struct SendHello {
  std::vector<AttemptId> running;
  std::vector<Ending> spooled;
  bool draining = false;
};
struct SendWant {
  uint32_t room = 0;
};
// Take up to this many from the queue, wait for them if need be, and say Popped. Replaces the last.
struct PopQueue {
  uint32_t room = 0;
};
struct SendClaim {
  std::vector<AttemptId> attempts;
};
struct SendStarted {
  AttemptId attempt;
  int64_t pid = 0;
};
struct SendFinished {
  Ending ending;
};
struct SendHeartbeat {
  uint64_t sequence = 0;
};
// Nothing is held any more. The last action of a drained worker.
struct SendGoodbye {};
// Close the stream and open a new one: the peer is there and says nothing.
struct DropConnection {
  std::string reason;
};
// Get the code of this granted attempt, then say Fetched.
struct FetchBundle {
  AttemptId attempt;
};
struct KeeperSpawn {
  AttemptId attempt;
  Epoch epoch;
};
// TERM, the keeper's grace, KILL.
struct KeeperKill {
  AttemptId attempt;
  std::string reason;
};
// From `at` on nothing may run that isn't allowed anew.
struct KeeperFence {
  MonoTime at;
};
// The keeper may forget this exit.
struct KeeperTake {
  AttemptId attempt;
};
// Put it on disk, then say Spooled.
struct SpoolWrite {
  Ending ending;
};
// Whether this worker takes new work; said when that changes, and to each new master.
struct TellHealth {
  std::string ill;  // why not; empty: it does
};
// Look whether something could be started and kept here now, then say HostChecked.
struct CheckHost {};
// The result is acked or unwanted: what is kept about the attempt may go.
struct SpoolDelete {
  AttemptId attempt;
};

}  // namespace action

using Action =
    std::variant<action::SendHello, action::SendWant, action::PopQueue, action::SendClaim,
                 action::SendStarted, action::SendFinished, action::SendHeartbeat,
                 action::SendGoodbye, action::DropConnection, action::KeeperSpawn,
                 action::KeeperKill, action::KeeperFence, action::KeeperTake, action::SpoolWrite,
                 action::SpoolDelete, action::FetchBundle, action::TellHealth, action::CheckHost>;
using Actions = std::vector<Action>;

}  // namespace gale::worker
