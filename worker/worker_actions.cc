// The worker's thread: letters into events, actions into deeds.
#include <cstring>

#include "common/base/log.h"
#include "common/rpc/convert.h"
#include "worker/worker_impl.h"

namespace gale::worker {

using Impl = WorkerNode::Impl;

namespace {

// Only a template may need more than its text: the DAG's file, and what stands beside it.
bool NeedsBundle(const v1::Grant& grant) {
  return !grant.bundle().empty() && grant.bash().templated();
}

}  // namespace

// Letters -> events.

void Impl::On(letter::Opened& l) {
  stream_ = l.stream;
  channel_ = std::move(l.channel);
  Feed(event::Opened{});
}

void Impl::On(letter::Closed&) {
  shipper_.SetChannel(nullptr);
  bundles_.SetChannel(nullptr);
  if (puller_) puller_->SetRoom(0);
  Feed(event::Disconnected{});
}

void Impl::On(letter::Popped& l) {
  Feed(event::Popped{std::move(l.attempts)});
  puller_->Took();  // after the core has said its room
}

void Impl::On(letter::Message& l) { OnMaster(l.message); }

void Impl::OnMaster(v1::MasterMessage& message) {
  switch (message.kind_case()) {
    case v1::MasterMessage::kWelcome:
      GALE_INFO("worker '{}': welcomed in epoch {}", options_.name, message.welcome().epoch());
      shipper_.SetChannel(channel_);
      bundles_.SetChannel(channel_);
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

void Impl::OnGrant(v1::Grant& grant) {
  AttemptId id = FromProto(grant.attempt());
  event::Granted granted{id, Epoch(grant.epoch())};
  if (!core_.Knows(id)) {
    if (NeedsBundle(grant)) {
      bundles_.Hold(id, grant.bundle());
      granted.fetch = !bundles_.Find(grant.bundle()).has_value();
    }
    grants_[id] = std::move(grant);
  }
  Feed(granted);
  if (core_.Knows(id)) return;
  grants_.erase(id);  // it came too late, and was not taken
  bundles_.Release(id);
}

void Impl::On(letter::Fetched& l) {
  event::Fetched fetched{l.attempt};
  if (!l.status.ok()) {
    fetched.ok = false;
    fetched.reason = fmt::format("cannot get the DAG's code: {}", l.status.ToString());
    fetched.host = l.status.code() == Code::kUnavailable;
  }
  Feed(std::move(fetched));
}

void Impl::On(letter::FromKeeper& l) {
  if (l.keeper != keeper_number_) return;  // ListKeeper asked its successor
  if (auto* started = std::get_if<keeper::Started>(&l.event)) {
    if (auto id = AttemptId::Parse(started->key); id.ok()) Feed(event::Started{*id, started->pid});
  } else if (auto* failed = std::get_if<keeper::StartFailed>(&l.event)) {
    if (auto id = AttemptId::Parse(failed->key); id.ok()) {
      Feed(event::StartFailed{*id, failed->reason});
    }
  } else if (auto* exited = std::get_if<keeper::Exited>(&l.event)) {
    OnExited(*exited);
  }
}

void Impl::OnExited(const keeper::Exited& exited) {
  auto id = AttemptId::Parse(exited.key);
  if (id.ok()) Feed(event::Exited{*id, KeepExit(*id, exited)});
}

Exit Impl::KeepExit(const AttemptId& id, const keeper::Exited& exited) {
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

void Impl::On(letter::KeeperClosed& l) {
  if (l.keeper != keeper_number_) return;
  GALE_ERROR("worker '{}': its keeper is gone ({}); starting another", options_.name,
             l.why.ToString());
  ReplaceKeeper();
}

void Impl::On(letter::Drain& l) { Feed(event::DrainRequested{l.grace}); }
void Impl::On(letter::Quit&) { quit_ = true; }

Epoch Impl::TakeUpGrant(const AttemptId& id) {
  auto stored = files_.ReadGrant(id);
  if (stored.ok()) {
    if (NeedsBundle(stored->grant)) bundles_.Hold(id, stored->grant.bundle());
    return Epoch(stored->grant.epoch());
  }
  GALE_WARN("attempt {}: the keeper holds it, and its grant can't be read: {}", id.ToString(),
            stored.status().ToString());
  return Epoch(0);
}

// Actions -> deeds.

void Impl::FeedAll() {
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

void Impl::Do(const action::SendHello& a) {
  Send(HelloMessage(identity_, a, results_, Clock::Real().Now()));
}

void Impl::Do(const action::SendWant& a) {
  v1::WorkerMessage message;
  message.mutable_want()->set_room(a.room);
  Send(std::move(message));
}

void Impl::Do(const action::PopQueue& a) {
  if (puller_) return puller_->SetRoom(a.room);
  if (a.room == 0) return;
  GALE_ERROR(
      "worker '{}': gets no work: the masters keep the queue in Redis, and this worker doesn't "
      "know where; set [celery] broker_url as they have it",
      options_.name);
}

void Impl::Do(const action::SendClaim& a) {
  v1::WorkerMessage message;
  for (const AttemptId& id : a.attempts) *message.mutable_claim()->add_attempts() = ToProto(id);
  Send(std::move(message));
}

void Impl::Do(const action::SendStarted& a) { Send(StartedMessage(a)); }

void Impl::Do(const action::SendFinished& a) {
  auto it = results_.find(a.ending.attempt);
  if (it == results_.end()) return;
  v1::WorkerMessage message;
  *message.mutable_finished() = it->second;
  *message.mutable_sent_at() = ToProto(Clock::Real().Now());
  Send(std::move(message));
}

void Impl::Do(const action::SendHeartbeat& a) { Send(HeartbeatMessage(a)); }

void Impl::Do(const action::SendGoodbye&) {
  v1::WorkerMessage message;
  message.mutable_goodbye();
  Send(std::move(message));
}

void Impl::Do(const action::DropConnection& a) {
  GALE_WARN("worker '{}': leaves this master: {}", options_.name, a.reason);
  session_.Drop(stream_, a.reason);
}

void Impl::Do(const action::FetchBundle& a) {
  auto it = grants_.find(a.attempt);
  if (it == grants_.end()) {  // unreachable by the core's rules; an answer is owed all the same
    return Feed(event::Fetched{a.attempt, false, "the worker has no grant for it"});
  }
  bundles_.Ensure(it->second.bundle(), [this, id = a.attempt](const Result<DagCode>& code) {
    mailbox_.Post(letter::Fetched{id, code.status()});
  });
}

void Impl::Do(const action::KeeperSpawn& a) {
  auto node = grants_.extract(a.attempt);
  if (node.empty()) {  // unreachable by the core's rules; an answer is owed all the same
    return Feed(event::StartFailed{a.attempt, "the worker has no grant for it"});
  }
  const v1::Grant& grant = node.mapped();
  std::optional<DagCode> code;
  if (NeedsBundle(grant)) {
    code = bundles_.Find(grant.bundle());
    if (!code) {  // held, and so never dropped by us
      return Feed(event::StartFailed{
          a.attempt, fmt::format("somebody removed bundle '{}' from this host", grant.bundle()),
          true});
    }
  }
  auto spawn = runner_.Prepare(grant, code ? &*code : nullptr);
  Status status = spawn.status();
  if (status.ok()) status = keeper_ ? keeper_->Spawn(*spawn) : Unavailable("the keeper is gone");
  if (!status.ok()) {
    const bool host = status.code() == Code::kUnavailable;
    return Feed(event::StartFailed{a.attempt, std::string(status.message()), host});
  }
  shipper_.Follow(a.attempt);
}

void Impl::Do(const action::KeeperKill& a) {
  Status status = keeper_ ? keeper_->Kill(a.attempt.ToString(), a.reason) : OkStatus();
  if (!status.ok())
    GALE_ERROR("attempt {}: cannot kill it: {}", a.attempt.ToString(), status.ToString());
}

void Impl::Do(const action::KeeperFence& a) {
  Duration left = std::max(a.at - Clock::Real().Mono(), Duration(0));
  Status status = keeper_ ? keeper_->Fence(left) : OkStatus();
  if (!status.ok())
    GALE_WARN("worker '{}': cannot move the fence: {}", options_.name, status.ToString());
}

void Impl::Do(const action::KeeperTake& a) {
  exits_.erase(a.attempt);
  // A take that is lost is made up for when the keeper lists the exit again.
  if (keeper_) (void)keeper_->Take(a.attempt.ToString());
}

void Impl::Do(const action::SpoolWrite& a) {
  const AttemptId& id = a.ending.attempt;
  grants_.erase(id);
  bundles_.Release(id);
  auto exited = exits_.extract(id);
  v1::Finished& finished = results_[id];
  finished =
      runner_.Conclude(a.ending, exited.empty() ? nullptr : &exited.mapped(), Clock::Real().Now());
  Status status = spool_.Write(finished, /*sync=*/!core_.welcomed());
  if (!status.ok()) GALE_ERROR("attempt {}: {}", id.ToString(), status.ToString());
  // First into the core, which sends it; the log can wait.
  Feed(event::Spooled{id, status.ok()});
  shipper_.Ended(id);
}

void Impl::Do(const action::SpoolDelete& a) {
  spool_.Remove(a.attempt);
  results_.erase(a.attempt);
  exits_.erase(a.attempt);
  grants_.erase(a.attempt);  // these two: of one that was unwanted before its start
  bundles_.Release(a.attempt);
  files_.RemoveAllButLog(a.attempt);
  shipper_.Ended(a.attempt);  // known already, unless it was unwanted
  shipper_.Release(a.attempt);
}

}  // namespace gale::worker
