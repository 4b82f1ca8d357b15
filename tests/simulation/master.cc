#include "tests/simulation/master.h"

namespace gale::sim {

using std::chrono::milliseconds;
using std::chrono::seconds;

// The loop's end of one stream.
class Master::Link : public WorkerLink {
 public:
  Link(Master& master, StreamPtr stream) : master_(master), stream_(std::move(stream)) {}

  void SendWelcome(const Welcome& welcome) override {
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
    SendEvent(worker::event::Refused{attempt});
  }
  void SendAck(const std::vector<AttemptId>& finished) override {
    if (stream_->closed) return;
    master_.checkers_.OnAck(finished);
    SendEvent(worker::event::Acked{finished});
  }
  void SendLease(Duration lease, uint64_t sequence) override {
    SendEvent(worker::event::LeaseRenewed{sequence, lease});
  }
  void SendCancel(const AttemptId& attempt, const std::string& reason) override {
    master_.context_.Trace("cancel {}: {}", attempt.ToString(), reason);
    SendEvent(worker::event::CancelRequested{attempt, reason});
  }
  void SendDrain() override { SendEvent(worker::event::DrainRequested{seconds(10)}); }
  // Worker 0 lives on the master's machine.
  bool on_this_host() const override { return stream_->worker == 0; }
  void Close(const Status& status) override {
    if (stream_->closed) return;
    master_.context_.Trace("master closes stream {}: {}", stream_->id, status.ToString());
    const bool for_good = status.code() != Code::kUnavailable;
    Send([for_good](Host& host, const StreamPtr& s) { host.ReceiveEnd(s, for_good); });
    stream_->closed = true;
  }

