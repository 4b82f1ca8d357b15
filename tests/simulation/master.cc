#include "tests/simulation/master.h"

#include "common/rpc/convert.h"

namespace gale::sim {

using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

constexpr Duration kPoll = milliseconds(100);

}  // namespace

// The loop's end of one stream.
class Master::Link : public WorkerLink {
 public:
  Link(Master& master, StreamPtr stream) : master_(master), stream_(std::move(stream)) {}

  void SendWelcome(const Welcome& welcome) override {
    if (stream_->closed) return;
    master_.checkers_.OnWelcome(stream_);
    Send([welcome](Host& host, const StreamPtr& s) { host.ReceiveWelcome(s, welcome); });
  }
  void SendGrant(const Grant& grant) override {
    if (stream_->closed) return;
    const Host& host = *master_.hosts_[stream_->worker];
    master_.context_.Trace("grant {} to {}", grant.attempt.ToString(), host.name());
    master_.checkers_.OnGrant(host.name(), grant, on_this_host());
    if (!granted_.insert(grant.attempt).second) {
      master_.context_.Fail(
          fmt::format("{} was granted twice on one stream", grant.attempt.ToString()));
    }
    if (!master_.ever_granted_.insert(grant.attempt).second) master_.context_.Saw(Seen::kRegrants);
    Send([grant](Host& h, const StreamPtr& s) { h.ReceiveGrant(s, grant); });
  }
  void SendRefuse(const AttemptId& attempt, const std::string& reason) override {
    master_.context_.Saw(Seen::kRefusals);
    master_.context_.Trace("refuse {}: {}", attempt.ToString(), reason);
    v1::MasterMessage message;
    *message.mutable_refuse()->mutable_attempt() = ToProto(attempt);
    Say(std::move(message));
  }
  void SendAck(const std::vector<AttemptId>& finished) override {
    if (stream_->closed) return;
    master_.checkers_.OnAck(finished);
    v1::MasterMessage message;
    for (const AttemptId& id : finished) *message.mutable_ack()->add_finished() = ToProto(id);
    Say(std::move(message));
  }
  void SendLease(Duration lease, uint64_t sequence) override {
    v1::MasterMessage message;
    message.mutable_lease()->set_sequence(sequence);
    *message.mutable_lease()->mutable_lease() = ToProto(lease);
    Say(std::move(message));
  }
  void SendCancel(const AttemptId& attempt, const std::string& reason) override {
    master_.context_.Trace("cancel {}: {}", attempt.ToString(), reason);
    v1::MasterMessage message;
    *message.mutable_cancel()->mutable_attempt() = ToProto(attempt);
    message.mutable_cancel()->set_reason(reason);
    Say(std::move(message));
  }
  void SendDrain(bool over) override {
    v1::MasterMessage message;
    message.mutable_drain()->set_over(over);
    Say(std::move(message));
  }
  // Worker 0 lives on the machine of master 0, worker 1 on that of master 1.
  bool on_this_host() const override { return stream_->worker == master_.number_; }
  void Close(const Status& status) override {
    if (stream_->closed) return;
    master_.context_.Trace("master closes stream {}: {}", stream_->id, status.ToString());
    const bool for_good = status.code() != Code::kUnavailable;
    Send([for_good](Host& host, const StreamPtr& s) { host.ReceiveEnd(s, for_good); });
    stream_->closed = true;
  }

 private:
  void Say(v1::MasterMessage message) {
    Send([message = std::move(message)](Host& host, const StreamPtr& s) {
      host.Receive(s, message);
    });
  }
  template <class F>
  void Send(F what) {
    if (stream_->closed || !master_.MaySend()) return;
    auto send = [&network = master_.network_, &host = *master_.hosts_[stream_->worker], s = stream_,
                 what] { network.SendDown(s, [&host, s, what] { what(host, s); }); };
    if (master_.paused_) return master_.asleep_sends_.push_back(std::move(send));
    send();
  }
  Master& master_;
  StreamPtr stream_;
  std::set<AttemptId> granted_;
};

Master::Master(Context& context, const Scenario& scenario, Checkers& checkers, Network& network,
               WatchedStore& store, MemoryQueue& queue, std::vector<std::unique_ptr<Host>>& hosts,
               size_t number)
    : context_(context),
      scenario_(scenario),
      checkers_(checkers),
      network_(network),
      store_(store),
      queue_(queue),
      hosts_(hosts),
      number_(number),
      instance_(fmt::format("home{}", number)) {}

