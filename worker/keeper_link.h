// The worker's way to its keeper: finds or starts it, and hands on what it says.
#pragma once

#include <functional>
#include <memory>

#include "worker/ports.h"

namespace gale::worker {

class KeeperLink : public KeeperPort {
 public:
  static constexpr Duration kListTimeout = std::chrono::seconds(10);

  // `number`: which keeper says it; what an earlier one said is old news. Called on any thread.
  struct Events {
    std::function<void(uint64_t number, const keeper::KeeperEvent&)> on_event;
    std::function<void(uint64_t number, const Status& why)> on_closed;
  };
  // `argv`: what starts one; empty: this program.
  KeeperLink(std::string home, std::vector<std::string> argv, Events events)
      : home_(std::move(home)), argv_(std::move(argv)), events_(std::move(events)) {}

  Status Connect() override;
  void Leave() override { client_.reset(); }
  Result<keeper::Listing> List() override;
  Status Spawn(const keeper::SpawnRequest& request) override;
  // Without a keeper nothing runs that could be killed, fenced or taken.
  Status Kill(const std::string& key, const std::string& reason) override;
  Status Fence(MonoTime at) override;
  Status Take(const std::string& key) override;

  uint64_t number() const { return number_; }  // of the last that was found
  int32_t pid() const { return client_ ? client_->keeper_pid() : 0; }
  Status Shutdown(Duration timeout);

 private:
  const std::string home_;
  const std::vector<std::string> argv_;
  const Events events_;
  std::unique_ptr<keeper::KeeperClient> client_;  // null while there is none
  uint64_t number_ = 0;
};

}  // namespace gale::worker
