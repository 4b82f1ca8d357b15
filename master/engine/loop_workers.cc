// Workers: who is connected, what each holds, what they report.
#include <algorithm>

#include "common/base/log.h"
#include "master/engine/loop.h"

namespace gale {
namespace {

// A worker ends what it holds, and nobody else's.
bool IsHeldByAnother(const core::Scheduler& scheduler, const AttemptId& id,
                     const std::string& worker) {
  const core::Run* run = scheduler.Find(id.run);
  const core::LiveAttempt* live = run != nullptr ? run->live(core::InstOf(id)) : nullptr;
  if (live == nullptr || run->ti(core::InstOf(id)).try_number != id.try_number ||
      live->worker == worker) {
    return false;
  }
  GALE_WARN("worker '{}' reports the end of {}, which worker '{}' holds: not taken", worker,
            id.ToString(), live->worker);
  return true;
}

}  // namespace

Loop::Worker* Loop::WorkerOf(const WorkerLinkPtr& link) {
  auto it = links_.find(link.get());
  if (it == links_.end()) return nullptr;
  auto worker = workers_.find(it->second);
  return worker == workers_.end() ? nullptr : &worker->second;
}

MonoTime Loop::HeardOf(const Worker& worker) const {
  return worker.link ? worker.link->lease().heard() : worker.heard;
}

MonoTime Loop::LeaseEnd(const Worker& worker) const {
  return HeardOf(worker) + options_.lease + worker.longer;
}

// What a worker that leaves took from the queue and did not claim is nobody's.
void Loop::SweepSoon() {
  if (served_ == nullptr) {
    next_sweep_ = std::min(next_sweep_, mono_ + std::chrono::seconds(1));
  }
}

void Loop::Unlink(Worker& worker) {
  worker.heard = worker.link->lease().heard();
  worker.link->lease().End();
  links_.erase(worker.link.get());
  worker.link.reset();
}

// One that is only known from the ledger gets a lease from now: its keeper may have been promised
// as much by the master before this one.
Loop::Worker& Loop::WorkerNamed(const std::string& name) {
  auto [it, fresh] = workers_.try_emplace(name);
  if (fresh) {
    it->second.hello.name = name;
    it->second.heard = mono_;
    it->second.longer = longer_;
  }
  return it->second;
}

void Loop::OnHello(const WorkerLinkPtr& link, const WorkerHello& hello) {
  Worker& worker = WorkerNamed(hello.name);
  // A machine that was started anew took with it what ran there, and perhaps what was known of it.
  // Unless it is this one, it may as well be another machine under the name, and the old one still
  // running.
  const auto known_as = known_workers_.find(hello.name);
  const bool same_boot =
      known_as != known_workers_.end() && known_as->second.boot_id == hello.boot_id;
  if (!same_boot && !worker.held.empty() && !link->on_this_host()) {
    link->Close(
        Unavailable("worker '{}' comes from another machine or start of it ('{}'), and the lease "
                    "of the former runs for {:.0f} s; connect again then",
                    hello.name, hello.host, Seconds(LeaseEnd(worker) - mono_)));
    return;
  }
  // What an older connection said may arrive after a newer one's Hello. It doesn't know what was
  // granted since: taken for true, that would run a second time beside the first.
  if (worker.hello.incarnation == hello.incarnation && hello.number < worker.hello.number) {
    link->Close(Unavailable("worker '{}' has said Hello on a newer connection", hello.name));
    return;
  }
  if (worker.link && worker.link != link) {
    const bool fresh = mono_ - HeardOf(worker) < 2 * options_.heartbeat;
    if (worker.hello.incarnation != hello.incarnation && fresh) {
      link->Close(
          AlreadyExists("a worker named '{}' is connected already, from host '{}' (pid {}): "
                        "give this one another name",
                        hello.name, worker.hello.host, worker.hello.pid));
      return;
    }
    const WorkerLinkPtr old = worker.link;
    Unlink(worker);
    old->Close(Unavailable("replaced by a newer connection of worker '{}'", hello.name));
  }
  WorkerRow& row = known_workers_[hello.name];
  row = {hello.name, hello.host,  hello.boot_id,    hello.version,
         now_,       row.drained, row.drain_reason, false};
  batch_.workers.push_back(row);
  if (row.drained) {
    GALE_INFO("worker '{0}' is drained, and gets no work: gale workers undrain {0}", hello.name);
  }
  worker.hello = hello;
  worker.link = link;
  worker.accepts = true;
  worker.ill.clear();
  worker.longer = Duration(0);
  link->lease().Begin(mono_);
  links_[link.get()] = hello.name;
  GALE_INFO(
      "worker '{}' connected from {} with {} slots; {} attempts running, {} results to report",
      hello.name, hello.host, hello.slots, hello.running.size(), hello.spooled.size());
  worker.note = NoteOn(hello);
  if (!worker.note.empty()) GALE_WARN("worker '{}': {}", hello.name, worker.note);

  Welcome welcome{options_.lease, options_.heartbeat, epoch_, {}, {}, row.drained};
  std::set<AttemptId> known;
  for (const AttemptResult& result : hello.spooled) {
    const AttemptId& id = result.finished.attempt;
    known.insert(id);
    if (IsHeldByAnother(*scheduler_, id, hello.name) || Finish(result)) release_.Ack(link, id);
  }
  for (const AttemptId& attempt : hello.running) {
    known.insert(attempt);
    if (aside_runs_.contains(attempt.run)) {
      welcome.adopted.push_back(attempt);
      continue;
    }
    core::Run* run = scheduler_->Find(attempt.run);
    const core::Inst inst = core::InstOf(attempt);
    const bool valid =
        run != nullptr && run->has(inst) && run->ti(inst).try_number == attempt.try_number;
    const core::LiveAttempt* live = valid ? run->live(inst) : nullptr;
    if (live == nullptr || live->worker != hello.name) {
      welcome.unwanted.push_back(attempt);
      continue;
    }
    worker.held.insert(attempt);
    worker.started.insert(attempt);
    welcome.adopted.push_back(attempt);
    // Meant to end: the cancel may have been lost with the connection.
    if (run->ti(inst).state != TiState::kRunning) {
      release_.cancels.push_back({attempt, hello.name, "cancelled while the worker was away"});
    }
  }
  release_.welcomes.emplace_back(link, std::move(welcome));
  // What the ledger says it has, and it doesn't know: it never got the grant, which is then sent
  // again; or it lost what it had.
  const std::set<AttemptId> held = worker.held;
  for (const AttemptId& attempt : held) {
    if (known.contains(attempt)) continue;
    if (worker.started.contains(attempt)) {
      Lose(attempt, fmt::format("worker '{}' lost it: it came back without it", hello.name));
    } else if (!same_boot) {
      Lose(attempt, fmt::format("the machine of worker '{}' was started anew", hello.name));
    } else if (scheduler_->Find(attempt.run)->ti(core::InstOf(attempt)).state ==
               TiState::kRunning) {
      QueueGrant(worker, attempt);
    } else {
      Lose(attempt, "cancelled before it started");
    }
  }
}

void Loop::QueueGrant(Worker& worker, const AttemptId& attempt) {
  const core::Run& run = *scheduler_->Find(attempt.run);
  const auto* bash = std::get_if<BashWork>(&run.dag().task(attempt.task).work);
  if (bash != nullptr && bash->needs_previous_success && run.head.logical_date) {
    worker.ungranted.insert(attempt);
    return NeedSuccess(run);
  }
  ReleaseGrant(worker, attempt, std::nullopt);
}

void Loop::ReleaseGrant(Worker& worker, const AttemptId& attempt,
                        const std::optional<PreviousSuccess>& success) {
  const core::Run& run = *scheduler_->Find(attempt.run);
  Grant grant{attempt, epoch_, run.dag_ptr(), run.head, run.ti(core::InstOf(attempt)).max_tries,
              "",      success};
  grant.looks = run.looks(core::InstOf(attempt));
  if (run.dag().has_arguments(attempt.task)) {
    auto arguments = ArgumentsOf(run, attempt);
    if (!arguments.ok()) {  // it ends without a start
      core::AttemptFinished failed;
      failed.attempt = attempt;
      failed.outcome = core::Outcome::kFailedNoRetry;
      failed.reason = std::string(arguments.status().message());
      release_.refusals.emplace_back(worker.link, std::pair(attempt, failed.reason));
      scheduler_->Handle(attempt.run, failed, now_);
      return;
    }
    grant.arguments_json = std::move(arguments).value();
  }
  if (!worker.link->on_this_host())
    grant.bundle = BundleOf(run.dag());  // else the folder is at hand
  release_.grants.emplace_back(worker.link, std::move(grant));
}

bool Loop::EndUngranted() {
  bool any = false;
  for (auto& [name, worker] : workers_) {
    if (worker.ungranted.empty()) continue;
    for (const AttemptId& attempt : worker.ungranted) {
      if (!worker.held.contains(attempt)) continue;
      if (scheduler_->Find(attempt.run)->ti(core::InstOf(attempt)).state == TiState::kRunning) {
        continue;
      }
      std::erase_if(release_.grants, [&](const auto& g) { return g.second.attempt == attempt; });
      // It keeps a slot for what it claimed.
      if (worker.link) {
        release_.refusals.emplace_back(worker.link, std::pair(attempt, "it was cancelled"));
      }
      Lose(attempt, "cancelled before it started");
      any = true;
    }
  }
  return any;
}

void Loop::ForgetGranted(const Release& release) {
  for (auto& [name, worker] : workers_) {
    if (worker.ungranted.empty()) continue;
    for (const auto& [link, grant] : release.grants) {
      // One that went to a connection which was replaced in this turn is still to be sent.
      if (link == worker.link) worker.ungranted.erase(grant.attempt);
    }
    std::erase_if(worker.ungranted, [&](const AttemptId& id) { return !worker.held.contains(id); });
  }
}

bool Loop::ClaimFor(Worker& worker, const AttemptId& attempt, std::string& refusal) {
  core::Decision decision =
      scheduler_->Handle(attempt.run, core::Claim{attempt, worker.hello.name}, now_);
  refusal = std::move(decision.refusal);
  if (!decision.granted) {
    metrics_.claims_refused.Add();
    return false;
  }
  worker.held.insert(attempt);
  QueueGrant(worker, attempt);
  CountGrant(*scheduler_->Find(attempt.run), core::InstOf(attempt));
  return true;
}

void Loop::OnClaim(const WorkerLinkPtr& link, const std::vector<AttemptId>& attempts) {
  Worker* worker = WorkerOf(link);
  if (worker == nullptr) return;
  for (const AttemptId& attempt : attempts) {
    std::string refusal;
    if (!ClaimFor(*worker, attempt, refusal)) {
      release_.refusals.emplace_back(link, std::pair(attempt, std::move(refusal)));
    }
  }
}

void Loop::OnStarted(const WorkerLinkPtr& link, const AttemptId& attempt, int64_t pid) {
  Worker* worker = WorkerOf(link);
  if (worker == nullptr || !worker->held.contains(attempt)) return;
  worker->started.insert(attempt);
  scheduler_->Handle(attempt.run, core::AttemptStarted{attempt, pid}, now_);
}

bool Loop::Finish(const AttemptResult& result) {
  const AttemptId& id = result.finished.attempt;
  // Of a run of the master that leads now, too: it must hear of it, we don't lead any more.
  if (aside_runs_.contains(id.run) || id.run > last_run_) return false;
  core::Run* run = scheduler_->Find(id.run);
  const core::Inst inst = core::InstOf(id);
  if (run == nullptr || !run->has(inst)) return true;
  const bool current = run->ti(inst).live && run->ti(inst).try_number == id.try_number;
  const bool counts = current && run->ti(inst).state == TiState::kRunning;
  // Of a try that is over already nothing is written: a refused row is another's.
  if (current) about_.results.push_back(id);
  if (auto refused = refused_.results.find(id); refused != refused_.results.end()) {
    core::AttemptFinished failed;
    failed.attempt = id;
    failed.outcome = core::Outcome::kFailed;
    failed.started_at = result.finished.started_at;
    failed.ended_at = result.finished.ended_at;
    failed.usage = result.finished.usage;
    failed.reason = fmt::format("its result was refused by the ledger: {}", refused->second);
    scheduler_->Handle(id.run, failed, now_);
    return true;
  }
  const core::AttemptFinished finished = Judge(run->dag(), result);
  const bool kept =
      counts && finished.outcome == core::Outcome::kSuccess && run->dag().keeps_value(id.task);
  for (const auto& [key, json] : result.xcoms) {
    if (kept && key == kReturnValue) KeepValue(id, json);
  }
  if (current) KeepRendered(result);
  scheduler_->Handle(id.run, finished, now_);
  if (!counts) return true;
  for (const auto& [key, json] : result.xcoms) {
    batch_.xcoms.push_back({id.run, id.task, id.map_index, key, json, now_});
  }
  return true;
}

void Loop::OnFinished(const WorkerLinkPtr& link, const AttemptResult& result) {
  const Worker* worker = WorkerOf(link);
  if (worker == nullptr) return;  // it will say so again after its Hello
  const AttemptId& id = result.finished.attempt;
  if (IsHeldByAnother(*scheduler_, id, worker->hello.name) || Finish(result)) {
    release_.Ack(link, id);
  }
}

void Loop::Lose(const AttemptId& attempt, const std::string& reason) {
  metrics_.attempts_lost.Add();
  core::AttemptFinished lost;
  lost.attempt = attempt;
  lost.outcome = core::Outcome::kLost;
  lost.reason = reason;
  scheduler_->Handle(attempt.run, lost, now_);
}

void Loop::OnWant(const WorkerLinkPtr& link, uint32_t room) {
  // Its room is known from what it holds; what counts is whether it wants anything at all.
  if (Worker* worker = WorkerOf(link)) worker->accepts = room > 0;
}

void Loop::OnHealth(const WorkerLinkPtr& link, const std::string& ill) {
  Worker* worker = WorkerOf(link);
  if (worker == nullptr || worker->ill == ill) return;
  worker->ill = ill;
  if (ill.empty()) {
    GALE_INFO("worker '{}' takes work again", worker->hello.name);
  } else {
    GALE_WARN("worker '{}' takes no new work: {}", worker->hello.name, ill);
  }
}

void Loop::OnGoodbye(const WorkerLinkPtr& link) {
  Worker* worker = WorkerOf(link);
  if (worker == nullptr) return;
  Unlink(*worker);
  SweepSoon();
  if (auto known = known_workers_.find(worker->hello.name); known != known_workers_.end()) {
    known->second.stopped = true;
    known->second.last_hello = now_;
    batch_.workers.push_back(known->second);
  }
  if (worker->held.empty()) workers_.erase(worker->hello.name);
}

void Loop::OnLoad(const WorkerLinkPtr& link, WorkerLoad load) {
  Worker* worker = WorkerOf(link);
  if (worker == nullptr) return;
  worker->load = std::move(load);
  if (worker->load_told != MonoTime() && mono_ - worker->load_told < kTellLoad) return;
  worker->load_told = mono_;
  loads_to_tell_.insert(worker->hello.name);
}

void Loop::OnDisconnected(const WorkerLinkPtr& link) {
  Worker* worker = WorkerOf(link);
  links_.erase(link.get());
  if (worker == nullptr || worker->link != link) return;
  Unlink(*worker);  // its lease runs on
  SweepSoon();
  GALE_INFO("worker '{}' disconnected; it has {:.0f} s to come back", worker->hello.name,
            Seconds(LeaseEnd(*worker) - mono_));
}

std::string Loop::NoteOn(const WorkerHello& hello) const {
  std::string note;
  if (hello.sent_at) note = ClockNote(*hello.sent_at - now_, "its", "this master's");
  if (!options_.version.empty() && hello.version != options_.version) {
    note += fmt::format("{}it is gale {}, this master {}: upgrade the older",
                        note.empty() ? "" : "; ", hello.version, options_.version);
  }
  return note;
}

std::string Loop::Notes(const Worker& worker) {
  if (worker.ill.empty()) return worker.note;
  return fmt::format("takes no new work: {}{}{}", worker.ill, worker.note.empty() ? "" : "; ",
                     worker.note);
}

bool Loop::IsDrained(const std::string& name) const {
  auto known = known_workers_.find(name);
  return known != known_workers_.end() && known->second.drained;
}

void Loop::NoteHeard() {
  constexpr std::chrono::hours kAgain{1};
  constexpr std::chrono::minutes kLook{1};
  if (mono_ < next_note_heard_) return;
  next_note_heard_ = mono_ + kLook;
  for (const auto& [name, worker] : workers_) {
    auto known = known_workers_.find(name);
    if (!worker.link || known == known_workers_.end()) continue;
    if (now_ - known->second.last_hello < kAgain) continue;
    known->second.last_hello = now_;
    batch_.workers.push_back(known->second);
  }
}

}  // namespace gale
