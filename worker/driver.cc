#include "worker/driver.h"

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "common/base/log.h"
#include "common/rpc/convert.h"

namespace gale::worker {

Driver::Driver(DriverOptions options, Ports ports)
    : options_(std::move(options)),
      ports_(ports),
      core_(options_.core),
      files_(options_.home, ports.files),
      runner_(files_, options_.runner),
      spool_(options_.home, ports.files) {}

Status Driver::Start() {
  GALE_RETURN_IF_ERROR(files_.Create());
  GALE_ASSIGN_OR_RETURN(std::vector<v1::Finished> spooled, spool_.Load());
  event::SpoolLoaded loaded;
  for (v1::Finished& finished : spooled) {
    Ending ending = ToEnding(finished);
    results_[ending.attempt] = std::move(finished);
    ports_.logs.Ended(ending.attempt);
    loaded.endings.push_back(std::move(ending));
  }
  Feed(std::move(loaded));
  GALE_RETURN_IF_ERROR(ports_.keeper.Connect());
  GALE_RETURN_IF_ERROR(ListKeeper());
  ShipOrphans();
  return OkStatus();
}

Status Driver::ListKeeper() {
  // Before the list: what the keeper holds may not run longer than it might.
  if (core_.fence_at()) Do(action::KeeperFence{*core_.fence_at()});
  GALE_ASSIGN_OR_RETURN(keeper::Listing listing, ports_.keeper.List());
  event::KeeperListed listed;
  for (const keeper::Running& running : listing.running) {
    auto id = AttemptId::Parse(running.key);
    if (!id.ok()) continue;  // nothing of a worker's
    ports_.logs.Follow(*id);
    listed.running.push_back({*id, TakeUpGrant(*id), running.pid});
  }
  for (const keeper::Exited& exited : listing.exited) {
    auto id = AttemptId::Parse(exited.key);
    if (!id.ok()) continue;
    listed.exits.push_back({*id, TakeUpGrant(*id), KeepExit(*id, exited)});
  }
  if (!listed.running.empty() || !listed.exits.empty()) {
    GALE_INFO("worker '{}': takes over {} running attempts and {} ended ones from the keeper",
              options_.name, listed.running.size(), listed.exits.size());
  }
  Feed(std::move(listed));
  return OkStatus();
}

void Driver::OnKeeperGone(const Status& why) {
  GALE_ERROR("worker '{}': its keeper is gone ({}); starting another", options_.name,
             why.ToString());
  ReplaceKeeper();
}

// Blocks; without a keeper there is nothing else to do.
void Driver::ReplaceKeeper() {
  ports_.keeper.Leave();
  keeper_retry_at_.reset();
  ++keepers_replaced_;
  Status status = ports_.keeper.Connect();
  if (status.ok()) status = ListKeeper();
  if (status.ok()) return;
  GALE_ERROR("worker '{}': no keeper: {}; trying again", options_.name, status.ToString());
  ports_.keeper.Leave();
  keeper_retry_at_ = ports_.clock.Mono() + kKeeperRetry;
}

// Logs of attempts that are over and acked, which an earlier process did not ship to their end.
void Driver::ShipOrphans() {
  for (const std::filesystem::path name : ports_.files.List(files_.folder()).value_or({})) {
    auto id = AttemptId::Parse(name.stem().string());
    if (!id.ok() || core_.Knows(*id)) continue;
    files_.RemoveAllButLog(*id);
    if (name.extension() != ".log") continue;
    ports_.logs.Ended(*id);
    ports_.logs.Release(*id);
  }
}

void Driver::OnTick() {
  const MonoTime now = ports_.clock.Mono();
  if (keeper_retry_at_ && now >= *keeper_retry_at_) ReplaceKeeper();
  if (auto tick = core_.next_tick(); tick && now >= *tick) Feed(event::Tick{});
}

std::optional<MonoTime> Driver::next_tick() const {
  auto next = core_.next_tick();
  if (keeper_retry_at_) next = next ? std::min(*next, *keeper_retry_at_) : *keeper_retry_at_;
  return next;
}

// What comes -> events.

void Driver::OnMaster(v1::MasterMessage& message) {
  switch (message.kind_case()) {
    case v1::MasterMessage::kWelcome:
      GALE_INFO("worker '{}': welcomed in epoch {}", options_.name, message.welcome().epoch());
      return Feed(ToEvent(message.welcome()));
    case v1::MasterMessage::kGrant: return OnGrant(*message.mutable_grant());
    case v1::MasterMessage::kRefuse:
      return Feed(event::Refused{FromProto(message.refuse().attempt())});
    case v1::MasterMessage::kAck: {
      event::Acked acked;
      for (const auto& ref : message.ack().finished()) acked.attempts.push_back(FromProto(ref));
      return Feed(std::move(acked));
    }
    case v1::MasterMessage::kLease:
      return Feed(
          event::LeaseRenewed{message.lease().sequence(), FromProto(message.lease().lease())});
    case v1::MasterMessage::kCancel:
      return Feed(
          event::CancelRequested{FromProto(message.cancel().attempt()), message.cancel().reason()});
    case v1::MasterMessage::kDrain: return Feed(event::TakeWork{message.drain().over()});
    case v1::MasterMessage::KIND_NOT_SET:
      GALE_WARN("worker '{}': the master said something that this version does not know",
                options_.name);
      return;
  }
}

void Driver::OnGrant(v1::Grant& grant) {
  AttemptId id = FromProto(grant.attempt());
  event::Granted granted{id, Epoch(grant.epoch())};
  if (!core_.Knows(id)) {
    if (NeedsBundle(grant)) {
      ports_.code.Hold(id, grant.bundle());
      granted.fetch = !ports_.code.Find(grant.bundle()).has_value();
    }
    grants_[id] = std::move(grant);
  }
  Feed(granted);
  if (core_.Knows(id)) return;
  grants_.erase(id);  // it came too late, and was not taken
  ports_.code.Release(id);
}

void Driver::OnFetched(const AttemptId& id, const Status& status) {
  event::Fetched fetched{id};
  if (!status.ok()) {
    fetched.ok = false;
    fetched.reason = fmt::format("cannot get the DAG's code: {}", status.ToString());
    fetched.host = status.code() == Code::kUnavailable;
  }
  Feed(std::move(fetched));
}

void Driver::OnKeeper(const keeper::KeeperEvent& event) {
  if (auto* started = std::get_if<keeper::Started>(&event)) {
    if (auto id = AttemptId::Parse(started->key); id.ok()) Feed(event::Started{*id, started->pid});
  } else if (auto* failed = std::get_if<keeper::StartFailed>(&event)) {
    if (auto id = AttemptId::Parse(failed->key); id.ok()) {
      Feed(event::StartFailed{*id, failed->reason, failed->host});
    }
  } else if (auto* exited = std::get_if<keeper::Exited>(&event)) {
    if (auto id = AttemptId::Parse(exited->key); id.ok()) {
      Feed(event::Exited{*id, KeepExit(*id, *exited)});
    }
  }
}

Exit Driver::KeepExit(const AttemptId& id, const keeper::Exited& exited) {
  exits_[id] = exited;
  Exit exit;
  exit.code = exited.exit_code;
  exit.signal = exited.signal;
  exit.fenced = exited.fenced;
  exit.timed_out = exited.timed_out;
  exit.out_of_memory = exited.oom;
  exit.keeper_died = exited.keeper_died;
  return exit;
}

Epoch Driver::TakeUpGrant(const AttemptId& id) {
  auto stored = files_.ReadGrant(id);
  if (stored.ok()) {
    if (NeedsBundle(stored->grant)) ports_.code.Hold(id, stored->grant.bundle());
    return Epoch(stored->grant.epoch());
  }
  GALE_WARN("attempt {}: the keeper holds it, and its grant can't be read: {}", id.ToString(),
            stored.status().ToString());
  return Epoch(0);
}

// Actions -> deeds.

void Driver::FeedAll() {
  feeding_ = true;
  while (!to_feed_.empty()) {
    Event event = std::move(to_feed_.front());
    to_feed_.pop_front();
    for (const Action& action : core_.Step(event)) {
      std::visit([&](const auto& a) { Do(a); }, action);
    }
  }
  feeding_ = false;
}

void Driver::Do(const action::SendHello& a) {
  v1::WorkerMessage message = HelloMessage(options_.identity, a, results_, ports_.clock.Now());
  message.mutable_hello()->set_number(++hellos_);
  ports_.uplink.Send(std::move(message));
}

void Driver::Do(const action::SendWant& a) {
  v1::WorkerMessage message;
  message.mutable_want()->set_room(a.room);
  ports_.uplink.Send(std::move(message));
}

void Driver::Do(const action::PopQueue& a) {
  if (ports_.uplink.Pop(a.room) || a.room == 0) return;
  GALE_ERROR(
      "worker '{}': gets no work: the masters keep the queue in Redis, and this worker doesn't "
      "know where; set [celery] broker_url as they have it",
      options_.name);
}

void Driver::Do(const action::SendClaim& a) {
  v1::WorkerMessage message;
  for (const AttemptId& id : a.attempts) *message.mutable_claim()->add_attempts() = ToProto(id);
  ports_.uplink.Send(std::move(message));
}

void Driver::Do(const action::SendStarted& a) { ports_.uplink.Send(StartedMessage(a)); }

void Driver::Do(const action::SendFinished& a) {
  auto it = results_.find(a.ending.attempt);
  if (it == results_.end()) return;
  v1::WorkerMessage message;
  *message.mutable_finished() = it->second;
  *message.mutable_sent_at() = ToProto(ports_.clock.Now());
  ports_.uplink.Send(std::move(message));
}

void Driver::Do(const action::SendHeartbeat& a) {
  ports_.uplink.Send(HeartbeatMessage(a, {spool_.size(), spool_.bytes(), keepers_replaced_}));
}

void Driver::Do(const action::SendGoodbye&) {
  v1::WorkerMessage message;
  message.mutable_goodbye();
  ports_.uplink.Send(std::move(message));
}

void Driver::Do(const action::DropConnection& a) {
  GALE_WARN("worker '{}': leaves this master: {}", options_.name, a.reason);
  ports_.uplink.Drop(a.reason);
}

void Driver::Do(const action::FetchBundle& a) {
  auto it = grants_.find(a.attempt);
  if (it == grants_.end()) {  // unreachable by the core's rules; an answer is owed all the same
    return Feed(event::Fetched{a.attempt, false, "the worker has no grant for it"});
  }
  ports_.code.Fetch(a.attempt, it->second.bundle());
}

void Driver::Do(const action::KeeperSpawn& a) {
  auto node = grants_.extract(a.attempt);
  if (node.empty()) {  // unreachable by the core's rules; an answer is owed all the same
    return Feed(event::StartFailed{a.attempt, "the worker has no grant for it"});
  }
  const v1::Grant& grant = node.mapped();
  std::optional<DagCode> code;
  if (NeedsBundle(grant)) {
    code = ports_.code.Find(grant.bundle());
    if (!code) {  // held, and so never dropped by us
      return Feed(event::StartFailed{
          a.attempt, fmt::format("somebody removed bundle '{}' from this host", grant.bundle()),
          true});
    }
  }
  auto spawn = runner_.Prepare(grant, code ? &*code : nullptr);
  Status status = spawn.status();
  if (status.ok()) status = ports_.keeper.Spawn(*spawn);
  if (!status.ok()) {
    const bool host = status.code() == Code::kUnavailable;
    return Feed(event::StartFailed{a.attempt, std::string(status.message()), host});
  }
  ports_.logs.Follow(a.attempt);
}

void Driver::Do(const action::KeeperKill& a) {
  Status status = ports_.keeper.Kill(a.attempt.ToString(), a.reason);
  if (!status.ok())
    GALE_ERROR("attempt {}: cannot kill it: {}", a.attempt.ToString(), status.ToString());
}

void Driver::Do(const action::KeeperFence& a) {
  const Status status = ports_.keeper.Fence(a.at);
  if (!status.ok())
    GALE_WARN("worker '{}': cannot move the fence: {}", options_.name, status.ToString());
}

void Driver::Do(const action::KeeperTake& a) {
  exits_.erase(a.attempt);
  // A take that is lost is made up for when the keeper lists the exit again.
  (void)ports_.keeper.Take(a.attempt.ToString());
}

void Driver::Do(const action::SpoolWrite& a) {
  const AttemptId& id = a.ending.attempt;
  grants_.erase(id);
  ports_.code.Release(id);
  auto exited = exits_.extract(id);
  v1::Finished& finished = results_[id];
  finished =
      runner_.Conclude(a.ending, exited.empty() ? nullptr : &exited.mapped(), ports_.clock.Now());
  Status status = spool_.Write(finished, /*sync=*/!core_.welcomed());
  if (!status.ok()) GALE_ERROR("attempt {}: {}", id.ToString(), status.ToString());
  // First into the core, which sends it; the log can wait.
  Feed(event::Spooled{id, status.ok(), std::string(status.message())});
  ports_.logs.Ended(id);
}

void Driver::Do(const action::TellHealth& a) {
  std::string ill = a.ill;
  if (ill.find(std::strerror(ENOSPC)) != std::string::npos) {
    ill += fmt::format("; make room under '{}'", options_.home);
  }
  if (said_ill_ == ill.empty()) {
    said_ill_ = !ill.empty();
    if (said_ill_) {
      GALE_ERROR("worker '{}': takes no new work: {}; it looks every {:g} s whether it can again",
                 options_.name, ill, Seconds(options_.core.host_check));
    } else {
      GALE_INFO("worker '{}': takes work again", options_.name);
    }
  }
  if (!core_.welcomed()) return;
  v1::WorkerMessage message;
  message.mutable_health()->set_ill(ill);
  ports_.uplink.Send(std::move(message));
}

void Driver::Do(const action::CheckHost&) {
  Feed(event::HostChecked{std::string(files_.TryRoom().message())});
}

void Driver::Do(const action::SpoolDelete& a) {
  spool_.Remove(a.attempt);
  results_.erase(a.attempt);
  exits_.erase(a.attempt);
  grants_.erase(a.attempt);  // these two: of one that was unwanted before its start
  ports_.code.Release(a.attempt);
  files_.RemoveAllButLog(a.attempt);
  ports_.logs.Ended(a.attempt);  // known already, unless it was unwanted
  ports_.logs.Release(a.attempt);
}

}  // namespace gale::worker
