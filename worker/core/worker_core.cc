#include "worker/core/worker_core.h"

#include <algorithm>

namespace gale::worker {

WorkerCore::WorkerCore(CoreOptions options) : options_(options) {
  GALE_CHECK(options_.slots > 0, "a worker needs at least one slot");
}

Actions WorkerCore::Step(const Event& event) {
  out_.clear();
  std::visit([&](const auto& e) { On(e, event.now); }, event.what);
  SpawnWaiting(event.now);
  TellRoom();
  TellGoodbye();
  return std::move(out_);
}

std::optional<MonoTime> WorkerCore::next_tick() const {
  std::optional<MonoTime> next;
  auto consider = [&](MonoTime t) { next = next ? std::min(*next, t) : t; };
  if (link_ == Link::kWelcomed) consider(heartbeat_at_);
  if (link_ == Link::kGreeting) consider(greeted_at_ + options_.hello_timeout);
  if (drain_at_ && !drain_killed_) consider(*drain_at_);
  if (check_at_) consider(*check_at_);
  return next;
}

// A result counts until it is on disk, so that Want follows Finished and not the other way round.
size_t WorkerCore::Busy() const { return live_.size() + spooling_ + claimed_.size(); }

bool WorkerCore::Closed() const {
  return draining() || !takes_work_ || !ill_.empty() ||
         live_.size() + claimed_.size() + results_.size() >= options_.results_max;
}

uint32_t WorkerCore::room() const {
  if (Closed() || Busy() >= options_.slots) return 0;
  size_t kept = live_.size() + claimed_.size() + results_.size();
  return static_cast<uint32_t>(std::min(options_.slots - Busy(), options_.results_max - kept));
}

bool WorkerCore::Known(const AttemptId& id) const {
  return live_.count(id) != 0 || results_.count(id) != 0 || forgotten_.count(id) != 0;
}

// What a master must not take for lost: also ended attempts whose result it has not been told.
std::vector<AttemptId> WorkerCore::Running() const {
  std::vector<AttemptId> ids;
  ids.reserve(live_.size());
  for (const auto& [id, live] : live_) ids.push_back(id);
  for (const auto& [id, result] : results_) {
    if (!result.told) ids.push_back(id);
  }
  return ids;
}

// Start and link.

void WorkerCore::On(const event::SpoolLoaded& e, MonoTime) {
  for (const Ending& ending : e.endings) {
    Unacked& result = results_[ending.attempt];
    result.ending = ending;
    result.on_disk = true;
    result.spooling = false;
  }
}

void WorkerCore::On(const event::KeeperListed& e, MonoTime now) {
  std::set<AttemptId> listed;
  for (const event::Held& held : e.running) {
    listed.insert(held.attempt);
    if (results_.count(held.attempt) != 0 || forgotten_.count(held.attempt) != 0) continue;
    auto [it, is_new] = live_.try_emplace(held.attempt);
    if (is_new) {
      it->second.epoch = held.epoch;
      it->second.phase = Phase::kSpawning;
      it->second.order = ++grants_;
      ++at_keeper_;
    }
    On(event::Started{held.attempt, held.pid}, now);
  }
  for (const event::Ended& ended : e.exits) {
    listed.insert(ended.attempt);
    if (!Known(ended.attempt)) {
      Live& live = live_[ended.attempt];
      live.epoch = ended.epoch;
      live.phase = Phase::kRunning;
      ++at_keeper_;
    }
    On(event::Exited{ended.attempt, ended.exit}, now);
  }
  for (auto it = live_.begin(); it != live_.end();) {
    auto next = std::next(it);
    if (it->second.at_keeper() && listed.count(it->first) == 0) {
      Finish(it, End::kKeeperDied, {}, "the worker's keeper died", false);
    }
    it = next;
  }
}

void WorkerCore::On(const event::Opened&, MonoTime now) {
  GoDown();
  link_ = Link::kGreeting;
  greeted_at_ = now;
  action::SendHello hello;
  hello.draining = draining();
  for (auto& [id, result] : results_) {
    if (hello.spooled.size() >= kHelloResultsMax) break;
    if (result.spooling) continue;
    result.told = true;
    hello.spooled.push_back(result.ending);
  }
  hello.running = Running();
  Do(std::move(hello));
}

void WorkerCore::On(const event::Welcome& e, MonoTime now) {
  if (link_ != Link::kGreeting) return;
  link_ = Link::kWelcomed;
  serves_queue_ = e.serves_queue;
  takes_work_ = !e.drained;
  if (!ill_.empty()) Do(action::TellHealth{ill_});
  heartbeat_ = e.heartbeat > Duration::zero() ? e.heartbeat : Duration(std::chrono::seconds(1));
  heartbeat_at_ = now + heartbeat_;
  Renew(greeted_at_, e.lease);
  for (const AttemptId& id : e.unwanted) {
    if (auto it = live_.find(id); it != live_.end()) {
      it->second.unwanted = true;
      Kill(it, End::kCancelled, "superseded");
    } else if (results_.count(id) != 0) {
      Forget(id);
    }
  }
  for (auto& [id, live] : live_) {
    if (live.phase != Phase::kRunning || live.unwanted || live.pid == 0) continue;
    live.started_told = true;
    Do(action::SendStarted{id, live.pid});
  }
  for (auto& [id, result] : results_) {
    if (result.told || result.spooling) continue;
    result.told = true;
    Do(action::SendFinished{result.ending});
  }
  if (serves_queue_) popped_.clear();  // it hands them out itself
  ClaimPopped();
}

void WorkerCore::On(const event::Disconnected&, MonoTime) { GoDown(); }

void WorkerCore::GoDown() {
  link_ = Link::kDown;
  told_room_.reset();
  // Taken from the queue, and perhaps never heard of by a master: claimed again from the next one.
  if (!serves_queue_) popped_.insert(claimed_.begin(), claimed_.end());
  claimed_.clear();
  beats_.clear();
  for (auto& [id, live] : live_) live.started_told = false;
  for (auto& [id, result] : results_) result.told = false;
}

void WorkerCore::On(const event::LeaseRenewed& e, MonoTime) {
  auto it = beats_.find(e.sequence);
  if (link_ != Link::kWelcomed || it == beats_.end()) return;
  Renew(it->second, e.lease);
  beats_.erase(beats_.begin(), std::next(it));
}

void WorkerCore::Renew(MonoTime sent, Duration lease) {
  if (lease <= Duration::zero() || sent < renewed_from_) return;
  renewed_from_ = sent;
  fence_at_ =
      sent + Duration(static_cast<int64_t>(static_cast<double>(lease.count()) * kFenceShare));
  Do(action::KeeperFence{*fence_at_});
}

void WorkerCore::On(const event::Tick&, MonoTime now) {
  if (check_at_ && now >= *check_at_) {
    check_at_.reset();
    Do(action::CheckHost{});
  }
  if (link_ == Link::kGreeting && now >= greeted_at_ + options_.hello_timeout) {
    Do(action::DropConnection{"no answer to Hello"});
    GoDown();
  }
  if (link_ == Link::kWelcomed && now >= heartbeat_at_) {
    // Another master may lead already: while there is time before the fence, look for it.
    if (!beats_.empty() && now - beats_.begin()->second >= heartbeat_ * 3 / 2) {
      Do(action::DropConnection{"heartbeats stay without an answer"});
      GoDown();
    } else {
      beats_[++sequence_] = now;
      heartbeat_at_ = now + heartbeat_;
      Do(action::SendHeartbeat{sequence_});
    }
  }
  if (drain_at_ && !drain_killed_ && now >= *drain_at_) {
    drain_killed_ = true;
    for (auto it = live_.begin(); it != live_.end();) {
      Kill(it++, End::kDrained, "worker drained");
    }
  }
}

// Work in.

void WorkerCore::On(const event::Granted& e, MonoTime) {
  if (link_ != Link::kWelcomed || said_goodbye_) return;
  claimed_.erase(e.attempt);
  if (serves_queue_ && told_room_ && *told_room_ > 0) --*told_room_;
  if (Known(e.attempt)) return;
  Live& live = live_[e.attempt];
  live.epoch = e.epoch;
  live.order = ++grants_;
  if (e.fetch && !drain_killed_) {
    live.phase = Phase::kFetching;
    Do(action::FetchBundle{e.attempt});
  } else {
    waiting_[live.order] = e.attempt;
  }
}

// It takes the place that its grant gave it. Past the fence SpawnWaiting ends it.
void WorkerCore::On(const event::Fetched& e, MonoTime now) {
  auto it = live_.find(e.attempt);
  if (it == live_.end() || it->second.phase != Phase::kFetching) return;
  if (!e.ok) {
    if (e.host) FallIll(e.reason, now);
    return Finish(it, e.host ? End::kHostFailed : End::kStartFailed, {}, e.reason, false);
  }
  it->second.phase = Phase::kWaiting;
  waiting_[it->second.order] = e.attempt;
}

void WorkerCore::On(const event::Refused& e, MonoTime) { claimed_.erase(e.attempt); }

void WorkerCore::On(const event::Popped& e, MonoTime) {
  told_room_.reset();      // the room that was told is used up: say it anew
  if (draining()) return;  // the master rings again for what it misses
  // They are in the queue no more: nobody else can claim them, so they wait for a master.
  popped_.insert(e.attempts.begin(), e.attempts.end());
  ClaimPopped();
}

void WorkerCore::ClaimPopped() {
  if (link_ != Link::kWelcomed || draining() || popped_.empty()) return;
  action::SendClaim claim;
  for (const AttemptId& id : std::exchange(popped_, {})) {
    if (Known(id) || !claimed_.insert(id).second) continue;
    claim.attempts.push_back(id);
  }
  if (!claim.attempts.empty()) Do(std::move(claim));
}

void WorkerCore::SpawnWaiting(MonoTime now) {
  while (!waiting_.empty()) {
    auto it = live_.find(waiting_.begin()->second);
    if (drain_killed_) {
      Finish(it, End::kDrained, {}, "worker drained", false);
    } else if (Fenced(now)) {
      Finish(it, End::kFenced, {}, "the lease ran out before the start", false);
    } else if (!ill_.empty()) {
      Finish(it, End::kHostFailed, {}, ill_, false);
    } else {
      if (at_keeper_ >= options_.slots) return;
      ++at_keeper_;
      it->second.phase = Phase::kSpawning;
      waiting_.erase(waiting_.begin());
      Do(action::KeeperSpawn{it->first, it->second.epoch});
    }
  }
}

void WorkerCore::On(const event::Started& e, MonoTime) {
  auto it = live_.find(e.attempt);
  if (it == live_.end() || it->second.phase != Phase::kSpawning) return;
  Live& live = it->second;
  live.phase = Phase::kRunning;
  live.pid = e.pid;
  if (live.killed) {
    Do(action::KeeperKill{e.attempt, live.kill_reason});
  } else if (link_ == Link::kWelcomed) {
    live.started_told = true;
    Do(action::SendStarted{e.attempt, e.pid});
  }
}

// Ends.

// The first reason stays. What is spawning may take its time (a fork waits for an import), and is
// killed at once, and once more if it starts all the same; what isn't at the keeper yet ends here.
void WorkerCore::Kill(LiveMap::iterator it, End why, std::string reason) {
  Live& live = it->second;
  if (live.killed) return;
  if (!live.at_keeper()) return Finish(it, why, {}, std::move(reason), false);
  live.killed = why;
  live.kill_reason = std::move(reason);
  Do(action::KeeperKill{it->first, live.kill_reason});
}

void WorkerCore::On(const event::CancelRequested& e, MonoTime) {
  if (link_ != Link::kWelcomed) return;
  if (auto it = live_.find(e.attempt); it != live_.end()) {
    Kill(it, End::kCancelled, e.reason);
  }
}

void WorkerCore::On(const event::DrainRequested& e, MonoTime now) {
  const MonoTime at = now + e.grace;
  drain_at_ = drain_at_ ? std::min(*drain_at_, at) : at;
  claimed_.clear();
}

void WorkerCore::On(const event::TakeWork& e, MonoTime) { takes_work_ = e.on; }

void WorkerCore::On(const event::StartFailed& e, MonoTime now) {
  auto it = live_.find(e.attempt);
  if (it == live_.end() || it->second.phase != Phase::kSpawning) return;
  if (e.host) FallIll(e.reason, now);
  Finish(it, e.host ? End::kHostFailed : End::kStartFailed, {}, e.reason, false);
}

void WorkerCore::On(const event::Exited& e, MonoTime) {
  auto it = live_.find(e.attempt);
  if (it == live_.end() || !it->second.at_keeper()) {
    auto result = results_.find(e.attempt);  // told twice; a pending result takes it in its time
    if (result == results_.end() || result->second.on_disk) Do(action::KeeperTake{e.attempt});
    return;
  }
  const Live& live = it->second;
  End end = End::kExited;
  std::string reason;
  bool succeeded = e.exit.code == 0 && e.exit.signal == 0;
  if (e.exit.fenced) {
    end = End::kFenced;
  } else if (e.exit.keeper_died) {
    end = End::kKeeperDied;
    reason = "the worker's keeper died";
  } else if (live.killed && !succeeded &&
             !e.exit.timed_out) {  // it may have been faster than the kill
    end = *live.killed;
    reason = live.kill_reason;
  }
  Finish(it, end, e.exit, std::move(reason), true);
}

void WorkerCore::Finish(LiveMap::iterator it, End end, const Exit& exit, std::string reason,
                        bool in_keeper) {
  AttemptId id = it->first;
  Live live = std::move(it->second);
  live_.erase(it);
  if (live.at_keeper()) --at_keeper_;
  if (live.phase == Phase::kWaiting) waiting_.erase(live.order);
  Unacked& result = results_[id];
  result.ending = Ending{id, end, exit, std::move(reason)};
  result.in_keeper = in_keeper;
  ++spooling_;
  if (live.unwanted) return Forget(id);
  Do(action::SpoolWrite{result.ending});
}

void WorkerCore::On(const event::Spooled& e, MonoTime now) {
  auto it = results_.find(e.attempt);
  if (it == results_.end() || !it->second.spooling) return;
  Unacked& result = it->second;
  result.spooling = false;
  result.on_disk = e.ok;
  --spooling_;
  if (!e.ok) FallIll(e.why, now);
  if (link_ == Link::kWelcomed) {
    result.told = true;
    Do(action::SendFinished{result.ending});
  }
  if (result.on_disk && result.in_keeper) {
    result.in_keeper = false;
    Do(action::KeeperTake{e.attempt});
  }
}

void WorkerCore::On(const event::Acked& e, MonoTime) {
  if (link_ != Link::kWelcomed) return;
  for (const AttemptId& id : e.attempts) {
    auto it = results_.find(id);
    if (it != results_.end() && it->second.told) Forget(id);
  }
}

void WorkerCore::Forget(const AttemptId& id) {
  auto it = results_.find(id);
  if (it->second.spooling) --spooling_;
  if (it->second.in_keeper) Do(action::KeeperTake{id});
  results_.erase(it);
  Do(action::SpoolDelete{id});
  if (forgotten_.insert(id).second) forgotten_order_.push_back(id);
  if (forgotten_order_.size() > kForgottenMax) {
    forgotten_.erase(forgotten_order_.front());
    forgotten_order_.pop_front();
  }
}

// Room, health and leave.

void WorkerCore::FallIll(const std::string& why, MonoTime now) {
  if (!ill_.empty()) return;
  ill_ = why.empty() ? "this host refuses" : why;
  check_at_ = now + options_.host_check;
  Do(action::TellHealth{ill_});
}

void WorkerCore::On(const event::HostChecked& e, MonoTime now) {
  if (ill_.empty()) return;
  if (!e.why.empty()) {
    check_at_ = now + options_.host_check;
    return;
  }
  ill_.clear();
  check_at_.reset();
  Do(action::TellHealth{});
}

// A worker with much room takes a share, and the next when a master has answered for it: meanwhile
// the others take theirs. One that is busy, or wants one, takes what it can without a pause.
uint32_t WorkerCore::PopRoom() const {
  const uint32_t all = room();
  if (all <= std::max(1u, options_.slots / kPopShares)) return all;
  return claimed_.empty() ? (all + kPopShares - 1) / kPopShares : 0;
}

void WorkerCore::TellRoom() {
  if (link_ != Link::kWelcomed) return;
  uint32_t now = serves_queue_ ? room() : PopRoom();
  if (told_room_ == now && told_closed_ == Closed()) return;
  told_room_ = now;
  told_closed_ = Closed();
  if (serves_queue_) {
    Do(action::SendWant{now});
  } else {
    Do(action::PopQueue{now});
  }
}

void WorkerCore::TellGoodbye() {
  if (!draining() || said_goodbye_ || link_ != Link::kWelcomed || !idle()) return;
  said_goodbye_ = true;
  Do(action::SendGoodbye{});
}

}  // namespace gale::worker
