// One of two masters: following, taking the lead, losing it, and being stopped for a while. The
// rules are those of Engine, in the same order: engine_leader.cc.
#include "tests/simulation/master.h"

namespace gale::sim {

using std::chrono::milliseconds;

namespace {

constexpr Duration kPoll = milliseconds(100);
constexpr Duration kPollInPeace = milliseconds(500);  // nothing is to be found any more: cheaper

}  // namespace

bool Master::MayRenewLeases() const {
  if (!leads_) return false;
  return !cluster() || context_.now() < beat_ + scenario_.leader_lease + scenario_.outage;
}

Status Master::CheckLead() const {
  if (!cluster()) return OkStatus();
  if (!deposed_.ok()) return deposed_;
  if (MayRenewLeases()) return OkStatus();
  return Unavailable("the ledger has not been reached for too long");
}

void Master::PlanFollow() {
  After(context_.faults ? kPoll : kPollInPeace, [this] {
    if (!leads_) Follow();
  });
}

void Master::Follow() {
  const MonoTime asked = context_.now();
  const auto row = store_.GetLeader();
  if (!row.ok()) return PlanFollow();
  if (asked - looked_ > scenario_.leader_lease / 2) store_.looking_since = asked;
  looked_ = asked;
  if (!watch_->See(*row, asked, context_.now())) return PlanFollow();
  // The claim may be long under way, or its thread may be slow.
  const bool slow = context_.faults && context_.dice.Chance(20);
  After(slow ? context_.dice.Ms(0, 2500) : Duration(0), [this, row = *row] {
    Lead(row);
    if (up() && !leads_) PlanFollow();
  });
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
  const Duration longer = watch_->LongerWait(sent, scenario_.outage, /*alone=*/false);
  if (context_.faults) Disturb();
  const Status status = loop_->Recover(context_.wall(), sent, seen, longer);
  store_.cut_short = false;
  if (!status.ok()) {
    return context_.Trace("master {} doesn't lead: {}", number_, status.ToString());
  }
  context_.Saw(Seen::kRecoveries);
  context_.Trace("master {} leads (epoch {}), after '{}'", number_, loop_->epoch().value,
                 seen.owner);
  watch_->Led(loop_->epoch());
  leads_ = true;
  deposed_ = OkStatus();
  beat_ = sent;
  retrying_ = false;
  wake_planned_.reset();
  ++terms_;
  checkers_.AcceptedAreThere();
  PlanBeat(Duration(0));
  PlanTurn(Duration(0));
}

void Master::PlanBeat(Duration delay) {
  After(delay, [this, term = terms_] {
    if (!leads_ || term != terms_) return;
    Beat();
    PlanBeat(scenario_.leader_lease / 5);
  });
}

void Master::Beat() {
  const Status status = store_.RenewLeadership(loop_->epoch());
  if (status.ok()) {
    beat_ = context_.now();
    return;
  }
  if (status.code() == Code::kAborted) context_.Saw(Seen::kDeposedBeats);
  if (status.code() != Code::kAborted && MayRenewLeases()) return;
  deposed_ = status;
  PlanTurn(Duration(0));
}

void Master::StepDown(const Status& why) {
  context_.Trace("master {} leads no more: {}", number_, why.ToString());
  context_.Saw(Seen::kStepDowns);
  if (why.code() != Code::kAborted) context_.Saw(Seen::kLeftForLackOfLedger);
  leads_ = retrying_ = false;
  mail_.clear();
  loop_->Abandon(why);
  PlanFollow();
}

void Master::Leave(Duration away) {
  if (!up() || paused_) return;
  context_.Trace("master {} leaves for {:.3f} s", number_, Seconds(away));
  if (cluster() && leads_) {
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
  if (leads_ && lasts > scenario_.leader_lease) context_.Saw(Seen::kPausesPastLease);
  if (leads_ && lasts > scenario_.leader_lease + scenario_.outage + scenario_.lease) {
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
