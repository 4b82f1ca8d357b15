// What a master does around its loop, decided purely: turns, commits that fail, rows that are refused,
// following, leading, stepping down, giving up. It says the next step; whoever has threads and a
// clock (Engine; the simulation) does it and tells what came of it.
//
//   alone:           kRecover -> kCollect -> kTurn -> kAudit -> kCollect -> ...
//   one of several:  kFollow -> ... -> kLead -> kCollect -> kTurn -> ... -> kStepDown -> kFollow
//
// A turn's mail is taken together; once a row of that was refused, first what the loop does by itself
// and then each message is taken alone, so that it shows who brought the row (Loop::TakeBack).
#pragma once

#include <optional>

#include "master/engine/leader_watch.h"
#include "master/engine/loop.h"
#include "master/engine/standing.h"

namespace gale {

class Driver {
 public:
  enum class Act {
    kFollow,    // read who leads: OnFollowed
    kLead,      // claim the row as it was `seen`, recover: OnLed
    kRecover,   // start anew from the ledger: OnRecovered
    kCollect,   // wait for mail, or until the loop has something to do: OnMail
    kTurn,      // take `count` messages from `first` on, and end the turn: OnCommit
    kCommit,    // the same batch again: OnCommit
    kTakeBack,  // Loop::TakeBack with `why` and `took`: OnTakenBack
    kAudit,     // all mail is done and committed. Look whether all is well: OnAudited
    kStepDown,  // it leads no more: OnSteppedDown
    kGiveUp,    // for good: the process ends
  };
  struct Step {
    Act act;
    Duration pause{0};  // before it
    Status why = {};    // what went wrong, if that is why
    LeaderRow seen = {};
    Loop::Took took = Loop::Took::kAll;
    size_t first = 0, count = 0;
  };

  static constexpr Duration kPauseMin = std::chrono::milliseconds(10);  // doubled at each try
  static constexpr Duration kPauseMax = std::chrono::seconds(1);

  // `standing` must outlive it. One of several: `lease` and `instance` as LeaderWatch's; it looks
  // who leads every `poll`.
  explicit Driver(Standing& standing) : standing_(standing) {}
  Driver(Standing& standing, Duration lease, std::string instance, Duration poll, bool may_lead)
      : standing_(standing), poll_(poll), may_lead_(may_lead) {
    watch_.emplace(lease, std::move(instance));
  }

  Step Begin() const { return {watch_ ? Act::kFollow : Act::kRecover}; }

  // The read began at `asked`.
  Step OnFollowed(const Result<LeaderRow>& row, MonoTime asked, MonoTime now);
  // For kLead. How much longer than its lease a worker is waited for that isn't heard of.
  Duration LongerWait(const std::vector<MasterRow>& masters, TimePoint now, MonoTime mono,
                      Duration outage) {
    return watch_->LongerWait(mono, outage, watch_->IsAlone(masters, now));
  }
  // The claim was sent at `sent`.
  Step OnLed(const Result<Epoch>& epoch, MonoTime sent);
  Step OnRecovered(const Result<Epoch>& epoch, MonoTime now);
  Step OnMail(size_t messages, MonoTime now);
  Step OnCommit(const Status& status, MonoTime now);
  Step OnTakenBack(const Result<bool>& again, MonoTime now);
  Step OnAudited(const Status& status) const;
  Step OnSteppedDown(const Status& why) const { return {Act::kFollow, poll_, why}; }

 private:
  Step Next(MonoTime now);
  // `act` again, as long as that makes sense.
  Step TryAgain(Act act, const Status& status, MonoTime now);
  Step Fail(const Status& status) const;

  Standing& standing_;
  const Duration poll_{0};
  const bool may_lead_ = true;
  std::optional<LeaderWatch> watch_;
  // The turn.
  size_t mail_ = 0, at_ = 0;
  Loop::Took took_ = Loop::Took::kAll;
  bool done_ = true;
  Status refused_;
  std::optional<MonoTime> failing_since_;
  Duration pause_{0};
};

}  // namespace gale
