// Turns: what starts by itself, the commit, and what is released after it.
#include "master/engine/loop.h"

#include <algorithm>

#include "common/base/limits.h"
#include "common/base/log.h"

namespace gale {

Loop::Loop(Store& store, QueueBell& bell, TaskQueue* served, LoopOptions options)
    : store_(store),
      bell_(bell),
      served_(served),
      options_(std::move(options)),
      catalog_(store, options_.parse_spec),
      scheduler_(std::make_unique<core::Scheduler>()),
      calendar_(std::make_unique<core::Calendar>()) {}

void Loop::Abandon(const Status& why) {
  const Status lost = Unavailable("the master lost its place in the ledger; it may have been done");
  for (auto& held : std::exchange(held_, {})) {
    for (auto& done : held.release.waiting) done(lost);
  }
  for (auto& done : std::exchange(release_, {}).waiting) done(lost);
  for (auto& [name, worker] : std::exchange(workers_, {})) {
    if (!worker.link) continue;
    worker.link->lease().End();
    worker.link->Close(Unavailable("connect again: {}", why.message()));
  }
  links_.clear();
  waits_.Forget();
}

Status Loop::Recover(TimePoint now, MonoTime mono, const std::optional<LeaderRow>& seen,
                     Duration longer) {
  now_ = now;
  mono_ = mono;
  Abandon(Unavailable("the master starts anew from the ledger"));
  GALE_ASSIGN_OR_RETURN(epoch_,
                        store_.AcquireLeadership({options_.owner, options_.instance, seen}));
  throughput_.Begin(now);
  feed_turn_ = 0;
  feed_.Restart({epoch_.value, 0});
  GALE_ASSIGN_OR_RETURN(LiveState live, store_.LoadLive());
  refused_ = {};
  aside_runs_.clear();
  aside_dags_.clear();
  next_sweep_ = mono + options_.sweep_interval;
  longer_ = longer;
  Load(std::move(live));
  longer_ = Duration(0);
  return OkStatus();
}

void Loop::Load(LiveState live) {
  scheduler_ = std::make_unique<core::Scheduler>();
  scheduler_->admission().SetParallelism(options_.parallelism);
  calendar_ = std::make_unique<core::Calendar>();
  dags_.clear();
  unreadable_.clear();
  versions_.clear();
  pools_.clear();
  error_files_.clear();
  known_workers_.clear();
  batch_ = {};
  about_ = {};
  release_ = {};
  dirty_tis_.clear();
  dirty_dags_.clear();
  dirty_runs_.clear();
  dirty_notes_.clear();
  kept_runs_.clear();
  dirty_bundles_.clear();
  waits_.OnTakenBack();

  for (const std::string& file : live.files_with_errors) error_files_.insert(file);
  last_run_ = live.last_run_id;
  for (WorkerRow& worker : live.workers) known_workers_[worker.name] = std::move(worker);
  for (PoolRow& pool : live.pools) {
    const bool made_now = epoch_ == Epoch(1) && pool.name == "default_pool";
    if (made_now && pool.slots != options_.default_pool_slots) {
      pool.slots = options_.default_pool_slots;
      batch_.pools.push_back(pool);
    }
    pools_[pool.name] = pool;
    scheduler_->admission().SetPool(pool.name, pool.slots);
  }
  LoadDags(live);
  for (auto& [name, worker] : workers_) worker.held.clear();
  values_.clear();
  LoadRuns(live);
  for (auto& [name, worker] : workers_) {
    auto gone = [&held = worker.held](const AttemptId& id) { return !held.contains(id); };
    std::erase_if(worker.started, gone);
    std::erase_if(worker.ungranted, gone);
  }
}

void Loop::LoadRuns(const LiveState& live) {
  std::unordered_map<RunId, std::vector<TiRow>> tis;
  for (const TiRow& row : live.tis) tis[row.run].push_back(row);
  for (const RunRow& row : live.runs) {
    auto dag = versions_.find({row.dag_id, row.version});
    if (dag == versions_.end() || !dags_.contains(row.dag_id)) continue;
    if (aside_runs_.contains(row.id)) continue;
    core::Run& run = scheduler_->LoadRun(row, dag->second.dag, tis[row.id], now_);
    for (const auto& [inst, attempt] : run.live()) {
      Worker& worker = WorkerNamed(attempt.worker);
      worker.held.insert(run.attempt(inst));
    }
  }
  for (const XComRow& value : live.values) {
    KeepValue({value.run, value.task, value.map_index, 0}, value.value_json);
  }
}

void Loop::BeginTurn(TimePoint now, MonoTime mono) {
  now_ = now;
  mono_ = mono;
}

std::optional<TimePoint> Loop::NextWake() const {
  auto a = scheduler_->NextWake();
  auto b = calendar_->NextWake();
  if (!a) return b;
  return b ? std::min(*a, *b) : a;
}

MonoTime Loop::NextMonoWake() const {
  MonoTime next = next_sweep_;
  if (publish_due_) next = std::min(next, next_publish_);
  for (const auto& [name, worker] : workers_) next = std::min(next, LeaseEnd(worker));
  return next;
}

Status Loop::EndTurn() {
  Work();
  BuildBatch();
  return RetryCommit();
}

Status Loop::RetryCommit() {
  // What waits for a flush is not overtaken, even by a turn that wrote nothing.
  const bool durable = !options_.sync_later || (batch_.empty() && held_.empty());
  if (!batch_.empty()) {
    GALE_RETURN_IF_ERROR(store_.Commit(epoch_, batch_, &refused_row_));
    NoteCommitted();
  } else if (!loads_to_tell_.empty()) {
    NoteCommitted();
  }
  batch_ = {};
  about_ = {};
  refused_ = {};
  waits_.OnCommitted();
  ++turn_;
  ReleaseEffects(durable);
  PublishStanding();
  return OkStatus();
}

// One thing leads to the next: a run starts, its tasks are queued, a worker takes them. All of it
// belongs to this turn, so that a hop from task to task costs one commit.
void Loop::Work() {
  scheduler_->Tick(now_);
  ReapWorkers();
  NoteHeard();
  if (mono_ >= next_sweep_) Sweep();
  for (bool more = true; more;) {
    FindDueRuns();
    scheduler_->Flow(now_);
    core::Output output = scheduler_->TakeOutput();
    more = !output.tis.empty() || !output.runs.empty() || !output.pushes.empty() ||
           !output.attempts.empty() || !output.looks.empty() || !output.needs_past.empty();
    Absorb(std::move(output));
    more |= EndUngranted();
    if (served_ != nullptr) more |= ServeQueues();  // what it granted belongs to this commit
  }
}

// Ends the attempts of workers that weren't heard of for a lease. Their keepers have killed them by
// now.
void Loop::ReapWorkers() {
  for (auto it = workers_.begin(); it != workers_.end();) {
    Worker& worker = it->second;
    const bool over = worker.link ? worker.link->lease().EndIfSilentSince(mono_ - options_.lease)
                                  : LeaseEnd(worker) <= mono_;
    if (!over) {
      ++it;
      continue;
    }
    const std::string reason = fmt::format("worker '{}' was lost: not heard of for {:.0f} s",
                                           it->first, Seconds(options_.lease));
    if (!worker.held.empty()) GALE_WARN("{}; {} attempts end", reason, worker.held.size());
    const std::set<AttemptId> held = worker.held;
    for (const AttemptId& attempt : held) Lose(attempt, reason);
    if (const WorkerLinkPtr link = worker.link) {
      Unlink(worker);
      link->Close(Unavailable("the lease of worker '{}' ran out; connect again", it->first));
    }
    // Absorb erases what it held; the entry itself goes now.
    it = workers_.erase(it);
  }
}

// Rings again for what the queue has lost, and asks again for what couldn't be read.
void Loop::Sweep() {
  ForgetVersions();
  next_sweep_ = mono_ + options_.sweep_interval;
  waits_.AskAgain();
  std::vector<QueueEntry> queued;
  for (core::QueuedAttempt& q : scheduler_->Queued()) {
    queued.push_back({std::move(q.queue), q.attempt, q.priority});
  }
  if (queued.empty()) return;
  const Result<size_t> missing = bell_.Restore(queued);
  if (!missing.ok()) {
    next_sweep_ = mono_ + std::chrono::seconds(1);
    return;
  }
  metrics_.rung_again.Add(*missing);
  if (*missing > 0) GALE_WARN("the queue had lost {} entries; rung again", *missing);
}

// Hands queued attempts to workers with room: one each in turn, the emptiest first.
bool Loop::ServeQueues() {
  bool granted = false;
  std::vector<Worker*> open;
  auto room = [](const Worker* w) {
    return w->held.size() < w->hello.slots ? w->hello.slots - w->held.size() : 0;
  };
  for (auto& [name, worker] : workers_) {
    if (worker.link && worker.accepts && !IsDrained(name) && !worker.hello.draining &&
        room(&worker) > 0) {
      open.push_back(&worker);
    }
  }
  while (!open.empty()) {
    std::stable_sort(open.begin(), open.end(),
                     [&](const Worker* a, const Worker* b) { return room(a) > room(b); });
    std::vector<Worker*> still;
    for (Worker* worker : open) {
      // Alone, it may take all that it has room for at once.
      const size_t want = open.size() == 1 ? room(worker) : 1;
      auto popped = served_->Pop(worker->hello.queues, want);
      if (!popped.ok() || popped->empty()) continue;
      for (const AttemptId& attempt : *popped) {
        std::string refusal;  // stale entries are simply dropped
        granted |= ClaimFor(*worker, attempt, refusal);
      }
      if (room(worker) > 0) still.push_back(worker);
    }
    open = std::move(still);
  }
  return granted;
}

void Loop::Absorb(core::Output output) {
  Count(output);
  for (auto& [run_id, changed] : output.tis) {
    const core::Run* run = scheduler_->Find(run_id);
    TiRow row = run->ToRow(changed.inst);
    row.reason = std::move(changed.reason);
    dirty_tis_[{run_id, changed.inst}] = std::move(row);
    release_.ended.push_back(run_id);
  }
  auto ended = [&](AttemptRow& attempt, bool history) {
    if (auto worker = workers_.find(attempt.worker); worker != workers_.end()) {
      worker->second.held.erase(attempt.id);
      worker->second.started.erase(attempt.id);
    }
    auto row = dirty_tis_.find({attempt.id.run, core::InstOf(attempt.id)});
    if (row != dirty_tis_.end() && !row->second.live &&
        row->second.try_number == attempt.id.try_number) {
      row->second.worker = attempt.worker;
      row->second.pid = attempt.pid;
      row->second.usage = attempt.usage;
      if (auto text = map_index_texts_.find(attempt.id); text != map_index_texts_.end()) {
        row->second.rendered_map_index = text->second;
      }
    }
    if (history) batch_.attempts.push_back(std::move(attempt));
  };
  for (AttemptRow& attempt : output.attempts) ended(attempt, true);
  for (AttemptRow& look : output.looks) ended(look, false);
  map_index_texts_.clear();
  for (const core::TiRef& drop : output.xcom_drops) {
    std::erase_if(batch_.xcoms, [&](const XComRow& x) {
      return x.run == drop.run && x.task == drop.inst.task && x.map_index == drop.inst.map_index;
    });
    batch_.xcom_deletes.push_back({drop.run, drop.inst.task, drop.inst.map_index});
    values_.erase({drop.run, drop.inst});
  }
  auto entries = [](std::vector<core::QueuedAttempt>& from) {
    std::vector<QueueEntry> out;
    out.reserve(from.size());
    for (core::QueuedAttempt& q : from) out.push_back({std::move(q.queue), q.attempt, q.priority});
    return out;
  };
  // Before the commit: an entry that is popped too early is refused or waits for the grant's
  // commit.
  if (!output.removes.empty()) {
    if (Status s = bell_.Remove(entries(output.removes)); !s.ok()) GALE_DEBUG("{}", s.ToString());
  }
  if (!output.pushes.empty() && !bell_.Push(entries(output.pushes)).ok()) {
    next_sweep_ = std::min(next_sweep_, mono_ + std::chrono::seconds(1));
  }
  std::move(output.cancels.begin(), output.cancels.end(), std::back_inserter(release_.cancels));
  for (RunId id : output.runs) {
    dirty_runs_.insert(id);
    release_.ended.push_back(id);
  }
  for (RunId id : output.ended) {
    const core::Run* run = scheduler_->Find(id);
    calendar_->RunEnded(run->head.dag_id);
    CountFailures(*run);
    GALE_INFO("run '{}' of dag '{}' ended: {}", run->head.run_id, run->head.dag_id,
              Name(run->head.state));
  }
  for (RunId id : output.needs_past) NeedPast(id);
}

// The calendar's, but for due runs that aren't made yet.
void Loop::WritePlace(DagRow& row) const {
  const core::Calendar::Place* found = calendar_->Find(row.dag_id);
  if (found == nullptr) return;
  core::Calendar::Place place = *found;
  if (const LedgerWaits::DueRuns* due = DueRunsOf(row.dag_id)) {
    place = {due->last, due->runs.front().run};
  }
  row.last_interval_start = row.last_interval_end = std::nullopt;
  if (place.last) {
    row.last_interval_start = place.last->start;
    row.last_interval_end = place.last->end;
  }
  const bool plans = place.next && !row.is_stale;
  row.next_run_after = plans ? std::optional(place.next->run_after) : std::nullopt;
  row.next_logical_date = plans ? std::optional(place.next->logical_date) : std::nullopt;
  row.next_interval_start = plans ? std::optional(place.next->interval.start) : std::nullopt;
  row.next_interval_end = plans ? std::optional(place.next->interval.end) : std::nullopt;
}

void Loop::BuildBatch() {
  for (auto& [key, row] : dirty_tis_) batch_.tis.push_back(std::move(row));
  dirty_tis_.clear();
  for (auto& [ref, note] : dirty_notes_) {
    batch_.task_notes.push_back({ref.run, ref.inst.task, ref.inst.map_index, std::move(note)});
  }
  dirty_notes_.clear();
  for (RunId id : dirty_runs_) {
    const core::Run* run = scheduler_->Find(id);
    batch_.runs.push_back(run->head);
  }
  dirty_runs_.clear();
  for (const std::string& id : dirty_dags_) {
    DagRow& row = dags_.at(id).row;
    WritePlace(row);
    batch_.dags.push_back(row);
  }
  dirty_dags_.clear();
  for (const auto& [key, bundle] : dirty_bundles_) {
    batch_.version_bundles.push_back({key.first, key.second, bundle});
  }
  dirty_bundles_.clear();
}

// Everything, if the commit is durable; else what this machine's own workers must hear, and the
// rest when it is. The order of what one worker hears stays as it is: to one on another host
// nothing leaves early.
void Loop::ReleaseEffects(bool durable) {
  Release release = std::exchange(release_, {});
  ForgetGranted(release);
  Unload(release.ended);
  if (durable || release.empty()) return Send(release);
  Release early;
  auto split = [](auto& from, auto& to) {
    auto elsewhere = [](const auto& message) { return !message.first->on_this_host(); };
    auto at = std::stable_partition(from.begin(), from.end(), elsewhere);
    std::move(at, from.end(), std::back_inserter(to));
    from.erase(at, from.end());
  };
  split(release.welcomes, early.welcomes);
  split(release.grants, early.grants);
  split(release.refusals, early.refusals);
  Send(early);
  held_.push_back({turn_, std::move(release)});
}

void Loop::Synced(uint64_t turn) {
  while (!held_.empty() && held_.front().turn <= turn) {
    Release release = std::move(held_.front().release);
    held_.pop_front();
    Send(release);
  }
}

void Loop::Send(Release& release) {
  for (auto& [link, welcome] : release.welcomes) link->SendWelcome(welcome);
  for (auto& [link, over] : release.drains) link->SendDrain(over);
  for (auto& [link, attempts] : release.acks) link->SendAck(attempts);
  for (auto& [link, grant] : release.grants) link->SendGrant(grant);
  for (auto& [link, refusal] : release.refusals) link->SendRefuse(refusal.first, refusal.second);
  for (const core::CancelAttempt& cancel : release.cancels) {
    auto worker = workers_.find(cancel.worker);
    if (worker != workers_.end() && worker->second.link) {
      worker->second.link->SendCancel(cancel.attempt, cancel.reason);
    }
  }
  if (release.turn) feed_.Publish(std::move(release.turn));
  for (auto& done : release.waiting) done(OkStatus());
}

std::string Loop::Audit() const {
  if (std::string bad = scheduler_->Audit(); !bad.empty()) return bad;
  size_t live = 0, held = 0;
  for (const auto& [name, worker] : workers_) {
    held += worker.held.size();
    for (const AttemptId& attempt : worker.held) {
      const core::Run* run = scheduler_->Find(attempt.run);
      const core::LiveAttempt* holder = run != nullptr ? run->live(core::InstOf(attempt)) : nullptr;
      if (holder == nullptr || holder->worker != name ||
          run->ti(core::InstOf(attempt)).try_number != attempt.try_number) {
        return fmt::format("worker '{}' holds {} in vain", name, attempt.ToString());
      }
    }
  }
  for (const auto& [id, run] : scheduler_->runs()) live += run->live().size();
  if (live != held) return fmt::format("{} live attempts, {} held by workers", live, held);
  return "";
}

}  // namespace gale