std::string Master::Describe() const {
  if (!up()) return fmt::format("master {}: down", number_);
  std::string out =
      fmt::format("master {}: {}, {} runs, {} messages", number_, leads() ? "leads" : "follows",
                  loop_->scheduler().runs().size(), mail_.size());
  if (!leads()) return out;
  for (const auto& [id, run] : loop_->scheduler().runs()) {
    out += fmt::format("; run {} {} ({})", id.value, Name(run->head.state), run->live().size());
    run->ForEach([&](core::Inst i) { out += fmt::format(" {}", Name(run->ti(i).state)); });
  }
  return out;
}

void Master::Start() {
  if (up()) return;
  ++life_;
  context_.Trace("master {} starts (life {})", number_, life_);
  if (scenario_.serve_queue) queue_.Clear();  // it was the dead master's own
  LoopOptions options;
  options.owner = fmt::format("m{}", number_);
  options.instance = instance_;
  options.lease = scenario_.lease;
  options.heartbeat = scenario_.heartbeat;
  options.sweep_interval = seconds(6);
  options.sync_later = store_.sync_later = scenario_.sync_later;
  options.paused_at_creation = false;
  options.parse_spec = [this](const std::string& bytes) { return scenario_.Parse(bytes); };
  loop_ = std::make_unique<Loop>(store_, queue_, scenario_.serve_queue ? &queue_ : nullptr,
                                 std::move(options));
  store_.looking_since = looked_ = context_.now();
  if (cluster()) {
    standing_ = std::make_unique<Standing>(scenario_.leader_lease, scenario_.outage);
    driver_ = std::make_unique<Driver>(*standing_, scenario_.leader_lease, instance_, kPoll, true);
  } else {
    standing_ = std::make_unique<Standing>();
    driver_ = std::make_unique<Driver>(*standing_);
  }
  Do(driver_->Begin());
}

void Master::Crash(Duration away) {
  if (!up()) return;
  context_.Trace("master {} CRASHES for {:.3f} s", number_, Seconds(away));
  context_.Saw(Seen::kMasterCrashes);
  Forget();
  context_.agenda.In(away, [this] { Start(); });
}

// The process is gone.
void Master::Forget() {
  loop_.reset();
  paused_ = collecting_ = turn_planned_ = flushing_ = false;
  mail_.clear();
  turn_mail_.clear();
  asleep_.clear();
  asleep_mail_.clear();
  asleep_sends_.clear();
  sends_left_ = -1;
  store_.plan = {};
  store_.cut_short = store_.flush_fails = store_.flush_failed = false;
  store_.on_committed = nullptr;
  wake_planned_.reset();
  links_.clear();
  ++life_;
  for (auto& host : hosts_) {
    StreamPtr stream = host->stream();
    if (stream && stream->master == number_) {
      network_.Break(stream);
      context_.agenda.In(context_.dice.Ms(0, 3000), [&host = *host, stream] {
        if (host.stream() == stream) host.LoseStream();
      });
    }
  }
}

void Master::Post(std::function<void(Loop&)> what) {
  if (!up()) return;
  if (paused_) {
    return asleep_mail_.push_back([this, what = std::move(what)] { Post(what); });
  }
  if (!leads()) return;
  mail_.push_back(std::move(what));
  PlanTurn(context_.faults ? context_.dice.Ms(0, 5) : milliseconds(1));
}

WorkerLinkPtr Master::LinkOf(const StreamPtr& stream) {
  if (!up() || stream->master_life != life_) return nullptr;
  WorkerLinkPtr& link = links_[stream->id];
  if (!link) link = std::make_shared<Link>(*this, stream);
  return link;
}

void Master::Deliver(const StreamPtr& stream,
                     std::function<void(Loop&, const WorkerLinkPtr&)> what) {
  const WorkerLinkPtr link = LinkOf(stream);
  if (!link) return;
  if (paused_) {
    return asleep_mail_.push_back(
        [this, stream, what = std::move(what)] { Deliver(stream, what); });
  }
  if (!leads()) return link->Close(Unavailable("this master follows"));
  Post([this, stream, what = std::move(what)](Loop& loop) {
    if (WorkerLinkPtr link = LinkOf(stream)) what(loop, link);
  });
}

