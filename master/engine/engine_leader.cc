// One of several masters: following, taking the lead, losing it.
#include "common/base/log.h"
#include "master/engine/engine.h"

namespace gale {

LeaderRow Engine::leader() const {
  std::lock_guard lock(mutex_);
  return leader_;
}

bool Engine::MayRenewLeases() const {
  if (!leads_) return false;
  if (!leadership_) return true;
  const MonoTime until =
      MonoTime(Duration(beat_us_.load())) + leadership_->lease + leadership_->outage;
  return clock_.Mono() < until;
}

Status Engine::Refusal() const {
  if (leads_ || !leadership_) return Unavailable("the engine is overloaded or stopping; try again");
  std::lock_guard lock(mutex_);
  if (leader_.owner.empty() || leader_.instance == leadership_->self.instance) {
    return Unavailable("no master leads at the moment; try again");
  }
  return Unavailable("this master follows; '{}' leads", leader_.owner);
}

Status Engine::Follow() {
  const MonoTime asked = clock_.Mono();
  GALE_ASSIGN_OR_RETURN(const LeaderRow row, store_.GetLeader());
  const bool free = watch_->See(row, asked, clock_.Mono());
  bool news = false;
  {
    std::lock_guard lock(mutex_);
    news = leader_.epoch != row.epoch || leader_.owner != row.owner;
    leader_ = row;
  }
  last_turn_us_ = clock_.Now().time_since_epoch().count();
  healthy_ = true;
  if (free && leadership_->may_lead) return Lead(row);
  if (news) GALE_INFO("following: master '{}' leads (epoch {})", row.owner, row.epoch.value);
  return OkStatus();
}

Status Engine::Lead(const LeaderRow& seen) {
  GALE_ASSIGN_OR_RETURN(const std::vector<MasterRow> masters, store_.ListMasters());
  const bool alone = watch_->IsAlone(masters, clock_.Now());
  const MonoTime sent = clock_.Mono();
  const Duration longer = watch_->LongerWait(sent, leadership_->outage, alone);
  const Status status = loop_.Recover(clock_.Now(), sent, seen, longer);
  if (status.code() == Code::kAborted) return OkStatus();  // another was faster
  GALE_RETURN_IF_ERROR(status);
  watch_->Led(loop_.epoch());
  epoch_ = loop_.epoch().value;
  beat_us_ = std::chrono::duration_cast<Duration>(sent.time_since_epoch()).count();
  {
    std::lock_guard lock(mutex_);
    deposed_ = OkStatus();
    leader_ = {loop_.epoch(), leadership_->self.name, leadership_->self.instance, seen.beat + 1};
    leads_ = true;
  }
  metrics_.terms.Add();
  beat_wake_.notify_all();
  GALE_INFO("master '{}' leads (epoch {}); it took {:.0f} ms to take over", leadership_->self.name,
            epoch_.load(), Seconds(clock_.Mono() - sent) * 1000);
  if (on_leading_) on_leading_(true);
  return OkStatus();
}

void Engine::StepDown(const Status& why) {
  GALE_WARN("master '{}' leads no more: {}", leadership_->self.name, why.ToString());
  healthy_ = false;
  std::deque<std::function<void(Loop&)>> dropped;
  {
    std::lock_guard lock(mutex_);
    leads_ = false;
    dropped.swap(mailbox_);  // who waits for an answer is told so by the broken promise
  }
  loop_.Abandon(why);
  if (on_leading_) on_leading_(false);
}

Status Engine::CheckLead() {
  if (!leadership_) return OkStatus();
  {
    std::lock_guard lock(mutex_);
    if (!deposed_.ok()) return deposed_;
  }
  if (MayRenewLeases()) return OkStatus();
  return Unavailable("the ledger has not been reached for {:.0f} s",
                     Seconds(leadership_->lease + leadership_->outage));
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
  const Epoch epoch(epoch_);
  const MonoTime sent = clock_.Mono();
  const Status status = store_.RenewLeadership(epoch);
  if (status.ok()) beat_us_ = std::chrono::duration_cast<Duration>(sent.time_since_epoch()).count();
  TellLedger("a beat of the leader did not arrive, trying again",
             status.code() == Code::kAborted ? OkStatus() : status);
  if (status.ok() || (status.code() != Code::kAborted && MayRenewLeases())) return;
  std::lock_guard lock(mutex_);
  if (epoch_ != epoch.value) return;
  deposed_ = status;
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
    if (leads_) Beat();
    std::unique_lock lock(mutex_);
    const int64_t epoch = epoch_;
    beat_wake_.wait_for(lock, leads_ ? leadership_->lease / 5 : leadership_->presence,
                        [&] { return stopping_ || (leads_ && epoch_ != epoch); });
    if (stopping_) return;
  }
}

}  // namespace gale
