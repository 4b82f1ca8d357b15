#include "tests/simulation/checkers.h"

namespace gale::sim {

void Checkers::OnSpawn(const AttemptId& attempt, Epoch epoch, const TaskSpec& task,
                       const std::string& worker, size_t on_worker, uint32_t slots) {
  if (!grants_[attempt].contains(epoch)) {
    return context_.Fail(fmt::format("{} starts on {}; it was not granted in epoch {}",
                                     attempt.ToString(), worker, epoch.value));
  }
  auto [it, fresh] = alive_.try_emplace({attempt.run, core::InstOf(attempt)},
                                        Process{attempt, worker, task.pool, task.pool_slots});
  if (!fresh) {
    return context_.Fail(
        fmt::format("two processes of one task instance: {} starts on {} while {} lives on {}",
                    attempt.ToString(), worker, it->second.attempt.ToString(), it->second.worker));
  }
  if (!started_.insert(attempt).second) {
    return context_.Fail(fmt::format("{} was started twice", attempt.ToString()));
  }
  if (on_worker > slots) {
    return context_.Fail(fmt::format("{} runs {} with {} slots", worker, on_worker, slots));
  }
  const uint64_t used = pool_used_[task.pool] += task.pool_slots;
  if (const int64_t max = pool_max_[task.pool]; max >= 0 && used > static_cast<uint64_t>(max)) {
    context_.Fail(fmt::format("pool '{}' runs {} slots, it never had more than {} ({} starts)",
                              task.pool, used, max, attempt.ToString()));
  }
}

void Checkers::OnProcessEnd(const AttemptId& attempt, bool succeeded) {
  auto it = alive_.find({attempt.run, core::InstOf(attempt)});
  if (it == alive_.end() || it->second.attempt != attempt) return;
  pool_used_[it->second.pool] -= it->second.slots;
  alive_.erase(it);
  exits_[attempt] = {succeeded, context_.wall(), context_.wall_ahead};
}

void Checkers::OnPool(const std::string& name, int32_t slots) {
  auto [it, fresh] = pool_max_.try_emplace(name, slots);
  if (!fresh) it->second = std::max<int64_t>(it->second, slots);
}

void Checkers::OnAcquired(const LeaderRow& before, const LeaderClaim& claim, Epoch epoch,
                          Duration leader_lease, MonoTime looking_since) {
  epoch_ = epoch;
  const MonoTime beat = std::exchange(last_beat_, context_.now());
  if (before.owner.empty()) return;
  if (before.instance == claim.instance) return context_.Saw(Seen::kOwnLeases);
  context_.Saw(Seen::kTakeovers);
  if (context_.now() - beat < leader_lease) {
    return context_.Fail(
        fmt::format("'{}' took the lead from '{}', whose last beat was {:.3f} s ago", claim.owner,
                    before.owner, Seconds(context_.now() - beat)));
  }
  if (context_.now() - looking_since < leader_lease) {
    context_.Fail(fmt::format("'{}' took the lead from '{}' after looking for {:.3f} s",
                              claim.owner, before.owner, Seconds(context_.now() - looking_since)));
  }
}

void Checkers::OnFence(const std::string& worker, const StreamPtr& stream, MonoTime at) {
  auto loss = losses_.find(worker);
  if (loss == losses_.end() || at <= loss->second.at || !stream) return;
  if (stream->welcomed_in > loss->second.in) return;
  context_.Fail(
      fmt::format("the lease of {} was renewed over stream {} (master {}), which is older than the "
                  "loss of its attempts {:.3f} s ago",
                  worker, stream->id, stream->master, Seconds(context_.now() - loss->second.at)));
}

void Checkers::OnCommitted(Epoch epoch, const CommitBatch& batch) {
  ++commits_;
  if (epoch != epoch_) {
    return context_.Fail(fmt::format("a deposed master committed: epoch {}, the newest is {}",
                                     epoch.value, epoch_.value));
  }
  for (const AttemptRow& row : batch.attempts) {
    const bool fresh = ended_.emplace(row.id, commits_).second;
    if (fresh && row.reason.find("was lost: not heard") != std::string::npos) {
      context_.Saw(Seen::kLostLeases);
      losses_[row.worker] = {context_.now(), commits_};
      auto process = alive_.find({row.id.run, core::InstOf(row.id)});
      if (process != alive_.end() && process->second.attempt == row.id) {
        return context_.Fail(fmt::format("{} is declared lost while its process lives on {}",
                                         row.id.ToString(), process->second.worker));
      }
    }
    if (fresh && row.reason.find("refused by the ledger") != std::string::npos) {
      context_.Saw(Seen::kRefusedResults);
    }
    CheckEnd(row);
    if (row.state != TiState::kSuccess || marked_.contains(row.id.run)) continue;
    if (guilty_.contains(row.id)) {
      context_.Fail(fmt::format("{} is success, its result was refused", row.id.ToString()));
    }
    auto exit = exits_.find(row.id);
    if (exit == exits_.end() || !exit->second.succeeded) {
      context_.Fail(fmt::format("{} is success in the ledger, its process did not end so",
                                row.id.ToString()));
    }
  }
  for (const TiRow& row : batch.tis) CheckTi(row);
  for (const RunRow& row : batch.runs) CheckRun(row);
}

// Of one whose end the worker told: with success, a code or a signal.
void Checkers::CheckEnd(const AttemptRow& row) {
  auto exit = exits_.find(row.id);
  const bool told = row.exit_code != 0 || row.signal != 0;
  if (exit == exits_.end() || !told) return;
  context_.Saw(Seen::kEndTimes);
  // The wall clock may have been set while the word was under way.
  const Duration set = context_.wall_ahead - exit->second.wall_ahead;
  if (row.end_date < exit->second.at || *row.end_date > exit->second.at + set) {
    context_.Fail(fmt::format("{} ended at {}, its history says {}", row.id.ToString(),
                              FormatTime(exit->second.at), FormatTime(*row.end_date)));
  }
}

void Checkers::CheckTi(const TiRow& row) {
  const AttemptId id{row.run, row.task, row.map_index, row.try_number};
  auto wrong = [&](std::string_view what) {
    context_.Fail(fmt::format("ledger: {} ({}): {}", id.ToString(), Name(row.state), what));
  };
  if (row.live) {
    if (ended_.contains(id)) return wrong("live after its end was committed");
    auto [grant, fresh] = granted_.emplace(id, row.worker);
    if (fresh) {
      context_.Saw(Seen::kGrants);
      granted_in_[id] = commits_;
    }
    if (grant->second != row.worker) return wrong("granted to a second worker");
  }
  auto [it, fresh] = tis_.try_emplace({row.run, {row.task, row.map_index}}, row);
  if (fresh) return;
  const TiRow before = std::exchange(it->second, row);
  if (row.try_number < before.try_number) return wrong("its try number went back");
  const AttemptId previous{row.run, row.task, row.map_index, before.try_number};
  if (row.state == TiState::kUpForReschedule) context_.Saw(Seen::kLooks);
  if (row.reason.starts_with("skipped by task")) context_.Saw(Seen::kPassedBy);
  // Its try goes on: no history.
  const bool look = row.state == TiState::kUpForReschedule || row.reschedules > before.reschedules;
  // What came to an end between two looks, or in the turn that heard of one (seeds 1285, 5122).
  const bool let_go = !row.live || previous != id;
  const bool ended_by_others = let_go && told_looks_.contains(previous);
  if (before.live && !ended_.contains(previous) && (look || ended_by_others)) {
    ended_.emplace(previous, commits_);
    looks_.insert(previous);
  }
  if (before.live && let_go && !ended_.contains(previous)) {
    return wrong(fmt::format("{} was let go without a history row", previous.ToString()));
  }
}

void Checkers::CheckRun(const RunRow& row) {
  made_in_.try_emplace(row.id, commits_);
  auto [it, fresh] = runs_.try_emplace(row.id, row);
  if (fresh) return;
  const RunRow before = std::exchange(it->second, row);
  auto wrong = [&](std::string_view what) {
    context_.Fail(fmt::format("ledger: run {} ({}): {}", row.id.value, Name(row.state), what));
  };
  if (before.run_id != row.run_id || before.dag_id != row.dag_id) return wrong("another run's id");
  if (row.clear_number < before.clear_number) return wrong("its clear number went back");
  if (row.clear_number > before.clear_number) return;
  if (IsFinished(before.state) && !IsFinished(row.state)) return wrong("reopened without a clear");
  if (before.state == RunState::kRunning && row.state == RunState::kQueued) {
    return wrong("from running to queued");
  }
}

void Checkers::OnGrant(const std::string& worker, const Grant& grant, bool here) {
  if (grant.epoch != epoch_) {
    return context_.Fail(fmt::format("{} was granted in epoch {}; the newest is {}",
                                     grant.attempt.ToString(), grant.epoch.value, epoch_.value));
  }
  grants_[grant.attempt].insert(grant.epoch);
  auto ti = tis_.find({grant.attempt.run, core::InstOf(grant.attempt)});
  auto to = granted_.find(grant.attempt);
  if (ti == tis_.end() || to == granted_.end() || !ti->second.live ||
      ti->second.try_number != grant.attempt.try_number) {
    return context_.Fail(
        fmt::format("{} was granted to {} before its commit", grant.attempt.ToString(), worker));
  }
  if (to->second != worker) {
    context_.Fail(fmt::format("{} was granted to {}; the ledger says {}", grant.attempt.ToString(),
                              worker, to->second));
  }
  if (!here && granted_in_[grant.attempt] > synced_) {
    context_.Fail(fmt::format("{} left for {} before its commit was flushed",
                              grant.attempt.ToString(), worker));
  }
}

void Checkers::OnAck(const std::vector<AttemptId>& attempts) {
  for (const AttemptId& id : attempts) {
    auto ended = ended_.find(id);
    if (ended == ended_.end() || ended->second > synced_) {
      context_.Fail(fmt::format("the result of {} was acked before its commit", id.ToString()));
    }
  }
}

void Checkers::OnAccepted(const RunRow& run) {
  accepted_.emplace(run.id, run.run_id);
  if (!runs_.contains(run.id) || made_in_[run.id] > synced_) {
    context_.Fail(fmt::format("run '{}' was accepted before its commit", run.run_id));
  }
}

void Checkers::AcceptedAreThere() {
  for (const auto& [id, run_id] : accepted_) {
    auto row = ledger_.reads().GetRunById(id);
    if (!row.ok() || row->run_id != run_id) {
      return context_.Fail(fmt::format("accepted run {} '{}' is not in the ledger: {}", id.value,
                                       run_id, row.status().ToString()));
    }
  }
}

void Checkers::AfterTurn(const Loop& loop) {
  if (std::string bad = loop.Audit(); !bad.empty()) context_.Fail("audit: " + bad);
}

std::string Checkers::Compare(const core::Run& run, const std::vector<TiRow>& rows) const {
  const core::Run stored(run.head, run.dag_ptr(), rows);
  std::string bad;
  run.ForEach([&](core::Inst i) {
    const TiRow memory = run.ToRow(i);
    const bool there = stored.has(i);
    const TiRow row = there ? stored.ToRow(i) : TiRow{};
    if (there && memory.state == row.state && memory.try_number == row.try_number &&
        memory.max_tries == row.max_tries && memory.lost_tries == row.lost_tries &&
        memory.live == row.live && memory.scheduled_at == row.scheduled_at &&
        memory.queued_at == row.queued_at && memory.next_at == row.next_at &&
        memory.value_length == row.value_length && memory.reschedules == row.reschedules &&
        memory.looks == row.looks && memory.first_start == row.first_start &&
        memory.skips == row.skips && (!row.live || memory.worker == row.worker)) {
      return;
    }
    bad = fmt::format(
        "run {} task {} [{}]: {} (try {}, live {}) in memory, {} (try {}, live {}) in "
        "the ledger",
        run.id().value, i.task.value, i.map_index, Name(memory.state), memory.try_number,
        memory.live, Name(row.state), row.try_number, row.live);
  });
  return bad;
}

void Checkers::MemoryIsLedger(const Loop& loop) {
  context_.Saw(Seen::kMemoryChecks);
  auto live = ledger_.LoadLive();
  if (!live.ok()) return context_.Fail(live.status().ToString());
  std::map<RunId, std::vector<TiRow>> rows;
  for (const TiRow& row : live->tis) rows[row.run].push_back(row);
  std::set<RunId> in_ledger;
  for (const RunRow& row : live->runs) {
    in_ledger.insert(row.id);
    const core::Run* run = loop.scheduler().Find(row.id);
    if (run == nullptr) {
      return context_.Fail(fmt::format("run {} lives in the ledger, not in memory", row.id.value));
    }
    if (run->head.state != row.state || run->head.clear_number != row.clear_number ||
        run->head.reason != row.reason) {
      return context_.Fail(fmt::format("run {} is {} in memory, {} in the ledger", row.id.value,
                                       Name(run->head.state), Name(row.state)));
    }
    if (std::string bad = Compare(*run, rows[row.id]); !bad.empty()) return context_.Fail(bad);
  }
  for (const auto& [id, run] : loop.scheduler().runs()) {
    if (!in_ledger.contains(id)) {
      return context_.Fail(
          fmt::format("run {} ({}, {} live) is in memory; a master that starts anew "
                      "would not load it",
                      id.value, Name(run->head.state), run->live().size()));
    }
  }
}

void Checkers::AllIsDone() {
  if (!alive_.empty()) {
    return context_.Fail(fmt::format("{} processes live at the end", alive_.size()));
  }
  for (const auto& [id, row] : runs_) {
    if (!IsFinished(row.state)) {
      return context_.Fail(fmt::format("run {} '{}' of '{}' is still {} at the end", id.value,
                                       row.run_id, row.dag_id, Name(row.state)));
    }
  }
  for (const auto& [key, row] : tis_) {
    if (row.live || row.state == TiState::kRunning || row.state == TiState::kRestarting) {
      return context_.Fail(fmt::format("run {} task {} is {} at the end, live {}", row.run.value,
                                       row.task.value, Name(row.state), row.live));
    }
  }
  for (const auto& [id, worker] : granted_) {
    if (!ended_.contains(id)) {
      return context_.Fail(
          fmt::format("{} was granted to {} and never ended", id.ToString(), worker));
    }
    if (looks_.contains(id)) continue;
    auto history = ledger_.reads().ListAttempts({id.run, id.task, id.map_index});
    const bool there = history.ok() && std::any_of(history->begin(), history->end(),
                                                   [&](const AttemptRow& a) { return a.id == id; });
    if (!there) return context_.Fail(fmt::format("{} has no history row", id.ToString()));
  }
}

void Checkers::ScheduleIsWhole(const DagSpec& dag) {
  std::set<TimePoint> dates;
  for (const auto& [id, row] : runs_) {
    if (row.dag_id != dag.dag_id || row.type != RunType::kScheduled) continue;
    context_.Saw(Seen::kScheduledRuns);
    if (!dates.insert(*row.logical_date).second) {
      return context_.Fail(fmt::format("DAG '{}': two scheduled runs for {}", dag.dag_id,
                                       FormatTime(*row.logical_date)));
    }
  }
  if (!dag.catchup) return;
  for (auto it = dates.begin(); it != dates.end() && std::next(it) != dates.end(); ++it) {
    if (*std::next(it) - *it != dag.schedule.delta) {
      return context_.Fail(
          fmt::format("DAG '{}': the tick after {} was left out", dag.dag_id, FormatTime(*it)));
    }
  }
  if (dates.empty() || *dates.rbegin() + dag.schedule.delta <= *dag.end_date) {
    context_.Fail(fmt::format("DAG '{}': its last ticks were left out", dag.dag_id));
  }
}

}  // namespace gale::sim
