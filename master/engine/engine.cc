#include "master/engine/engine.h"

#include "common/base/limits.h"
#include "common/base/log.h"
#include "master/engine/turn_plan.h"

namespace gale {

Engine::Engine(Store& store, QueueBell& bell, TaskQueue* served, LoopOptions options, Clock& clock,
               std::optional<LeadershipOptions> leadership)
    : clock_(clock),
      store_(store),
      sync_later_(options.sync_later),
      loop_(store, bell, served, std::move(options)),
      leadership_(std::move(leadership)) {
  if (leadership_) watch_.emplace(leadership_->lease, leadership_->self.instance);
}

Engine::~Engine() { Stop(clock_.Mono()); }

Status Engine::Start() {
  if (leadership_) {
    GALE_RETURN_IF_ERROR(SayPresent());  // before it leads: others must know where it is
    GALE_RETURN_IF_ERROR(Follow());
    beat_thread_ = std::thread([this] { BeatMain(); });
  } else {
    GALE_RETURN_IF_ERROR(loop_.Recover(clock_.Now(), clock_.Mono()));
    healthy_ = leads_ = true;
    metrics_.terms.Add();
    if (on_leading_) on_leading_(true);
  }
  last_turn_us_ = clock_.Now().time_since_epoch().count();
  thread_ = std::thread([this] { Main(); });
  if (sync_later_) sync_thread_ = std::thread([this] { SyncMain(); });
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
  if (beat_thread_.joinable()) beat_thread_.join();
  if (sync_thread_.joinable()) sync_thread_.join();
  if (thread_.joinable()) {
    thread_.join();
    // The last turns' answers, if the disk takes them.
    if (const uint64_t turn = loop_.unsynced(); turn > 0 && store_.Sync().ok()) loop_.Synced(turn);
    if (leadership_ && leads_) (void)store_.ReleaseLeadership(Epoch(epoch_));
    leads_ = false;
  }
  std::lock_guard lock(mutex_);
  mailbox_.clear();
}

bool Engine::Post(std::function<void(Loop&)> task) {
  {
    std::lock_guard lock(mutex_);
    if (stopping_ || !leads_ || mailbox_.size() >= limits::kMailboxEventsMax) {
      metrics_.refused.Add();
      return false;
    }
    mailbox_.push_back(std::move(task));
    if (mailbox_.size() > 1) return true;  // it has been woken
  }
  wake_.notify_one();
  return true;
}

Status Engine::fatal() const {
  std::lock_guard lock(mutex_);
  return fatal_;
}

std::vector<std::function<void(Loop&)>> Engine::Collect() {
  // Bounded, so that the wall clock may jump under a far-off timer.
  Duration wait = std::chrono::seconds(60);
  if (auto next = loop_.NextWake()) wait = std::min(wait, *next - clock_.Now());
  wait = std::max(Duration(0), std::min(wait, loop_.NextMonoWake() - clock_.Mono()));
  std::unique_lock lock(mutex_);
  wake_.wait_for(lock, wait, [&] { return stopping_ || !mailbox_.empty() || !deposed_.ok(); });
  std::vector<std::function<void(Loop&)>> mail;
  while (!mailbox_.empty() && mail.size() < limits::kBatchEventsMax) {
    mail.push_back(std::move(mailbox_.front()));
    mailbox_.pop_front();
  }
  return mail;
}

void Engine::Main() {
  for (;;) {
    if (!leads_) {
      std::unique_lock lock(mutex_);
      if (wake_.wait_for(lock, leadership_->poll, [&] { return stopping_; })) return;
      lock.unlock();
      TellLedger("who leads can't be read, trying again", Follow());
      continue;
    }
    auto mail = Collect();
    {
      std::lock_guard lock(mutex_);
      if (stopping_ && mail.empty()) return;
    }
    if (Status lead = CheckLead(); !lead.ok()) {
      StepDown(lead);
      continue;
    }
    Turn(std::move(mail));
    std::lock_guard lock(mutex_);
    if (!fatal_.ok()) {
      stopping_ = true;
      return;
    }
  }
}

void Engine::Turn(std::vector<std::function<void(Loop&)>> mail) {
  const MonoTime began = clock_.Mono();
  Status status = TakeMail(mail);
  metrics_.turns.Add();
  metrics_.events.Add(mail.size());
  metrics_.turn.Observe(clock_.Mono() - began);
  if (status.ok()) status = Audit();
  if (leadership_ && !status.ok()) {
    StepDown(status);  // the next look at the leader's row says how to go on
  } else if (status.code() == Code::kAborted) {
    GiveUp(status);  // another master leads: to take it back would be a fight without end
  } else if (!status.ok()) {
    GALE_ERROR("starting anew from the ledger: {}", status.ToString());
    RecoverUntilItWorks();
  }
  if (sync_later_) RequestSync();
  last_turn_us_ = clock_.Now().time_since_epoch().count();
}

Status Engine::TakeMail(std::vector<std::function<void(Loop&)>>& mail) {
  const TimePoint now = clock_.Now();
  const MonoTime mono = clock_.Mono();
  TurnPlan plan(mail.size());
  while (const auto slice = plan.Next()) {
    GALE_RETURN_IF_ERROR(CheckLead());
    loop_.BeginTurn(now, mono);
    for (size_t i = 0; i < slice->count; ++i) mail[slice->first + i](loop_);
    const MonoTime decided = clock_.Mono();
    const Status status = KeepTrying(loop_.EndTurn(), [this] { return loop_.RetryCommit(); });
    metrics_.commit.Observe(clock_.Mono() - decided);
    if (status.ok()) {
      plan.OnCommitted();
      continue;
    }
    if (!IsRefused(status)) return status;
    metrics_.refused_turns.Add();
    Result<bool> again = false;
    auto take_back = [&] { return (again = loop_.TakeBack(status, slice->took)).status(); };
    GALE_RETURN_IF_ERROR(KeepTrying(take_back(), take_back));
    plan.OnTakenBack(*again);
  }
  return OkStatus();
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
      healthy_ = false;
      GALE_ERROR("trying again in 1 s: {}", status.ToString());
      std::unique_lock lock(mutex_);
      sync_wake_.wait_for(lock, std::chrono::seconds(1), [&] { return stopping_; });
      if (stopping_) return;
      continue;
    }
    synced = turn;
    std::lock_guard lock(mutex_);
    mailbox_.push_back([turn](Loop& loop) { loop.Synced(turn); });
    wake_.notify_one();
  }
}

