// One of several masters: following, taking the lead, losing it.
#include "common/base/log.h"
#include "master/engine/engine.h"

namespace gale {

LeaderRow Engine::leader() const {
  std::lock_guard lock(mutex_);
  return leader_;
}

Status Engine::Refusal() const {
  if (leads() || !leadership_)
    return Unavailable(
        "the engine is stopping, or {} requests wait for it (kMailboxEventsMax); try again",
        limits::kMailboxEventsMax);
  std::lock_guard lock(mutex_);
  if (leader_.owner.empty() || leader_.instance == leadership_->self.instance) {
    return Unavailable("no master leads at the moment; try again");
  }
  return Unavailable("this master follows; '{}' leads", leader_.owner);
}

Driver::Step Engine::Follow() {
  const MonoTime asked = clock_.Mono();
  const Result<LeaderRow> row = store_.GetLeader();
  Driver::Step next = driver_.OnFollowed(row, asked, clock_.Mono());
  TellLedger("who leads can't be read, trying again", row.status());
  if (!row.ok()) return next;
  bool news = false;
  {
    std::lock_guard lock(mutex_);
    news = leader_.epoch != row->epoch || leader_.owner != row->owner;
    leader_ = *row;
  }
  if (news && next.act == Driver::Act::kFollow) {
    GALE_INFO("following: master '{}' leads (epoch {})", row->owner, row->epoch.value);
  }
  return next;
}

Driver::Step Engine::Lead(const LeaderRow& seen) {
  const MonoTime sent = clock_.Mono();
  Result<Epoch> epoch = Claim(seen, sent);
  if (epoch.ok()) {
    std::lock_guard lock(mutex_);
    leader_ = {*epoch, leadership_->self.name, leadership_->self.instance, seen.beat + 1};
  }
  Driver::Step next = driver_.OnLed(epoch, sent);
  TellLedger("the lead can't be taken, trying again", next.why);
  if (!epoch.ok()) return next;
  metrics_.terms.Add();
  {
    std::lock_guard lock(mutex_);
    beat_wake_.notify_all();
  }
  GALE_INFO("master '{}' leads (epoch {}); it took {:.0f} ms to take over", leadership_->self.name,
            epoch->value, Seconds(clock_.Mono() - sent) * 1000);
  if (on_leading_) on_leading_(true);
  return next;
}

Result<Epoch> Engine::Claim(const LeaderRow& seen, MonoTime sent) {
  GALE_ASSIGN_OR_RETURN(const std::vector<MasterRow> masters, store_.ListMasters());
  const Duration longer = driver_.LongerWait(masters, clock_.Now(), sent, leadership_->outage);
  GALE_RETURN_IF_ERROR(loop_.Recover(clock_.Now(), sent, seen, longer));
  return loop_.epoch();
}

void Engine::StepDown(const Status& why) {
  GALE_WARN("master '{}' leads no more: {}", leadership_->self.name, why.ToString());
  healthy_ = false;
  standing_.End();
  mail_.clear();
  std::deque<std::function<void(Loop&)>> dropped;
  {
    std::lock_guard lock(mutex_);
    dropped.swap(mailbox_);  // who waits for an answer is told so by the broken promise
  }
  loop_.Abandon(why);
  if (on_leading_) on_leading_(false);
}

void Engine::TellLedger(const char* what, const Status& status) {
  if (ledger_away_.exchange(!status.ok()) == !status.ok()) return;
  if (status.ok()) {
    GALE_INFO("the ledger is reached again");
  } else {
    GALE_WARN("{}: {}", what, status.ToString());
  }
}

void Engine::Beat() {
  const Epoch epoch = standing_.epoch();
  const MonoTime sent = clock_.Mono();
  const Status status = store_.RenewLeadership(epoch);
  standing_.OnBeat(epoch, status, sent, clock_.Mono());
  TellLedger("a beat of the leader did not arrive, trying again",
             status.code() == Code::kAborted ? OkStatus() : status);
  if (status.ok()) return;
  std::lock_guard lock(mutex_);
  wake_.notify_all();
}

Status Engine::SayPresent() {
  MasterRow self = leadership_->self;
  self.seen_at = clock_.Now();
  return store_.PutMaster(self);
}

void Engine::BeatMain() {
  MonoTime present = clock_.Mono();
  for (;;) {
    if (clock_.Mono() - present >= leadership_->presence) {
      if (Status status = SayPresent(); !status.ok()) GALE_DEBUG("{}", status.ToString());
      present = clock_.Mono();
    }
    const bool led = leads();
    const Epoch epoch = standing_.epoch();
    if (led) Beat();
    std::unique_lock lock(mutex_);
    beat_wake_.wait_for(lock, led ? leadership_->lease / 5 : leadership_->presence, [&] {
      return stopping_ || (leads() && (!led || standing_.epoch() != epoch));
    });
    if (stopping_) return;
  }
}

}  // namespace gale
