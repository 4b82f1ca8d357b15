#include "master/engine/driver.h"

#include "common/base/limits.h"

namespace gale {

using Took = Loop::Took;

Driver::Step Driver::OnFollowed(const Result<LeaderRow>& row, MonoTime asked, MonoTime now) {
  if (!row.ok()) return {Act::kFollow, poll_, row.status()};
  const bool free = watch_->See(*row, asked, now);
  if (!free || !may_lead_) return {Act::kFollow, poll_};
  return {.act = Act::kLead, .seen = *row};
}

Driver::Step Driver::OnLed(const Result<Epoch>& epoch, MonoTime sent) {
  if (!epoch.ok()) {
    const bool taken = epoch.status().code() == Code::kAborted;  // another was faster
    return {Act::kFollow, poll_, taken ? OkStatus() : epoch.status()};
  }
  watch_->Led(*epoch);
  standing_.Begin(*epoch, sent);
  return {Act::kCollect};
}

Driver::Step Driver::OnRecovered(const Result<Epoch>& epoch, MonoTime now) {
  if (epoch.ok()) {
    standing_.Begin(*epoch, now);
    return {Act::kCollect};
  }
  const Code code = epoch.status().code();
  if (code == Code::kAborted || code == Code::kFailedPrecondition || !standing_.flush().ok()) {
    return {Act::kGiveUp, Duration(0), epoch.status()};
  }
  return {Act::kRecover, kPauseMax, epoch.status()};
}

Driver::Step Driver::OnMail(size_t messages, MonoTime now) {
  mail_ = messages;
  at_ = 0;
  took_ = messages == 0 ? Took::kNothing : Took::kAll;
  done_ = false;
  return Next(now);
}

Driver::Step Driver::Next(MonoTime now) {
  failing_since_.reset();
  if (const Status flush = standing_.flush(); !flush.ok()) {
    return {Act::kGiveUp, Duration(0), flush};
  }
  if (const Status lead = standing_.Check(now); !lead.ok()) return Fail(lead);
  if (done_) return {Act::kAudit};
  const size_t count = took_ == Took::kAll ? mail_ : took_ == Took::kOne ? 1 : 0;
  return {.act = Act::kTurn, .took = took_, .first = at_, .count = count};
}

Driver::Step Driver::OnCommit(const Status& status, MonoTime now) {
  if (status.code() == Code::kUnavailable) return TryAgain(Act::kCommit, status, now);
  if (IsRefused(status)) {
    failing_since_.reset();
    refused_ = status;
    return {.act = Act::kTakeBack, .why = status, .took = took_};
  }
  if (!status.ok()) return Fail(status);
  if (took_ == Took::kOne) ++at_;
  done_ = took_ == Took::kAll || at_ >= mail_;
  took_ = Took::kOne;
  return Next(now);
}

Driver::Step Driver::OnTakenBack(const Result<bool>& again, MonoTime now) {
  if (again.status().code() == Code::kUnavailable) {
    Step step = TryAgain(Act::kTakeBack, again.status(), now);
    if (step.act == Act::kTakeBack) {
      step.why = refused_;
      step.took = took_;
    }
    return step;
  }
  if (!again.ok()) return Fail(again.status());
  if (took_ == Took::kAll) {
    took_ = Took::kNothing;
  } else if (took_ == Took::kOne && !*again) {
    done_ = ++at_ >= mail_;
  }
  return Next(now);
}

Driver::Step Driver::OnAudited(const Status& status) const {
  return status.ok() ? Step{Act::kCollect} : Fail(status);
}

// One that is alone gives up after a while, and starts anew; one of several goes on as long as it
// may lead.
Driver::Step Driver::TryAgain(Act act, const Status& status, MonoTime now) {
  if (!failing_since_) {
    failing_since_ = now;
    pause_ = kPauseMin;
  } else {
    pause_ = std::min(pause_ * 2, kPauseMax);
  }
  if (const Status flush = standing_.flush(); !flush.ok()) {
    return {Act::kGiveUp, Duration(0), flush};
  }
  const bool goes_on = standing_.several() ? standing_.Check(now).ok()
                                           : now - *failing_since_ < limits::kCommitRetryMax;
  return goes_on ? Step{act, pause_, status} : Fail(status);
}

Driver::Step Driver::Fail(const Status& status) const {
  if (standing_.several()) return {Act::kStepDown, Duration(0), status};
  // Another master leads: to take it back would be a fight without end.
  if (status.code() == Code::kAborted) return {Act::kGiveUp, Duration(0), status};
  return {Act::kRecover, Duration(0), status};
}

}  // namespace gale
