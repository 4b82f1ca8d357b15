// The worker's end of the keeper (README.md): spawn, kill, fence, and hear of exits.
//
//   KeeperEvents events{.on_event = ..., .on_closed = ...};
//   GALE_ASSIGN_OR_RETURN(auto keeper, KeeperClient::Connect(home + "/keeper.sock", events));
//   keeper->Fence(lease);              // before the first Spawn; then at every renewal
//   auto known = keeper->List(5s);     // what a predecessor left: running, and exits untaken
//   keeper->Spawn(request);            // -> Started | StartFailed, later Exited
//   keeper->Take(key);                 // when the exit is on record elsewhere
//
// Delivery: an Exited comes at least once. It is sent when it happens to the client of that moment;
// one that was not there finds it in List, until somebody Takes it. Spawn is idempotent by key
// until then: of a running key it answers Started again, of an exited one Exited again, and never
// runs it twice. After Take the key is forgotten.
//
// Threads: every method from any thread, none blocks except Connect, List and Shutdown. Callbacks
// come from the client's one reader thread, in the keeper's order; they may call Spawn, Kill, Fence
// and Take, but not List or Shutdown (kFailedPrecondition), nor destroy the client.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "worker/keeper/protocol.h"

namespace gale::keeper {

using KeeperEvent = std::variant<Started, StartFailed, Exited>;

struct KeeperEvents {
  std::function<void(const KeeperEvent&)> on_event;
  // The connection is gone: the keeper died, or a newer client took over. Once, and not for the
  // client's own destruction. What ran may still run: StartKeeper, Connect and List tell.
  std::function<void(const Status&)> on_closed;
};

struct Listing {
  std::vector<Running> running;
  std::vector<Exited> exited;  // untaken
};

class KeeperClient {
 public:
  // Takes the keeper over from an older client. kUnavailable: no keeper listens there;
  // kFailedPrecondition: it speaks another version of the protocol.
  static Result<std::unique_ptr<KeeperClient>> Connect(const std::string& socket_path,
                                                       KeeperEvents events);
  ~KeeperClient();  // closes; the keeper and its children go on, as far as the fence lets them
  KeeperClient(const KeeperClient&) = delete;
  KeeperClient& operator=(const KeeperClient&) = delete;

  // OK means "on its way". All four: kUnavailable if the connection is gone or kQueueBytesMax wait
  // in it; kInvalidArgument for a bad key.
  Status Spawn(const SpawnRequest& request);
  // TERM to the whole family, the request's grace, KILL. Unknown or exited keys: nothing happens.
  Status Kill(const std::string& key, const std::string& reason);
  // Past now + `from_now` the keeper kills everything and spawns nothing, until it is moved again.
  // Call it with what is left of the lease *as of the moment the renewal was asked for*.
  Status Fence(Duration from_now);
  Status Take(const std::string& key);

  // A snapshot. kDeadlineExceeded, kUnavailable.
  Result<Listing> List(Duration timeout);
  // Ends the keeper. kFailedPrecondition while children run, unless `force`: it then kills them.
  // Returns when the keeper is gone; exits untaken stay on disk for the next one.
  Status Shutdown(bool force, Duration timeout);

  int32_t keeper_pid() const;

  static constexpr size_t kQueueBytesMax = 64 << 20;  // messages that the socket did not take yet

 private:
  class Impl;
  explicit KeeperClient(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace gale::keeper