void Master::Heartbeat(const StreamPtr& stream, uint64_t sequence) {
  const WorkerLinkPtr link = LinkOf(stream);
  if (!link) return;
  if (paused_) {
    return asleep_mail_.push_back([this, stream, sequence] { Heartbeat(stream, sequence); });
  }
  if (!standing_->MayRenewLeases(context_.now()) || !link->lease().Renew(context_.now())) return;
  if (store_.cut != LedgerCut::kNone) context_.Saw(Seen::kRenewedWithoutLedger);
  link->SendLease(scenario_.lease, sequence);
}

void Master::StreamEnded(const StreamPtr& stream, Duration delay) {
  if (!up()) return;
  After(delay, [this, stream] {
    if (!LinkOf(stream)) return;
    stream->closed = true;  // what is still to be sent on it goes nowhere
    if (!leads()) return network_.Forget(stream);
    Post([this, stream](Loop& loop) {
      if (WorkerLinkPtr link = LinkOf(stream)) loop.OnDisconnected(link);
      network_.Forget(stream);
    });
  });
}

void Master::Go(Driver::Step step) {
  if (step.pause == Duration(0)) return Do(std::move(step));
  // A commit's pause may be as long as the ledger takes to say no.
  const bool commit = step.act == Driver::Act::kCommit;
  After(step.pause + (commit ? context_.dice.Ms(0, 400) : Duration(0)),
        [this, step = std::move(step)] { Do(step); });
}

void Master::Do(Driver::Step step) {
  std::optional<Driver::Step> next = std::move(step);
  do {
    next = DoOne(*next);
  } while (next && next->pause == Duration(0) && !paused_);
  if (!next) return;
  if (!paused_) return Go(*std::move(next));
  asleep_.push_back([this, next = *std::move(next)] { Go(next); });
}

std::optional<Driver::Step> Master::DoOne(const Driver::Step& step) {
  using Act = Driver::Act;
  switch (step.act) {
    case Act::kFollow: return Follow();
    case Act::kLead: {
      // The claim may be long under way, or its thread may be slow.
      const bool slow = context_.faults && context_.dice.Chance(20);
      After(slow ? context_.dice.Ms(0, 2500) : Duration(0),
            [this, seen = step.seen] { Lead(seen); });
      return std::nullopt;
    }
    case Act::kRecover: return Recover(step.why);
    case Act::kCollect: Collect(); return std::nullopt;
    case Act::kTurn: turn_ = step; return Take();
    case Act::kCommit: context_.Saw(Seen::kCommitRetries); return AfterCommit(loop_->RetryCommit());
    case Act::kTakeBack:
      context_.Saw(Seen::kTurnsTakenBack);
      return driver_->OnTakenBack(loop_->TakeBack(step.why, step.took), context_.now());
    case Act::kAudit:
      turn_mail_.clear();
      checkers_.AfterTurn(*loop_);
      if (context_.dice.Chance(8) && loop_->epoch() == checkers_.epoch()) {
        checkers_.MemoryIsLedger(*loop_);
      }
      FlushLater();
      ReadLater();
      return driver_->OnAudited(OkStatus());
    case Act::kStepDown: return StepDown(step.why);
    case Act::kGiveUp:
      // The process ends; whoever watches it starts it again.
      if (step.why.code() == Code::kAborted) context_.Fail(step.why.ToString());
      Crash(context_.dice.Ms(50, 5000));
      return std::nullopt;
  }
  return std::nullopt;
}

std::optional<Driver::Step> Master::Recover(const Status& why) {
  context_.Saw(Seen::kRecoveries);
  if (!why.ok()) {
    context_.Trace("master {} starts anew from the ledger: {}", number_, why.ToString());
    context_.Saw(Seen::kStepDowns);
    if (why.code() != Code::kUnavailable) context_.Fail("it lost its memory: " + why.ToString());
  }
  flushing_ = turn_planned_ = false;
  store_.plan = {};
  wake_planned_.reset();
  turn_mail_.clear();
  Status status = loop_->Recover(context_.wall(), context_.now());
  if (!status.ok()) {
    context_.Fail("recovery: " + status.ToString());
    return std::nullopt;
  }
  links_.clear();
  ++life_;  // no message of an old stream reaches the new term
  checkers_.AcceptedAreThere();
  PlanTurn(Duration(0));
  return driver_->OnRecovered(loop_->epoch(), context_.now());
}

