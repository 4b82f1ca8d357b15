// What people are told of workers, and say of them.
#include <algorithm>

#include "common/base/limits.h"
#include "common/base/limits_standing.h"
#include "master/engine/loop.h"

namespace gale {

Status Loop::DrainWorker(const std::string& name, bool drained, const std::string& reason,
                         const Actor& actor) {
  auto known = known_workers_.find(name);
  if (known == known_workers_.end()) return NotFound("there is no worker '{}'", name);
  Audit(actor, drained ? "drain_worker" : "undrain_worker", "", "", "",
        reason.empty() ? name : fmt::format("{}: {}", name, reason));
  WorkerRow& row = known->second;
  const std::string why = drained ? reason : "";
  if (row.drained == drained && (row.drain_reason == why || why.empty())) return OkStatus();
  const bool changes = row.drained != drained;
  row.drained = drained;
  row.drain_reason = why;
  batch_.workers.push_back(row);
  auto worker = workers_.find(name);
  if (changes && worker != workers_.end() && worker->second.link) {
    release_.drains.emplace_back(worker->second.link, !drained);
  }
  return OkStatus();
}

Status Loop::ForgetWorker(const std::string& name, const Actor& actor) {
  if (!known_workers_.contains(name)) return NotFound("there is no worker '{}'", name);
  auto worker = workers_.find(name);
  if (worker != workers_.end() && worker->second.link) {
    return FailedPrecondition("worker '{}' is connected: stop it first", name);
  }
  if (worker != workers_.end() && !worker->second.held.empty()) {
    return FailedPrecondition(
        "worker '{}' may still run {} tasks: they end with its lease, in {:.0f} s", name,
        worker->second.held.size(), Seconds(LeaseEnd(worker->second) - mono_));
  }
  Audit(actor, "forget_worker", "", "", "", name);
  if (worker != workers_.end()) workers_.erase(worker);
  known_workers_.erase(name);
  batch_.worker_deletes.push_back(name);
  return OkStatus();
}

WorkerInfo Loop::InfoOf(const std::string& name, const Worker& w) const {
  WorkerInfo out{name, w.hello.host, w.hello.pid, w.hello.version, w.hello.queues, w.hello.slots};
  out.running = static_cast<uint32_t>(w.held.size());
  out.connected = w.link != nullptr;
  out.draining = IsDrained(name) || w.hello.draining;
  out.last_heard = now_ - std::chrono::duration_cast<Duration>(mono_ - HeardOf(w));
  out.note = Notes(w);
  out.started_at = w.hello.started_at;
  out.load = w.load;
  if (const auto row = known_workers_.find(name); row != known_workers_.end()) {
    out.drain_reason = row->second.drain_reason;
    out.stopped = !out.connected && row->second.stopped;
    if (out.host.empty()) out.host = row->second.host;
  }
  if (!out.connected) {
    out.lease_ends = now_ + std::chrono::duration_cast<Duration>(LeaseEnd(w) - mono_);
  }
  for (const AttemptId& attempt : w.held) {
    if (out.tasks.size() == limits::kHoldersDefault) break;
    if (const core::Run* run = scheduler_->Find(attempt.run)) {
      out.tasks.push_back(HolderOf(*run, core::InstOf(attempt)));
    }
  }
  return out;
}

// One that the ledger knows, and that holds nothing.
std::optional<WorkerInfo> Loop::InfoOf(const WorkerRow& row) const {
  if (workers_.contains(row.name)) return std::nullopt;
  if (!row.drained && now_ - row.last_hello > kWorkerListed) return std::nullopt;
  WorkerInfo out;
  out.name = row.name;
  out.host = row.host;
  out.version = row.version;
  out.draining = row.drained;
  out.last_heard = row.last_hello;
  out.stopped = row.stopped;
  out.drain_reason = row.drain_reason;
  return out;
}

std::vector<WorkerInfo> Loop::Workers() const {
  std::vector<WorkerInfo> out;
  for (const auto& [name, worker] : workers_) out.push_back(InfoOf(name, worker));
  for (const auto& [name, row] : known_workers_) {
    if (auto info = InfoOf(row)) out.push_back(std::move(*info));
  }
  std::sort(out.begin(), out.end(),
            [](const WorkerInfo& a, const WorkerInfo& b) { return a.name < b.name; });
  return out;
}

}  // namespace gale