Status Engine::KeepTrying(Status status, const std::function<Status()>& again) {
  const MonoTime give_up = clock_.Mono() + limits::kCommitRetryMax;
  Duration pause = std::chrono::milliseconds(10);
  auto go_on = [&] { return leadership_ ? CheckLead().ok() : clock_.Mono() < give_up; };
  while (status.code() == Code::kUnavailable && go_on()) {
    healthy_ = false;
    GALE_WARN("the ledger isn't reached, trying again: {}", status.ToString());
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, pause, [&] { return stopping_ || !deposed_.ok(); });
    if (stopping_) return status;
    lock.unlock();
    pause = std::min<Duration>(pause * 2, std::chrono::seconds(1));
    metrics_.commit_retries.Add();
    status = again();
  }
  if (status.ok()) healthy_ = true;
  return status;
}

void Engine::GiveUp(const Status& status) {
  healthy_ = leads_ = false;
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

void Engine::RecoverUntilItWorks() {
  healthy_ = false;
  for (;;) {
    Status status = loop_.Recover(clock_.Now(), clock_.Mono());
    if (status.ok()) {
      healthy_ = true;
      return;
    }
    std::unique_lock lock(mutex_);
    if (stopping_) return;
    if (status.code() == Code::kAborted || status.code() == Code::kFailedPrecondition) {
      lock.unlock();
      return GiveUp(status);
    }
    GALE_ERROR("the ledger can't be read, trying again in 1 s: {}", status.ToString());
    wake_.wait_for(lock, std::chrono::seconds(1), [&] { return stopping_; });
    if (stopping_) return;
  }
}

}  // namespace gale
