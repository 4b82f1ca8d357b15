// One of two masters: following, taking the lead, losing it, and being stopped for a while.
#include "tests/simulation/master.h"

namespace gale::sim {

using std::chrono::milliseconds;

Driver::Step Master::Follow() {
  const MonoTime asked = context_.now();
  const auto row = store_.GetLeader();
  if (row.ok()) {
    if (asked - looked_ > scenario_.leader_lease / 2) store_.looking_since = asked;
    looked_ = asked;
  }
  Driver::Step next = driver_->OnFollowed(row, asked, context_.now());
  // Nothing is to be found any more: cheaper.
  if (next.act == Driver::Act::kFollow && !context_.faults) next.pause *= 5;
  return next;
}

// A takeover is when the old leader may still speak: a second fault now is the interesting one.
void Master::Disturb() {
  if (context_.dice.Chance(10)) CutTakeoverShort();
  if (!context_.dice.Chance(15)) return;
  const Duration away = context_.dice.Ms(50, 3000);
  const bool in_peace = context_.dice.Chance(50);
  After(context_.dice.Ms(0, 3000), [this, away, in_peace] {
    if (context_.faults) in_peace ? Leave(away) : Crash(away);
  });
}

void Master::Lead(const LeaderRow& seen) {
  const MonoTime sent = context_.now();
  MasterRow other;
  other.instance = "another";
  other.grpc = "x:1";
  other.seen_at = context_.wall();
  const Duration longer = driver_->LongerWait({other}, context_.wall(), sent, scenario_.outage);
  if (context_.faults) Disturb();
  const Status status = loop_->Recover(context_.wall(), sent, seen, longer);
  store_.cut_short = false;
  if (!status.ok()) {
    context_.Trace("master {} doesn't lead: {}", number_, status.ToString());
    return Go(driver_->OnLed(status, sent));
  }
  context_.Saw(Seen::kRecoveries);
  context_.Trace("master {} leads (epoch {}), after '{}'", number_, loop_->epoch().value,
                 seen.owner);
  wake_planned_.reset();
  ++terms_;
  checkers_.AcceptedAreThere();
  const Driver::Step next = driver_->OnLed(loop_->epoch(), sent);
  PlanBeat(Duration(0));
  PlanTurn(Duration(0));
  Go(next);
}

void Master::PlanBeat(Duration delay) {
  After(delay, [this, term = terms_] {
    if (!leads() || term != terms_) return;
    Beat();
    PlanBeat(scenario_.leader_lease / 5);
  });
}

void Master::Beat() {
  const Epoch epoch = standing_->epoch();
  const Status status = store_.RenewLeadership(epoch);
  standing_->OnBeat(epoch, status, context_.now(), context_.now());
  if (status.code() == Code::kAborted) context_.Saw(Seen::kDeposedBeats);
  if (standing_->IsBroken()) PlanTurn(Duration(0));
}

Driver::Step Master::StepDown(const Status& why) {
  context_.Trace("master {} leads no more: {}", number_, why.ToString());
  context_.Saw(Seen::kStepDowns);
  if (why.code() != Code::kAborted) context_.Saw(Seen::kLeftForLackOfLedger);
  if (why.code() != Code::kAborted && why.code() != Code::kUnavailable) {
    context_.Fail("it let go of the lead: " + why.ToString());
  }
  standing_->End();
  collecting_ = false;
  mail_.clear();
  turn_mail_.clear();
  loop_->Abandon(why);
  return driver_->OnSteppedDown(why);
}

void Master::Leave(Duration away) {
  if (!up() || paused_) return;
  context_.Trace("master {} leaves for {:.3f} s", number_, Seconds(away));
  if (cluster() && leads()) {
    context_.Saw(Seen::kMastersLeft);
    if (Status s = store_.ReleaseLeadership(loop_->epoch()); !s.ok()) {
      context_.Trace("  without a word: {}", s.ToString());
    }
  }
  Forget();
  context_.agenda.In(away, [this] { Start(); });
}

// Stopped for a while.

void Master::Pause(Duration lasts) {
  if (!up() || paused_) return;
  context_.Trace("master {} is stopped for {:.3f} s", number_, Seconds(lasts));
  context_.Saw(Seen::kMasterPauses);
  if (leads() && lasts > scenario_.leader_lease) context_.Saw(Seen::kPausesPastLease);
  if (leads() && lasts > scenario_.leader_lease + scenario_.outage + scenario_.lease) {
    context_.Saw(Seen::kPausesPastOutage);
  }
  paused_ = true;
  context_.agenda.In(lasts, [this, life = life_, pause = ++pauses_] {
    if (life == life_ && pause == pauses_) Wake();
  });
}

void Master::PauseInTurn(Duration lasts) {
  store_.on_committed = [this, lasts] {
    context_.Saw(Seen::kPausesMidTurn);
    Pause(lasts);
  };
}

// What came meanwhile stays in its order; its threads wake in any. What a stream was given before
// is sent before all that it is given from now on.
void Master::Wake() {
  if (!paused_) return;
  context_.Trace("master {} goes on: {} messages, {} timers", number_, asleep_mail_.size(),
                 asleep_.size());
  paused_ = false;
  for (auto& send : std::exchange(asleep_sends_, {})) send();
  for (auto& what : std::exchange(asleep_, {})) After(context_.dice.Ms(0, 5), std::move(what));
  Duration delay = context_.dice.Ms(0, 4);
  for (auto& what : std::exchange(asleep_mail_, {})) {
    delay += Duration(context_.dice.Between(0, 500));
    After(delay, std::move(what));
  }
}

void Master::StopFaults() {
  store_.plan = {};
  store_.on_committed = nullptr;
  store_.flush_fails = false;
  sends_left_ = -1;
  HealLedger();
  Wake();
  Start();
}

void Master::CutLedger(LedgerCut cut, Duration lasts) {
  context_.Trace("master {} {} the ledger for {:.3f} s", number_,
                 cut == LedgerCut::kAll ? "is cut off from" : "gets no answers from",
                 Seconds(lasts));
  store_.cut = cut;
  cut_until_ = std::max(cut_until_, context_.now() + lasts);
  context_.agenda.In(lasts, [this] {
    if (context_.now() >= cut_until_) HealLedger();
  });
}

void Master::HealLedger() {
  if (store_.cut == LedgerCut::kNone) return;
  context_.Trace("master {} reaches the ledger", number_);
  store_.cut = LedgerCut::kNone;
}

}  // namespace gale::sim
