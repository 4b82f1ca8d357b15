#include "master/engine/engine.h"

#include "common/base/limits.h"
#include "common/base/log.h"

namespace gale {

Engine::Engine(Store& store, QueueBell& bell, TaskQueue* served, LoopOptions options, Clock& clock,
               std::optional<LeadershipOptions> leadership)
    : clock_(clock),
      store_(store),
      leadership_(std::move(leadership)),
      sync_later_(options.sync_later),
      loop_(store, bell, served, std::move(options)),
      loader_(store, loop_.catalog(), [this](LedgerAnswer answer) { Deliver(std::move(answer)); }),
      standing_(leadership_ ? Standing(leadership_->lease, leadership_->outage) : Standing()),
      driver_(leadership_ ? Driver(standing_, leadership_->lease, leadership_->self.instance,
                                   leadership_->poll, leadership_->may_lead)
                          : Driver(standing_)),
      next_(driver_.Begin()) {}

Engine::~Engine() { Stop(clock_.Mono()); }

Status Engine::Start() {
  if (leadership_) GALE_RETURN_IF_ERROR(SayPresent());  // before it leads: others must know where
  do {
    next_ = Do(next_);
    if (!next_.why.ok()) return next_.why;
  } while (next_.act == Driver::Act::kLead);
  healthy_ = true;
  if (!leadership_) {
    metrics_.terms.Add();
    if (on_leading_) on_leading_(true);
  }
  last_turn_us_ = clock_.Now().time_since_epoch().count();
  loader_.Start();
  thread_ = NamedThread("engine", [this] { Main(); });
  if (leadership_) beat_thread_ = NamedThread("beat", [this] { BeatMain(); });
  if (sync_later_) sync_thread_ = NamedThread("sync", [this] { SyncMain(); });
  return OkStatus();
}

// Everything that is durable is in the ledger already: there is nothing to wait for but the turn.
void Engine::Stop(MonoTime) {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  sync_wake_.notify_all();
  beat_wake_.notify_all();
  loader_.Stop();
  if (beat_thread_.joinable()) beat_thread_.join();
  if (sync_thread_.joinable()) sync_thread_.join();
  if (thread_.joinable()) {
    thread_.join();
    // The last turns' answers, if the disk takes them.
    const uint64_t turn = standing_.flush().ok() ? loop_.unsynced() : 0;
    if (turn > 0 && store_.Sync().ok()) loop_.Synced(turn);
    if (leadership_ && leads()) (void)store_.ReleaseLeadership(standing_.epoch());
    standing_.End();
  }
  std::lock_guard lock(mutex_);
  mailbox_.clear();
}

bool Engine::Post(std::function<void(Loop&)> task) {
  {
    std::lock_guard lock(mutex_);
    if (stopping_ || !leads() || mailbox_.size() >= limits::kMailboxEventsMax) {
      metrics_.refused.Add();
      return false;
    }
    mailbox_.push_back(std::move(task));
    if (mailbox_.size() > 1) return true;  // it has been woken
  }
  wake_.notify_one();
  return true;
}

// Not bounded by the mailbox's limit, but by the loop's on what it needs.
void Engine::Deliver(LedgerAnswer answer) {
  auto held = std::make_shared<LedgerAnswer>(std::move(answer));
  {
    std::lock_guard lock(mutex_);
    if (stopping_ || !leads()) return;  // whoever waits for it is dropped
    mailbox_.push_back([held](Loop& loop) { loop.Answer(*held); });
  }
  wake_.notify_one();
}

Status Engine::fatal() const {
  std::lock_guard lock(mutex_);
  return fatal_;
}

Engine::Mail Engine::Collect() {
  // Bounded, so that the wall clock may jump under a far-off timer.
  Duration wait = std::chrono::seconds(60);
  if (auto next = loop_.NextWake()) wait = std::min(wait, *next - clock_.Now());
  wait = std::max(Duration(0), std::min(wait, loop_.NextMonoWake() - clock_.Mono()));
  std::unique_lock lock(mutex_);
  wake_.wait_for(lock, wait,
                 [&] { return stopping_ || !mailbox_.empty() || standing_.IsBroken(); });
  Mail mail;
  while (!mailbox_.empty() && mail.size() < limits::kBatchEventsMax) {
    mail.push_back(std::move(mailbox_.front()));
    mailbox_.pop_front();
  }
  over_ = stopping_ && mail.empty();
  return mail;
}

void Engine::Main() {
  while (!over_ && Pause(next_)) {
    next_ = Do(next_);
    healthy_ = next_.why.ok() || IsRefused(next_.why);
    last_turn_us_ = clock_.Now().time_since_epoch().count();
  }
}

bool Engine::Pause(const Driver::Step& step) {
  using Act = Driver::Act;
  if (step.pause == Duration(0)) return true;
  const bool in_turn = step.act == Act::kCommit || step.act == Act::kTakeBack;
  if (in_turn) GALE_WARN("commit failed, trying again: {}", step.why.ToString());
  std::unique_lock lock(mutex_);
  wake_.wait_for(lock, step.pause, [&] { return stopping_ || (in_turn && standing_.IsBroken()); });
  if (!stopping_) return true;
  lock.unlock();
  if (in_turn) loop_.Abandon(step.why);
  return false;
}

Driver::Step Engine::Do(const Driver::Step& step) {
  using Act = Driver::Act;
  switch (step.act) {
    case Act::kFollow: return Follow();
    case Act::kLead: return Lead(step.seen);
    case Act::kRecover: return Recover(step.pause == Duration(0) ? step.why : OkStatus());
    case Act::kCollect:
      mail_ = Collect();
      if (over_) return step;
      now_ = clock_.Now();
      mono_ = clock_.Mono();
      return driver_.OnMail(mail_.size(), mono_);
    case Act::kTurn: {
      loop_.BeginTurn(now_, mono_);
      for (size_t i = 0; i < step.count; ++i) mail_[step.first + i](loop_);
      decided_ = clock_.Mono();
      return Committed(loop_.EndTurn());
    }
    case Act::kCommit: metrics_.commit_retries.Add(); return Committed(loop_.RetryCommit());
    case Act::kTakeBack: {
      metrics_.refused_turns.Add();
      const Result<bool> again = loop_.TakeBack(step.why, step.took);
      return driver_.OnTakenBack(again, clock_.Mono());
    }
    case Act::kAudit:
      metrics_.turns.Add();
      metrics_.events.Add(mail_.size());
      metrics_.turn.Observe(clock_.Mono() - mono_);
      mail_.clear();
      loader_.Ask(loop_.TakeNeeds());
      if (sync_later_) RequestSync();
      return driver_.OnAudited(Audit());
    case Act::kStepDown: StepDown(step.why); return driver_.OnSteppedDown(step.why);
    case Act::kGiveUp: GiveUp(step.why); return step;
  }
  return step;
}

Driver::Step Engine::Committed(const Status& status) {
  const MonoTime now = clock_.Mono();
  if (status.code() != Code::kUnavailable) metrics_.commit.Observe(now - decided_);
  return driver_.OnCommit(status, now);
}

Driver::Step Engine::Recover(const Status& why) {
  if (!why.ok()) GALE_ERROR("starting anew from the ledger: {}", why.ToString());
  mail_.clear();
  const Status status = loop_.Recover(clock_.Now(), clock_.Mono());
  Driver::Step next =
      driver_.OnRecovered(status.ok() ? Result<Epoch>(loop_.epoch()) : status, clock_.Mono());
  if (next.act == Driver::Act::kRecover) {
    GALE_ERROR("the ledger can't be read, trying again in 1 s: {}", status.ToString());
  }
  return next;
}

Status Engine::Audit() {
  if (clock_.Mono() < next_audit_) return OkStatus();
  next_audit_ = clock_.Mono() + kAuditInterval;
  std::string broken = loop_.Audit();
  std::lock_guard lock(mutex_);
  ++audits_.done;
  if (broken.empty()) return OkStatus();
  ++audits_.broken;
  audits_.last = broken;
  return Internal("the auditor found, after a commit: {}", broken);
}

Engine::Audits Engine::audits() const {
  std::lock_guard lock(mutex_);
  return audits_;
}

void Engine::RequestSync() {
  const uint64_t turn = loop_.unsynced();
  if (turn == 0) return;
  {
    std::lock_guard lock(mutex_);
    if (sync_wanted_ >= turn) return;
    sync_wanted_ = turn;
  }
  sync_wake_.notify_one();
}

// One flush covers all turns that were committed before it began.
void Engine::SyncMain() {
  uint64_t synced = 0;
  for (;;) {
    uint64_t turn;
    {
      std::unique_lock lock(mutex_);
      sync_wake_.wait(lock, [&] { return sync_wanted_ > synced || stopping_; });
      if (sync_wanted_ <= synced) return;
      turn = sync_wanted_;
    }
    const MonoTime began = clock_.Mono();
    const Status status = store_.Sync();
    metrics_.sync.Observe(clock_.Mono() - began);
    if (!status.ok()) {
      standing_.OnFlushFailed(
          status.WithContext("a flush failed; the next start reads what is there"));
      std::lock_guard lock(mutex_);
      return wake_.notify_all();
    }
    synced = turn;
    std::lock_guard lock(mutex_);
    mailbox_.push_back([turn](Loop& loop) { loop.Synced(turn); });
    wake_.notify_one();
  }
}

void Engine::GiveUp(const Status& status) {
  standing_.End();
  over_ = true;
  mail_.clear();
  GALE_ERROR("giving up: {}", status.ToString());
  loop_.Abandon(status);
  {
    std::lock_guard lock(mutex_);
    fatal_ = status;
    stopping_ = true;  // nothing is taken any more, and what was is answered
    mailbox_.clear();
  }
  sync_wake_.notify_all();
  if (on_fatal_) on_fatal_(status);
}

}  // namespace gale