 private:
  template <class E>
  void SendEvent(E event) {
    Send([event](Host& host, const StreamPtr& s) { host.Receive(s, {MonoTime(), event}); });
  }
  template <class F>
  void Send(F what) {
    if (stream_->closed || !master_.MaySend()) return;
    master_.network_.SendDown(
        stream_, [&host = *master_.hosts_[stream_->worker], s = stream_, what] { what(host, s); });
  }
  Master& master_;
  StreamPtr stream_;
  std::set<AttemptId> granted_;
};

Master::Master(Context& context, const Scenario& scenario, Checkers& checkers, Network& network,
               WatchedStore& store, MemoryQueue& queue, std::vector<std::unique_ptr<Host>>& hosts)
    : context_(context),
      scenario_(scenario),
      checkers_(checkers),
      network_(network),
      store_(store),
      queue_(queue),
      hosts_(hosts) {}

std::string Master::Describe() const {
  if (!up()) return "master: down";
  std::string out =
      fmt::format("master: {} runs, {} messages", loop_->scheduler().runs().size(), mail_.size());
  for (const auto& [id, run] : loop_->scheduler().runs()) {
    out += fmt::format("; run {} {} ({})", id.value, Name(run->head.state), run->live().size());
    for (uint32_t i = 0; i < run->size(); ++i) {
      out += fmt::format(" {}", Name(run->ti(TaskIndex(i)).state));
    }
  }
  return out;
}

void Master::Start() {
  if (up()) return;
  ++life_;
  context_.Trace("master starts (life {})", life_);
  if (scenario_.serve_queue) queue_.Clear();  // it was the dead master's own
  LoopOptions options;
  options.serve_queue = scenario_.serve_queue;
  options.sweep_interval = seconds(6);
  options.sync_later = store_.sync_later = scenario_.sync_later;
  options.paused_at_creation = false;
  options.parse_spec = [this](const std::string& bytes) { return scenario_.Parse(bytes); };
  loop_ = std::make_unique<Loop>(store_, queue_, std::move(options));
  Recover(false);
}

void Master::Recover(bool step_down) {
  context_.Saw(Seen::kRecoveries);
  if (step_down) context_.Saw(Seen::kStepDowns);
  retrying_ = flushing_ = false;
  store_.plan = {};
  wake_planned_.reset();
  Status status = loop_->Recover(context_.wall(), context_.now());
  if (!status.ok()) return context_.Fail("recovery: " + status.ToString());
  links_.clear();
  ++life_;  // no message of an old stream reaches the new term
  checkers_.AcceptedAreThere();
  PlanTurn(Duration(0));
}

void Master::Crash(Duration away) {
  if (!up()) return;
  context_.Trace("master CRASHES for {:.3f} s", Seconds(away));
  context_.Saw(Seen::kMasterCrashes);
  loop_.reset();
  mail_.clear();
  retrying_ = false;
  sends_left_ = -1;
  store_.plan = {};
  links_.clear();
  for (auto& host : hosts_) {
    if (StreamPtr stream = host->stream()) {
      network_.Break(stream);
      context_.agenda.In(context_.dice.Ms(0, 3000), [&host = *host, stream] {
        if (host.stream() == stream) host.LoseStream();
      });
    }
  }
  context_.agenda.In(away, [this] { Start(); });
}

void Master::Post(std::function<void(Loop&)> what) {
  if (!up()) return;
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
  if (!LinkOf(stream)) return;
  Post([this, stream, what = std::move(what)](Loop& loop) {
    if (WorkerLinkPtr link = LinkOf(stream)) what(loop, link);
  });
}

void Master::StreamEnded(const StreamPtr& stream, Duration delay) {
  context_.agenda.In(delay, [this, stream] {
    if (!LinkOf(stream)) return;
    Post([this, stream](Loop& loop) {
      if (WorkerLinkPtr link = LinkOf(stream)) loop.OnDisconnected(link);
      network_.Forget(stream);
    });
  });
}

void Master::PlanTurn(Duration delay) {
  if (turn_planned_) return;
  turn_planned_ = true;
  context_.agenda.In(delay, [this] {
    turn_planned_ = false;
    Turn();
  });
}

void Master::PlanWake() {
  MonoTime at = loop_->NextMonoWake();
  if (auto wake = loop_->NextWake()) at = std::min(at, context_.now() + (*wake - context_.wall()));
  at = std::max(at, context_.now());
  if (wake_planned_ && *wake_planned_ <= at && *wake_planned_ > context_.now()) return;
  wake_planned_ = at;
  context_.agenda.At(at, [this, life = life_] {
    if (up() && life == life_) PlanTurn(Duration(0));
  });
}

void Master::Turn() {
  if (!up() || retrying_) return;
  loop_->BeginTurn(context_.wall(), context_.now());
  for (auto& what : std::exchange(mail_, {})) what(*loop_);
  AfterCommit(loop_->EndTurn());
}

void Master::AfterCommit(Status status) {
  if (sends_left_ == 0) {
    context_.Saw(Seen::kCrashesMidRelease);
    return Crash(context_.dice.Ms(50, 20'000));
  }
  if (status.ok()) {
    retrying_ = false;
    checkers_.AfterTurn(*loop_);
    if (context_.dice.Chance(8)) checkers_.MemoryIsLedger(*loop_);
    if (!mail_.empty()) PlanTurn(Duration(0));
    FlushLater();
    return PlanWake();
  }
  const CommitFault plan = store_.plan;
  context_.Trace("commit failed: {}", status.ToString());
  if (status.code() != Code::kUnavailable) return context_.Fail("commit: " + status.ToString());
  if (plan.fault == Fault::kFailAfter) context_.Saw(Seen::kCommitsReportedLost);
  switch (plan.then) {
    case CommitFault::Then::kCrash:
      context_.Saw(plan.fault == Fault::kFailAfter ? Seen::kCrashesAfterCommit
                                                   : Seen::kCrashesBeforeCommit);
      return Crash(context_.dice.Ms(50, 20'000));
    case CommitFault::Then::kStepDown: return Recover(true);
    case CommitFault::Then::kRetry: break;
  }
  context_.Saw(Seen::kCommitRetries);
  retrying_ = true;
  context_.agenda.In(context_.dice.Ms(10, 900), [this, life = life_] {
    if (up() && life == life_ && retrying_) AfterCommit(loop_->RetryCommit());
  });
}

// What was committed before the flush began, and no more, is let out when it ends.
void Master::FlushLater() {
  const uint64_t turn = loop_->unsynced();
  if (turn == 0 || flushing_) return;
  flushing_ = true;
  if (Status status = store_.Sync(); !status.ok()) return context_.Fail(status.ToString());
  context_.agenda.In(context_.dice.Ms(0, context_.faults && context_.dice.Chance(5) ? 2000 : 20),
                     [this, turn, life = life_] {
                       if (life != life_) return;
                       flushing_ = false;
                       if (!up()) return;
                       Post([this, turn](Loop& loop) {
                         loop.Synced(turn);
                         FlushLater();
                       });
                     });
}

bool Master::MaySend() {
  if (sends_left_ < 0) return true;
  if (sends_left_ == 0) return false;
  --sends_left_;
  return sends_left_ > 0;
}

}  // namespace gale::sim