void Master::PlanTurn(Duration delay) {
  if (turn_planned_) return;
  turn_planned_ = true;
  After(delay, [this] {
    turn_planned_ = false;
    if (!leads() || !collecting_) return;
    collecting_ = false;
    turn_mail_ = std::exchange(mail_, {});
    turn_wall_ = context_.wall();
    turn_mono_ = context_.now();
    Do(driver_->OnMail(turn_mail_.size(), context_.now()));
  });
}

void Master::PlanWake() {
  MonoTime at = loop_->NextMonoWake();
  if (auto wake = loop_->NextWake()) at = std::min(at, context_.now() + (*wake - context_.wall()));
  at = std::max(at, context_.now());
  if (wake_planned_ && *wake_planned_ <= at && *wake_planned_ > context_.now()) return;
  wake_planned_ = at;
  After(at - context_.now(), [this] { PlanTurn(Duration(0)); });
}

void Master::Collect() {
  collecting_ = true;
  if (!mail_.empty() || standing_->IsBroken()) PlanTurn(Duration(0));
  PlanWake();
}

std::optional<Driver::Step> Master::Take() {
  loop_->BeginTurn(turn_wall_, turn_mono_);
  for (size_t i = 0; i < turn_.count; ++i) turn_mail_[turn_.first + i](*loop_);
  return AfterCommit(loop_->EndTurn());
}

std::optional<Driver::Step> Master::AfterCommit(const Status& status) {
  if (sends_left_ == 0) {
    context_.Saw(Seen::kCrashesMidRelease);
    Crash(context_.dice.Ms(50, 20'000));
    return std::nullopt;
  }
  if (!status.ok()) context_.Trace("commit of master {} failed: {}", number_, status.ToString());
  const CommitFault plan = store_.plan;
  if (status.code() == Code::kUnavailable) {
    if (plan.fault == Fault::kFailAfter) context_.Saw(Seen::kCommitsReportedLost);
    if (plan.then == CommitFault::Then::kCrash) {
      context_.Saw(plan.fault == Fault::kFailAfter ? Seen::kCrashesAfterCommit
                                                   : Seen::kCrashesBeforeCommit);
      Crash(context_.dice.Ms(50, 20'000));
      return std::nullopt;
    }
    // For as long as it takes until it gives the commit up.
    if (plan.then == CommitFault::Then::kStepDown && !cluster()) store_.plan.times = 1;
  }
  return driver_->OnCommit(status, context_.now());
}

// What was committed before the flush began, and no more, is let out when it ends.
void Master::FlushLater() {
  const uint64_t turn = loop_->unsynced();
  if (turn == 0 || flushing_) return;
  flushing_ = true;
  if (Status status = store_.Sync(); !status.ok()) {
    context_.Saw(Seen::kFlushesFailed);
    standing_->OnFlushFailed(status);
    return PlanTurn(Duration(0));
  }
  context_.agenda.In(context_.dice.Ms(0, context_.faults && context_.dice.Chance(5) ? 2000 : 20),
                     [this, turn, life = life_] {
                       if (life != life_) return;
                       flushing_ = false;
                       Post([this, turn](Loop& loop) {
                         loop.Synced(turn);
                         FlushLater();
                       });
                     });
}

// What was read may be old when it arrives.
void Master::ReadLater() {
  const bool slow = context_.faults && context_.dice.Chance(5);
  for (LedgerNeed& need : loop_->TakeNeeds()) {
    After(context_.dice.Ms(0, slow ? 3000 : 10), [this, slow, need = std::move(need)] {
      const LedgerAnswer answer = ReadNeed(store_.loader(), loop_->catalog(), need);
      context_.Saw(Seen::kReads);
      After(context_.dice.Ms(0, slow ? 3000 : 5),
            [this, answer] { Post([answer](Loop& loop) { loop.Answer(answer); }); });
    });
  }
}

bool Master::MaySend() {
  if (sends_left_ < 0) return true;
  if (sends_left_ == 0) return false;
  --sends_left_;
  return sends_left_ > 0;
}

}  // namespace gale::sim
