#include "tests/simulation/host.h"

namespace gale::sim {

using namespace worker;  // NOLINT: events and actions are this file's words
using std::chrono::seconds;

Host::Host(Context& context, const Scenario& scenario, Checkers& checkers, Network& network,
           TaskQueue& queue, size_t number)
    : context_(context),
      scenario_(scenario),
      checkers_(checkers),
      network_(network),
      queue_(queue),
      number_(number),
      name_(fmt::format("w{}", number)),
      slots_(scenario.slots[number]) {
  queues_ = {"default"};
  if (number == 0 || context.dice.Chance(50)) queues_.push_back("gpu");
}

std::string Host::Describe() const {
  if (!up()) return fmt::format("{}: down", name_);
  return fmt::format("{}: {} live, {} unacked, {}, {} processes, {} exits, {} spooled", name_,
                     core_->live(), core_->unacked(),
                     core_->welcomed() ? "welcomed" : "not welcomed", processes_.size(),
                     exits_.size(), spool_.size());
}

// Some attempts' code is not there at once, and while there are faults, of a few only after the
// fence; by a hash, so that the dice decide elsewhere what they always did.
namespace {

uint64_t HashOf(const AttemptId& id) {
  uint64_t hash = static_cast<uint64_t>(id.run.value) * 31 + id.task.value * 7 + id.try_number;
  return (hash * 0x9E3779B97F4A7C15ull) >> 32;
}
bool MustFetch(const AttemptId& id) { return HashOf(id) % 5 == 0; }
Duration FetchTime(const AttemptId& id, bool faults) {
  const bool slow = faults && HashOf(id) % 25 == 0;
  return std::chrono::milliseconds(slow ? 12'000 : HashOf(id) % 400);
}

}  // namespace

// The worker process.

void Host::Start() {
  if (up()) return;
  ++life_;
  if (life_ > 1) context_.Saw(Seen::kWorkerRestarts);
  context_.Trace("{} starts (life {}): {} processes, {} exits, {} spooled", name_, life_,
                 processes_.size(), exits_.size(), spool_.size());
  core_ = std::make_unique<WorkerCore>(CoreOptions{.slots = slots_});
  crash_in_ = 0;
  leaving_ = popping_ = false;
  pop_room_ = 0;
  tick_planned_.reset();
  event::SpoolLoaded spooled;
  for (const auto& [id, ending] : spool_) spooled.endings.push_back(ending);
  context_.Saw(Seen::kSpoolReplays, spool_.size());
  Step(std::move(spooled));
  event::KeeperListed listed;
  for (const auto& [id, p] : processes_) listed.running.push_back({id, p.epoch, p.pid});
  for (const auto& [id, ended] : exits_) listed.exits.push_back(ended);
  Step(std::move(listed));
  ConnectIn(context_.dice.Ms(1, 300));
}

void Host::Crash(Duration away) {
  if (!up()) return;
  context_.Trace("{} CRASHES for {:.3f} s", name_, Seconds(away));
  context_.Saw(Seen::kWorkerCrashes);
  core_.reset();
  grants_.clear();
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

void Host::StepEvent(Event event) {
  if (!up()) return;
  if (paused_) return asleep_.push_back(std::move(event));
  for (Action& action : core_->Step(event)) {
    if (crash_in_ > 0 && --crash_in_ == 0) return Crash(context_.dice.Ms(100, 25'000));
    std::visit([this](const auto& a) { Do(a); }, action);
  }
  PlanTick();
}

template <class E>
void Host::FeedLater(Duration delay, E event) {
  last_fed_ = std::max(last_fed_, context_.now() + delay);
  context_.agenda.At(last_fed_, [this, life = life_, event = std::move(event)] {
    if (up() && life == life_) Step(event);
  });
}

void Host::PlanTick() {
  if (!up() || paused_) return;
  auto next = core_->next_tick();
  if (!next || (tick_planned_ && *tick_planned_ <= *next)) return;
  const MonoTime at = *next + (context_.faults ? context_.dice.Ms(0, 20) : Duration(0));
  tick_planned_ = at;
  context_.agenda.At(at, [this, life = life_] {
    if (!up() || life != life_) return;
    tick_planned_.reset();
    if (!paused_) Step(event::Tick{});
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
  Step(event::Opened{});
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
  Step(event::Disconnected{});
  const Duration wait = NextTarget();
  if (from != target_) context_.Saw(Seen::kOtherMasters);
  ConnectIn(wait);
}

void Host::Receive(const StreamPtr& stream, Event event) {
  if (!up() || stream != stream_ || !stream->worker_open) return;
  event.now = context_.now();
  spoke_ = true;
  StepEvent(std::move(event));
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
  for (Event& event : std::exchange(asleep_, {})) {
    event.now = context_.now();
    StepEvent(std::move(event));
  }
  PlanTick();
  PopSoon();
}

void Host::ReceiveWelcome(const StreamPtr& stream, const Welcome& w) {
  context_.Saw(Seen::kAdoptions, w.adopted.size());
  context_.Saw(Seen::kUnwanted, w.unwanted.size());
  Receive(stream, {context_.now(), event::Welcome{w.lease, w.heartbeat, w.epoch, w.adopted,
                                                  w.unwanted, scenario_.serve_queue, w.drained}});
}

void Host::ReceiveGrant(const StreamPtr& stream, const Grant& grant) {
  if (!up() || stream != stream_ || !stream->worker_open) return;
  grants_[grant.attempt] = {grant.epoch, grant.dag->task(grant.attempt.task)};
  Receive(stream,
          {context_.now(), event::Granted{grant.attempt, grant.epoch, MustFetch(grant.attempt)}});
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
    Pop();
  });
}

void Host::Pop() {
  if (!up() || paused_ || popping_ || !core_->welcomed() || pop_room_ == 0) return;
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
                         Step(event::Popped{popped});
                         PopSoon();
                       });
    return;
  }
  PopSoon();
}

// The keeper.

void Host::Spawn(const AttemptId& attempt, Epoch epoch, const TaskSpec& task) {
  if (fenced()) return FeedLater(Duration(0), event::StartFailed{attempt, "the fence has passed"});
  Process& process = processes_[attempt];
  process.epoch = epoch;
  process.pid = ++last_pid_;
  context_.last_spawn = context_.now();
  process.task = task;
  times_[attempt] = {context_.now(), std::nullopt};
  context_.Trace("{} spawns {} (pid {})", name_, attempt.ToString(), process.pid);
  checkers_.OnSpawn(attempt, epoch, task, name_, processes_.size(), slots_);
  const int64_t pid = process.pid;
  auto still = [this, attempt, pid] {
    auto it = processes_.find(attempt);
    return it != processes_.end() && it->second.pid == pid;
  };
  const Fate fate = scenario_.FateOf(attempt, task);
  if (!fate.hangs) {
    context_.agenda.In(fate.runs_for, [this, attempt, still, code = fate.exit_code] {
      if (still()) Exit(attempt, {.code = code});
    });
  }
  if (task.execution_timeout) {
    context_.agenda.In(*task.execution_timeout, [this, attempt, still] {
      if (still()) Term(attempt, true);
    });
  }
  FeedLater(context_.dice.Ms(0, 10), event::Started{attempt, pid});
}

void Host::Term(const AttemptId& attempt, bool timed_out) {
  auto it = processes_.find(attempt);
  if (it == processes_.end() || it->second.ending) return;
  it->second.ending = true;
  it->second.timed_out = timed_out;
  if (timed_out) context_.Saw(Seen::kTimeouts);
  const Fate fate = scenario_.FateOf(attempt, it->second.task);
  context_.agenda.In(fate.dies_after_term, [this, attempt, pid = it->second.pid, timed_out] {
    auto p = processes_.find(attempt);
    if (p != processes_.end() && p->second.pid == pid) {
      Exit(attempt, {.code = 0, .signal = 15, .timed_out = timed_out});
    }
  });
}

void Host::Exit(const AttemptId& attempt, worker::Exit exit) {
  auto it = processes_.find(attempt);
  if (it->second.timed_out) exit.timed_out = true;
  context_.Trace("{} {} ends: code {} signal {}{}{}", name_, attempt.ToString(), exit.code,
                 exit.signal, exit.fenced ? " fenced" : "", exit.timed_out ? " timed out" : "");
  exits_[attempt] = {attempt, it->second.epoch, exit};
  times_.at(attempt).second = context_.now();
  processes_.erase(it);
  checkers_.OnProcessEnd(attempt, exit.code == 0 && exit.signal == 0 && !exit.timed_out);
  FeedLater(context_.dice.Ms(0, 10), event::Exited{attempt, exit});
}

void Host::CheckFence() {
  if (!fenced()) return;
  while (!processes_.empty()) {
    context_.Saw(Seen::kFencings);
    Exit(AttemptId(processes_.begin()->first), {.signal = 9, .fenced = true});
  }
}

void Host::KeeperDies() {
  if (!up() || paused_) return;
  context_.Trace("{}'s keeper dies with {} processes", name_, processes_.size());
  context_.Saw(Seen::kKeeperDeaths);
  ++keeper_life_;
  event::KeeperListed listed;
  for (const auto& [id, p] : processes_) {
    exits_[id] = {id, p.epoch, worker::Exit{.signal = 9, .keeper_died = true}};
    times_.at(id).second = context_.now();
    checkers_.OnProcessEnd(id, false);
  }
  processes_.clear();
  for (const auto& [id, ended] : exits_) listed.exits.push_back(ended);
  fence_ = core_->fence_at();
  Step(std::move(listed));
}

// The core's actions.

AttemptResult Host::ToResult(const Ending& ending) const {
  AttemptResult result;
  core::AttemptFinished& f = result.finished;
  f.attempt = ending.attempt;
  f.exit_code = ending.exit.code;
  f.signal = ending.exit.signal;
  f.reason = ending.reason;
  if (auto at = times_.find(ending.attempt); at != times_.end() && at->second.second) {
    auto wall = [&](MonoTime then) { return context_.wall() - (context_.now() - then); };
    f.started_at = wall(at->second.first);
    f.ended_at = wall(*at->second.second);
  }
  switch (ending.end) {
    case End::kExited:
      f.outcome = ending.exit.timed_out || ending.exit.signal != 0 ? core::Outcome::kFailed
                  : ending.exit.code == 0                          ? core::Outcome::kSuccess
                  : ending.exit.code == 99                         ? core::Outcome::kSkipped
                                                                   : core::Outcome::kFailed;
      break;
    case End::kHostFailed:
    case End::kStartFailed:
    case End::kCancelled: f.outcome = core::Outcome::kFailed; break;
    case End::kFenced:
    case End::kDrained:
    case End::kKeeperDied: f.outcome = core::Outcome::kLost; break;
  }
  if (f.outcome == core::Outcome::kSuccess) result.xcoms = {{"return_value", "1"}};
  if (scenario_.guilty && HashOf(ending.attempt) % 13 == 0 && !result.xcoms.empty()) {
    const uint64_t variant = HashOf(ending.attempt) % 4;
    result.xcoms.emplace_back(std::string(kGuilty) + std::string(variant, '!'), "1");
    checkers_.OnGuilty(ending.attempt);
  }
  return result;
}

void Host::SendUp(std::function<void(Loop&, const WorkerLinkPtr&)> what) {
  if (!stream_) return;
  network_.SendUp(stream_, [this, stream = stream_, what = std::move(what)] {
    masters_[stream->master]->Deliver(stream, what);
  });
}

void Host::Do(const action::SendHello& a) {
  WorkerHello hello;
  hello.name = name_;
  hello.host = name_ + ".example";
  hello.pid = static_cast<int64_t>(life_);
  hello.incarnation = fmt::format("{}#{}", name_, life_);
  hello.queues = queues_;
  hello.slots = slots_;
  hello.draining = a.draining;
  hello.running = a.running;
  for (const Ending& ending : a.spooled) hello.spooled.push_back(ToResult(ending));
  context_.Trace("{} says Hello: {} running, {} spooled", name_, a.running.size(),
                 a.spooled.size());
  SendUp([hello](Loop& loop, const WorkerLinkPtr& link) { loop.OnHello(link, hello); });
}

void Host::Do(const action::SendWant& a) {
  SendUp([a](Loop& loop, const WorkerLinkPtr& link) { loop.OnWant(link, a.room); });
}

void Host::Do(const action::PopQueue& a) {
  pop_room_ = a.room;
  PopSoon();
}

void Host::Do(const action::SendClaim& a) {
  for (const AttemptId& id : a.attempts) {
    context_.Trace("{} claims {}", name_, id.ToString());
    uint64_t& last = claimed_on_[id];
    if (stream_ && last != 0 && last != stream_->id) context_.Saw(Seen::kClaimsRepeated);
    if (stream_) last = stream_->id;
  }
  SendUp([a](Loop& loop, const WorkerLinkPtr& link) { loop.OnClaim(link, a.attempts); });
}

void Host::Do(const action::SendStarted& a) {
  SendUp([a](Loop& loop, const WorkerLinkPtr& link) { loop.OnStarted(link, a.attempt, a.pid); });
}

void Host::Do(const action::SendFinished& a) {
  context_.Trace("{} reports {}: end {}", name_, a.ending.attempt.ToString(),
                 static_cast<int>(a.ending.end));
  SendUp([result = ToResult(a.ending)](Loop& loop, const WorkerLinkPtr& link) {
    loop.OnFinished(link, result);
  });
}

void Host::Do(const action::SendHeartbeat& a) {
  if (!stream_) return;
  network_.SendUp(stream_, [this, stream = stream_, n = a.sequence] {
    masters_[stream->master]->Heartbeat(stream, n);
  });
}

void Host::Terminate() {
  if (!up() || paused_) return;
  context_.Trace("{} is to end", name_);
  Step(event::DrainRequested{std::chrono::seconds(10)});
}

void Host::Do(const action::SendGoodbye&) {
  context_.Trace("{} says Goodbye", name_);
  context_.Saw(Seen::kDrains);
  SendUp([](Loop& loop, const WorkerLinkPtr& link) { loop.OnGoodbye(link); });
  leaving_ = true;
  context_.agenda.In(context_.dice.Ms(10, 500), [this, life = life_] {
    if (up() && life == life_ && core_->drained()) Crash(context_.dice.Ms(500, 8000));
  });
}

void Host::Do(const action::DropConnection& a) {
  context_.Trace("{} drops stream: {}", name_, a.reason);
  given_up_ = true;
  context_.agenda.In(Duration(0), [this, stream = stream_] {
    if (stream && stream == stream_) LoseStream();
  });
}

void Host::Do(const action::KeeperSpawn& a) {
  auto grant = grants_.find(a.attempt);
  if (grant == grants_.end()) {
    return FeedLater(Duration(0), event::StartFailed{a.attempt, "no grant for it"});
  }
  context_.agenda.In(context_.dice.Ms(0, 30),
                     [this, a, task = grant->second.second, life = life_, keeper = keeper_life_] {
                       if (life == life_ && keeper == keeper_life_) Spawn(a.attempt, a.epoch, task);
                     });
}

void Host::Do(const action::FetchBundle& a) {
  context_.agenda.In(FetchTime(a.attempt, context_.faults), [this, life = life_, id = a.attempt] {
    if (up() && life == life_) Step(event::Fetched{id});
  });
}

void Host::Do(const action::KeeperKill& a) {
  context_.Trace("{} kills {}: {}", name_, a.attempt.ToString(), a.reason);
  context_.agenda.In(context_.dice.Ms(0, 10), [this, id = a.attempt] { Term(id, false); });
}

void Host::Do(const action::KeeperFence& a) {
  checkers_.OnFence(name_, stream_, a.at);
  fence_ = a.at;
  context_.agenda.At(a.at, [this] { CheckFence(); });
}

void Host::Do(const action::KeeperTake& a) { exits_.erase(a.attempt); }

void Host::Do(const action::SpoolWrite& a) {
  // Only of what the keeper has a record: without one, a refused write and a crash lose the ending,
  // which the worker does not claim to survive.
  const bool refused =
      context_.faults && exits_.contains(a.ending.attempt) && context_.dice.Chance(2);
  if (refused) {
    context_.Saw(Seen::kSpoolRefusals);
  } else {
    spool_[a.ending.attempt] = a.ending;
  }
  FeedLater(context_.dice.Ms(0, 20), event::Spooled{a.ending.attempt, !refused});
}

void Host::Do(const action::SpoolDelete& a) { spool_.erase(a.attempt); }

}  // namespace gale::sim
