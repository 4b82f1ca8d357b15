#include "tests/simulation/host.h"

#include "common/rpc/convert.h"
#include "master/api/grants.h"

namespace gale::sim {

using std::chrono::seconds;

// Some attempts' code is not there at once, and while there are faults, of a few only after the
// fence; by a hash, so that the dice decide elsewhere what they always did.
namespace {

uint64_t HashOf(const AttemptId& id) {
  uint64_t hash = static_cast<uint64_t>(id.run.value) * 31 + id.task.value * 7 + id.try_number;
  return (hash * 0x9E3779B97F4A7C15ull) >> 32;
}
bool IsPython(const AttemptId& id) { return HashOf(id) % 3 == 1; }
bool MustFetch(const AttemptId& id) { return HashOf(id) % 5 == 0; }
Duration FetchTime(const AttemptId& id, bool faults) {
  const bool slow = faults && HashOf(id) % 25 == 0;
  return std::chrono::milliseconds(slow ? 12'000 : HashOf(id) % 400);
}

}  // namespace

Host::Host(Context& context, const Scenario& scenario, Checkers& checkers, Network& network,
           TaskQueue& queue, size_t number)
    : context_(context),
      scenario_(scenario),
      checkers_(checkers),
      network_(network),
      queue_(queue),
      number_(number),
      name_(fmt::format("w{}", number)),
      slots_(scenario.slots[number]),
      keeper_(context, scenario, checkers, keeper_files_, name_, slots_) {
  queues_ = {"default"};
  if (number == 0 || context.dice.Chance(50)) queues_.push_back("gpu");
  keeper_files_.decide = [this](bool writes, const std::string& path) {
    return DiskError(writes, path);
  };
  worker_files_.decide = [this](bool writes, const std::string& path) {
    return DiesHere() ? EIO : DiskError(writes, path);
  };
  keeper_.tells = [this](const AttemptId& id, const std::string& secret,
                         const std::string& message) { return Tell(id, secret, message); };
  keeper_.told_well = [this](const AttemptId& id) { return ToldWell(id); };
  keeper_.stream = [this] { return stream_; };
  keeper_.dies_here = [this] { return running_ && DiesHere(); };
  keeper_.tell = [this](Duration delay, keeper::KeeperEvent event) {
    RunLater(delay, [this, of = keeper_.life(), event = std::move(event)] {
      if (of == keeper_.life()) driver_->OnKeeper(event);
    });
  };
}

std::string Host::Describe() const {
  if (!up()) return fmt::format("{}: down", name_);
  return fmt::format("{}: {} live, {} unacked, {}{}, {} processes, {} exits", name_, core().live(),
                     core().unacked(), core().welcomed() ? "welcomed" : "not welcomed",
                     keeper_.alive() ? "" : ", no keeper", keeper_.running(), keeper_.untaken());
}

// The worker process.

void Host::Start() {
  if (up()) return;
  ++life_;
  if (life_ > 1) context_.Saw(Seen::kWorkerRestarts);
  crash_in_ = 0;
  popping_ = dying_ = false;
  pop_room_ = 0;
  tick_planned_.reset();
  worker::DriverOptions options;
  options.name = name_;
  options.home = "/" + name_;
  v1::Hello& hello = options.identity;
  hello.set_name(name_);
  hello.set_host(name_ + ".example");
  hello.set_pid(static_cast<int64_t>(life_));
  hello.set_incarnation(fmt::format("{}#{}", name_, life_));
  for (const std::string& queue : queues_) hello.add_queues(queue);
  hello.set_slots(slots_);
  options.core.slots = slots_;
  options.runner.task_socket = options.home + "/tasks.sock";
  (void)disk_.EnsureFolders(options.home);
  driver_ = std::make_unique<worker::Driver>(
      std::move(options),
      worker::Driver::Ports{*this, worker_files_, *this, keeper_, code_, *this});
  Status started;
  running_ = true;
  started = driver_->Start();
  running_ = false;
  context_.Saw(Seen::kSpoolReplays, core().unacked());
  context_.Trace("{} starts (life {}): {}; {}", name_, life_, Describe(), started.ToString());
  if (!started.ok()) return Crash(context_.dice.Ms(100, 2000));  // its supervisor starts it again
  PlanTick();
  ConnectIn(context_.dice.Ms(1, 300));
}

void Host::Crash(Duration away) {
  if (!up()) return;
  context_.Trace("{} CRASHES for {:.3f} s", name_, Seconds(away));
  context_.Saw(Seen::kWorkerCrashes);
  driver_.reset();
  dying_ = false;
  claimed_on_.clear();
  if (stream_) {
    stream_->worker_open = false;
    network_.Break(stream_);
    masters_[stream_->master]->StreamEnded(stream_, context_.dice.Ms(0, 8000));
    stream_.reset();
  }
  paused_ = false;
  asleep_.clear();
  context_.agenda.In(away, [this] { Start(); });
}

void Host::Run(std::function<void()> what) {
  if (!up()) return;
  if (paused_) return asleep_.push_back(std::move(what));
  running_ = true;
  what();
  running_ = false;
  if (dying_) return Crash(context_.dice.Ms(100, 25'000));
  PlanTick();
}

void Host::RunLater(Duration delay, std::function<void()> what) {
  last_fed_ = std::max(last_fed_, context_.now() + delay);
  context_.agenda.At(last_fed_, [this, life = life_, what = std::move(what)] {
    if (up() && life == life_) Run(what);
  });
}

bool Host::DiesHere() {
  if (crash_in_ > 0 && --crash_in_ == 0) dying_ = true;
  return dying_;
}

int Host::DiskError(bool writes, const std::string& path) {
  if (!context_.faults) return 0;
  const bool fails = spoilt_in_ == 1 || (writes && context_.now() < full_until_);
  if (fails && writes && path.find("/spool/") != std::string::npos) {
    context_.Saw(Seen::kSpoolRefusals);
  }
  if (spoilt_in_ > 0 && --spoilt_in_ == 0) {
    context_.Saw(Seen::kDiskErrors);
    context_.Trace("{}'s disk: I/O error at {}", name_, path);
    return EIO;
  }
  if (!writes || context_.now() >= full_until_) return 0;
  context_.Saw(Seen::kDiskFull);
  return ENOSPC;
}

void Host::FillDisk(Duration lasts) {
  context_.Trace("{}'s disk is full for {:.3f} s", name_, Seconds(lasts));
  full_until_ = context_.now() + lasts;
}

void Host::SpoilDisk(int operations) { spoilt_in_ = operations; }

void Host::PlanTick() {
  if (!up() || paused_) return;
  auto next = driver_->next_tick();
  if (!next || (tick_planned_ && *tick_planned_ <= *next)) return;
  const MonoTime at = *next + (context_.faults ? context_.dice.Ms(0, 20) : Duration(0));
  tick_planned_ = at;
  context_.agenda.At(at, [this, life = life_] {
    if (!up() || life != life_) return;
    tick_planned_.reset();
    if (!paused_) Run([this] { driver_->OnTick(); });
  });
}

void Host::ConnectIn(Duration delay) {
  context_.agenda.In(delay, [this, life = life_] {
    if (up() && life == life_ && !stream_) Connect();
  });
}

// As Session::Run goes through the masters.
Duration Host::NextTarget() {
  const size_t count = masters_.size();
  const bool spoke = std::exchange(spoke_, false) && !std::exchange(given_up_, false);
  failures_ = spoke ? 0 : failures_ + 1;
  if (count == 1) return context_.dice.Ms(50, 1500);
  if (!spoke) target_ = (target_ + 1) % count;
  const bool round_over = spoke || failures_ % count == 0;
  return round_over ? context_.dice.Ms(50, failures_ < 4 * count ? 200 : 500) : Duration(0);
}

void Host::Connect() {
  spoke_ = given_up_ = false;
  const bool down = masters_[target_]->life() == 0;
  if (down || !network_.Reachable(number_, target_)) {
    const Duration wait = NextTarget();
    if (masters_.size() == 1) return ConnectIn(context_.dice.Ms(200, 900));
    return ConnectIn(wait + (down ? context_.dice.Ms(0, 20) : context_.dice.Ms(500, 2000)));
  }
  stream_ = network_.Open(number_, life_, target_, masters_[target_]->life());
  context_.Trace("{} opens stream {} to master {}", name_, stream_->id, target_);
  Run([this] { driver_->OnOpened(); });
}

void Host::LoseStream() {
  if (!stream_) return;
  if (paused_) {  // it will notice
    return context_.agenda.In(context_.dice.Ms(100, 1000), [this, stream = stream_] {
      if (stream_ == stream) LoseStream();
    });
  }
  context_.Trace("{} loses stream {}", name_, stream_->id);
  stream_->worker_open = false;
  network_.Break(stream_);
  masters_[stream_->master]->StreamEnded(stream_, context_.dice.Ms(0, 8000));
  const size_t from = stream_->master;
  stream_.reset();
  Run([this] { driver_->OnClosed(); });
  const Duration wait = NextTarget();
  if (from != target_) context_.Saw(Seen::kOtherMasters);
  ConnectIn(wait);
}

void Host::Receive(const StreamPtr& stream, v1::MasterMessage message) {
  if (!up() || stream != stream_ || !stream->worker_open) return;
  spoke_ = true;
  Run([this, message = std::move(message)]() mutable { driver_->OnMaster(message); });
}

void Host::Pause(Duration lasts) {
  if (!up() || paused_) return;
  context_.Trace("{} is stopped for {:.3f} s", name_, Seconds(lasts));
  context_.Saw(Seen::kWorkerPauses);
  paused_ = true;
  context_.agenda.In(lasts, [this, life = life_] {
    if (life == life_) Wake();
  });
}

void Host::Wake() {
  if (!up() || !paused_) return;
  context_.Trace("{} goes on: {} events", name_, asleep_.size());
  paused_ = false;
  for (auto& what : std::exchange(asleep_, {})) {
    if (!up() || paused_) break;
    Run(std::move(what));
  }
  PlanTick();
  PopSoon();
}

void Host::ReceiveWelcome(const StreamPtr& stream, const Welcome& w) {
  context_.Saw(Seen::kAdoptions, w.adopted.size());
  context_.Saw(Seen::kUnwanted, w.unwanted.size());
  v1::MasterMessage message;
  *message.mutable_welcome() = ToProto(w, scenario_.serve_queue);
  Receive(stream, std::move(message));
}

void Host::ReceiveGrant(const StreamPtr& stream, const Grant& grant) {
  if (!up() || stream != stream_ || !stream->worker_open) return;
  keeper_.Granted(grant);
  v1::MasterMessage message;
  v1::Grant& out = *message.mutable_grant();
  *out.mutable_attempt() = ToProto(grant.attempt);
  out.set_epoch(grant.epoch.value);
  out.set_do_xcom_push(true);
  const TaskSpec& task = grant.dag->task(grant.attempt.task);
  if (task.execution_timeout) *out.mutable_execution_timeout() = ToProto(*task.execution_timeout);
  if (IsPython(grant.attempt)) {
    out.mutable_python();
  } else {
    out.mutable_bash()->set_command("true");
    out.mutable_bash()->set_templated(MustFetch(grant.attempt));
  }
  if (MustFetch(grant.attempt)) {
    out.set_bundle(grant.attempt.ToString());
  }
  Receive(stream, std::move(message));
}

void Host::ReceiveEnd(const StreamPtr& stream, bool for_good) {
  if (!up() || stream != stream_ || !stream->worker_open) return;
  if (for_good &&
      !paused_) {  // another worker has its name, says the master; a supervisor starts it again
    context_.Saw(Seen::kNameClashes);
    return Crash(context_.dice.Ms(500, 3000));
  }
  LoseStream();
}

void Host::PopSoon() {
  if (pop_planned_ || pop_room_ == 0) return;
  pop_planned_ = true;
  context_.agenda.In(context_.dice.Ms(10, 300), [this] {
    pop_planned_ = false;
    PopNow();
  });
}

void Host::PopNow() {
  if (!up() || paused_ || popping_ || !core().welcomed() || pop_room_ == 0) return;
  auto popped = queue_.Pop(queues_, pop_room_);
  if (popped.ok() && !popped->empty()) {
    pop_room_ -= static_cast<uint32_t>(popped->size());
    // The answer may be longer under way than the master's stream stands.
    const bool slow = context_.faults && context_.dice.Chance(10);
    popping_ = true;
    context_.agenda.In(slow ? context_.dice.Ms(0, 2000) : Duration(0),
                       [this, life = life_, popped = *std::move(popped)] {
                         if (!up() || life != life_) return;
                         popping_ = false;
                         Run([this, popped] { driver_->OnPopped(popped); });
                         PopSoon();
                       });
    return;
  }
  PopSoon();
}

void Host::KeeperDies() {
  if (!up() || paused_ || !keeper_.alive()) return;
  keeper_.Die();
  Run([this] { driver_->OnKeeperGone(Unavailable("it died")); });
}

void Host::Terminate() {
  if (!up() || paused_) return;
  context_.Trace("{} is to end", name_);
  Run([this] { driver_->OnDrain(seconds(10)); });
}

// The driver's ports.

std::optional<worker::DagCode> Host::Code::Find(const std::string& digest) {
  if (!here_.contains(digest)) return std::nullopt;
  return worker::DagCode{"/bundle", "/dags"};
}

void Host::Code::Fetch(const AttemptId& id, const std::string& digest) {
  host_.RunLater(FetchTime(id, host_.context_.faults), [this, id, digest] {
    here_.insert(digest);
    host_.driver_->OnFetched(id, OkStatus());
  });
}

void Host::Release(const AttemptId& id) {
  if (!dying_) (void)disk_.Remove("/" + name_ + "/attempts/" + id.ToString() + ".log");
}

// When a process started and ended is the world's to say: the clocks may be set meanwhile.
AttemptResult Host::ToResult(const v1::Finished& finished) {
  AttemptResult result = FromProto(finished, std::nullopt, context_.wall());
  const AttemptId& id = result.finished.attempt;
  if (auto times = keeper_.TimesOf(id); times && times->end) {
    auto wall = [&](MonoTime then) { return context_.wall() - (context_.now() - then); };
    result.finished.started_at = wall(times->start);
    result.finished.ended_at = wall(*times->end);
  }
  scenario_.Twist(result);
  if (result.finished.outcome == core::Outcome::kRescheduled) checkers_.OnLook(id);
  if (scenario_.guilty && HashOf(id) % 13 == 0 && !result.xcoms.empty()) {
    const uint64_t variant = HashOf(id) % 4;
    result.xcoms.emplace_back(std::string(kGuilty) + std::string(variant, '!'), "1");
    checkers_.OnGuilty(id);
  }
  return result;
}

void Host::SendUp(std::function<void(Loop&, const WorkerLinkPtr&)> what) {
  if (!stream_) return;
  network_.SendUp(stream_, [this, stream = stream_, what = std::move(what)] {
    masters_[stream->master]->Deliver(stream, what);
  });
}

void Host::Send(v1::WorkerMessage m) {
  if (DiesHere()) return;
  switch (m.kind_case()) {
    case v1::WorkerMessage::kHello: return SendHello(m.hello());
    case v1::WorkerMessage::kWant:
      return SendUp([room = m.want().room()](Loop& loop, const WorkerLinkPtr& link) {
        loop.OnWant(link, room);
      });
    case v1::WorkerMessage::kClaim: return SendClaim(m.claim());
    case v1::WorkerMessage::kStarted:
      return SendUp([id = FromProto(m.started().attempt()), pid = m.started().pid()](
                        Loop& loop, const WorkerLinkPtr& link) { loop.OnStarted(link, id, pid); });
    case v1::WorkerMessage::kFinished: {
      CheckTold(m.finished());
      const AttemptResult result = ToResult(m.finished());
      if (m.finished().outcome() == v1::Finished::UNSTARTED) context_.Saw(Seen::kHandedBack);
      context_.Trace("{} reports {}: {}", name_, result.finished.attempt.ToString(),
                     m.finished().reason());
      return SendUp(
          [result](Loop& loop, const WorkerLinkPtr& link) { loop.OnFinished(link, result); });
    }
    case v1::WorkerMessage::kHeartbeat:
      if (!stream_) return;
      return network_.SendUp(stream_, [this, stream = stream_, n = m.heartbeat().sequence()] {
        masters_[stream->master]->Heartbeat(stream, n);
      });
    case v1::WorkerMessage::kHealth:
      if (!m.health().ill().empty()) context_.Saw(Seen::kIllWorkers);
      return SendUp([ill = m.health().ill()](Loop& loop, const WorkerLinkPtr& link) {
        loop.OnHealth(link, ill);
      });
    case v1::WorkerMessage::kGoodbye: return Leave();
    case v1::WorkerMessage::KIND_NOT_SET: return;
  }
}

void Host::SendHello(const v1::Hello& said) {
  v1::Hello plain = said;
  plain.clear_spooled();
  WorkerHello hello = FromProto(plain, context_.wall()).value();
  for (const v1::Finished& finished : said.spooled()) hello.spooled.push_back(ToResult(finished));
  context_.Trace("{} says Hello: {} running, {} spooled", name_, hello.running.size(),
                 hello.spooled.size());
  SendUp([hello](Loop& loop, const WorkerLinkPtr& link) { loop.OnHello(link, hello); });
}

void Host::SendClaim(const v1::Claim& claim) {
  std::vector<AttemptId> attempts;
  for (const v1::AttemptRef& ref : claim.attempts()) {
    const AttemptId& id = attempts.emplace_back(FromProto(ref));
    context_.Trace("{} claims {}", name_, id.ToString());
    uint64_t& last = claimed_on_[id];
    if (stream_ && last != 0 && last != stream_->id) context_.Saw(Seen::kClaimsRepeated);
    if (stream_) last = stream_->id;
  }
  SendUp([attempts](Loop& loop, const WorkerLinkPtr& link) { loop.OnClaim(link, attempts); });
}

void Host::Leave() {
  context_.Trace("{} says Goodbye", name_);
  context_.Saw(Seen::kDrains);
  SendUp([](Loop& loop, const WorkerLinkPtr& link) { loop.OnGoodbye(link); });
  context_.agenda.In(context_.dice.Ms(10, 500), [this, life = life_] {
    if (up() && life == life_ && core().drained()) Crash(context_.dice.Ms(500, 8000));
  });
}

void Host::Drop(const std::string& reason) {
  if (DiesHere()) return;
  context_.Trace("{} drops stream: {}", name_, reason);
  given_up_ = true;
  context_.agenda.In(Duration(0), [this, stream = stream_] {
    if (stream && stream == stream_) LoseStream();
  });
}

bool Host::Pop(uint32_t room) {
  if (DiesHere()) return true;
  pop_room_ = room;
  PopSoon();
  return true;
}

}  // namespace gale::sim
