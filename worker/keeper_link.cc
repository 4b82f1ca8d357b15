#include "worker/keeper_link.h"

#include "worker/keeper/keeper.h"

namespace gale::worker {

Status KeeperLink::Connect() {
  keeper::StartOptions start;
  start.home = home_;
  start.argv = argv_;
  GALE_RETURN_IF_ERROR(keeper::StartKeeper(start));
  const uint64_t number = ++number_;
  GALE_ASSIGN_OR_RETURN(
      client_,
      keeper::KeeperClient::Connect(
          keeper::SocketPath(home_),
          {.on_event = [this,
                        number](const keeper::KeeperEvent& e) { events_.on_event(number, e); },
           .on_closed = [this, number](const Status& why) { events_.on_closed(number, why); }}));
  return OkStatus();
}

Result<keeper::Listing> KeeperLink::List() {
  if (!client_) return Unavailable("the keeper is gone");
  return client_->List(kListTimeout);
}

Status KeeperLink::Spawn(const keeper::SpawnRequest& request) {
  return client_ ? client_->Spawn(request) : Unavailable("the keeper is gone");
}

Status KeeperLink::Kill(const std::string& key, const std::string& reason) {
  return client_ ? client_->Kill(key, reason) : OkStatus();
}

Status KeeperLink::Fence(MonoTime at) {
  return client_ ? client_->Fence(std::max(at - Clock::Real().Mono(), Duration(0))) : OkStatus();
}

Status KeeperLink::Take(const std::string& key) {
  return client_ ? client_->Take(key) : OkStatus();
}

Status KeeperLink::Shutdown(Duration timeout) {
  if (!client_) return OkStatus();
  Status ended = client_->Shutdown(/*force=*/true, timeout);
  client_.reset();
  return ended;
}

}  // namespace gale::worker
